"""One side of a changed lock, of which only a part is read: some packages and all that leads to them."""

from __future__ import annotations

from osgate.formats.uv_lock import scan
from osgate.formats.uv_lock.entries import checked
from osgate.formats.uv_lock.tree import Tree, distinct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from osgate.formats.uv_lock.parts import Part
    from osgate.model.dependency import Dependency

_NORMAL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_REQUIRING = ("dependencies", "optional-dependencies", "dev-dependencies")
_DECLARING = ("requirements", "dependency-groups")


class Side:
    """One side of the change.

    parts: of all packages, in their order. named: their numbers by name. mentioned: numbers of those that mention a
    name. tree: of the packages read so far; chosen: their numbers, in the tree's order.
    """

    def __init__(self, path: str, top: str, parts: list[Part]) -> None:
        self.path, self.top, self.parts = path, top, parts
        self.memo: dict[str, Any] = {}
        self.head = scan.head(top)
        self.named: dict[str, list[int]] = {}
        self.mentioned: dict[str, list[int]] = {}
        for number, part in enumerate(parts):
            self.named.setdefault(part.name, []).append(number)
            for name in part.mentions:
                self.mentioned.setdefault(name, []).append(number)
        # A name that is written otherwise than uv writes it would have to be compared as PEP 503 says.
        if not _NORMAL.issuperset("".join([*self.named, *self.mentioned])):
            raise scan.Strange
        for numbers in self.named.values():
            if len(numbers) > 1 and not distinct([parts[number].entry(self.memo) for number in numbers]):
                raise scan.Strange
        self.chosen: list[int] = []
        self.tree = self._tree()

    def read(self, names: Iterable[str]) -> None:
        """Read the packages of these names and whatever mentions them, over any number of steps."""
        chosen, waiting, seen = set[int](), list(names), set[str]()
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                chosen.update(self.named.get(name, ()))
                waiting += [self.parts[number].name for number in self.mentioned.get(name, ())]
        if len(chosen) > len(self.chosen):
            self.chosen = sorted(chosen)
            self.tree = self._tree()

    def _tree(self) -> Tree:
        entries = [self.parts[number].entry(self.memo) for number in self.chosen]
        # Lines are told at the end, of what is told.
        lock = checked({**self.head, "package": entries}, [0] * len(entries))
        return Tree(self.path, lock, self.named)

    def declared(self) -> set[tuple[str, str]]:
        """What the lock's head requires: names, and the rest as text to compare."""
        return {
            (name, f"{key} {rest}") for key in _DECLARING for name, rest in _edges(self.head.get("manifest", {}), key)
        }

    def required(self, names: Iterable[str]) -> set[tuple[str, str]]:
        """What the packages of these names require: names, and all else that tells how far it reaches, as text."""
        found = set()
        for name in names:
            for number in self.named.get(name, ()):
                part = self.parts[number]
                entry = part.entry(self.memo)
                # What the repository's own folders require is reached from them; of others, their name is enough.
                owner = name if part.plain else f"{name} {entry.get('source')}"
                found |= {
                    (target, f"{owner} {key} {rest}") for key in _REQUIRING for target, rest in _edges(entry, key)
                }
        return found

    def below(self, names: Iterable[str]) -> set[str]:
        """The names of packages that those of `names` mention."""
        numbers = [number for name in names for number in self.named.get(name, ())]
        return {name for number in numbers for name in self.parts[number].mentions if name in self.named}

    def reached(self, name: str) -> set[tuple[str, str, str]]:
        """The scopes in which packages of this name and their extras are reached; of several, each with its version."""
        numbers = self.tree.named.get(name, [])
        found = set()
        for number in numbers:
            own = str(self.tree.packages[number].get("version")) if len(numbers) > 1 else ""
            extras = [""] + [extra for extra, _ in _lists(self.tree.packages[number].get("optional-dependencies", {}))]
            for extra in extras:
                found.add((own, extra, self.tree.reached.get((number, extra), "")))
        return found

    def ways(self, names: set[str]) -> set[str]:
        """The names of all that leads to packages of these names; a way down goes over any package of a name."""
        tree, found, fresh = self.tree, set[str](), names
        while fresh:
            found |= fresh
            numbers = [number for name in fresh for number in tree.named.get(name, ())]
            fresh = {tree.names[parent] for number in numbers for parent in tree.parents.get(number, ())} - found
        return found - names

    def told(self, names: set[str]) -> list[Dependency]:
        """Return the packages of these names."""
        tree = self.tree
        numbers = sorted(number for name in names for number in tree.named.get(name, ()))
        for number in numbers:
            tree.packages[number] = self.parts[self.chosen[number]].whole(self.memo)
        self._find_lines(numbers)
        return tree.dependencies(numbers)

    def waypoints(self, names: set[str]) -> list[Dependency]:
        """Return the packages of these names as far as they lead to others."""
        numbers = sorted(number for name in names for number in self.tree.named.get(name, ()))
        self._find_lines(numbers)
        return self.tree.waypoints(numbers)

    def _find_lines(self, numbers: list[int]) -> None:
        """Find the lines of these packages of the tree, which are in order."""
        line, mark = self.top.count("\n") + 2, 0
        for number in numbers:
            at = self.chosen[number]
            line += sum([part.text.count("\n") + 2 for part in self.parts[mark:at]])
            self.tree.lines[number], mark = line, at


def _edges(table: dict[str, Any], key: str) -> Iterator[tuple[str, str]]:
    """Yield name, and all else but the marker as text, of what stands under `key`: a list, or lists by name."""
    for name, wanted in _lists(table.get(key, [])):
        for edge in wanted:
            if type(edge) is not dict:
                raise scan.Strange
            yield str(edge.get("name")), f"{name} {[pair for pair in edge.items() if pair[0] != 'marker']}"


def _lists(value: object) -> list[tuple[str, list[Any]]]:
    pairs: list[tuple[str, Any]] = list(value.items()) if type(value) is dict else [("", value)]
    if any(type(inner) is not list for _, inner in pairs):
        raise scan.Strange
    return pairs
