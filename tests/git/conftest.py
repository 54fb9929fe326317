"""Real repositories for the tests of this folder."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


class Repo:
    """A repository in a temporary folder, driven by the git that is installed."""

    def __init__(self, path: Path, *init: str) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", *init)

    def git(self, *args: str | bytes, input: bytes = b"") -> str:
        done = subprocess.run(["git", *args], cwd=self.path, input=input, capture_output=True, check=True)
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def write(self, path: str | bytes, text: str) -> None:
        target = bytes(self.path) + b"/" + (path if isinstance(path, bytes) else path.encode())
        Path(target.decode("utf-8", "surrogateescape")).parent.mkdir(parents=True, exist_ok=True)
        with open(target, "w", encoding="utf-8") as file:
            file.write(text)

    def commit(self, message: str = "change", **files: str) -> str:
        for path, text in files.items():
            self.write(path, text)
        self.git("add", "-A")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


@pytest.fixture
def make_repo() -> type[Repo]:
    return Repo
