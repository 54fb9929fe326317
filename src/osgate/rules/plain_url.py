"""OSG203: a dependency is fetched from a plain address, outside any registry."""

from __future__ import annotations

from osgate.rules.case import Case

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain about archives named by address: no registry vouches for them, and no mirror keeps them."""
    dependency = case.item.dependency
    if dependency.source.kind != "url":
        return None
    return {"url": dependency.source.url or "", "digests": list(dependency.digests)}
