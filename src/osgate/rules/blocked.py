"""OSG105: the institution has blocked it in an emergency."""

from __future__ import annotations

from osgate.rules.case import Case, decided

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where a block in force covers this version."""
    standing = case.judgement.standing
    if standing is None or case.judgement.kind != "blocked":
        return None
    return {"incident": standing.incident, "contact": case.policy.contact, **decided(standing)}
