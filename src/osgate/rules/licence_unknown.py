"""OSG603: nobody can tell the licence: none is told, none is understood, or nobody knows what kind it is."""

from __future__ import annotations

from osgate.licences import reading
from osgate.licences.expression import shown
from osgate.model.fact import Unknown
from osgate.model.fact_policy import REVIEW
from osgate.rules.case import Case
from osgate.rules.told import licence_of, of_fact, of_licence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params

# What a finding says where no source told anything.
_NOBODY = {"fact": "licence", "value": "unknown", "source": "nobody", "date": ""}


def check(case: Case) -> Params | None:
    """Complain where nobody has approved this use and the licence is unknown, with the reason.

    Where the libraries that read licences are not installed nothing is said: the rule was not evaluated.
    """
    if case.by_people or case.facts is None:
        return None
    known = licence_of(case)
    if known is not None:
        found = of_licence(case, REVIEW) if known[2].because == "unknown" else None
        if found is None:
            return None
        kept = {name: found[name] for name in ("fact", "value", "source", "date")}
        return {**kept, "unknown": "licence.custom", "details": {"id": str(found["licence"])}}
    told = reading.told(case.facts, case.policy.facts.licence_names)
    if isinstance(told.meant, Unknown):
        if told.meant == reading.NO_LIBRARIES:
            return None
        given = of_fact(told.fact) if told.fact is not None else _NOBODY
        details = {name: shown(text) for name, text in told.meant.params}
        return {
            **given,
            "value": shown(str(given["value"])) or "none",
            "unknown": told.meant.reason,
            "details": details,
        }
    return None
