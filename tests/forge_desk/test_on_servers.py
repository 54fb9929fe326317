"""One comment from block to approval, at servers: the command as a pipeline runs it, the adapters, git over HTTP."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from flow.house import DEMO, House, patched
from forge_desk.test_on_gitlab import DEVELOPER, REPORTER, files
from forges.github_shop import MAY, shop_of
from osgate.forge_desk.publishing import STATUS
from osgate.forges.commands import Command, parse
from osgate.forges.github import connect
from osgate.forges.gitlab.adapter import GitLab
from osgate.reports.markdown import read_marker
from osgate.testing.gitlab import FakeGitLab
from osgate.text.translator import LOCALES, Translator

pytestmark = pytest.mark.real

AFTER = {path.name: path.read_bytes() for path in (DEMO / "after").iterdir() if path.is_file()}


class Server(NamedTuple):
    """A forge with a pull or merge request of wang.wu's in `shop/till`.

    bodies: of all notes that stand on no line; state: of our commit status; head: of the change; push: a commit to it.
    """

    kind: str
    address: str
    token: str
    bodies: Callable[[], list[str]]
    state: Callable[[], str]
    head: Callable[[], str]
    push: Callable[[dict[str, bytes]], object]


def gitlab(folder: Path, before: dict[str, bytes]) -> Iterator[Server]:
    """The free tier; the desk is a group's bot."""
    with FakeGitLab(folder, tier="free") as fake:
        wang, bot = fake.user("wang.wu"), fake.user("group_1_bot_osgate", "osgate", kind="group_bot")
        project = fake.project("shop/till", before, members={wang: DEVELOPER, bot: DEVELOPER})
        fake.project("oss/policy", {"README.md": b""}, members={wang: REPORTER, bot: REPORTER})
        fake.push(project, "topic", AFTER)
        change, token = fake.merge_request(project, "topic", author=wang), fake.as_user(bot)

        def state() -> str:
            client = GitLab(fake.web_url, token).client
            statuses = client.each("projects", project.id, "repository", "commits", change.version.head, "statuses")
            return {"failed": "failure"}.get(state := [s["status"] for s in statuses if s["name"] == STATUS][-1], state)

        def bodies() -> list[str]:
            return [note.body for note in change.notes if not note.system and not note.position]

        def push(changed: dict[str, bytes]) -> object:
            return fake.push(project, "topic", changed)

        yield Server("gitlab", fake.web_url, token, bodies, state, lambda: change.version.head, push)
        fake.settle()
        assert fake.violations == []


def github(folder: Path, before: dict[str, bytes]) -> Iterator[Server]:
    """An Enterprise Server; the desk is an app."""
    with shop_of("3.19.0") as fake:
        wang = fake.user("wang.wu")
        org = fake.org("shop", {})
        repo = fake.repo("shop/till", before, roles={wang: "write"})
        fake.repo("oss/policy", {"README.md": b""}, private=False)
        token = fake.as_app(fake.install(fake.app("osgate", dict(MAY)), org))
        fake.push(repo, "topic", AFTER, author=wang)
        change = fake.pull(repo, "topic", author=wang)

        def state() -> str:
            return [one for one in repo.statuses if one.sha == change.head][-1].state

        def bodies() -> list[str]:
            return [note.body for note in change.comments]

        def push(changed: dict[str, bytes]) -> object:
            return fake.push(repo, "topic", changed, author=wang)

        yield Server("github", fake.web_url, token, bodies, state, lambda: change.head, push)
        assert fake.violations == []


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    made = patched(monkeypatch, House(tmp_path / "house"))
    assert made.desk().code == 0
    return made


@pytest.fixture
def work(house: House) -> Path:
    return house.application("till")


@pytest.fixture(params=[gitlab, github], ids=["gitlab", "github"])
def server(request: Any, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    before = {name: _committed(work, name) for name in files(work)}
    real = connect.Session
    monkeypatch.setattr(connect, "Session", lambda *given, **more: real(*given, **{**more, "between": 0.0}))
    for server in request.param(tmp_path / "server", before):
        monkeypatch.setenv("OSGATE_FORGE_URL", server.address)
        monkeypatch.setenv("OSGATE_TOKEN", server.token)
        yield server


def _committed(work: Path, name: str) -> bytes:
    return subprocess.run(["git", "show", f"HEAD:{name}"], cwd=work, check=True, capture_output=True).stdout


def told(house: House, server: Server, *more: str) -> tuple[str, str]:
    """Comment as a pipeline does; return the one comment that stands, and the state that rules wait for."""
    where = ("--forge", server.kind, "--project", "shop/till", "--change", "1")
    policy = ("--policy-url", f"{server.address}/oss/policy", "--policy-repo", str(house.bare))
    said = house.osgate("comment", *where, *policy, *more, at=house.root)
    assert (said.code, said.err) == (0, "")
    (comment,) = [body for body in server.bodies() if read_marker(body)]
    return comment, server.state()


def test_R05_1_one_comment_with_a_line_to_paste_and_green_on_the_same_head(
    house: House, work: Path, server: Server
) -> None:
    head = server.head()
    for _ in range(2):
        comment, state = told(house, server)
    assert state == "failure"
    assert "blocked, 2 of 2 introduced dependencies to settle" in comment
    (line,) = [line for line in comment.splitlines() if line.startswith("/osgate ")]
    (command,) = parse(line.replace("…", "needed"))
    assert isinstance(command, Command)
    assert command.verb == "request"
    assert comment.count("[open the request](") == 1

    id = house.made("wang.wu", "request", "--staged", "--reason", "needed", at=work)
    assert house.desk().code == 0
    house.both_answer("approve", id)
    comment, state = told(house, server)
    assert (state, server.head()) == ("success", head)
    assert "osgate: settled: " in comment
    assert "/osgate" not in comment


def test_a_comment_tells_both_languages_where_two_are_asked_for(house: House, server: Server) -> None:
    comment, _ = told(house, server, "--language", "zh_CN+en")
    first, line, second = comment.partition("\n\n---\n\n")
    asked = [Translator(locale).count("head.blocked", 2, introduced=2) for locale in ("zh_CN", "en")]
    assert line
    assert [[said in half for said in asked] for half in (first, second)] == [[True, False], [False, True]]


@pytest.mark.parametrize("locale", LOCALES)
def test_X01_two_runs_leave_one_comment_and_a_fix_turns_it_resolved_in_both_languages(
    house: House, work: Path, server: Server, locale: str
) -> None:
    t = Translator(locale)
    for _ in range(2):
        comment, _ = told(house, server, "--language", locale)
    assert t.count("head.blocked", 2, introduced=2) in comment
    server.push({name: _committed(work, name) for name in AFTER})
    comment, state = told(house, server, "--language", locale)
    assert {"en": "osgate: settled: ", "zh_CN": "已解决"}[locale] in comment.partition("\n")[2]
    assert t.count("head.blocked", 2, introduced=2) not in comment
    assert state == "success"
