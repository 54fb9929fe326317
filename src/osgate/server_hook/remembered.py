"""What was found out of a commit once, for pushes that build on it: that its manifests take in nothing out of the way.

A requirements file may take in a file of any name (`-r deps`), so a push of any file may matter. Where everything that
is taken in, over any number of steps, ends as such files do, none but those of `interest` can matter, and git can sort
out the others. That is a fact about a commit, whatever repository holds it: it is kept by its id, a small file each, in
a folder beside the snapshot that belongs to this user alone, and the first lines of a packed hook (`prelude`) read and
write it too. Such a file says `plain <version> <commit> <from>`: where `from` is a commit and not `-`, nothing of
interest differs between the two. What is not kept is only found out again.
"""

from __future__ import annotations

import os

from osgate import __version__
from osgate.changes.assemble import is_plain
from osgate.changes.pushed import TEXTS, Listed
from osgate.errors import OsgateError
from osgate.io import files
from osgate.io.git import Git, entries
from osgate.io.own import read_own
from osgate.server_hook import interest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from osgate.changes.assemble import Includes, Match
    from osgate.io.git import Entry
    from osgate.model.change import ChangeSet

FOLDER, WORD, NOWHERE = "plain", f"plain {__version__}", "-"
# Files that may take something in, and bytes of them together: above that, finding out costs more than it saves.
_MOST, _BYTES = 500, 1 << 20
# Seconds after which a note is cleared away, and notes that are looked at for that at one time.
_OLD, _CLEARED = 30 * 86400.0, 100_000
_CAP = 500


class Remembered:
    """Notes in a snapshot's folder. Whatever is in the way of reading or writing them, they are not there.

    known: what is known already to differ between two commits in files of interest, as `git diff-tree -r --raw` says.
    """

    def __init__(self, snapshot: str, known: Mapping[tuple[str, str], str] | None = None) -> None:
        self.folder = os.path.join(snapshot, FOLDER)
        self._known = known or {}
        self._inherits: set[str] = set()

    def differing(self, git: Git, base: str, head: str) -> tuple[tuple[Entry, ...], bool]:
        """What differs between two commits, and whether files of any name may matter: see `pushed.pushed`."""
        if self.plain(base):
            found = _told(self._known.get((base, head), ""))
            if found is None:
                found = git.between(base, head, *interest.pathspecs())
            if not any(entry.path.endswith(TEXTS) for entry in found):
                self._inherits.add(head)
                return found, False
        return git.between(base, head), True

    def keep(self, change: ChangeSet, match: Match, includes: Includes) -> None:
        """Keep of a change that passes what is known of its head, and find it out where that is not known.

        match, includes: as `changes.assemble` takes them.
        """
        if change.head in self._inherits or found_plain(change.head, match, includes):
            looked_at = change.files or change.own or change.locks or change.manifests or change.indexes
            self.note(change.head, NOWHERE if looked_at or not change.base else change.base)

    def plain(self, commit: str) -> bool:
        """Whether manifests of `commit` are known to take in nothing that is out of the way."""
        try:
            noted = read_own(os.path.join(self.folder, commit), _CAP)
        except OSError:
            return False
        return noted is not None and noted.startswith(f"{WORD} {commit} ".encode())

    def note(self, commit: str, start: str = NOWHERE) -> None:
        """Keep that `commit` is plain, and that nothing of interest differs from the commit `start`."""
        try:
            if not os.path.isdir(self.folder):
                os.mkdir(self.folder, 0o700)
            files.write(os.path.join(self.folder, commit), f"{WORD} {commit} {start}\n".encode(), 0o600)
        except OSError:
            return

    def clear(self, seconds: float) -> None:
        """Clear old notes away. seconds: now, since the epoch."""
        try:
            with os.scandir(self.folder) as entries:
                for _, entry in zip(range(_CLEARED), entries, strict=False):
                    if seconds - entry.stat(follow_symlinks=False).st_mtime > _OLD:
                        os.unlink(entry.path)
        except OSError:
            return


def _told(changed: str) -> tuple[Entry, ...] | None:
    """What a list for people says; None where there is none, or one in which git had to write a name in quotes."""
    plain = changed and changed.isascii() and '"' not in changed
    return entries(changed.strip("\n").replace("\t", "\n").replace("\n", "\0").encode() + b"\0") if plain else None


def found_plain(commit: str, match: Match, includes: Includes) -> bool:
    """Find out whether `commit` is plain; False, too, where that takes too much or cannot be told.

    In a conversation of its own with git, so that it counts against no cap.
    """
    try:
        with Git() as git:
            return _takes_nothing_odd(git, commit, match, includes)
    except OsgateError:
        return False


def _takes_nothing_odd(git: Git, commit: str, match: Match, includes: Includes) -> bool:
    side = Listed(git, git.objects.root(commit))
    todo = [path for path in side.paths() if path.endswith(TEXTS) and match(path)]
    seen, left = set(todo), _BYTES
    while todo and left > 0 and len(seen) <= _MOST:
        path = todo.pop()
        place = side.place(path)
        data = git.blobs([place[1]], _BYTES)[place[1]] if place is not None and is_plain(place) else b""
        if data is None:
            return False
        left -= len(data)
        for other in includes(data, path, side):
            if not other.endswith(TEXTS):
                return False
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return not todo
