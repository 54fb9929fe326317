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
from typing import Any

from osgate.errors import Mistake, Mistakes, Refused, UsageError
from osgate.intake_desk import anchors, beginning, leftovers, publishing, sealing
from osgate.intake_desk.anchors import Tagged
from osgate.intake_desk.beginning import Before, FactsBy, Office
from osgate.intake_desk.governed import InForce
from osgate.intake_desk.sealing import Signer
from osgate.intake_desk.verbs import Outside
from osgate.intake_desk.verbs.context import Authors, nobody_since
from osgate.intake_desk.weigh import LARGEST, Candidate, Refusal, Weighed, weigh
from osgate.io import files
from osgate.io.git import GitFailed
from osgate.io.git_write import RefMoved, Repository
from osgate.ledger import (
    codec,
    manifest,
    signatures,
    snapshot_merge,
    snapshot_write,
    store_git,
)
from osgate.ledger.fold import Sealed, State, fold
from osgate.ledger.incremental import Past, Touched
from osgate.ledger.snapshot_kept import Stale
from osgate.ledger.store_git import Stored
from osgate.model.decision import Standing
from osgate.model.finding import SLUGS
from osgate.model.policy import Key
from osgate.model.record import record
from osgate.policy.valid import ValidPolicy, validate

BRANCHES = "refs/heads/osgate/"
_RECORD = re.compile(r"records/[0-9-]{7}/[0-9a-f]{12}/[0-9a-z-]+\.json\Z")
_ENDORSEMENT = re.compile(r"-endorse-[0-9a-f]{12}\.json\Z")
REFUSED = "refs/osgate/refused/"
# (office, main's policy, why the ledger is read whole) -> what a run begins with.
Reading = Callable[[Office, Stored, str], Before]
# Folder in the git directory for what the next run builds on.
KEPT = "osgate-kept"
# Bytes of records one run reads from branches; what is left waits for the next run. A branch with more than its share
# is only read when its turn comes first.
MOST_BYTES = 256 << 20
SHARE = 8


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
    were. not_kept: why the next run has to read all of them, empty where it has not. policy: what was in force at its
    end, with what main says beyond it; applied: it came into force with this run, in place of another. tag: the day's
    anchor.
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
    policy: InForce
    applied: bool
    tag: Tagged = Tagged()


def run(
    repository: Repository,
    main: str,
    publish: str,
    sign: Signer,
    key: str,
    now: str,
    keeping: bool = False,
    tagging: Signer | None = None,
    deliver: Callable[[], None] = beginning.nothing_to_deliver,
    heard: Iterable[Candidate] = (),
    authors: Authors = nobody_since,
    facts: FactsBy = beginning.without_facts,
) -> Run:
    """Process everything that waits and publish the result.

    main: the branch the desk moves (`refs/heads/main`); publish: folder for the snapshot; sign, key: the desk's signer
    and its public key; now: UTC instant; keeping: build on what the last run kept in the git directory, where no push
    reaches, and keep it for the next one; else the whole ledger is read. The snapshot is the same either way. deliver:
    brings main to where it belongs, before anything is published; what it raises ends the run. heard: records that come
    to the desk without a branch, made of what was said at a forge; authors: as in `verbs.Outside`; facts: what
    `Outside.facts` is under a policy.

    Raises Mistakes for a policy that is not valid, Refused("history.broken") for a ledger that does not verify or lacks
    the seal published last, Refused("desk.key") for a key the policy in force does not name,
    Refused("desk.key-unendorsed") where only main's unendorsed one does: then nothing is changed. Raises
    Refused("desk.publish") where `publish` cannot be written: what was sealed stays.
    """
    folder = repository.git_dir()
    leftovers.remove(folder, now)
    kept = os.path.join(folder, KEPT)
    files.remove_drafts(kept)
    building = kept if keeping else ""
    desk = Office(repository, main, publish, sign, key, now, building, tagging, deliver, tuple(heard), authors, facts)
    if not keeping:
        return _run(desk, beginning.whole, "off")
    try:
        return _run(desk, beginning.resumed, "")
    except Stale as stale:
        return _run(desk, beginning.whole, stale.why)


def _run(desk: Office, read: Reading, whole: str, ahead: tuple[Sealed, ...] = ()) -> Run:
    """One run. read(desk, main's policy, whole): what it begins with; raises Stale where that cannot be.

    ahead: endorsements that were sealed for it.
    """
    before = read(desk, store_git.policy(desk.repository, desk.main), whole)
    with contextlib.closing(before.past.kept):
        _must_be_listed(desk, before)
        anchors.require_forward(before.past.since.sealed_at, desk.now)
        first = () if ahead else _endorsements(desk, before)
        if not first:
            return _processed(desk, before, ahead)
    return _run(desk, read, whole, first)


def _must_be_listed(desk: Office, before: Before) -> None:
    """Raise Refused where the desk's key does not count: "desk.key-unendorsed" where it would by main's policy."""
    if _listed(before.valid.keys, desk):
        return
    waits = before.force.unendorsed
    key = signatures.fingerprint(desk.key)
    if waits is not None and not waits.mistakes and _listed(validate(waits.step.files, SLUGS).keys, desk):
        raise Refused("desk.key-unendorsed", key=key, commit=waits.step.commit[:12], policy=before.force)
    raise Refused("desk.key", key=key)


def _listed(keys: Iterable[Key], desk: Office) -> bool:
    return any(known.key == desk.key and known.valid(desk.now) for known in keys)


def _endorsements(desk: Office, before: Before) -> tuple[Sealed, ...]:
    """Seal the endorsements that wait, alone, where main has a policy that waits for them; return them.

    They may put it in force, and what else waits is weighed under the policy that is.
    """
    if before.force.unendorsed is None:
        return ()
    candidates = _candidates(desk, _branches(desk.repository, before.tip, desk.now), before.past)
    weighed = _weigh([c for c in candidates if _ENDORSEMENT.search(c.place)], (), before, desk)
    if weighed.accepted:
        _seal(desk, before, Weighed(weighed.accepted, (), ()))
    return weighed.accepted


def _processed(desk: Office, before: Before, ahead: tuple[Sealed, ...]) -> Run:
    branches = _branches(desk.repository, before.tip, desk.now)
    past, tip = before.past, before.tip
    weighed = _weigh(_candidates(desk, branches, past), branches, before, desk)
    if _worth_sealing(weighed, past, before.force.digest):
        tip, past = _seal(desk, before, weighed)
    desk.deliver()
    touched = past.touched()
    state = fold(touched.items)
    try:
        snapshot = _publish(desk, before, past, touched, state)
    except OSError as error:
        raise Refused("desk.publish", folder=desk.publish, detail=error.strerror or str(error)) from error
    _settle(desk.repository, branches, weighed)
    tag = _tag(desk, before.valid, tip, past)
    count = past.files + sum(len(branch.files) for branch in branches)
    not_kept = _keep(desk, before.valid, past, touched, tip, snapshot)
    return Run(
        past.since.serial,
        past.since.anchor,
        (*ahead, *weighed.accepted),
        weighed.refused,
        weighed.held,
        state,
        past.since.serial,
        count,
        before.whole,
        not_kept,
        before.force,
        before.past.policy not in ("", before.force.digest),
        tag,
    )


def _tag(desk: Office, valid: ValidPolicy, tip: str, past: Past) -> Tagged:
    """Leave the day's anchor, where the desk has a key for it."""
    if desk.tagging is None:
        return Tagged()
    own = (key.key for key in valid.keys)
    return anchors.tag(desk.repository, tip, past.since.serial, past.since.anchor, desk.now, desk.tagging, own)


def _keep(desk: Office, valid: ValidPolicy, past: Past, touched: Touched, tip: str, snapshot: str) -> str:
    """Keep what the next run builds on; return why not. All that matters is done by now."""
    if not desk.kept:
        return "off"
    try:
        past.keep(desk.kept, past.mark(tip, snapshot, valid.keys), touched)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _branches(repository: Repository, tip: str, now: str) -> list[Branch]:
    """Read every waiting branch there is room for: it may add record files, and nothing else.

    Their turns change from run to run (`now`), so that none whose records are held for long starves the others.
    """
    found: list[Branch] = []
    room = MOST_BYTES
    for name, oid in sorted(repository.refs(BRANCHES), key=lambda ref: codec.digest(f"{now} {ref}".encode())):
        branch = _branch(repository, tip, name, oid)
        size = sum(map(len, branch.files.values()))
        if found and size > min(room, MOST_BYTES // SHARE):
            continue
        room -= size
        found.append(branch)
        if room <= 0:
            break
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


def _candidates(desk: Office, branches: Iterable[Branch], past: Past) -> list[Candidate]:
    """What waits: on main without a seal, on branches, and what was heard."""
    waiting = [Candidate(path, data) for path, data in past.since.waiting.items()]
    travelling = ((branch.shown, path, data) for branch in branches for path, data in branch.files.items())
    return [*waiting, *(Candidate(f"{shown}:{path}", data) for shown, path, data in travelling), *desk.heard]


def _weigh(candidates: list[Candidate], branches: Iterable[Branch], before: Before, desk: Office) -> Weighed:
    """Weigh under the policy in force; branches that cannot be taken at all are refused."""
    past, since, force = before.past, before.past.since, before.force
    wrong = [
        Refusal(f"{branch.shown}@{branch.oid}", branch.shown, branch.wrong, {"branch": branch.shown})
        for branch in branches
        if branch.wrong
    ]
    sealed = past.about(candidate.data for candidate in candidates)
    policy, people = force.valid.policy, force.valid.people
    outside = Outside(desk.facts(policy), policy=force.digest, authors=desk.authors)
    weighed = weigh(candidates, sealed, policy, people, desk.now, since.serial + 1, since.origin, outside)
    return Weighed(weighed.accepted, (*wrong, *weighed.refused), weighed.held)


def _worth_sealing(weighed: Weighed, past: Past, policy: str) -> bool:
    """A seal is made for new records, for refusals nobody was told of, and for a policy that changed."""
    news = any(not past.told(refusal.subject) for refusal in weighed.refused)
    return bool(weighed.accepted) or news or not past.since.serial or past.policy != policy


def _seal(desk: Office, before: Before, weighed: Weighed) -> tuple[str, Past]:
    """Commit the accepted records with their seal to main; return the commit and the ledger as it stands then."""
    past, since = before.past, before.past.since
    fresh = tuple({r.subject: r for r in weighed.refused if not past.told(r.subject)}.values())
    serial, taken = since.serial + 1, Weighed(weighed.accepted, fresh, ())
    body = sealing.seal(serial, since.anchor, desk.now, taken, before.force.digest, desk.sign)
    records = {codec.record_path(dict(i.body)): codec.printed(dict(i.body)) for i in weighed.accepted}
    seals = {codec.seal_path(serial): codec.printed(body)}
    added = {path: data for path, data in records.items() if since.waiting.get(path) != data}
    message = f"Seal {serial}\n\n{sealing.messages(weighed.accepted)}\n"
    commit = desk.repository.commit({**added, **seals}, [before.tip], message, anchors.DESK, desk.now)
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


def _publish(desk: Office, before: Before, past: Past, touched: Touched, state: State) -> str:
    """Compile and publish the snapshot; return its digest."""
    moment = datetime.fromisoformat(desk.now)
    serial, anchor = past.since.serial, past.since.anchor
    taking_away: list[Standing] = []

    def later(days: int) -> str:
        return (moment + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def write(draft: str) -> None:
        newest = (before.valid, serial, anchor, before.force.digest)
        if before.earlier:
            dropped = (item.id for item in touched.old)
            snapshot_merge.write(draft, before.earlier, state, dropped, *newest)
        else:
            snapshot_write.write(draft, state, *newest)
        taking_away.extend(snapshot_merge.taking_away(draft))

    def told(name: str, content: bytes) -> dict[str, Any]:
        until, keys, next_keys = later(manifest.MANIFEST_DAYS), before.valid.keys, before.valid.next_keys
        return manifest.manifest(serial, desk.now, until, anchor, name, content, keys, next_keys)

    content = publishing.compiled(desk.publish, write)
    publishing.put(
        desk.publish,
        content,
        serial,
        lambda name, content: sealing.signed(told(name, content), desk.sign),
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
