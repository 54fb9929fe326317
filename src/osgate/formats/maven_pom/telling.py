"""From what a project uses to dependencies, and to the gaps that remain."""

from __future__ import annotations

from osgate import purl as purls
from osgate.formats.guards import check_name, without_credentials
from osgate.formats.maven_pom.management import parts
from osgate.model.dependency import REGISTRY, Dependency, Reading, Source, Unreadable
from osgate.model.gap import Gap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from osgate.formats.maven_pom.project import Project, Used

# Maven's scopes in our words. What a container provides, or the machine, is needed to compile and not delivered.
# Source: "Introduction to the Dependency Mechanism", "Dependency Scope".
_SCOPES = {
    "": "runtime",
    "compile": "runtime",
    "runtime": "runtime",
    "provided": "build",
    "system": "build",
    "import": "build",
    "test": "test",
}
_KINDS = {"parent": "build", "plugin": "plugin", "report": "plugin", "extension": "plugin", "processor": "plugin"}
_RUNS = frozenset(_KINDS) - {"parent"}
# What Maven allows in groupId and artifactId.
ID = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.")
_MOVING = ("LATEST", "RELEASE")
_BASE = ("${project.basedir}/", "${pom.basedir}/", "${basedir}/")
# Names that a gap spells out; it counts the rest.
_NAMED = 3


class Teller:
    """Tells what one project uses. open: line and name of what has no version here, in any order."""

    def __init__(self, project: Project) -> None:
        self.project, self.path = project, project.pom.path
        self.sources = {name: self._source(name) for name in ("repositories", "plugin_repositories")}
        self._unknown: dict[str, None] = {}
        self.open: list[tuple[int, str]] = []

    def reading(self, used: Iterable[Used]) -> Reading:
        """Return what is used, by place, and the gaps."""
        found = [self.dependency(one) for one in used]
        found.sort(key=lambda d: (d.path != self.path, d.path, d.line))
        return Reading(found, self.gaps())

    def _source(self, field: str) -> Source:
        """Where Maven looks: every repository that the POM or a parent declares; unless they do, wherever it is set."""
        urls: dict[str, None] = {}
        for _, _, part in parts(self.project.line):
            for url in getattr(part, field):
                text = self.project.base.fill(url).text
                check_name(text)
                urls[without_credentials(text).replace(" ", "%20")] = None
        return Source("registry", " ".join(urls)) if urls else REGISTRY

    def dependency(self, used: Used) -> Dependency:
        """Return one dependency. Raises Unreadable: `malformed` (no name, or one that Maven refuses)."""
        entry = used.entry
        line = entry.line if entry.path == self.path else 0
        self._check(used, line)
        component = purls.component("maven", used.artifact, used.group)
        version, requirement = _version(used)
        if entry.path == self.path:
            self._unknown.update(dict.fromkeys(used.unknown))
            if not used.version:
                self.open.append((entry.line, f"{used.group}:{used.artifact}"))
        return Dependency(
            component,
            version,
            self._purl(used, component, version),
            entry.path,
            entry.line,
            _scope(used),
            True,
            (self._within(used.within),) if used.within is not None else (),
            self._where(used, version),
            (),
            True if entry.kind in _RUNS or used.within is not None else None,
            requirement,
            None,
            used.version in _MOVING or used.version.endswith("-SNAPSHOT"),
        )

    def _check(self, used: Used, line: int) -> None:
        for name in (used.group, used.artifact):
            # An expression that nobody can fill stays: it names nothing that anybody could have approved.
            if not name or not (ID.issuperset(name) or (used.unknown and "${" in name)):
                raise Unreadable("malformed", line)
        shown = f"{used.group}{used.artifact}{used.version}{used.type}{used.classifier}"
        if not (shown.isascii() and shown.isprintable()):
            check_name(shown, line)

    def _purl(self, used: Used, component: str, version: str) -> str:
        kind = used.type or "jar"
        if used.entry.kind == "parent":
            kind = "pom"
        if kind == "jar" and not used.classifier:
            return purls.versioned(component, version)
        shown = tuple([pair for pair in (("classifier", used.classifier), ("type", kind)) if pair != ("type", "jar")])
        return purls.write(purls.Purl("maven", used.group, used.artifact, version, shown))

    def _within(self, plugin: Used) -> str:
        return purls.versioned(purls.component("maven", plugin.artifact, plugin.group), _version(plugin)[0])

    def _where(self, used: Used, version: str) -> Source:
        """Where it comes from: a file, this very tree, or the repositories."""
        entry = used.entry
        if used.scope == "system":
            return self._file(entry.system, entry.line)
        place = None
        if entry.kind == "parent":
            place = self._parent_path(used)
        elif version and not used.unknown:
            member = self.project.tree.member(used.group, used.artifact, version)
            place = member.path if member else None
        if place is not None:
            return Source("workspace", place)
        runs = entry.kind in _RUNS or used.within is not None
        return self.sources["plugin_repositories" if runs else "repositories"]

    def _parent_path(self, used: Used) -> str | None:
        """The path of a parent in the tree: the next POM of the line."""
        paths = [pom.path for pom in self.project.line.poms]
        return dict(zip(paths, paths[1:], strict=False)).get(used.entry.path)  # noqa: RUF007 - itertools' costs a load

    def _file(self, written: str, line: int) -> Source:
        """The source of a system dependency: always a file, whatever its name; one without a name is anywhere."""
        for start in _BASE:
            written = written.removeprefix(start)
        text = self.project.base.fill(written).text
        check_name(text, line)
        return Source("path" if text.lower().endswith((".jar", ".zip")) else "unknown", text or None)

    def gaps(self) -> list[Gap]:
        """Return what the tree does not tell: parents and imports elsewhere, properties, versions."""
        found = []
        outside = self.project.line.outside
        if outside is not None:
            found.append(self._gap("outside-parent", purl=self._named(self.project.plain(outside, None)[0])))
        for place, entry in self.project.management.imports:
            if self.project.management.path_of(entry) is None:
                found += [self._gap("outside-bom", purl=self._named(one)) for one in self.project.plain(entry, place)]
        found += [self._gap("property-unknown", name=name) for name in sorted(self._unknown)]
        if self.open:
            names = list(dict.fromkeys([name for _, name in sorted(self.open)]))
            more = ", …" if len(names) > _NAMED else ""
            found.append(self._gap("version-outside", count=str(len(names)), names=", ".join(names[:_NAMED]) + more))
        return list(dict.fromkeys(found))

    def _gap(self, reason: str, **params: str) -> Gap:
        return Gap(self.path, reason, tuple(sorted(params.items())))

    def _named(self, used: Used) -> str:
        component = purls.component("maven", used.artifact, used.group)
        return purls.versioned(component, _version(used)[0])


def _version(used: Used) -> tuple[str, str | None]:
    """Return the version, empty where none is fixed, and the requirement that stands in its place or beside it."""
    text = used.version
    if not text:
        return "", None
    if "${" in text and used.unknown:
        return "", text
    if text[0] not in "[(":
        return text, None
    only = text[1:-1].strip()
    exact = text[0] == "[" and text[-1] == "]" and only and not any(mark in only for mark in ",[]()")
    return only if exact else "", text


def _scope(used: Used) -> str:
    """Return the scope; one that Maven does not know reaches furthest."""
    kind = used.entry.kind
    if kind in _KINDS or used.within is not None:
        return _KINDS.get(kind, "plugin")
    scope = _SCOPES.get(used.scope, "runtime")
    return "optional" if scope == "runtime" and used.optional == "true" else scope
