"""Comparisons joined to a VERS range: alternatives of comparisons that all hold, written as one canonical line.

A comparison is (comparator, version) with the comparators of VERS; `*` with an empty version is anything. Bounds are
compared by the sort keys of one type. Time is that of sorting them.
"""

from __future__ import annotations

from osgate.errors import UsageError
from osgate.versions.schemes import PARSED, load
from osgate.versions.vers import write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, TypeAlias

    Comparison: TypeAlias = tuple[str, str]
    # Key, what is at the key (-1 below it, 0 it, 1 above it), version: where an interval begins, or has ended.
    Cut: TypeAlias = tuple[Any, int, str]

_LOWEST, _HIGHEST = 0, 2


def line(purl_type: str, alternatives: Iterable[Sequence[Comparison]]) -> str:
    """Return the VERS range that holds what one of the alternatives holds; "" for nothing, which VERS cannot say.

    Raises UsageError: `range.version` for a version that is none of its type, `vers.version` for one no range can hold.
    """
    key = load(purl_type).key
    found: list[tuple[Cut, Cut]] = []
    for one in alternatives:
        for comparator, version in one:
            if comparator != "*" and key(version)[0] != PARSED:
                raise UsageError("range.version", type=purl_type, text=version[:200])
        found += _all_of([(comparator, version, key(version)) for comparator, version in one])
    return write(purl_type, tuple(_written(_joined(found)))) if found else ""


def _all_of(comparisons: Iterable[tuple[str, str, Any]]) -> list[tuple[Cut, Cut]]:
    """Return the intervals in which all comparisons hold, in ascending order.

    An end is a cut between two versions: just below one (0) or just above it (1), so that all cuts are in order.
    """
    low: Cut = ((_LOWEST,), 0, "")
    high: Cut = ((_HIGHEST,), 0, "")
    holes: list[tuple[Cut, Cut]] = []
    for comparator, version, key in comparisons:
        below, above = ((1, key), 0, version), ((1, key), 1, version)
        if comparator == "!=":
            holes.append((below, above))
        if comparator in ("=", ">=", ">"):
            low = _later(low, above if comparator == ">" else below)
        if comparator in ("=", "<=", "<"):
            high = _earlier(high, below if comparator == "<" else above)
    found = []
    for start, end in sorted(holes, key=_place):
        if not _before(start, high):
            break
        if _before(low, start):
            found.append((low, start))
        low = _later(low, end)
    return [*found, (low, high)] if _before(low, high) else found


def _before(one: Cut, other: Cut) -> bool:
    return bool(one[:2] < other[:2])


def _later(one: Cut, other: Cut) -> Cut:
    return other if _before(one, other) else one


def _earlier(one: Cut, other: Cut) -> Cut:
    return other if _before(other, one) else one


def _place(interval: tuple[Cut, Cut]) -> Any:
    return interval[0][:2]


def _joined(intervals: Iterable[tuple[Cut, Cut]]) -> list[tuple[Cut, Cut]]:
    """Return the intervals in order, those that touch or overlap as one."""
    found: list[tuple[Cut, Cut]] = []
    for start, end in sorted(intervals, key=_place):
        if found and not _before(found[-1][1], start):
            found[-1] = (found[-1][0], _later(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _written(intervals: Sequence[tuple[Cut, Cut]]) -> Iterable[Comparison]:
    """Return the constraints of intervals that lie apart; a single version between two of them is left out by `!=`."""
    before: Cut | None = None
    if len(intervals) == 1 and intervals[0][0][0] == (_LOWEST,) and intervals[0][1][0] == (_HIGHEST,):
        yield "*", ""
        return
    for at, (start, end) in enumerate(intervals):
        single = start[0] == end[0] and start[0] != (_LOWEST,)
        after = intervals[at + 1][0] if at + 1 < len(intervals) else None
        if single:
            yield "=", start[2]
        if not single and start[0] != (_LOWEST,) and not (before and before[0] == start[0]):
            yield (">" if start[1] else ">="), start[2]
        if not single and end[0] != (_HIGHEST,):
            yield ("!=" if after and after[0] == end[0] else "<=" if end[1] else "<"), end[2]
        before = end
