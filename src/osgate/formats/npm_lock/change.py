"""Both sides of a changed lock at once, as far as they can matter to the change: the commit path's way to read one.

Of a thousand packages a change touches a few. Both files are parsed whole (so syntax, duplicate keys and depth are
judged as ever), but packages are made only of entries that differ, of those that share a name with one, and of whatever
requires those. A property test holds the intake of this reading equal to the intake of two full ones.
"""

from __future__ import annotations

from osgate.formats import json_text
from osgate.formats.npm_lock.tree import REQUIRED, Tree
from osgate.model.dependency import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from osgate.formats.npm_lock.entries import Packages
    from osgate.model.change import Siblings
    from osgate.model.dependency import Dependency

_DECLARED = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_INSTALLED = "node_modules/"


def read_change(
    path: str, before: bytes, after: bytes, old_siblings: Siblings, new_siblings: Siblings
) -> tuple[tuple[Dependency, ...], tuple[Dependency, ...]] | None:
    """Return what can matter of both sides, or None where only two full readings tell (they also tell why).

    This way takes locks of version 3 as npm writes them, whose folders of the repository itself did not change.
    """
    # What stands on the old side was judged when it came in; here it only tells what is not new.
    old, new = _packages(before, strict=False), _packages(after, strict=True)
    if old is None or new is None:
        return None
    wanted = _wanted(old[1], new[1])
    if wanted is None:
        return None
    try:
        after_tree = _tree(path, new[1], wanted, new_siblings)
        after_tree.reach(every=True)
        # What stands on both sides must be told of both, or it would look new.
        both = list(dict.fromkeys([*wanted, *after_tree.reached]))
        before_tree = _tree(path, old[1], both, old_siblings)
        before_tree.reach(every=False)
        return _selected(before_tree, *old), _selected(after_tree, *new)
    except (Unreadable, LookupError):
        return None


def _tree(path: str, packages: Packages, wanted: Iterable[str], siblings: Siblings) -> Tree:
    places = [place for place in wanted if place in packages]
    return Tree(path, packages[""], {p: e for p, e in packages.items() if p}, {}, siblings, places)


def _selected(tree: Tree, text: str, packages: Packages) -> tuple[Dependency, ...]:
    found = tree.selected(_lines(text, packages, tree.reached))
    return tuple(sorted(found, key=lambda dependency: dependency.line))


def _packages(data: bytes, *, strict: bool) -> tuple[str, Packages] | None:
    """The text and entries of a version 3 lock; None for any other file and for one that is not what it should be."""
    try:
        text, lock = json_text.plain(data, strict=strict)
    except Unreadable:
        return None
    if (
        not isinstance(lock, dict)
        or lock.get("lockfileVersion") != 3
        or type(lock["lockfileVersion"]) is not int
        or "dependencies" in lock
    ):
        return None
    packages = lock.get("packages")
    if not isinstance(packages, dict) or any(type(entry) is not dict for entry in packages.values()):
        return None
    ordinary = all(not place or place.startswith(_INSTALLED) for place in packages)
    return (text, packages) if "" in packages and ordinary else None


def _wanted(old: Packages, new: Packages) -> list[str] | None:
    """The folders to look at: entries that differ, what the root declares differently, and all of the same names."""
    changed = {place for place, entry in new.items() if old.get(place) != entry}
    changed.update(place for place in old if place not in new)
    changed.discard("")
    declared = _redeclared(old[""], new[""])
    if declared is None or not all(place.startswith(_INSTALLED) for place in changed):
        return None
    if any(_by_address(side.get(place, {})) for side in (old, new) for place in changed):
        return None
    names = declared.union(*({_last(p), side[p].get("name")} for side in (old, new) for p in changed if p in side))
    names.discard(None)
    found = [p for side in (old, new) for p, e in side.items() if p and (_last(p) in names or e.get("name") in names)]
    return list(dict.fromkeys(found)) if all(place.startswith(_INSTALLED) for place in found) else None


def _last(place: str) -> str:
    """The name a folder is installed under."""
    return place.rpartition(_INSTALLED)[2]


def _redeclared(old: dict[str, object], new: dict[str, object]) -> set[object] | None:
    """Names that the root declares otherwise than before; None where its declarations are not what they should be."""
    names: set[object] = set()
    for field in _DECLARED:
        before, after = old.get(field, {}), new.get(field, {})
        if not isinstance(before, dict) or not isinstance(after, dict):
            return None
        both = {**before, **after}
        if not all(type(requirement) is str for requirement in both.values()):
            return None
        names.update(name for name in both if before.get(name) != after.get(name))
    return names


def _by_address(entry: dict[str, object]) -> bool:
    """True where an entry requires something by address, which tells of the other's source (or is malformed)."""
    for field in REQUIRED:
        wanted = entry.get(field, {})
        if not isinstance(wanted, dict) or any("://" in str(requirement) for requirement in wanted.values()):
            return True
    return False


def _lines(text: str, packages: Packages, places: Iterable[str]) -> dict[str, int]:
    """The line of each folder's key, where the file is laid out as npm does it: alone on its line, four blanks in.

    Raises LookupError for any other layout: unless the keys found are all of the file's, one by one, nothing is sure.
    """
    wanted = set(places)
    if not wanted:
        return {}
    head, *pieces = text.split('\n    "')
    if [piece.partition('": {')[0] for piece in pieces] != list(packages):
        raise LookupError("layout")
    lines, line = {}, head.count("\n") + 1
    for place, piece in zip(packages, pieces, strict=True):
        line += 1
        if place in wanted:
            lines[place] = line
        line += piece.count("\n")
    return lines
