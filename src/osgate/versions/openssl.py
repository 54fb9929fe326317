"""OpenSSL versions (VERS type `openssl`): 1.0.2 < 1.0.2a < 1.0.2z < 1.0.2za, and from 3.0 on three numbers alone."""

from __future__ import annotations

from osgate import patterns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_VERSION = r"\s*([0-9]+)\.([0-9]+)\.([0-9]+)([a-z]*)(?:-([a-z]+)([0-9]*))?\s*\Z"
_RELEASED = (1,)


def key(version: str) -> Any:
    """Return the sort key of `version`; `-alpha1`, `-beta2`, `-dev` come before the release."""
    match = patterns.match(_VERSION, version)
    if not match:
        return 0, (version,)
    major, minor, patch, letters, word, count = match.groups()
    pre = (0, word, int(count or 0)) if word else _RELEASED
    return 1, int(major), int(minor), int(patch), letters, pre


def is_prerelease(version: str, parsed: Any) -> bool:
    """Tell whether `version` has a pre-release word."""
    return bool(parsed[5] != _RELEASED)
