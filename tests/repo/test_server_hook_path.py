"""What a push pays for: the exact modules that the server hook loads, before it forks and in the child that judges.

`expected_hook_modules.json` holds osgate's own modules for each case. Where a change is meant, `python3 dev.py test
-n 0 --update-expected tests/repo/test_server_hook_path.py` writes it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from osgate.server_hook import archive
from osgate.server_hook.modules import at_once
from repo.test_commit_path import FORBIDDEN, REPORT, loaded, summary
from server_hook.receiving import Server, Work, lock

EXPECTED = Path(__file__).with_name("expected_hook_modules.json")
# Beside those of a commit: what only bad news, a fetch or a broken file may need.
FORBIDDEN_HERE = FORBIDDEN | {
    "enum",
    "functools",
    "hashlib",
    "json",
    "osgate.reports",
    "osgate.text",
    "osgate.io.http",
    "re",
}
START = "from osgate.server_hook import program, settings\ntold = settings.parse(open({settings!r}, 'rb').read())\n"
# The parent imports no more than this before it waits; the child judges, here without a fork, so that its modules show.
PARENT = "from osgate.server_hook import deadline, push\nassert deadline.within(lambda tell: 7, 9e9).result == 7\n"
CHILD = """import time
from osgate.server_hook.push import Push
push = Push(told, {{}}, '.', 'hook', {told!r}, time.monotonic(), time.time)
answer = push.judge(lambda value: None)
assert answer == {{'code': 0, 'lines': []}}, answer
"""
CASES = {"another file": {"main.py": "2"}, "npm lockfile": {"package-lock.json": lock("left-pad", "is-odd")}}


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path / "server")


def pinned(case: str, modules: set[str], request: pytest.FixtureRequest) -> None:
    own, _ = summary(modules)
    expected = json.loads(EXPECTED.read_text(encoding="utf-8")) if EXPECTED.exists() else {}
    if request.config.getoption("--update-expected"):
        expected[case] = own
        EXPECTED.write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    assert case in expected, "run once with --update-expected and read what it wrote"
    assert own == expected[case]


def test_whoever_waits_loads_next_to_nothing(server: Server, request: pytest.FixtureRequest) -> None:
    start = START.format(settings=str(server.root / "pre-receive.json"))
    modules = loaded(REPORT.format(code=start + PARENT), server.path)
    assert modules & FORBIDDEN_HERE == set()
    pinned("waiting", modules, request)


def test_what_a_push_loads_lies_in_one_piece_of_the_packed_file() -> None:
    """And the standard library's `functools`, which SQLite's module asks for, is not loaded with it."""
    first = at_once(
        archive.HOT, {archive._module(p): d.decode() for p, d in archive._own_sources().items() if p[-3:] == ".py"}
    )
    for case, own in json.loads(EXPECTED.read_text(encoding="utf-8")).items():
        assert set(own) - set(first) == set(), case
    assert set(archive.HOT) <= set(first)


@pytest.mark.parametrize("case", CASES)
def test_a_push_loads_exactly_these_modules(
    case: str, server: Server, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    work = Work(tmp_path / "work", server)
    old = work.commit({"package-lock.json": lock("left-pad"), ".osgate/config.toml": 'project = "app"\n'})
    new = work.commit(CASES[case])
    server.take(work, "main")
    told = f"{old} {new} refs/heads/main\n".encode()
    start = START.format(settings=str(server.root / "pre-receive.json"))
    code = start + CHILD.format(told=told)
    loaded(REPORT.format(code=code), server.path)  # Verifies the snapshot; from now on there is a note of that.
    modules = loaded(REPORT.format(code=code), server.path)
    assert modules & FORBIDDEN_HERE == set()
    pinned(case, modules, request)
