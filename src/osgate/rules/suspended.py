"""OSG109: approvals of the version are suspended."""

from __future__ import annotations

from osgate.rules.case import Case, decided

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where a suspension in force bears on this version."""
    standing = case.judgement.standing
    return decided(standing) if standing is not None and case.judgement.kind == "suspended" else None
