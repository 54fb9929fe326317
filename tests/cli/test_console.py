"""Output on every console: GBK, ASCII and Latin-1, colours where they are wanted, and nothing hostile in it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cli.kit import call, child, lockfile
from osgate.text.translator import Translator
from osgate.text.width import printable

if TYPE_CHECKING:
    from conftest import App

BAD = lockfile("left-pad@1.3.0")
ENFORCED = ("check", "--staged", "--mode", "enforce-new")


@pytest.fixture
def failing(repository: App) -> App:
    """A commit that is blocked, in a folder with a Chinese name."""
    repository.write("前端/package-lock.json", BAD)
    return repository


def test_a_gbk_console_reads_chinese(failing: App) -> None:
    done = child(*ENFORCED, cwd=failing.path, PYTHONIOENCODING="gbk", OSGATE_LANG="zh_CN")
    said = done.stdout.decode("gbk")
    assert done.returncode == 1
    assert "错误[OSG101 unapproved]：left-pad 1.3.0（npm）未准入" in said
    assert "  --> 前端/package-lock.json:" in said
    assert Translator("zh_CN")("clears.decided") in said
    assert done.stderr == b""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "gb18030"])
@pytest.mark.parametrize("locale", ["en", "zh_CN"])
def test_no_console_makes_it_crash(failing: App, encoding: str, locale: str) -> None:
    done = child(*ENFORCED, cwd=failing.path, PYTHONIOENCODING=encoding, OSGATE_LANG=locale)
    assert (done.returncode, done.stderr) == (1, b"")
    said = done.stdout.decode(encoding)
    assert "OSG101 unapproved" in said
    assert ("前端" if encoding == "gb18030" else "\\u{524d}\\u{7aef}") in said


@pytest.mark.parametrize("encoding", ["ascii", "gbk"])
def test_errors_too(failing: App, encoding: str) -> None:
    done = child("check", "--stagéd", "龘🙂", cwd=failing.path, PYTHONIOENCODING=encoding, OSGATE_LANG="zh_CN")
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert "--staged" in done.stderr.decode(encoding)


def test_json_is_the_same_bytes_on_every_console(failing: App) -> None:
    said = {
        child(*ENFORCED, "--format", "json", cwd=failing.path, PYTHONIOENCODING=encoding).stdout
        for encoding in ("utf-8", "ascii", "gbk")
    }
    (text,) = said
    assert json.loads(text)["findings"][0]["path"] == "前端/package-lock.json"


# Colours


def in_a_terminal(app: App, **environment: str) -> bytes:
    """Run the check on a terminal of its own and return what it wrote there."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm", **environment}
    argv = [sys.executable, "-m", "osgate", *ENFORCED]
    with subprocess.Popen(
        argv, cwd=app.path, env=env, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs
    ) as running:
        os.close(theirs)
        said = b""
        while True:
            try:
                more = os.read(ours, 1 << 16)
            except OSError:  # Linux tells so that the other end is closed
                break
            if not more:
                break
            said += more
    os.close(ours)
    assert running.returncode == 1
    assert b"OSG101 unapproved" in said
    return said


@pytest.mark.parametrize(
    ("environment", "colour"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ({"CI": "true"}, False),
        ({"CI": "true", "FORCE_COLOR": "1"}, True),
        ({"TERM": "dumb"}, False),
    ],
)
def test_colours_on_a_terminal(failing: App, environment: dict[str, str], colour: bool) -> None:
    assert (b"\x1b[" in in_a_terminal(failing, **environment)) is colour


@pytest.mark.parametrize(
    ("environment", "colour"), [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": ""}, False)]
)
def test_colours_in_a_pipe(failing: App, environment: dict[str, str], colour: bool) -> None:
    assert (b"\x1b[" in child(*ENFORCED, cwd=failing.path, **environment).stdout) is colour


# Nothing hostile

HOSTILE = ["\x1b[2J\x1b]0;owned\x07", "\u202egnp.exe", "a\nosgate: all approved", "a\rb", "\u200b\u2066", "\x9b31m"]


@pytest.mark.parametrize("word", HOSTILE)
@pytest.mark.parametrize("options", [(), ("--verbose",), ("--format", "json")])
def test_names_and_paths_never_reach_the_terminal_raw(word: str, options: tuple[str, ...], repository: App) -> None:
    repository.write(f"{word.replace('/', '')}/package-lock.json", BAD)
    repository.write("package-lock.json", lockfile(f"{word}@1.0.0"))
    repository.write("web/package-lock.json", lockfile(f"left-pad@1.0.0{word}"))
    done = repository.check("--staged", "--mode", "enforce-new", *options)
    assert done.code == 1
    assert all(printable(line) == line for line in done.out.split("\n"))
    assert "OSG101" in done.out
    listed = call("deps")
    assert listed.code == 0
    assert all(printable(line) == line for line in listed.out.split("\n"))


@pytest.mark.parametrize("word", HOSTILE)
def test_nor_do_wrong_words(word: str, repository: App) -> None:
    for words in ((f"--{word}",), (word,), ("--base", word), ("--mode", word), ("--lock", word)):
        done = repository.check(*words)
        assert done.code == 2
        assert all(printable(line) == line for line in done.err.split("\n")), done.err
