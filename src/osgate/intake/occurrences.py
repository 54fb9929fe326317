"""What counts as one dependency of a file, what counts as third-party, and when two of them are the same thing."""

from __future__ import annotations

from osgate.model.dependency import SCOPES
from osgate.model.record import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from osgate.model.dependency import Dependency

    # purl, requirement where no version is locked, source, digests.
    Key = tuple[str, str, str, str, str, tuple[str, ...]]

_ARCHIVES = (
    *(".tgz", ".tar", ".tar.gz", ".tbz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz", ".tlz", ".tar.lz", ".tar.lzma"),
    *(".tar.zst", ".whl", ".egg", ".zip", ".jar"),
)
# A higher number is harder to forge; unknown algorithms count as the weakest.
_STRENGTH = {
    "md5": 1,
    "sha1": 2,
    "sha224": 3,
    "sha256": 4,
    "sm3": 4,
    "blake2s": 4,
    "sha384": 5,
    "sha512": 6,
    "blake2b": 6,
}


def third_party(dependency: Dependency) -> bool:
    """Tell whether a dependency comes from outside the repository.

    Workspace members and folders inside the repository do not; an archive on disk does, wherever it lies.
    """
    source = dependency.source
    if source.kind == "workspace":
        return False
    if source.kind != "path":
        return True
    url = (source.url or "").partition("#")[0].partition("?")[0].removeprefix("file:").replace("\\", "/")
    return url.lower().endswith(_ARCHIVES) or _outside(url, dependency.path)


def _outside(url: str, path: str) -> bool:
    """Tell whether the folder `url`, as written in the manifest `path`, lies outside of the repository."""
    if url.startswith(("/", "~")) or url[1:2] == ":":
        return True
    depth = path.count("/")
    for step in url.split("/"):
        depth += -1 if step == ".." else step not in ("", ".")
        if depth < 0:
            return True
    return False


def key(dependency: Dependency) -> Key:
    """Return what makes two occurrences in one file the same; aliases, lines and parents do not."""
    source = dependency.source
    declared = "" if dependency.version else dependency.requirement or ""
    return dependency.purl, declared, source.kind, source.url or "", source.ref or "", dependency.digests


def merge(group: list[Dependency]) -> Dependency:
    """Return the occurrences of one key as one: the first place, the widest scope, direct if any is, all parents."""
    if len(group) == 1:
        return group[0]
    first = min(group, key=_place)
    scope = max((d.scope for d in group), key=lambda name: (reach(name), name))
    parents = tuple(sorted({parent for d in group for parent in d.parents}))
    return replace(
        first,
        scope=scope,
        direct=_any(d.direct for d in group),
        parents=parents,
        install_code=_any(d.install_code for d in group),
        mutable=any(d.mutable for d in group),
    )


def _any(answers: Iterable[bool | None]) -> bool | None:
    """True if one is True, else None if one is not known, else False."""
    known = set(answers)
    return True if True in known else None if None in known else False


def _place(d: Dependency) -> tuple[str, int, str, str]:
    return d.path, d.line, d.alias or "", d.requirement or ""


def reach(scope: str) -> int:
    """Return how far a scope reaches; an unknown one reaches furthest."""
    return SCOPES.get(scope, 5)


def same_source(old: Dependency, new: Dependency) -> bool:
    """Tell whether two occurrences of one version come from the same place.

    Same kind, and the same address. An archive may move within one host (scheme, host, port) while a digest proves that
    it is the same one; a repository may not, and its commit must stay.
    """
    a, b = old.source, new.source
    if a.kind != b.kind or a.ref != b.ref:
        return False
    left, right = (a.url or "").partition("#")[0], (b.url or "").partition("#")[0]
    if left == right:
        return True
    shared = set(old.digests) & set(new.digests)
    return a.kind in ("registry", "url") and _origins(left) == _origins(right) != {""} and bool(shared)


def _origins(urls: str) -> set[str]:
    """Scheme and host of each of several addresses; an empty text for what is no web address."""
    parts = [url.partition("://") for url in urls.split() or [""]]
    return {f"{scheme}://{rest.partition('/')[0]}".lower() if mark else "" for scheme, mark, rest in parts}


def same_content(old: Dependency, new: Dependency) -> bool:
    """Tell whether the digests of `new` hold it to what `old` was held to.

    No digest is new, whatever its algorithm (an installer may take any of them, or the strongest alone), and the
    strongest algorithm has not become weaker. (Fewer artefacts, and digests where there were none, hold it tighter.)
    """
    before, after = _by_algorithm(old.digests), _by_algorithm(new.digests)
    if not before:
        return True
    if not set(new.digests) <= set(old.digests):
        return False
    return max(map(_strength, after), default=-1) >= max(map(_strength, before))


def _strength(algorithm: str) -> int:
    return _STRENGTH.get(algorithm, 0)


def _by_algorithm(digests: tuple[str, ...]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for digest in digests:
        name, _, value = digest.partition(":")
        found.setdefault(name, set()).add(value)
    return found
