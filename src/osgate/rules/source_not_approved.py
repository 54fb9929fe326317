"""OSG204: a dependency comes from a place that the policy does not name."""

from __future__ import annotations

from osgate.policy.places import holds
from osgate.rules.case import Case

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from osgate.model.dependency import Dependency
    from osgate.model.policy import ApprovedSource
    from osgate.rules.case import Params

# A dependency from a registry answers to its own type; for the others no registry vouches, whatever their type.
_KINDS = {"git": "git", "url": "url"}


def check(case: Case) -> Params | None:
    """Complain about addresses that begin with none of the confirmed ones of their type.

    A type for which nobody confirmed a source yet is not judged: a new policy repository would block everything.
    """
    dependency = case.item.dependency
    type = _type(dependency)
    confirmed = [source for source in case.policy.sources if source.type == type and source.confirmed_by]
    strange = [url for url in (dependency.source.url or "").split() if not _any_holds(confirmed, url)]
    if not confirmed or not strange:
        return None
    waits = next((s.origin for s in case.policy.sources if s.type == type and holds(s.address, strange[0])), "")
    return {
        "url": strange[0],
        "type": type,
        "approved": [source.address for source in confirmed],
        **({"unconfirmed": waits} if waits else {}),
    }


def _type(dependency: Dependency) -> str:
    return _KINDS.get(dependency.source.kind) or dependency.component[4:].partition("/")[0]


def _any_holds(sources: Iterable[ApprovedSource], url: str) -> bool:
    return any(holds(source.address, url) for source in sources)
