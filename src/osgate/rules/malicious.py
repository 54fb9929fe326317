"""OSG503: the version is known to be malicious, or its registry holds the component in quarantine."""

from __future__ import annotations

from osgate.model.fact import Unknown
from osgate.rules.case import Case
from osgate.rules.told import of_advisories, of_fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params

# The registry shows it to nobody while it is looked at (PEP 792).
QUARANTINED = "quarantined"


def check(case: Case) -> Params | None:
    """Complain where a list names this very version, or all of them, and where the registry withholds the component.

    That a list names others of its versions is no reason: good packages were taken over for a day. What cannot be told
    by version is OSG501's.
    """
    facts = case.facts
    if facts is None:
        return None
    told = () if isinstance(facts.advisories, Unknown) else facts.advisories
    listed = tuple([one for one in told if one.kind == "malicious" and not one.doubt])
    if listed:
        return {**of_advisories(case, listed), "why": "malicious-name" if listed[0].whole else "malicious-version"}
    status = facts.one("status")
    if status is None or status.value != QUARANTINED:
        return None
    return {**of_fact(status), "why": QUARANTINED}
