"""Where a package of the lock comes from, and what holds its content to what was resolved."""

from __future__ import annotations

import posixpath

from osgate import purl as purls
from osgate.formats import integrity
from osgate.formats.guards import check_name, without_credentials
from osgate.formats.pnpm_lock.keys import Key
from osgate.model.dependency import REGISTRY, Source, Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import Any

    from osgate.formats.pnpm_lock.document import Entry

_HTTP = ("https://", "http://")
_GIT = ("git+", "git:", "git@", "ssh:", "github:", "gitlab:", "bitbucket:", "gist:")
_HEX = frozenset("0123456789abcdefABCDEF")
# Archives that the forges make of a commit: address, what stands before the commit and behind it.
_FORGES = (
    ("https://codeload.github.com/", "/tar.gz/", ""),
    ("https://gitlab.com/api/", "/archive.tar.gz?ref=", ""),
    ("https://bitbucket.org/", "/get/", ".tar.gz"),
)


def resolution(entry: Entry, line: int) -> Entry:
    """Return how a package was resolved. Raises Unreadable `malformed` unless it is a mapping."""
    found = entry.get("resolution", {})
    if not isinstance(found, dict):
        raise Unreadable("malformed", line)
    return found


def source(key: Key, resolved: Entry, folders: Collection[str], base: str, line: int) -> Source:
    """Return the source of the package at `key`, resolved as `resolved` says.

    folders: of the projects, relative to the lock's. base: the lock's own folder. Raises Unreadable `malformed` and
    `hostile-name`.
    """
    kind = text(resolved, "type", line)
    if kind == "git" or "repo" in resolved:
        return _git(text(resolved, "repo", line), text(resolved, "commit", line))
    if kind == "directory" or "directory" in resolved:
        return folder(text(resolved, "directory", line), folders, base)
    if kind in ("binary", "variations"):
        url = next((found for one in variants(resolved) if (found := text(one, "url", line))), "")
        return Source("url", without_credentials(url) or None)
    if kind:  # a resolver of one's own
        return Source("unknown")
    tarball = text(resolved, "tarball", line)
    if tarball:
        return _tarball(key, tarball)
    if key.address:
        return _address(key.address, folders, base)
    registry = text(resolved, "registry", line)
    if registry or key.host:
        return Source("registry", without_credentials(registry or f"https://{key.host.replace('+', ':')}/"))
    return REGISTRY


def folder(target: str, folders: Collection[str], base: str) -> Source:
    """Return the source of a folder on disk, given relative to the lock's: part of the workspace, or a path."""
    there = posixpath.normpath(target)
    outside = posixpath.normpath(posixpath.join(base, there)).startswith(("../", "/"))
    return Source("workspace" if there in folders and not outside else "path", there)


def variants(resolved: Entry) -> Iterator[Entry]:
    """Yield the resolution itself, or those for the several platforms it tells apart."""
    listed = resolved.get("variants")
    if not isinstance(listed, list):
        yield resolved
        return
    for one in listed:
        found = one.get("resolution") if isinstance(one, dict) else None
        if isinstance(found, dict):
            yield found


def digests(resolved: Entry, line: int) -> tuple[str, ...]:
    """Return the digests that a resolution names, of all its variants together."""
    stated = [text(one, "integrity", line) for one in variants(resolved)]
    return integrity.digests(" ".join(stated), line)


def text(holder: Entry, field: str, line: int) -> str:
    """Return a text that may be absent. Raises Unreadable `malformed`, and `hostile-name` for one that deceives."""
    found: Any = holder.get(field, "")
    if not isinstance(found, str):
        raise Unreadable("malformed", line)
    if not (found.isascii() and found.isprintable()):
        check_name(found, line)
    return found


def is_commit(ref: str) -> bool:
    """Tell whether a ref is the name of a commit, which nobody can move."""
    return len(ref) in (40, 64) and _HEX.issuperset(ref)


def _git(url: str, commit: str) -> Source:
    return Source("git", without_credentials(url), commit or None)


def _tarball(key: Key, tarball: str) -> Source:
    if tarball.startswith("file:"):
        return Source("path", tarball)
    for start, before, behind in _FORGES:
        if tarball.startswith(start) and before in tarball and tarball.endswith(behind):
            commit = tarball.rpartition(before)[2].removesuffix(behind)
            return _git(tarball, commit)
    named = bool(key.address) or not _fits(tarball, key)
    return Source("url" if named else "registry", without_credentials(tarball))


def _address(address: str, folders: Collection[str], base: str) -> Source:
    """The source of a package of which only the path tells."""
    if address.startswith(("file:", "link:")):
        path = address[5:]
        return Source("path", address) if path.endswith((".tgz", ".tar.gz", ".tar")) else folder(path, folders, base)
    if address.startswith(_HTTP):
        return _tarball(Key("", "", address), address)
    if address.startswith(_GIT):
        url, _, ref = address.partition("#")
        return _git(url, ref)
    return Source("unknown", without_credentials(address))


def _fits(tarball: str, key: Key) -> bool:
    """False where an address that looks like a registry's (`NAME/-/FILE-VERSION.tgz`) is that of another package.

    Artifactory and GitLab write the scope before the file again.
    """
    head, mark, file = tarball.rpartition("/-/")
    if not mark:
        return True
    scope, slash, base = key.name.rpartition("/")
    end = f"{base}-{key.version}.tgz"
    file = purls.unquote(file.partition("?")[0].partition("#")[0])
    return file in (end, f"{scope}{slash}{end}") and f"/{purls.unquote(head)}".endswith(f"/{key.name}")
