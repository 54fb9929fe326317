"""The nearest version that mends everything known of another one."""

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
    try:
        scheme = load(purl_type)
    except UsageError:
        return ""
    if scheme.key(version)[0] != PARSED:
        return ""
    ends: list[str] = []
    for flaw in fixes:
        above = [fix for fix in flaw if scheme.key(fix)[0] == PARSED and scheme.key(fix) > scheme.key(version)]
        if not above:
            return ""
        ends.append(max(above, key=scheme.key))
    return max(ends, key=scheme.key, default="")
