"""RubyGems versions (Gem::Version): numbers and words; a word is below every number, and makes a pre-release."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_VERSION = re.compile(r"[0-9]+(?:\.[0-9A-Za-z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?\Z")
_PART = re.compile(r"[0-9]+|[A-Za-z]+")
_WORD = re.compile(r"[A-Za-z]")
_END = (1, 0, 0, "")


def key(version: str) -> Any:
    """Return the sort key of `version`."""
    text = version.strip() or "0"
    if not _VERSION.match(text):
        return 0, (version,)
    parts = [int(part) if part.isdigit() else part for part in _PART.findall(text.replace("-", ".pre."))]
    first_word = next((at for at, part in enumerate(parts) if isinstance(part, str)), len(parts))
    return 1, _weighed(_without_zeros(parts[:first_word]) + _without_zeros(parts[first_word:]))


def _without_zeros(parts: list[int | str]) -> list[int | str]:
    while parts and parts[-1] == 0:
        parts = parts[:-1]
    return parts


def _weighed(parts: list[int | str]) -> tuple[tuple[int, int, int, str], ...]:
    """Return the parts as tuples whose order is that of lists filled up with endless zeros.

    A run of zeros weighs by its length and by what ends it: before a word the longer run is greater, before a number
    the shorter one, and the end of the version, all zeros, lies between.
    """
    found: list[tuple[int, int, int, str]] = []
    zeros = 0
    for part in parts:
        if part == 0:
            zeros += 1
            continue
        if zeros:
            found.append((1, 0, zeros - 1000 if isinstance(part, str) else 1000 - zeros, ""))
            zeros = 0
        found.append((0, 0, 0, part) if isinstance(part, str) else (1, part, 0, ""))
    found.append(_END)
    return tuple(found)


def is_prerelease(version: str, parsed: Any) -> bool:
    """Tell whether `version` has a word in it (Gem::Version#prerelease?); a hyphen counts as `pre`."""
    return "-" in version or _WORD.search(version) is not None
