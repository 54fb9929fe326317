"""OSG701: who published a version has withdrawn it."""

from __future__ import annotations

from osgate.rules.case import Case
from osgate.rules.told import of_fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain about what a registry marks as yanked, unlisted or retracted; the value is the reason given."""
    fact = case.facts.one("yanked") if case.facts is not None else None
    return of_fact(fact) if fact is not None and isinstance(fact.value, str) and fact.value else None
