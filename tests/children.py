"""The children of this process. Tests of one worker may keep some of their own, so that `none at all` tells nothing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def children() -> set[int]:
    """Return the ids of the children there are, dead ones that nobody has waited for included."""
    if Path("/proc/self/stat").exists():
        return {
            int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit() and _parent(path) == os.getpid()
        }
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,comm="], capture_output=True, text=True, check=True).stdout
    rows = (line.split(None, 2) for line in listed.splitlines())
    return {int(pid) for pid, parent, name in rows if int(parent) == os.getpid() and name != "ps"}


def _parent(path: Path) -> int:
    """The parent of a process, field 4 of proc(5)'s stat; 0 where it has gone."""
    try:
        return int((path / "stat").read_bytes().rpartition(b")")[2].split()[1])
    except (OSError, IndexError):
        return 0
