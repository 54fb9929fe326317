"""Run `osgate desk` in this process and kill it, with all it started, at one exact moment.

python doomed.py EVENT DELAY NOW LOG ARGUMENTS...: EVENT is the number of the audit event (a file opened, renamed or
removed, a program started) to die at, -1 for never; DELAY seconds later, while what was started runs; NOW is what the
clock says; LOG gets one line an event, or `-` for none. Needs a session of its own: the whole process group dies.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

from osgate import cli, wiring

WATCHED = ("open", "os.rename", "os.remove", "os.posix_spawn", "sqlite3.connect", "os.mkdir", "os.rmdir")


def _kill() -> None:
    os.killpg(0, signal.SIGKILL)


def _later(delay: float) -> None:
    time.sleep(delay)
    _kill()


class Watch:
    """Counts events; at the one it was told, it ends everything."""

    def __init__(self, event: int, delay: float, log: str) -> None:
        self.event, self.delay, self.seen, self.armed = event, delay, 0, False
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if log != "-" else -1

    def __call__(self, name: str, arguments: tuple[object, ...]) -> None:
        if not self.armed or name not in WATCHED:
            return
        if self.log >= 0:
            os.write(self.log, f"{name} {_shown(arguments)}\n".encode("utf-8", "replace"))
        if self.seen == self.event:
            if not self.delay:
                _kill()
            threading.Thread(target=_later, args=(self.delay,), daemon=True).start()
        self.seen += 1


def _shown(arguments: tuple[object, ...]) -> str:
    return repr(arguments[:2])[:300]


def main() -> int:
    """Load everything first, so that only the desk's own events count."""
    event, delay, now, log = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3], sys.argv[4]
    from osgate.cli import desk  # noqa: F401

    wiring.now = lambda: wiring.Moment(now, now[:10], 0)
    watch = Watch(event, delay, log)
    sys.addaudithook(watch)
    watch.armed = True
    return cli.main(sys.argv[5:])


if __name__ == "__main__":
    sys.exit(main())
