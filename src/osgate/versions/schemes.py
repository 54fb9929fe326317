"""Which module knows the order of which purl type.

A module of an order has two functions: `key(version)`, total over all texts, whose first element is PARSED or UNPARSED,
and `is_prerelease(version, parsed)`, handed that key. Neither ever sees more than MAX_LENGTH characters.
"""

from __future__ import annotations

from osgate.errors import UsageError
from osgate.versions import MAX_LENGTH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

UNPARSED, PARSED = 0, 1

# purl type (or VERS type where that differs) -> module. None: equality only.
_MODULES: dict[str, str | None] = {
    "npm": "semver",
    "cargo": "semver",
    "golang": "semver",
    "hex": "semver",
    "swift": "semver",
    "helm": "semver",
    "terraform": "semver",
    "semver": "semver",
    "pypi": "pypi",
    "maven": "maven",
    "nuget": "nuget",
    "gem": "gem",
    "composer": "composer",
    "deb": "deb",
    "rpm": "rpm",
    "apk": "alpine",
    "alpine": "alpine",
    "alpm": "alpm",
    "conan": "conan",
    "cran": "numeric",
    "generic": "generic",
    "hackage": "numeric",
    "pub": "pub",
    # VERS types that are no purl types.
    "datetime": "instant",
    "gentoo": "gentoo",
    "intdot": "numeric",
    "lexicographic": "lexicographic",
    "nginx": "numeric",
    "openssl": "openssl",
}
_UNORDERED = (
    "bitbucket",
    "bitnami",
    "cocoapods",
    "conda",
    "cpan",
    "docker",
    "gitea",
    "gitee",
    "github",
    "githubactions",
    "gitlab",
    "huggingface",
    "julia",
    "luarocks",
    "mlflow",
    "oci",
    "swid",
    "vcpkg",
)
_MODULES.update(dict.fromkeys(_UNORDERED))
_loaded: dict[str, Scheme] = {}


class Scheme:
    """One order, as the rest of the package sees it: its VERS type, and whether there is an order at all."""

    __slots__ = ("_is_prerelease", "_key", "name", "ordered")

    def __init__(self, name: str, module: Any) -> None:
        self.name = name
        self.ordered = module is not None
        self._key: Callable[[str], Any] | None = module.key if module else None
        self._is_prerelease: Callable[[str, Any], bool] | None = module.is_prerelease if module else None

    def key(self, version: str) -> Any:
        """Return the sort key of `version`; never raises."""
        if self._key is None or len(version) > MAX_LENGTH:
            return UNPARSED, (version,)
        return self._key(version)

    def is_prerelease(self, version: str, key: Any) -> bool:
        """Tell whether `version`, whose sort key is `key`, is a pre-release; False for what could not be parsed."""
        return self._is_prerelease is not None and key[0] == PARSED and self._is_prerelease(version, key)


def known(purl_type: str) -> bool:
    """Tell whether versions of `purl_type` can be compared, if only for equality."""
    return purl_type in _MODULES


def load(purl_type: str) -> Scheme:
    """Return the order of `purl_type`, loading it once. Raises UsageError("version.type") for an unknown type."""
    scheme = _loaded.get(purl_type)
    if scheme is None:
        if purl_type not in _MODULES:
            raise UsageError("version.type", type=purl_type)
        name = _MODULES[purl_type]
        module = getattr(__import__("osgate.versions", fromlist=(name,)), name) if name else None
        scheme = _loaded[purl_type] = Scheme(purl_type, module)
    return scheme
