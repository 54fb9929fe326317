"""OSG604: its licence does not go together with another one in the same work."""

from __future__ import annotations

from osgate.licences import reading
from osgate.licences.compatibility import CONFLICT
from osgate.licences.expression import shown
from osgate.rules.case import Case
from osgate.rules.told import of_fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain about the worst pair that the dependency is part of.

    A conflict is not lifted by an approval; a pair of which nobody can say is, for then people have looked.
    """
    if case.facts is None or not case.clashes:
        return None
    worst = case.clashes[0]
    if case.by_people and worst.verdict.verdict != CONFLICT:
        return None
    told = reading.told(case.facts, case.policy.facts.licence_names)
    if told.fact is None:
        return None
    return {
        **of_fact(told.fact),
        "value": shown(str(told.fact.value)),
        "licence": worst.one_licence or shown(str(told.fact.value)),
        "other": worst.other,
        "other_licence": worst.other_licence,
        "verdict": worst.verdict.verdict,
        "grounds": worst.verdict.reason,
        "via": list(case.item.via),
        "more": len(case.clashes) - 1,
    }
