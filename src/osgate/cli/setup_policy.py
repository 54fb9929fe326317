"""Writing a new policy repository: the default policy, the desk's key, the first persons."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from osgate import wiring
from osgate.changes import tree
from osgate.cli import console, policy
from osgate.cli.deps import dependencies
from osgate.cli.endpoints import configured
from osgate.errors import PASS, Mistakes, Refused, UsageError
from osgate.facts.endpoints import draft
from osgate.facts.endpoints.endpoint import Endpoint
from osgate.formats import table
from osgate.intake_desk import desk
from osgate.io import files, ssh
from osgate.io.git import Git
from osgate.model.dependency import Unreadable
from osgate.policy import defaults

_COMMITTER = ("osgate init", "init@osgate.invalid")


def make_policy_repository(asked: Mapping[str, str]) -> int:
    """Write the policy repository into a new or empty folder, and say what to do next."""
    t = console.words()
    folder = os.path.abspath(asked["policy-repo"])
    if os.path.isdir(folder) and os.listdir(folder):
        raise Refused("init.not-empty", path=folder)
    key = os.path.abspath(os.path.expanduser(asked.get("desk-key", "")))
    if "desk-key" not in asked:
        raise console.usage("init", t("usage.missing", what="--desk-key"))
    if os.path.commonpath([key, folder]) == folder:
        raise Refused("init.key-inside", path=key)
    public = ssh.public_key(key) if os.path.exists(key) else ssh.make_key(key, "osgate desk")
    day = wiring.now().day
    people = [_person(word, day) for word in asked.get("person", "").split(" ") if word]
    written = defaults.render(
        institution=asked.get("institution", "Example Bank"),
        addresses=[address for address in asked.get("address", "").split(",") if address],
        key=public,
        day=day,
        people=people,
    )
    written["policy/sources.toml"] = draft.drafted(_sources(asked)).encode("utf-8")
    for path, data in written.items():
        files.write(os.path.join(folder, path), data)
    Git().run("init", "--quiet", "--initial-branch=main", "--", folder)
    with Git(folder) as git:
        git.run("add", "--all")
        name, address = _COMMITTER
        git.run(
            "-c", f"user.name={name}", "-c", f"user.email={address}", "commit", "--quiet", "-m", "The default policy"
        )
    console.say(t.count("init.policy-written", len(written), folder=folder, key=key))
    console.say(t.count("init.sources", written["policy/sources.toml"].count(b"\n[[source]]")))
    mistakes = desk.lint(policy.written(folder))
    console.say(t("init.policy-next" if not mistakes else "init.policy-people", folder=folder))
    if mistakes:
        console.complain(Mistakes(mistakes))
    return PASS


def _sources(asked: Mapping[str, str]) -> Iterator[Endpoint]:
    """Where this machine's package managers fetch from, and where the locks of the projects to scan point to."""
    projects = [folder for folder in asked.get("scan", "").split(",") if folder]
    yield from configured(projects, clients=False, named=True).endpoints
    for lock in tree.files(projects, table.match):
        read = dependencies(lock)
        for d in () if isinstance(read, Unreadable) else read:
            type = d.source.kind if d.source.kind in ("git", "url") else d.component[4:].partition("/")[0]
            yield from draft.of_lock(type, (d.source.url or "").split(), lock.path)


def _person(word: str, day: str) -> defaults.NewPerson:
    """Read `zhang.san=/keys/zhang.pub:tech,incident`.

    Raises UsageError("init.person") for any other form, ("path.missing") where there is no such file.
    """
    id, equals, rest = word.partition("=")
    path, colon, roles = rest.rpartition(":")
    if not (id and equals and colon and path):
        raise UsageError("init.person", found=word)
    file = os.path.expanduser(path)
    if not os.path.exists(file):
        raise UsageError("path.missing", path=file)
    return defaults.NewPerson(id, ssh.public_key(file), tuple(roles.split(",")), day)
