"""Whether what ends was settled anew meanwhile, so that nobody needs to be asked. Pure; in doubt it was not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from osgate import versions
from osgate.model.decision import Standing

_LIMITS = ("scopes", "environments", "projects", "classes", "digests")


class Anew:
    """What stands, by component. standings: all of them."""

    def __init__(self, standings: Iterable[Standing]) -> None:
        # component -> request -> range, as one record may name a component thousands of times.
        self._by: dict[str, dict[str, dict[str, Standing]]] = {}
        for standing in standings:
            # What broke the glass ends in hours and settles nothing.
            if standing.effect == "retire" or (standing.effect == "approve" and not standing.incident):
                requests = self._by.setdefault(standing.component, {})
                requests.setdefault(standing.request or standing.record, {})[standing.range] = standing

    def settles(self, subject: Mapping[str, Any], id: str, until: str) -> bool:
        """True if the record `id`, which ends on the day `until`, need not go on for `subject`.

        Another approval that is nowhere narrower ends later, or the component is to be used no more.
        """
        requests, range = self._by.get(subject["purl"], {}), subject.get("range", "")
        own = requests.get(id, {}).get(range)
        if own is None:
            return False
        others = (one for request, ranges in requests.items() if request != id for one in ranges.values())
        return any(_instead(own, one, until) and _inside(range, one.range) for one in others)


def _instead(own: Standing, other: Standing, until: str) -> bool:
    if other.effect == "retire":
        return not other.digests
    wide = all(not getattr(other, name) or getattr(other, name) == getattr(own, name) for name in _LIMITS)
    reaches = not other.distribution or other.distribution == own.distribution
    return wide and reaches and other.expires > until and _hosts(own.sources) <= _hosts(other.sources)


def _inside(inner: str, outer: str) -> bool:
    """True where every version of the VERS range `inner` is known to lie in `outer`."""
    if not outer or inner == outer or versions.parse_vers(outer).constraints == (("*", ""),):
        return True
    exact = versions.parse_vers(inner).constraints if inner else ()
    listed = bool(exact) and all(comparator == "=" for comparator, _ in exact)
    return listed and all(versions.covers(outer, version, prereleases=False) for _, version in exact)


def _hosts(sources: Iterable[str]) -> set[str]:
    """Scheme and host of each address, which is how far an approval reaches; of no web address all of it."""
    words = [word for address in sources for word in address.split()]
    return {"/".join(word.split("/")[:3]) if word.startswith("http") else word for word in words}
