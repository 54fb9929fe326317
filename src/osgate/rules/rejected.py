"""OSG104: a reviewer rejected it, and the rejection stands."""

from __future__ import annotations

from osgate.rules.case import Case, decided

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where a rejection in force covers this version."""
    return decided(case) if case.judgement.kind == "rejected" else None
