"""A change to look at: the files it touches, as bytes before and after, and what it introduces."""

from __future__ import annotations

from osgate.model.dependency import Dependency
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
    """One side of a file. kind: `file`, or why there is no content: `symlink`, `gitlink`, `too-large`, `denied`."""

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
    """

    base: str
    head: str
    files: tuple[ChangedFile, ...]
    before: Siblings
    after: Siblings
    authors: Callable[[], tuple[str, ...]] = nobody


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
    """A manifest whose content cannot be taken as it stands. reason: key of the catalogue's `unreadable.*`."""

    path: str
    line: int
    reason: str
    ambiguous: bool
    params: tuple[tuple[str, str], ...] = ()


@record
class Gap:
    """Something osgate could not see or know. subject: a path, purl or data source; reason: key of `gap.*`."""

    subject: str
    reason: str
    params: tuple[tuple[str, str], ...] = ()


@record
class Intake:
    """What a change brings in and takes out.

    introduced: in order of path and line. removed: purls gone, sorted. deleted: manifests deleted and not moved.
    moved: (from, to) pairs of manifests that changed their place. problems: files that could not be read.
    files: the manifests that were looked at, sorted.
    """

    introduced: tuple[Introduced, ...]
    removed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()
    problems: tuple[FileProblem, ...] = ()
    gaps: tuple[Gap, ...] = ()
    files: tuple[str, ...] = ()
