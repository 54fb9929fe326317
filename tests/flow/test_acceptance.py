"""The main job with nothing in memory: separate processes, keys by ssh-keygen, the installed hook, the real clock."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from flow.house import DEMO
from osgate.io import ssh

ROLES = {"wang.wu": "developer", "zhang.san": "tech,incident", "li.si": "legal,incident"}


class Scene:
    """A folder with keys, a policy repository made by `osgate init`, and applications."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "bin").mkdir(parents=True)
        launcher = root / "bin/osgate"
        launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m osgate "$@"\n')
        launcher.chmod(0o755)
        self.env = {
            **os.environ,
            "PATH": f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "OSGATE_CACHE": str(root / "cache"),
        }
        for person in ROLES:
            ssh.make_key(str(root / "keys" / person), person)
        people = " ".join(f"{person}={root}/keys/{person}.pub:{roles}" for person, roles in ROLES.items())
        where = ("--policy-repo", "policy", "--desk-key", "keys/desk", "--address", str(root / "published"))
        self.run(".", "osgate", "init", *where, "--person", people)
        self.run(".", "git", "clone", "--quiet", "--bare", "policy", "policy.git")

    def run(self, where: str, *words: str, code: int = 0) -> str:
        """Run a program in a folder; its exit code must be `code`."""
        done = subprocess.run(
            words, cwd=self.root / where, env=self.env, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def act(self, person: str, *words: str, where: str, code: int = 0) -> str:
        """A record command with the person's own key."""
        return self.run(where, "osgate", *words, "--person", person, "--key", f"../keys/{person}", code=code)

    def desk(self) -> str:
        """One run of the desk."""
        return self.run(
            ".", "osgate", "desk", "--policy-repo", "policy.git", "--key", "keys/desk", "--publish", "published"
        )

    def application(self, name: str) -> None:
        """A repository with hook and gate, and a staged change."""
        path = self.root / name
        shutil.copytree(DEMO / "before", path)
        self.run(name, "git", "init", "--quiet")
        self.run(name, "osgate", "init", "--from", "../policy.git", "--project", name)
        self.run(name, "git", "config", "osgate.command", str(self.root / "bin/osgate"))
        self.run(name, "git", "add", "--all")
        self.run(name, "git", "commit", "--quiet", "--no-verify", "-m", "before")
        shutil.copytree(DEMO / "after", path, dirs_exist_ok=True)
        self.run(name, "git", "add", "--all")


def test_a_blocked_commit_passes_everywhere_after_two_approvals_and_no_commit_in_between(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "scene")
    scene.desk()
    scene.application("payments-app")
    scene.application("reports-app")
    trees = {name: scene.run(name, "git", "write-tree") for name in ("payments-app", "reports-app")}
    heads = {name: scene.run(name, "git", "rev-parse", "HEAD") for name in trees}
    for name in trees:
        assert "OSG101" in scene.run(name, "git", "commit", "-m", "Add is-odd", code=1)
        assert scene.run(name, "git", "rev-parse", "HEAD") == heads[name]
    sent = scene.act("wang.wu", "request", "--staged", "--reason", "needed", where="payments-app")
    request = sent.partition("osgate/request-")[2][:12]
    assert f"request {request} waits: tech 0/1, legal 0/1" in scene.desk()
    scene.run("payments-app", "git", "commit", "-m", "Add is-odd", code=1)
    scene.act("zhang.san", "approve", request, "--role", "tech", "--reason", "read", where="payments-app")
    assert f"request {request} waits: tech 1/1, legal 0/1" in scene.desk()
    scene.run("payments-app", "git", "commit", "-m", "Add is-odd", code=1)
    scene.act("li.si", "approve", request, "--role", "legal", "--reason", "read", where="payments-app")
    assert f"request {request} is approved: tech 1/1, legal 1/1" in scene.desk()
    for name in trees:
        assert scene.run(name, "git", "write-tree") == trees[name]
        scene.run(name, "git", "commit", "-m", "Add is-odd")
        assert scene.run(name, "git", "rev-parse", "HEAD~1") == heads[name], "nothing was committed in between"
        scene.run(name, "osgate", "check", "--base", "HEAD~1", "--head", "HEAD")
    assert "3 sealed records" in scene.run("payments-app", "osgate", "ledger", "verify")
