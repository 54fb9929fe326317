"""OSG501: advisories tell of a vulnerability that the policy lets nobody take."""

from __future__ import annotations

from osgate.rules.case import Case
from osgate.rules.told import grave, of_advisories, vulnerabilities

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where the worst is at or above the policy's threshold, or nobody told how bad it is."""
    found = vulnerabilities(case)
    return of_advisories(case, found) if grave(case, found) else None
