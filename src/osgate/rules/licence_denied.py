"""OSG601: a licence that the policy denies for the way this project is used."""

from __future__ import annotations

from osgate.model.fact_policy import DENY
from osgate.rules.case import Case, of_licence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where no alternative of the licence may come in. An approval does not lift it; a waiver does."""
    found = of_licence(case)
    if found is None or found.pop("outcome") != DENY:
        return None
    return found
