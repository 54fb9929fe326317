"""PEP 440 version specifiers, read by `packaging` (the reference implementation)."""

from __future__ import annotations

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from osgate.errors import UsageError


def satisfies(text: str, version: str) -> bool:
    """Tell whether `version` fits the specifiers `text`, pre-releases included where the order puts them.

    `prereleases` is given explicitly, since packaging's own default changed with its release 26.
    A version that PEP 440 cannot read fits only `===`. Raises UsageError("range.syntax").
    """
    try:
        specifiers = SpecifierSet(text)
    except (InvalidSpecifier, ValueError) as error:
        raise UsageError("range.syntax", type="pypi", text=text[:200]) from error
    try:
        Version(version)
    except InvalidVersion:  # what packaging itself answers for one differs from release to release
        named = [one.operator == "===" and one.version.lower() == version.lower() for one in specifiers]
        return bool(named) and all(named)
    return specifiers.contains(version, prereleases=True)
