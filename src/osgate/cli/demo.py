"""`osgate demo`: the main job from end to end, in a folder of its own, with nothing downloaded and nothing pretended.

A real policy repository, real SSH keys and signatures, a real git hook: a commit is blocked, its closure is requested,
two persons approve, the desk seals and publishes, and the same commit passes, here and in a second repository.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile

from osgate.cli import console, flags
from osgate.errors import BUG, PASS, Refused
from osgate.io import process, ssh
from osgate.text.translator import Translator

_FILES = os.path.join(os.path.dirname(__file__), "demo_files")
_PEOPLE = (("wang.wu", ""), ("zhang.san", "tech,incident"), ("li.si", "legal,incident"))


class Stage:
    """The folder the demo plays in, and how it runs and shows commands."""

    def __init__(self, folder: str, t: Translator, locale: str) -> None:
        self.folder = folder
        self.t = t
        self.bin = os.path.join(folder, "bin")
        self.keys = os.path.join(folder, "keys")
        hidden = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX")
        self.environment = {key: value for key, value in os.environ.items() if key not in hidden}
        self.environment.update(
            {
                "PATH": f"{self.bin}{os.pathsep}{os.environ.get('PATH', '')}",
                "OSGATE_CACHE": os.path.join(folder, "cache"),
                "OSGATE_LANG": locale,
                "HOME": os.path.join(folder, "home"),
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_CONFIG_GLOBAL": os.path.join(folder, "gitconfig"),
            }
        )

    def path(self, *parts: str) -> str:
        """A path below the demo's folder."""
        return os.path.join(self.folder, *parts)

    def say(self, key: str, **params: object) -> None:
        """Print one numbered step."""
        console.say("\n" + self.t(f"demo.{key}", **params))

    def run(self, where: str, *words: str, expected: int = 0, quiet: bool = False) -> None:
        """Run a command in folder `where` as a person would; show it and what it prints."""
        shown = " ".join(f'"{word}"' if " " in word else word for word in words)
        here = self.path(where)
        script = 'cd "$1" && shift && exec "$@" 2>&1'
        code, said, _ = process.run(["sh", "-c", script, "sh", here, *words], env=self.environment)
        printed = said.decode("utf-8", "replace").replace(self.folder + os.sep, "").rstrip("\n")
        if not quiet:
            console.say(f"{where}$ {shown.replace(self.folder + os.sep, '')}")
        if printed and (not quiet or code != expected):
            console.say(printed)
        if code != expected:
            raise _Failed(f"{shown}: exit {code}, expected {expected}")


class _Failed(Exception):
    """A step of the demo did not end as it must."""


def run(argv: list[str]) -> int:
    """Play the demo. `--keep FOLDER` leaves everything there to look at; otherwise it is removed."""
    asked = flags.read("demo", argv, ("help",), ("keep", "language"))
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.demo"))
        return PASS
    keep = "keep" in asked
    folder = _empty(asked["keep"]) if keep else tempfile.mkdtemp(prefix="osgate-demo-")
    console.say(t("demo.start-kept" if keep else "demo.start", folder=folder))
    try:
        _play(Stage(os.path.realpath(folder), t, t.locale))
    except _Failed as failure:
        console.say(t("demo.failed", detail=str(failure)), sys.stderr)
        return BUG
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    if keep:
        console.say(t("demo.kept", folder=folder))
    return PASS


def _empty(name: str) -> str:
    """Return the folder `name`, made where it is not there. Raises Refused where it holds anything or is none."""
    folder = os.path.abspath(name)
    try:
        os.makedirs(folder, exist_ok=True)
        if not os.listdir(folder):
            return folder
    except OSError as error:
        raise Refused("demo.no-folder", path=folder, detail=error.strerror or str(error)) from error
    raise Refused("demo.not-empty", path=folder)


def _play(stage: Stage) -> None:
    _prepare(stage)
    _policy(stage)
    _application(stage, "payments-app")
    stage.say("blocked")
    stage.run("payments-app", "git", "commit", "-m", "Add is-odd", expected=1)
    stage.say("request")
    ask = ("osgate", "request", "--staged", "--reason", "parity check in the ledger export")
    stage.run("payments-app", *ask, *_as(stage, "wang.wu"))
    _desk(stage)
    _approve(stage)
    _desk(stage)
    stage.say("passes")
    stage.run("payments-app", "git", "commit", "-m", "Add is-odd")
    stage.run("payments-app", "osgate", "check", "--base", "HEAD~1", "--head", "HEAD")
    _application(stage, "reports-app")
    stage.say("second")
    stage.run("reports-app", "git", "commit", "-m", "Add is-odd")
    stage.say("record")
    stage.run("payments-app", "osgate", "ledger", "log")
    stage.run("payments-app", "osgate", "ledger", "verify")
    stage.say("end")


def _prepare(stage: Stage) -> None:
    """Keys for everybody, and an `osgate` on the demo's own PATH."""
    for folder in (stage.bin, stage.keys, stage.path("home")):
        os.makedirs(folder, exist_ok=True)
    launcher = os.path.join(stage.bin, "osgate")
    with open(launcher, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\nexec "{sys.executable}" -m osgate "$@"\n')
    os.chmod(launcher, os.stat(launcher).st_mode | stat.S_IXUSR)
    with open(stage.environment["GIT_CONFIG_GLOBAL"], "w", encoding="utf-8") as file:
        file.write("[user]\n\tname = Wang Wu\n\temail = wang.wu@bank.example\n[init]\n\tdefaultBranch = main\n")
    for person, _ in _PEOPLE:
        ssh.make_key(os.path.join(stage.keys, person), person)


def _policy(stage: Stage) -> None:
    stage.say("policy")
    people = [f"{person}={os.path.join(stage.keys, person)}.pub:{roles or 'developer'}" for person, roles in _PEOPLE]
    stage.run(
        ".",
        "osgate",
        "init",
        "--policy-repo",
        stage.path("policy-work"),
        "--desk-key",
        os.path.join(stage.keys, "desk"),
        "--address",
        stage.path("published"),
        "--person",
        " ".join(people),
    )
    stage.run(".", "git", "clone", "--quiet", "--bare", "policy-work", "policy.git", quiet=True)
    _desk(stage)


def _desk(stage: Stage) -> None:
    desk = ("osgate", "desk", "--policy-repo", "policy.git", "--key", "keys/desk", "--publish", "published")
    stage.run(".", *desk)


def _application(stage: Stage, name: str) -> None:
    """An application with a lockfile and the hook, and a change that adds a package, staged."""
    stage.say("application", name=name)
    os.makedirs(stage.path(name))
    shutil.copytree(os.path.join(_FILES, "before"), stage.path(name), dirs_exist_ok=True)
    stage.run(name, "git", "init", "--quiet", quiet=True)
    stage.run(name, "osgate", "init", "--from", stage.path("policy.git"), "--project", name)
    stage.run(name, "git", "add", "--all", quiet=True)
    stage.run(name, "git", "commit", "--quiet", "--no-verify", "-m", "The application and its gate", quiet=True)
    shutil.copytree(os.path.join(_FILES, "after"), stage.path(name), dirs_exist_ok=True)
    stage.run(name, "git", "add", "package.json", "package-lock.json")


def _approve(stage: Stage) -> None:
    stage.say("approve")
    _, said, _ = process.run(
        ["git", "-C", stage.path("policy.git"), "ls-tree", "-r", "--name-only", "main", "records/"],
        env=stage.environment,
    )
    request = next(line for line in said.decode().splitlines() if "-request-" in line)[-17:-5]
    for person, role, reason in (
        ("zhang.san", "tech", "two small files, no install code"),
        ("li.si", "legal", "licence read, internal use"),
    ):
        words = ("osgate", "approve", request, "--role", role, "--reason", reason)
        stage.run("payments-app", *words, *_as(stage, person))


def _as(stage: Stage, person: str) -> tuple[str, ...]:
    return ("--person", person, "--key", os.path.join(stage.keys, person))
