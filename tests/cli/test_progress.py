"""The progress bar: seen by a person who waits, and by nobody else."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.cli import progress as module
from osgate.cli.progress import COLUMNS, PATIENCE, Progress
from osgate.text.width import display_width


class Clock:
    """Seconds that pass when they are told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Screen(io.StringIO):
    """A terminal with an encoding."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def lines(self) -> list[str]:
        """What stood on the line, one drawing after the other."""
        return self.getvalue().split("\r")[1:]


def bar(total: int, label: str, screen: Screen | None, columns: int = COLUMNS) -> tuple[Progress, Clock]:
    clock = Clock()
    return Progress(total, label, screen, clock, columns), clock


def test_nothing_is_drawn_before_a_second_has_passed() -> None:
    screen = Screen()
    made, clock = bar(10, "reading", screen)
    with made:
        for _ in range(10):
            made.step()
            clock.now += PATIENCE / 11
    assert screen.getvalue() == ""


def test_then_it_is_drawn_and_cleared_at_the_end() -> None:
    screen = Screen()
    made, clock = bar(4, "reading", screen)
    with made:
        clock.now = 2.0
        made.step(2)
        made.step()  # at the same moment: not drawn again
        clock.now = 3.0
        made.step()
    first, second, blank, end = screen.lines()
    assert first.startswith("[############------------]  50% 2/4 reading")
    assert second.startswith("[########################] 100% 4/4 reading")
    assert (blank.strip(), end) == ("", "")
    assert len(blank) >= len(second)


def test_a_line_is_cleared_when_the_work_fails_too() -> None:
    screen = Screen()
    made, clock = bar(4, "reading", screen)

    def work() -> None:
        with made:
            clock.now = 2.0
            made.step()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        work()
    assert screen.getvalue().endswith("\r")


def test_without_a_total_it_counts() -> None:
    screen = Screen()
    made, clock = bar(0, "reading", screen)
    clock.now = 2.0
    made.step(7)
    assert screen.lines() == ["7 reading"]


@settings(max_examples=60)
@given(
    st.integers(-3, 10**9),
    st.text(max_size=60),
    st.integers(0, 10**9),
    st.integers(2, 200),
    st.sampled_from(["utf-8", "gbk", "ascii", "latin-1"]),
)
def test_whatever_the_label_a_line_fits_and_can_be_written(total, label, done, columns, encoding) -> None:
    screen = Screen(encoding)
    made, clock = bar(total, "依赖" + label, screen, columns)
    clock.now = 2.0
    made.step(done)
    (line,) = screen.lines()
    line.encode(encoding)
    assert line.isprintable()
    assert display_width(line) <= columns - 1


def test_a_terminal_that_is_gone_ends_the_drawing_and_not_the_work() -> None:
    class Gone(Screen):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    made, clock = bar(2, "reading", Gone())
    with made:
        clock.now = 2.0
        made.step()
        made.step()


def test_nobody_sees_it_in_ci_on_a_pipe_or_on_a_dumb_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(Screen):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    assert module._seen(sys.stderr, os.environ)
    for name, value in (("CI", "true"), ("TERM", "dumb")):
        assert not module._seen(sys.stderr, {**os.environ, name: value})
    assert not module._seen(Screen(), os.environ)
    assert not module._seen(None, os.environ)
    closed = Terminal()
    closed.isatty = lambda: io.StringIO.isatty(closed)  # type: ignore[method-assign]
    closed.close()
    assert not module._seen(closed, os.environ)


SCRIPT = """
import time
from osgate.cli.progress import progress
with progress(3, "读取依赖清单") as bar:
    time.sleep(1.1)
    for _ in range(3):
        bar.step()
        time.sleep(0.12)
"""


def started(ci: bool) -> tuple[int, int, subprocess.Popen[bytes]]:
    """The script on a terminal of its own: both ends of it, and the process."""
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "PYTHONIOENCODING": "utf-8", **({"CI": "1"} if ci else {})}
    return master, slave, subprocess.Popen([sys.executable, "-c", SCRIPT], stderr=slave, env=environment)


def shown(master: int, slave: int, child: subprocess.Popen[bytes]) -> bytes:
    """What its terminal showed when it had ended, and `end`."""
    assert child.wait(timeout=60) == 0
    os.write(slave, b"end")
    os.set_blocking(master, False)
    seen = os.read(master, 65536)
    os.close(slave)
    os.close(master)
    return seen


def test_on_a_real_terminal() -> None:
    people, pipeline = started(ci=False), started(ci=True)
    assert "3/3 读取依赖清单".encode() in shown(*people)
    assert shown(*pipeline) == b"end"
