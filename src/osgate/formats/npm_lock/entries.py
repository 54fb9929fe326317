"""The entries of a lock, by folder, whatever version wrote them."""

from __future__ import annotations

import posixpath

from osgate.formats import json_text
from osgate.model.dependency import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TypeAlias

    from osgate.formats.json_text import Shape
    from osgate.model.change import Siblings

    Entry: TypeAlias = dict[str, Any]
    Packages: TypeAlias = dict[str, Entry]
    Lines: TypeAlias = dict[str, int]

# How the address of a git repository begins.
GIT = ("git+", "git:", "ssh:", "github:", "gitlab:", "bitbucket:", "gist:")
_FLAT: Shape = {"packages": {}}
_NESTED: Shape = {}
_NESTED["dependencies"] = {"*": _NESTED}
_KEPT = ("resolved", "integrity", "dev", "optional", "devOptional", "peer")
# Far beyond any real tree (a lock of 3 MB has some 5,000); they bound the memory a hostile one can ask for.
MAX_ENTRIES = 100_000
MAX_PLACE = 2048
# Characters of a licence that are kept.
LONGEST_LICENCE = 200
_HOLLOW = {"dev", "optional", "devOptional", "peer"}
_ARCHIVES = (".tgz", ".tar.gz", ".tar")


def load(data: bytes) -> tuple[Packages, Lines]:
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
    _check_count(len(packages))
    for location, entry in packages.items():
        if type(entry) is not dict:
            raise Unreadable("malformed", packages.lines[location])
    return _agreed(dict(packages), packages.lines, lock, data)  # type: ignore[arg-type]


def _flattened(data: bytes) -> tuple[Packages, Lines]:
    packages, lines = {}, {}
    for location, entry, line in _flatten(json_text.load(data, _NESTED)):
        if location not in packages or "devDependencies" not in entry:  # an installed package, not a linked folder
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
    name = installed_name(location)
    return bool(older["version"] == entry.get("version") and older.get("name", name) == entry.get("name", name))


def _address(text: str) -> str:
    """What makes two addresses the same: the commit for git, the path without scheme on disk."""
    return text.partition("#")[2] if text.startswith(GIT) else text.removeprefix("file:")


def _flatten(lock: object) -> Iterator[tuple[str, Entry, int]]:
    """Yield folder, entry (rewritten to version 3) and line (0 where unknown) of nested `dependencies`."""
    stack, count = [("", lock)], 0
    while stack:
        base, holder = stack.pop()
        inner: Any = holder.get("dependencies", {}) if isinstance(holder, dict) else None
        lines = getattr(inner, "lines", {})
        if not isinstance(inner, dict):
            raise Unreadable("malformed", getattr(holder, "lines", {}).get("dependencies", 0))
        count += len(inner)
        _check_count(count)
        for name, older in inner.items():
            if _is_hollow(older):
                continue
            line = lines.get(name, 0)
            entry = _rewritten(older, line)
            location = f"{base}/node_modules/{name}" if base else f"node_modules/{name}"
            if installed_name(location) is None:
                raise Unreadable("malformed", line)
            if len(location) > MAX_PLACE:
                raise Unreadable("too-deep", line, limit=MAX_PLACE)
            yield location, entry, line
            if "link" in entry:
                # The linked folder's own entry. What it requires includes what it needs for development, unmarked.
                location = entry["resolved"]
                yield location, {"name": name, "version": "", "devDependencies": entry.pop("dependencies")}, line
            if "dependencies" in older:
                stack.append((location, older))


def _check_count(count: int) -> None:
    if count > MAX_ENTRIES:
        raise Unreadable("too-large", size=count, limit=MAX_ENTRIES)


def _is_hollow(older: object) -> bool:
    """Tell whether an entry stands for nothing: npm 11 writes bare flags for optional packages of other platforms."""
    return isinstance(older, dict) and older.get("optional") is True and older.keys() <= _HOLLOW


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


def manifest(path: str, siblings: Siblings) -> Entry | None:
    """Return what package.json says; None where there is none or it cannot be read."""
    data = siblings(path)
    try:
        manifest = json_text.load(data) if data is not None else None
    except Unreadable:
        manifest = None
    return manifest if isinstance(manifest, dict) else None


def installed_name(place: str) -> str | None:
    """Return the name a folder is installed under; None for a folder that is not directly in a node_modules."""
    cut = place.rfind("node_modules/")
    if cut < 0 or (cut and place[cut - 1] != "/"):
        return None
    name = place[cut + len("node_modules/") :]
    return None if "/" in name and (name[0] != "@" or name.count("/") > 1) else name


def licence(value: object) -> str | None:
    """Return the licence that a package states, in whatever form it does; None for one that says nothing.

    A text; in old packages an object with a `type`, or a list of either (npm, package.json, license). None, too, for a
    text that UTF-8 cannot write. Of a longer one than LONGEST_LICENCE the beginning is kept, and a digest of the whole,
    so that two of them are never taken for the same.
    """
    text = _stated(value)
    if not text or (text.isascii() and len(text) <= LONGEST_LICENCE):
        return text or None
    try:
        whole = text.encode()
    except UnicodeEncodeError:
        return None
    if len(text) <= LONGEST_LICENCE:
        return text
    from hashlib import sha256

    return f"{text[:LONGEST_LICENCE]} … {sha256(whole).hexdigest()[:12]}"


def _stated(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("type")
    if isinstance(value, list):
        named = [_stated(one) for one in value if not isinstance(one, list)]
        return " OR ".join([name for name in named if name])
    return value.strip() if isinstance(value, str) else ""
