"""OSG705: the release cycle of a version ends soon."""

from __future__ import annotations

from osgate.rules.case import Case
from osgate.rules.told import of_fact
from osgate.versions import cycles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where the version's cycle ends within the policy's horizon."""
    found = cycles.told(case.facts.all("cycle"), case.item.dependency.version) if case.facts is not None else None
    horizon, today = case.policy.facts.horizon, case.now[:10]
    if found is None or cycles.state(found[1], today, horizon) != cycles.NEAR:
        return None
    fact, cycle = found
    left = cycles.left_of(cycle.eol, today)
    return {**of_fact(fact), "value": cycle.eol, "product": cycle.product, "cycle": cycle.cycle, "left": left}
