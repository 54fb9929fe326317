"""`osgate init`: set a repository up, or with `--policy-repo` alone a new policy repository."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from osgate import wiring
from osgate.cli import console, flags
from osgate.cli.setup_policy import make_policy_repository
from osgate.errors import PASS, Refused
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.io import files
from osgate.io.git import Git, redact, text
from osgate.ledger import lock as locks
from osgate.ledger.lock import Lock
from osgate.ledger.lock_update import Told, brought_up
from osgate.policy import local_config
from osgate.reports.detail import quoted
from osgate.surfaces import GENERATED, NATIVE_HOOKS, pre_commit_local

OPTIONS = ("from", "project", "language", "hook")
POLICY_OPTIONS = ("policy-repo", "institution", "address", "desk-key", "person", "scan")
HOOKS = ("native", "pre-commit", "none")


def run(argv: list[str]) -> int:
    """Set up. Never overwrites a file that is there and says something else."""
    asked = flags.read("init", argv, ("help", "force"), (*OPTIONS, *POLICY_OPTIONS))
    if "help" in asked:
        console.say(console.words()("help.init"))
        return PASS
    if asked[""]:
        raise console.usage("init", console.words()("usage.extra", words=asked[""].replace("\0", " ")))
    console.speak(asked.get("language", ""))
    if "policy-repo" in asked:
        return make_policy_repository(asked)
    return _application(asked)


def _application(asked: Mapping[str, str]) -> int:
    """Write `.osgate/` and wire the hook in the repository we stand in."""
    t = console.words()
    source = asked.get("from", "")
    if not source:
        raise console.usage("init", t("usage.missing-one", choices="--from, --policy-repo"))
    hook = asked.get("hook", "native")
    if hook not in HOOKS:
        raise console.usage("init", t("usage.choice", flag="hook", choices=", ".join(HOOKS), found=hook))
    with Git() as git:
        root = git.root()
        project = asked.get("project") or os.path.basename(root)
        with PolicyClone(source, wiring.cache_folder(), wiring.now().instant) as clone:
            snapshot = clone.valid
            told = Told(snapshot.keys, snapshot.next_keys)
            bare = Lock(snapshot.addresses, snapshot.keys)
            lock = brought_up(bare, told, clone.history.serial, wiring.now().instant)
            known = project in snapshot.policy.projects
        # What is committed is everybody's to read: who we fetched it as is ours.
        named = {"project": project, "policy_repository": redact(clone.url)}
        config = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in named.items()]
        config += [f'language = "{asked["language"]}"'] if "language" in asked else []
        _write(os.path.join(root, local_config.PATH), "\n".join([*config, ""]).encode(), "force" in asked)
        _write(os.path.join(root, locks.PATH), locks.printed(lock), "force" in asked)
        installed, theirs = _native(git) if hook == "native" else ([], [])
    console.say(t("init.written", config=local_config.PATH, lock=locks.PATH, serial=lock.serial))
    if not known:
        console.say(t("init.unknown-project", project=project))
    if hook == "pre-commit":
        console.say(t("init.pre-commit"))
        console.say(pre_commit_local())
    if hook == "native":
        _tell_native(installed, theirs)
    else:
        console.say(t(f"init.hook-{hook}"))
    console.say(t("init.commit-first"))
    return PASS


def _write(path: str, data: bytes, force: bool) -> None:
    there = files.read(path)
    if there is not None and there != data and not force:
        raise Refused("init.exists", path=path)
    if there != data:
        files.write(path, data)


def _native(git: Git) -> tuple[list[str], list[tuple[str, str]]]:
    """Install the hooks for people without a framework. Returns those installed and (name, path) of those that are not.

    A hook that is there and not ours is never touched.
    """
    folder = text(git.run("rev-parse", "--git-path", "hooks")).rstrip("\n")
    folder = folder if os.path.isabs(folder) else os.path.join(os.getcwd(), folder)
    installed, theirs = [], []
    for name, render in NATIVE_HOOKS.items():
        path = os.path.join(folder, name)
        there = files.read(path)
        if there is not None and GENERATED.encode() not in there.splitlines()[1:2]:
            theirs.append((name, path))
            continue
        files.write(path, render().encode("utf-8"), 0o755)
        os.chmod(path, 0o755)
        installed.append(name)
    command = _own_command()
    if command:
        git.run("config", "osgate.command", command)
    return installed, theirs


def _tell_native(installed: list[str], theirs: list[tuple[str, str]]) -> None:
    """Say which hooks are installed, and what to add to those that were there before."""
    t = console.words()
    if installed:
        console.say(t("init.hook-native", hooks=", ".join(installed)))
    command = quoted(_own_command() or "osgate")
    for name, path in theirs:
        key = "init.hook-kept-push" if name == "pre-push" else "init.hook-kept"
        console.say(t(key, path=path, command=command))


def _own_command() -> str:
    """Where this osgate is installed, so that the hook finds it outside of its environment too."""
    import sys

    beside = os.path.join(os.path.dirname(sys.executable), "osgate")
    return beside if os.access(beside, os.X_OK) else ""
