"""OSG707: nobody has released anything for long, or nobody looks after the source."""

from __future__ import annotations

from osgate.rules.case import Case
from osgate.rules.told import days_between, of_fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params

# Days for which an imported Scorecard result speaks of the present.
_SCORED = 365


def check(case: Case) -> Params | None:
    """Complain where the newest release is older than the policy lets it be, or Scorecard's Maintained check is 0.

    Scorecard: https://github.com/ossf/scorecard/blob/main/docs/checks.md#maintained (0: archived, or no activity in 90
    days).
    """
    facts, most = case.facts, case.policy.facts.unmaintained
    if facts is None or not most:
        return None
    released, kept = facts.above("released"), facts.above("maintained")
    age = days_between(str(released.value), case.now) if released is not None else None
    if released is not None and age is not None and age > most:
        return {**of_fact(released), "value": str(released.value)[:10], "age": age, "days": most}
    looked = days_between(kept.date, case.now) if kept is not None and kept.value in ("0", "0.0") else None
    return of_fact(kept) if kept is not None and looked is not None and 0 <= looked <= _SCORED else None
