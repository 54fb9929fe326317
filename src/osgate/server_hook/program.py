"""The program that a git server runs at a push: pre-receive judges and answers in time, post-receive keeps a record.

The only module of this room that looks at the environment, the clock and the standard streams. What takes time is done
in a child (`deadline`), and there every module is loaded that takes time to load.
"""

from __future__ import annotations

import os
import sys
import time

from osgate.io import own
from osgate.server_hook import deadline
from osgate.server_hook.push import PASSES, Push

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from osgate.server_hook.push import Answer
    from osgate.server_hook.settings import Settings

# Bytes that git may write to a hook: some 100,000 refs.
TOLD_CAP = 16 << 20
# Seconds after the deadline in which a refusal is said, and again in which it is written down.
_AFTERMATH = 0.2
# Seconds after which a process did not start for this push.
_OLDEST = 60.0
_CHUNK, _PIPE = 1 << 16, 512


def hook(
    settings: Settings,
    told: bytes | None = None,
    environ: Mapping[str, str] | None = None,
    began: float | None = None,
    changed: str = "",
) -> int:
    """Run one hook in the repository that we stand in, and return its exit code: 0 lets a push pass, 1 refuses it.

    told: what git wrote for the hook (default: standard input, read to its end). environ: the variables that say who
    pushes (default: ours; git itself always gets ours). began: when this started, in seconds of `time.monotonic`
    (default: when the process did). changed: what differs in the one ref of a push, where that is known. Lines for
    people go to standard error. Whatever happens, pre-receive answers half a second after the deadline at the latest;
    what was not judged by then is refused.
    """
    _open_standard_streams()
    start = _began() if began is None else began
    ends = start + settings.deadline
    data = _standard_input(ends) if told is None else told
    given = os.environ if environ is None else environ
    push = Push(settings, given, os.getcwd(), os.path.abspath(sys.argv[0]), data, start, time.time, changed)
    if not push.place.judged:
        return PASSES
    if settings.hook != "pre-receive":
        answer, late = _recorded(push, ends), False
    else:
        answer, late = _judged(push, ends)
    _say(push.marked(answer["lines"]), max(ends, time.monotonic()) + _AFTERMATH)
    if late:
        deadline.within(push.record_late, time.monotonic() + _AFTERMATH)
    return answer["code"]


def _judged(push: Push, ends: float) -> tuple[Answer, bool]:
    """The answer of a child; where it gave none, a refusal that says what was not checked. Whether it is still to be
    written down that it came too late."""
    if not push.whole:
        push.prepare(())
        return push.late(), True
    if time.monotonic() >= ends:
        # Starting took all of the time: on such a machine the fewest words are late enough.
        return push.late(), True
    heard = deadline.within(push.judge, ends, push.prepare, push.settings.caps.memory)
    if heard.result is not None:
        return heard.result, False
    if heard.late and not push.wants_glass:
        return push.late(), True
    until = max(ends, time.monotonic() + _AFTERMATH)
    seconds = push.settings.deadline if heard.late else 0.0
    answer: Answer | None = deadline.within(lambda _: push.cut_off(heard.told, seconds), until).result
    return answer or push.late(), False


def _recorded(push: Push, ends: float) -> Answer:
    """What post-receive has to say; a disk that hangs holds nobody up beyond the deadline."""
    heard = deadline.within(push.record, ends) if push.settings.spool else None
    return heard.result if heard is not None and heard.result is not None else {"code": PASSES, "lines": []}


def _began() -> float:
    """When this process started, in seconds of `time.monotonic`; now, where nobody tells, or it did for another end."""
    now, age = time.monotonic(), own.age()
    return now - age if age is not None and 0 <= age < _OLDEST else now


def _standard_input(ends: float) -> bytes | None:
    """What git tells, to its end; None where it is too much, or has no end in time."""
    import select

    parts: list[bytes] = []
    size = 0
    while (left := ends - time.monotonic()) > 0 and size <= TOLD_CAP:
        if select.select((0,), (), (), left)[0]:
            data = os.read(0, _CHUNK)
            if not data:
                return b"".join(parts)
            parts.append(data)
            size += len(data)
    return None


def _open_standard_streams() -> None:
    """What is closed of the standard streams is opened on nothing, so that no file of ours takes its place."""
    for stream in (0, 1, 2):
        try:
            os.fstat(stream)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _say(data: bytes, until: float) -> None:
    """Write to standard error; that nobody listens, or nobody reads, changes no verdict and holds nobody up."""
    import select

    try:
        while data and select.select((), (2,), (), max(0.0, until - time.monotonic()))[1]:
            # What can be written at all can be in this length without waiting (POSIX write(2), PIPE_BUF).
            data = data[os.write(2, data[:_PIPE]) :]
    except (OSError, ValueError):
        return
