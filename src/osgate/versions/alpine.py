"""Alpine versions (apk-tools): numbers[letter][_suffix[number]]...[~hash][-rbuild].

What follows that is not of this form puts a version just below the one without it.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SUFFIXES = {"alpha": -4, "beta": -3, "pre": -2, "rc": -1, "cvs": 1, "svn": 2, "git": 3, "hg": 4, "p": 5}
_WORDS = "|".join(_SUFFIXES)
_VERSION = re.compile(
    rf"([0-9]*(?:\.+[0-9]+)*)(?:([a-z])([0-9]*))?((?:_(?:{_WORDS})[0-9]*)*)(~[0-9a-f]+)?(?:-r([0-9]*)(?![a-z]))?(.*)\Z",
    re.DOTALL,
)
_SUFFIX = re.compile(rf"_({_WORDS})([0-9]*)")
_NO_SUFFIX = (0, 0)


def key(version: str) -> Any:
    """Return the sort key of `version`."""
    match = _VERSION.match(version)
    if not match or not (match[1] or match[2]):
        return 0, (version,)
    numbers, letter, letter_number, suffixes, _, build, rest = match.groups()
    return (
        1,
        tuple([_number(part, at) for at, part in enumerate(numbers.split("."))]),
        (letter or "", int(letter_number or 0)),
        (*[(_SUFFIXES[word], int(count or 0)) for word, count in _SUFFIX.findall(suffixes)], _NO_SUFFIX),
        -1 if build is None else int(build or 0),
        (not rest, "" if rest.startswith("-") else rest),
    )


def _number(part: str, at: int) -> tuple[int, int, str]:
    """Return the key of one number; after the first, one with a leading zero is read as a decimal fraction."""
    if not part:
        return -1, 0, ""
    return (0, 0, part) if at and part[0] == "0" else (1, int(part), "")


def is_prerelease(version: str, parsed: Any) -> bool:
    """Tell whether `version` has one of the suffixes that sort before the release."""
    return any(weight < 0 for weight, _ in parsed[3])
