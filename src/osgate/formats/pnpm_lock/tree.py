"""Dependencies, made of the packages of a lock: peer variants of one are one, with everybody who requires them."""

from __future__ import annotations

import posixpath

from osgate import purl as purls
from osgate.formats.guards import check_name
from osgate.formats.pnpm_lock.graph import ORDER, Graph, Link
from osgate.formats.pnpm_lock.keys import take_apart
from osgate.formats.pnpm_lock.source import digests, folder, is_commit, resolution, source, text
from osgate.model.dependency import Dependency, Unreadable
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from osgate.formats.pnpm_lock.document import Document, Entry
    from osgate.formats.pnpm_lock.graph import Memory
    from osgate.formats.pnpm_lock.keys import Key
    from osgate.model.dependency import Source

_NO_NAMES = frozenset(("", ".", ".."))
_RUNTIME = "runtime:"
_BUILDS = ("requiresBuild", "prepare")
_NOTHING: Entry = {}


@record
class Package:
    """What a dependency path holds. name: the real one."""

    name: str
    component: str
    version: str
    purl: str
    source: Source
    resolved: Entry


class Tree:
    """The packages of one document, told as dependencies. path: of the lock in the repository."""

    def __init__(self, path: str, document: Document, memory: Memory | None = None) -> None:
        """memory: what the graph of the other side has found (see Graph)."""
        self.path, self.base = path, posixpath.dirname(path)
        self.graph = Graph(document, memory)
        self._packages: dict[str, Package] = {}

    def dependencies(self, nodes: Iterable[str], *, required: bool = True) -> list[Dependency]:
        """Return one dependency for each package that the paths `nodes` hold, and for each folder linked to.

        required: tell who requires a package, and under which name.
        """
        variants: dict[tuple[str, str], list[str]] = {}
        for node in nodes:
            package = self.package(node)
            variants.setdefault((package.purl, repr(package.resolved)), []).append(node)
        return [self._dependency(alike, required) for alike in variants.values()] + self._links()

    def package(self, node: str) -> Package:
        """Return what the path `node` holds. Raises Unreadable: `malformed`, `hostile-name`, `disagreement`."""
        found = self._packages.get(node)
        if found is None:
            found = self._packages[node] = self._read(node)
        return found

    def _read(self, node: str) -> Package:
        graph, line = self.graph, self.graph.line(node)
        key = take_apart(graph.document.family, node)
        if key is None:
            raise Unreadable("malformed", line)
        entry = graph.info(node) or _NOTHING
        name, version = _stated(key, entry, line)
        name = name or self._wished(node)
        both = f"{name} {version}"
        if not (both.isascii() and both.isprintable()):
            check_name(both, line)
        if name in _NO_NAMES or name[-1] == "/":
            raise Unreadable("malformed", line)
        resolved, kind, subpath = resolution(entry, line), "npm", ""
        if key.address.startswith(_RUNTIME):
            # Node.js itself is not the package `node` of the registry.
            kind, version = "generic", key.address.removeprefix(_RUNTIME)
        elif key.address:
            subpath = text(resolved, "path", line)
        origin = source(key, resolved, graph.folders, self.base, line)
        if not version:
            if origin.kind in ("registry", "unknown"):
                raise Unreadable("malformed", line)
            version = (origin.ref or "") if origin.kind == "git" else ""
        component = purls.component(kind, name)
        return Package(name, component, version, purls.versioned(component, version, subpath), origin, resolved)

    def _wished(self, node: str) -> str:
        """Return the name a path without one is required under."""
        names = [wish.name for wish in self.graph.wishes.get(node, ())]
        return names[0] if names else min((name for _, name in self.graph.above(node)), default="")

    def _dependency(self, nodes: list[str], required: bool) -> Dependency:
        graph, package = self.graph, self.package(nodes[0])
        line = graph.line(nodes[0]) if len(nodes) == 1 else min(map(graph.line, nodes))
        wishes = [wish for node in nodes for wish in graph.wishes.get(node, ())]
        above = [pair for node in nodes for pair in graph.above(node)] if required else []
        parents = {self.package(parent).purl for parent, _ in above}
        parents.discard(package.purl)
        origin = package.source
        scopes = {graph.scope(node) for node in nodes}
        return Dependency(
            package.component,
            package.version,
            package.purl,
            self.path,
            line,
            next(scope for scope in ORDER if scope in scopes),
            bool(wishes),
            tuple(sorted(parents)),
            origin,
            digests(package.resolved, line),
            self._builds(nodes, line),
            wishes[0].requirement if wishes else None,
            _alias(package.name, [wish.name for wish in wishes], [name for _, name in above]),
            origin.kind == "git" and not is_commit(origin.ref or ""),
        )

    def _builds(self, nodes: list[str], line: int) -> bool | None:
        """Tell whether a package runs code when it is installed, as far as the lock's version says."""
        entries = [self.graph.info(node) or _NOTHING for node in nodes]
        for entry in entries:
            for field in _BUILDS:
                if entry.get(field, "false") not in ("true", "false"):
                    raise Unreadable("malformed", line)
        if any(entry.get(field) == "true" for entry in entries for field in _BUILDS):
            return True
        return False if self.graph.document.tells_builds else None

    def _links(self) -> list[Dependency]:
        """Return one dependency for each name and folder that something is linked to."""
        found: dict[tuple[str, str], list[tuple[Link, str]]] = {}
        for link, scope in self.graph.links_told():
            found.setdefault((link.name, link.folder), []).append((link, scope))
        return [self._linked(alike) for alike in found.values()]

    def _linked(self, alike: list[tuple[Link, str]]) -> Dependency:
        links, line_of = [link for link, _ in alike], self.graph.document.line
        wishes = [link.wish for link in links if link.wish]
        first, scopes = links[0], {scope for _, scope in alike}
        line = line_of(*wishes[0].at) if wishes else self.graph.line(first.parent or "")
        check_name(f"{first.name} {first.folder}", line)
        if first.name in _NO_NAMES or first.name[-1] == "/":
            raise Unreadable("malformed", line)
        component = purls.component("npm", first.name)
        return Dependency(
            component,
            "",
            component,
            self.path,
            line,
            next(scope for scope in ORDER if scope in scopes),
            bool(wishes),
            tuple(sorted({self.package(link.parent).purl for link in links if link.parent})),
            folder(first.folder, self.graph.folders, self.base),
            requirement=wishes[0].requirement if wishes else None,
        )


def _stated(key: Key, entry: Entry, line: int) -> tuple[str, str]:
    """Return name and version as path and entry say together, empty where neither does."""
    name, version = text(entry, "name", line), text(entry, "version", line)
    for stated, told in ((name, key.name), (version, key.version)):
        if stated and told and stated != told:
            raise Unreadable("disagreement", line, ambiguous=True, folder=told)
    return name or key.name, version or key.version


def _alias(name: str, wished: list[str], required: list[str]) -> str | None:
    """Return a name the tree uses that is not the real one; what projects call it comes first."""
    others = [other for other in wished if other != name] or sorted({other for other in required if other != name})
    return others[0] if others else None
