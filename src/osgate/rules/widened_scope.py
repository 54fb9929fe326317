"""OSG206: what was there for development or tests now reaches further."""

from __future__ import annotations

from osgate.rules.case import Case

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where a change widens the scope of a version that was here before."""
    if case.item.change != "widened-scope":
        return None
    return {"scope": case.item.dependency.scope}
