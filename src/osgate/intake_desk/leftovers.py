"""Removing what killed programs left in a bare repository and what would stop every later one.

git ends its lock files with itself, but not when it is killed. A lock on a reference is held for milliseconds; one that
is a minute old belongs to nobody any more.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from datetime import datetime

# Seconds without a change after which a lock has no owner.
STALE = 60.0
# `packed-refs.new` is no lock by name, but git refuses to write over it.
_TOP = ("HEAD.lock", "config.lock", "packed-refs.lock", "packed-refs.new", "shallow.lock")


def remove(git_dir: str, now: str) -> None:
    """Remove lock files, unfinished packs and reports of crashes in `git_dir` that are older than STALE.

    now: UTC instant.
    """
    latest = datetime.fromisoformat(now).timestamp() - STALE
    for path in _left(git_dir):
        with contextlib.suppress(FileNotFoundError):
            if os.lstat(path).st_mtime < latest:
                os.unlink(path)


def _left(git_dir: str) -> Iterator[str]:
    for name in os.listdir(git_dir):
        if name in _TOP or name.startswith("fast_import_crash_"):
            yield os.path.join(git_dir, name)
    packs = os.path.join(git_dir, "objects", "pack")
    with contextlib.suppress(FileNotFoundError):
        yield from (os.path.join(packs, name) for name in os.listdir(packs) if name.startswith("tmp_"))
    for folder, _, names in os.walk(os.path.join(git_dir, "refs")):
        yield from (os.path.join(folder, name) for name in names if name.endswith(".lock"))
