"""Commands run in this process or in one of their own, git, and lockfiles, for the tests of this folder."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from osgate.cli import console, main

DIGEST = "sha512-" + "A" * 86 + "=="


class Done(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


def call(*words: str) -> Done:
    """Run a command in this process and the current folder."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    console._language = ""
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(words))
    out.flush(), err.flush()
    said = [stream.buffer.getvalue().decode("utf-8") for stream in (out, err)]  # type: ignore[attr-defined]
    return Done(code, *said)


def child(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a process of its own."""
    env = {**os.environ, **environment}
    return subprocess.run(
        [sys.executable, "-m", "osgate", *words],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )


def git(folder: Path, *args: str, input: bytes = b"") -> str:
    """Run git, which must succeed."""
    done = subprocess.run(["git", *args], cwd=folder, input=input, capture_output=True, check=True)
    return done.stdout.decode("utf-8", "surrogateescape").strip()


def lockfile(*packages: str) -> str:
    """An npm lockfile with these packages, each `name@version`; lines are counted by hand nowhere."""
    named = dict(package.rsplit("@", 1) for package in packages)
    inside: dict[str, Any] = {"": {"name": "app", "version": "1.0.0", "dependencies": dict.fromkeys(named, "*")}}
    for name, version in named.items():
        address = f"https://packages.example.com/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
        inside[f"node_modules/{name}"] = {"version": version, "resolved": address, "integrity": DIGEST}
    return json.dumps({"name": "app", "version": "1.0.0", "lockfileVersion": 3, "packages": inside}, indent=2) + "\n"
