"""OSG505: the registry it would come from does not have it: an invented name, or a version nobody released there."""

from __future__ import annotations

from osgate.policy.pre_approvals import means
from osgate.rules.case import Case
from osgate.rules.told import of_fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.model.fact import Fact, Facts
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where the source says no, of the component or of the version, and none says yes.

    Of several sources the one counts that the manifest names; of a name of the institution's own, its own place.
    """
    if case.facts is None or case.item.dependency.source.kind != "registry":
        return None
    told = _asked(case, case.facts)
    of_version, of_component = (
        [fact for fact in told if fact.purl == purl] for purl in (case.facts.purl, case.facts.component)
    )
    if any(fact.value == "yes" for fact in of_version):
        return None
    for found, why in ((of_component, "unknown-component"), (of_version, "unknown-version")):
        missing = [fact for fact in found if fact.value == "no"]
        if missing and not any(fact.value == "yes" for fact in found):
            return {**of_fact(missing[0]), "why": why}
    return None


def _asked(case: Case, facts: Facts) -> list[Fact]:
    """What the place tells that the dependency would come from, the institution's own word before all."""
    found = list(facts.all("present"))
    own = [fact for fact in found if fact.source.startswith("policy ")]
    if own:
        return own
    names = [one for one in case.policy.facts.internal if means(one.purl, facts.component)]
    if names:
        return [fact for fact in found if any(_host(one.address) == fact.source.split(" ")[0] for one in names)]
    named = _host(case.item.dependency.source.url or "")
    return [fact for fact in found if fact.source.split(" ")[0] == named] or found


def _host(address: str) -> str:
    """The host of an address with its port, as sources are called by it."""
    return address.partition("://")[2].partition("/")[0].rpartition("@")[2].lower()
