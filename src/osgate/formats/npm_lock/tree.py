"""The tree a lock describes: what stands in each folder, who requires it, where it comes from."""

from __future__ import annotations

import posixpath

from osgate import purl as purls
from osgate.formats.guards import check_name, without_credentials
from osgate.formats.integrity import digests
from osgate.formats.npm_lock.entries import GIT, MAX_PLACE, installed_name, licence
from osgate.model.dependency import REGISTRY, Dependency, Source, Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from osgate.formats.npm_lock.entries import Entry, Lines, Packages
    from osgate.model.change import Siblings

    Identity: TypeAlias = tuple[str, str, str, str | None]

# In the order in which a declaration wins: npm lets an optional one override the same name in `dependencies`.
REQUIRED = ("optionalDependencies", "dependencies", "peerDependencies")
_REQUIRING = frozenset(REQUIRED)
_DECLARED = ("optionalDependencies", "dependencies", "devDependencies", "peerDependencies")
_FLAGS = frozenset(("dev", "optional", "devOptional", "peer", "inBundle", "link"))
_HTTP = ("https://", "http://")
_HEX = frozenset("0123456789abcdefABCDEF")
_UNKNOWN = Source("unknown")
# Folders looked into for all requirements together, one of a long name counted as several; a lock of 3 MB needs some
# 50,000.
_MAX_STEPS = 5_000_000
# Steps upwards that `reach` follows; each looks at every entry. Beyond, the whole file is read at once instead.
_MAX_LEVELS = 64
_NO_NAMES = frozenset(("", ".", ".."))


class Tree:
    """The installed tree, folder by folder.

    names: the name a folder is installed under, None for one that is not directly in a node_modules. fetched: folders
    that npm fills. ours: folders of the repository. purls: component, version, purl and alias of what a folder holds.
    parents: purls that require it. declared: range and field by which the repository itself requires it. addressed:
    folders that somebody requires by an address.
    """

    def __init__(
        self,
        path: str,
        root: Entry | None,
        packages: Packages,
        lines: Lines,
        siblings: Siblings,
        places: list[str] | None = None,
    ) -> None:
        """places: the only folders somebody asks about (see `selected`), all of them filled by npm; None for all."""
        self.path, self.root, self.packages, self.lines = path, root, packages, lines
        self.places = places
        self.purls: dict[str, Identity] = {}
        self.parents: dict[str, set[str]] = {}
        self.declared: dict[str, tuple[str, str]] = {}
        self.addressed: set[str] = set()
        self.steps = 0
        self.base = base = posixpath.dirname(path)
        own = [place for place in packages if not place.startswith("node_modules/")] if places is not None else []
        looked = packages if places is None else [*places, *own]
        self.names = {place: installed_name(_normal(place, lines)) for place in looked}
        if places is not None and not own:
            self.fetched, self.ours = set(places), set[str]()
            self.reached = dict.fromkeys(places)
            return
        linked = {_target(entry, lines.get(place, 0)) for place, entry in packages.items() if entry.get("link")}
        # npm fills any other folder too, unless it is there: one that nothing links and that is not in the tree.
        self.fetched = {
            place
            for place, name in self.names.items()
            if name is not None
            or packages[place].get("resolved")
            or (place not in linked and siblings(posixpath.join(base, place, "package.json")) is None)
        }
        self.ours = {place for place in self.names if place not in self.fetched and _is_ours(base, place)}
        self.reached = dict.fromkeys(places or ())

    def dependencies(self) -> list[Dependency]:
        """Return one dependency for each folder that npm fills; the repository's own folders are none."""
        for place, entry in self.packages.items():
            self.purls[place] = self.identity(place, entry)
        self.follow_ours()
        for place, entry in self.packages.items():
            if not _REQUIRING.isdisjoint(entry) and place not in self.ours:
                self.follow(place, entry, REQUIRED)
        return [self.dependency(place, entry) for place, entry in self.packages.items() if place in self.fetched]

    def follow_ours(self) -> None:
        """Find what the root and the repository's own folders declare."""
        if self.root:
            self.follow("", self.root, _DECLARED)
        for place in self.packages if self.ours else ():
            if place in self.ours:
                self.follow(place, self.packages[place], _DECLARED)

    def reach(self, *, every: bool) -> None:
        """Note who requires the folders asked about. every: over any number of steps, adding them to `reached`."""
        if not self.reached:
            return
        self.follow_ours()
        requiring = [
            (place, wanted)
            for place, entry in self.packages.items()
            if not _REQUIRING.isdisjoint(entry) and place not in self.ours
            for field in REQUIRED
            if (wanted := entry.get(field))
        ]
        frontier, same = set(self.reached), dict[tuple[object, object], list[str]]()
        levels = 0
        while frontier:
            levels += 1
            if levels > _MAX_LEVELS:
                raise LookupError("levels")
            names = {place.rpartition("node_modules/")[2] for place in frontier}
            above: set[str] = set()
            for place, wanted in requiring:
                if names.isdisjoint(wanted):
                    continue
                for name in names.intersection(wanted):
                    found = self.resolve(place, name)
                    if found != place and found in frontier:
                        self.require(found, place, wanted[name])
                        above.add(place)
            frontier = set[str]()
            if every and above:
                same = same or self.holders()
                frontier.update(*(same[_held(place, self.packages[place])] for place in above))
                frontier -= self.reached.keys()
            self.reached.update(dict.fromkeys(sorted(frontier)))

    def holders(self) -> dict[tuple[object, object], list[str]]:
        """Return the folders by the name and version they hold: a way down may lead over any that hold the same."""
        found: dict[tuple[object, object], list[str]] = {}
        for place, entry in self.packages.items():
            found.setdefault(_held(place, entry), []).append(place)
        return found

    def require(self, found: str, place: str, requirement: str) -> None:
        """Note that the installed folder `place` requires what stands in `found`."""
        if type(requirement) is not str:
            raise Unreadable("malformed", self.lines.get(place, 0))
        if requirement.startswith(_HTTP):
            self.addressed.add(found)
        self.identify(place)
        self.parents.setdefault(found, set()).add(self.purls[place][2])

    def selected(self, lines: Lines) -> list[Dependency]:
        """Return one dependency for each folder in `reached`. lines: of their keys."""
        self.lines = lines
        for place in self.reached:
            self.identify(place)
        return [self.dependency(place, self.packages[place]) for place in self.reached]

    def identify(self, place: str) -> None:
        """Find out what the folder `place` holds, unless that is known."""
        if place not in self.purls:
            if place not in self.names:
                self.names[place] = installed_name(_normal(place, self.lines))
            self.purls[place] = self.identity(place, self.packages[place])

    def identity(self, place: str, entry: Entry) -> Identity:
        """Return component, version, purl and alias; the key's name is an alias where the entry has another one."""
        key_name, holder = self.names[place], entry
        if entry.get("link"):
            holder = self.packages.get(_target(entry, self.lines[place]), {})
        name = holder.get("name") or key_name or posixpath.basename(place)
        version = holder.get("version") or ""
        if type(name) is not str or type(version) is not str or name in _NO_NAMES or name[-1] == "/":
            raise Unreadable("malformed", self.lines[place])
        # A slash stands between scope and name alone; anywhere else it would look like a path in every address.
        if name.count("/") > (name[0] == "@"):
            raise Unreadable("malformed", self.lines[place])
        both = f"{name} {version}"
        if not (both.isascii() and both.isprintable()):
            check_name(both, self.lines[place])
        if not version and str(entry.get("resolved")).startswith(GIT):
            version = entry["resolved"].partition("#")[2]
            check_name(version, self.lines[place])
        component = purls.component("npm", name)
        return component, version, purls.versioned(component, version), None if key_name == name else key_name

    def follow(self, place: str, entry: Entry, fields: tuple[str, ...]) -> None:
        """Find the folders that answer what the package in folder `place` requires."""
        line = self.lines.get(place, 0)
        ours = not place or place in self.ours
        for field in fields:
            wanted = entry.get(field)
            if not wanted:
                continue
            if type(wanted) is not dict:
                raise Unreadable("malformed", line)
            for name, requirement in wanted.items():
                if type(requirement) is not str:
                    raise Unreadable("malformed", line)
                found = self.resolve(place, name)
                if found is None or found == place:
                    continue
                if requirement.startswith(_HTTP):
                    self.addressed.add(found)
                if ours:
                    self.declared.setdefault(found, (requirement, field))
                else:
                    self.parents.setdefault(found, set()).add(self.purls[place][2])

    def resolve(self, place: str, name: str) -> str | None:
        """Return the folder in which Node finds `name` from folder `place`: the nearest node_modules upwards."""
        packages, own = self.packages, self.names.get(place)
        if own and len(own) + len("node_modules/") == len(place):
            found = f"{place}/node_modules/{name}"
            if found in packages:
                return found
            place = ""
        while place:
            self.steps += 1 + len(place) // 64
            if self.steps > _MAX_STEPS:
                raise Unreadable("too-deep", limit=_MAX_STEPS)
            found = f"{place}/node_modules/{name}"
            if found in packages:
                return found
            if place == ".." or place.endswith("/.."):
                return None
            place = _above(place)
        found = f"node_modules/{name}"
        return found if found in packages else None

    def dependency(self, place: str, entry: Entry) -> Dependency:
        line = self.lines[place]
        component, version, purl, alias = self.purls[place]
        source = self.source(place, entry, line)
        if not version and source.kind in ("registry", "unknown"):
            raise Unreadable("malformed", line)
        install_code = entry.get("hasInstallScript", False)
        if install_code is not None and type(install_code) is not bool:
            raise Unreadable("malformed", line)
        requirement, field = self.declared.get(place, (None, ""))
        parents = self.parents.get(place)
        integrity = entry.get("integrity")
        if integrity and not isinstance(integrity, str):
            raise Unreadable("malformed", line)
        return Dependency(
            component,
            version,
            purl,
            self.path,
            line,
            "runtime" if _FLAGS.isdisjoint(entry) else _scope(entry, field, line),
            self.direct(place, source),
            tuple(sorted(parents)) if parents else (),
            source,
            digests(integrity, line) if integrity else (),
            install_code,
            requirement,
            alias,
            source.kind == "git" and not _is_commit(source.ref or ""),
            # An old lock, in which nobody can tell of install code, tells no licences either.
            licence(entry.get("license")) or (None if install_code is None else ""),
        )

    def direct(self, place: str, source: Source) -> bool | None:
        if place in self.declared or source.kind == "workspace":
            return True
        top = place.startswith("node_modules/") and "/node_modules/" not in place
        return None if top and self.root is None else False

    def source(self, place: str, entry: Entry, line: int) -> Source:
        if entry.get("link"):
            target = _target(entry, line)
            return Source("workspace" if _is_ours(self.base, target) else "path", target)
        resolved = entry.get("resolved")
        if not resolved:
            return _UNKNOWN if entry.get("inBundle") else REGISTRY
        if type(resolved) is not str:
            raise Unreadable("malformed", line)
        if not (resolved.isascii() and resolved.isprintable()):
            check_name(resolved, line)
        if resolved.startswith(_HTTP):
            named = place in self.addressed or entry.get("version") == ""  # version 1 has the address there
            named = named or not _fits(resolved, *self.purls[place][:2])
            return Source(
                "url" if named else "registry", without_credentials(resolved) if "@" in resolved else resolved
            )
        if resolved.startswith(GIT):
            url, _, ref = resolved.partition("#")
            return Source("git", without_credentials(url), ref or None)
        return Source("path" if resolved.startswith("file:") else "unknown", without_credentials(resolved))


def _fits(resolved: str, component: str, version: str) -> bool:
    """False where an address that looks like a registry's (`NAME/-/FILE-VERSION.tgz`) is that of another package.

    Artifactory and GitLab write the scope before the file again.
    """
    head, mark, file = resolved.rpartition("/-/")
    if not mark or not version:
        return True
    name = purls.unquote(component.removeprefix("pkg:npm/"))
    scope, slash, base = name.rpartition("/")
    end = f"{base}-{version}.tgz"
    file = purls.unquote(file.partition("?")[0].partition("#")[0])
    return file in (end, f"{scope}{slash}{end}") and purls.unquote(head).endswith(f"/{name}")


def _held(place: str, entry: Entry) -> tuple[object, object]:
    """Return name and version of what the folder `place` holds, as they are written."""
    return entry.get("name") or place.rpartition("node_modules/")[2], entry.get("version")


def _is_ours(base: str, place: str) -> bool:
    """Tell whether a folder is part of the repository and not of an installed package; `base` is the lock's folder."""
    if "/node_modules/" in f"/{place}":
        return False
    return not posixpath.normpath(posixpath.join(base, place)).startswith(("../", "/"))


def _normal(place: str, lines: Lines) -> str:
    """Refuse a folder written in a roundabout way ("node_modules/./a"): npm resolves it to one that others miss."""
    if len(place) > MAX_PLACE:
        raise Unreadable("too-deep", lines[place], limit=MAX_PLACE)
    odd = "./" in place or "//" in place or place[-1] in "/."
    if "\\" in place or (odd and posixpath.normpath(place) != place):
        raise Unreadable("malformed", lines[place])
    return place


def _above(place: str) -> str:
    """Return the folder whose node_modules is searched next: a folder named node_modules has none of its own."""
    above = posixpath.dirname(place)
    while posixpath.basename(above) == "node_modules":
        above = posixpath.dirname(above)
    return above


def _target(entry: Entry, line: int) -> str:
    target = entry.get("resolved")
    if type(target) is not str or not target:
        raise Unreadable("malformed", line)
    check_name(target, line)
    return posixpath.normpath(target.removeprefix("file:"))


def _scope(entry: Entry, field: str, line: int) -> str:
    """Return the scope npm's flags give; `dev` with `optional` is an optional dependency of a dev one, so dev.

    field: where the repository declares it, if it does; no flag makes a declared runtime dependency narrower.
    """
    if any(type(entry[flag]) is not bool for flag in _FLAGS & entry.keys()):
        raise Unreadable("malformed", line)
    if field == "dependencies":
        return "runtime"
    if entry.get("dev"):
        return "dev"
    if entry.get("optional") or entry.get("devOptional"):
        return "optional"
    return "peer" if entry.get("peer") else "runtime"


def _is_commit(ref: str) -> bool:
    return len(ref) in (40, 64) and _HEX.issuperset(ref)
