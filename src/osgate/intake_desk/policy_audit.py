"""Whether main's written policy came to be as it says itself: step by step along main's line, each change judged by
the people and the governance that were in force before it.

The desk asks this of the seals before it believes the policy that the newest one names; a merge request's pipeline and
an auditor ask it of any two commits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from osgate.errors import Mistake, Mistakes
from osgate.intake_desk import endorsing, governed
from osgate.intake_desk.endorsing import Endorsed, Guard
from osgate.intake_desk.governed import PATHS, Step
from osgate.intake_desk.main_line import Move, moves
from osgate.intake_desk.sealing import policy_digest
from osgate.io.git_write import Repository
from osgate.ledger import archive, codec, history, store_git
from osgate.ledger.fold import Sealed
from osgate.ledger.history import History, Problem
from osgate.model.finding import SLUGS
from osgate.model.policy import Key, Person
from osgate.model.record import record
from osgate.policy import build, toml_document
from osgate.policy.schema import shape_of
from osgate.policy.valid import validate

_LEDGER = ("records", "seals", "archive")
# Later than any time that is asked about: who could still endorse is of no interest here.
_EVER = "9"


@record
class Fault:
    """Something that does not hold. code: key below `audit.`; serial: the seal it shows at, 0 for none.

    paths: the files it is about.
    """

    commit: str
    code: str
    serial: int
    paths: tuple[str, ...]
    params: dict[str, object]


class _Course:
    """The policies main had, and which of them came into force.

    sealed: everything a seal names, for the endorsements among it; force: what is in force, None before the first seal;
    since: serial of the seal from which on what is said counts. run: what was written after it; keys: of the desk, of
    every policy that was in force.
    """

    def __init__(self, repository: Repository, sealed: Iterable[Sealed], force: Step | None, since: int) -> None:
        self._repository = repository
        self._endorsements = governed.of_policy(sealed)
        self.force, self.since = force, since
        self.run: list[Step] = []
        self.keys: list[Key] = list(_keys(force.files)) if force else []
        self._lost: set[str] = set()

    def written(self, commit: str) -> None:
        """Take in that `commit` changed the written policy."""
        stored = store_git.policy(self._repository, commit)
        step = Step(commit, policy_digest(stored.policy), stored.policy)
        if self.force is not None and step.digest == self.force.digest:
            self.run.clear()
            self.force = step
        else:
            self.run.append(step)

    def sealed(self, commit: str, serial: int, named: str) -> Iterator[Fault]:
        """Take in the seal `serial`, which names a policy; yield what is wrong with that."""
        if self.force is not None and named == self.force.digest:
            return
        step = next((step for step in reversed(self.run) if step.digest == named), None)
        if step is None:
            if named in self._lost:
                return
            self._lost.add(named)
            yield Fault(commit, "policy-lost", serial, (codec.seal_path(serial),), {"policy": codec.short(named)})
            return
        quorum = self.quorum(step, serial)
        if quorum is not None and quorum.missing:
            yield self.fault("not-endorsed", step, quorum, serial)
        self.applied(step, serial)

    def quorum(self, step: Step, before: int = 0) -> Endorsed | None:
        """How far the quorum for `step` is, with what was sealed before the seal `before` (0: ever); None: no need."""
        if self.force is None or not governed.roles(self.force.files):
            return None
        guard = guard_of(self.force.files)
        previous = self.force.digest
        named = [
            item
            for item in self._endorsements(step.digest)
            if item.body.get("previous") == previous and self.since <= item.serial < (before or item.serial + 1)
        ]
        addresses = self._repository.authors(self.force.commit, step.commit, *PATHS)
        return endorsing.endorsed(guard, endorsing.genuine(named, guard.people), previous, addresses, _EVER)

    def applied(self, step: Step, since: int) -> None:
        """Take `step` for in force from the seal `since` on."""
        self.run = self.run[self.run.index(step) + 1 :]
        self.force, self.since = step, since
        self.keys += _keys(step.files)

    def endorsed(self) -> None:
        """Take for in force the newest of what was written since that is endorsed, though no seal tells it yet."""
        for step in reversed(self.run):
            quorum = self.quorum(step)
            if quorum is None or not quorum.missing:
                self.applied(step, self.since)
                return

    def fault(self, code: str, step: Step, quorum: Endorsed, serial: int = 0) -> Fault:
        """What is missing at `step`, compared with what is in force."""
        files = self.force.files if self.force else {}
        said: dict[str, object] = {
            "policy": codec.short(step.digest),
            "missing": quorum.missing,
            "given": quorum.given,
            "authors": quorum.authors,
        }
        return Fault(step.commit, code, serial, governed.differing(files, step.files), said)


def guard_of(files: Mapping[str, bytes]) -> Guard:
    """Return who guards a written policy, also of one that is not valid by today's rules; what cannot be read guards
    nothing and entitles nobody."""
    read = toml_document.read("people.toml", files.get("people.toml", b""))
    listed = [] if isinstance(read, Mistake) else read.values.get("person", [])
    people: dict[str, Person] = {}
    for entry in listed if isinstance(listed, list) else ():
        try:
            person = build.person(entry)
        except (KeyError, TypeError, AttributeError):
            continue
        people[person.id] = person
    return Guard(governed.roles(files), people)


def of_seals(repository: Repository, tip: str, past: History) -> Iterator[Problem]:
    """Yield a problem for every seal of `past` (read whole) that names a policy which nobody endorsed enough.

    tip: the commit of main it was read from.
    """
    if len({_named(seal.body) for seal in past.seals}) < 2:
        return
    course = _Course(repository, past.sealed, None, 0)
    named = {seal.serial: _named(seal.body) for seal in past.seals}
    for move in moves(repository, "", tip, *PATHS, "seals"):
        for fault in _moved(course, move, named):
            code = {"not-endorsed": "policy-not-endorsed", "policy-lost": "policy-lost"}[fault.code]
            missing = fault.params.get("missing", ())
            roles = ", ".join(missing) if isinstance(missing, tuple) else ""
            yield Problem(code, fault.serial, {"policy": fault.params["policy"], "roles": roles})


def _named(seal: Mapping[str, object]) -> str:
    return str(seal.get("policy", ""))


def _moved(course: _Course, move: Move, named: Mapping[int, str]) -> Iterator[Fault]:
    """Let `course` take in one commit. named: serial -> policy digest of the seals that hold."""
    if any(shape_of(path) is not None for path in move.paths):
        course.written(move.commit)
    serials = (_serial(path) for path, status in move.paths.items() if status == "A")
    for serial in sorted(serial for serial in serials if serial in named):
        if course.force is None:
            # The first seal takes the policy as it was found.
            course.force, course.since = (course.run[-1] if course.run else None), serial
            course.run.clear()
        yield from course.sealed(move.commit, serial, named[serial])


def _serial(path: str) -> int:
    """The serial of the seal at `path`, 0 for what is none."""
    digits = path.removeprefix("seals/").removesuffix(".json")
    return int(digits) if digits.isdecimal() and codec.seal_path(int(digits)) == path else 0


def between(repository: Repository, base: str, head: str) -> Iterator[Fault]:
    """Yield everything that is wrong with what `head` makes of policy and ledger since `base`.

    What is written must end in a policy that is in force or endorsed, judged by people and governance at `base` and
    then step by step; endorsements are those sealed at either end. Ledger files may only be added.

    Raises UsageError (`git.*`) for revisions that are none, Refused and Mistakes as `governed.in_force` does.
    """
    old, new = repository.resolve(base), repository.resolve(head)
    fork = repository.merge_base(old, new)
    before, after = store_git.load(repository, old), store_git.load(repository, new)
    past, more = _read(before), _read(after)
    force = governed.in_force(repository, before, governed.newest_named(before.seals))
    course = _start(repository, force, past, more)
    if policy_digest(store_git.policy(repository, fork).policy) != policy_digest(before.policy):
        yield Fault(fork, "behind", 0, (), {"base": base})
        return
    named = {seal.serial: _named(seal.body) for seal in more.seals if seal.serial > past.serial}
    for move in moves(repository, fork, new, *PATHS, *_LEDGER):
        yield from _only_added(repository, move)
        yield from _moved(course, move, named)
    course.endorsed()
    for problem in history.read(after.records, after.seals, course.keys).problems:
        yield Fault(new, "ledger-broken", problem.serial, (), {"problem": problem})
    yield from _left(course)


def _read(stored: store_git.Stored) -> History:
    """The ledger as stored; by whose keys it was sealed is asked when these are known."""
    return history.read(stored.records, stored.seals, ())


def _keys(files: Mapping[str, bytes]) -> tuple[Key, ...]:
    """The desk's keys by a written policy; none of one that is not valid."""
    try:
        return validate(files, SLUGS).keys
    except Mistakes:
        return ()


def _start(repository: Repository, force: governed.InForce, past: History, more: History) -> _Course:
    """Where the way from the base begins: what is in force there, and what was written since and is not."""
    sealed = {item.id: item for item in (*past.sealed, *more.sealed)}
    named = {seal.serial: _named(seal.body) for seal in past.seals}
    since = endorsing.since(named, past.serial, force.digest)
    here = Step(force.commit, force.digest, force.files)
    course = _Course(repository, sealed.values(), here, since)
    course.run = [step for step in reversed(force.newer) if step.digest != force.digest]
    return course


def _left(course: _Course) -> Iterator[Fault]:
    """What was written last and nobody endorsed enough, commit by commit."""
    for step in course.run:
        quorum = course.quorum(step)
        if quorum is not None:
            yield course.fault("not-endorsed", step, quorum)


def _only_added(repository: Repository, move: Move) -> Iterator[Fault]:
    """A commit only adds to the ledger; one that moves files to an archive leaves every byte there."""
    touched = [path for path, status in move.paths.items() if status != "A" and path.partition("/")[0] in _LEDGER]
    if not touched:
        return
    if any(archive.is_archive(path) for path, status in move.paths.items() if status == "A"):
        before, after = (store_git.load(repository, rev) for rev in (move.parent, move.commit))
        kept = before.records.items() <= after.records.items() and before.seals.items() <= after.seals.items()
        touched = [] if kept else touched
    if touched:
        yield Fault(move.commit, "ledger-changed", 0, tuple(sorted(touched)), {})
