"""What a change introduces, worked out a second time: sets and loops over what the package managers themselves tell.

Nothing of osgate is imported here. The rules are those of the design's words (section 1, "introduced"): a component
nobody had is added; another version is upgraded, or downgraded where it is below one it replaces; the same version from
elsewhere is moved-source, with a digest nobody knew changed-digest, with a wider reach widened-scope.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

# How far a scope reaches, as the design orders them.
REACH = {"dev": 1, "test": 2, "build": 3, "optional": 4, "peer": 4, "runtime": 5, "action": 5, "image": 5}

Below = Callable[[str, str], bool]
Row = dict[str, Any]


class Seen(NamedTuple):
    """One package in one file.

    name: as the ecosystem calls it; version: empty where only `requirement` is known. source: host or address, empty
    where the file names none. direct: None where the oracle cannot tell.
    """

    name: str
    version: str
    purl: str
    path: str
    line: int
    scope: str
    source: str = ""
    digests: frozenset[str] = frozenset()
    requirement: str = ""
    direct: bool | None = None


def introduced(before: list[Seen], after: list[Seen], below: Below) -> list[Row]:
    """Return the expected rows, by path and line; `below` tells whether one version comes before another."""
    rows = []
    for same in _alike(after):
        one = min(same, key=lambda seen: seen.line)
        widest = max(same, key=lambda seen: REACH[seen.scope]).scope
        change = _change(one, widest, before, after, below)
        if change:
            rows.append(_row(change, one, widest, any(seen.direct for seen in same)))
    return sorted(rows, key=lambda row: (row["path"], row["line"], row["purl"]))


def _alike(seen: list[Seen]) -> list[list[Seen]]:
    """Put together what is the same thing in several folders."""
    groups: dict[object, list[Seen]] = {}
    for one in seen:
        groups.setdefault((one.purl, one.requirement, one.source, one.digests), []).append(one)
    return list(groups.values())


def _change(one: Seen, scope: str, before: list[Seen], after: list[Seen], below: Below) -> str:
    had = [old for old in before if old.name == one.name]
    same = [old for old in had if (old.purl, old.requirement) == (one.purl, one.requirement)]
    if not had:
        return "added"
    if not same:
        now = {new.purl for new in after}
        replaced = [old for old in had if old.purl not in now] or had
        down = any(one.version and old.version and below(one.version, old.version) for old in replaced)
        return "downgraded" if down else "upgraded"
    if one.source not in {old.source for old in same}:
        return "moved-source"
    if not any(not old.digests or one.digests <= old.digests for old in same if old.source == one.source):
        return "changed-digest"
    return "widened-scope" if REACH[scope] > max(REACH[old.scope] for old in same) else ""


def _row(change: str, one: Seen, scope: str, direct: bool) -> Row:
    row: Row = {"change": change, "purl": one.purl, "path": one.path, "line": one.line, "scope": scope}
    if one.direct is not None:
        row["direct"] = direct
    return row
