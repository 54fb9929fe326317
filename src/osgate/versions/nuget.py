"""NuGet versions: Semantic Versioning with up to four numbers, and pre-release labels that ignore case."""

from __future__ import annotations

import re

from osgate.versions.semver import prerelease_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_VERSION = re.compile(
    r"\s*v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]*)?\s*\Z"
)
_RELEASED = (1,)


def key(version: str) -> Any:
    """Return the sort key of `version`."""
    match = _VERSION.match(version)
    if not match:
        return 0, (version,)
    *numbers, pre = match.groups()
    return 1, tuple([int(part or 0) for part in numbers]), prerelease_key(pre.lower()) if pre else _RELEASED


def is_prerelease(version: str, parsed: Any) -> bool:
    """Tell whether `version` has a pre-release label."""
    return bool(parsed[2] != _RELEASED)
