"""OSG202: a dependency comes from git without a full commit."""

from __future__ import annotations

from osgate.rules.case import Case

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain about git sources whose ref is a branch, a tag or missing."""
    dependency = case.item.dependency
    if dependency.source.kind != "git" or dependency.scope == "action" or not dependency.mutable:
        return None
    return {"url": dependency.source.url or "", "ref": dependency.source.ref or ""}
