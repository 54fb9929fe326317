"""OSG111: the approval of the version was taken back."""

from __future__ import annotations

from osgate.rules.case import Case, decided, needed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where all that ever covered this version was revoked."""
    standing = case.judgement.standing
    if standing is None or case.judgement.kind != "revoked":
        return None
    return {**decided(standing), **needed(case)}
