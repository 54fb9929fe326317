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
# Parts of the time that are left when bad news is prepared.
_PREPARED = (0.5, 0.25, 0.1)


@record
class Heard:
    """What a child told until it ended or its time was over. result: what its work returned; None where it did not.

    late: its time was over. told: what it told on its way, in order.
    """

    result: Any
    late: bool
    told: tuple[Any, ...] = ()


def within(
    work: Callable[[Tell], Any], ends: float, prepare: Callable[[list[Any]], object] | None = None, memory: int = 0
) -> Heard:
    """Do `work` in a child until `ends` (seconds of `time.monotonic`), and return what came of it.

    work: called with what sends a value (anything JSON can say) before the end; returns such a value. An exception in
    it is a result of None. prepare: called here with what was told until then, when half of the time is over and twice
    more, so that bad news can be told at once. memory: bytes that the child may take, 0 for any number.
    """
    _wait_for_children()
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        _child(work, writer, ends, memory)
    _lead(child)
    os.close(writer)
    try:
        return _listen(reader, ends, prepare)
    finally:
        os.close(reader)
        _end(child, ends)


def _lead(child: int) -> None:
    """Make the child lead a group of its own. Parent and child both do it, for nobody knows which comes first."""
    try:
        os.setpgid(child, child)
    except OSError:
        # It has ended, or was quicker.
        return


def _child(work: Callable[[Tell], Any], writer: int, ends: float, memory: int) -> NoReturn:
    """Work, tell, and end without a word: what went wrong shows by what was not told."""
    try:
        _lead(0)
        _set_alarm(max(0.01, ends - time.monotonic()) + _ALONE)
        if memory:
            _limit_memory(memory)

        def tell(kind: str, value: Any) -> None:
            _write(writer, line([kind, value]))

        result = work(lambda value: tell("told", value))
        tell("result", result)
    finally:
        # Whatever was raised, nothing above may run: that is the parent's.
        os._exit(0)


def _wait_for_children() -> None:
    """Where a server ignores the ends of its children, ours could not be waited for."""
    import _signal  # type: ignore[import-not-found]  # `signal` would load a module of its own.

    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)


def _set_alarm(seconds: float) -> None:
    """Let the kernel end this process after `seconds`, whatever it does."""
    import _signal

    _signal.signal(_SIGALRM, _signal.SIG_DFL)
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, (_SIGALRM,))
    _signal.setitimer(_signal.ITIMER_REAL, seconds)


def _limit_memory(most: int) -> None:
    """Let what this process and each of its children takes for data end at `most` bytes. What is mapped for reading, as
    git maps its packs, does not count (setrlimit(2), RLIMIT_DATA)."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    least = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (least, hard))


def _write(fd: int, data: bytes) -> None:
    with memoryview(data) as view:
        at = 0
        while at < len(view):
            at += os.write(fd, view[at:])


def _listen(reader: int, ends: float, prepare: Callable[[list[Any]], object] | None) -> Heard:
    """Read what the child tells until its result, its end or the deadline."""
    import select

    span = ends - time.monotonic()
    moments = [ends - span * part for part in _PREPARED] if prepare is not None else []
    told: list[Any] = []
    rest = b""
    while (now := time.monotonic()) < ends:
        if prepare is not None and moments and now >= moments[0]:
            del moments[0]
            prepare(told)
            continue
        if not select.select((reader,), (), (), (moments[0] if moments else ends) - now)[0]:
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


def _end(child: int, ends: float) -> None:
    """Kill the child's whole group: a `git` that it talked to has nothing left to do either.

    Until the deadline its end is waited for; after it there is no time left for that, and whoever calls this ends soon.
    """
    for kill in (os.killpg, os.kill):
        try:
            kill(child, _SIGKILL)
        except OSError:
            # It is gone already, or never led a group.
            continue
    until = min(ends, time.monotonic() + _REAPED)
    while not os.waitpid(child, os.WNOHANG)[0] and time.monotonic() < until:
        time.sleep(0.001)
