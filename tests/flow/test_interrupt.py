"""Ctrl-C: the exit code is 130 and nothing stays behind, whichever program was at work."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flow.house import House, leftovers

# Stands before the real program on PATH: at the chosen call it says so and waits to be interrupted.
WRAPPER = """#!/bin/sh
case " $* " in
  *" {word} "*) : > {ready}; sleep 60 ;;
esac
exec {real} "$@"
"""
CASES = {
    "desk": (("git", "fast-import"), ("git", "update-ref"), ("ssh-keygen", "sign")),
    "request": (("git", "fetch"), ("ssh-keygen", "sign"), ("git", "fast-import"), ("git", "push")),
    "check": (("git", "diff"), ("git", "cat-file")),
}


def _words(house: House, command: str) -> list[str]:
    who = ["--person", "wang.wu", "--key", str(house.keys / "wang.wu"), "--policy-repo", str(house.bare)]
    desk = ["--policy-repo", str(house.bare), "--key", str(house.keys / "desk"), "--publish", str(house.publish)]
    return {
        "desk": ["desk", *desk],
        "request": ["request", "pkg:npm/is-odd@3.0.1", "--channel", "community", "--reason", "needed", *who],
        "check": ["check", "--staged"],
    }[command]


def _interrupted(house: House, words: list[str], program: str, word: str, at: Path) -> int:
    """Start the command, wait until `program` is called with `word`, send what Ctrl-C sends; return the exit code."""
    ready, folder = house.root / "ready", house.root / "wrappers"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    ready.unlink(missing_ok=True)
    wrapper = folder / program
    wrapper.write_text(WRAPPER.format(word=word, ready=ready, real=shutil.which(program)))
    wrapper.chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "osgate", *words]
    with subprocess.Popen(
        command, cwd=at, env={**os.environ, "PATH": path}, start_new_session=True, stderr=subprocess.PIPE
    ) as child:
        for _ in range(2000):
            if ready.exists() or child.poll() is not None:
                break
            time.sleep(0.01)
        assert ready.exists(), f"never came to {program} {word}: {child.communicate()}"
        os.killpg(child.pid, signal.SIGINT)
        said = child.communicate(timeout=20)[1]
    assert b"Traceback" not in said
    return child.returncode


@pytest.mark.parametrize("command", CASES)
def test_an_interrupt_ends_with_130_and_leaves_nothing(house: House, command: str) -> None:
    house.run()
    path = house.application("payments-app") if command == "check" else house.root
    house.push_files("osgate/wrong", {"people.toml": b""})
    before = house.git("for-each-ref", "refs/heads/main")
    for program, word in CASES[command]:
        assert _interrupted(house, _words(house, command), program, word, path) == 130, word
        assert os.listdir(house.root / "tmp") == [], word
        assert leftovers(house.root) == [], word
    assert house.git("for-each-ref", "refs/heads/main") == before
    assert house.run().serial == 2, "the next one is not kept out"
