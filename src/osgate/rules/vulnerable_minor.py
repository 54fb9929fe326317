"""OSG502: advisories tell of vulnerabilities below the policy's threshold, or in a scope where they count as minor."""

from __future__ import annotations

from osgate.rules.case import Case
from osgate.rules.told import grave, of_advisories, vulnerabilities

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain of what is told where none of it is grave; where some is, OSG501 tells all."""
    found = vulnerabilities(case)
    return of_advisories(case, found) if found and not grave(case, found) else None
