"""Arch Linux versions (vercmp(8)): [epoch:]version[-release].

A word that touches a number is below the end (1.0rc < 1.0), one behind a separator above it (1.0 < 1.0.a < 1.0.1).
Releases count only where both versions have one: 1.5 is 1.5-1 and 1.5-2, so that the order is none across these.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_VERSION = re.compile(r"(?:([0-9]+):)?([0-9A-Za-z][^-:\s]*)(?:-([0-9]+(?:\.[0-9]+)*))?\Z")
_PART = re.compile(r"([^0-9A-Za-z]*)([0-9]+|[A-Za-z]+|\Z)")
_TOUCHING, _END, _BEHIND = range(3)
_LETTERS, _NOTHING, _DIGITS = range(3)
_PRERELEASE = re.compile(r"[0-9](?:alpha|beta|a|b|pre|rc|dev)(?![a-z])", re.IGNORECASE)


class _Release:
    """The release of a package, equal to any where there is none."""

    __slots__ = ("number",)

    def __init__(self, number: str | None) -> None:
        self.number = _parts(number) if number else None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Release) and (None in (self.number, other.number) or self.number == other.number)

    def __lt__(self, other: _Release) -> bool:
        return self.number is not None and other.number is not None and self.number < other.number

    __hash__ = None  # type: ignore[assignment]


def key(version: str) -> Any:
    """Return the sort key of `version`."""
    match = _VERSION.match(version.strip())
    if not match or not version.isascii():
        return 0, (version,)
    epoch, upstream, release = match.groups()
    return 1, int(epoch or 0), _parts(upstream), _Release(release)


def _parts(text: str) -> tuple[tuple[Any, ...], ...]:
    """Return the words and numbers of a version, each with how many characters separate it from the one before."""
    found: list[tuple[Any, ...]] = []
    for separator, part in _PART.findall(text):
        if part.isdigit():
            found.append((_BEHIND, len(separator), _DIGITS, int(part), ""))
        elif part:
            found.append((_BEHIND if separator else _TOUCHING, len(separator), _LETTERS, 0, part))
        elif separator:
            found.append((_BEHIND, len(separator), _NOTHING, 0, ""))
    return (*found, (_END,))


def is_prerelease(version: str, parsed: Any) -> bool:
    """Tell whether `version` has a word for something before a release, which vercmp puts below it."""
    return _PRERELEASE.search(version) is not None
