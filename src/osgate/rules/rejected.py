"""OSG104: a reviewer rejected it, and the rejection stands."""

from __future__ import annotations

from osgate.rules.case import Case, decided

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where a rejection in force covers this version."""
    standing = case.judgement.standing
    return decided(standing) if standing is not None and case.judgement.kind == "rejected" else None
