"""Files on disk: read within a limit, written whole or not at all."""

from __future__ import annotations

import os

from osgate.io.objects import BLOB_CAP

# Bytes of the largest file that is taken for evidence, and of a piece of it in memory.
EVIDENCE_CAP, _PIECE = 4 << 30, 1 << 20


class NotRegular(Exception):
    """Not a file with content of its own: a folder, device, pipe or socket."""


class TooLarge(Exception):
    """More bytes than are read."""


def read_limited(path: str, cap: int = BLOB_CAP) -> bytes | None:
    """Return a file's content, None where it has more than `cap` bytes. Raises OSError."""
    with open(path, "rb") as file:
        data = file.read(cap + 1)
    return data if len(data) <= cap else None


def fingerprint(path: str, cap: int = EVIDENCE_CAP) -> tuple[int, str]:
    """Return size in bytes and digest (`sha256:` and hex) of a file, read in pieces.

    Raises NotRegular for a device, pipe or folder, TooLarge for more than `cap` bytes, OSError as `open` does.
    """
    import hashlib
    import stat

    # A pipe that nobody writes to would otherwise hold us up for ever.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotRegular(path)
    digest, size = hashlib.sha256(), 0
    with open(descriptor, "rb", buffering=0) as file:
        while piece := file.read(_PIECE):
            size += len(piece)
            if size > cap:
                raise TooLarge(path)
            digest.update(piece)
    return size, f"sha256:{digest.hexdigest()}"


def read(path: str) -> bytes | None:
    """Return the content of `path`, or None where there is no such file. Raises OSError where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None


def below(folder: str) -> tuple[str, ...]:
    """Return the paths of all files in `folder` and below, relative to it and with `/`, in order; no byte code."""
    found = []
    for base, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        found += [os.path.relpath(os.path.join(base, name), folder).replace(os.sep, "/") for name in names]
    return tuple(sorted(found))


def write(path: str, data: bytes, mode: int = 0o644) -> None:
    """Replace `path` with `data` in one step; folders are made. A reader sees the old content or the new, never half.

    Raises OSError where that cannot be done; then the old content is still there.
    """
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    draft = f"{path}.{os.getpid()}.tmp"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise


def remove_drafts(folder: str) -> None:
    """Remove what an interrupted `write` left in `folder`. Only for a folder that one process at a time writes to."""
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        if name.endswith(".tmp"):
            os.unlink(os.path.join(folder, name))


class FolderLock:
    """Lets one process at a time past; the lock goes with the process, however it ends.

    Raises BlockingIOError where another process holds it.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor = -1

    def __enter__(self) -> FolderLock:
        import fcntl

        os.makedirs(os.path.dirname(self._path) or ".", exist_ok=True)
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BaseException:
            os.close(self._descriptor)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
