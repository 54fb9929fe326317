"""Judging changes anew: those that moved since the last round, and, once something was decided, those that wait."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from osgate.errors import OsgateError
from osgate.forge_desk.hearing import Failed, lasting
from osgate.forge_desk.memory import Memory
from osgate.forge_desk.station import Station
from osgate.forges.protocol import Missing
from osgate.model.forge import OPEN, Change, Conversation
from osgate.model.record import record
from osgate.model.verdict import Verdict

# Project and number of a change.
Key = tuple[str, int]
# Outcomes that hold a change up.
HELD_UP = ("block", "undecided")
# Changes of one round that are judged; what is left waits for the next.
MOST = 500


@record
class Checked:
    """A change that was judged. did: `told`, or `rerun` where its checks were asked to run again; url: of those."""

    named: str
    outcome: str
    did: str
    url: str = ""


class Recheck:
    """publish: tells a verdict at the forge, returns what of it could not be told; fail: takes what goes wrong.

    waiting, passed: Memory's, brought up to date. later: changes that this round did not come to: too many, or of a
    project that cannot be fetched now, which is tried once a round.
    """

    def __init__(
        self,
        station: Station,
        remembered: Memory,
        publish: Callable[[Change, Verdict], Iterable[OsgateError]],
        fail: Callable[[Failed], None],
    ) -> None:
        self.station, self.publish, self.fail = station, publish, fail
        self.waiting, self.passed = dict(remembered.waiting), dict(remembered.passed)
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
                self.fail(Failed(f"{key[0]}!{key[1]}", error, Conversation(*key)))
                if isinstance(error, Missing):
                    self._forget(key)
                if lasting(error):
                    self._broken.add(key[0])
            else:
                checked += [found] if found else []
        return tuple(checked)

    def _forget(self, key: Key) -> None:
        self.waiting.pop(key, None)
        self.passed.pop(key, None)

    def _one(self, key: Key) -> Checked | None:
        """Judge one change, tell, and have its checks run again where the outcome of its head has turned."""
        change = self.station.forge.change(*key)
        if change.state != OPEN:
            self._forget(key)
            return None
        verdict = self.station.judge(change)
        for error in self.publish(change, verdict):
            self.fail(Failed(f"{key[0]}!{key[1]}", error))
        named = f"{key[0]}!{key[1]}"
        here, there = (self.waiting, self.passed) if verdict.outcome in HELD_UP else (self.passed, self.waiting)
        turned = there.get(key) == change.head
        url = self.station.forge.rerun(change) if turned else ""
        self._forget(key)
        here[key] = change.head
        return Checked(named, verdict.outcome, "rerun" if turned else "told", url)
