"""A repository to commit in, and a stand-in for osgate that records how it was called."""

from __future__ import annotations

import os
import subprocess
from itertools import islice
from pathlib import Path

# Each call leaves the number of its arguments, the arguments, what git said was staged, and an end that is empty, all
# of them ended by NUL.
RECORDER = """#!/bin/sh
{ printf '%s\\0' "$#" "$@" && git diff --cached --name-only -z && printf '\\0'; } >> "$RECORDER_LOG"
echo 'warning: seen by the recorder'
exit "${RECORDER_EXIT:-0}"
"""


class Repository:
    """The git repository in a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, *argv: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a program here; never raises, output in `stdout` and `stderr` as text."""
        env = {**os.environ, **environment}
        return subprocess.run(
            argv,
            cwd=self.path,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def git(self, *args: str, **environment: str) -> str:
        """Run git, which must succeed, and return its output."""
        done = self.run("git", *args, **environment)
        assert done.returncode == 0, f"git {args}: {done.stdout}{done.stderr}"
        return done.stdout

    def write(self, name: str, text: str = "{}\n") -> Path:
        """Write a file and stage it."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.git("add", "--", name)
        return path

    def commit(self, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Commit what is staged, hooks included."""
        return self.run("git", "commit", "--quiet", "-m", "change", *args, **environment)


class Recorder:
    """A program in the place of osgate. It ends with RECORDER_EXIT and writes to RECORDER_LOG of its environment."""

    def __init__(self, program: Path, log: Path) -> None:
        self.program, self.log = program, log

    @property
    def calls(self) -> list[dict[str, list[str]]]:
        """How it was called so far: arguments, and what git said was staged."""
        words = iter(self.log.read_text(encoding="utf-8").split("\0") if self.log.exists() else ())
        found = []
        while number := next(words, ""):
            args = list(islice(words, int(number)))
            found.append({"args": args, "staged": sorted(iter(words.__next__, ""))})
        return found


def empty(path: Path) -> Repository:
    """A new repository in a folder of its own."""
    path.mkdir(parents=True)
    made = Repository(path)
    made.git("init", "--quiet")
    return made
