"""`hooks/server/dispatch`: several programs for one hook of plain git."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOLD = "0" * 40 + " " + "1" * 40 + " refs/heads/main\n"


@pytest.fixture
def hook(tmp_path) -> Path:
    path = tmp_path / "hooks" / "pre-receive"
    path.parent.mkdir()
    shutil.copy(ROOT / "hooks/server/dispatch", path)
    path.with_name("pre-receive.d").mkdir()
    return path


def program(hook: Path, name: str, code: int, mode: int = 0o755) -> None:
    """A program that writes down what it was told, and ends with `code`."""
    path = hook.with_name("pre-receive.d") / name
    path.write_text(f'#!/bin/sh\nread -r told\necho "{name} $told"\nexit {code}\n')
    path.chmod(mode)


def run(hook: Path) -> tuple[int, list[str]]:
    done = subprocess.run([hook], cwd=hook.parent, input=TOLD, capture_output=True, encoding="utf-8", check=False)
    return done.returncode, [line.split()[0] for line in done.stdout.splitlines() if line.endswith(TOLD.strip())]


def test_each_is_told_everything_in_order_and_the_first_refusal_ends_it(hook):
    program(hook, "10-first", 0)
    program(hook, "50-osgate", 0)
    assert run(hook) == (0, ["10-first", "50-osgate"])
    program(hook, "50-osgate", 7)
    program(hook, "90-last", 0)
    assert run(hook) == (7, ["10-first", "50-osgate"])


def test_where_osgate_cannot_run_the_push_is_refused(hook):
    assert run(hook) == (1, [])
    program(hook, "10-first", 0)
    program(hook, "50-osgate~", 0)
    assert run(hook) == (1, [])
    program(hook, "50-osgate", 0, 0o644)
    assert run(hook) == (1, [])


def test_the_cron_line_calls_what_pack_writes():
    lines = (ROOT / "hooks/server/osgate.cron").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if "sync" in line and not line.startswith("#")]
    minute, *_, user, path, word, _ = line.split()
    assert (minute, user, word) == ("*/5", "git", "sync")
    assert path.endswith("custom_hooks/pre-receive.d/50-osgate")
