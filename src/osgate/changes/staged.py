"""The change that the next commit would make: the index against HEAD."""

from __future__ import annotations

from osgate.changes.assemble import Side, assemble, new_place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.changes.assemble import Includes, Locks, Match
    from osgate.io.git import Git
    from osgate.model.change import ChangeSet


def staged(git: Git, match: Match, includes: Includes | None = None, locks: Locks | None = None) -> ChangeSet:
    """Return what the index changes against HEAD, or against nothing before the first commit.

    Costs two git processes: the diff, and the one that reads objects (it stays open for `git` until `git.close()`).
    The index itself is never listed: what the diff does not name stands as in HEAD, mode and all.
    Raises GitFailed outside of a repository, UsageError `git.unmerged`, `git.object-missing`.
    """
    entries = git.staged()
    root = git.objects.root("HEAD") if entries else None
    sides = Side(git, root), Side(git, root, {entry.path: new_place(entry) for entry in entries})
    # To look for whatever may include a file of any name costs too much here, and no hook is called for such a file.
    return assemble(("HEAD", "index"), entries, sides, match, includes, locks, git.identity, thorough=False)
