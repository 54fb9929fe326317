"""A small institution, made once through the real commands: its policy repository, and what its desk published when.

A test gets a copy of an application repository with `.osgate/` committed, a cache of its own, and a folder that is
published from. Commands run in this process through `osgate.cli.main`, or as children where a test says so.
"""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from cli.kit import Done, call, git, lockfile
from osgate.io import ssh

if TYPE_CHECKING:
    from collections.abc import Iterator

PEOPLE = {"wang.wu": "developer", "zhang.san": "tech,incident", "li.si": "legal,incident"}


class Institution(NamedTuple):
    """published: what the desk published after each stage, by name. app: a repository that trusts it.

    live: the folder that the application's lock names; empty between tests.
    """

    folder: Path
    published: dict[str, Path]
    app: Path
    live: Path
    request: str


@pytest.fixture(scope="session")
def institution(tmp_path_factory: pytest.TempPathFactory) -> Institution:
    """Stages: `empty`; `waiting` (a request for left-pad); `approved` (by two persons); `blocked` (left-pad 1.3.0)."""
    folder = tmp_path_factory.mktemp("institution")
    before = Path.cwd()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OSGATE_CACHE", str(folder / "cache"))
        os.chdir(folder)
        try:
            return _found(folder)
        finally:
            os.chdir(before)


def _found(folder: Path) -> Institution:
    (folder / "keys").mkdir()
    for person in PEOPLE:
        ssh.make_key(str(folder / "keys" / person), person)
    people = " ".join(f"{person}=keys/{person}.pub:{roles}" for person, roles in PEOPLE.items())
    _well(
        call(
            "init",
            "--policy-repo",
            "work",
            "--desk-key",
            "keys/desk",
            "--address",
            str(folder / "live"),
            "--person",
            people,
        )
    )
    git(folder, "clone", "--quiet", "--bare", "work", "policy.git")
    published = {"empty": _desk(folder, "empty")}
    ask = ("request", "pkg:npm/left-pad@1.3.0", "--channel", "community", "--reason", "padding")
    _well(call(*ask, "--policy-repo", "policy.git", *_as("wang.wu")))
    published["waiting"] = _desk(folder, "waiting")
    names = git(folder / "policy.git", "ls-tree", "-r", "--name-only", "main", "records/").splitlines()
    request = next(name for name in names if "-request-" in name)[-17:-5]
    for person, role in (("zhang.san", "tech"), ("li.si", "legal")):
        _well(call("approve", request, "--role", role, "--reason", "read", "--policy-repo", "policy.git", *_as(person)))
    published["approved"] = _desk(folder, "approved")
    stop = ("block", "pkg:npm/left-pad@1.3.0", "--reason", "taken over", "--incident", "INC-1")
    _well(call(*stop, "--policy-repo", "policy.git", *_as("zhang.san")))
    published["blocked"] = _desk(folder, "blocked")
    app, live = _application(folder), folder / "for-app/live"
    App(app, live, {}).trust(addresses=[str(live)])
    return Institution(folder, published, app, live, request)


def _desk(folder: Path, stage: str) -> Path:
    _well(call("desk", "--policy-repo", "policy.git", "--key", "keys/desk", "--publish", "live"))
    return Path(shutil.copytree(folder / "live", folder / f"published-{stage}"))


def _as(person: str) -> tuple[str, ...]:
    return ("--person", person, "--key", f"keys/{person}")


def _well(done: Done) -> None:
    assert done.code == 0, done


def _application(folder: Path) -> Path:
    app = folder / "app"
    app.mkdir()
    git(app, "init", "--quiet")
    os.chdir(app)
    _well(call("init", "--from", str(folder / "policy.git"), "--project", "payments/app", "--hook", "none"))
    lock = json.loads((app / ".osgate/osgate.lock").read_text("utf-8"))
    (app / ".osgate/osgate.lock").write_text(json.dumps({**lock, "serial": 1}, indent=2) + "\n", encoding="utf-8")
    (app / "package-lock.json").write_text(lockfile(), encoding="utf-8")
    git(app, "add", "--all")
    git(app, "commit", "--quiet", "-m", "first")
    return app


class App:
    """A repository in a folder of its own, the current one, with what it may be told about the ledger."""

    def __init__(self, path: Path, live: Path, stages: dict[str, Path]) -> None:
        self.path, self.live, self._stages = path, live, stages

    def publish(self, stage: str) -> None:
        """The desk publishes what it knew at `stage`."""
        shutil.rmtree(self.live, ignore_errors=True)
        shutil.copytree(self._stages[stage], self.live)

    def git(self, *args: str, input: bytes = b"") -> str:
        return git(self.path, *args, input=input)

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file and stage it."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.git("--literal-pathspecs", "add", "--", name)

    def commit(self) -> str:
        self.git("commit", "--quiet", "--no-verify", "--allow-empty", "-m", "change")
        return self.git("rev-parse", "HEAD")

    def trust(self, **changes: Any) -> None:
        """Change fields of the lock and commit it."""
        path = self.path / ".osgate/osgate.lock"
        self.write(".osgate/osgate.lock", json.dumps({**json.loads(path.read_text("utf-8")), **changes}))
        self.commit()

    def check(self, *words: str) -> Done:
        return call("check", *(words or ("--staged",)))


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    """A repository that no institution knows."""
    path = tmp_path / "repository"
    path.mkdir()
    git(path, "init", "--quiet")
    monkeypatch.chdir(path)
    monkeypatch.setenv("OSGATE_CACHE", str(tmp_path / "cache"))
    return App(path, tmp_path / "live", {})


@pytest.fixture
def app(institution: Institution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    """A repository whose lock names a folder where nothing is published yet."""
    path = Path(shutil.copytree(institution.app, tmp_path / "app"))
    monkeypatch.chdir(path)
    monkeypatch.setenv("OSGATE_CACHE", str(tmp_path / "cache"))
    shutil.rmtree(institution.live, ignore_errors=True)
    return App(path, institution.live, institution.published)


class Server:
    """A static web server on the loopback that answers conditional requests, and notes what it was asked."""

    def __init__(self, folder: Path) -> None:
        asked: list[tuple[str, int]] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = folder / self.path.lstrip("/")
                data = path.read_bytes() if path.is_file() else None
                tag = f'"{hashlib.sha256(data or b"").hexdigest()}"'
                code = 404 if data is None else 304 if self.headers.get("If-None-Match") == tag else 200
                asked.append((path.name, code))
                self.send_response(code)
                self.send_header("ETag", tag)
                self.send_header("Content-Length", str(len(data) if data and code == 200 else 0))
                self.end_headers()
                self.wfile.write(data if data and code == 200 else b"")

            def log_message(self, *_: object) -> None:
                pass

        self.asked = asked
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> Server:
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def served(app: App) -> Iterator[Server]:
    """The application's publishing folder behind HTTP, named in its lock."""
    with Server(app.live) as server:
        app.trust(addresses=[server.address])
        yield server
