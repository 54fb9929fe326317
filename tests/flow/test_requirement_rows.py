"""Rows of the requirements by their own acceptance tests: each test carries the row's id in its name."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from cli.kit import git, lockfile
from flow.house import House, environment

HOOK = Path(__file__).parents[2] / "hooks/pre-commit"


def test_R05_1_a_blocked_change_names_the_command_that_asks_and_passes_unchanged_once_it_is_decided(
    open_house: House,
) -> None:
    path = open_house.application("payments-app")
    staged = git(path, "write-tree")
    blocked = open_house.check(path)
    assert blocked.code == 1
    (command,) = {
        line.partition("= run: ")[2] for line in blocked.out.splitlines() if "osgate request --staged" in line
    }
    program, *words = shlex.split(command.replace('"..."', '"needed for the report"'))
    assert program == "osgate"
    request = open_house.made("wang.wu", *words, at=path)
    assert open_house.desk().code == 0
    for person, role in (("zhang.san", "tech"), ("li.si", "legal")):
        open_house.made(person, "approve", request, "--role", role, "--reason", "looked at")
    assert open_house.desk().code == 0
    passed = open_house.check(path)
    assert (passed.code, git(path, "write-tree")) == (0, staged)


def committed(path: Path, house: House, *words: str) -> subprocess.CompletedProcess[bytes]:
    """`git commit` with whatever hook is installed, as a person runs it."""
    asked = ["git", "commit", "-m", "change", *words]
    env = environment(OSGATE_CACHE=str(house.root / "cache"), OSGATE_LANG="en", NO_COLOR="1")
    return subprocess.run(asked, cwd=path, env=env, capture_output=True, timeout=120)


def with_hook(house: House) -> tuple[Path, Path]:
    """A repository with the native hook; beside it a file that tells how often the hook started osgate."""
    path = house.application("hooked")
    git(path, "commit", "--quiet", "--no-verify", "-m", "before")
    (path / ".git/hooks/pre-commit").write_bytes(HOOK.read_bytes())
    (path / ".git/hooks/pre-commit").chmod(0o755)
    starts = house.root / "starts"
    starts.write_text("")
    program = house.root / "osgate-counted"
    program.write_text(f'#!/bin/sh\necho x >> {starts}\nexec {sys.executable} -m osgate "$@"\n')
    program.chmod(0o755)
    git(path, "config", "osgate.command", str(program))
    return path, starts


def test_X03_a_commit_without_a_manifest_starts_nothing_and_one_with_a_bad_dependency_names_file_and_line(
    open_house: House,
) -> None:
    path, starts = with_hook(open_house)
    (path / "notes.txt").write_text("nothing to see\n")
    git(path, "add", "--all")
    assert committed(path, open_house).returncode == 0
    assert starts.read_text() == ""
    (path / "package-lock.json").write_text(lockfile("left-pad@1.3.0"))
    git(path, "add", "--all")
    blocked = committed(path, open_house)
    assert blocked.returncode == 1
    assert starts.read_text() == "x\n"
    line = next(
        n for n, text in enumerate(lockfile("left-pad@1.3.0").splitlines(), 1) if "node_modules/left-pad" in text
    )
    assert f"package-lock.json:{line}".encode() in blocked.stdout + blocked.stderr


def test_X04_a_gbk_console_reads_chinese_and_nothing_crashes(open_house: House) -> None:
    path = open_house.application("payments-app")
    env = environment(PYTHONIOENCODING="gbk", OSGATE_LANG="zh_CN", OSGATE_CACHE=str(open_house.root / "cache"))
    asked = [sys.executable, "-m", "osgate", "check", "--staged"]
    done = subprocess.run(asked, cwd=path, env=env, capture_output=True, timeout=60)
    said = done.stdout.decode("gbk")
    assert done.returncode == 1
    assert "未准入" in said
    assert "UnicodeEncodeError" not in done.stderr.decode("gbk")
    assert "Traceback" not in done.stderr.decode("gbk")
