"""OSG703: a component has been laid aside: archived by its owner, or declared unmaintained."""

from __future__ import annotations

from osgate.model.fact import Unknown
from osgate.rules.case import Case
from osgate.rules.told import of_fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params

# Facts that say so, with the value that does.
_SAYING = (("status", "archived"), ("archived", "yes"))


def check(case: Case) -> Params | None:
    """Complain about an archived project or repository, and about what an advisory calls unmaintained."""
    facts = case.facts
    if facts is None:
        return None
    for name, value in _SAYING:
        fact = facts.one(name)
        if fact is not None and fact.value == value:
            return of_fact(fact)
    advisories = () if isinstance(facts.advisories, Unknown) else facts.advisories
    for one in advisories:
        if one.kind == "unmaintained" and not one.doubt:
            return {"fact": "lifecycle", "value": one.id, "source": one.source, "date": one.date[:10]}
    return None
