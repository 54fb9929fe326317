"""Appending to a file that several processes append to."""

from __future__ import annotations

import errno
import os
import stat


def append(path: str, data: bytes, *, durable: bool) -> None:
    """Append `data` by one write; the file and its folder are made where they are not there.

    durable: return only when the disk has it. Raises OSError where it cannot be written whole, where `path` is no
    regular file (a pipe could hold us up), or a symbolic link.
    """
    os.makedirs(os.path.dirname(path) or ".", 0o750, exist_ok=True)
    how = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, how, 0o640)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), path)
        if os.write(descriptor, data) != len(data):
            os.write(descriptor, b"\n")  # So that what comes next begins a line of its own.
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
