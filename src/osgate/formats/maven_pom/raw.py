"""A POM as it is written: coordinates, properties and lists with their lines. Nothing is worked out yet.

Source of the elements: Maven's own reference of the POM (model versions 4.0.0 and 4.1.0).
"""

from __future__ import annotations

from osgate.formats import xml_text
from osgate.formats.guards import check_name
from osgate.model.dependency import Unreadable
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from osgate.formats.xml_text import Element

    Fields: TypeAlias = dict[str, Element]

# Far beyond any real file (the largest known has some 3,000); it bounds the work that a hostile one can ask for.
MAX_ENTRIES = 20_000
# What Maven's String.trim() takes away of the characters that XML allows.
BLANK = " \t\n\r"
PLUGIN_GROUP = "org.apache.maven.plugins"
_TEXTS = ("groupId", "artifactId", "version", "scope", "type", "classifier", "optional", "systemPath", "inherited")
_NO_FIELDS: Fields = {}
# What may stand where dependencies and plugins are declared; an element beside these could hide some, and Maven refuses
# it as well.
_PART = (
    "modules",
    "subprojects",
    "properties",
    "dependencies",
    "dependencyManagement",
    "build",
    "reporting",
    "reports",
)
_BOTH = frozenset((*_PART, "repositories", "pluginRepositories", "distributionManagement"))
_PROFILE = _BOTH | {"id", "activation"}
_PROJECT = _BOTH | {
    *("modelVersion", "parent", "groupId", "artifactId", "version", "packaging", "name", "description", "url"),
    *("inceptionYear", "organization", "licenses", "developers", "contributors", "mailingLists", "prerequisites"),
    *("scm", "issueManagement", "ciManagement", "profiles"),
}
_BUILD = frozenset(
    (
        *("plugins", "pluginManagement", "extensions", "resources", "testResources", "filters", "defaultGoal"),
        *("directory", "finalName", "sourceDirectory", "scriptSourceDirectory", "testSourceDirectory"),
        *("outputDirectory", "testOutputDirectory", "sources"),
    )
)
_REPORTING = frozenset(("excludeDefaults", "outputDirectory", "plugins"))
_DEPENDENCIES, _PLUGINS = frozenset(("dependencies",)), frozenset(("plugins",))


@record
class Entry:
    """One artefact that a POM names, every text as written, empty where it is not.

    kind: `dependency`, `plugin`, `report`, `extension`, `processor` or `parent`. path, line: where it stands.
    inside: a plugin's own dependencies and the annotation processors of its configuration. inherited: False for a
    plugin that children do not take over.
    """

    kind: str
    path: str
    line: int
    group: str
    artifact: str
    version: str = ""
    scope: str = ""
    type: str = ""
    classifier: str = ""
    optional: str = ""
    system: str = ""
    inside: tuple[Entry, ...] = ()
    inherited: bool = True


class Twice(str):
    """A property that is given twice, with two values: Maven takes the last, others the first. Nobody may ask for it.

    path, line: of the later one.
    """

    __slots__ = ("line", "path")
    path: str
    line: int


@record
class Part:
    """What the project itself, or one of its profiles, declares. profile: empty for the project itself."""

    profile: str
    properties: dict[str, str]
    dependencies: tuple[Entry, ...] = ()
    managed: tuple[Entry, ...] = ()
    plugins: tuple[Entry, ...] = ()
    managed_plugins: tuple[Entry, ...] = ()
    others: tuple[Entry, ...] = ()
    repositories: tuple[str, ...] = ()
    plugin_repositories: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()


@record
class Pom:
    """A POM. group, version: empty where the parent gives them. relative: where the parent is looked for, None for
    the default. parts: the project itself, then its profiles."""

    path: str
    group: str
    artifact: str
    version: str
    packaging: str
    parent: Entry | None
    relative: str | None
    parts: tuple[Part, ...]


def load(path: str, data: bytes) -> Pom:
    """Return the POM `data` at repository path `path`.

    Raises Unreadable: what `xml_text.load` refuses; `malformed`; `unknown-version` (a model that is not 4); ambiguous
    are `duplicate-key` (an element given twice) and `namespace`.
    """
    return read(path, xml_text.decode(data))[0]


def read(path: str, text: str, keep: str = "") -> tuple[Pom, list[Element]]:
    """Return the POM `text`, and the elements named `keep` that stand among the project's own dependencies.

    Those count for nothing; everywhere else they are refused like any element that does not belong there.
    """
    root = xml_text.parse(text)
    _settle_names(root, text.count("xmlns"))
    if root.name != "project":
        raise Unreadable("malformed", root.line)
    found = fields(root, _PROJECT)
    model = value(found.get("modelVersion"))
    if model and not model.startswith("4."):
        raise Unreadable("unknown-version", found["modelVersion"].line, version=ascii(model)[1:-1][:40])
    kept: list[Element] = []
    if keep and "dependencies" in found:
        holder = found["dependencies"]
        kept = [child for child in holder.children if child.name == keep]
        holder.children = [child for child in holder.children if child.name != keep]
    reader = _Reader(path)
    parent = found.get("parent")
    profiles = items(found.get("profiles"), "profile")
    pom = Pom(
        path,
        value(found.get("groupId")),
        value(found.get("artifactId")),
        value(found.get("version")),
        value(found.get("packaging")) or "jar",
        None if parent is None else reader.entry("parent", parent),
        None if parent is None else _relative(fields(parent)),
        (reader.part("", found), *[reader.profile(element) for element in profiles]),
    )
    return pom, kept


def _relative(found: Fields) -> str | None:
    return value(found["relativePath"]) if "relativePath" in found else None


def _settle_names(root: Element, mentions: int) -> None:
    """Make names plain: Maven 3 knows no namespaces and reads `<m:project>` not at all, newer readers know them.

    Where the root has a prefix, elements with it lose theirs and the others count as foreign. An element that declares
    the root's own namespace again may do so.
    """
    prefix, colon, _ = root.name.rpartition(":")
    own = f"{prefix}{colon}"
    space = (root.attributes or {}).get("xmlns", "")
    if not own and mentions < 2:
        return
    for element in xml_text.walk(root):
        if own:
            element.name = element.name.removeprefix(own) if element.name.startswith(own) else f":{element.name}"
        if element.attributes and element.attributes.get("xmlns") == space:
            element.attributes = None


def _check_space(element: Element) -> None:
    """Refuse an element of another namespace where the POM's own are looked for: readers differ on what it means."""
    if ":" in element.name or (element.attributes and "xmlns" in element.attributes):
        raise Unreadable("namespace", element.line, ambiguous=True)


def value(element: Element | None) -> str:
    """The text of an element, without the blanks around it; empty where there is no element."""
    if element is None:
        return ""
    if element.children:
        raise Unreadable("malformed", element.line)
    text = element.text.strip(BLANK)
    if not (text.isascii() and text.isprintable()):
        check_name(text, element.line)
    return text


def fields(element: Element | None, known: frozenset[str] | None = None) -> Fields:
    """The children of an element of which there may be one each, by name. known: all that there may be."""
    if element is None:
        return _NO_FIELDS
    if element.text and element.text.strip(BLANK):
        raise Unreadable("malformed", element.line)
    found: Fields = {}
    for child in element.children:
        if child.attributes or ":" in child.name:
            _check_space(child)
        if child.name in found:
            raise Unreadable("duplicate-key", child.line, ambiguous=True, key=ascii(child.name)[1:-1][:40])
        if known is not None and child.name not in known:
            raise Unreadable("malformed", child.line)
        found[child.name] = child
    return found


def items(element: Element | None, name: str) -> list[Element]:
    """The children of a list whose members are all called `name`."""
    if element is None:
        return []
    if element.text.strip(BLANK):
        raise Unreadable("malformed", element.line)
    for child in element.children:
        _check_space(child)
        if child.name != name:
            raise Unreadable("malformed", child.line)
    return element.children


class _Reader:
    """Makes the entries of one file and counts them."""

    def __init__(self, path: str) -> None:
        self.path, self.count = path, 0

    def profile(self, element: Element) -> Part:
        found = fields(element, _PROFILE)
        return self.part(value(found.get("id")) or "default", found)

    def part(self, profile: str, found: Fields) -> Part:
        """Return what the project or a profile with the children `found` declares."""
        build = fields(found.get("build"), _BUILD)
        reporting = fields(found.get("reporting"), _REPORTING)
        managed = fields(found.get("dependencyManagement"), _DEPENDENCIES)
        extensions = items(build.get("extensions"), "extension")
        return Part(
            profile,
            _properties(found.get("properties"), self.path),
            self.entries("dependency", found.get("dependencies")),
            self.entries("dependency", managed.get("dependencies")),
            self.plugins(build.get("plugins"), "plugin"),
            self.plugins(fields(build.get("pluginManagement"), _PLUGINS).get("plugins"), "plugin"),
            (*[self.entry("extension", e) for e in extensions], *self.plugins(reporting.get("plugins"), "report")),
            _addresses(found.get("repositories"), "repository"),
            _addresses(found.get("pluginRepositories"), "pluginRepository"),
            _listed(found.get("modules"), "module") + _listed(found.get("subprojects"), "subproject"),
        )

    def entries(self, kind: str, element: Element | None) -> tuple[Entry, ...]:
        return tuple([self.entry(kind, child) for child in items(element, kind)])

    def plugins(self, element: Element | None, kind: str) -> tuple[Entry, ...]:
        return tuple([self.entry(kind, child, PLUGIN_GROUP) for child in items(element, "plugin")])

    def entry(self, kind: str, element: Element, group: str = "") -> Entry:
        found = fields(element)
        self.count += 1
        if self.count > MAX_ENTRIES:
            raise Unreadable("too-large", element.line, limit=MAX_ENTRIES)
        said = {name: value(child) for name, child in found.items() if name in _TEXTS}
        if kind == "dependency":
            return dependency(self.path, element.line, said)
        return Entry(
            kind,
            self.path,
            element.line,
            said.get("groupId") or group,
            said.get("artifactId", ""),
            said.get("version", ""),
            inside=() if kind in ("parent", "processor") else self.inside(found),
            inherited=said.get("inherited") != "false",
        )

    def inside(self, found: Fields) -> tuple[Entry, ...]:
        """A plugin's dependencies, and what its configurations name as annotation processors: javac runs those."""
        made = list(self.entries("dependency", found.get("dependencies")))
        holders = [found.get("configuration")]
        holders += [fields(e).get("configuration") for e in items(found.get("executions"), "execution")]
        for holder in holders:
            for paths in holder.children if holder is not None else ():
                if paths.name == "annotationProcessorPaths":
                    made += [self.entry("processor", path) for path in paths.children]
        return tuple(made)


def dependency(path: str, line: int, said: dict[str, str]) -> Entry:
    """Return a dependency. said: the texts of its fields by name, as far as there are any."""
    get = said.get
    return Entry(
        "dependency",
        path,
        line,
        get("groupId", ""),
        get("artifactId", ""),
        get("version", ""),
        get("scope", ""),
        get("type", ""),
        get("classifier", ""),
        get("optional", ""),
        get("systemPath", ""),
    )


def _properties(element: Element | None, path: str) -> dict[str, str]:
    found: dict[str, str] = {}
    if element is None:
        return found
    if element.text.strip(BLANK):
        raise Unreadable("malformed", element.line)
    for child in element.children:
        if child.children:
            raise Unreadable("malformed", child.line)
        text = child.text.strip(BLANK)
        if found.setdefault(child.name, text) != text:
            found[child.name] = twice = Twice(text)
            twice.path, twice.line = path, child.line
    return found


def _addresses(element: Element | None, name: str) -> tuple[str, ...]:
    found = [value(fields(child).get("url")) for child in items(element, name)]
    return tuple([url for url in found if url])


def _listed(element: Element | None, name: str) -> tuple[str, ...]:
    return tuple([value(child) for child in items(element, name)])
