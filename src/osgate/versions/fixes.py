"""The nearest version that mends what is known of another one."""

from __future__ import annotations

from osgate.errors import UsageError
from osgate.versions.schemes import PARSED, load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(purl_type: str, version: str, fixes: Iterable[Iterable[str]]) -> str:
    """Return the lowest version above `version` by which all is mended, as it is written; empty where none is known.

    fixes: for each flaw the versions that end a span which holds `version`. Of several the highest counts: at a lower
    one another record still speaks. Empty as well where a flaw has no fix, and where versions have no order.
    """
    found, left = mending(purl_type, version, fixes)
    return "" if left else found


def mending(purl_type: str, version: str, fixes: Iterable[Iterable[str]]) -> tuple[str, tuple[int, ...]]:
    """Return the lowest version above `version` that mends every flaw which anything mends, and the places in `fixes`
    of the flaws that nothing does; empty and all places where none has a fix, or versions have no order.

    fixes: as in `nearest`.
    """
    flaws = [list(flaw) for flaw in fixes]
    every = tuple(range(len(flaws)))
    try:
        scheme = load(purl_type)
    except UsageError:
        return "", every
    if scheme.key(version)[0] != PARSED:
        return "", every
    ends: list[str] = []
    left: list[int] = []
    for place, flaw in enumerate(flaws):
        above = [fix for fix in flaw if scheme.key(fix)[0] == PARSED and scheme.key(fix) > scheme.key(version)]
        if above:
            ends.append(max(above, key=scheme.key))
        else:
            left.append(place)
    return max(ends, key=scheme.key, default=""), tuple(left)
