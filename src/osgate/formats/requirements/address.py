"""Where a requirement that names an address comes from: version control, an archive on a server, a path on disk.

Source of the rules: pip's "VCS Support" page, the recorded hashes and egg fragments of its links, and the wheel
specification's file names.
"""

from __future__ import annotations

import posixpath
import re

from osgate.formats.guards import check_name, without_credentials
from osgate.formats.requirements.specifier import ARCHIVES, NAME, VCS_SCHEMES, scheme
from osgate.model.dependency import Source, Unreadable
from osgate.model.record import record
from osgate.purl import Purl, component, normalise_pypi, unquote, versioned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.formats.requirements.specifier import Requirement
    from osgate.model.change import Siblings

_COMMIT = re.compile(r"[0-9a-fA-F]{40}")
_EGG = re.compile(rf"({NAME})(?:\[[^\]]*\])?(?:[=~!<>]=.*)?")
_DIGEST = re.compile(r"(md5|sha1|sha224|sha256|sha384|sha512)=([0-9a-fA-F]+)")
_WHEEL = re.compile(r"([^\s-]+)-([^\s-]+)(?:-[0-9][^\s-]*)?-[^\s-]+-[^\s-]+-[^\s-]+\.whl", re.IGNORECASE)
_GITHUB = re.compile(r"/([A-Za-z0-9_.-]+)/([A-Za-z0-9_.-]+?)(?:\.git)?/?")
_GITHUB_ARCHIVE = re.compile(
    r"/([A-Za-z0-9_.-]+)/([A-Za-z0-9_.-]+)/(?:archive|zipball|tarball)/(?:refs/(?:tags|heads)/)?(.+)"
)
_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")


@record
class Target:
    """What an address names. component, version, purl, source: as in Dependency. digests: from the address itself."""

    component: str
    version: str
    purl: str
    source: Source
    digests: tuple[str, ...] = ()
    install_code: bool | None = None
    mutable: bool = False


def target(requirement: Requirement, directory: str, line: int, siblings: Siblings) -> Target:
    """Return what the address of `requirement` names; `directory` is the folder of the file it stands in.

    Raises Unreadable `syntax` for an address that pip could not use (an empty revision, a wheel of another name).
    """
    address, _, fragment = requirement.address.partition("#")
    fields = dict(pair.partition("=")[::2] for pair in reversed(fragment.split("&")))
    name = requirement.name or _egg(unquote(fields.get("egg", "")), line)
    kind = scheme(address)
    if kind in VCS_SCHEMES:
        return _repository(address, name, fields.get("subdirectory", ""), line)
    recorded = [_DIGEST.fullmatch(field) for field in fragment.split("&")]
    digests = tuple(sorted({f"{found[1]}:{found[2].lower()}" for found in recorded if found}))
    if kind in ("", "file"):
        if "://" in address and not kind:
            raise Unreadable("syntax", line)
        source, default = _path(address, directory, siblings, line)
    else:
        clean = without_credentials(address)
        source, default = Source("url", clean), _default(clean)
    return _archive(address, name, source, digests, default, line)


def _egg(text: str, line: int) -> str:
    """Return the project name of an egg fragment; older files add extras or a version to it."""
    if not text:
        return ""
    found = _EGG.fullmatch(text)
    if not found:
        raise Unreadable("syntax", line)
    return found[1]


def _repository(address: str, name: str, subdirectory: str, line: int) -> Target:
    way, _, rest = address.partition("://")
    tool, _, transport = way.lower().partition("+")
    authority, slash, path = rest.partition("/")
    path, at, ref = (slash + path).partition("?")[0].rpartition("@") if "@" in path else (slash + path, "", "")
    if (at and not ref) or not (authority or transport == "file"):
        raise Unreadable("syntax", line)
    url = without_credentials(f"{transport}://{authority}{path}")
    key, subpath = _repository_key(f"{tool}+{url}", authority, path, name), "" if name else unquote(subdirectory)
    for part in (ref, url, subpath):
        check_name(part, line)
    source = Source("git", url, ref or None) if tool == "git" else Source("url", f"{tool}+{url}")
    commit = tool in ("git", "hg") and bool(_COMMIT.fullmatch(ref))
    return Target(key, ref, versioned(key, ref, subpath), source, (), True, not commit)


def _repository_key(url: str, authority: str, path: str, name: str) -> str:
    if name:
        return component("pypi", name)
    host, _, tail = authority.rpartition("@")[2].partition(":")
    if tail and not tail.isdigit():  # ssh's own spelling: host:owner/repository
        path = f"/{tail}{path}"
    found = _GITHUB.fullmatch(path) if host.lower() == "github.com" else None
    if found:
        return component("github", found[2], found[1])
    base = posixpath.basename(path.rstrip("/")).removesuffix(".git") or host or "repository"
    return Purl("generic", "", base, qualifiers=(("vcs_url", url),)).component


def _default(url: str) -> tuple[str, str]:
    """Return component and version of an archive whose project name nobody gives."""
    rest = url.partition("://")[2].partition("?")[0]
    host, _, path = rest.partition("/")
    found = _GITHUB_ARCHIVE.fullmatch(f"/{path}") if host.lower() in ("github.com", "www.github.com") else None
    if found:
        return component("github", found[2], found[1]), _stem(found[3])
    name = _stem(posixpath.basename(path.rstrip("/"))) or host or "archive"
    return Purl("generic", "", unquote(name), qualifiers=(("download_url", url),)).component, ""


def _archive(
    address: str, name: str, source: Source, digests: tuple[str, ...], default: tuple[str, str], line: int
) -> Target:
    """Return the target of a file or folder: a wheel's own name counts, then the given one, then `default`."""
    base = unquote(posixpath.basename(address.partition("?")[0]))
    key, version = (component("pypi", name), "") if name else default
    wheel = base.lower().endswith(".whl")
    if wheel:
        found = _WHEEL.fullmatch(base)
        if not found or (name and normalise_pypi(name) != normalise_pypi(found[1])):
            raise Unreadable("syntax", line)
        key, version = component("pypi", found[1]), found[2].replace("_", "-")
    check_name(unquote(key + version), line)
    fixed = source.kind != "url" or digests or (key.startswith("pkg:github/") and _COMMIT.fullmatch(version))
    return Target(key, version, versioned(key, version), source, digests, not wheel, not fixed)


def _path(address: str, directory: str, siblings: Siblings, line: int) -> tuple[Source, tuple[str, str]]:
    """Return the source of a path, and a component for it where no name is known.

    pip takes a path from the folder it is called in; osgate takes that for the repository's root, and for the file's
    own folder where only there a project or an archive is found. A path that leaves the repository stays as written.
    """
    written = address
    if address.lower().startswith("file:"):
        address = unquote(address[5:])
        address = "/" + address[2:].partition("/")[2] if address.startswith("//") else address
    if " " in address and not _exists(posixpath.normpath(address), siblings):
        raise Unreadable("syntax", line)
    inside = resolve("", address)
    beside = resolve(directory, address)
    if beside and beside != inside and _exists(beside, siblings) and not (inside and _exists(inside, siblings)):
        inside = beside
    if inside is None:
        name = _stem(posixpath.basename(address.rstrip("/"))) or "root"
        name = "parent" if name == ".." else name
        key = Purl("generic", "", name, qualifiers=(("download_url", f"file:{address}"),)).component
        return Source("path", written), (key, "")
    return Source("path", inside or "."), (component("generic", _stem(posixpath.basename(inside)) or "self"), "")


def resolve(directory: str, path: str) -> str | None:
    """Return the repository path that `path` means in `directory` (root: empty), None outside the repository.

    The repository's root itself is the empty path.
    """
    if path.startswith("/"):
        return None
    joined = posixpath.normpath(posixpath.join(directory, path))
    if joined == ".." or joined.startswith(("../", "/")):
        return None
    return "" if joined == "." else joined


def _exists(path: str, siblings: Siblings) -> bool:
    if path.lower().endswith(ARCHIVES):
        return siblings(path) is not None
    return any(siblings(posixpath.join(path, name)) is not None for name in _PROJECT_FILES)


def _stem(name: str) -> str:
    ending = next((end for end in ARCHIVES if name.lower().endswith(end)), "")
    return name[: len(name) - len(ending)] or name
