"""OSG108: the version is approved, with another digest."""

from __future__ import annotations

from osgate.rules.case import Case, decided, needed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where the content that was approved is not the content that comes in."""
    standing = case.judgement.standing
    if standing is None or case.judgement.kind != "other-content":
        return None
    return {
        "digests": list(case.item.dependency.digests),
        "approved": list(standing.digests),
        "nearest": decided(standing),
        **needed(case),
    }
