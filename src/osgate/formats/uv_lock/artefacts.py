"""What a package of a lock is made of: its source, the files it is installed from, their digests.

Source of the fields: uv's documentation ("Locking and syncing"), its reader of locks, and the file name convention of
the binary distribution format.
"""

from __future__ import annotations

import posixpath

from osgate.formats.guards import check_name, without_credentials
from osgate.formats.uv_lock.names import normal
from osgate.model.dependency import Source, Unreadable
from osgate.model.record import record
from osgate.purl import unquote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Table: TypeAlias = dict[str, Any]

KINDS = ("registry", "git", "url", "path", "directory", "editable", "virtual")
FOLDERS = frozenset(("directory", "editable", "virtual"))
_PLACES = ("url", "path", "filename")
_HEX = frozenset("0123456789abcdefABCDEF")
_COMMIT_LENGTHS = (40, 64)


@record
class Made:
    """source, digests, install_code, mutable: as in Dependency."""

    source: Source
    digests: tuple[str, ...]
    install_code: bool | None
    mutable: bool


def origin(entry: Table, line: int) -> tuple[str, str]:
    """Return kind (one of KINDS) and address of a package's source. Raises Unreadable `malformed`, `hostile-name`.

    Two kinds at once are ambiguous: uv takes the one it looks for first.
    """
    source = entry.get("source")
    kinds = [kind for kind in KINDS if kind in source] if type(source) is dict else []
    if type(source) is not dict or len(kinds) != 1:
        raise Unreadable("malformed", line, ambiguous=len(kinds) > 1)
    address = source[kinds[0]]
    if type(address) is not str or not address:
        raise Unreadable("malformed", line)
    check_name(address, line)
    return kinds[0], address


def inside(directory: str, place: str) -> str | None:
    """Return the folder that `place` means beside a lock in `directory`, as a path from there; None outside the tree.

    The lock's own folder is `.`.
    """
    place = place.replace("\\", "/")
    if place.startswith(("/", "~", "file:")) or place[1:2] == ":":
        return None
    joined = posixpath.normpath(posixpath.join(directory, place))
    if joined == ".." or joined.startswith("../"):
        return None
    return "." if joined == posixpath.normpath(directory) else posixpath.normpath(place)


def made(entry: Table, name: str, directory: str, line: int) -> Made:
    """Return what the package `name` (normalised) of a lock in `directory` is installed from.

    A registry's address is followed by the origins (scheme and host) of its files where they are others, so that moving
    the files is seen like moving the registry. install_code: True where something is built (a source archive alone, a
    repository, a folder), False where nothing can be (no source archive, or a wheel for every platform), None where
    both are there and the platform decides. Raises Unreadable `malformed`, `hostile-name`; `disagreement` (ambiguous)
    for a wheel of another name or version.
    """
    kind, address = origin(entry, line)
    files = _files(entry, line)
    digests = {_digest(part["hash"], line) for file in files for part in _hashed(file, line)}
    universal = _check_wheels(files[1:] if "sdist" in entry else files, name, entry.get("version"), line)
    sorted_digests = tuple(sorted(digests))
    if kind == "git":
        return Made(_repository(address, line), sorted_digests, True, False)
    if kind in FOLDERS:
        place = inside(directory, address)
        source = Source("path", address) if place is None else Source("workspace", place)
        return Made(source, sorted_digests, kind != "virtual", False)
    if kind == "registry":
        return Made(_registry(address, files, line), sorted_digests, _builds(entry, universal), False)
    code = not _archive_name(address).endswith(".whl")
    return Made(Source(kind, without_credentials(address)), sorted_digests, code, kind == "url" and not digests)


def _files(entry: Table, line: int) -> list[Table]:
    """The source archive, if there is one, and the wheels."""
    wheels, sdist = entry.get("wheels", []), entry.get("sdist")
    files = [*([sdist] if "sdist" in entry else []), *(wheels if type(wheels) is list else [None])]
    for file in files:
        if type(file) is not dict:
            raise Unreadable("malformed", line)
        for place in _PLACES:
            if place in file:
                if type(file[place]) is not str:
                    raise Unreadable("malformed", line)
                check_name(file[place], line)
        if sum(place in file for place in _PLACES) > 1:
            raise Unreadable("malformed", line, ambiguous=True)
    return files


def _hashed(file: Table, line: int) -> list[Table]:
    """A file's descriptions that have a digest: its own, and that of the same wheel in another compression."""
    other = file.get("zstd", {})
    if type(other) is not dict:
        raise Unreadable("malformed", line)
    return [part for part in (file, other) if "hash" in part]


def _digest(text: object, line: int) -> str:
    algorithm, colon, value = text.partition(":") if type(text) is str else ("", "", "")
    if not (colon and value and len(value) % 2 == 0 and _HEX.issuperset(value)):
        raise Unreadable("malformed", line)
    if not (algorithm.isascii() and algorithm.isalnum()):
        raise Unreadable("malformed", line)
    return f"{algorithm.lower()}:{value.lower()}"


def _registry(address: str, files: list[Table], line: int) -> Source:
    """Where a registry's files come from; files on disk belong to a registry on disk."""
    local = "://" not in address
    if not local and any("url" not in file for file in files):
        raise Unreadable("malformed", line)
    own = _origin(address, line) if not local else ""
    # The first three pieces of `scheme://host/…`.
    starts = {"/".join(file["url"].split("/", 3)[:3]) for file in files if "url" in file}
    others = {_origin(start, line) for start in starts} - {own}
    return Source("registry", " ".join([without_credentials(address), *sorted(others)]))


def _origin(address: str, line: int) -> str:
    scheme, mark, rest = without_credentials(address).partition("://")
    if not mark or not scheme:
        raise Unreadable("malformed", line)
    return f"{scheme}://{rest.partition('/')[0]}".lower()


def _repository(address: str, line: int) -> Source:
    """The address without its fragment, which is the commit; the query keeps what was asked for."""
    url, _, commit = address.partition("#")
    if len(commit) not in _COMMIT_LENGTHS or not _HEX.issuperset(commit):
        raise Unreadable("malformed", line)
    return Source("git", without_credentials(url), commit)


def _builds(entry: Table, universal: bool) -> bool | None:
    if not entry.get("wheels"):
        return True if "sdist" in entry else None
    return False if universal or "sdist" not in entry else None


def _archive_name(address: str) -> str:
    path = address.partition("#")[0].partition("?")[0]
    return path.replace("\\", "/").rpartition("/")[2]


def _check_wheels(wheels: list[Table], name: str, version: object, line: int) -> bool:
    """Tell whether one of the wheels fits every platform; raise Unreadable where one is not of this package."""
    universal, told = False, set[tuple[str, str]]()
    for wheel in wheels:
        file = _archive_name(wheel.get("url") or wheel.get("path") or wheel.get("filename") or "")
        parts = (unquote(file) if "%" in file else file).split("-")
        if len(parts) not in (5, 6) or not file.endswith(".whl"):
            raise Unreadable("malformed", line)
        told.add((parts[0], parts[1]))
        universal = universal or (parts[-2] == "none" and parts[-1] == "any.whl" and "py3" in parts[-3].split("."))
    for other, its in told:
        if normal(other, line) != name or (version is not None and not _same(its, version, line)):
            raise Unreadable("disagreement", line, ambiguous=True, package=name)
    return universal


def _same(told: str, version: object, line: int) -> bool:
    """Whether a wheel's version is that of the package, which may leave the local part out."""
    if told == version:
        return True
    from packaging.version import InvalidVersion, Version

    try:
        wheel, own = Version(told.replace("_", "-")), Version(str(version))
    except InvalidVersion:
        raise Unreadable("malformed", line) from None
    return wheel == own or Version(wheel.public) == own
