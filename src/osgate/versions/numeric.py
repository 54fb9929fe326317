"""Versions that are nothing but numbers: CRAN (R's package_version), Hackage (Haskell's Data.Version), VERS's `intdot`.

Dots and hyphens separate alike; a shorter version is below the longer one it begins, so that 1.0 is below 1.0.0.
"""

from __future__ import annotations

from osgate import patterns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_VERSION = r"\s*([0-9]+(?:[.-][0-9]+)*)\s*\Z"


def key(version: str) -> Any:
    """Return the sort key of `version`."""
    match = patterns.match(_VERSION, version)
    if not match:
        return 0, (version,)
    return 1, *[int(part) for part in match[1].replace("-", ".").split(".")]


def is_prerelease(version: str, parsed: Any) -> bool:
    """Tell that `version` is none: there is no way to write one."""
    return False
