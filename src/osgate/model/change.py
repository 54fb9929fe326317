"""A change to look at: the files it touches, as bytes before and after, and what it introduces."""

from __future__ import annotations

from osgate.model.dependency import Dependency
from osgate.model.gap import Gap
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    # Asks for another file of the same tree by its repository path; None where there is none that is a plain file.
    Siblings = Callable[[str], bytes | None]

# The kinds of `Introduced.change`, in the order a report groups them.
CHANGES = ("added", "upgraded", "downgraded", "moved-source", "changed-digest", "widened-scope")


@record
class Blob:
    """One side of a file. kind: `file`, or why there is no content: `symlink`, `gitlink`, `too-large`, `denied`, or
    `recoded` (it is not checked out as it lies here)."""

    kind: str
    data: bytes = b""


@record
class ChangedFile:
    """A manifest that a change touches. `before` or `after` is None where the file does not exist on that side."""

    path: str
    before: Blob | None
    after: Blob | None


def nobody() -> tuple[str, ...]:
    """The authors of a change that git does not know."""
    return ()


@record
class ChangeSet:
    """The manifests a change touches and how to reach the files beside them.

    base, head: what the sides are called in reports (a commit id, `HEAD`, `index`).
    before, after: look up any file of that side's tree. authors: asks git for the author addresses of the change, lower
    case, sorted (a process of its own, so only where they are needed); they may exclude somebody from deciding, they
    never entitle.
    whole: every manifest of a tree, as if all of it were new. locks: locks of the new side that have to be compared
    with the manifests they answer to, because the change touches either. manifests: changed files of that kind.
    indexes: changed files that are called as those are which may name a package index. own: changed files of
    `.osgate/`.
    """

    base: str
    head: str
    files: tuple[ChangedFile, ...]
    before: Siblings
    after: Siblings
    authors: Callable[[], tuple[str, ...]] = nobody
    whole: bool = False
    locks: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    own: tuple[ChangedFile, ...] = ()


@record
class Introduced:
    """A dependency that the change brings in. change: one of CHANGES.

    previous: the versions of the component that this file (or the one it was moved from) had before, in file order.
    via: purls from a direct dependency down to this one's parent; empty where it is direct or the file does not tell.
    """

    change: str
    dependency: Dependency
    previous: tuple[str, ...] = ()
    via: tuple[str, ...] = ()


@record
class FileProblem:
    """What is wrong with a file as a whole.

    about: `content` (a manifest that cannot be taken as it stands; reason: key of the catalogue's `unreadable.*`),
    `step` (a manifest that its lock does not follow), `lock` (a manifest whose lock is gone), `own` (a file of
    `.osgate/`; reason: key of `own.*`) or `baseline`. mark: tells it from others of the same reason in the same file.
    """

    path: str
    line: int
    reason: str
    ambiguous: bool
    params: tuple[tuple[str, str], ...] = ()
    about: str = "content"
    mark: str = ""


@record
class Disagreement:
    """A requirement on which a lock and a manifest that it answers to differ.

    manifest, line: where people wrote it. name: what is required. declared: as the manifest says, empty where it no
    longer names it. locked: as the lock was made for, empty where it does not know of it.
    """

    manifest: str
    line: int
    name: str
    declared: str
    locked: str


@record
class Intake:
    """What a change brings in and takes out.

    introduced: in order of path and line. removed: purls gone, sorted. deleted: manifests deleted and not moved.
    moved: (from, to) pairs of manifests that changed their place. problems: what is wrong with files.
    files: the manifests that were looked at, sorted. whole: as in ChangeSet.
    """

    introduced: tuple[Introduced, ...]
    removed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()
    problems: tuple[FileProblem, ...] = ()
    gaps: tuple[Gap, ...] = ()
    files: tuple[str, ...] = ()
    whole: bool = False
