"""One run of the desk over a bare policy repository: take what waits, weigh, seal, compile, publish.

Every step is either whole or not there: the seal and its records reach main in one reference update, a snapshot is named
by its manifest only after it lies beside it. A run that was killed is completed by the next one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from osgate.errors import Mistake, Mistakes, Refused, UsageError
from osgate.intake_desk import publishing, sealing
from osgate.intake_desk.sealing import Signer
from osgate.intake_desk.weigh import Candidate, Refusal, Weighed, weigh
from osgate.io.git import GitFailed
from osgate.io.git_write import Repository
from osgate.ledger import codec, history, manifest, store_git
from osgate.ledger.fold import Sealed, State, fold
from osgate.ledger.history import History
from osgate.model.finding import SLUGS
from osgate.model.record import record
from osgate.policy.valid import ValidPolicy, validate

BRANCHES = "refs/heads/osgate/"
_RECORD = re.compile(r"records/[0-9-]{7}/[0-9a-f]{12}/[0-9a-z-]+\.json\Z")
REFUSED = "refs/osgate/refused/"
# Who commits seals; whose decisions they are stands in the records, never here.
DESK = ("osgate desk", "desk@osgate.invalid")


@record
class Branch:
    """A branch that brings records. files: path -> content of what it adds; wrong: why it cannot be taken at all."""

    name: str
    oid: str
    files: dict[str, bytes]
    wrong: str = ""


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
    and its public key; now: UTC instant. Raises Mistakes for a policy that is not valid, Refused("history.broken") for a
    ledger that does not verify, Refused("desk.key") for a key the policy does not name: then nothing is changed.
    """
    stored = store_git.load(repository, main)
    valid = validate(stored.policy, SLUGS)
    if not any(known.key == key and known.valid(now) for known in valid.keys):
        raise Refused("desk.key", key=key[-24:])
    past = history.read(stored.records, stored.seals, valid.keys)
    if past.problems:
        raise Refused("history.broken", problems=past.problems)
    branches = _branches(repository, main, stored.oid)
    weighed = _weigh(branches, past, valid, now)
    digest = sealing.policy_digest(stored.policy)
    if _worth_sealing(weighed, past, digest):
        stored, past = _seal(repository, main, stored, past, weighed, digest, sign, now, valid)
    _settle(repository, branches, past, weighed)
    state = fold(past.sealed)
    published = _publish(publish, state, valid, past, sign, now)
    return Run(past.serial, past.anchor, weighed.accepted, weighed.refused, weighed.held, state, published)


def _branches(repository: Repository, main: str, tip: str) -> list[Branch]:
    """Read every waiting branch: it may add record files, and nothing else."""
    found = []
    for name, oid in repository.refs(BRANCHES):
        try:
            entries = repository.range(tip, oid)
        except GitFailed:
            raise
        except UsageError:
            found.append(Branch(name, oid, {}, "unrelated-branch"))
            continue
        if any(e.status != "A" or e.new_mode != "100644" or not _RECORD.match(e.path) for e in entries):
            found.append(Branch(name, oid, {}, "touches-other-files"))
            continue
        data = repository.blobs([e.new_oid for e in entries])
        found.append(Branch(name, oid, {e.path: data[e.new_oid] or b"" for e in entries}))
    return found


def _weigh(branches: Iterable[Branch], past: History, valid: ValidPolicy, now: str) -> Weighed:
    candidates = [Candidate(path, data) for path, data in past.waiting.items()]
    wrong = []
    for branch in branches:
        if branch.wrong:
            wrong.append(Refusal(branch.name, branch.name, branch.wrong, {"branch": branch.name}))
        candidates += [Candidate(f"{branch.name.removeprefix('refs/heads/')}:{p}", d) for p, d in branch.files.items()]
    weighed = weigh(candidates, past.sealed, valid.policy, valid.people, now, past.serial + 1)
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
    fresh = tuple(r for r in weighed.refused if r.subject not in told)
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


def _settle(repository: Repository, branches: Iterable[Branch], past: History, weighed: Weighed) -> None:
    """Remove branches whose records are all sealed; keep refused ones aside, under `refs/osgate/refused/`."""
    held = {refusal.place.partition(":")[0] for refusal in weighed.held}
    refused = {refusal.place.partition(":")[0] for refusal in weighed.refused}
    aside = dict(repository.refs(REFUSED))
    for branch in branches:
        short = branch.name.removeprefix("refs/heads/")
        if short in held:
            continue
        kept = f"{REFUSED}{short.removeprefix('osgate/')}-{branch.oid[:12]}"
        if (short in refused or branch.wrong) and kept not in aside:
            repository.update_ref(kept, branch.oid, None)
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
