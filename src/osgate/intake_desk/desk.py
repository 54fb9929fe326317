"""One run of the desk over a bare policy repository: take what waits, weigh, seal, compile, publish.

Every step is either whole or not there: the seal and its records reach main in one reference update, a snapshot is
named by its manifest only after it lies beside it. A run that was killed is completed by the next one.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from osgate.errors import Mistake, Mistakes, Refused, UsageError
from osgate.intake_desk import leftovers, publishing, sealing
from osgate.intake_desk.sealing import Signer
from osgate.intake_desk.weigh import LARGEST, Candidate, Refusal, Weighed, weigh
from osgate.io import files
from osgate.io.git import GitFailed
from osgate.io.git_write import RefMoved, Repository
from osgate.ledger import (
    codec,
    history,
    incremental,
    manifest,
    snapshot_kept,
    snapshot_merge,
    snapshot_write,
    store_git,
)
from osgate.ledger.fold import Sealed, State, fold
from osgate.ledger.incremental import Past, Touched
from osgate.ledger.snapshot_kept import Stale
from osgate.model.decision import Standing
from osgate.model.finding import SLUGS
from osgate.model.record import record
from osgate.policy.valid import ValidPolicy, validate

BRANCHES = "refs/heads/osgate/"
_RECORD = re.compile(r"records/[0-9-]{7}/[0-9a-f]{12}/[0-9a-z-]+\.json\Z")
REFUSED = "refs/osgate/refused/"
# Folder in the git directory for what the next run builds on.
KEPT = "osgate-kept"
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
    """What a run did. sealed: records taken in; held: waiting for another record; published: the snapshot's serial.

    state: the ledger folded, as far as this run looked at it; all that has to do with what it sealed is there. files:
    how many record files were read. whole: why all of them were, key below `desk.whole-`; empty where only new ones
    were. not_kept: why the next run has to read all of them, empty where it has not.
    """

    serial: int
    anchor: str
    sealed: tuple[Sealed, ...]
    refused: tuple[Refusal, ...]
    held: tuple[Refusal, ...]
    state: State
    published: int
    files: int
    whole: str
    not_kept: str


@record
class _Desk:
    """Where and by whom a run is made. kept: folder, empty where nothing is kept; else as the arguments of `run`."""

    repository: Repository
    main: str
    publish: str
    sign: Signer
    key: str
    now: str
    kept: str


@record
class _Before:
    """What a run begins with. tip: the commit of main; policy: digest of the written policy.

    earlier: path of the snapshot to build on, empty where there is none; whole: why.
    """

    tip: str
    valid: ValidPolicy
    policy: str
    past: Past
    earlier: str
    whole: str


def run(
    repository: Repository, main: str, publish: str, sign: Signer, key: str, now: str, keeping: bool = False
) -> Run:
    """Process everything that waits and publish the result.

    main: the branch the desk moves (`refs/heads/main`); publish: folder for the snapshot; sign, key: the desk's signer
    and its public key; now: UTC instant; keeping: build on what the last run kept in the git directory, where no push
    reaches, and keep it for the next one; else the whole ledger is read. The snapshot is the same either way.

    Raises Mistakes for a policy that is not valid, Refused("history.broken") for a ledger that does not verify or lacks
    the seal published last, Refused("desk.key") for a key the policy does not name: then nothing is changed. Raises
    Refused("desk.publish") where `publish` cannot be written: what was sealed stays.
    """
    folder = repository.git_dir()
    leftovers.remove(folder, now)
    kept = os.path.join(folder, KEPT)
    files.remove_drafts(kept)
    desk = _Desk(repository, main, publish, sign, key, now, kept if keeping else "")
    if not keeping:
        return _run(desk, _whole, "off")
    try:
        return _run(desk, _resumed, "")
    except Stale as stale:
        return _run(desk, _whole, stale.why)


def _run(desk: _Desk, read: Callable[[_Desk, str, ValidPolicy], tuple[Past, str]], whole: str) -> Run:
    """One run. read(desk, tip, valid): the ledger, and the snapshot to build on. Raises Stale where that cannot be."""
    stored = store_git.policy(desk.repository, desk.main)
    valid = validate(stored.policy, SLUGS)
    if not any(known.key == desk.key and known.valid(desk.now) for known in valid.keys):
        raise Refused("desk.key", key=desk.key[-24:])
    past, earlier = read(desk, stored.oid, valid)
    with contextlib.closing(past.kept):
        return _processed(desk, _Before(stored.oid, valid, sealing.policy_digest(stored.policy), past, earlier, whole))


def _resumed(desk: _Desk, tip: str, valid: ValidPolicy) -> tuple[Past, str]:
    """What is new since the last run, and the snapshot that was published then."""
    kept = snapshot_kept.opened(desk.kept)
    try:
        earlier = publishing.published(desk.publish, kept.mark.serial, kept.mark.snapshot)
        if not earlier:
            raise Stale("published")
        anchors = publishing.anchors(desk.publish, valid.keys)
        return incremental.resume(desk.repository, tip, kept, valid.keys, anchors), earlier
    except BaseException:
        kept.close()
        raise


def _whole(desk: _Desk, tip: str, valid: ValidPolicy) -> tuple[Past, str]:
    past = incremental.whole(store_git.load(desk.repository, tip), valid.keys)
    anchors = history.check_anchors(past.since, publishing.anchors(desk.publish, valid.keys))
    problems = (*past.since.problems, *anchors)
    if problems:
        past.kept.close()
        raise Refused("history.broken", problems=problems)
    return past, ""


def _processed(desk: _Desk, before: _Before) -> Run:
    branches = _branches(desk.repository, before.tip)
    past, tip = before.past, before.tip
    weighed = _weigh(branches, past, before.valid, desk.now)
    if _worth_sealing(weighed, past, before.policy):
        tip, past = _seal(desk, before, weighed)
    touched = past.touched()
    state = fold(touched.items)
    try:
        snapshot = _publish(desk, before, past, touched, state)
    except OSError as error:
        raise Refused("desk.publish", folder=desk.publish, detail=error.strerror or str(error)) from error
    _settle(desk.repository, branches, weighed)
    count = past.files + sum(len(branch.files) for branch in branches)
    not_kept = _keep(desk, before.valid, past, touched, tip, snapshot)
    return Run(
        past.since.serial,
        past.since.anchor,
        weighed.accepted,
        weighed.refused,
        weighed.held,
        state,
        past.since.serial,
        count,
        before.whole,
        not_kept,
    )


def _keep(desk: _Desk, valid: ValidPolicy, past: Past, touched: Touched, tip: str, snapshot: str) -> str:
    """Keep what the next run builds on; return why not. All that matters is done by now."""
    if not desk.kept:
        return "off"
    try:
        past.keep(desk.kept, past.mark(tip, snapshot, valid.keys), touched)
    except OSError as error:
        return error.strerror or str(error)
    return ""


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


def _weigh(branches: Iterable[Branch], past: Past, valid: ValidPolicy, now: str) -> Weighed:
    since = past.since
    candidates = [Candidate(path, data) for path, data in since.waiting.items()]
    wrong = []
    for branch in branches:
        if branch.wrong:
            subject = f"{branch.shown}@{branch.oid}"
            wrong.append(Refusal(subject, branch.shown, branch.wrong, {"branch": branch.shown}))
        candidates += [Candidate(f"{branch.shown}:{path}", data) for path, data in branch.files.items()]
    sealed = past.about(candidate.data for candidate in candidates)
    weighed = weigh(candidates, sealed, valid.policy, valid.people, now, since.serial + 1, since.origin)
    return Weighed(weighed.accepted, (*wrong, *weighed.refused), weighed.held)


def _worth_sealing(weighed: Weighed, past: Past, policy: str) -> bool:
    """A seal is made for new records, for refusals nobody was told of, and for a policy that changed."""
    news = any(not past.told(refusal.subject) for refusal in weighed.refused)
    return bool(weighed.accepted) or news or not past.since.serial or past.policy != policy


def _seal(desk: _Desk, before: _Before, weighed: Weighed) -> tuple[str, Past]:
    """Commit the accepted records with their seal to main; return the commit and the ledger as it stands then."""
    past, since = before.past, before.past.since
    fresh = tuple({r.subject: r for r in weighed.refused if not past.told(r.subject)}.values())
    serial, taken = since.serial + 1, Weighed(weighed.accepted, fresh, ())
    body = sealing.seal(serial, since.anchor, desk.now, taken, before.policy, desk.sign)
    records = {codec.record_path(dict(i.body)): codec.printed(dict(i.body)) for i in weighed.accepted}
    seals = {codec.seal_path(serial): codec.printed(body)}
    added = {path: data for path, data in records.items() if since.waiting.get(path) != data}
    tree = desk.repository.write_tree_from(before.tip, {**added, **seals})
    message = f"Seal {serial}\n\n{sealing.messages(weighed.accepted)}\n"
    commit = desk.repository.commit(tree, [before.tip], message, DESK, desk.now)
    desk.repository.update_ref(desk.main, commit, before.tip)
    return commit, past.extended(added, seals, before.valid.keys)


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


def _publish(desk: _Desk, before: _Before, past: Past, touched: Touched, state: State) -> str:
    """Compile and publish the snapshot; return its digest."""
    moment = datetime.fromisoformat(desk.now)
    serial, anchor = past.since.serial, past.since.anchor
    taking_away: list[Standing] = []

    def later(days: int) -> str:
        return (moment + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def write(draft: str) -> None:
        if before.earlier:
            dropped = (item.id for item in touched.old)
            snapshot_merge.write(draft, before.earlier, state, dropped, before.valid, serial, anchor)
        else:
            snapshot_write.write(draft, state, before.valid, serial, anchor)
        taking_away.extend(snapshot_merge.taking_away(draft))

    content = publishing.compiled(desk.publish, write)
    publishing.put(
        desk.publish,
        content,
        serial,
        lambda name, content: sealing.signed(
            manifest.manifest(serial, desk.now, later(manifest.MANIFEST_DAYS), anchor, name, content), desk.sign
        ),
        lambda: sealing.signed(
            manifest.takeaway(serial, desk.now, later(manifest.TAKEAWAY_DAYS), tuple(taking_away)), desk.sign
        ),
    )
    return codec.digest(content)


def lint(files: Mapping[str, bytes]) -> tuple[Mistake, ...]:
    """Return every mistake in written policy files, empty for a valid policy."""
    try:
        validate(files, SLUGS)
    except Mistakes as mistakes:
        return mistakes.mistakes
    return ()
