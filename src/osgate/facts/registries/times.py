"""Times of publication: which of them can be believed, and what they and the versions say of a component's history.

A mirror may answer with the times when it fetched each version. No answer says so; the shape of all times does.

The rule. Pre-releases and what is no version of its type do not count. The releases stand in a tree: first part of the
version, second part, the rest; each line (`1`, `1.2`) is dated by its lowest release. Among the lines or releases below
one node, each pair of which the higher is older is a reversal. Published history has hardly any, because a line goes
forward in time whatever is published on others: a patch of 1.x after 2.0 reverses no pair. Fetched in any order, about
half of the pairs are reversed. So more than a fifth of all pairs reversed: `order` (Kendall's tau below 0.6).
Fetched in order, or all at once: at least CROWD releases, and more than half of all, within one day, or at least FEW,
and all there are, within one hour: `ingestion`.

A time of fetching that passes is never before the time of publication: what slips through errs on the strict side.
An instant before EARLIEST or a day after the answer is nobody's time, and says nothing of the others.
"""

from __future__ import annotations

import re
from bisect import bisect_right, insort
from datetime import datetime, timedelta
from functools import lru_cache

from osgate import versions as orders
from osgate.facts.registries.answers import NOT_SERVED
from osgate.model.fact import Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

# The first public archive of packages opened in 1995; the dates of epochs (0001, 1900, 1970, 1980, 1985) lie before.
EARLIEST = "1995-01-01T00:00:00Z"
CROWD, FEW = 10, 5
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MIRROR = Unknown("mirror-time")
# Releases that are looked at, the highest ones; no component has more.
MOST = 5_000
_FORM = "%Y-%m-%dT%H:%M:%SZ"


def believable(instant: str, now: str) -> bool:
    """Tell whether a UTC instant can be the time of any publication, as seen at `now`."""
    return len(instant) == len(EARLIEST) and EARLIEST <= instant <= _tomorrow(now)


@lru_cache(maxsize=8)
def _tomorrow(now: str) -> str:
    return f"{datetime.fromisoformat(now) + DAY:{_FORM}}"


def doubt(type: str, times: Mapping[str, str], now: str) -> str:
    """Return why these times of publication are not believed: `order`, `ingestion`, or empty where they are.

    type: purl type. times: version -> UTC instant. now: UTC instant of the answer. The rule stands above.
    """
    told = [(version, times[version]) for version in releases(type, times) if believable(times[version], now)]
    told = told[-MOST:]
    reversed_, pairs = _reversals(told)
    if reversed_ * 5 > pairs:
        return "order"
    return "ingestion" if _crowded(sorted(instant for _, instant in told)) else ""


def believed(type: str, times: Mapping[str, str], now: str) -> dict[str, str | Unknown]:
    """Return each version's instant, or Unknown("mirror-time") where it is not to be believed; see `doubt`."""
    doubted = doubt(type, times, now)
    return {version: MIRROR if doubted or not believable(at, now) else at for version, at in times.items()}


def releases(type: str, versions: Iterable[str]) -> list[str]:
    """Return those that are versions of `type` and no pre-releases, in order."""
    key = orders.sort_key(type)
    placed = [(key(version), version) for version in dict.fromkeys(versions)]
    proper = [pair for pair in placed if pair[0][0] and not orders.is_prerelease(type, pair[1])]
    return [version for _, version in sorted(proper, key=lambda pair: pair[0])]


def history(
    type: str, versions: Iterable[str], times: Mapping[str, str | Unknown], withdrawn: Container[str] = ()
) -> dict[str, str | Unknown]:
    """Return the facts `latest`, `released`, `begun` and `releases` of a component.

    versions: all that the source has. times: as `believed` gives them; an instant that is Unknown, or missing, makes
    what depends on it so. withdrawn: those of the versions that nobody should take; none of them is the latest.
    """
    found = releases(type, versions)
    told = [times.get(version, NOT_SERVED) for version in found]
    unknown = next((at for at in told if isinstance(at, Unknown)), None)
    known = sorted(at for at in told if isinstance(at, str))
    return {
        "latest": next((version for version in reversed(found) if version not in withdrawn), ""),
        "released": unknown or (known[-1] if known else ""),
        "begun": unknown or (known[0] if known else ""),
        "releases": str(len(found)),
    }


def _reversals(told: list[tuple[str, str]]) -> tuple[int, int]:
    """How many pairs among siblings are reversed, and how many pairs there are; `told` in order of versions."""
    nodes: dict[tuple[str, ...], list[str]] = {}
    seen: set[tuple[str, ...]] = set()
    for version, instant in told:
        parts = re.split(r"[.+-]", version, maxsplit=2)
        for depth, node in enumerate(((), tuple(parts[:1]), tuple(parts[:2]))):
            line = (*parts[: depth + 1], version) if depth == 2 else tuple(parts[: depth + 1])
            if line not in seen:
                seen.add(line)
                nodes.setdefault((str(depth), *node), []).append(instant)
    counts = [(_inversions(instants), len(instants) * (len(instants) - 1) // 2) for instants in nodes.values()]
    return sum(count for count, _ in counts), sum(pairs for _, pairs in counts)


def _inversions(instants: list[str]) -> int:
    """How many pairs have the greater one first."""
    before: list[str] = []
    count = 0
    for instant in instants:
        count += len(before) - bisect_right(before, instant)
        insort(before, instant)
    return count


def _crowded(instants: list[str]) -> bool:
    """Whether most of the instants, in order, lie within a day, or all within an hour."""
    moments = [datetime.fromisoformat(instant) for instant in instants]
    if len(moments) >= FEW and moments[-1] - moments[0] <= HOUR:
        return True
    need = max(CROWD, len(moments) // 2 + 1)
    return any(last - first <= DAY for first, last in zip(moments, moments[need - 1 :], strict=False))
