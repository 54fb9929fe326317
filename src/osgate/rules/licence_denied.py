"""OSG601: a licence that the policy denies for the way this project is used."""

from __future__ import annotations

from osgate.model.fact_policy import DENY
from osgate.rules.case import Case
from osgate.rules.told import of_licence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where no alternative of the licence may come in. An approval does not lift it; a waiver does."""
    return of_licence(case, DENY)
