"""The change that a branch would bring: its head against the merge base, and a whole tree as if all of it were new."""

from __future__ import annotations

from osgate.changes.assemble import Side, assemble
from osgate.io.git import Entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.changes.assemble import Includes, Match
    from osgate.io.git import Git
    from osgate.model.change import ChangeSet


def between(git: Git, base: str, head: str, match: Match, includes: Includes | None = None) -> ChangeSet:
    """Return what `head` changes against its merge base with `base`; both sides are called by their commit ids.

    Raises UsageError `git.revision`, `git.shallow`, `git.unrelated`, `git.object-missing`.
    """
    new = git.resolve(head)
    old = git.merge_base(base, new)
    sides = Side(git, git.objects.root(old)), Side(git, git.objects.root(new))
    return assemble((old, new), git.between(old, new), sides, match, includes, lambda: git.authors(old, new))


def whole(git: Git, head: str, match: Match) -> ChangeSet:
    """Return every manifest in the tree of `head`, as if it were new; the old side is called by an empty text.

    Raises UsageError `git.revision`, `git.object-missing`.
    """
    new = git.resolve(head)
    after = Side(git, git.objects.root(new))
    null = "0" * len(new)
    entries = tuple(
        Entry(path, "000000", mode, null, oid, "A") for path, mode, oid in git.tree_files(new) if match(path)
    )
    return assemble(("", new), entries, (Side(git, None), after), match, None)
