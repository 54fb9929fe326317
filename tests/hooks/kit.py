"""A repository to commit in, and a stand-in for osgate that records how it was called."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

RECORDER = """#!{python} -IS
import json, os, subprocess, sys
staged = subprocess.run(["git", "diff", "--cached", "--name-only"], capture_output=True, text=True).stdout.split()
with open(os.environ["RECORDER_LOG"], "a") as log:
    log.write(json.dumps({{"args": sys.argv[1:], "staged": sorted(staged)}}) + "\\n")
print("warning: seen by the recorder")
sys.exit(int(os.environ.get("RECORDER_EXIT", "0")))
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
        text = self.log.read_text(encoding="utf-8") if self.log.exists() else ""
        return [json.loads(line) for line in text.splitlines()]


def empty(path: Path) -> Repository:
    """A new repository in a folder of its own."""
    path.mkdir(parents=True)
    made = Repository(path)
    made.git("init", "--quiet")
    return made
