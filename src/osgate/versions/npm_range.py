"""npm's ranges (node-semver 7): `^1.2.3 || ~2.0 || 1.x - 3 || >=4 <5`, as alternatives of comparisons that all hold.

What node-semver cannot read, range or version, satisfies nothing. Its two options are arguments here: `loose`, which
npm itself sets, overlooks what it cannot read beside what it can; `prereleases` is `includePrerelease`.
"""

from __future__ import annotations

from osgate.versions import MAX_LENGTH, npm_sugar
from osgate.versions.npm_sugar import MAX_SAFE_INTEGER, spaced
from osgate.versions.semver import prerelease_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # operator ("" is equal, "*" anything), (major, minor, patch), pre-release or ""
    Comparator = tuple[str, tuple[int, int, int], str]

ANYTHING: Comparator = ("*", (0, 0, 0), "")
NOTHING: Comparator = ("<", (0, 0, 0), "0")


class _UnreadableError(Exception):
    pass


def satisfies(text: str, version: str, *, loose: bool = False, prereleases: bool = False) -> bool:
    """Tell whether `version` satisfies the range `text`."""
    try:
        _, numbers, pre = _version(spaced(version), loose=loose)
        alternatives = _alternatives(text, loose=loose, prereleases=prereleases)
    except _UnreadableError:
        return False
    return any(_fits(one, numbers, pre, prereleases) for one in alternatives)


def alternatives(text: str, *, loose: bool = False, prereleases: bool = False) -> list[list[Comparator]] | None:
    """Return the comparisons of the range `text`, alternative by alternative; None for what cannot be read."""
    try:
        return _alternatives(text, loose=loose, prereleases=prereleases)
    except _UnreadableError:
        return None


def normal(text: str, *, loose: bool = False, prereleases: bool = False) -> str | None:
    """Return a range written out, as node-semver's validRange does (`*` for anything); None for what it cannot read."""
    found = alternatives(text, loose=loose, prereleases=prereleases)
    return None if found is None else "||".join([" ".join(map(_written, one)) for one in found])


def _written(one: Comparator) -> str:
    operator, numbers, pre = one
    return operator if operator == "*" else f"{operator}{'.'.join(map(str, numbers))}{'-' if pre else ''}{pre}"


def _alternatives(text: str, *, loose: bool, prereleases: bool) -> list[list[Comparator]]:
    """Return the alternatives; without those that admit nothing; one that admits anything makes all others idle."""
    grammar = npm_sugar.LOOSE if loose else npm_sugar.STRICT
    found = []
    for part in spaced(text).split("||"):
        plain = npm_sugar.plain(part.strip(" "), grammar, prereleases=prereleases)
        if loose:
            plain = [one for one in plain if not one or grammar.full.match(one)]
        if plain:
            found.append(_together([_comparator(one, loose=loose) for one in plain]))
    if not found:
        raise _UnreadableError
    kept = [one for one in found if one[0] != NOTHING] or found[:1]
    return [[ANYTHING]] if [ANYTHING] in kept else kept


def _together(comparators: list[Comparator]) -> list[Comparator]:
    """Return the comparators of one alternative, each once, without idle ones."""
    if NOTHING in comparators:
        return [NOTHING]
    unique = list(dict.fromkeys(comparators))
    return [one for one in unique if one != ANYTHING] or [ANYTHING]


def _version(text: str, *, loose: bool) -> Comparator:
    """Return a version as the comparison with it. Loose reading takes `=` before it, no reading another operator."""
    found = _comparator(text, loose=loose) if text[:1] not in ("", "<", ">") else ANYTHING
    if found == ANYTHING or (text[0] == "=" and not loose):
        raise _UnreadableError
    return found


def _comparator(text: str, *, loose: bool) -> Comparator:
    """Return a plain comparison. Raises _UnreadableError for numbers that JavaScript cannot hold, too."""
    if not text:
        return ANYTHING
    match = (npm_sugar.LOOSE if loose else npm_sugar.STRICT).full.match(text)
    if not match or len(text) > MAX_LENGTH:
        raise _UnreadableError
    operator, *parts, pre = match.groups("")
    major, minor, patch = map(int, parts)
    if max(major, minor, patch) > MAX_SAFE_INTEGER:
        raise _UnreadableError
    words = [str(int(word)) if word.isdigit() else word for word in pre.split(".")]
    return "" if operator == "=" else operator, (major, minor, patch), ".".join(words)


def _fits(comparators: list[Comparator], numbers: tuple[int, int, int], pre: str, prereleases: bool) -> bool:
    """Tell whether a version passes every comparator; a pre-release needs one that names one of the same release."""
    own = _order(numbers, pre)
    if not all(_passes(one[0], own, _order(one[1], one[2])) for one in comparators):
        return False
    return prereleases or not pre or any(one[2] and one[1] == numbers for one in comparators)


def _order(numbers: tuple[int, int, int], pre: str) -> tuple[Any, ...]:
    return numbers, prerelease_key(pre) if pre else (1,)


def _passes(operator: str, own: tuple[Any, ...], bound: tuple[Any, ...]) -> bool:
    if operator in ("", "*"):
        return operator == "*" or own == bound
    if own == bound:
        return operator[-1] == "="
    return (own > bound) == (operator[0] == ">")
