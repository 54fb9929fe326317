"""OSG201: an action or container image is named by something that can be moved."""

from __future__ import annotations

from osgate.rules.case import Case

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain about actions without a full commit and images without a digest."""
    dependency = case.item.dependency
    if dependency.scope not in ("action", "image") or not dependency.mutable:
        return None
    return {"ref": dependency.version, "scope": dependency.scope}
