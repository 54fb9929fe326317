"""Semantic versions (semver.org 2.0.0, clause 11): npm, Cargo, Go modules and others that keep to them.

Read as loosely as the registries did in their early years: a leading `v` or `=`, missing minor or patch numbers (zero),
further numbers, a pre-release without its hyphen. Build metadata has no part in the order.
"""

from __future__ import annotations

from osgate import patterns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Leading = and v; three numbers, or fewer, or more; pre-release with or without hyphen; build metadata.
_VERSION = (
    r"[=vV\s]*([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?((?:\.[0-9]+)*)"
    r"(?:-([0-9A-Za-z.-]+)|([A-Za-z-][0-9A-Za-z.-]*))?(?:\+[0-9A-Za-z.+-]*)?\s*\Z"
)
_RELEASED = (1,)


def key(version: str) -> Any:
    """Return the sort key of `version`."""
    parts = version.split(".")
    if len(parts) == 3 and version.isascii() and parts[0].isdigit() and parts[1].isdigit() and parts[2].isdigit():
        # What nearly every version looks like; it needs no regular expression compiled.
        return 1, int(parts[0]), int(parts[1]), int(parts[2]), (), _RELEASED

    match = patterns.match(_VERSION, version)
    if not match:
        return 0, (version,)
    major, minor, patch, more, hyphened, glued = match.groups()
    numbers = tuple([int(part) for part in more[1:].split(".")]) if more else ()
    pre = hyphened or glued
    return 1, int(major), int(minor or 0), int(patch or 0), numbers, prerelease_key(pre) if pre else _RELEASED


def prerelease_key(pre: str) -> tuple[Any, ...]:
    """Return the sort key of a pre-release part: numbers by value, below words, a shorter one first (clause 11.4)."""
    return 0, tuple([(0, int(part), "") if part.isdigit() else (1, 0, part) for part in pre.split(".")])


def is_prerelease(version: str, parsed: Any) -> bool:
    """Tell whether `version` has a pre-release part; Go's pseudo-versions have one, nobody released them."""
    return bool(parsed[5] != _RELEASED)
