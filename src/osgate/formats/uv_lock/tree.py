"""The graph a lock describes: who requires what, how far each package reaches, and what each of them is."""

from __future__ import annotations

import posixpath

from osgate import purl as purls
from osgate.formats.guards import check_name, without_credentials
from osgate.formats.uv_lock.artefacts import FOLDERS, inside, made, origin
from osgate.formats.uv_lock.names import normal
from osgate.model.dependency import Dependency, Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from typing import Any, TypeAlias

    from osgate.formats.uv_lock.entries import Lock

    Table: TypeAlias = dict[str, Any]
    # A package (its number in the lock) with nothing, or with one of its extras.
    State: TypeAlias = tuple[int, str]
    # What is required, and with which of its extras.
    Edge: TypeAlias = tuple[int, list[str]]

# From widest to narrowest reach, the order in which the graph is walked.
_SCOPES = ("runtime", "optional", "test", "dev")
_TESTS = frozenset(("test", "tests", "testing"))
_ADDRESSES = ("git", "url", "path", "directory", "editable", "virtual")
_VERSION = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.!+-_")


class Tree:
    """The packages of a lock by their number in it.

    names: normalised. ours: folders of the repository, with the path of each from the lock (`.`: the lock's own).
    reached: the scope in which the repository leads to a package, and to its extras. direct: required by the repository
    itself. parents: numbers of the packages that require one, the repository's own left out. rooted: whether the lock
    says what it was made for.
    """

    def __init__(self, path: str, lock: Lock, elsewhere: Collection[str] = ()) -> None:
        """elsewhere: names that the lock has, too, though not here; what leads to them is not followed."""
        self.path, self.lock, self.elsewhere = path, lock, elsewhere
        self.packages, self.lines = lock.packages, lock.lines
        self.directory = posixpath.dirname(path)
        self.names = [normal(entry.get("name"), line) for entry, line in zip(self.packages, self.lines, strict=True)]
        self.named: dict[str, list[int]] = {}
        for number, name in enumerate(self.names):
            self.named.setdefault(name, []).append(number)
        self._refuse_twins()
        self._picked: dict[tuple[str, ...], dict[str, list[int]]] = {}
        self._purls: dict[int, str] = {}
        self.ours = own_folders(self.directory, lock)
        self.edges: dict[State, list[Edge]] = {}
        self.starts: dict[str, list[Edge]] = {scope: [] for scope in _SCOPES}
        self._follow()
        self.direct = {number for starts in self.starts.values() for number, _ in starts}
        self.rooted = bool(self.ours or lock.manifest.get("requirements") or lock.manifest.get("dependency-groups"))
        self.reached = self._spread()
        self.scopes = {number: scope for (number, extra), scope in self.reached.items() if not extra}
        self.parents = self._parents()

    def _refuse_twins(self) -> None:
        for name, numbers in self.named.items():
            if len(numbers) > 1 and not distinct([self.packages[number] for number in numbers]):
                raise Unreadable("duplicate-key", self.lines[numbers[-1]], ambiguous=True, key=name)

    def _follow(self) -> None:
        """Find the packages that answer what each one requires, and what the repository does."""
        for number, entry in enumerate(self.packages):
            line = self.lines[number]
            if "dependencies" in entry:
                self.edges[number, ""] = self._resolved(entry["dependencies"], line)
            if "optional-dependencies" in entry:
                self._follow_extras(number, entry, line)
        for number in self.ours:
            line = self.lines[number]
            self.starts["runtime"] += self.edges.get((number, ""), ())
            for group, wanted in _named_lists(self.packages[number], ("dev-dependencies", "dependency-groups"), line):
                self.starts[_group_scope(group)] += self._resolved(wanted, line)
        self.starts["optional"] += [
            edge for (number, extra), found in self.edges.items() if extra and number in self.ours for edge in found
        ]
        self._follow_manifest()

    def _follow_extras(self, number: int, entry: Table, line: int) -> None:
        for extra, wanted in _named_lists(entry, ("optional-dependencies",), line):
            if (number, extra) in self.edges:
                raise Unreadable("duplicate-key", line, ambiguous=True, key=extra)
            self.edges[number, extra] = self._resolved(wanted, line)

    def _follow_manifest(self) -> None:
        """What a script, or a workspace without a project of its own, requires: by name, as somebody declared it."""
        manifest = self.lock.manifest
        groups = [("runtime", manifest.get("requirements", []))]
        groups += [(_group_scope(name), wanted) for name, wanted in _named_lists(manifest, ("dependency-groups",), 0)]
        for scope, wanted in groups:
            for requirement in _tables(wanted, 0):
                extras = _extras_of(requirement.get("extras", []), 0)
                name = normal(requirement.get("name"), 0)
                self.starts[scope] += [(number, extras) for number in self.named.get(name, ())]

    def _resolved(self, wanted: object, line: int) -> list[Edge]:
        found = []
        for edge in _tables(wanted, line):
            name = edge.get("name")
            numbers = self.named.get(name) if type(name) is str else None
            if numbers is None:
                if type(name) is str and name in self.elsewhere:
                    continue
                numbers = self.named.get(normal(name, line), [])
            if len(numbers) != 1 or "version" in edge or "source" in edge:
                numbers = self._matching(edge, normal(name, line))
            if len(numbers) != 1:
                raise Unreadable("malformed", line, ambiguous=len(numbers) > 1, requires=str(name)[:200])
            found.append((numbers[0], _extras_of(edge["extra"], line) if "extra" in edge else _NONE))
        return found

    def _matching(self, edge: Table, name: str) -> list[int]:
        """The packages of a name that an edge means by version, source or both; each combination is looked up once."""
        keys = [key for key in ("version", "source") if key in edge]
        known = self._picked.get((name, *keys))
        if known is None:
            known = self._picked[name, *keys] = {}
            for number in self.named.get(name, ()):
                known.setdefault(_told(self.packages[number], keys), []).append(number)
        return known.get(_told(edge, keys), [])

    def _spread(self) -> dict[State, str]:
        """Walk from what the repository requires, the widest scope first: what has been reached before keeps it."""
        reached: dict[State, str] = {}
        for scope in _SCOPES:
            waiting = [state for edge in self.starts[scope] for state in _states(edge)]
            while waiting:
                state = waiting.pop()
                if state not in reached:
                    reached[state] = scope
                    for edge in self.edges.get(state, ()):
                        waiting += _states(edge)
        return reached

    def _parents(self) -> dict[int, set[int]]:
        parents: dict[int, set[int]] = {}
        for (number, _), found in self.edges.items():
            if number not in self.ours:
                for target, _ in found:
                    if target != number:
                        parents.setdefault(target, set()).add(number)
        return parents

    def dependencies(self, numbers: Iterable[int]) -> list[Dependency]:
        """Return one dependency for each of these packages but the lock's own project. Raises Unreadable."""
        declared = self._declared()
        return [self._dependency(number, declared) for number in numbers if self.ours.get(number) != "."]

    def _dependency(self, number: int, declared: dict[str, dict[str, None]]) -> Dependency:
        entry, name, line = self.packages[number], self.names[number], self.lines[number]
        what = made(entry, name, self.directory, line)
        direct = self._direct(number)
        requirement = " | ".join(filter(None, declared[name])) if direct and name in declared else None
        return Dependency(
            component=f"pkg:pypi/{name}",
            version=_version(entry, line),
            purl=self.purl(number),
            path=self.path,
            line=line,
            scope=self.scopes.get(number, "runtime"),
            direct=direct,
            parents=self._parent_purls(number),
            source=what.source,
            digests=what.digests,
            install_code=what.install_code,
            requirement=requirement,
            mutable=what.mutable,
        )

    def waypoints(self, numbers: Iterable[int]) -> list[Dependency]:
        """Return one dependency for each of these packages as far as it tells of others: no source, no digests."""
        return [self._waypoint(number) for number in numbers if number not in self.ours]

    def _waypoint(self, number: int) -> Dependency:
        line = self.lines[number]
        return Dependency(
            f"pkg:pypi/{self.names[number]}",
            _version(self.packages[number], line),
            self.purl(number),
            self.path,
            line,
            self.scopes.get(number, "runtime"),
            self._direct(number),
            self._parent_purls(number),
        )

    def _direct(self, number: int) -> bool | None:
        """None where nothing is the repository's own and nothing says what it asked for."""
        if number in self.direct or number in self.ours:
            return True
        return False if self.rooted else None

    def _parent_purls(self, number: int) -> tuple[str, ...]:
        return tuple(sorted({self.purl(parent) for parent in self.parents.get(number, ())}))

    def purl(self, number: int) -> str:
        """Return the purl of a package. A normalised name needs no escapes."""
        known = self._purls.get(number)
        if known is None:
            version = _version(self.packages[number], self.lines[number])
            known = self._purls[number] = purls.versioned(f"pkg:pypi/{self.names[number]}", version)
        return known

    def _declared(self) -> dict[str, dict[str, None]]:
        """What the repository itself declares of each name, each text once."""
        found: dict[str, dict[str, None]] = {}
        for table in self.declarations():
            found.setdefault(normal(table.get("name"), 0), {})[declared_text(table)] = None
        return found

    def declarations(self) -> Iterator[Table]:
        """Yield the requirements that people wrote, as the lock repeats them."""
        manifest = self.lock.manifest
        yield from _tables(manifest.get("requirements", []), 0)
        for _, wanted in _named_lists(manifest, ("dependency-groups",), 0):
            yield from _tables(wanted, 0)
        for number in self.ours:
            metadata, line = self.packages[number].get("metadata", {}), self.lines[number]
            if not isinstance(metadata, dict):
                raise Unreadable("malformed", line)
            yield from _tables(metadata.get("requires-dist", []), line)
            for _, wanted in _named_lists(metadata, ("requires-dev", "dependency-groups"), line):
                yield from _tables(wanted, line)


def own_folders(directory: str, lock: Lock) -> dict[int, str]:
    """Return the packages of a lock in `directory` that are folders of the repository: number and path from there."""
    found = {}
    for number, entry in enumerate(lock.packages):
        source = entry.get("source")
        if type(source) is dict and not FOLDERS.isdisjoint(source):
            place = inside(directory, origin(entry, lock.lines[number])[1])
            if place is not None:
                found[number] = place
    return found


_NONE: list[str] = []
_TABLE = frozenset((dict,))


def distinct(entries: list[Table]) -> bool:
    """Tell whether uv can tell these packages of one name apart: by version and source."""
    return len({_told(entry, ("version", "source")) for entry in entries}) == len(entries)


def _told(table: Table, keys: Iterable[str]) -> str:
    """What a table says under some keys, as text to compare: equal ones say the same."""
    found = [table.get(key) for key in keys]
    return repr([sorted(value.items(), key=str) if type(value) is dict else value for value in found])


def declared_text(table: Table) -> str:
    """Return a requirement's versions or address, and its marker, as the lock writes them."""
    text = next((table[key] for key in ("specifier", *_ADDRESSES) if isinstance(table.get(key), str)), "")
    marker = table.get("marker")
    check_name(f"{text} {marker}")
    text = without_credentials(text)
    return f"{text} ; {marker}".strip() if isinstance(marker, str) else text


def _states(edge: Edge) -> list[State]:
    number, extras = edge
    return [(number, ""), *[(number, extra) for extra in extras]] if extras else [(number, "")]


def _version(entry: Table, line: int) -> str:
    """The version as locked; a folder may have none, for its build tells it."""
    version = entry.get("version")
    if version is None and not FOLDERS.isdisjoint(entry.get("source", ())):
        return ""
    if type(version) is not str or not version:
        raise Unreadable("malformed", line)
    if not _VERSION.issuperset(version):
        check_name(version, line)
        raise Unreadable("malformed", line)
    return version


def _group_scope(group: str) -> str:
    """`test` for a group of that name, `dev` for all others: groups are never installed with a package."""
    return "test" if group in _TESTS else "dev"


def _tables(value: object, line: int) -> list[Table]:
    if type(value) is not list or not _TABLE.issuperset(map(type, value)):
        raise Unreadable("malformed", line)
    return value


def _named_lists(table: Table, keys: tuple[str, ...], line: int) -> list[tuple[str, object]]:
    """Return the pairs of a table of lists by normalised name; `keys` are spellings of one key."""
    present = [key for key in keys if key in table]
    if not present:
        return []
    found = table[present[0]]
    if len(present) > 1 or type(found) is not dict:
        raise Unreadable("malformed", line, ambiguous=len(present) > 1)
    return [(normal(name, line), wanted) for name, wanted in found.items()]


def _extras_of(value: object, line: int) -> list[str]:
    if type(value) is not list:
        raise Unreadable("malformed", line)
    return [normal(extra, line) for extra in value]
