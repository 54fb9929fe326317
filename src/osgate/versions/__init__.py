"""Versions: their order, the ranges they lie in, and what an approval of one covers by default.

Everything is looked up by purl type (`npm`, `pypi`, `maven`, ...) and pure. Importing this package loads nothing; each
order is loaded when a version of its type is first compared, so that a commit which touches npm pays for npm only.

Texts that are no version of their type are not refused here (a lockfile may hold anything): they are ordered by text,
below every proper version, and equal only to themselves. The same holds for texts of more than MAX_LENGTH characters.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from osgate.versions.vers import Vers

__all__ = [
    "MAX_LENGTH",
    "compare",
    "contains",
    "covers",
    "default_range",
    "is_prerelease",
    "parse_vers",
    "satisfies",
    "sort_key",
    "to_vers",
]

# node-semver's own limit; no registry holds longer ones. It also keeps every int() and every pattern within bounds.
MAX_LENGTH = 256


def compare(purl_type: str, a: str, b: str) -> int:
    """Return -1, 0 or 1 as version `a` is below, equal to or above `b` in the order of `purl_type`.

    Types without an order (commits, digests, image tags) give 0 for equal texts, else the order of the texts.
    Raises UsageError("version.type") for a type osgate does not know.
    """
    key = sort_key(purl_type)
    left, right = key(a), key(b)
    return int(left > right) - int(left < right)


def sort_key(purl_type: str) -> Callable[[str], Any]:
    """Return the function from version to sort key of `purl_type`, for sorted(), bisect and nearest-version searches.

    Keys of one type compare with each other only. Raises UsageError("version.type") for an unknown type.
    """
    from osgate.versions.schemes import load

    return load(purl_type).key


def is_prerelease(purl_type: str, version: str) -> bool:
    """Tell whether `version` announces itself as something before a release, by the conventions of `purl_type`.

    False for what is no version of the type. Raises UsageError("version.type") for an unknown type.
    """
    from osgate.versions.schemes import load

    scheme = load(purl_type)
    return scheme.is_prerelease(version, scheme.key(version))


def satisfies(purl_type: str, native_range: str, version: str) -> bool:
    """Tell whether `version` lies in a range written in the package manager's own syntax.

    npm: as node-semver without options; what node-semver cannot read, range or version, is not satisfied.
    pypi: PEP 440 specifiers; pre-releases count (whether they are wanted is the policy's question).
    maven: version ranges; a bare version is Maven's soft requirement, which every version satisfies.
    Raises UsageError: `range.type` for other types, `range.syntax` for a range that cannot be read (pypi, maven).
    """
    from osgate.versions.native import satisfies as native

    return native(purl_type, native_range, version)


def to_vers(purl_type: str, native_range: str) -> str:
    """Return a range written in the package manager's own syntax as a VERS range, canonical.

    For conan, gem, maven, npm, nuget and pypi; nginx and openssl as their advisories write them. A VERS range contains
    by order alone: for pre-releases ask `satisfies`, or `covers` without them (osgate.versions.native_vers says what is
    left out). Raises UsageError: `range.type` for other types, `range.syntax` for what cannot be read, `range.version`
    for a version that is none of its type, `range.empty` for a range that nothing satisfies.
    """
    from osgate.versions.native_vers import to_vers as written

    return written(purl_type, native_range)


def parse_vers(text: str) -> Vers:
    """Return the VERS range `text`, strictly: whatever is not canonical is refused.

    Raises UsageError("vers.<reason>", text=..., ...); the reasons are listed in osgate.versions.vers.
    """
    from osgate.versions.vers import parse

    return parse(text)


def contains(vers: str, version: str) -> bool:
    """Tell whether `version` is in the VERS range `vers`, by order alone (the specification's containment).

    Raises UsageError("vers.<reason>") for a range that is not canonical.
    """
    from osgate.versions.vers import covers as covered

    return covered(vers, version, prereleases=True)


def covers(vers: str, version: str, *, prereleases: bool) -> bool:
    """Tell whether `version` is in `vers`; without `prereleases`, a pre-release only where it is named exactly.

    What is no version of the type, or has no order, is treated as a pre-release: named exactly or not covered.
    Decisions that take away use `prereleases=True`. Raises UsageError("vers.<reason>").
    """
    from osgate.versions.vers import covers as covered

    return covered(vers, version, prereleases=prereleases)


def default_range(purl_type: str, version: str) -> str:
    """Return the VERS range that a new approval of `version` covers unless it says otherwise.

    From this version up to the next major, below 1.0 up to the next minor; exactly this version below 0.1, for
    pre-releases, for types without an order and for what cannot be parsed. It always covers `version` itself.
    Raises UsageError: `version.type` for an unknown type, `vers.<reason>` for a text no range can hold (empty, control
    characters, longer than a range may be).
    """
    from osgate.versions.defaults import default_range as default

    return default(purl_type, version)


def contains_native(vers: str, native_range: str) -> bool:
    """Tell whether everything a declared range may choose lies in `vers`; False wherever that cannot be shown.

    Raises UsageError("vers.<reason>") for a `vers` that is not well formed.
    """
    from osgate.versions.inclusion import contains_native as contained

    return contained(vers, native_range)
