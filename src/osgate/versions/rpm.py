"""RPM versions (rpm-version(7), rpmvercmp): [epoch:]version[-release]; `~` sorts before the end, `^` just after it."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_EPOCH = re.compile(r"(?:([0-9]+):)?(.+)\Z", re.DOTALL)
_PART = re.compile(r"[~^]|[0-9]+|[A-Za-z]+")
_BEFORE, _END, _CARET, _LETTERS, _DIGITS = range(-1, 4)
_PRERELEASE = re.compile(r"~(?:alpha|beta|a|b|pre|rc|dev|git|svn|snap|snapshot)(?![a-z])", re.IGNORECASE)


def key(version: str) -> Any:
    """Return the sort key of `version`; without a release it sorts before any release.

    What is neither letter, digit, tilde nor caret in ASCII only separates, as in rpmvercmp.
    """
    match = _EPOCH.match(version.strip())
    if not match or not version.isprintable():
        return 0, (version,)
    upstream, dash, release = match[2].rpartition("-") if "-" in match[2] else (match[2], "", "")
    return 1, int(match[1] or 0), _parts(upstream), _parts(release) if dash else ()


def _parts(text: str) -> tuple[tuple[int, int, str], ...]:
    return (*[_weighed(part) for part in _PART.findall(text)], (_END, 0, ""))


def _weighed(part: str) -> tuple[int, int, str]:
    if part == "~":
        return _BEFORE, 0, ""
    if part == "^":
        return _CARET, 0, ""
    return (_DIGITS, int(part), "") if part.isdigit() else (_LETTERS, 0, part)


def is_prerelease(version: str, parsed: Any) -> bool:
    """Tell whether `version` uses the tilde for something before a release."""
    return _PRERELEASE.search(version) is not None
