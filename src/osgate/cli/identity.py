"""Who acts, with which key, towards which policy repository: from flags, then git's own configuration."""

from __future__ import annotations

import os
from collections.abc import Mapping

from osgate.cli import console
from osgate.errors import UsageError
from osgate.io.git import Git
from osgate.model.record import record
from osgate.policy import local_config

# What every policy repository has at its top.
_WRITTEN = ("osgate.toml", "people.toml")
OPTIONS = ("person", "key", "policy-repo")


@record
class Identity:
    """person: id in people.toml. key: SSH private key file. committer: git's own identity, which entitles nobody."""

    person: str
    key: str
    committer: tuple[str, str]


def identity(asked: Mapping[str, str], command: str) -> Identity:
    """Return who acts. Raises UsageError("usage") naming the flag and the git setting that is missing."""
    with Git() as git:
        person = asked.get("person") or _setting(git, "osgate.person")
        key = asked.get("key") or _setting(git, "osgate.key") or _ssh_signing_key(git)
        name = _setting(git, "user.name") or person
        address = _setting(git, "user.email") or f"{person}@osgate.invalid"
    if not person:
        raise _missing(command, "--person", "git config osgate.person")
    if not key:
        raise _missing(command, "--key", "git config osgate.key")
    return Identity(person, os.path.expanduser(key), (name, address))


def policy_repository(asked: Mapping[str, str], configured: str, command: str) -> str:
    """Return where the policy repository is: as the flag, .osgate/config.toml or git's configuration names it, else
    where the clone of one that we stand in comes from. Raises UsageError("usage") where nothing says so."""
    found = asked.get("policy-repo") or configured
    if not found:
        with Git() as git:
            found = _setting(git, "osgate.policyRepository") or _origin(git)
    if not found:
        raise _missing(command, "--policy-repo", f"{local_config.PATH}: policy_repository")
    return found


def _missing(command: str, flag: str, setting: str) -> UsageError:
    return console.usage(command, console.words()("usage.missing-or", what=flag, setting=setting))


def _setting(git: Git, name: str) -> str:
    code, said, _ = git.ask("config", "--get", name)
    return said.decode("utf-8", "replace").strip() if code == 0 else ""


def _origin(git: Git) -> str:
    """Where the clone of a policy repository that we stand in was cloned from; empty where we stand in none."""
    code, said, _ = git.ask("rev-parse", "--show-toplevel")
    top = os.fsdecode(said[:-1])
    if code or not all(os.path.isfile(os.path.join(top, name)) for name in _WRITTEN):
        return ""
    url = _setting(git, "remote.origin.url")
    # Git takes a path that is not absolute from the top of the work tree.
    beside = os.path.normpath(os.path.join(top, url))
    return beside if url and os.path.isdir(beside) else url


def _ssh_signing_key(git: Git) -> str:
    """The key people sign commits with, where that is an SSH key file."""
    key = _setting(git, "user.signingkey") if _setting(git, "gpg.format") == "ssh" else ""
    return "" if key.startswith(("ssh-", "key::")) else key
