"""Who requires whom in one document of a lock, and how far each package reaches."""

from __future__ import annotations

import posixpath

from osgate.formats.pnpm_lock.document import FIELDS
from osgate.formats.pnpm_lock.keys import target, usual_format, without_peers
from osgate.model.dependency import Unreadable
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TypeAlias

    from osgate.formats.pnpm_lock.document import Document, Entry

    # What an entry requires, always and if possible: (names, paths they usually lead to) each.
    Required: TypeAlias = tuple[tuple[list[str], list[str]], tuple[list[str], list[str]]]
    # By the format of paths and the id of the entry: both sides of a change share the entries that are equal.
    Memory: TypeAlias = dict[str, dict[int, Required]]

# A package that is required in several ways has the first of these. (One that only an optional dependency of a
# development dependency needs is for development.)
ORDER = ("runtime", "plugin", "optional", "build", "dev")
_REQUIRING = ("dependencies", "optionalDependencies")
_NOTHING: Entry = {}
_NOBODY: tuple[list[str], list[str]] = ([], [])
# Far beyond any real lock (one of 3 MB has some 10,000); they bound what a hostile one can ask for.
MAX_NODES = 200_000


@record
class Wish:
    """A requirement as a project states it. name: it is known under there. at: path of its entry in the document."""

    name: str
    requirement: str | None
    field: str
    at: tuple[str, ...]


@record
class Link:
    """A folder that something of the lock is linked to. folder: relative to the lock's. parent: the package, if any."""

    name: str
    folder: str
    wish: Wish | None
    parent: str | None


class Graph:
    """The packages of a document by dependency path.

    packages: what the lock says of packages. nodes: what each path's own entry says (empty where the lock only names
    it). wishes: what projects state about a path, in file order. scopes: of the paths that can be reached from a
    project. folders: of the projects. links: folders that are linked.
    """

    def __init__(self, document: Document, memory: Memory | None = None) -> None:
        self.document = document
        self.packages = document.entries("packages")
        self.nodes = self._nodes()
        if len(self.nodes) > MAX_NODES:
            raise Unreadable("too-large", size=len(self.nodes), limit=MAX_NODES)
        self.folders = frozenset([posixpath.normpath(folder) for folder in document.section("importers")])
        self.wishes: dict[str, list[Wish]] = {}
        self.links: list[Link] = []
        self._known = set(self.nodes)
        self._named_at: dict[str, tuple[str, ...]] = {}
        self._below: dict[str, tuple[list[str], list[str]]] = {}
        self._names: dict[str, tuple[list[str], list[str]]] = {}
        self._above: dict[str, list[tuple[str, str]]] | None = None
        self._follow_projects()
        self._follow_packages({} if memory is None else memory)
        self.scopes = self._reach()

    def info(self, node: str) -> Entry | None:
        """Return what the lock says of the package at a path itself; None where it only names it."""
        return self.packages.get(without_peers(node) if self.document.family == 9 else node)

    def line(self, node: str) -> int:
        """Return the line of the package at a path, of its place in the graph, or of who names it."""
        line, nine = self.document.line, self.document.family == 9
        found = line("packages", without_peers(node) if nine else node) or (nine and line("snapshots", node))
        return found or line(*self._named_at.get(node, ()))

    def scope(self, node: str) -> str:
        """Return the scope of a path; of one that no project reaches, what its flags say."""
        found = self.scopes.get(node)
        if found is not None:
            return found
        entry = self.nodes[node]
        return "dev" if entry.get("dev") == "true" else "optional" if entry.get("optional") == "true" else "runtime"

    def above(self, node: str) -> list[tuple[str, str]]:
        """Return who requires a path: the path of each, and the name it uses."""
        if self._above is None:
            self._above = {}
            for parent, paths in self._below.items():
                for names, below in zip(self._names[parent], paths, strict=True):
                    for name, found in zip(names, below, strict=True):
                        self._above.setdefault(found, []).append((parent, name))
        return self._above.get(node, [])

    def links_told(self) -> Iterator[tuple[Link, str]]:
        """Yield each link and its scope."""
        for link in self.links:
            yield link, FIELDS[link.wish.field] if link.wish else self.scope(link.parent or "")

    def _nodes(self) -> dict[str, Entry]:
        if self.document.family != 9:
            return dict(self.packages)
        nodes = dict(self.document.entries("snapshots"))
        alone = self.packages.keys() - nodes.keys()
        for key in nodes if alone else ():
            if key[-1] == ")":
                alone.discard(without_peers(key))
        # What the graph leaves out stands in the file all the same.
        return {**nodes, **{key: _NOTHING for key in self.packages if key in alone}} if alone else nodes

    def _follow_projects(self) -> None:
        for folder, at, entry in self.document.projects():
            specifiers = self.document.section(*at, "specifiers") if "specifiers" in entry else _NOTHING
            for field in FIELDS:
                if field in entry:
                    for name, stated in self.document.section(*at, field).items():
                        self._wish(folder, (*at, field, name), stated, specifiers.get(name))

    def _wish(self, folder: str, at: tuple[str, ...], stated: Any, specifier: Any) -> None:
        if isinstance(stated, dict):
            stated, specifier = stated.get("version"), stated.get("specifier")
        if not isinstance(stated, str) or not isinstance(specifier, str | None):
            raise Unreadable("malformed", self.document.line(*at))
        wish = Wish(at[-1], specifier, at[-2], at)
        if stated.startswith("link:"):
            self.links.append(Link(at[-1], posixpath.normpath(posixpath.join(folder, stated[5:])), wish, None))
        else:
            self.wishes.setdefault(self._target(at[-1], stated, at), []).append(wish)

    def _follow_packages(self, memory: Memory) -> None:
        self._follow("packages", self.packages, memory)
        if self.document.family == 9:
            self._follow("snapshots", dict(self.nodes), memory)

    def _follow(self, section: str, entries: dict[str, Entry], memory: Memory) -> None:
        shape = usual_format(self.document.family)
        seen = memory.setdefault(shape, {})
        for node, entry in entries.items():
            if "dependencies" in entry or "optionalDependencies" in entry:
                required = seen.get(id(entry))
                if required is None:
                    required = seen[id(entry)] = self._required(section, node, entry, shape)
                (names, strong), (others, weak) = required
                if not (self._known.issuperset(strong) and self._known.issuperset(weak)):
                    names, strong = self._resolved(section, node, "dependencies")
                    others, weak = self._resolved(section, node, "optionalDependencies")
                self._below[node], self._names[node] = (strong, weak), (names, others)

    def _required(self, section: str, node: str, entry: Entry, shape: str) -> Required:
        made = []
        for field in _REQUIRING:
            wanted = entry.get(field) or _NOTHING
            if not isinstance(wanted, dict):
                wanted = self.document.section(section, node, field)
            made.append((list(wanted), list(map(shape.__mod__, wanted.items()))))
        return made[0], made[1]

    def _resolved(self, section: str, node: str, field: str) -> tuple[list[str], list[str]]:
        """Names and paths that an entry requires, where some are not the usual ones. Links are kept apart."""
        names, paths = [], []
        for name, reference in self.document.section(section, node, field).items():
            if not isinstance(reference, str):
                raise Unreadable("malformed", self.document.line(section, node))
            if reference.startswith("link:"):
                self.links.append(Link(name, posixpath.normpath(reference[5:]), None, node))
                continue
            names.append(name)
            paths.append(self._target(name, reference, (section, node)))
        return names, paths

    def _target(self, name: str, reference: str, at: tuple[str, ...]) -> str:
        found = target(self.document.family, name, reference, self._known)
        if found not in self._known:
            if len(self.nodes) >= MAX_NODES:
                raise Unreadable("too-large", size=len(self.nodes), limit=MAX_NODES)
            self.nodes[found] = _NOTHING
            self._known.add(found)
            self._named_at[found] = at
        return found

    def _reach(self) -> dict[str, str]:
        """Walk down from what projects state: the widest scope first, so that each path is looked at once."""
        starts: dict[str, list[str]] = {scope: [] for scope in ORDER}
        for node, wishes in self.wishes.items():
            for wish in wishes:
                starts[FIELDS[wish.field]].append(node)
        scopes: dict[str, str] = {}
        for scope in ORDER:
            waiting = starts[scope]
            while waiting:
                node = waiting.pop()
                if node in scopes:
                    continue
                scopes[node] = scope
                strong, weak = self._below.get(node, _NOBODY)
                waiting.extend(strong)
                (starts["optional"] if scope == "runtime" else waiting).extend(weak)
        return scopes
