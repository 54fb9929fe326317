"""The change that a branch would bring: its head against the merge base, and a whole tree as if all of it were new."""

from __future__ import annotations

from osgate.changes.assemble import Side, assemble, whole_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.changes.assemble import Includes, Locks, Match
    from osgate.io.git import Git
    from osgate.model.change import ChangeSet


def between(
    git: Git, base: str, head: str, match: Match, includes: Includes | None = None, locks: Locks | None = None
) -> ChangeSet:
    """Return what `head` changes against its merge base with `base`; both sides are called by their commit ids.

    Raises UsageError `git.revision`, `git.shallow`, `git.unrelated`, `git.object-missing`.
    """
    new = git.resolve(head)
    old = git.merge_base(base, new)
    sides = Side(git, git.objects.root(old)), Side(git, git.objects.root(new))
    return assemble((old, new), git.between(old, new), sides, match, includes, locks, lambda: git.authors(old, new))


def whole(git: Git, head: str, match: Match, locks: Locks | None = None) -> ChangeSet:
    """Return every manifest in the tree of `head`, as if it were new; the old side is called by an empty text.

    Raises UsageError `git.revision`, `git.object-missing`.
    """
    new = git.resolve(head)
    paths = (path for path, _, _ in git.tree_files(new) if match(path))
    return whole_tree(new, paths, Side(git, git.objects.root(new)), locks)
