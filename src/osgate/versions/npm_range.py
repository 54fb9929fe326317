"""npm's range syntax (node-semver 7, no options): `^1.2.3 || ~2.0 || 1.x - 3 || >=4 <5`.

What node-semver cannot read, range or version, satisfies nothing. The grammar and the bounds that x-ranges, tildes,
carets and hyphens stand for are those of node-semver's documentation ("Ranges", "Advanced Range Syntax").
"""

from __future__ import annotations

import re

from osgate.versions.semver import prerelease_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # operator, (major, minor, patch), pre-release or ""
    Comparator = tuple[str, tuple[int, int, int], str]

MAX_SAFE_INTEGER = 2**53 - 1

_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = rf"(?:[0-9]*[A-Za-z-][0-9A-Za-z-]*|{_NUMBER})"
_PRE = rf"(?:-({_IDENTIFIER}(?:\.{_IDENTIFIER})*))?"
_BUILD = re.compile(r"\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*")
_VERSION = re.compile(rf"v?({_NUMBER})\.({_NUMBER})\.({_NUMBER}){_PRE}(?:{_BUILD.pattern})?\Z")
_PART = rf"({_NUMBER}|[xX*])"
_PARTIAL = rf"([v=]*){_PART}(?:\.{_PART}(?:\.{_PART}{_PRE})?)?"
_HYPHEN = re.compile(rf"{_PARTIAL} - {_PARTIAL}\Z")
_SIMPLE = re.compile(rf"(\^|~>?|[<>]?=?){_PARTIAL}\Z")
_AFTER_OPERATOR = re.compile(r"(\^|~>?|[<>]=?|=) (?=[v=0-9xX*])")
# A number after an x: node-semver refuses it in a plain comparison and overlooks it elsewhere.
_HOLE = re.compile(r"[xX*]\.[0-9]")
_PLAIN = ("", "v")
_ANYTHING: Comparator = ("", (0, 0, 0), "")
_NOTHING: Comparator = ("<", (0, 0, 0), "0")


class _UnreadableError(Exception):
    pass


def satisfies(text: str, version: str) -> bool:
    """Tell whether `version` satisfies the range `text`."""
    match = _VERSION.match(version.strip())
    try:
        if not match:
            return False
        numbers, pre = _numbers(*match.group(1, 2, 3)), match[4] or ""
        alternatives = _alternatives(text)
    except _UnreadableError:
        return False
    return any(_fits(one, numbers, pre) for one in alternatives)


def _alternatives(text: str) -> list[list[Comparator]]:
    """Return the comparator sets of a range; one that admits every release makes the others idle, as in node-semver."""
    found = [_comparators(" ".join(_BUILD.sub("", part).split())) for part in text.split("||")]
    return [[_ANYTHING]] if [_ANYTHING] in found else found


def _comparators(text: str) -> list[Comparator]:
    """Return the comparators of one alternative, white space reduced to single spaces."""
    hyphen = _HYPHEN.match(text)
    if hyphen:
        marks, *low = hyphen.groups()[:5]
        high_marks, *high = hyphen.groups()[5:]
        if (_is_full(low) and marks not in _PLAIN) or (_is_full(high) and not high[3] and high_marks not in _PLAIN):
            raise _UnreadableError
        found = _from(*low) + _to(*high)
    else:
        parts = _AFTER_OPERATOR.sub(r"\1", text).split(" ")
        found = [comparator for part in parts for comparator in _simple(part)]
    kept = [one for one in found if one not in (_ANYTHING, (">=", (0, 0, 0), ""))]
    return kept or [_ANYTHING]


def _is_full(partial: list[Any]) -> bool:
    return all(part and part not in "xX*" for part in partial[:3])


def _simple(text: str) -> list[Comparator]:
    """Return what one comparator stands for: a caret, a tilde, an x-range or a plain comparison."""
    if not text:
        return [_ANYTHING]
    match = _SIMPLE.match(text)
    if not match:
        raise _UnreadableError
    operator, marks, *parts, pre = match.groups()
    major, minor, patch = _release(*parts)
    if operator in ("^", "~", "~>"):
        return _line(operator, major, minor, patch, pre or "")
    if major is not None and minor is not None and patch is not None:
        if marks not in _PLAIN:
            raise _UnreadableError
        return [(operator or "=", (major, minor, patch), pre or "")]
    if _HOLE.search(match[0]):
        raise _UnreadableError
    return _x_range(operator, major, minor)


def _release(major: str, minor: str | None, patch: str | None) -> tuple[int | None, int | None, int | None]:
    """Return the numbers of a partial version; None from the first part on that is missing or an x."""
    found: list[int | None] = [None, None, None]
    for at, part in enumerate((major, minor, patch)):
        if part is None or part in "xX*":
            break
        (found[at],) = _numbers(part)
    return found[0], found[1], found[2]


def _numbers(*parts: str) -> Any:
    """Return numbers that JavaScript can hold; node-semver refuses larger ones."""
    if any(len(part) > 16 or int(part) > MAX_SAFE_INTEGER for part in parts):
        raise _UnreadableError
    return tuple([int(part) for part in parts])


def _below(*numbers: int) -> Comparator:
    """Return the comparator that ends a line before all of the next one, its pre-releases too."""
    major, minor, patch = (*numbers, 0, 0)[:3]
    if max(numbers) > MAX_SAFE_INTEGER:
        raise _UnreadableError
    return "<", (major, minor, patch), "0"


def _line(operator: str, major: int | None, minor: int | None, patch: int | None, pre: str) -> list[Comparator]:
    """Return the bounds of a caret or tilde range."""
    if major is None:
        return [_ANYTHING]
    if minor is None:
        return [(">=", (major, 0, 0), ""), _below(major + 1)]
    low: Comparator = (">=", (major, minor, patch or 0), pre if patch is not None else "")
    if operator != "^":
        return [low, _below(major, minor + 1)]
    if major:
        return [low, _below(major + 1)]
    if minor or patch is None:
        return [low, _below(0, minor + 1)]
    return [low, _below(0, 0, patch + 1)]


def _x_range(operator: str, major: int | None, minor: int | None) -> list[Comparator]:
    """Return the bounds of a comparison with a version that lacks its patch or more."""
    if major is None:
        return [_NOTHING] if operator in ("<", ">") else [_ANYTHING]
    start = (major, minor or 0, 0)
    after = (major + 1, 0, 0) if minor is None else (major, minor + 1, 0)
    if operator == ">":
        return [(">=", _below(*after)[1], "")]
    if operator == ">=":
        return [(">=", start, "")]
    if operator == "<":
        return [_below(*start)]
    if operator == "<=":
        return [_below(*after)]
    return [(">=", start, ""), _below(*after)]


def _from(major: str, minor: str | None, patch: str | None, pre: str | None) -> list[Comparator]:
    """Return the lower bound of a hyphen range."""
    first, second, third = _release(major, minor, patch)
    if first is None:
        return [_ANYTHING]
    return [(">=", (first, second or 0, third or 0), (pre or "") if third is not None else "")]


def _to(major: str, minor: str | None, patch: str | None, pre: str | None) -> list[Comparator]:
    """Return the upper bound of a hyphen range."""
    first, second, third = _release(major, minor, patch)
    if first is None:
        return [_ANYTHING]
    if second is None:
        return [_below(first + 1)]
    if third is None:
        return [_below(first, second + 1)]
    return [("<=", (first, second, third), pre or "")]


def _fits(comparators: list[Comparator], numbers: tuple[int, int, int], pre: str) -> bool:
    """Tell whether a version passes every comparator; a pre-release needs one that names one of the same release."""
    own = _order(numbers, pre)
    if not all(_passes(one[0], own, _order(one[1], one[2])) for one in comparators):
        return False
    return not pre or any(one[2] and one[1] == numbers for one in comparators)


def _order(numbers: tuple[int, int, int], pre: str) -> tuple[Any, ...]:
    return numbers, prerelease_key(pre) if pre else (1,)


def _passes(operator: str, own: tuple[Any, ...], bound: tuple[Any, ...]) -> bool:
    if not operator:
        return True
    if operator[0] == "=":
        return own == bound
    if own == bound:
        return operator[-1] == "="
    return (own > bound) == (operator[0] == ">")
