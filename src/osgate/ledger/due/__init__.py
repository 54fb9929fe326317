"""What is due: from the folded ledger, the written policy and the day to what people must do. Pure."""

from __future__ import annotations

from osgate.ledger.due import ending, people, waiting
from osgate.ledger.due.asked import CONFIRM_HOURS, Asked
from osgate.ledger.fold import State
from osgate.model.agenda import Agenda, Item
from osgate.model.usage import nobody_can_tell
from osgate.policy.build import ValidPolicy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.model.usage import Usage

__all__ = ["CONFIRM_HOURS", "agenda", "horizon"]


def horizon(valid: ValidPolicy) -> int:
    """Return how many days before its end something is told for the first time."""
    return max(valid.policy.terms.warn, default=30)


def agenda(state: State, valid: ValidPolicy, now: str, days: int, usage: Usage = nobody_can_tell) -> Agenda:
    """Return what is to be done: everything that waits, and what ends within `days` from `now` or has ended.

    now: UTC instant. usage: tells where something is used; what is used nowhere needs no renewal and is only counted.
    """
    asked = Asked(state, valid, now, days, usage)
    ends, unused = ending.items(asked)
    found = [*waiting.items(asked), *ends, *people.items(asked)]
    return Agenda(tuple(sorted(found, key=_order)), unused)


def _order(item: Item) -> tuple[bool, str, str, str, str]:
    return not item.overdue, item.until, item.since, item.id, item.name
