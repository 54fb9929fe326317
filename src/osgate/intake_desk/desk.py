"""One run of the desk over a bare policy repository: take what waits, weigh, seal, compile, publish.

Every step is either whole or not there: the seal and its records reach main in one reference update, a snapshot is
named by its manifest only after it lies beside it. A run that was killed is completed by the next one.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from osgate.errors import Mistake, Mistakes, Refused, UsageError
from osgate.intake_desk import leftovers, publishing, sealing
from osgate.intake_desk.sealing import Signer
from osgate.intake_desk.weigh import LARGEST, Candidate, Refusal, Weighed, weigh
from osgate.io.git import GitFailed
from osgate.io.git_write import RefMoved, Repository
from osgate.ledger import codec, history, manifest, store_git
from osgate.ledger.fold import Sealed, State, fold
from osgate.ledger.history import History
from osgate.model.finding import SLUGS
from osgate.model.record import record
from osgate.policy.valid import ValidPolicy, validate

BRANCHES = "refs/heads/osgate/"
_RECORD = re.compile(r"records/[0-9-]{7}/[0-9a-f]{12}/[0-9a-z-]+\.json\Z")
REFUSED = "refs/osgate/refused/"
# Bytes of records one run reads from branches; what is left waits for the next run.
MOST_BYTES = 256 << 20
# Who commits seals; whose decisions they are stands in the records, never here.
DESK = ("osgate desk", "desk@osgate.invalid")


@record
class Branch:
    """A branch that brings records. files: path -> content of what it adds; wrong: why it cannot be taken at all."""

    name: str
    oid: str
    files: dict[str, bytes]
    wrong: str = ""

    @property
    def shown(self) -> str:
        """The name below `refs/heads/`, as text that any seal can hold; git allows bytes that are no UTF-8."""
        short = self.name.removeprefix("refs/heads/").encode("utf-8", "surrogateescape")
        return short.decode("utf-8", "backslashreplace")

    @property
    def kept(self) -> str:
        """Where it is kept once refused: one flat name each, so that none stands in another's way."""
        short = self.name.removeprefix(BRANCHES).replace("/", "-")
        return f"{REFUSED}{short[:50]}-{self.oid[:12]}"


@record
class Run:
    """What a run did. sealed: records taken in; held: waiting for another record; published: the snapshot's serial."""

    serial: int
    anchor: str
    sealed: tuple[Sealed, ...]
    refused: tuple[Refusal, ...]
    held: tuple[Refusal, ...]
    state: State
    published: int


def run(repository: Repository, main: str, publish: str, sign: Signer, key: str, now: str) -> Run:
    """Process everything that waits and publish the result.

    main: the branch the desk moves (`refs/heads/main`); publish: folder for the snapshot; sign, key: the desk's signer
    and its public key; now: UTC instant. Raises Mistakes for a policy that is not valid, Refused("history.broken") for
    a ledger that does not verify or lacks the seal published last, Refused("desk.key") for a key the policy does not
    name: then nothing is changed. Raises Refused("desk.publish") where `publish` cannot be written: what was sealed
    stays.
    """
    leftovers.remove(repository.git_dir(), now)
    stored = store_git.load(repository, main)
    valid = validate(stored.policy, SLUGS)
    if not any(known.key == key and known.valid(now) for known in valid.keys):
        raise Refused("desk.key", key=key[-24:])
    past = history.read(stored.records, stored.seals, valid.keys)
    problems = (*past.problems, *history.check_anchors(past, publishing.anchors(publish, valid.keys)))
    if problems:
        raise Refused("history.broken", problems=problems)
    branches = _branches(repository, stored.oid)
    weighed = _weigh(branches, past, valid, now)
    digest = sealing.policy_digest(stored.policy)
    if _worth_sealing(weighed, past, digest):
        stored, past = _seal(repository, main, stored, past, weighed, digest, sign, now, valid)
    state = fold(past.sealed)
    try:
        published = _publish(publish, state, valid, past, sign, now)
    except OSError as error:
        raise Refused("desk.publish", folder=publish, detail=error.strerror or str(error)) from error
    _settle(repository, branches, weighed)
    return Run(past.serial, past.anchor, weighed.accepted, weighed.refused, weighed.held, state, published)


def _branches(repository: Repository, tip: str) -> list[Branch]:
    """Read every waiting branch: it may add record files, and nothing else."""
    found: list[Branch] = []
    room = MOST_BYTES
    for name, oid in repository.refs(BRANCHES):
        branch = _branch(repository, tip, name, oid)
        room -= sum(map(len, branch.files.values()))
        if room < 0 and found:
            break
        found.append(branch)
    return found


def _branch(repository: Repository, tip: str, name: str, oid: str) -> Branch:
    try:
        entries = repository.range(tip, oid)
    except GitFailed:
        raise
    except UsageError:
        return Branch(name, oid, {}, "unrelated-branch")
    if any(e.status != "A" or e.new_mode != "100644" or not _RECORD.match(e.path) for e in entries):
        return Branch(name, oid, {}, "touches-other-files")
    data = repository.blobs([e.new_oid for e in entries], LARGEST)
    # What is too large to read is no record either; its object id keeps one apart from another.
    files = {e.path: e.new_oid.encode() if (found := data[e.new_oid]) is None else found for e in entries}
    return Branch(name, oid, files)


def _weigh(branches: Iterable[Branch], past: History, valid: ValidPolicy, now: str) -> Weighed:
    candidates = [Candidate(path, data) for path, data in past.waiting.items()]
    wrong = []
    for branch in branches:
        if branch.wrong:
            subject = f"{branch.shown}@{branch.oid}"
            wrong.append(Refusal(subject, branch.shown, branch.wrong, {"branch": branch.shown}))
        candidates += [Candidate(f"{branch.shown}:{path}", data) for path, data in branch.files.items()]
    weighed = weigh(candidates, past.sealed, valid.policy, valid.people, now, past.serial + 1, past.origin)
    return Weighed(weighed.accepted, (*wrong, *weighed.refused), weighed.held)


def _worth_sealing(weighed: Weighed, past: History, policy: str) -> bool:
    """A seal is made for new records, for refusals nobody was told of, and for a policy that changed."""
    told = past.refused
    news = any(refusal.subject not in told for refusal in weighed.refused)
    return bool(weighed.accepted) or news or not past.seals or past.seals[-1].body.get("policy") != policy


def _seal(
    repository: Repository,
    main: str,
    stored: store_git.Stored,
    past: History,
    weighed: Weighed,
    policy: str,
    sign: Signer,
    now: str,
    valid: ValidPolicy,
) -> tuple[store_git.Stored, History]:
    """Commit the accepted records with their seal to main; return the ledger as it stands then."""
    told = past.refused
    fresh = tuple({r.subject: r for r in weighed.refused if r.subject not in told}.values())
    body = sealing.seal(past.serial + 1, past.anchor, now, Weighed(weighed.accepted, fresh, ()), policy, sign)
    records = {codec.record_path(dict(i.body)): codec.printed(dict(i.body)) for i in weighed.accepted}
    seals = {codec.seal_path(past.serial + 1): codec.printed(body)}
    added = {path: data for path, data in records.items() if stored.records.get(path) != data}
    tree = repository.write_tree_from(stored.oid, {**added, **seals})
    message = f"Seal {past.serial + 1}\n\n{sealing.messages(weighed.accepted)}\n"
    commit = repository.commit(tree, [stored.oid], message, DESK, now)
    repository.update_ref(main, commit, stored.oid)
    after = store_git.Stored(commit, stored.policy, {**stored.records, **added}, {**stored.seals, **seals})
    return after, history.read(after.records, after.seals, valid.keys)


def _settle(repository: Repository, branches: Iterable[Branch], weighed: Weighed) -> None:
    """Remove branches whose records are all sealed; keep refused ones aside, under `refs/osgate/refused/`.

    A branch that cannot be moved now, because somebody pushed to it meanwhile, is the next run's.
    """
    held = {refusal.place.partition(":")[0] for refusal in weighed.held}
    refused = {refusal.place.partition(":")[0] for refusal in weighed.refused}
    aside = dict(repository.refs(REFUSED))
    for branch in branches:
        if branch.shown in held:
            continue
        with contextlib.suppress(RefMoved, GitFailed):
            if branch.shown in refused and branch.kept not in aside:
                repository.update_ref(branch.kept, branch.oid, None)
                aside[branch.kept] = branch.oid
            repository.delete_ref(branch.name, branch.oid)


def _publish(folder: str, state: State, valid: ValidPolicy, past: History, sign: Signer, now: str) -> int:
    moment = datetime.fromisoformat(now)

    def later(days: int) -> str:
        return (moment + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")

    publishing.publish(
        folder,
        state,
        valid,
        past.serial,
        past.anchor,
        lambda name, content: sealing.signed(
            manifest.manifest(past.serial, now, later(manifest.MANIFEST_DAYS), past.anchor, name, content), sign
        ),
        lambda: sealing.signed(
            manifest.takeaway(past.serial, now, later(manifest.TAKEAWAY_DAYS), state.standings), sign
        ),
    )
    return past.serial


def lint(files: Mapping[str, bytes]) -> tuple[Mistake, ...]:
    """Return every mistake in written policy files, empty for a valid policy."""
    try:
        validate(files, SLUGS)
    except Mistakes as mistakes:
        return mistakes.mistakes
    return ()
