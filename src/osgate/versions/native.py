"""Ranges in the package managers' own syntax; the reader of each is loaded when it is needed."""

from __future__ import annotations

from osgate.errors import UsageError
from osgate.versions import MAX_LENGTH

# Declared ranges are short; the longest unions of real manifests stay below a thousand characters.
MAX_RANGE = 5_000


def satisfies(purl_type: str, native_range: str, version: str) -> bool:
    """See osgate.versions.satisfies."""
    if purl_type not in ("npm", "pypi", "maven"):
        raise UsageError("range.type", type=purl_type)
    if len(native_range) > MAX_RANGE:
        raise UsageError("range.syntax", type=purl_type, text=native_range[:200], length=len(native_range))
    if len(version) > MAX_LENGTH:
        return False
    if purl_type == "npm":
        from osgate.versions import npm_range

        return npm_range.satisfies(native_range, version)
    if purl_type == "pypi":
        from osgate.versions import pypi_range

        return pypi_range.satisfies(native_range, version)
    from osgate.versions import maven_range

    return maven_range.satisfies(native_range, version)
