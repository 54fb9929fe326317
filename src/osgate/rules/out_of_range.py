"""OSG102: the component is approved, but not like this."""

from __future__ import annotations

from osgate.rules.case import Case, decided, needed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where every approval misses this version or the place it comes from; the nearest one is named."""
    standing = case.judgement.standing
    if standing is None or case.judgement.kind != "out-of-range":
        return None
    return {"why": case.judgement.why, "nearest": decided(standing), **needed(case)}
