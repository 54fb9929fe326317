"""Both sides of a changed lock at once, as far as they can matter to the change: the commit path's way to read one.

The scanner reads both sides whole, equal blocks once; the graphs of both are walked, since a requirement added at one
end may widen the scope of a package at the other. Dependencies are made only of packages whose entry or scope differs,
of all that share a name with one, and of whoever requires one, however far up. A property holds the intake of this
reading equal to the intake of two full ones. (What the entry of a package says that is equal on both sides was judged
when it came in.)
"""

from __future__ import annotations

from osgate.formats.guards import decode
from osgate.formats.pnpm_lock.keys import name_of
from osgate.formats.pnpm_lock.load import ordered
from osgate.formats.pnpm_lock.scan import Scanner
from osgate.formats.pnpm_lock.tree import Tree
from osgate.model.dependency import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from osgate.formats.pnpm_lock.document import Entry
    from osgate.formats.pnpm_lock.graph import Memory
    from osgate.model.change import Siblings
    from osgate.model.dependency import Dependency

    # The document on pnpm itself and the one on the projects.
    Sides = tuple["_Side", "_Side"]

# What an entry says of the package itself; where these are equal, nothing is introduced but by what requires it.
_TELLING = ("resolution", "name", "version", "requiresBuild", "prepare", "dev", "optional")


def read_change(
    path: str, before: bytes, after: bytes, old_siblings: Siblings, new_siblings: Siblings
) -> tuple[tuple[Dependency, ...], tuple[Dependency, ...]] | None:
    """Return what can matter of both sides, or None where only two full readings tell (they also tell why)."""
    reader = _Reader(path)
    try:
        old, new = reader.sides(before), reader.sides(after)
        if old is None or new is None or old[1].family != new[1].family:
            return None
        names: set[str] = set()
        for here, there in zip(old, new, strict=True):
            names |= here.odd | there.odd | here.differing(there) | there.differing(here)
        for side in new:
            names = side.above(names)
        # Nobody asks who required what before.
        return _told(old, names, required=False), _told(new, names, required=True)
    except Unreadable:
        return None


class _Reader:
    """Reads sides of the lock at `path`, what they share once."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.scanner = Scanner()
        self.memory: Memory = {}
        self.names: dict[str, str] = {}

    def sides(self, data: bytes) -> Sides | None:
        found = self.scanner.scan(decode(data, required=True).text)
        if found is None:
            return None
        environment = projects = None
        for document in ordered(found):
            tree = Tree(self.path, document, self.memory)
            if document.is_environment:
                environment = tree
            else:
                projects = tree
        return _Side(environment, self.names), _Side(projects, self.names)


class _Side:
    """One document on one side; tree is None for one that is not there.

    named: its paths by the name of what they hold. odd: names of what comes from no registry, always looked at: it has
    perhaps no version to tell it by, and a folder's kind hangs on what else is in the lock.
    """

    def __init__(self, tree: Tree | None, names: dict[str, str]) -> None:
        """names: of the paths that both sides know, as far as the path tells."""
        self.tree = tree
        self.named: dict[str, list[str]] = {}
        self.odd: set[str] = set()
        self._names = names
        for node in tree.graph.nodes if tree else ():
            name = names.get(node) or self.name(node)
            if name in self.named:
                self.named[name].append(node)
            else:
                self.named[name] = [node]

    def name(self, node: str) -> str:
        """Return the name of what a path holds."""
        found = self._names.get(node)
        if found is None:
            if self.tree and (":" in node or (self.family != 9 and node[0] != "/")):
                found = self.tree.package(node).name
                self.odd.add(found)
            else:
                found = self._names[node] = name_of(self.family, node)
        return found

    @property
    def family(self) -> int:
        """The generation of its paths, 0 where it is not there."""
        return self.tree.graph.document.family if self.tree else 0

    def differing(self, other: _Side) -> set[str]:
        """Return the names of packages that this side holds otherwise than the other."""
        if self.tree is None or other.tree is None:
            return set(self.named)
        ours, theirs = self.tree.graph, other.tree.graph
        paths = ours.nodes.keys() - theirs.nodes.keys()
        paths |= {node for node, scope in ours.scopes.items() if theirs.scopes.get(node) != scope}
        paths |= _unlike(ours.nodes, theirs.nodes)
        if self.family == 9:
            paths |= _unlike(ours.packages, theirs.packages)
        return set(map(self.name, paths))

    def above(self, names: set[str]) -> set[str]:
        """Return `names` and the names of everybody who requires one of them, over any number of steps."""
        found, waiting = set(names), list(names)
        while waiting and self.tree:
            for node in self.named.get(waiting.pop(), ()):
                for parent, _ in self.tree.graph.above(node):
                    name = self.name(parent)
                    if name not in found:
                        found.add(name)
                        waiting.append(name)
        return found


def _unlike(ours: dict[str, Entry], theirs: dict[str, Entry]) -> set[str]:
    """The keys of entries that say other things of a package than those of the other side, or stand only here."""
    moved = [(key, entry) for key, entry in ours.items() if theirs.get(key) is not entry]
    return {key for key, entry in moved if _differ(entry, theirs.get(key))}


def _differ(one: Entry, other: Entry | None) -> bool:
    return other is None or any(one.get(field) != other.get(field) for field in _TELLING)


def _told(sides: Sides, names: Iterable[str], *, required: bool) -> tuple[Dependency, ...]:
    made: list[Dependency] = []
    for side in sides:
        if side.tree:
            nodes = [node for name in names for node in side.named.get(name, ())]
            made += side.tree.dependencies(nodes, required=required)
    return tuple(sorted(made, key=lambda dependency: dependency.line))
