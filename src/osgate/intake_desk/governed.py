"""Which written policy is in force: the one on main, or the last that enough persons endorsed.

A seal names the policy it was made under. When main says something else, main's own history still has what the newest
seal names, and that policy's people and governance decide on everything that was written since. Nothing is lost while
they do: the desk works on with the policy in force and says what it waits for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping

from osgate.errors import Mistake, Mistakes, Refused
from osgate.intake_desk import endorsing, main_line
from osgate.intake_desk.endorsing import Endorsed, Guard
from osgate.intake_desk.sealing import policy_digest
from osgate.io.git_write import Repository
from osgate.ledger import codec, store_git
from osgate.ledger.fold import Sealed
from osgate.ledger.store_git import Stored
from osgate.model.finding import SLUGS
from osgate.model.record import record, replace
from osgate.policy import toml_document
from osgate.policy.valid import ValidPolicy, validate

# Where written policy lies; what else is below `policy` does not change its digest.
PATHS = ("osgate.toml", "people.toml", "projects.toml", "policy")
# Seals that are read at a time while looking back.
_CHUNK = 64
# policy digest -> its endorsements, sealed.
Endorsements = Callable[[str], Iterable[Sealed]]


@record
class Step:
    """What main's policy came to with a commit. digest: of the whole written policy."""

    commit: str
    digest: str
    files: Mapping[str, bytes]


@record
class Unendorsed:
    """A written policy on main that is not in force. paths: policy files that differ from those in force.

    mistakes: why it could not be in force even so.
    """

    step: Step
    paths: tuple[str, ...]
    quorum: Endorsed
    mistakes: tuple[Mistake, ...] = ()


@record
class InForce:
    """The policy in force. digest: of its files; commit: where main had them.

    newer: what main says since, newest first; unendorsed: the newest of these that may not be used, None where
    everything on main is in force.
    """

    digest: str
    valid: ValidPolicy
    files: Mapping[str, bytes]
    commit: str
    newer: tuple[Step, ...] = ()
    unendorsed: Unendorsed | None = None

    @property
    def guard(self) -> Guard:
        """Who decides on the next change."""
        return Guard(self.valid.policy.governance, self.valid.people)


def steps(repository: Repository, rev: str) -> Iterator[Step]:
    """Yield what main's policy was at the commit `rev` and before, newest first, along main's line."""
    for move in main_line.back(repository, rev, *PATHS):
        stored = store_git.policy(repository, move.commit)
        yield Step(move.commit, policy_digest(stored.policy), stored.policy)


def in_force(repository: Repository, tip: Stored, named: str) -> InForce:
    """Return the policy in force before anything that was endorsed since. tip: main; named: digest in the newest seal.

    The first seal takes the policy as it is found. Where the policy in force has no governance, main's is in force at
    once. Raises Mistakes for a policy in force that is not valid, Refused("desk.policy-lost") where main's history does
    not have it any more.
    """
    digest = policy_digest(tip.policy)
    if not named or named == digest:
        return InForce(digest, validate(tip.policy, SLUGS), tip.policy, tip.oid)
    newer: list[Step] = []
    for step in steps(repository, tip.oid):
        if step.digest == named:
            if not roles(step.files):
                break
            return InForce(named, validate(step.files, SLUGS), step.files, step.commit, tuple(newer))
        newer.append(step)
    else:
        raise Refused("desk.policy-lost", digest=codec.short(named))
    return InForce(digest, validate(tip.policy, SLUGS), tip.policy, tip.oid)


def roles(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the roles that guard a written policy, also of one that is not valid by today's rules."""
    read = toml_document.read("osgate.toml", files.get("osgate.toml", b""))
    table = {} if isinstance(read, Mistake) else read.values.get("governance", {})
    listed = table.get("roles", []) if isinstance(table, dict) else []
    return tuple(map(str, listed)) if isinstance(listed, list) else ()


def settled(
    repository: Repository, tip: Stored, force: InForce, endorsements: Endorsements, newest: int, now: str
) -> InForce:
    """Return the policy in force with the newest endorsed one applied, and what is left unendorsed.

    endorsements: those that are sealed; newest: serial of the newest seal; now: UTC instant.
    """
    for index, step in enumerate(force.newer):
        quorum = endorsed(repository, tip, force, step, endorsements, newest, now)
        if quorum.missing:
            continue
        try:
            valid = validate(step.files, SLUGS)
        except Mistakes:
            continue
        applied = InForce(step.digest, valid, step.files, step.commit, force.newer[:index])
        return _told(repository, tip, applied, lambda _: (), newest, now)
    return _told(repository, tip, force, endorsements, newest, now)


def _told(
    repository: Repository, tip: Stored, force: InForce, endorsements: Endorsements, newest: int, now: str
) -> InForce:
    """`force` with what main says beyond it. A change back to what is in force leaves nothing to tell."""
    if not force.newer or force.newer[0].digest == force.digest:
        return force
    step = force.newer[0]
    quorum = endorsed(repository, tip, force, step, endorsements, newest, now)
    try:
        validate(step.files, SLUGS)
        mistakes: tuple[Mistake, ...] = ()
    except Mistakes as error:
        mistakes = error.mistakes
    return replace(force, unendorsed=Unendorsed(step, differing(force.files, step.files), quorum, mistakes))


def endorsed(
    repository: Repository,
    tip: Stored,
    force: InForce,
    step: Step,
    endorsements: Endorsements,
    newest: int,
    now: str,
) -> Endorsed:
    """Return how far the quorum for `step` is. Arguments as for `settled`."""
    items = [item for item in endorsements(step.digest) if item.body.get("previous") == force.digest]
    if items:
        first = _since(repository, tip.oid, newest, force.digest, min(item.serial for item in items))
        items = [item for item in items if item.serial >= first]
    addresses = repository.authors(force.commit, step.commit, *PATHS)
    return endorsing.endorsed(force.guard, items, force.digest, addresses, now)


def _since(repository: Repository, rev: str, newest: int, policy: str, least: int) -> int:
    """`endorsing.since` over the seals at `rev`, looking back no further than the seal `least`."""
    first = newest + 1
    while first > least:
        serials = range(max(least, first - _CHUNK), first)
        found = repository.paths_at(rev, [codec.seal_path(serial) for serial in serials])
        named = {n: named_by(found.get(codec.seal_path(n), ("", "", None))[2] or b"") for n in serials}
        earlier = endorsing.since(named, first - 1, policy)
        if earlier > serials.start:
            return earlier
        first = earlier
    return first


def named_by(seal: bytes) -> str:
    """Return the digest of the policy that a stored seal names, empty for what is no seal."""
    try:
        body = json.loads(seal)
    except (ValueError, RecursionError):
        return ""
    return str(body.get("policy", "")) if isinstance(body, dict) else ""


def newest_named(seals: Mapping[str, bytes]) -> str:
    """Return the digest of the policy that the newest of the stored `seals` (path -> bytes) names; empty without one.

    What is no seal of ours is passed over: the history tells of it.
    """
    known = [path for path in seals if path.startswith("seals/") and path.endswith(".json")]
    for path in sorted(known, key=lambda path: (len(path), path), reverse=True):
        named = named_by(seals[path])
        if named:
            return named
    return ""


def differing(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the paths of files that are not the same in both."""
    return tuple(path for path in sorted({*old, *new}) if old.get(path) != new.get(path))


def of_policy(items: Iterable[Sealed]) -> Endorsements:
    """Return the endorsements among the sealed `items`, as `settled` asks for them."""
    found: dict[str, list[Sealed]] = {}
    for item in items:
        if item.body["verb"] == "endorse":
            found.setdefault(str(item.body["policy"]), []).append(item)
    return lambda digest: found.get(digest, ())
