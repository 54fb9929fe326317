"""An answer in time, whatever happens: the work is done by a child, and whoever waits for it does nothing else.

A thread or a signal handler would not do: neither gets its turn while a parser written in C holds the interpreter. The
child is a fork, so it costs a millisecond and no second interpreter. It leads a process group of its own, which ends
with it: at the deadline everything it started is killed. Should the one that waits be killed first, the child's own
alarm ends it.
"""

from __future__ import annotations

import os
import time

from osgate import light_json
from osgate.model.record import record
from osgate.server_hook.json_lines import line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    # Sends a JSON value to whoever waits.
    Tell = Callable[[Any], None]

# Seconds that the child outlives its deadline at most, where nobody is there to end it.
_ALONE = 1.0
# Seconds in which a killed child is waited for; one that hangs in the kernel stays behind.
_REAPED = 0.05
_CHUNK = 1 << 16
_SIGKILL, _SIGALRM = 9, 14


@record
class Heard:
    """What a child told until it ended or its time was over. result: what its work returned; None where it did not.

    late: its time was over. told: what it told on its way, in order.
    """

    result: Any
    late: bool
    told: tuple[Any, ...] = ()


def within(work: Callable[[Tell], Any], ends: float, halfway: Callable[[], object] | None = None) -> Heard:
    """Do `work` in a child until `ends` (seconds of `time.monotonic`), and return what came of it.

    work: called with what sends a value (anything JSON can say) before the end; returns such a value. An exception in
    it is a result of None. halfway: done here when half of the time is over, so that bad news can be told quickly.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        _child(work, writer, ends)
    _lead(child)
    os.close(writer)
    try:
        return _listen(reader, ends, halfway)
    finally:
        os.close(reader)
        _end(child)


def _lead(child: int) -> None:
    """Make the child lead a group of its own. Parent and child both do it, for nobody knows which comes first."""
    try:
        os.setpgid(child, child)
    except OSError:
        # It has ended, or was quicker.
        return


def _child(work: Callable[[Tell], Any], writer: int, ends: float) -> NoReturn:
    """Work, tell, and end without a word: what went wrong shows by what was not told."""
    try:
        _lead(0)
        _set_alarm(max(0.01, ends - time.monotonic()) + _ALONE)

        def tell(kind: str, value: Any) -> None:
            _write(writer, line([kind, value]))

        result = work(lambda value: tell("told", value))
        tell("result", result)
    finally:
        # Whatever was raised, nothing above may run: that is the parent's.
        os._exit(0)


def _set_alarm(seconds: float) -> None:
    """Let the kernel end this process after `seconds`, whatever it does. `signal` would load a module of its own."""
    import _signal  # type: ignore[import-not-found]

    _signal.signal(_SIGALRM, _signal.SIG_DFL)
    _signal.setitimer(_signal.ITIMER_REAL, seconds)


def _write(fd: int, data: bytes) -> None:
    with memoryview(data) as view:
        at = 0
        while at < len(view):
            at += os.write(fd, view[at:])


def _listen(reader: int, ends: float, halfway: Callable[[], object] | None) -> Heard:
    """Read what the child tells until its result, its end or the deadline."""
    import select

    middle = time.monotonic() + (ends - time.monotonic()) / 2
    told: list[Any] = []
    rest = b""
    while (left := ends - time.monotonic()) > 0:
        until = left if halfway is None else min(left, max(0.0, middle - time.monotonic()))
        if not select.select((reader,), (), (), until)[0]:
            if halfway is not None:
                halfway()
                halfway = None
            continue
        data = os.read(reader, _CHUNK)
        if not data:
            return Heard(None, False, tuple(told))
        *lines, rest = (rest + data).split(b"\n")
        for data in lines:
            kind, value = light_json.loads(data)
            if kind == "result":
                return Heard(value, False, tuple(told))
            told.append(value)
    return Heard(None, True, tuple(told))


def _end(child: int) -> None:
    """Kill the child's whole group: a `git` that it talked to has nothing left to do either."""
    for kill in (os.killpg, os.kill):
        try:
            kill(child, _SIGKILL)
        except OSError:
            # It is gone already, or never led a group.
            continue
    until = time.monotonic() + _REAPED
    while not os.waitpid(child, os.WNOHANG)[0] and time.monotonic() < until:
        time.sleep(0.001)
