"""OSG107: a pre-release or a local build, inside a range that was approved for releases."""

from __future__ import annotations

from osgate.rules.case import Case, decided, needed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where an approved range spans the version and does not name it."""
    standing = case.judgement.standing
    if standing is None or case.judgement.kind != "pre-release":
        return None
    return {"nearest": decided(standing), **needed(case)}
