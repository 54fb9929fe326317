"""package-lock.json and npm-shrinkwrap.json, lockfileVersion 1, 2 and 3.

Versions 2 and 3 hold `packages`, keyed by folder ("node_modules/a/node_modules/b"); version 1 holds nested
`dependencies`, which are rewritten to the same shape first, so that there is one reader. Where a file has both, they
must agree: npm 6 installs from one, newer ones from the other.

Source of the fields: npm's documentation, "package-lock.json"; of the lookup of a required name: Node's documentation,
"Loading from node_modules folders".
"""

from __future__ import annotations

import posixpath
from binascii import a2b_base64

from osgate import purl as purls
from osgate.formats import json_text
from osgate.formats.guards import check_name, without_credentials
from osgate.model.dependency import REGISTRY, Dependency, Source, Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TypeAlias

    from osgate.formats.json_text import Shape
    from osgate.model.change import Siblings

    Entry: TypeAlias = dict[str, Any]
    Packages: TypeAlias = dict[str, Entry]
    Lines: TypeAlias = dict[str, int]
    Identity: TypeAlias = tuple[str, str, str, str | None]

_FLAT: Shape = {"packages": {}}
_NESTED: Shape = {}
_NESTED["dependencies"] = {"*": _NESTED}
# In the order in which a declaration wins: npm lets an optional one override the same name in `dependencies`.
_REQUIRED = ("optionalDependencies", "dependencies", "peerDependencies")
_REQUIRING = frozenset(_REQUIRED)
_DECLARED = ("optionalDependencies", "dependencies", "devDependencies", "peerDependencies")
_KEPT = ("resolved", "integrity", "dev", "optional", "devOptional", "peer")
_FLAGS = frozenset(("dev", "optional", "devOptional", "peer", "inBundle", "link"))
_HTTP = ("https://", "http://")
_GIT = ("git+", "git:", "ssh:", "github:", "gitlab:", "bitbucket:", "gist:")
_ARCHIVES = (".tgz", ".tar.gz", ".tar")
_HEX = frozenset("0123456789abcdefABCDEF")
_UNKNOWN = Source("unknown")
_NO_NAMES = frozenset(("", ".", ".."))


def read(path: str, data: bytes, siblings: Siblings) -> tuple[Dependency, ...]:
    """Return every package the lockfile `data` at repository path `path` installs, each occurrence, by line.

    Packages required by the root or by a folder of the repository (a workspace) are direct. A file without a root entry
    (version 1) leaves that to the package.json beside it, asked for through `siblings`; without one, direct is None.
    The kind of source is `url` where somebody requires an address, `registry` for all other archives; `unknown` for
    what lies inside the archive of another package. A git dependency without version has its commit as version.
    Raises Unreadable: what `json_text.load` refuses, `unknown-version`, `malformed`, `hostile-name`, and `disagreement`
    (ambiguous) where `packages` and `dependencies` differ on one folder.
    """
    packages, lines = _entries(data)
    root = packages.pop("", None)
    if root is None:
        root = _manifest(posixpath.join(posixpath.dirname(path), "package.json"), siblings)
    made = _Tree(path, root, packages, lines).dependencies()
    return tuple(sorted(made, key=lambda dependency: dependency.line))


def _entries(data: bytes) -> tuple[Packages, Lines]:
    """Return the lock's entries by folder, in the shape of version 3, and the line of each."""
    lock = json_text.load(data, _FLAT if b'"packages"' in data else _NESTED)
    if not isinstance(lock, json_text.Located):
        raise Unreadable("malformed", 1)
    version = lock.get("lockfileVersion", 1 if "dependencies" in lock and "packages" not in lock else None)
    if type(version) is not int or version not in (1, 2, 3):
        raise Unreadable("unknown-version", lock.lines.get("lockfileVersion", 0), version=str(version)[:40])
    packages = lock.get("packages")
    if packages is None:
        if version != 1 and "dependencies" not in lock:
            raise Unreadable("malformed", lock.lines["lockfileVersion"])
        return _flattened(data)
    if not isinstance(packages, json_text.Located):
        raise Unreadable("malformed", lock.lines["packages"])
    for location, entry in packages.items():
        if type(entry) is not dict:
            raise Unreadable("malformed", packages.lines[location])
    return _agreed(dict(packages), packages.lines, lock, data)  # type: ignore[arg-type]


def _flattened(data: bytes) -> tuple[Packages, Lines]:
    packages, lines = {}, {}
    for location, entry, line in _flatten(json_text.load(data, _NESTED)):
        packages[location], lines[location] = entry, line
    return packages, lines


def _agreed(packages: Packages, lines: Lines, lock: Entry, data: bytes) -> tuple[Packages, Lines]:
    """Hold the two halves of a version 2 file against each other; add what only the older half has."""
    more = False
    for location, entry, _ in _flatten(lock):
        if location not in packages:
            more = True
        elif not _agree(location, packages[location], entry):
            raise Unreadable("disagreement", lines[location], ambiguous=True, folder=location)
    if not more:
        return packages, lines
    older, older_lines = _flattened(data)
    return {**older, **packages}, {**older_lines, **lines}


def _agree(location: str, entry: Entry, older: Entry) -> bool:
    for key in ("integrity", "resolved"):
        ours, theirs = entry.get(key), older.get(key)
        if isinstance(ours, str) and isinstance(theirs, str) and _address(ours) != _address(theirs):
            return False
    if older.get("link") or not older["version"]:
        return True
    name = _installed_name(location)
    return bool(older["version"] == entry.get("version") and older.get("name", name) == entry.get("name", name))


def _address(text: str) -> str:
    """What makes two addresses the same: the commit for git, the path without scheme on disk."""
    return text.partition("#")[2] if text.startswith(_GIT) else text.removeprefix("file:")


def _flatten(lock: object) -> Iterator[tuple[str, Entry, int]]:
    """Yield folder, entry (rewritten to version 3) and line (0 where unknown) of nested `dependencies`."""
    stack = [("", lock)]
    while stack:
        base, holder = stack.pop()
        inner: Any = holder.get("dependencies", {}) if isinstance(holder, dict) else None
        lines = getattr(inner, "lines", {})
        if not isinstance(inner, dict):
            raise Unreadable("malformed", getattr(holder, "lines", {}).get("dependencies", 0))
        for name, older in inner.items():
            line = lines.get(name, 0)
            entry = _rewritten(older, line)
            location = f"{base}/node_modules/{name}" if base else f"node_modules/{name}"
            yield location, entry, line
            if "link" in entry:
                # The linked folder's own entry. What it requires includes what it needs for development, unmarked.
                location = entry["resolved"]
                yield location, {"name": name, "version": "", "devDependencies": entry.pop("dependencies")}, line
            if "dependencies" in older:
                stack.append((location, older))


def _rewritten(older: object, line: int) -> Entry:
    """Return an entry of version 1 as version 3 writes it."""
    version = older.get("version") if isinstance(older, dict) else None
    if not isinstance(older, dict) or not isinstance(version, str) or not version:
        raise Unreadable("malformed", line)
    requires = older.get("requires", False)
    if not isinstance(requires, (dict, bool)):
        raise Unreadable("malformed", line)
    made = {key: older[key] for key in _KEPT if key in older}
    made.update(
        dependencies=requires if isinstance(requires, dict) else {},
        inBundle=older.get("bundled", False),
        hasInstallScript=None,
    )
    if version.startswith("npm:"):
        made["name"], _, version = version[4:].rpartition("@")
    elif version.startswith("file:") and not version.endswith(_ARCHIVES) and "integrity" not in made:
        made.update(link=True, resolved=posixpath.normpath(version[5:]))
    elif ":" in version or "/" in version:
        made["resolved"], version = version, ""
    made["version"] = version
    return made


def _manifest(path: str, siblings: Siblings) -> Entry | None:
    """Return what package.json says; None where there is none or it cannot be read."""
    data = siblings(path)
    try:
        manifest = json_text.load(data) if data is not None else None
    except Unreadable:
        manifest = None
    return manifest if isinstance(manifest, dict) else None


class _Tree:
    """The installed tree, folder by folder.

    names: the name a folder is installed under, None for one that is not directly in a node_modules. purls: component,
    version, purl and alias of what it holds. parents: purls that require it. declared: range and field by which the
    repository itself requires it. addressed: folders that somebody requires by an address.
    """

    __slots__ = (
        "addressed",
        "base",
        "declared",
        "lines",
        "names",
        "ours",
        "packages",
        "parents",
        "path",
        "purls",
        "root",
    )

    def __init__(self, path: str, root: Entry | None, packages: Packages, lines: Lines) -> None:
        self.path, self.root, self.packages, self.lines = path, root, packages, lines
        self.purls: dict[str, Identity] = {}
        self.parents: dict[str, set[str]] = {}
        self.declared: dict[str, tuple[str, str]] = {}
        self.addressed: set[str] = set()
        self.base = base = posixpath.dirname(path)
        self.names = {place: _installed_name(place) for place in packages}
        self.ours = {place for place, name in self.names.items() if name is None and _is_ours(base, place)}

    def dependencies(self) -> list[Dependency]:
        """Return one dependency for each installed folder; the repository's own folders are none."""
        for place, entry in self.packages.items():
            self.purls[place] = self.identity(place, entry)
        if self.root:
            self.follow("", self.root, _DECLARED)
        for place in self.packages:
            if place in self.ours:
                self.follow(place, self.packages[place], _DECLARED)
        for place, entry in self.packages.items():
            if not _REQUIRING.isdisjoint(entry) and place not in self.ours:
                self.follow(place, entry, _REQUIRED)
        names = self.names
        return [self.dependency(place, entry) for place, entry in self.packages.items() if names[place] is not None]

    def identity(self, place: str, entry: Entry) -> Identity:
        """Return component, version, purl and alias; the key's name is an alias where the entry has another one."""
        key_name, holder = self.names[place], entry
        if "link" in entry and entry["link"]:
            holder = self.packages.get(_target(entry, self.lines[place]), {})
        name = holder.get("name") or key_name or posixpath.basename(place)
        version = holder.get("version") or ""
        if type(name) is not str or type(version) is not str or name in _NO_NAMES or name[-1] == "/":
            raise Unreadable("malformed", self.lines[place])
        both = f"{name} {version}"
        if not (both.isascii() and both.isprintable()):
            check_name(both, self.lines[place])
        if not version and str(entry.get("resolved")).startswith(_GIT):
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
            _digests(integrity, line) if integrity else (),
            install_code,
            requirement,
            alias,
            source.kind == "git" and not _is_commit(source.ref or ""),
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
            return Source(
                "url" if named else "registry", without_credentials(resolved) if "@" in resolved else resolved
            )
        if resolved.startswith(_GIT):
            url, _, ref = resolved.partition("#")
            return Source("git", without_credentials(url), ref or None)
        return Source("path" if resolved.startswith("file:") else "unknown", without_credentials(resolved))


def _installed_name(place: str) -> str | None:
    """Return the name a folder is installed under; None for a folder that is not directly in a node_modules."""
    cut = place.rfind("node_modules/")
    if cut < 0 or (cut and place[cut - 1] != "/"):
        return None
    name = place[cut + len("node_modules/") :]
    return None if "/" in name and (name[0] != "@" or name.count("/") > 1) else name


def _is_ours(base: str, place: str) -> bool:
    """Tell whether a folder is part of the repository and not of an installed package; `base` is the lock's folder."""
    if "/node_modules/" in f"/{place}":
        return False
    return not posixpath.normpath(posixpath.join(base, place)).startswith(("../", "/"))


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
    if any([type(entry[flag]) is not bool for flag in _FLAGS & entry.keys()]):
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


def _digests(integrity: object, line: int) -> tuple[str, ...]:
    """Return the digests of a Subresource Integrity text ("sha512-<base64>", several apart by blanks; W3C SRI)."""
    made = []
    for part in integrity.split() if isinstance(integrity, str) else ("",):
        algorithm, _, value = part.partition("-")
        try:
            digest = a2b_base64(value.partition("?")[0], strict_mode=True).hex()
        except ValueError:
            digest = ""
        if not digest or not (algorithm.isascii() and algorithm.isalnum()):
            raise Unreadable("malformed", line)
        made.append(f"{algorithm.lower()}:{digest}")
    return tuple(made) if len(made) == 1 else tuple(sorted(set(made)))
