"""Tells whether code touches the world: an audit hook that refuses files, sockets, children and SQL while it is armed.

An audit hook can never be taken out again, so there is one a process, and it looks at a switch of its own thread.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

REFUSED = frozenset(
    (
        "open",
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.startfile",
        "os.system",
        "os.listdir",
        "os.scandir",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.truncate",
        "pty.spawn",
        "sqlite3.connect",
        "subprocess.Popen",
    )
)
REFUSED_FAMILIES = ("socket.", "http.", "urllib.", "ftplib.", "smtplib.", "shutil.", "tempfile.")


class TouchedTheWorld(BaseException):
    """Code that should be pure did I/O. A BaseException, so that no `except Exception` under test can hide it."""


class _Switch(threading.local):
    armed = False


_switch = _Switch()
_installed: list[bool] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if not _switch.armed or not (event in REFUSED or event.startswith(REFUSED_FAMILIES)):
        return
    # A module that is imported for the first time is opened by the import system, not by the code under test, and what
    # that compiled is written and renamed.
    if event in ("open", "os.listdir", "os.mkdir", "os.rename") and _imports():
        return
    raise TouchedTheWorld(f"{event}{arguments!r}")


def _imports() -> bool:
    """Whether the import system itself, above the code under test, opens the file."""
    frame = sys._getframe(2)
    return frame.f_code.co_filename.startswith("<frozen importlib") or frame.f_code.co_filename == "<frozen zipimport>"


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """Let I/O through inside the block: a failed test is reported with its source, which has to be read."""
    before, _switch.armed = _switch.armed, False
    try:
        yield
    finally:
        _switch.armed = before


@contextlib.contextmanager
def no_io() -> Iterator[None]:
    """Raise TouchedTheWorld at any I/O inside the block, in this thread. Imports are let through."""
    if not _installed:
        sys.addaudithook(_hook)
        _installed.append(True)
    before, _switch.armed = _switch.armed, True
    try:
        yield
    finally:
        _switch.armed = before
