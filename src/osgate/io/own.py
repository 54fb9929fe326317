"""What is this process's own: how old it is, and files that nobody else could have written."""

from __future__ import annotations

import os
import stat
import time


def age() -> float | None:
    """Return the seconds since this process started, its interpreter's own start among them; None where nobody tells.

    Field 22 of /proc/self/stat (proc(5)), in clock ticks since boot.
    """
    try:
        with open("/proc/self/stat", "rb") as file:
            ticks = int(file.read().rpartition(b")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def read_own(path: str, cap: int) -> bytes | None:
    """Return at most `cap` bytes of a regular file that only this user, or root, may write.

    None for any other file, and for a symbolic link: it would lead to a file of ours that somebody else had us write.
    Raises OSError where there is none, or it cannot be read.
    """
    link = os.lstat(path)
    if not stat.S_ISREG(link.st_mode):
        return None
    with open(path, "rb") as file:
        found = os.fstat(file.fileno())
        same = (link.st_dev, link.st_ino) == (found.st_dev, found.st_ino)
        ours = found.st_uid in (0, os.geteuid()) and not found.st_mode & 0o022 and found.st_nlink == 1
        return file.read(cap) if same and ours else None
