"""The POMs beside one: parents, modules, imported ones, as far as they lie in the same tree.

Source: Maven's POM reference ("Inheritance", "Aggregation"): a parent is looked for at its relativePath, ../pom.xml
unless something else is said, and only a file with the parent's coordinates is it.
"""

from __future__ import annotations

import posixpath

from osgate.formats.maven_pom import raw
from osgate.formats.maven_pom.properties import Lookup
from osgate.model.dependency import Unreadable
from osgate.model.record import record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.formats.maven_pom.raw import Entry, Pom
    from osgate.model.change import Siblings

# Other files that one reading looks into, and steps of inheritance or import that it follows.
MAX_FILES = 1000
MAX_STEPS = 30


@record
class Line:
    """A POM and its parents in the tree, nearest first. outside: the first parent that is not in the tree."""

    poms: tuple[Pom, ...]
    outside: Entry | None

    def project(self) -> dict[str, str]:
        """The fields of the project that expressions may name, by path, as written."""
        own = self.poms[0]
        parent = own.parent
        found = {
            "groupId": self._first("group"),
            "artifactId": own.artifact,
            "version": self._first("version"),
            "packaging": own.packaging,
            "parent.groupId": parent.group if parent else "",
            "parent.artifactId": parent.artifact if parent else "",
            "parent.version": parent.version if parent else "",
        }
        return {name: text for name, text in found.items() if text}

    def _first(self, field: str) -> str:
        """A field of the project's coordinates: its own, or what it inherits."""
        for pom in self.poms:
            own: str = getattr(pom, field) or (getattr(pom.parent, field) if pom.parent else "")
            if own:
                return own
        return ""

    def lookup(self, profile: tuple[int, int] | None = None) -> Lookup:
        """Return what fills this project's texts. profile: the one that is active, by its step and part; or none."""
        properties: dict[str, str] = {}
        for step in reversed(range(len(self.poms))):
            parts = self.poms[step].parts
            properties.update(parts[0].properties)
            if profile is not None and profile[0] == step:
                properties.update(parts[profile[1]].properties)
        return Lookup(properties, self.project(), self.poms[0].path)


@record
class Member:
    """A POM of the tree and the version it has, with expressions replaced as far as they are known."""

    path: str
    version: str


class Tree:
    """The POMs of a tree as seen from the one at `path`; each is read once."""

    def __init__(self, pom: Pom, siblings: Siblings) -> None:
        self.path, self._siblings = pom.path, siblings
        self._poms: dict[str, Pom | Unreadable | None] = {pom.path: pom}
        self._members: dict[tuple[str, str], list[Member]] | None = None
        self._families: set[tuple[str, ...]] | None = None

    def pom(self, path: str) -> Pom | None:
        """Return the POM at a repository path, None where there is no file. Raises Unreadable."""
        if path not in self._poms:
            if len(self._poms) > MAX_FILES:
                raise Unreadable("too-large", limit=MAX_FILES)
            data = self._siblings(path)
            try:
                self._poms[path] = None if data is None else raw.load(path, data)
            except Unreadable as error:
                cause: dict[str, object] = {"path": path, "at": error.line, **error.params}
                self._poms[path] = Unreadable(error.reason, 0, ambiguous=error.ambiguous, **cause)
        found = self._poms[path]
        if isinstance(found, Unreadable):
            raise found
        return found

    def line(self, pom: Pom) -> Line:
        """Return `pom` with its parents. Raises Unreadable: one of them cannot be read, or they go in a circle."""
        poms = [pom]
        while (parent := poms[-1].parent) is not None:
            above = self._parent(poms[-1], parent)
            if above is None:
                return Line(tuple(poms), parent)
            if len(poms) > MAX_STEPS or any(above.path == other.path for other in poms):
                raise Unreadable("too-deep", parent.line if len(poms) == 1 else 0, limit=MAX_STEPS)
            poms[-1] = _completed(poms[-1], parent, above)
            poms.append(above)
        return Line(tuple(poms), None)

    def _parent(self, pom: Pom, parent: Entry) -> Pom | None:
        relative = "../pom.xml" if pom.relative is None else pom.relative
        try:
            above = self.at(pom.path, relative) if relative else None
        except Unreadable as error:
            raise Unreadable(error.reason, parent.line, ambiguous=error.ambiguous, **error.params) from None
        return above if above is not None and _answers(parent, above) else None

    def at(self, path: str, relative: str) -> Pom | None:
        """Return the POM that the one at `path` names by a file or by a folder, None where there is none."""
        place = posixpath.normpath(posixpath.join(posixpath.dirname(path), relative.replace("\\", "/")))
        if place.startswith(("/", "../")) or place == "..":
            return None
        found = self.pom(place) if place != "." and not place.startswith("./") else None
        return found or self.pom(posixpath.normpath(f"{place}/pom.xml"))

    def member(self, group: str, artifact: str, version: str) -> Member | None:
        """Return the POM of the tree that has these coordinates, None where there is none.

        Only a groupId that begins like one of the project or its parents is looked for: to look for every one would
        have every POM of a large tree read for each of them.
        """
        if not self.kin(group):
            return None
        if self._members is None:
            self._members = {}
            self._collect(self._members)
        return next((m for m in self._members.get((group, artifact), ()) if m.version == version), None)

    def kin(self, group: str) -> bool:
        """Tell whether a groupId begins like one of the project or its parents."""
        if self._families is None:
            own = self.pom(self.path)
            named = [Line((pom,), None) for pom in (self.line(own).poms if own else ())]
            self._families = {_family(one.lookup().fill(one.project().get("groupId", "")).text) for one in named}
        return _family(group) in self._families

    def _collect(self, members: dict[tuple[str, str], list[Member]]) -> None:
        """Find every POM that is a module of one in a folder above, or of a parent, over any number of steps."""
        above, todo = posixpath.dirname(self.path), [self.path]
        while above:
            above = posixpath.dirname(above)
            todo.append(posixpath.join(above, "pom.xml"))
        seen: set[str] = set()
        while todo and len(self._poms) <= MAX_FILES:
            path = todo.pop()
            if path in seen:
                continue
            seen.add(path)
            try:
                pom = self.pom(path)
                line = self.line(pom) if pom else None
            except Unreadable:  # its own reading says so
                continue
            if pom is not None and line is not None:
                found, lookup = line.project(), line.lookup()
                named = [lookup.fill(found.get(field, "")).text for field in ("groupId", "artifactId", "version")]
                members.setdefault((named[0], named[1]), []).append(Member(path, named[2]))
                todo += [other.path for other in line.poms[1:]]
                todo += self._modules(pom)

    def _modules(self, pom: Pom) -> list[str]:
        found = []
        for name in dict.fromkeys([name for part in pom.parts for name in part.modules if name]):
            try:
                module = self.at(pom.path, name)
            except Unreadable:
                continue
            found += [module.path] if module else []
        return found


def _family(group: str) -> tuple[str, ...]:
    """What groups of one owner have in common: the first two labels, as in a domain name."""
    return tuple(group.split(".")[:2])


def _completed(pom: Pom, parent: Entry, above: Pom) -> Pom:
    """Return `pom` with what it does not say of its parent (model 4.1) taken from there."""
    if parent.group and parent.artifact and parent.version:
        return pom
    found = Line((above,), None).project()
    named = {
        "group": parent.group or found.get("groupId", ""),
        "artifact": parent.artifact or found.get("artifactId", ""),
        "version": parent.version or found.get("version", ""),
    }
    return replace(pom, parent=replace(parent, **named))


def _answers(parent: Entry, pom: Pom) -> bool:
    """Tell whether `pom` has the coordinates that a child names; what it does not name (model 4.1) may be anything."""
    own = Line((pom,), None).project()
    lookup = Lookup(pom.parts[0].properties, own, pom.path)
    for asked, field in ((parent.group, "groupId"), (parent.artifact, "artifactId"), (parent.version, "version")):
        has = own.get(field, "")
        if asked and asked != has and lookup.fill(asked).text != lookup.fill(has).text:
            return False
    return True
