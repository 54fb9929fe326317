"""Judging changes anew: those that moved since the last round, and, once something was decided, those that wait."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from osgate.errors import OsgateError
from osgate.forge_desk.failing import Failed, apart, lasting
from osgate.forge_desk.memory import Memory, seen
from osgate.forge_desk.station import Station
from osgate.forges.protocol import Missing
from osgate.model.forge import OPEN, Change, Conversation
from osgate.model.record import record, replace
from osgate.model.verdict import Verdict

# Project and number of a change.
Key = tuple[str, int]
# Outcomes that hold a change up.
HELD_UP = ("block", "undecided")
# Changes of one round that are judged, and seconds it may take; what is left waits for the next. After so many, or so
# many seconds, what was done is kept.
MOST, SECONDS = 500, 900.0
KEPT, KEPT_SECONDS = 50, 60.0
# Changes that hold others with their head up, looked at in a round.
LOOKED = 50


@record
class Shown:
    """What became of telling a verdict. earlier: the outcome that the comment told before, empty where there was none;
    note: the comment's id; lacking: why some of it could not be told; beside: number of the change with the same head
    that holds it up, 0 for none."""

    earlier: str = ""
    note: str = ""
    lacking: tuple[OsgateError, ...] = ()
    beside: int = 0


@record
class Checked:
    """A change that was judged. did: `told`, `rerun` where its checks were asked to run again, `due` where they will be
    once readers find what was decided; url: of those."""

    named: str
    outcome: str
    did: str
    url: str = ""


class Recheck:
    """publish: tells a verdict at the forge, handed the id of our comment there; fail: takes what goes wrong. serial:
    of the snapshot changes are judged by; served: asks for that of the one which readers find now, 0 for none: checks
    that ran before would judge as ever.

    memory: brought up to date, `unchecked` with what this round did not come to, or what cannot be judged now.
    """

    def __init__(
        self,
        station: Station,
        remembered: Memory,
        publish: Callable[[Change, Verdict, str], Shown],
        fail: Callable[[Failed], None],
        serial: int,
        served: Callable[[], int],
    ) -> None:
        self.station, self.publish, self.fail = station, publish, fail
        self.serial, self.served = serial, served
        self._remembered = remembered
        self.waiting, self.passed = dict(remembered.waiting), dict(remembered.passed)
        self.due, self.left = dict(remembered.due), list(remembered.unchecked)
        self.comments, self.beside = dict(remembered.comments), dict(remembered.beside)
        self._broken: set[str] = set()
        self._ours: dict[str, bool] = {}

    @property
    def memory(self) -> Memory:
        """What is remembered of changes now."""
        left = tuple(dict.fromkeys(self.left))
        changes = {"waiting": self.waiting, "passed": self.passed, "due": self.due, "comments": self.comments}
        return replace(self._remembered, unchecked=left, beside=self.beside, **changes)

    def remember(self, memory: Memory) -> None:
        """Take over what else is remembered by now."""
        self._remembered = memory

    def want(self, changes: Iterable[Change], moved: bool, taken: bool) -> None:
        """Take note of what is to be judged: `changes`, what earlier rounds left; where something was decided (`moved`)
        all that waits, and where something was taken away (`taken`) all that had passed."""
        self.left += [(one.project, one.number) for one in changes]
        self.left += [*(self.waiting if moved else ()), *(self.passed if taken else ())]

    def run(self, keep: Callable[[Memory], None]) -> tuple[Checked, ...]:
        """Judge what is wanted, as far as there is time. keep: puts in safety what was done. Return what was judged."""
        self.left += self._freed()
        wanted, again = list(dict.fromkeys(self.left)), list[Key]()
        checked: list[Checked] = []
        began = kept = self.station.clock()
        for number, key in enumerate(wanted):
            now = self.station.clock()
            if number >= MOST or now - began > SECONDS:
                break
            self.left = [*wanted[number:], *again]
            if number and (number % KEPT == 0 or now - kept > KEPT_SECONDS):
                kept = now
                keep(self.memory)
            found = self._judged(key, again)
            checked += [found] if found else []
            self.left = [*wanted[number + 1 :], *again]
        return tuple(self._rerun(checked))

    def _judged(self, key: Key, again: list[Key]) -> Checked | None:
        """Judge one change. again: takes it where that may work in the next round: a project is tried once a round."""
        if key[0] in self._broken:
            again.append(key)
            return None
        with apart(self.fail, _named(key), Conversation(*key)):
            try:
                return self._one(key)
            except OsgateError as error:
                if isinstance(error, Missing):
                    self._forget(key)
                if lasting(error):
                    self._broken.add(key[0])
                    again.append(key)
                raise
        return None

    def _freed(self) -> Iterator[Key]:
        """Yield changes whose head was held up by another one that is closed by now, or has another head. Once that
        one passes with it, also onto another branch, its own telling has set the head free."""
        looked: dict[Key, str | None] = {}
        for key, number in list(self.beside.items()):
            other, head = (key[0], number), _head(self.waiting.get(key) or self.passed.get(key, ""))
            if _head(self.passed.get(other, "")) == head:
                del self.beside[key]
                continue
            if other not in looked and len(looked) < LOOKED:
                looked[other] = None
                with apart(self.fail, _named(other)):
                    looked[other] = self._now(other)
            if other in looked:
                # Behind those that were not looked at.
                self.beside[key] = self.beside.pop(key)
                # One that cannot be looked at holds them up still.
                if looked[other] not in (None, head):
                    yield key

    def _now(self, key: Key) -> str:
        """The head of a change as it is now, empty where it is not open."""
        try:
            change = self.station.forge.change(*key)
        except Missing:
            return ""
        return change.head if change.state == OPEN else ""

    def _hold(self, key: Key, head: str) -> None:
        """Remember for all others with this head that what was just said there is about the change `key`."""
        for known in (self.waiting, self.passed):
            for other, there in known.items():
                if other != key and other[0] == key[0] and _head(there) == head:
                    self.beside[other] = key[1]

    def _below(self, project: str) -> bool:
        """True if a project still lies below the group we hear; no forge tells names apart by case."""
        if project not in self._ours:
            group = self.station.group.lower()
            path = self.station.forge.project(project).path.lower() if group else ""
            self._ours[project] = not group or f"{path}/".startswith(f"{group}/")
        return self._ours[project]

    def _forget(self, key: Key) -> None:
        for known in (self.waiting, self.passed, self.due, self.beside):
            known.pop(key, None)

    def _one(self, key: Key) -> Checked | None:
        """Judge one change, tell, and have its checks run again where the outcome of its head has turned."""
        change = self.station.forge.change(*key) if self._below(key[0]) else None
        if change is None or change.state != OPEN:
            self._forget(key)
            self.comments.pop(key, None)
            return None
        verdict = self.station.judge(change)
        shown = self.publish(change, verdict, self.comments.get(key, ""))
        if shown.note:
            self.comments[key] = shown.note
        for error in shown.lacking:
            self.fail(Failed(_named(key), error))
        held = verdict.outcome in HELD_UP
        turned = self._turned(key, change.head, held, shown.earlier)
        due = self.due.get(key, ("", 0))
        self._forget(key)
        (self.waiting if held else self.passed)[key] = seen(change)
        if shown.beside:
            self.beside[key] = shown.beside
        elif held:
            self._hold(key, change.head)
        if turned or due[0] == change.head:
            self.due[key] = (change.head, self.serial)
        return Checked(_named(key), verdict.outcome, "told")

    def _turned(self, key: Key, head: str, held: bool, earlier: str) -> bool:
        """True if a head that was held up passes now, or the other way round. Where nobody remembers, our own comment
        tells that it was held up."""
        if key not in self.waiting and key not in self.passed:
            return not held and earlier in HELD_UP
        return _head((self.passed if held else self.waiting).get(key, "")) == head

    def _rerun(self, checked: list[Checked]) -> Iterator[Checked]:
        """Have the checks run again of what is due, as far as they would find what was decided."""
        served = self.served() if self.due else 0
        told = {one.named: one for one in checked}
        for key, (head, serial) in list(self.due.items()):
            named = _named(key)
            there = told.get(named, Checked(named, "block" if key in self.waiting else "pass", "due"))
            told[named] = replace(there, did="due")
            if serial > served:
                continue
            with apart(self.fail, named):
                told[named] = replace(there, did="rerun", url=self._again(key, head))
        yield from told.values()

    def _again(self, key: Key, head: str) -> str:
        """Have the checks of a change run again, if this is still its head; return where to look."""
        try:
            change = self.station.forge.change(*key) if self._below(key[0]) else None
            still = change is not None and (change.state, change.head) == (OPEN, head)
            url = self.station.forge.rerun(change) if change is not None and still else ""
        except OsgateError as error:
            if not lasting(error):
                del self.due[key]
            raise
        del self.due[key]
        return url


def _head(known: str) -> str:
    """The head in what `seen` returned."""
    return known.partition(" ")[0]


def _named(key: Key) -> str:
    return f"{key[0]}!{key[1]}"
