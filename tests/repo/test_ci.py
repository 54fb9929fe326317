"""`.ci/run` runs the same steps as a developer, stops at the first that fails, and installs only what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STEPS = ["test", "test --real", "lint"]
DEV = """import sys
with open("steps", "a") as log:
    log.write(" ".join(sys.argv[1:]) + "\\n")
sys.exit(sys.stdin.read() != "" or " ".join(sys.argv[1:]) == {failing!r})
"""


class Machine:
    """A clone with a stand-in for dev.py, and a search path with the programs of a small machine."""

    def __init__(self, folder: Path) -> None:
        self.clone = folder / "clone"
        (self.clone / ".ci").mkdir(parents=True)
        shutil.copy(ROOT / ".ci/run", self.clone / ".ci")
        self.bin = folder / "bin"
        self.bin.mkdir()
        for name in ("bash", "dirname", "git", "id", "sh", "ssh-keygen", "timeout"):
            (self.bin / name).symlink_to(shutil.which(name) or pytest.fail(f"{name} is missing on this machine"))
        self.program("rsync", "exit 0")
        # A pyenv shim for a version that is not installed: on the path, and it starts nothing.
        self.program("python3.11", "exit 127")
        self.program("python3.12", f'exec "{sys.executable}" "$@"')

    def program(self, name: str, body: str) -> None:
        """Put a shell script on the search path."""
        (self.bin / name).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        (self.bin / name).chmod(0o755)

    def run(self, failing: str = "") -> tuple[int, list[str], str]:
        """Run CI from another folder, with something on standard input: exit code, steps taken, output."""
        (self.clone / "dev.py").write_text(DEV.format(failing=failing), encoding="utf-8")
        environment = {**os.environ, "PATH": str(self.bin)}
        argv = [str(self.clone / ".ci/run")]
        done = subprocess.run(
            argv, env=environment, cwd=self.bin, input="typed", capture_output=True, text=True, check=False
        )
        log = self.clone / "steps"
        return done.returncode, log.read_text("utf-8").splitlines() if log.exists() else [], done.stdout + done.stderr


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_it_runs_the_tests_the_real_parts_and_the_checks(machine):
    code, steps, said = machine.run()
    assert (code, steps) == (0, STEPS), said
    assert "installing" not in said


@pytest.mark.parametrize("failing", STEPS)
def test_the_first_step_that_fails_ends_it(machine, failing):
    code, steps, said = machine.run(failing)
    assert code != 0
    assert steps == STEPS[: STEPS.index(failing) + 1]
    assert "all passed" not in said


def test_what_is_missing_is_installed_and_nothing_else(machine):
    (machine.bin / "ssh-keygen").unlink()
    machine.program("sudo", 'shift; exec "$@"')
    machine.program("apt-get", 'echo "apt-get $*"')
    code, steps, said = machine.run()
    assert (code, steps) == (0, STEPS), said
    installs = [line for line in said.splitlines() if line.startswith("apt-get") and " install " in line]
    assert [line.split()[-1] for line in installs] == ["openssh-client"]
    assert "python3-venv" not in said
