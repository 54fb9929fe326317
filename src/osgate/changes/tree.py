"""Manifests on disk, tracked by git or not."""

from __future__ import annotations

import os
import stat

from osgate.errors import UsageError
from osgate.io.files import read_limited
from osgate.model.change import Blob
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from osgate.changes.assemble import Match
    from osgate.model.change import Siblings

# How far above a file outside of any repository its path may begin (`.github/workflows/ci.yml` needs two).
_DEPTH = 4


@record
class Found:
    """A manifest on disk. path: relative to its root, with `/`. beside: looks up the other files below that root."""

    path: str
    blob: Blob
    beside: Siblings


def files(paths: Iterable[str], match: Match) -> Iterator[Found]:
    """Yield the manifests that `paths` (files and folders) name or hold, in order of the arguments, folders by path.

    The root of a path is the nearest folder above that has a `.git`, else the folder itself. Symbolic links are not
    followed (one that is called like a manifest is a Blob `symlink`), `.git` is skipped. A file that is named is
    yielded even where no reader knows it. Raises UsageError `path.missing`, `path.denied` (a folder that cannot be
    listed).
    """
    for path in paths:
        full = os.path.abspath(path)
        if not os.path.lexists(full):
            raise UsageError("path.missing", path=path)
        if os.path.isdir(full):
            root = _repository(full) or full
            for name in _walk(full):
                relative = _relative(name, root)
                if match(relative):
                    yield Found(relative, blob_at(name), Beside(root))
        else:
            root = _repository(os.path.dirname(full)) or _likely_root(full, match)
            yield Found(_relative(full, root), blob_at(full), Beside(root))


class Beside:
    """Looks up plain files below a folder by relative path; never leaves it, never follows a symbolic link."""

    def __init__(self, root: str) -> None:
        self._root = os.path.realpath(root)

    def __call__(self, path: str) -> bytes | None:
        full = os.path.join(self._root, *path.split("/"))
        inside = full.startswith(os.path.join(self._root, ""))
        if "\0" in path or not inside or os.path.realpath(full) != full:
            return None
        blob = blob_at(full) if os.path.lexists(full) else None
        return blob.data if blob is not None and blob.kind == "file" else None


def _repository(folder: str) -> str | None:
    while not os.path.lexists(os.path.join(folder, ".git")):
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            return None
    return folder


def _likely_root(full: str, match: Match) -> str:
    """Return the nearest folder below which the file's path is one that a reader knows; its own folder if none."""
    first = root = os.path.dirname(full)
    for _ in range(_DEPTH):
        if match(_relative(full, root)):
            return root
        root = os.path.dirname(root)
    return first


def _relative(full: str, root: str) -> str:
    return os.path.relpath(full, root).replace(os.sep, "/")


def _walk(folder: str) -> Iterator[str]:
    """Yield all that is no folder below `folder`, each folder's entries by name."""
    todo = [folder]
    while todo:
        here = todo.pop()
        try:
            with os.scandir(here) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            raise UsageError("path.denied", path=here) from error
        folders = [e.path for e in entries if e.is_dir(follow_symlinks=False) and e.name != ".git"]
        yield from (e.path for e in entries if not e.is_dir(follow_symlinks=False) and e.name != ".git")
        todo.extend(reversed(folders))


def blob_at(full: str) -> Blob:
    """Return what stands on disk at `full`; a symbolic link there is not followed, what cannot be read is `denied`."""
    try:
        mode = os.lstat(full).st_mode
        if stat.S_ISLNK(mode):
            return Blob("symlink")
        if not stat.S_ISREG(mode):
            return Blob("denied")
        data = read_limited(full)
    except OSError:
        return Blob("denied")
    return Blob("too-large") if data is None else Blob("file", data)
