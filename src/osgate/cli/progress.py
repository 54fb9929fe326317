"""A progress bar for a person who waits: on standard error, on a terminal, after a second, and gone when it is done."""

from __future__ import annotations

import os
import sys
from time import monotonic

from osgate.text.width import display_width, encodable, printable, truncate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TextIO

# Seconds before a bar appears, and between two drawings of it.
PATIENCE, INTERVAL = 1.0, 0.1
# Columns of the bar itself, and those of a terminal that does not tell its width.
BAR, COLUMNS = 24, 80
# Terminals that cannot go back to the beginning of a line.
_DUMB = ("dumb", "unknown")


class Progress:
    """Counts steps, and draws a bar while a person waits; use it as a context, which clears the line at the end.

    total: how many steps there are; 0 where nobody knows. label: what is being done. Anything that goes wrong while
    drawing ends the drawing, never the work.
    """

    def __init__(self, total: int, label: str, stream: TextIO | None, clock: Callable[[], float], columns: int) -> None:
        self._total, self._label, self._stream = max(total, 0), printable(label), stream
        self._clock, self._columns = clock, columns
        self._done, self._shown = 0, 0
        self._next = clock() + PATIENCE if stream is not None else 0.0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *raised: object) -> None:
        self._write("\r" + " " * self._shown + "\r" if self._shown else "")
        self._stream = None

    def step(self, n: int = 1) -> None:
        """Count `n` more steps as done."""
        self._done += n
        if self._stream is not None and self._clock() >= self._next:
            self._next = self._clock() + INTERVAL
            self._draw(self._stream.encoding or "ascii")

    def _draw(self, encoding: str) -> None:
        line = truncate(encodable(f"{self._figures()} {self._label}", encoding), self._columns - 1, "")
        width = display_width(line)
        self._write("\r" + line + " " * (self._shown - width))
        self._shown = width

    def _figures(self) -> str:
        if not self._total:
            return f"{self._done}"
        part = min(self._done / self._total, 1.0)
        filled = int(part * BAR)
        return f"[{'#' * filled}{'-' * (BAR - filled)}] {int(part * 100):3}% {self._done}/{self._total}"

    def _write(self, text: str) -> None:
        if self._stream is None or not text:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # the terminal is gone, or closed under us
            self._stream = None


def progress(total: int, label: str) -> Progress:
    """Return a Progress that shows itself where a person can see it, and only counts where nobody looks.

    Nothing is drawn in CI (`CI` is set), on a dumb terminal, or where standard error is no terminal.
    """
    stream = sys.stderr if _seen(sys.stderr, os.environ) else None
    return Progress(total, label, stream, monotonic, _width(stream) if stream is not None else COLUMNS)


def _seen(stream: TextIO | None, environment: Mapping[str, str]) -> bool:
    if stream is None or environment.get("CI") or environment.get("TERM") in _DUMB:
        return False
    try:
        return stream.isatty()
    except ValueError:
        return False


def _width(stream: TextIO) -> int:
    """The terminal's columns; some that run in a browser or under a test tell none."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or COLUMNS
    except (OSError, ValueError):
        return COLUMNS
