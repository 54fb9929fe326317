"""The fixture that keeps pure code pure: it must see each kind of I/O, and nothing else."""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import audit


def spawn() -> None:
    os.posix_spawn(sys.executable, [sys.executable, "-c", ""], {})


@pytest.mark.parametrize(
    "touch",
    [
        lambda: Path(__file__).read_bytes(),
        lambda: os.open(__file__, os.O_RDONLY),
        lambda: socket.create_connection(("localhost", 9)),
        lambda: socket.socket().connect(("localhost", 9)),
        lambda: subprocess.run([sys.executable, "-c", ""], check=False),
        spawn,
        lambda: os.system("true"),
        lambda: sqlite3.connect(":memory:"),
        lambda: os.listdir("."),
    ],
)
def test_each_kind_of_touching_the_world_is_refused(touch):
    with pytest.raises(audit.TouchedTheWorld), audit.no_io():
        touch()


def test_it_is_over_with_the_block():
    with audit.no_io():
        pass
    assert Path(__file__).read_bytes()


def test_swallowing_every_exception_does_not_hide_it():
    def swallows() -> None:
        with contextlib.suppress(Exception):
            Path(__file__).read_bytes()

    with pytest.raises(audit.TouchedTheWorld), audit.no_io():
        swallows()


def test_computing_and_importing_are_let_through(no_io, monkeypatch):
    monkeypatch.delitem(sys.modules, "this", raising=False)
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    import colorsys

    assert colorsys.rgb_to_hsv(0, 0, 0) == (0, 0, 0)
