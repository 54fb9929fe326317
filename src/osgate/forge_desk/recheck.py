"""Judging changes anew: those that moved since the last round, and, once something was decided, those that wait."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from osgate.errors import OsgateError
from osgate.forge_desk.hearing import Failed, lasting
from osgate.forge_desk.memory import Memory
from osgate.forge_desk.station import Station
from osgate.forges.protocol import Missing
from osgate.model.forge import OPEN, Change, Conversation
from osgate.model.record import record, replace
from osgate.model.verdict import Verdict

# Project and number of a change.
Key = tuple[str, int]
# Outcomes that hold a change up.
HELD_UP = ("block", "undecided")
# Changes of one round that are judged; what is left waits for the next.
MOST = 500


@record
class Shown:
    """What became of telling a verdict. earlier: the outcome that the comment told before, empty where there was none;
    lacking: why some of it could not be told."""

    earlier: str = ""
    lacking: tuple[OsgateError, ...] = ()


@record
class Checked:
    """A change that was judged. did: `told`, `rerun` where its checks were asked to run again, `due` where they will be
    once readers find what was decided; url: of those."""

    named: str
    outcome: str
    did: str
    url: str = ""


class Recheck:
    """publish: tells a verdict at the forge; fail: takes what goes wrong. serial: of the snapshot changes are judged
    by; served: asks for that of the one which readers find now, 0 for none: checks that ran before would judge as ever.

    waiting, passed, due: Memory's, brought up to date. later: changes that this round did not come to: too many, or of
    a project that cannot be fetched now, which is tried once a round.
    """

    def __init__(
        self,
        station: Station,
        remembered: Memory,
        publish: Callable[[Change, Verdict], Shown],
        fail: Callable[[Failed], None],
        serial: int,
        served: Callable[[], int],
    ) -> None:
        self.station, self.publish, self.fail = station, publish, fail
        self.serial, self.served = serial, served
        self.waiting, self.passed = dict(remembered.waiting), dict(remembered.passed)
        self.due = dict(remembered.due)
        self.later: list[Conversation] = []
        self._broken: set[str] = set()

    def run(self, changes: Iterable[Change], moved: bool, taken: bool) -> tuple[Checked, ...]:
        """Judge `changes`; where something was decided (`moved`) also all that waits, and where something was taken
        away (`taken`) also all that had passed. Return what was judged."""
        keys = [(one.project, one.number) for one in changes]
        keys += [*(self.waiting if moved else ()), *(self.passed if taken else ())]
        checked: list[Checked] = []
        wanted = list(dict.fromkeys(keys))
        self.later += [Conversation(*key) for key in wanted[MOST:]]
        for key in wanted[:MOST]:
            if key[0] in self._broken:
                self.later.append(Conversation(*key))
                continue
            try:
                found = self._one(key)
            except OsgateError as error:
                self.fail(Failed(_named(key), error, Conversation(*key)))
                if isinstance(error, Missing):
                    self._forget(key)
                if lasting(error):
                    self._broken.add(key[0])
            else:
                checked += [found] if found else []
        return tuple(self._rerun(checked))

    def _forget(self, key: Key) -> None:
        for known in (self.waiting, self.passed, self.due):
            known.pop(key, None)

    def _one(self, key: Key) -> Checked | None:
        """Judge one change, tell, and have its checks run again where the outcome of its head has turned."""
        change = self.station.forge.change(*key)
        if change.state != OPEN:
            self._forget(key)
            return None
        verdict = self.station.judge(change)
        shown = self.publish(change, verdict)
        for error in shown.lacking:
            self.fail(Failed(_named(key), error))
        held = verdict.outcome in HELD_UP
        turned = self._turned(key, change.head, held, shown.earlier)
        due = self.due.get(key, ("", 0))
        self._forget(key)
        (self.waiting if held else self.passed)[key] = change.head
        if turned or due[0] == change.head:
            self.due[key] = (change.head, self.serial)
        return Checked(_named(key), verdict.outcome, "told")

    def _turned(self, key: Key, head: str, held: bool, earlier: str) -> bool:
        """True if a head that was held up passes now, or the other way round. Where nobody remembers, our own comment
        tells that it was held up."""
        if key not in self.waiting and key not in self.passed:
            return not held and earlier in HELD_UP
        return (self.passed if held else self.waiting).get(key) == head

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
            try:
                change = self.station.forge.change(*key)
                url = self.station.forge.rerun(change) if (change.state, change.head) == (OPEN, head) else ""
            except OsgateError as error:
                self.fail(Failed(named, error))
                if not lasting(error):
                    del self.due[key]
                continue
            told[named] = replace(there, did="rerun", url=url)
            del self.due[key]
        yield from told.values()


def _named(key: Key) -> str:
    return f"{key[0]}!{key[1]}"
