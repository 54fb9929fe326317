"""Gentoo versions (Package Manager Specification, chapter 3): numbers[letter][_suffix[number]]...[-rrevision]."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SUFFIXES = {"alpha": -4, "beta": -3, "pre": -2, "rc": -1, "p": 1}
_WORDS = "|".join(_SUFFIXES)
_VERSION = re.compile(rf"([0-9]+(?:\.[0-9]+)*)([a-z]?)((?:_(?:{_WORDS})[0-9]*)*)(?:-r([0-9]+))?\Z")
_SUFFIX = re.compile(rf"_({_WORDS})([0-9]*)")
_NO_SUFFIX = (0, 0)


def key(version: str) -> Any:
    """Return the sort key of `version`."""
    match = _VERSION.match(version.strip())
    if not match:
        return 0, (version,)
    first, *more = match[1].split(".")
    suffixes = [(_SUFFIXES[word], int(count or 0)) for word, count in _SUFFIX.findall(match[3])]
    numbers = (int(first), *[_number(part) for part in more])
    return 1, numbers, match[2], (*suffixes, _NO_SUFFIX), int(match[4] or 0)


def _number(part: str) -> tuple[int, int, str]:
    """Return the key of a number after the first: with a leading zero it is read as a decimal fraction."""
    return (0, 0, part.rstrip("0")) if part[0] == "0" else (1, int(part), "")


def is_prerelease(version: str, parsed: Any) -> bool:
    """Tell whether `version` has one of the suffixes that sort before the release."""
    return any(weight < 0 for weight, _ in parsed[3])
