"""Maven versions: the order of ComparableVersion in Maven 3.9 (Maven 4 changed it: there X-1 is X1).

A version is a tree of numbers, words and lists. Maven's relation is no total order on contrived texts: 1 < 1-sp <
1--alpha < 1; on versions people publish it is one. It is followed to the letter, since it decides what Maven resolves.
"""

from __future__ import annotations

from osgate import patterns
from osgate.versions.dotted import dotted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    # A number, a word's rank and text, or a list of items.
    Item: TypeAlias = "int | tuple[int, str] | list[Any]"

_QUALIFIERS = ("alpha", "beta", "milestone", "rc", "snapshot", "", "sp")
_RELEASE = (5, "")
_ALIASES = {"ga": "", "final": "", "release": "", "cr": "rc"}
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}
_PIECE = r"\d+|[.-]|[^\d.-]+"
# Words of the order, and what publishers write besides them.
_PRERELEASE = (
    r"(?i)(?<![a-z])(?:alpha|beta|milestone|rc|cr|snapshot|[abm](?=[0-9])"
    r"|pre|preview|dev|ea|eap|nightly|canary)(?![a-z])"
)


class _Key:
    """A parsed version, ordered as Maven orders it."""

    __slots__ = ("items",)

    def __init__(self, items: list[Any]) -> None:
        self.items = items

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and _compare(self.items, other.items) == 0

    def __lt__(self, other: _Key) -> bool:
        return _compare(self.items, other.items) < 0

    def __gt__(self, other: _Key) -> bool:
        return _compare(self.items, other.items) > 0

    __hash__ = None  # type: ignore[assignment]


def key(version: str) -> Any:
    """Return the sort key of `version`; every text is a version to Maven."""
    return 1, _Key(_parse(version.lower()))


def is_prerelease(version: str, parsed: Any) -> bool:
    """Tell whether `version` has a qualifier that stands for something before the release."""
    return dotted(version) is None and patterns.search(_PRERELEASE, version) is not None


def _parse(text: str) -> list[Any]:
    """Return the tree of a version, as ComparableVersion.parseVersion builds it."""
    root: list[Any] = list(dotted(text) or ())
    stack = [root]
    pieces = [] if root else patterns.findall(_PIECE, text)
    for before, piece, after in zip(["-", *pieces], pieces, [*pieces[1:], ""], strict=False):
        if piece in ".-":
            if before in ".-":
                stack[-1].append(0)
            if piece == "-":
                _deeper(stack)
        elif piece.isdecimal():
            stack[-1].append(int(piece))
            if after and after not in ".-":
                _deeper(stack)
        else:
            _add_word(stack, piece, after)
    while stack:
        _normalise(stack.pop())
    return root


def _add_word(stack: list[list[Any]], piece: str, after: str) -> None:
    """Add a word; one that ends the version or touches a number stands in a list of its own (.X counts as -X)."""
    alone = not after or after not in ".-"
    if alone and stack[-1]:
        _deeper(stack)
    stack[-1].append(_word(piece, followed_by_digit=alone and after != ""))
    if alone and after:
        _deeper(stack)


def _deeper(stack: list[list[Any]]) -> None:
    inner: list[Any] = []
    stack[-1].append(inner)
    stack.append(inner)


def _word(text: str, *, followed_by_digit: bool) -> tuple[int, str]:
    """Return rank and text of a qualifier; unknown ones come last, in alphabetical order."""
    if followed_by_digit:
        text = _SHORT.get(text, text)
    text = _ALIASES.get(text, text)
    return (_QUALIFIERS.index(text), "") if text in _QUALIFIERS else (len(_QUALIFIERS), text)


def _normalise(items: list[Any]) -> None:
    """Drop what means nothing from the end of a list: zeros, empty words, empty lists."""
    for at in range(len(items) - 1, -1, -1):
        if items[at] in (0, _RELEASE, []):
            del items[at]
        elif not isinstance(items[at], list):
            break


def _compare(left: list[Any], right: list[Any]) -> int:
    for at in range(max(len(left), len(right))):
        if at >= len(left):
            result = -_sign(right[at])
        elif at >= len(right):
            result = _sign(left[at])
        else:
            result = _compare_items(left[at], right[at])
        if result:
            return result
    return 0


def _sign(item: Item) -> int:
    """Compare an item with nothing."""
    if isinstance(item, list):
        return next((sign for sign in map(_sign, item) if sign), 0)
    if isinstance(item, tuple):
        return (item > _RELEASE) - (item < _RELEASE)
    return int(item > 0)


def _compare_items(left: Item, right: Item) -> int:
    """Compare two items: words are below lists, lists below numbers."""
    if isinstance(left, list) and isinstance(right, list):
        return _compare(left, right)
    low, high = _kind(left), _kind(right)
    if low != high:
        return -1 if low < high else 1
    return (left > right) - (left < right)  # type: ignore[operator]


def _kind(item: Item) -> int:
    return 0 if isinstance(item, tuple) else 1 if isinstance(item, list) else 2
