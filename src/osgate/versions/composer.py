"""Packagist versions in the order of PHP's version_compare, the one OSV's ranges are meant in; branches have no order.

dev < alpha < beta < RC < the release itself < further numbers < p(atch level). Other words, capitals but RC among them,
come before dev and are all alike. Composer itself fills versions up to four numbers first; here 1.0 is below 1.0.0.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_VERSION = re.compile(r"v?[0-9]", re.IGNORECASE)
_PART = re.compile(r"[0-9]+|[A-Za-z]+")
# version_compare matches a word by its beginning: `patch1` is `p`, `alphabet` is `alpha`.
_RANKS = (("dev", 0), ("a", 1), ("b", 2), ("RC", 3), ("rc", 3), ("p", 6))
_END = (4, 0)
_PRERELEASE = re.compile(r"(?<![a-z])(?:dev|alpha|beta|rc|[ab](?=[.-]?[0-9]))(?![a-z])", re.IGNORECASE)


def key(version: str) -> Any:
    """Return the sort key of `version`; a branch (`dev-main`) is no version."""
    text = version.strip()
    if not _VERSION.match(text):
        return 0, (version,)
    return 1, (*[_weighed(part) for part in _PART.findall(text.lstrip("vV"))], _END)


def _weighed(part: str) -> tuple[int, int]:
    if part.isdigit():
        return 5, int(part)
    for word, rank in _RANKS:
        if part.startswith(word):
            return rank, 0
    return -1, 0


def is_prerelease(version: str, parsed: Any) -> bool:
    """Tell whether `version` is less stable than `stable`: dev, alpha, beta or RC."""
    return _PRERELEASE.search(version) is not None
