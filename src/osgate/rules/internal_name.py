"""OSG209: a name that belongs to the institution does not come from the institution's own place."""

from __future__ import annotations

from osgate.policy.places import holds
from osgate.policy.pre_approvals import means
from osgate.rules.case import Case
from osgate.rules.told import of_manifest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from osgate.model.dependency import Dependency
    from osgate.model.policy import Policy
    from osgate.rules.case import Params

# Part of the same repository: nobody outside can have put it there.
_OURS = ("path", "workspace")


def check(case: Case) -> Params | None:
    """Complain about an internal name with an address that lies below none of those it may come from.

    Of several patterns that mean a component the longest counts. Where a manifest gives no address (most locks of pnpm,
    POMs), the package manager's own settings decide; what the policy knows of them are its confirmed sources of the
    type: it complains unless one of them leads to the internal place, or lies in it. So a type without a confirmed
    source is complained of, and one line of policy settles it.
    """
    dependency = case.item.dependency
    meant = [one for one in case.policy.facts.internal if means(one.purl, dependency.component)]
    if not meant or dependency.source.kind in _OURS:
        return None
    longest = max(len(one.purl) for one in meant)
    meant = [one for one in meant if len(one.purl) == longest]
    own = [one.address for one in meant]
    given = (dependency.source.url or "").split()
    strange = [url for url in given if not any(holds(address, url) for address in own)]
    if (given and not strange) or (not given and _leads(case.policy, dependency, own)):
        return None
    return {
        **of_manifest(case, "source", strange[0] if strange else ""),
        "internal": meant[0].purl,
        "addresses": own,
        "reserved": meant[0].origin,
    }


def _leads(policy: Policy, dependency: Dependency, own: Iterable[str]) -> bool:
    """True if a confirmed source of the dependency's type holds an internal place, or lies below one."""
    type = dependency.component[4:].partition("/")[0]
    confirmed = [source.address for source in policy.sources if source.type == type and source.confirmed_by]
    return any(holds(one, other) or holds(other, one) for one in confirmed for other in own)
