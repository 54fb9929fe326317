"""What a POM uses: which entries count, and which version and scope each of them has in the end."""

from __future__ import annotations

from osgate.formats.maven_pom.management import Management, cases, doubles, key
from osgate.formats.maven_pom.raw import PLUGIN_GROUP
from osgate.model.dependency import Unreadable
from osgate.model.record import record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from osgate.formats.maven_pom.management import Case, Key, Place
    from osgate.formats.maven_pom.properties import Filled
    from osgate.formats.maven_pom.raw import Entry, Pom
    from osgate.formats.maven_pom.tree import Tree

# Plugins that Maven runs without being asked, by packaging; of their versions pluginManagement is the only word.
# Source: Maven's "Introduction to the Build Lifecycle", "Built-in Lifecycle Bindings".
_ALWAYS = ("clean", "site", "install", "deploy")
_CODE = ("resources", "compiler", "surefire")
_BOUND = {
    "pom": _ALWAYS,
    "jar": (*_ALWAYS, *_CODE, "jar"),
    "ejb": (*_ALWAYS, *_CODE, "ejb"),
    "maven-plugin": (*_ALWAYS, *_CODE, "jar", "plugin"),
    "war": (*_ALWAYS, *_CODE, "war"),
    "ear": (*_ALWAYS, "resources", "ear"),
    "rar": (*_ALWAYS, *_CODE, "rar"),
}
_ANY = (*_ALWAYS, *_CODE, "jar", "ejb", "plugin", "war", "ear", "rar")


@record
class Used:
    """An entry as the build uses it in one case, every text filled as far as it can be.

    unknown: names of the expressions that could not be. within: the plugin it belongs to.
    """

    entry: Entry
    group: str
    artifact: str
    version: str
    scope: str
    type: str
    classifier: str
    optional: str
    unknown: tuple[str, ...] = ()
    within: Used | None = None


class Project:
    """The effective project of one POM.

    Raises Unreadable: what its parents and imports in the tree are refused for, `duplicate-pin` (ambiguous).
    """

    def __init__(self, pom: Pom, tree: Tree) -> None:
        self.pom, self.tree = pom, tree
        self.line = tree.line(pom)
        self.cases = cases(self.line)
        self.base = self.cases[0].lookup
        self.management = Management(self.line, tree, self.base)
        self.management.settle(self.cases)
        self._reports: dict[Key, str] = {}
        for above in self.line.poms:
            for entry in above.parts[0].others:
                if entry.kind == "report" and entry.version:
                    self._reports.setdefault(key(entry, self.base), entry.version)
        self.check(pom)
        for above in self.line.poms[1:]:
            try:
                self.check(above)
            except Unreadable as error:
                line = pom.parent.line if pom.parent else 0
                params = {"path": above.path, "at": error.line, **error.params}
                raise Unreadable(error.reason, line, ambiguous=True, **params) from None

    def check(self, pom: Pom) -> None:
        """Refuse a list that sets two versions of one artefact: Maven takes the last, others the first, or both."""
        for part in pom.parts:
            managed = tuple([e for e in part.managed if self.base.fill(e.scope).text != "import"])
            for entries in (part.dependencies, managed, part.plugins, part.managed_plugins):
                double = doubles(entries, self.base)
                if double is not None:
                    name = f"{double.group}:{double.artifact}"
                    raise Unreadable("duplicate-pin", double.line, ambiguous=True, name=name)

    def used(self) -> Iterator[Used]:
        """Yield everything the project uses, each entry once for every version it can have."""
        for pom in self.line.poms:
            if pom.parent is not None:
                yield from self.plain(pom.parent, None)
        for place, entry in self.management.imports:
            yield from self.plain(entry, place)
        yield from self.dependencies()
        yield from self.plugins()

    def dependencies(self) -> Iterator[Used]:
        """Yield the dependencies: those of a parent count unless a nearer POM declares them itself."""
        nearer: set[Key] = set()
        above = len(self.line.poms) - 1
        for step, pom in enumerate(self.line.poms):
            for at, part in enumerate(pom.parts):
                for entry in part.dependencies:
                    if not step or key(entry, self.base) not in nearer:
                        yield from self.dependency(entry, (step, at) if at else None)
            if step < above:
                nearer.update([key(entry, self.base) for entry in pom.parts[0].dependencies])

    def dependency(self, entry: Entry, place: Place) -> list[Used]:
        """Return a dependency in each of the ways in which the cases make another of it."""
        return self.ways(place, lambda case: self.managed(entry, case))

    def plain(self, entry: Entry, place: Place, within: Used | None = None) -> list[Used]:
        """Return an entry that nothing manages, in each of its ways."""
        return self.ways(place, lambda case: _used(entry, case, within=within))

    def ways(self, place: Place, made: Callable[[Case], Used]) -> list[Used]:
        """Return what the cases make of one entry, each once. place: the profile it stands in.

        Where some case fills everything, those that leave something open do not count.
        """
        if len(self.cases) == 1:
            return [made(self.cases[0])]
        own = [case for case in self.cases if place is not None and case.place == place]
        found = [made(case) for case in own or self.cases]
        if own and all(used.unknown for used in found):
            found += [made(case) for case in self.cases]
        known = [used for used in found if not used.unknown]
        return list(dict.fromkeys(known or found[:1]))

    def managed(self, entry: Entry, case: Case) -> Used:
        """Return a dependency (or annotation processor) with the version and scope that are managed for it."""
        found = None
        if self.management and (not entry.version or (not entry.scope and entry.kind == "dependency")):
            found = self.management.find(key(entry, case.lookup), case)
        if found is None:
            return _used(entry, case)
        version = None if entry.version else found.version
        return _used(entry, case, version, None if entry.scope else found.scope)

    def plugins(self) -> Iterator[Used]:
        """Yield plugins, what they depend on, build extensions and reports.

        What a POM's parent says of a plugin that it names itself is told with that.
        """
        nearer: set[tuple[str, Key]] = set()
        for step, pom in enumerate(self.line.poms):
            for at, part in enumerate(pom.parts):
                for entry in (*part.plugins, *part.others):
                    wanted = key(entry, self.base)
                    if (entry.kind, wanted) not in nearer and (entry.inherited or not step):
                        yield from self.plugin(entry, wanted, (step, at) if at else None)
            own = pom.parts[0]
            nearer.update([(entry.kind, key(entry, self.base)) for entry in (*own.plugins, *own.others)])
        bound = {f"maven-{name}-plugin" for name in _BOUND.get(self.pom.packaging, _ANY)}
        seen: set[Key] = set()
        for wanted, place, entry in self.management.only_managed():
            if wanted[0] == PLUGIN_GROUP and wanted[1] in bound and entry.version and wanted not in seen:
                seen.update(() if place else (wanted,))
                yield from self.plugin(entry, wanted, place)

    def plugin(self, entry: Entry, wanted: Key, place: Place) -> Iterator[Used]:
        """Yield a plugin with what it depends on."""
        inside = list(self.inside(entry, wanted, place))
        for used in self.ways(place, lambda case: self.versioned(entry, wanted, case)):
            yield used
            for inner in inside:
                if inner.kind == "processor":
                    yield from [replace(made, within=used) for made in self.dependency(inner, place)]
                else:
                    yield from self.plain(inner, place, used)

    def inside(self, entry: Entry, wanted: Key, place: Place) -> Iterator[Entry]:
        """Yield what a plugin depends on: what it says itself, and what parents, profiles and pluginManagement add.

        What is said nearer replaces what has the same key, unless a profile says it: that one may be inactive.
        """
        said = self.management.plugins(wanted) if entry.kind == "plugin" else []
        done: set[Key] = set()
        for where, holder in ((place, entry), *[one for one in said if one[1] is not entry]):
            new = [inner for inner in holder.inside if key(inner, self.base) not in done]
            done.update([key(inner, self.base) for inner in new if where is None])
            yield from new

    def versioned(self, entry: Entry, wanted: Key, case: Case) -> Used:
        """Return a plugin (or report) with its version: its own, else a parent's, else what is managed."""
        if entry.version or entry.kind == "extension":
            return _used(entry, case)
        said = [other.version for _, other in self.management.plugins(wanted, case)]
        if entry.kind == "report":
            said.insert(0, self._reports.get(wanted, ""))
        version = next((text for text in said if text), None)
        return _used(entry, case, None if version is None else case.lookup.fill(version))


def _used(
    entry: Entry, case: Case, version: Filled | None = None, scope: Filled | None = None, within: Used | None = None
) -> Used:
    """Return `entry` with every text filled. version, scope: what others say, filled by them."""
    texts = (entry.group, entry.artifact, entry.version, entry.scope, entry.type, entry.classifier, entry.optional)
    unknown: tuple[str, ...] = ()
    if version is not None or scope is not None or "$" in "".join(texts):
        filled = [case.lookup.fill(text) for text in texts]
        filled[2], filled[3] = version or filled[2], scope or filled[3]
        unknown = tuple(dict.fromkeys([name for one in filled for name in one.unknown]))
        texts = tuple([one.text for one in filled])  # type: ignore[assignment]  # as many as there were
    group, artifact, number, reach, kind, classifier, optional = texts
    return Used(entry, group, artifact, number, reach, kind, classifier, optional, unknown, within)
