"""The hook as each server runs it: over smart HTTP and ssh, in Gitaly's environment, in Gitea's chain, packed."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from osgate.changes.updates import Update
from osgate.io.git import Git
from osgate.model.record import replace
from osgate.reports.json_report import to_json
from osgate.server_hook import receive
from osgate.server_hook import settings as told
from osgate.server_hook.found import Now
from osgate.testing import git_http
from server_hook import packing
from server_hook.receiving import GITALY, ISSUED, ISSUED_AT, Server, Work, lock, run

pytestmark = pytest.mark.real

LOCK = "package-lock.json"
EVIL = "OSG101 unapproved: pkg:npm/evil@1.3.0"
# Gitea's own delegate, in its own words: it takes all input, echoes it to every script, and keeps the first bad code.
GITEA = """#!/usr/bin/env bash
data=$(cat)
codes=""
for hook in "$GIT_DIR/hooks/pre-receive.d"/*; do
  test -x "$hook" && test -f "$hook" || continue
  echo "$data" | "$hook"
  codes="$codes $?"
done
for code in $codes; do
  test "$code" -eq 0 || exit "$code"
done
"""
# Gitaly starts an administrator's hook with an allowlist of variables and nothing else.
GITALY_LIKE = """#!{python} -I
import os, sys
kept = {{name: os.environ[name] for name in {names!r} if name in os.environ}}
kept |= {{name: value for name, value in os.environ.items() if name.startswith("GIT_PUSH_OPTION_")}}
kept |= {{"GL_ID": "user-7", "GL_USERNAME": "li.si", "GL_PROTOCOL": "web", "GL_REPOSITORY": "project-12"}}
os.execve({hook!r}, [{hook!r}], kept | {{"GL_PROJECT_PATH": "payments/app"}})
"""
SSH = """#!/bin/sh
for last; do :; done
exec sh -c "$last"
"""


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path / "server")


@pytest.fixture
def work(server: Server, tmp_path: Path) -> Work:
    work = Work(tmp_path / "work", server)
    work.commit({LOCK: lock("left-pad")})
    server.take(work, "main")
    work.commit({LOCK: lock("left-pad", "evil")})
    return work


def good(work: Work) -> None:
    """Make what is to be pushed one that passes."""
    work.git("reset", "-q", "--hard", "main~1")
    work.commit({LOCK: lock("left-pad", "is-odd")})


def script(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def refused(done: subprocess.CompletedProcess[str], server: Server) -> None:
    assert done.returncode != 0
    assert EVIL in done.stderr
    assert server.left() == []


def test_over_smart_http_the_web_server_says_who_pushes(server: Server, work: Work) -> None:
    server.install(break_glass=("li.si",))
    with git_http.serving(server.root, {"li.si": "word", "wang.wu": "word"}) as url:
        at = url.replace("//", "//{}:word@") + "/app.git"
        refused(work.push("main", url=at.format("li.si")), server)
        assert work.push("main", url=at.format("li.si").replace("word", "other")).returncode != 0
        glass = ("-o", "osgate.break-glass=INC-7", "main")
        assert work.push(*glass, url=at.format("wang.wu")).returncode != 0
        assert work.push(*glass, url=at.format("li.si")).returncode == 0
    assert [(event["event"], event["pusher"]["name"]) for event in server.events()] == [
        ("refused", "li.si"),
        ("refused", "wang.wu"),
        ("glass-broken", "li.si"),
    ]


def test_over_http_a_large_push_arrives_in_chunks(server: Server, work: Work) -> None:
    good(work)
    (work.path / "blob").write_bytes(os.urandom(1_500_000))
    work.commit({})
    with git_http.serving(server.root) as url:
        done = work.push("main", url=f"{url}/app.git")
    assert done.returncode == 0, done.stderr
    assert server.tip("main") == work.git("rev-parse", "main")


def test_what_a_forge_adds_reaches_the_hook_and_another_server_can_mount_it(server: Server, work: Work) -> None:
    def also(path: str, user: str) -> dict[str, str]:
        return {"GL_USERNAME": user, "GL_PROJECT_PATH": path.split(".git")[0].strip("/"), "GL_REPOSITORY": "project-1"}

    server.install(platform="gitlab")
    with git_http.serving(server.root, {"li.si": "word"}, also) as url:
        refused(work.push("main", url=url.replace("//", "//li.si:word@") + "/app.git"), server)
    (event,) = server.events()
    assert (event["pusher"]["name"], event["repository"]["path"]) == ("li.si", "app")
    target = "/app.git/info/refs?service=git-receive-pack"
    assert git_http.answer(git_http.asked(server.root, "GET", target, {}), b"")[0] == 403
    status, headers, body = git_http.answer(git_http.asked(server.root, "GET", target, {}, "li.si"), b"")
    assert (status, dict(headers)["Content-Type"]) == (200, "application/x-git-receive-pack-advertisement")
    assert b"refs/heads/main" in body


def test_over_ssh(server: Server, work: Work, tmp_path: Path) -> None:
    wrapper = script(tmp_path / "ssh", SSH)
    done = work.push("main", url=f"ssh://git@git.example.com{server.path}", GIT_SSH=str(wrapper))
    refused(done, server)
    assert server.events()[0]["pusher"] == {"id": None, "name": None, "via": None}
    good(work)
    assert work.push("main", url=f"ssh://git@git.example.com{server.path}", GIT_SSH=str(wrapper)).returncode == 0


def test_in_gitalys_reduced_environment_which_tells_of_quarantine_by_its_objects_alone(
    server: Server, work: Work
) -> None:
    server.install(folder="custom_hooks", platform="gitlab", language="zh_CN")
    hook = str(server.path / "custom_hooks/pre-receive")
    script(server.path / "hooks/pre-receive", GITALY_LIKE.format(python=sys.executable, names=GITALY, hook=hook))
    done = work.push("main", PYTHONPATH="/nowhere", LC_ALL="C")
    assert done.returncode != 0
    assert (
        "remote: GL-HOOK-ERR:   OSG101 unapproved：pkg:npm/evil@1.3.0，位于 package-lock.json:16：未准入" in done.stderr
    )
    assert server.left() == []
    assert server.events()[0]["pusher"] == {"id": "user-7", "name": "li.si", "via": "web"}
    good(work)
    assert work.push("main").returncode == 0


def test_in_giteas_chain_which_runs_all_and_pipes_to_each(server: Server, work: Work, tmp_path: Path) -> None:
    server.install(folder="hooks/pre-receive.d", platform="gitea")
    (server.path / "hooks/pre-receive.d/pre-receive").rename(server.path / "hooks/pre-receive.d/osgate")
    script(server.path / "hooks/pre-receive", GITEA)
    for name, code in (("a", 1), ("z", 0)):
        seen = shlex.quote(str(tmp_path / name))
        script(server.path / f"hooks/pre-receive.d/{name}", f"#!/bin/sh\ncat > {seen}\nexit {code}\n")
    gitea = {
        "GITEA_PUSHER_NAME": "li.si",
        "GITEA_PUSHER_ID": "7",
        "GITEA_REPO_NAME": "app",
        "GITEA_REPO_USER_NAME": "pay",
    }
    refused(work.push("main", "HEAD:refs/heads/release/1", **gitea), server)
    assert [(event["ref"], event["pusher"]["name"]) for event in server.events()] == [
        ("refs/heads/main", "li.si"),
        ("refs/heads/release/1", "li.si"),
    ]
    assert (tmp_path / "z").read_text().count("refs/heads/") == 2
    good(work)
    script(server.path / "hooks/pre-receive.d/a", "#!/bin/sh\n")
    assert work.push("main", **gitea, GITEA_REPO_IS_WIKI="false").returncode == 0


def packed(server: Server, folder: Path, **changed: Any) -> None:
    """Put the packed hook, one file, in the place of the script."""
    found = script(folder / "packed", "")
    found.write_bytes(packing.files()["hooks/pre-receive"].data)
    whole = json.loads(told.printed(replace(server.settings, **changed)))
    packing.with_settings(found, server.path / "hooks/pre-receive", whole)


def test_packed_into_one_file_it_does_the_same(server: Server, work: Work, tmp_path: Path) -> None:
    packed(server, tmp_path, language="en")
    refused(work.push("main"), server)
    good(work)
    work.commit({"requirements.txt": "x==1\n", ".osgate/config.toml": "project = 'app' # by hand\n"})
    assert "pkg:pypi/x@1 in requirements.txt:1" in work.push("main").stderr
    work.git("reset", "-q", "--hard", "HEAD~1")
    assert work.push("main").returncode == 0
    assert [event["event"] for event in server.events()] == ["refused", "refused"]


def test_R10_8_the_server_hook_finds_what_the_pipelines_check_finds(
    server: Server, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.git("reset", "-q", "--hard", "main~1")
    old = work.commit({".osgate/config.toml": 'project = "app"\n', "requirements.txt": "-r more\n"})
    new = work.commit(
        {LOCK: lock("is-odd", "evil"), "more": "x==1\n", "pom.xml": "<project>", "Dockerfile": "FROM a\n"}
    )
    server.take(work, "main")
    trust = server.root / "osgate.lock"
    trust.write_text(json.dumps(json.loads(told.printed(server.settings))["lock"]))
    flags = ("--base", old, "--head", new, "--lock", str(trust), "--format", "json")
    done = run(sys.executable, "-m", "osgate", "check", *flags, at=work.path)
    assert done.returncode == 1, done.stderr
    monkeypatch.chdir(server.path)
    updates = (Update("refs/heads/main", old, new, True),)
    (found,) = receive.judge(Git(), updates, receive.Asked(server.settings, Now(ISSUED, ISSUED_AT), lambda _: None))
    assert found.verdict is not None
    checked, judged = json.loads(done.stdout), json.loads(json.dumps(to_json(found.verdict)))
    assert len(checked["findings"]) > 3
    for key in ("findings", "introduced", "outcome", "project", "mode", "files", "removed"):
        assert judged[key] == checked[key], key
