"""Maven's version ranges: `[1.0,2.0)`, `(,1.5],[1.7,)`, `[1.2]`, and the soft requirement `1.0`.

Followed to the letter: `[]` is the empty version, and a second comma belongs to the upper version, as in Maven 3.9.
"""

from __future__ import annotations

import re

from osgate.errors import UsageError
from osgate.versions import MAX_LENGTH
from osgate.versions.maven import key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SET = re.compile(r"\s*([\[(])([^\[\]()]*)([\])])\s*")


def satisfies(text: str, version: str) -> bool:
    """Tell whether `version` lies in the range `text`. Raises UsageError("range.syntax").

    A bare version only says what to take when nothing else is asked for: every version satisfies it (POM reference).
    """
    stripped = text.strip()
    if not stripped or stripped[0] not in "[(":
        if not stripped or any(char in "[](),\n" for char in stripped):
            raise UsageError("range.syntax", type="maven", text=text[:200])
        return True
    own = key(version)
    return any(_inside(own, *one) for one in _sets(stripped))


def _sets(text: str) -> list[tuple[bool, Any, Any, bool]]:
    """Return the sets of a range as (closed below, lower key or None, upper key or None, closed above)."""
    found: list[tuple[bool, Any, Any, bool]] = []
    at = 0
    while True:
        match = _SET.match(text, at)
        if not match:
            raise UsageError("range.syntax", type="maven", text=text[:200])
        found.append(_bounds(text, *match.groups()))
        at = match.end()
        if len(found) > 1 and not _apart(found[-2], found[-1]):
            raise UsageError("range.syntax", type="maven", text=text[:200])
        if text[at : at + 1] == ",":
            at += 1
        if at == len(text):
            return found


def _bounds(text: str, opening: str, inner: str, closing: str) -> tuple[bool, Any, Any, bool]:
    low, comma, high = [part.strip() for part in inner.partition(",")]
    if (not comma and opening + closing != "[]") or max(len(low), len(high)) > MAX_LENGTH:
        raise UsageError("range.syntax", type="maven", text=text[:200])
    if not comma:
        return True, key(low), key(low), True
    below, above = key(low) if low else None, key(high) if high else None
    if below is not None and above is not None and not _holds(opening == "[", below, above, closing == "]"):
        raise UsageError("range.syntax", type="maven", text=text[:200])
    return opening == "[", below, above, closing == "]"


def _holds(closed_below: bool, low: Any, high: Any, closed_above: bool) -> bool:
    """Tell whether the bounds of a set leave a version between them."""
    return bool(low < high) or (closed_below and closed_above and bool(low == high))


def _apart(first: tuple[bool, Any, Any, bool], second: tuple[bool, Any, Any, bool]) -> bool:
    """Tell whether the second set begins where the first has ended; Maven does not ask after an open end."""
    if first[2] is None:
        return True
    return second[1] is not None and not second[1] < first[2]


def _inside(own: Any, closed_below: bool, low: Any, high: Any, closed_above: bool) -> bool:
    if low is not None and not (own > low or (closed_below and own == low)):
        return False
    return high is None or bool(own < high) or (closed_above and bool(own == high))
