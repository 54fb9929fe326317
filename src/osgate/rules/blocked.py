"""OSG105: the institution has blocked it in an emergency."""

from __future__ import annotations

from osgate.rules.case import Case, decided

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where a block in force covers this version."""
    if case.judgement.kind != "blocked" or case.judgement.standing is None:
        return None
    return {"incident": case.judgement.standing.incident, "contact": case.policy.contact, **decided(case)}
