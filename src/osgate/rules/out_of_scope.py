"""OSG106: the component is approved, but not for this scope, environment, project or class of projects."""

from __future__ import annotations

from osgate.rules.case import Case, decided, needed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where every approval of this version is for elsewhere; the nearest one is named with its limits."""
    standing = case.judgement.standing
    if standing is None or case.judgement.kind != "out-of-scope":
        return None
    return {
        "why": case.judgement.why,
        "scope": case.item.dependency.scope,
        "nearest": decided(standing),
        **needed(case),
    }
