"""The versions an advisory means, as spans of one order: what of OSV's `ranges` and `versions` an index keeps. Pure.

Source: the OSV schema, "Evaluation": a version is affected if `versions` lists it or one of `ranges` holds it. Data
says both for a reason: some ranges miss versions that were seen to be affected.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from osgate.facts.osv.order import Order
from osgate.model.record import record

# Listed versions of one package in one record, and events of a range, that are read.
MOST = 100_000
# At one version a fix comes first, then what begins there, then what ends with it.
_TURN = {"fixed": 0, "limit": 0, "introduced": 1, "last_affected": 2}


@record
class Span:
    """Versions from `lo` (None: from the first) up to `hi` (None: without end).

    Both are bounds of an Order; `hi` itself is meant where `closed`. fixed: the version that ends it, as it is written.
    doubt: why it cannot be told which versions are meant; such a span is wide open. See `Advisory.doubt`.
    """

    lo: bytes | None = None
    hi: bytes | None = None
    closed: bool = False
    fixed: str = ""
    doubt: str = ""


EVERYTHING = Span()


class Strange(Exception):
    """A range that is not one of the schema's, or that this order cannot place."""


def spans(order: Order, ranges: object, listed: object) -> list[Span]:
    """Return the spans of one package in one record: those of its ranges, then listed versions outside of these.

    ranges, listed: as the record has them. What cannot be evaluated becomes a span in doubt, never nothing.
    """
    found: list[Span] = []
    doubt = ""
    for one in ranges if isinstance(ranges, list) else [ranges] if ranges else []:
        try:
            if isinstance(one, dict) and one.get("type") == "GIT":
                doubt = doubt or "commits"
            else:
                found += _of_range(order, one)
        except Strange:
            doubt = "range"
    known, strange = _texts(listed)
    if strange:
        doubt = "range"
    points = _outside(order, known, found)
    # Commits are beside the point where versions are told as well; a range that was lost is not.
    if doubt == "range" or not (found or known):
        found.append(Span(doubt=doubt or "range"))
    return found + points


def _texts(listed: object) -> tuple[list[str], bool]:
    """The listed versions, and whether something among them is none."""
    if listed is None:
        return [], False
    if not isinstance(listed, list) or len(listed) > MOST:
        return [], True
    known = [version for version in listed if isinstance(version, str) and len(version) <= 256]
    return list(dict.fromkeys(known)), len(known) < len(listed)


def _of_range(order: Order, one: Any) -> list[Span]:
    """The spans of a range: its events in the order of their versions, each opening or closing. Raises Strange."""
    if not isinstance(one, dict) or one.get("type") not in ("SEMVER", "ECOSYSTEM"):
        raise Strange
    found: list[Span] = []
    begun: bytes | None = None
    open = False
    for kind, version in _events(order, one.get("events")):
        if kind == "introduced":
            if not open:
                begun, open = None if version == "0" else order.bound(version), True
        elif open:
            closed = kind == "last_affected"
            found.append(Span(begun, order.bound(version), closed, "" if closed else version))
            open = False
    return [*found, Span(begun)] if open else found


def _events(order: Order, events: object) -> list[tuple[str, str]]:
    """The events of a range, sorted by version; a range that nothing opens is open from the first version."""
    if not isinstance(events, list) or not events or len(events) > MOST:
        raise Strange
    pairs = [pair for event in events for pair in _pairs(event)]
    if not any(kind == "introduced" for kind, _ in pairs):
        pairs.append(("introduced", "0"))
    first = [pair for pair in pairs if pair == ("introduced", "0")]
    # A limit narrows ranges of commits; without it a range of versions is at most too wide.
    placed = [(kind, version) for kind, version in pairs if kind != "limit" and (kind, version) not in first]
    if not all(order.place(version)[0] for _, version in placed):
        raise Strange
    return first + sorted(placed, key=lambda pair: (order.place(pair[1])[1], _TURN[pair[0]]))


def _pairs(event: object) -> Iterable[tuple[str, str]]:
    if not isinstance(event, dict):
        raise Strange
    for kind, version in event.items():
        if kind not in _TURN or not isinstance(version, str):
            raise Strange
        yield kind, version


def _outside(order: Order, listed: Iterable[str], found: list[Span]) -> list[Span]:
    """A span of its own for each listed version that no span holds."""
    if EVERYTHING in found:
        return []
    bounds = [(span.lo and order.read(span.lo), span.hi and order.read(span.hi), span.closed) for span in found]
    points = []
    for version in listed:
        parsed, place = order.place(version)
        if not (parsed and any(holds(place, *bound) for bound in bounds)):
            bound = order.bound(version)
            points.append(Span(bound, bound, True))
    return list(dict.fromkeys(points))


def holds(place: Any, lo: Any, hi: Any, closed: object) -> bool:
    """Tell whether what stands at `place` in an order lies in the span from `lo` to `hi`, as the order reads them."""
    if lo is not None and place < lo:
        return False
    return hi is None or place < hi or (bool(closed) and place == hi)
