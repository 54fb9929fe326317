"""Dart's pub: Semantic Versioning, but build metadata counts: 1.0.0 < 1.0.0+1 < 1.0.0+2 (pub_semver)."""

from __future__ import annotations

from osgate.versions import semver
from osgate.versions.semver import is_prerelease

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["is_prerelease", "key"]


def key(version: str) -> Any:
    """Return the sort key of `version`; none is below any build metadata."""
    found = semver.key(version)
    build = version.partition("+")[2].strip()
    return (*found, semver.prerelease_key(build)) if found[0] and build else found
