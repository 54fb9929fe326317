"""A git server in a folder: a bare repository with the hook in it, a snapshot beside it, and somebody who pushes."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from osgate.intake_desk import publishing, sealing
from osgate.io import files
from osgate.ledger import manifest, snapshot_sync
from osgate.ledger.fold import State
from osgate.ledger.lock import Lock
from osgate.model.decision import Standing
from osgate.model.policy import Key
from osgate.model.record import replace
from osgate.server_hook import settings as told
from osgate.server_hook.settings import Settings
from osgate.testing.keys import SigningKey
from osgate.testing.policies import valid_policy

SOURCES = Path(told.__file__).parents[2]
DESK = SigningKey("desk")
ISSUED, ISSUED_AT, FAR = "2026-11-21T06:00:00Z", 1795240800, "2999-01-01T00:00:00Z"
# Components that the ledger approves in every version from 1.0.0 up to 2.0.0.
APPROVED = ("left-pad", "is-odd")
SCRIPT = """#!{python} -IS
import os, sys
sys.path[:0] = {paths!r}
from osgate.server_hook import program, settings
with open({settings!r}, "rb") as file:
    told = settings.parse(file.read())
os._exit(program.hook(told))
"""
# What Gitaly hands to a hook of an administrator, beside its own variables (forges.md, B2.1).
GITALY = (
    "HOME",
    "PATH",
    "GIT_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_PUSH_OPTION_COUNT",
)


def lock(*names: str, version: str = "1.3.0") -> str:
    """A package-lock.json that holds packages in one version."""
    packages: dict[str, Any] = {"": {"name": "app", "dependencies": dict.fromkeys(names, version)}}
    for name in names:
        where = f"https://packages.example.com/{name}-{version}.tgz"
        packages[f"node_modules/{name}"] = {"version": version, "resolved": where}
    return json.dumps({"name": "app", "lockfileVersion": 3, "packages": packages}, indent=2) + "\n"


def approvals(names: Iterable[str]) -> tuple[Standing, ...]:
    """Live approvals of npm packages."""
    ids = [f"sha256:{number:064x}" for number in range(1, 3)]
    return tuple(Standing("approve", f"pkg:npm/{name}", "vers:npm/>=1.0.0|<2.0.0", *ids, 7, ISSUED) for name in names)


def publish(
    folder: Path, serial: int = 7, expires: str = FAR, names: Iterable[str] = APPROVED, issued: str = ISSUED
) -> str:
    """Publish a snapshot as the desk does; returns its address."""
    publishing.publish(
        str(folder),
        State({}, approvals(names), (), {}),
        valid_policy(),
        serial,
        "sha256:" + "ab" * 32,
        lambda name, data: sealing.signed(manifest.manifest(serial, issued, expires, "", name, data), DESK.snapshot),
        lambda: sealing.signed(manifest.takeaway(serial, issued, expires, ()), DESK.snapshot),
    )
    return str(folder)


def fetched(folder: Path, address: str, now: str = ISSUED, seconds: int = ISSUED_AT) -> Lock:
    """Fetch what was published into a hook's folder; returns the trust root."""
    root = Lock((address,), (Key(DESK.public),))

    def get(place: str, name: str, _etag: str, _limit: int) -> tuple[bytes, str, bool]:
        return Path(place, name).read_bytes(), "", False

    snapshot_sync.sync(str(folder), root, get, files.write, now, seconds)
    return root


@functools.cache
def settings() -> Settings:
    """Settings with a snapshot that this process fetched once."""
    folder = Path(tempfile.mkdtemp(prefix="hook-"))
    root = fetched(folder / "snapshot", publish(folder / "published"))
    return Settings(root, str(folder / "snapshot"), contact="gate@bank.example")


def run(
    *argv: str, at: Path, env: Mapping[str, str] | None = None, input: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a program; never raises."""
    return subprocess.run(
        argv,
        cwd=at,
        env={**os.environ, **(env or {})},
        input=input,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
        timeout=60,
    )


@functools.cache
def _new(*init: str) -> Path:
    """A repository that this process made once, to be copied."""
    folder = Path(tempfile.mkdtemp(prefix="new-"), "new")
    assert run("git", "init", "--quiet", *init, str(folder), at=folder.parent).returncode == 0
    config = folder / ("config" if "--bare" in init else ".git/config")
    with config.open("a", encoding="utf-8") as file:
        file.write("[receive]\n\tadvertisePushOptions = true\n\tdenyCurrentBranch = ignore\n")
    return folder


class Server:
    """A bare repository `app.git` that judges pushes."""

    def __init__(self, root: Path, *init: str, **changed: Any) -> None:
        self.root, self.path, self.spool = root, root / "app.git", root / "spool"
        self.settings = replace(settings(), spool=str(self.spool), **changed)
        root.mkdir(parents=True, exist_ok=True)
        shutil.copytree(_new("--bare", *init), self.path)
        self.install()

    def git(self, *args: str, at: Path | None = None) -> str:
        done = run("git", *args, at=at or self.path)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def install(self, *, folder: str = "hooks", **changed: Any) -> None:
        """Put the hook in place, with some settings changed."""
        self.settings = replace(self.settings, **changed)
        file = self.root / f"{self.settings.hook}.json"
        file.write_bytes(told.printed(self.settings))
        hook = self.path / folder / self.settings.hook
        hook.parent.mkdir(exist_ok=True)
        paths = [str(SOURCES), sysconfig.get_path("purelib")]
        hook.write_text(SCRIPT.format(python=sys.executable, paths=paths, settings=str(file)), encoding="utf-8")
        hook.chmod(0o755)

    def events(self) -> list[dict[str, Any]]:
        """What was written down, in order."""
        found = [line for file in sorted(self.spool.glob("*.jsonl")) for line in file.read_text("ascii").splitlines()]
        return [json.loads(line) for line in found]

    def take(self, work: Work, branch: str) -> None:
        """Take over a branch without asking any hook."""
        self.git("fetch", "--quiet", str(work.path), f"+{branch}:{branch}")

    def tip(self, ref: str) -> str:
        """The object that a ref points at, empty where there is no such ref."""
        return run("git", "rev-parse", "--verify", "--quiet", ref, at=self.path).stdout.strip()

    def left(self) -> list[str]:
        """Folders of quarantines that were not cleared away."""
        return [path.name for path in (self.path / "objects").iterdir() if path.name.startswith("tmp_objdir")]


class Work:
    """A repository that pushes to a server."""

    def __init__(self, path: Path, server: Server, *init: str) -> None:
        self.path, self.url = path, str(server.path)
        shutil.copytree(_new(*init), path)

    def git(self, *args: str, input: str = "") -> str:
        done = run("git", *args, at=self.path, input=input)
        assert done.returncode == 0, (args, done.stderr)
        return done.stdout.strip()

    def commit(self, contents: Mapping[str, str], message: str = "change") -> str:
        """Write files and commit them; returns the commit."""
        for name, text in contents.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8", "surrogateescape"))
        self.git("add", "-A")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def push(self, *refs: str, url: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        """Push; never raises."""
        return run("git", "push", url or self.url, *refs, at=self.path, env={"GIT_TERMINAL_PROMPT": "0", **env})
