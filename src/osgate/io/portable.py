"""The same child where there is no posix_spawn (Windows): on `subprocess`, with standard error in a temporary file."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile

from osgate.io.process import ERROR_TAIL, GRACE, Child

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class PortableChild(Child):
    """A `Child` with blocking streams; input is written by a thread, so that it cannot lock up with the output."""

    def __init__(self, argv: Sequence[str | bytes], env: Mapping[str, str] | None = None) -> None:
        import queue
        import threading

        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `kill` and `terminate`
        try:
            self._process = subprocess.Popen(
                [os.fsdecode(word) for word in argv],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._file,
                env=None if env is None else dict(env),
            )
        except BaseException:
            self._file.close()
            raise
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._feed, daemon=True)
        self._thread.start()

    def _feed(self) -> None:
        stream = self._process.stdin
        assert stream is not None  # noqa: S101 - for the type checker
        with contextlib.suppress(OSError, ValueError):  # The child stopped reading; its exit code tells why.
            while (data := self._queue.get()) is not None:
                stream.write(data)
                stream.flush()
            stream.close()

    def within(self, seconds: float) -> None:
        """Nothing: a stream that blocks cannot be left in time."""

    def send(self, data: bytes) -> None:
        self._queue.put(data)

    def end_input(self) -> None:
        self._queue.put(None)

    def line(self) -> bytes:
        return self._stdout.readline()

    def take(self, count: int) -> bytes:
        return self._stdout.read(count)

    def rest(self) -> bytes:
        return self._stdout.read()

    @property
    def _stdout(self) -> typing.IO[bytes]:
        assert self._process.stdout is not None  # noqa: S101 - for the type checker
        return self._process.stdout

    def error_output(self) -> bytes:
        if self._file.closed:
            return b""
        size = self._file.seek(0, os.SEEK_END)
        self._file.seek(max(0, size - ERROR_TAIL))
        return self._file.read()

    def wait(self) -> int:
        self.end_input()
        self._stdout.read()
        return self._process.wait()

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._tidy()

    def terminate(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(GRACE)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._tidy()

    def _tidy(self) -> None:
        self._process.wait()
        self._queue.put(None)
        self._thread.join()
        for stream in (self._process.stdin, self._stdout, self._file):
            if stream is not None:
                with contextlib.suppress(OSError):  # Bytes that the dead child never read.
                    stream.close()


if TYPE_CHECKING:
    import typing
