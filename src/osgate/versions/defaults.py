"""What an approval covers unless it says otherwise."""

from __future__ import annotations

import re

from osgate.versions.schemes import PARSED, load
from osgate.versions.vers import covers, strict, write

# An epoch (1: or 1!) or a v, then the first two numbers.
_LEADING = re.compile(r"([0-9]+[:!]|[vV])?([0-9]+)(?:\.([0-9]+))?(?![0-9])")
# Here 2 is below 2.0.0, so that the bound must be the shortest spelling to keep 2-1 out.
_SHORT = frozenset({"deb", "rpm", "apk", "alpine", "alpm", "composer", "cran", "gentoo", "hackage", "intdot", "nginx"})
# Orders nobody promised.
_ASSUMED = frozenset({"generic", "lexicographic"})


def default_range(purl_type: str, version: str) -> str:
    """See osgate.versions.default_range. What no range can hold is refused as parse refuses it."""
    scheme = load(purl_type)
    exactly = write(purl_type, (("=", version),))
    strict(exactly)
    key = scheme.key(version)
    # A local part makes a Python version somebody's own build (PEP 440): nobody else's stands for it.
    own_build = purl_type == "pypi" and "+" in version
    assumed = purl_type in _ASSUMED or not scheme.ordered
    if assumed or key[0] != PARSED or scheme.is_prerelease(version, key) or own_build:
        return exactly
    bound = _bound(purl_type, version)
    if bound is None or not key < scheme.key(bound):
        return exactly
    ranged = write(purl_type, ((">=", version), ("<", bound)))
    return ranged if covers(ranged, version, prereleases=False) else exactly


def _bound(purl_type: str, version: str) -> str | None:
    """Return the first version of the next major (below 1.0: minor) line; None where only the version itself counts."""
    match = _LEADING.match(version.strip())
    if not match:
        return None
    prefix, major, minor = match[1] or "", int(match[2]), int(match[3] or 0)
    if not major and not minor:
        return None
    if prefix in ("v", "V") and purl_type != "golang":
        prefix = ""
    short = purl_type in _SHORT
    if purl_type == "hackage":  # its first two numbers are the major one (Haskell's Package Versioning Policy)
        return f"{major}.{minor + 1}"
    if major:
        return f"{prefix}{major + 1}" if short else f"{prefix}{major + 1}.0.0"
    return f"{prefix}0.{minor + 1}" if short else f"{prefix}0.{minor + 1}.0"
