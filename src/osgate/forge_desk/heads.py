"""What is said on a commit holds for all open changes that have it as their head, so the worst of them is said.

A commit status and a check run know commits and no changes. Whoever opens a second change with the same head, onto a
branch that has its content already, would otherwise turn the first one green.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from osgate.errors import OsgateError, Undecided
from osgate.forges.protocol import Forge
from osgate.model.forge import Change
from osgate.model.record import record, replace
from osgate.model.verdict import Verdict

# Outcomes that let a change be merged, and all from the best to the worst.
PASSING = ("pass", "warn")
_ORDER = (*PASSING, "undecided", "block")
# Most others that are judged; one more, and nobody knows.
MOST = 20


class Judging(Protocol):
    """Gives verdicts: see `osgate.forge_desk.judged.Judge`."""

    def __call__(self, change: Change) -> Verdict:
        """Return the verdict on a change."""

    def apart(self, change: Change, forge: Forge) -> Iterable[Change]:
        """Return changes with the same head that may stand otherwise."""


@record
class Head:
    """What a head gets. change, verdict: the one that decides; why: what kept us from finding out, which decides then,
    about `change`: the verdict is the own one, as undecided."""

    change: Change
    verdict: Verdict
    why: OsgateError | None = None


def worst(forge: Forge, change: Change, verdict: Verdict, judge: Judging | None) -> Head:
    """Return what the head of `change` gets, whose own verdict is `verdict`.

    judge: None where no other change is to be looked at. Nobody is asked where the own verdict stops the change.
    """
    found = Head(change, verdict)
    if judge is None or verdict.outcome not in PASSING:
        return found
    other = change
    try:
        for number, other in enumerate(judge.apart(change, forge)):
            if number == MOST:
                raise Undecided("heads.many", n=MOST)
            told = judge(other)
            if _ORDER.index(told.outcome) > _ORDER.index(found.verdict.outcome):
                found = Head(other, told)
            if told.outcome == _ORDER[-1]:
                break
    except OsgateError as error:
        return Head(other, replace(verdict, outcome="undecided"), error)
    return found
