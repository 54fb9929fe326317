"""OSG110: the use of the component is restricted, and this is outside of what is left."""

from __future__ import annotations

from osgate.rules.case import Case, decided

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where a restriction in force leaves no room for this use."""
    standing = case.judgement.standing
    if standing is None or case.judgement.kind != "restricted":
        return None
    return {"why": case.judgement.why, "scope": case.item.dependency.scope, **decided(standing)}
