"""Debian versions (deb-version(7)): [epoch:]upstream[-revision], compared in turns of non-digits and digits."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_EPOCH = re.compile(r"(?:([0-9]+):)?(.+)\Z", re.DOTALL)
_TURN = re.compile(r"([^0-9]*)([0-9]*)")
_PRERELEASE = re.compile(r"~~?(?:alpha|beta|a|b|pre|rc|dev|git|svn|hg|bzr|cvs|snapshot)(?![a-z])", re.IGNORECASE)


def key(version: str) -> Any:
    """Return the sort key of `version`; no revision is revision 0."""
    match = _EPOCH.match(version.strip())
    if not match or not version.isascii() or not version.isprintable():
        return 0, (version,)
    upstream, _, revision = match[2].rpartition("-") if "-" in match[2] else (match[2], "", "0")
    return 1, int(match[1] or 0), _turns(upstream), _turns(revision or "0")


def _turns(text: str) -> tuple[int, ...]:
    """Return a flat key: the weights of a run of non-digits, 0 for its end, the number after it, and so on.

    `~` is below the end, letters are below other characters.
    """
    found: list[int] = []
    for run, digits in _TURN.findall(text):
        found.extend([-1 if char == "~" else ord(char) if char.isalpha() else ord(char) + 256 for char in run])
        found += (0, int(digits or 0)) if run or digits else (0,)
    return tuple(found)


def is_prerelease(version: str, parsed: Any) -> bool:
    """Tell whether `version` uses the tilde for something before a release (not for backports, `~bpo` and `~deb`)."""
    return _PRERELEASE.search(version) is not None
