"""Run `osgate desk` in a process of its own and kill it, with all it started, at one exact moment.

python doomed.py reads orders, one a line, and answers each with an exit code (negative: a signal). An order is JSON:
`event`, the number of the audit event (a file opened, renamed or removed, a program started) to die at, -1 for never;
`delay`, so many seconds later, while what was started runs; `now`, what the clock says; `log`, the file that gets one
line an event, or `-` for none; `words`, the command.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading
import time
from typing import Any

from osgate import cli, wiring
from osgate.errors import BUG

# Seconds after which a desk that neither dies nor ends is ended.
LONG = 60
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


def _die(order: dict[str, Any]) -> int:
    """Run the command in this process, which dies at the order's event; return the exit code where it does not."""
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    signal.alarm(LONG)
    now = order["now"]
    wiring.now = lambda: wiring.Moment(now, now[:10], 0)
    watch = Watch(order["event"], order["delay"], order["log"])
    sys.addaudithook(watch)
    watch.armed = True
    return cli.main(order["words"])


def main() -> None:
    """Fork for each order, with everything loaded already, so that only the desk's own events count."""
    for module in ("cli.desk", "surfaces", "ledger.crypto.installed", "versions.semver"):
        importlib.import_module(f"osgate.{module}")
    for line in sys.stdin:
        child = os.fork()
        if not child:
            code = BUG
            try:
                code = _die(json.loads(line))
            finally:
                os._exit(code)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
