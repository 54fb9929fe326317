"""OSG113: the component is being retired."""

from __future__ import annotations

from osgate.rules.case import Case, decided

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where a retirement in force bears on this version; what is to be used instead is named."""
    standing = case.judgement.standing
    if standing is None or case.judgement.kind != "retired":
        return None
    return {"alternatives": list(standing.alternatives), **decided(standing), "until": standing.by}
