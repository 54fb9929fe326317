"""Versions and scopes that are set elsewhere: dependencyManagement, pluginManagement, imported POMs, profiles.

Source: Maven's "Introduction to the Dependency Mechanism" ("Dependency Management", "Importing Dependencies"): what is
declared nearest wins, what is declared goes before what is imported, of imports the first wins. Held against Maven's
own model builder.
"""

from __future__ import annotations

from osgate.formats.maven_pom.tree import MAX_STEPS
from osgate.model.dependency import Unreadable
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from osgate.formats.maven_pom.properties import Filled, Lookup
    from osgate.formats.maven_pom.raw import Entry, Part
    from osgate.formats.maven_pom.tree import Line, Tree

    # groupId, artifactId, type and classifier, filled.
    Key: TypeAlias = tuple[str, str, str, str]
    # The step of a line of POMs and the part in it; None for none.
    Place: TypeAlias = tuple[int, int] | None

# Profiles that set properties or versions, times entries: beyond it nobody could say what a file means.
MAX_CASES = 200_000
# POMs of the tree that one imports, over however many steps.
MAX_IMPORTS = 200
# Times that one list may name one artefact.
_MAX_SAME = 100


@record
class Case:
    """One way a project can be built: with no profile, or with one. place: that profile. lookup: fills its texts."""

    place: Place
    lookup: Lookup


@record
class Setting:
    """What is set for an artefact, filled by the POM that sets it."""

    version: Filled
    scope: Filled


def key(entry: Entry, lookup: Lookup) -> Key:
    """Return what Maven tells artefacts of a POM apart by."""
    texts = entry.group, entry.artifact, entry.type or "jar", entry.classifier
    if "$" not in "".join(texts):
        return texts
    group, artifact, kind, classifier = [lookup.fill(text).text for text in texts]
    return group, artifact, kind or "jar", classifier


def cases(line: Line) -> list[Case]:
    """Return the cases of a project, without a profile first; a profile counts if it sets properties or versions."""
    found = [Case(None, line.lookup())]
    for step, pom in enumerate(line.poms):
        for at, part in enumerate(pom.parts):
            if at and (part.properties or part.managed or part.managed_plugins or part.plugins):
                found.append(Case((step, at), line.lookup((step, at))))
    if len(found) * size(line) > MAX_CASES:
        raise Unreadable("too-large", limit=MAX_CASES)
    return found


def size(line: Line) -> int:
    """Return how many entries a project and its parents have."""
    counts = [
        len(part.dependencies) + len(part.managed) + len(part.plugins) + len(part.managed_plugins) + 1
        for pom in line.poms
        for part in pom.parts
    ]
    return sum(counts)


def parts(line: Line) -> Iterator[tuple[int, Place, Part]]:
    """Yield every part of a line, what wins first: the nearest POM's profiles, then itself, then its parent's.

    With its step, and its place if it is a profile's, else None.
    """
    for step, pom in enumerate(line.poms):
        for at in range(1, len(pom.parts)):
            yield step, (step, at), pom.parts[at]
        yield step, None, pom.parts[0]


class Management:
    """What a project manages.

    imports: entries that import a POM, and the profile they stand in. known: what imported POMs manage, by their path.
    """

    def __init__(self, line: Line, tree: Tree, base: Lookup, known: dict[str, Management] | None = None) -> None:
        self.line, self._tree, self._base = line, tree, base
        self._known = {line.poms[0].path: self} if known is None else known
        self._own: dict[Key, list[tuple[Place, Entry]]] = {}
        self._plugins: dict[Key, list[tuple[Place, Entry]]] = {}
        self._managed_plugins: dict[Key, list[tuple[Place, Entry]]] = {}
        self.imports: list[tuple[Place, Entry]] = []
        self._imported: list[tuple[Place, Management]] = []
        for step, place, part in parts(line):
            for entry in part.managed:
                if base.fill(entry.scope).text == "import":
                    self.imports.append((place, entry))
                else:
                    self._own.setdefault(key(entry, base), []).append((place, entry))
            for entries, index in ((part.plugins, self._plugins), (part.managed_plugins, self._managed_plugins)):
                for entry in entries:
                    if entry.inherited or not step:
                        index.setdefault(key(entry, base), []).append((place, entry))

    def __bool__(self) -> bool:
        """Whether it may set anything for a dependency."""
        return bool(self._own or self.imports)

    def settle(self, cases: list[Case]) -> None:
        """Find all imported POMs of the tree, and refuse now what could not be filled for whoever asks later.

        Raises Unreadable: what those POMs are refused for, `too-deep` for imports in imports, and what `Lookup.fill`
        refuses.
        """
        level, steps = [(self, cases)], 0
        while level:
            if steps > MAX_STEPS:
                raise Unreadable("too-deep", limit=MAX_STEPS)
            if len(self._known) > MAX_IMPORTS:
                raise Unreadable("too-large", limit=MAX_IMPORTS)
            steps += 1
            below: list[tuple[Management, list[Case]]] = []
            for management, ways in level:
                management._fill(ways)
                for place, entry in management.imports:
                    inner, new = management._import(entry)
                    if inner is not None:
                        management._imported.append((place, inner))
                        below += [(inner, [Case(None, inner._base)])] if new else []
            level = below

    def _fill(self, cases: list[Case]) -> None:
        for entries in self._own.values():
            for _, entry in entries:
                for case in cases if "$" in entry.version or "$" in entry.scope else ():
                    case.lookup.fill(entry.version)
                    case.lookup.fill(entry.scope)

    def _import(self, entry: Entry) -> tuple[Management | None, bool]:
        """Return what an imported POM of the tree manages, and whether it was not known before."""
        path = self.path_of(entry)
        pom = None if path is None else self._tree.pom(path)
        if path is None or pom is None or path in self._known:
            return self._known.get(path or ""), False
        line = self._tree.line(pom)
        self._known[path] = made = Management(line, self._tree, line.lookup(), self._known)
        return made, True

    def find(self, wanted: Key, case: Case) -> Setting | None:
        """Return what is set for the artefact `wanted`, None where nothing is."""
        return self._find(wanted, case, {id(self)})

    def _find(self, wanted: Key, case: Case, seen: set[int]) -> Setting | None:
        for place, entry in self._own.get(wanted, ()):
            if place is None or place == case.place:
                return Setting(case.lookup.fill(entry.version), case.lookup.fill(entry.scope))
        for place, inner in self._imported:
            if id(inner) not in seen and (place is None or place == case.place):
                seen.add(id(inner))
                found = inner._find(wanted, Case(None, inner._base), seen)
                if found is not None:
                    return found
        return None

    def plugins(self, wanted: Key, case: Case | None = None) -> list[tuple[Place, Entry]]:
        """Return all that is said of a plugin and where, what wins first: declarations, then pluginManagement.

        case: leave out what stands in profiles that are not active in it.
        """
        said = (*self._plugins.get(wanted, ()), *self._managed_plugins.get(wanted, ()))
        return [one for one in said if case is None or one[0] is None or one[0] == case.place]

    def only_managed(self) -> Iterator[tuple[Key, Place, Entry]]:
        """Yield the entries of pluginManagement for plugins that no list of plugins names."""
        for wanted, found in self._managed_plugins.items():
            if wanted not in self._plugins:
                yield from ((wanted, place, entry) for place, entry in found)

    def imported_paths(self) -> set[str]:
        """Return the paths of all imported POMs that lie in the tree, and of their parents."""
        return {pom.path for management in self._known.values() for pom in management.line.poms} - {
            pom.path for pom in self.line.poms
        }

    def path_of(self, entry: Entry) -> str | None:
        """Return the path of an imported POM that lies in the tree, None for one that does not."""
        fill = self._base.fill
        member = self._tree.member(fill(entry.group).text, fill(entry.artifact).text, fill(entry.version).text)
        return member.path if member else None


def doubles(entries: tuple[Entry, ...], lookup: Lookup) -> Entry | None:
    """Return the first entry of a list that gives another version than one before it with its key; None without one.

    Raises Unreadable `too-large` where a list repeats itself beyond reason.
    """
    seen: dict[Key, list[str]] = {}
    for entry in entries:
        own = lookup.fill(entry.version).text if "$" in entry.version else entry.version
        versions = seen.setdefault(key(entry, lookup), [])
        if versions and versions[0] != own:
            return entry
        versions.append(own)
        if len(versions) > _MAX_SAME:
            raise Unreadable("too-large", entry.line, limit=_MAX_SAME)
    return None
