"""Small files that several processes write: appending lines to one, and replacing what one said before."""

from __future__ import annotations

import errno
import os
import stat


def append(path: str, data: bytes, *, durable: bool) -> None:
    """Append `data` by one write; the file and its folder are made where they are not there.

    It begins a line of its own, also behind one that was cut off. durable: return only when the disk has it, and it
    could be read back. Raises OSError where it cannot be written whole, where `path` is no regular file (a pipe could
    hold us up), or a symbolic link.
    """
    os.makedirs(os.path.dirname(path) or ".", 0o750, exist_ok=True)
    how = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, how, 0o640)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), path)
        if found.st_size and os.pread(descriptor, 1, found.st_size - 1) != b"\n":
            data = b"\n" + data
        if os.write(descriptor, data) != len(data):
            os.write(descriptor, b"\n")  # So that what comes next begins a line of its own.
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        if durable:
            os.fsync(descriptor)
            start = os.lseek(descriptor, 0, os.SEEK_CUR) - len(data)
            if os.pread(descriptor, len(data), start) != data:
                raise OSError(errno.EIO, os.strerror(errno.EIO), path)
    finally:
        os.close(descriptor)


def overwrite(path: str, data: bytes) -> None:
    """Make `data` all that the file `path` says, for this user alone; not in one step, and the disk may have it later.

    Raises OSError, also where `path` is a symbolic link.
    """
    how = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, how, 0o600)
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)
