"""Versions of no ecosystem (`pkg:generic/...`), in the order that people most often mean by them.

Numbers by value; words for something before a release below the end of the version, all other words above it and below
numbers. Equal are only equal texts: nobody says that 1.0 and 1.0.0 are one release here. It is an assumption, which is
why an approval covers nothing but its own version unless somebody writes a range (osgate.versions.defaults).
"""

from __future__ import annotations

from osgate import patterns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_VERSION = r"\S*[0-9]\S*\Z"
_DIGEST = r"(?:[a-z0-9]+:)?(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})\Z"
# A number; or a word, and the digit it touches, if there is one.
_PART = r"([0-9]+)|([a-z]+)(?=([0-9]?))"
_BEFORE = frozenset(("alpha", "beta", "cr", "dev", "ea", "milestone", "pre", "preview", "rc", "snapshot"))
_BEFORE_NUMBER = frozenset(("a", "b", "c", "m"))
_END = (1, 0, "")


def key(version: str) -> Any:
    """Return the sort key of `version`; what has no digit in it, or a space, or is a digest, is none."""
    if not patterns.match(_VERSION, version) or patterns.match(_DIGEST, version):
        return 0, (version,)
    parts = [_weighed(*part) for part in patterns.findall(_PART, version.lower().removeprefix("v"))]
    return 1, (*parts, _END), version


def _weighed(number: str, word: str, digit: str) -> tuple[int, int, str]:
    """Return the key of a number or a word; 1.0b2 is something before 1.0, 3.2b is not."""
    if number:
        return 3, int(number), ""
    return 0 if word in _BEFORE or (digit and word in _BEFORE_NUMBER) else 2, 0, word


def is_prerelease(version: str, parsed: Any) -> bool:
    """Tell whether `version` has a word for something before a release."""
    return any(weight == 0 for weight, _, _ in parsed[1])
