"""What a refused VERS text most likely meant: the canonical spelling a message can offer. Never read in its place.

It may take away white space, empty constraints and repetitions, sort, encode, and leave out what the specification's
simplification calls redundant. Where a star or a comparator stands inside a version there is nothing to offer.
"""

from __future__ import annotations

import re

from osgate.errors import UsageError
from osgate.versions import vers
from osgate.versions.schemes import known, load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HEAD = re.compile(r"(?:vers:)?([a-z][a-z0-9.-]*)/(.*)\Z", re.IGNORECASE)
_CONSTRAINT = re.compile(r"(>=|<=|!=|[<>]|={0,2})(.*)\Z")
_TRIPLET = re.compile("%[0-9a-fA-F]{2}")
_STRAY = re.compile(r"[<>=!*]")
_LONGEST = 2000
_UP, _DOWN = frozenset({">", ">="}), frozenset({"<", "<="})


def mended(text: str) -> str | None:
    """Return the canonical spelling of `text`, or None where there is none or it would only be a guess."""
    if len(text) > _LONGEST:
        return None
    head = _HEAD.match("".join(text.split()))
    if not head or not known(head[1].lower()):
        return None
    name = head[1].lower()
    try:
        constraints = [_constraint(part) for part in head[2].split("|") if part]
        spelled = vers.write(name, _simplified(_sorted(name, constraints)))
        return str(vers.strict(spelled).vers)
    except UsageError:
        return None


def _constraint(part: str) -> tuple[str, str]:
    """Return comparator and version of a constraint however it is encoded; UsageError where that cannot be told."""
    match = _CONSTRAINT.match(part)
    comparator, encoded = match.groups() if match else ("", part)
    if _STRAY.search(encoded):
        raise UsageError("vers.encoding", text=part)
    capitals = _TRIPLET.sub(lambda found: found[0].upper(), encoded)
    version = vers.unquote(capitals)
    if version is None:
        if _TRIPLET.search(encoded):
            raise UsageError("vers.encoding", text=part)
        version = encoded
    return ("=" if comparator in ("", "==") else comparator), version


def _sorted(name: str, constraints: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the constraints in order of version, each pair once."""
    key = load(name).key
    kept: list[tuple[str, str]] = []
    for comparator, version in sorted(constraints, key=lambda pair: key(pair[1])):
        if not any(comparator == c and key(version) == key(v) for c, v in kept[-2:]):
            kept.append((comparator, version))
    return kept


def _simplified(constraints: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Leave out redundant constraints (VERS, "Simplifying constraints")."""
    kept: list[tuple[str, str]] = []
    for constraint in constraints:
        comparator = constraint[0]
        if comparator == "!=":
            kept.append(constraint)
            continue
        while comparator in _DOWN and (at := _last(kept)) is not None and kept[at][0] in _DOWN | {"="}:
            del kept[at]
        before = _last(kept)
        if before is None or kept[before][0] not in _UP or comparator in _DOWN:
            kept.append(constraint)
    return tuple(kept)


def _last(kept: list[Any]) -> int | None:
    """Return the position of the last constraint that is not an exclusion."""
    return next((at for at in range(len(kept) - 1, -1, -1) if kept[at][0] != "!="), None)
