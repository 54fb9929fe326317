"""The order of texts (VERS type `lexicographic`): by code point, which is that of their bytes in UTF-8."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def key(version: str) -> Any:
    """Return the sort key of `version`: itself."""
    return 1, version


def is_prerelease(version: str, parsed: Any) -> bool:
    """Tell that `version` is none: a text announces nothing."""
    return False
