"""Whether what ends was settled anew meanwhile, so that nobody needs to be asked. Pure; in doubt it was not."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Any

from osgate import versions
from osgate.model.decision import Standing

_LIMITS = ("scopes", "environments", "projects", "classes", "digests")
# Behind every day: what is to be used no more does not come back by itself.
_NEVER = "~"


class Anew:
    """What stands, by component. standings: all of them."""

    def __init__(self, standings: Iterable[Standing]) -> None:
        # One record may name a component thousands of times, and thousands of records may name one.
        self._own: dict[tuple[str, str, str], Standing] = {}
        self._by: dict[str, list[tuple[str, Standing]]] = {}
        for standing in standings:
            # What broke the glass ends in hours and settles nothing.
            if standing.effect == "retire" or (standing.effect == "approve" and not standing.incident):
                self._own[standing.component, standing.request or standing.record, standing.range] = standing
        for standing in self._own.values():
            ends = _NEVER if standing.effect == "retire" else standing.expires
            self._by.setdefault(standing.component, []).append((ends, standing))
        for ending in self._by.values():
            ending.sort(key=_ends)

    def settles(self, subject: Mapping[str, Any], id: str, until: str) -> bool:
        """True if the record `id`, which ends on the day `until`, need not go on for `subject`.

        Another approval that is nowhere narrower ends later, or the component is to be used no more.
        """
        component, range = subject["purl"], subject.get("range", "")
        own = self._own.get((component, id, range))
        if own is None:
            return False
        ending = self._by[component]
        later = ending[bisect_right(ending, until, key=_ends) :]
        others = (one for _, one in later if (one.request or one.record) != id)
        return any(_instead(own, one) and _inside(range, one.range) for one in others)


def _ends(item: tuple[str, Standing]) -> str:
    return item[0]


def _instead(own: Standing, other: Standing) -> bool:
    if other.effect == "retire":
        return not other.digests
    wide = all(not getattr(other, name) or getattr(other, name) == getattr(own, name) for name in _LIMITS)
    reaches = not other.distribution or other.distribution == own.distribution
    return wide and reaches and _hosts(own.sources) <= _hosts(other.sources)


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
