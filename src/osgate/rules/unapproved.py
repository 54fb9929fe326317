"""OSG101: nobody has decided about the component."""

from __future__ import annotations

from osgate.rules.case import Case, needed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where the ledger holds no decision on the component at all."""
    return needed(case) if case.judgement.kind == "unapproved" else None
