"""OSG507: none of those who published the version before has published this one."""

from __future__ import annotations

from osgate.rules.case import Case
from osgate.rules.told import backwards, of_fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.model.fact import Fact, Facts
    from osgate.rules.case import Params

# Accounts that are named of each version, and characters of one.
SHOWN, LONGEST = 5, 100


def check(case: Case) -> Params | None:
    """Complain where the publishers of both versions are known and nobody is among both."""
    if case.facts is None or case.before is None or backwards(case):
        return None
    now, before = _publishers(case.facts), _publishers(case.before)
    # Sources call one account by several names: those that speak of both versions are compared, if any does.
    both = {fact.source for fact in now} & {fact.source for fact in before}
    if both:
        now, before = ([fact for fact in found if fact.source in both] for found in (now, before))
    people, former = ({str(fact.value) for fact in found} for found in (now, before))
    if not people or not former or people & former:
        return None
    return {**of_fact(now[0]), "value": _listed(people), "before": _listed(former)}


def _publishers(facts: Facts) -> list[Fact]:
    return [fact for fact in facts.all("publisher") if isinstance(fact.value, str) and fact.value]


def _listed(names: set[str]) -> str:
    shown = [name[:LONGEST] for name in sorted(names)[:SHOWN]]
    return ", ".join(shown) + (" ..." if len(names) > SHOWN else "")
