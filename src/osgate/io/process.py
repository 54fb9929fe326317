"""Run another program without the standard library's `subprocess`, whose import costs more than git itself.

A `Child` is a running program with its three streams in our hands; `run` is a whole life of one. Both ends are polled,
so neither large input nor large output can lock the two processes up.
"""

from __future__ import annotations

import os

from osgate.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CHUNK = 1 << 16
# What is kept of a child's standard error, in bytes; the end is what tells why it failed.
ERROR_TAIL = 1 << 16
# Seconds that an interrupted child has for tidying up before it is killed.
GRACE = 2.0
_SIGKILL, _SIGPIPE, _SIGTERM = 9, 13, 15
HAS_SPAWN = hasattr(os, "posix_spawnp")


class OutOfTime(Exception):
    """The program did not end in time."""


def start(argv: Sequence[str | bytes], env: Mapping[str, str] | None = None) -> Child:
    """Start the program `argv` names (looked up on PATH) with `env` (default: ours).

    Raises UsageError `program.missing` where there is no such program, `program.refused` where it cannot be started.
    """
    try:
        if HAS_SPAWN:
            return Child(argv, os.environ if env is None else env)
        from osgate.io.portable import PortableChild

        return PortableChild(argv, env)
    except (FileNotFoundError, PermissionError, NotADirectoryError) as error:
        raise UsageError("program.missing", program=os.fsdecode(argv[0])) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError("program.refused", program=os.fsdecode(argv[0]), reason=reason) from error


def run(
    argv: Sequence[str | bytes], *, input: bytes = b"", env: Mapping[str, str] | None = None, seconds: float = 0
) -> tuple[int, bytes, bytes]:
    """Run a program to its end with `input` as its standard input.

    Returns its exit code (negative: the signal that ended it), its standard output, and the last 64 KiB of its standard
    error. An interrupt ends the child too. Raises what `start` raises, and OutOfTime where it is not through with its
    output after `seconds` (0: no limit; nor is there one without posix_spawn).
    """
    child = start(argv, env)
    try:
        if seconds:
            child.within(seconds)
        child.send(input)
        child.end_input()
        out = child.rest()
        return child.wait(), out, child.error_output()
    finally:
        child.terminate()


class Child:
    """A running program. End it with `wait`, `terminate`, or `kill` (for one that only reads)."""

    def __init__(self, argv: Sequence[str | bytes], env: Mapping[str, str]) -> None:
        import select  # Before the child starts, so that an interrupt finds no half-made one.

        self._pid, self._in, self._out, self._err = _spawn(argv, env)
        self._code: int | None = None
        self._pending = bytearray()
        self._buffer = bytearray()
        self._errors = bytearray()
        self._ending = False
        self._ends = 0.0
        os.set_blocking(self._in, False)
        self._poll = select.poll()
        self._poll.register(self._out, select.POLLIN)
        self._poll.register(self._err, select.POLLIN)
        self._writable = select.POLLOUT

    def within(self, seconds: float) -> None:
        """Let every wait for the child raise OutOfTime after `seconds`, counted from now."""
        import time

        self._ends = time.monotonic() + seconds

    def send(self, data: bytes) -> None:
        """Queue `data` for the child's standard input; it flows while we read. Lost once the child stopped reading."""
        if data and self._in >= 0:
            self._pending += data
            self._poll.register(self._in, self._writable)

    def flush(self) -> None:
        """Let flow at once what the child takes without being waited for."""
        if self._pending and self._in >= 0:
            self._write()

    def end_input(self) -> None:
        """Close the child's standard input as soon as all that was sent has flowed."""
        self._ending = True
        if not self._pending:
            self._close_input()

    def line(self) -> bytes:
        """Return the next line of standard output with its newline; at the end of output what is left, or nothing."""
        seen = 0
        while (end := self._buffer.find(b"\n", seen)) < 0:
            seen = len(self._buffer)
            if not self._more():
                return self._cut(seen)
        return self._cut(end + 1)

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes of standard output; fewer where it ends before."""
        while len(self._buffer) < count and self._more():
            pass
        return self._cut(min(count, len(self._buffer)))

    def rest(self) -> bytes:
        """Return standard output up to its end."""
        while self._more():
            pass
        return self._cut(len(self._buffer))

    def error_output(self) -> bytes:
        """Return what has come on standard error so far, the last 64 KiB of it."""
        return bytes(self._errors)

    def wait(self) -> int:
        """Read standard error to its end, wait for the child, and return its exit code (negative: a signal)."""
        self.end_input()
        while self._out >= 0 or self._err >= 0 or self._in >= 0:
            self._pump()
        if self._code is None:
            self._code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        return self._code

    def kill(self) -> None:
        """End the child at once. For programs that only read; no effect on one that has ended."""
        self._close()
        if self._code is None:
            os.kill(self._pid, _SIGKILL)
            self._code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])

    def terminate(self) -> None:
        """Ask the child to end, and kill it after two seconds. No effect on one that has ended."""
        self._close()
        if self._code is None:
            os.kill(self._pid, _SIGTERM)
            self._await(GRACE)
        self.kill()

    def _await(self, seconds: float) -> None:
        import select

        pause = 0.001
        while self._code is None and seconds > 0:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
                return
            select.select((), (), (), pause)
            seconds -= pause
            pause = min(pause * 2, 0.1)

    def _cut(self, count: int) -> bytes:
        with memoryview(self._buffer) as view:
            data = bytes(view[:count])
        del self._buffer[:count]
        return data

    def _more(self) -> bool:
        """Wait until something moves; False at the end of standard output."""
        if self._out >= 0:
            self._pump()
        return self._out >= 0

    def _pump(self) -> None:
        for fd, _ in self._ready():
            if fd == self._in:
                self._write()
            elif fd == self._out:
                self._out = self._read(fd, self._buffer)
            elif fd == self._err:
                self._err = self._read(fd, self._errors)
                del self._errors[:-ERROR_TAIL]

    def _ready(self) -> list[tuple[int, int]]:
        if not self._ends:
            return self._poll.poll()
        import time

        left = self._ends - time.monotonic()
        found = self._poll.poll(1000 * left) if left > 0 else []
        if not found:
            raise OutOfTime
        return found

    def _read(self, fd: int, into: bytearray) -> int:
        data = os.read(fd, CHUNK)
        if data:
            into += data
            return fd
        self._poll.unregister(fd)
        os.close(fd)
        return -1

    def _write(self) -> None:
        try:
            with memoryview(self._pending) as view:
                count = os.write(self._in, view[: CHUNK * 16])
            del self._pending[:count]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._pending.clear()
            self._ending = True
        if self._pending:
            return
        if self._ending:
            self._close_input()
        else:
            self._poll.unregister(self._in)

    def _close_input(self) -> None:
        if self._in >= 0:
            self._poll.register(self._in, 0)  # It may be registered or not; this way unregister always holds.
            self._poll.unregister(self._in)
            os.close(self._in)
            self._in = -1

    def _close(self) -> None:
        self._close_input()
        for fd in (self._out, self._err):
            if fd >= 0:
                os.close(fd)
        self._out = self._err = -1


def _spawn(argv: Sequence[str | bytes], env: Mapping[str, str]) -> tuple[int, int, int, int]:
    """Start the program; returns its process id and our ends of its standard input, output and error."""
    fds: list[int] = []
    try:
        for _ in range(3):
            fds += [_above_standard(fd) for fd in os.pipe()]
        in_read, in_write, out_read, out_write, err_read, err_write = fds
        dup = os.POSIX_SPAWN_DUP2
        actions = ((dup, in_read, 0), (dup, out_write, 1), (dup, err_write, 2))
        # Python ignores SIGPIPE and children inherit that; a writer whose reader left must die of it.
        pid = os.posix_spawnp(argv[0], tuple(argv), env, file_actions=actions, setsigdef=(_SIGPIPE,))
    except BaseException:
        for fd in fds:
            os.close(fd)
        raise
    for fd in (in_read, out_write, err_write):
        os.close(fd)
    return pid, in_write, out_read, err_read


def _above_standard(fd: int) -> int:
    """Move a descriptor out of 0 to 2 (they are free where we were started with closed streams)."""
    if fd > 2:
        return fd
    import fcntl

    moved: int = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3)
    os.close(fd)
    return moved
