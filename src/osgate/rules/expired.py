"""OSG103: the approval that covered it has expired."""

from __future__ import annotations

from osgate.rules.case import Case, decided, needed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where approvals cover it and the date of the last of them has passed."""
    standing = case.judgement.standing
    if standing is None or case.judgement.kind != "expired":
        return None
    return {"nearest": decided(standing), **needed(case)}
