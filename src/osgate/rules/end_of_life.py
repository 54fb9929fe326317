"""OSG704: the release cycle of a version has ended: no more security fixes come."""

from __future__ import annotations

from osgate.rules.case import Case
from osgate.rules.told import of_fact
from osgate.versions import cycles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where the last day of the version's cycle is past; support that is paid for is named, not counted.

    value: that day, or `yes` where none is told.
    """
    found = cycles.told(case.facts.all("cycle"), case.item.dependency.version) if case.facts is not None else None
    if found is None or cycles.state(found[1], case.now[:10]) != cycles.ENDED:
        return None
    fact, cycle = found
    extended = {"extended": cycle.extended} if cycle.extended not in ("", "no") else {}
    return {**of_fact(fact), "value": cycle.eol, "product": cycle.product, "cycle": cycle.cycle, **extended}
