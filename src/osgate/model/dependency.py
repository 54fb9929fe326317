"""What a tree holds: component versions, where they stand, what is known of them from the file alone."""

from __future__ import annotations

from osgate.model.gap import Gap
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# From widest to narrowest reach; the number orders them, a higher one reaches further.
SCOPES = {
    "runtime": 5,
    "action": 5,
    "image": 5,
    "plugin": 4,
    "peer": 4,
    "optional": 4,
    "build": 3,
    "test": 2,
    "dev": 1,
}


@record
class Source:
    """Where a dependency comes from.

    kind: `registry`, `git`, `url` (a plain archive address), `path` (a folder or archive on disk), `workspace` (part of
    the same repository) or `unknown` (the file does not say).
    url: the address as the file gives it, credentials removed; None where the file gives none.
    ref: for git the commit, tag or branch named; None elsewhere.
    """

    kind: str
    url: str | None = None
    ref: str | None = None


REGISTRY = Source("registry")


@record
class Dependency:
    """One component version found in a manifest, one occurrence.

    component: canonical purl without version (`pkg:npm/left-pad`); the key decisions are made for.
    version: as written in the file; empty where nothing is locked.
    purl: canonical purl with version (and subpath where the type has one).
    path, line: where it stands, line counted from 1 (0 where the file has no line for it).
    scope: a key of SCOPES. direct: True, False, or None where the file cannot tell.
    parents: purls that pull it in, sorted; empty for direct ones that nothing else pulls in.
    digests: `algorithm:lowercase hex`, sorted. install_code: runs code when installed; None where the file cannot tell.
    requirement: the range that was declared, as written. alias: the name the tree uses for it, where that differs.
    mutable: the version names something that can be moved (a tag, a branch), not a fixed content. licence: as the file
    says it; empty where such files say it and this one says nothing, None where they never do.
    """

    component: str
    version: str
    purl: str
    path: str
    line: int = 0
    scope: str = "runtime"
    direct: bool | None = None
    parents: tuple[str, ...] = ()
    source: Source = REGISTRY
    digests: tuple[str, ...] = ()
    install_code: bool | None = None
    requirement: str | None = None
    alias: str | None = None
    mutable: bool = False
    licence: str | None = None


class Reading(tuple[Dependency, ...]):
    """The dependencies that a manifest holds, in file order.

    gaps: what it names and the tree does not hold (a parent POM, an image given by a build argument), so that nobody
    takes silence for absence.
    """

    gaps: tuple[Gap, ...]

    def __new__(cls, dependencies: Iterable[Dependency] = (), gaps: Iterable[Gap] = ()) -> Reading:
        """Return a reading of `dependencies` and `gaps`."""
        made = super().__new__(cls, dependencies)
        made.gaps = tuple(gaps)
        return made


class Unreadable(Exception):
    """A manifest that cannot be read, or that two honest readers could read in two ways.

    reason: a key of the catalogue's `unreadable.*` (`truncated`, `too-deep`, `duplicate-key`, ...).
    line: 1-based, 0 where none is known. ambiguous: True where the file has more than one reading.
    """

    def __init__(self, reason: str, line: int = 0, *, ambiguous: bool = False, **params: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.ambiguous = ambiguous
        self.params = params
