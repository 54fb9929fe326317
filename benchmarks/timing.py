"""Timing whole commands side by side: in turn, so that a machine that slows down slows all of them down."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


def interleaved(
    commands: Mapping[str, Sequence[str]], folder: Path, runs: int, env: Mapping[str, str] | None = None
) -> dict[str, list[float]]:
    """Run each command `runs` times in turn, after one round that does not count; return seconds by name.

    Raises RuntimeError, with what was printed, where a command does not end with 0.
    """
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, words in commands.items():
            start = time.perf_counter()
            done = subprocess.run(words, cwd=folder, env=env, capture_output=True)
            seconds = time.perf_counter() - start
            if done.returncode != 0:
                raise RuntimeError(f"{name}: {done.returncode}\n{done.stdout.decode()}\n{done.stderr.decode()}")
            if turn:
                taken[name].append(seconds)
    return taken


def table(taken: Mapping[str, Sequence[float]], base: str) -> str:
    """Return minimum and median in ms, and each median over that of `base`."""
    floor = statistics.median(taken[base])
    rows = [f"{'':44}{'min ms':>9}{'median':>9}{'ratio':>8}"]
    for name, values in taken.items():
        middle = statistics.median(values)
        rows.append(f"{name:44}{min(values) * 1000:9.1f}{middle * 1000:9.1f}{middle / floor:8.2f}")
    return "\n".join(rows)
