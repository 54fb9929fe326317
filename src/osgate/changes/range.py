"""The change that a branch would bring: its head against the merge base, and a whole tree as if all of it were new."""

from __future__ import annotations

from osgate.changes.assemble import assemble, whole_tree
from osgate.changes.attributes import CheckedOut, as_checked_out

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
    sides = CheckedOut(git, git.objects.root(old)), CheckedOut(git, git.objects.root(new))
    entries = git.between(old, new)
    change = assemble((old, new), entries, sides, match, includes, locks, lambda: git.authors(old, new))
    return as_checked_out(change, entries, sides, match)


def whole(git: Git, head: str, match: Match, locks: Locks | None = None) -> ChangeSet:
    """Return every manifest in the tree of `head`, as if it were new; the old side is called by an empty text.

    Raises UsageError `git.revision`, `git.object-missing`.
    """
    new = git.resolve(head)
    listed = [path for path, _, _ in git.tree_files(new)]
    paths = [path for path in listed if match(path)]
    indexes = tuple([path for path in listed if locks is not None and path.rpartition("/")[2] in locks.indexes])
    after = CheckedOut(git, git.objects.root(new))
    return as_checked_out(whole_tree(new, paths, after, locks, indexes), (), (CheckedOut(git, None), after), match)
