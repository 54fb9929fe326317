"""What is on disk: against HEAD, and manifests that somebody names, as if they were new."""

from __future__ import annotations

import os
import stat

from osgate.changes.assemble import Side, assemble, is_plain, whole_tree
from osgate.changes.tree import blob_at
from osgate.errors import UsageError
from osgate.io.git import Entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from osgate.changes.assemble import Includes, Locks, Match, Place
    from osgate.io.git import Git
    from osgate.model.change import Blob, ChangeSet

HEAD, LABEL = "HEAD", "worktree"
_ABSENT = "000000"


class OnDisk(Side):
    """A tree, with `paths` as they stand below `folder`. Their places have a full path instead of an object id."""

    def __init__(self, git: Git, root: str | None, folder: str, paths: Iterable[str]) -> None:
        super().__init__(git, root, {path: place_at(os.path.join(folder, path)) for path in paths})

    def __call__(self, path: str) -> bytes | None:
        place = self.place(path)
        blob = self.blob(place) if is_plain(place) else None
        return blob.data if blob is not None and blob.kind == "file" else None

    def load(self, places: Iterable[Place]) -> None:
        """Read the contents that git holds together; what is on disk is read when it is asked for."""
        super().load(place for place in places if place is not None and not os.path.isabs(place[1]))

    def blob(self, place: Place) -> Blob | None:
        """Return a place as a Blob, None for None."""
        if place is None or not os.path.isabs(place[1]) or place[0] == "160000":
            return super().blob(place)
        return blob_at(place[1])


def place_at(full: str) -> Place:
    """Return git's mode of what stands at a full path, and that path; None for nothing and for a plain folder."""
    try:
        mode = os.lstat(full).st_mode
    except OSError:
        return None
    if stat.S_ISDIR(mode):
        return ("160000", full) if os.path.lexists(os.path.join(full, ".git")) else None
    return "120000" if stat.S_ISLNK(mode) else "100644", full


def worktree(git: Git, match: Match, includes: Includes | None = None, locks: Locks | None = None) -> ChangeSet:
    """Return what is on disk against HEAD, or against nothing before the first commit.

    Files that are new and not ignored count, whether git tracks them or not; what is staged and changed again counts as
    it stands on disk. A file outside of a sparse checkout stands as in HEAD. Bytes are read as they are, before git's
    filters. Raises UsageError `git.object-missing`, GitFailed where there is no work tree.
    """
    tracked, others = git.on_disk()
    root = git.objects.root(HEAD)
    before = Side(git, root)
    after = OnDisk(git, root, git.root(), (*(entry.path for entry in tracked), *others))
    old = {entry.path: (entry.old_mode, entry.old_oid) for entry in tracked}
    paths = sorted({*old, *others})
    entries = tuple(_entry(path, old.get(path) or before.place(path), after.place(path)) for path in paths)
    return assemble((HEAD, LABEL), entries, (before, after), match, includes, locks, git.identity)


def _entry(path: str, old: Place, new: Place) -> Entry:
    """A line of the diff from `old` to `new`."""
    (old_mode, old_id), (new_mode, new_id) = old or (_ABSENT, ""), new or (_ABSENT, "")
    return Entry(path, old_mode, new_mode, old_id, new_id, "D" if new is None else "A" if old is None else "M")


def named(git: Git, words: Iterable[str], match: Match, locks: Locks | None = None) -> ChangeSet:
    """Return the manifests on disk that `words` (files and folders, from where we stand) name or hold, as if new.

    A file that is named is taken even where no reader knows it, or git ignores it; of a folder, what git tracks or does
    not ignore. Files beside them are read on disk too. Raises UsageError `path.missing`, `path.outside` (of this
    repository), GitFailed where there is no work tree.
    """
    root = git.root()
    names = locks.indexes if locks is not None else frozenset()

    def of_interest(path: str) -> object:
        return match(path) or path.rpartition("/")[2] in names

    found = dict(told for word in words for told in _below(git, root, word, of_interest))
    indexes = tuple([path for path in sorted(found) if path.rpartition("/")[2] in names])
    paths = [path for path, listed in found.items() if match(path) or (not listed and path not in indexes)]
    return whole_tree(LABEL, paths, Everything(git, root), locks, indexes)


class Everything(OnDisk):
    """All of the work tree as it stands on disk."""

    def __init__(self, git: Git, folder: str) -> None:
        super().__init__(git, None, folder, ())
        self._folder = os.path.realpath(folder)

    def place(self, path: str) -> Place:
        """Return the mode and full path of a file; None outside of the work tree, or behind a symbolic link."""
        full = os.path.join(self._folder, *path.split("/"))
        above = os.path.dirname(full)
        inside = f"{above}{os.sep}".startswith(f"{self._folder}{os.sep}")
        return place_at(full) if "\0" not in path and inside and os.path.realpath(above) == above else None


def _below(git: Git, root: str, word: str, match: Match) -> Iterator[tuple[str, bool]]:
    """Yield the repository paths that one word names or holds, and whether it only holds them."""
    full = os.path.abspath(word)
    full = os.path.join(os.path.realpath(os.path.dirname(full)), os.path.basename(full))
    if not os.path.lexists(full):
        raise UsageError("path.missing", path=word)
    path = os.path.relpath(full, os.path.realpath(root)).replace(os.sep, "/")
    if path == ".." or path.startswith("../"):
        raise UsageError("path.outside", path=word)
    if os.path.islink(full) or not os.path.isdir(full):
        yield path, False
        return
    for name in git.listed("--cached", "--others", below=path):
        if match(name) and os.path.lexists(os.path.join(root, name)):
            yield name, True
