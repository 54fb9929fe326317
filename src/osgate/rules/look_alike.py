"""OSG504: a name is very near to that of a popular component."""

from __future__ import annotations

from osgate.rules.case import Case
from osgate.rules.told import of_fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where sources tell popular names that this one looks like, unless people looked and approved it."""
    told = case.facts.all("looks-like") if case.facts is not None else ()
    found = [fact for fact in told if isinstance(fact.value, str) and fact.value]
    if not found or case.by_people:
        return None
    return {**of_fact(found[0]), "like": list(dict.fromkeys([str(fact.value) for fact in found]))}
