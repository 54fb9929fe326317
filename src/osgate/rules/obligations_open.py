"""OSG607: an approval by people that does not accept what the licence asks for in this use."""

from __future__ import annotations

from osgate.licences import reading
from osgate.licences.categories import PERMISSIVE, PUBLIC_DOMAIN, category
from osgate.licences.expression import shown
from osgate.model.fact import Unknown
from osgate.policy.licence_use import use_of
from osgate.rules.case import Case
from osgate.rules.told import of_fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params

# What these ask for are notices, which every delivery carries for all components at once.
_NOTICES = (PUBLIC_DOMAIN, PERMISSIVE)


def check(case: Case) -> Params | None:
    """Warn where people let in what has obligations beyond notices, and their record does not tick all of them."""
    standing, policy = case.judgement.standing, case.policy.facts
    if not case.by_people or standing is None or case.facts is None:
        return None
    told = reading.told(case.facts, policy.licence_names)
    if told.fact is None or isinstance(told.meant, Unknown):
        return None
    dependency = case.item.dependency
    use = use_of(dependency.component, dependency.scope, case.project, policy)
    kept = reading.outcome(told.meant, policy, use.reach).kept
    asking = [term for term in kept if category(term, policy.licence_categories) not in _NOTICES]
    open_ones = [duty for duty in reading.owed(asking, use, policy) if duty not in standing.obligations]
    if not open_ones:
        return None
    return {
        **of_fact(told.fact),
        "value": shown(str(told.fact.value)),
        "licence": " AND ".join(map(str, asking)),
        "reach": use.reach,
        "duties": open_ones,
        "request": standing.request,
    }
