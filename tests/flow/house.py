"""An institution in a folder: a real bare policy repository, real keys on disk, the commands run as people run them.

What ssh-keygen would sign with a key of the house is signed in this process: the same bytes, as
`unit/ledger/test_signatures.py` shows, without a child for each. Any other key, and every child, has ssh-keygen.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from osgate import cli, wiring
from osgate.cli import console
from osgate.intake_desk import desk
from osgate.intake_desk.desk import Run
from osgate.io import ssh
from osgate.io.git_write import Repository, init_bare
from osgate.ledger import codec, history, store_git
from osgate.ledger.history import History
from osgate.model.finding import SLUGS
from osgate.policy.valid import validate
from osgate.testing.clock import Clock
from osgate.testing.keys import SigningKey
from osgate.testing.policies import policy_files

DEMO = Path(console.__file__).parent / "demo_files"
FROM = "2026-01-01"
Roles = tuple[tuple[str, str, str], ...]
# id -> roles as (role, from, to).
PEOPLE: Mapping[str, Roles] = {
    "wang.wu": (("developer", FROM, ""),),
    "zhang.san": (("tech", FROM, ""), ("incident", FROM, "")),
    "li.si": (("legal", FROM, ""), ("incident", FROM, "")),
    "zhao.liu": (("tech", FROM, ""), ("legal", FROM, ""), ("security", FROM, "")),
    "sun.qi": (("tech", FROM, "2026-11-20"), ("legal", FROM, "")),
}
ISSUED = "2026-11-21T06:00:00Z"


class Said(NamedTuple):
    """What a command ended with and printed."""

    code: int
    out: str
    err: str


def people_toml(people: Mapping[str, Roles] = PEOPLE, ended: Iterable[str] = ()) -> bytes:
    """people.toml; everybody signs with `SigningKey(id)`. ended: whose key ended on the clock's first day."""
    found = []
    for id, roles in people.items():
        shown = ", ".join(_period("role", role, start, end) for role, start, end in roles)
        key = _period("key", SigningKey(id).public, FROM, "2026-11-21" if id in ended else "")
        account = f'{{forge = "git", id = "{id}@bank.example"}}'
        found.append(
            f'[[person]]\nid = "{id}"\nname = "{id}"\naccounts = [{account}]\nkeys = [{key}]\nroles = [{shown}]\n'
        )
    return "\n".join(found).encode()


def _period(name: str, value: str, start: str, end: str) -> str:
    return f'{{{name} = "{value}", from = {start}' + (f", to = {end}" if end else "") + "}"


class House:
    """The institution. clock: what every command run in this process believes."""

    def __init__(self, root: Path, people: Mapping[str, Roles] = PEOPLE, ended: Iterable[str] = ()) -> None:
        self.root, self.clock = root, Clock(ISSUED)
        self.bare, self.publish, self.keys = root / "policy.git", root / "published", root / "keys"
        self.keys.mkdir(parents=True)
        # What a key file holds -> its key.
        self.known: dict[bytes, SigningKey] = {}
        for id in ("desk", "stranger", *people):
            path, key = self.keys / id, SigningKey(id)
            path.write_bytes(key.private)
            path.chmod(0o600)
            self.known[path.read_bytes()] = key
        self.policy = {**policy_files(address=str(self.publish)), "people.toml": people_toml(people, ended)}
        with init_bare(str(self.bare)) as bare:
            beginning = bare.commit(dict(self.policy), [], "policy\n", ("a", "a@b.example"), ISSUED)
            bare.update_ref("refs/heads/main", beginning, None)

    def key_in(self, path: str) -> SigningKey | None:
        """The key of the house that stands in a file; None for any other."""
        with contextlib.suppress(OSError):
            return self.known.get(Path(path).read_bytes())
        return None

    # -- commands

    def osgate(self, *words: str, at: Path | None = None) -> Said:
        """Run one command in this process, standing in `at`."""
        out, err = io.StringIO(), io.StringIO()
        console._language = ""
        with contextlib.chdir(at or self.root), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = cli.main(list(words))
        return Said(code, out.getvalue(), err.getvalue())

    def act(self, person: str, *words: str, at: Path | None = None, key: str = "") -> Said:
        """Run a record command as `person`, with their own key unless another one is named."""
        who = ("--person", person, "--key", str(self.keys / (key or person)), "--policy-repo", str(self.bare))
        return self.osgate(*words, *who, at=at)

    def made(self, person: str, *words: str, at: Path | None = None) -> str:
        """The same, which must work; returns the first 12 digits of the record's id."""
        said = self.act(person, *words, at=at)
        assert said.code == 0, said
        sent = re.search(rf"osgate/{words[0]}-([0-9a-f]{{12}})", said.out)
        assert sent, said
        return sent[1]

    def whole(self, id: str) -> str:
        """The whole id of a record that is not sealed yet, by its first digits."""
        (name,) = [name for name in self.refs("refs/heads/osgate/") if name.endswith(id)]
        branch = f"osgate/{name}"
        listed = self.git("ls-tree", "-r", "--name-only", branch, "records/").split()
        (path,) = [path for path in listed if id in path.rpartition("/")[2]]
        return str(json.loads(self.git("show", f"{branch}:{path}"))["id"])

    def desk(self, key: str = "desk") -> Said:
        """Run the desk as its pipeline does, a minute after whatever was before."""
        self.clock.forward(seconds=60)
        where = ("--policy-repo", str(self.bare), "--key", str(self.keys / key), "--publish", str(self.publish))
        return self.osgate("desk", *where)

    def run(self, publish: Path | None = None) -> Run:
        """The desk without its command line."""
        self.clock.forward(seconds=60)
        key = SigningKey("desk")
        with Repository(str(self.bare)) as bare:
            folder = str(publish or self.publish)
            return desk.run(bare, "refs/heads/main", folder, key.snapshot, key.public, self.clock.now)

    # -- the policy repository

    def push(self, record: Mapping[str, Any], branch: str = "", data: bytes | None = None) -> str:
        """Put a record on a branch as a person with push right does, past every check; returns the branch."""
        name = branch or f"osgate/{record['verb']}-{codec.short(record['id'])}"
        return self.push_files(name, {codec.record_path(dict(record)): data or codec.printed(dict(record))})

    def push_files(self, branch: str, files: Mapping[str, bytes | None], parents: Iterable[str] = ("main",)) -> str:
        """Make a commit with `files` on the first of `parents` and point `branch` at it, by one process."""
        who = f"Forged Name <zhang.san@bank.example> {self.clock.seconds} +0000"
        above = [f"{'merge' if number else 'from'} {parent}^0" for number, parent in enumerate(parents)]
        head = [f"commit refs/heads/{branch}", f"committer {who}", "data <<.", "change", ".", *above, ""]
        stream = "\n".join(head).encode()
        for path, data in files.items():
            quoted = b"".join(b"\\%03o" % byte for byte in path.encode("utf-8", "surrogateescape"))
            kept = b'M 100644 inline "%b"\ndata %d\n%b\n' % (quoted, len(data or b""), data or b"")
            stream += b'D "%b"\n' % quoted if data is None else kept
        self.git("-c", "fastimport.unpackLimit=1", "fast-import", "--quiet", "--force", input=stream)
        return branch

    def refs(self, prefix: str) -> list[str]:
        """Names of references below `prefix`, without it."""
        return [name.removeprefix(prefix) for name in self.git("for-each-ref", "--format=%(refname)", prefix).split()]

    def git(self, *args: str, input: bytes = b"") -> str:
        """Run git in the bare repository."""
        done = subprocess.run(["git", "-C", str(self.bare), *args], input=input, capture_output=True, check=True)
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def past(self) -> History:
        """The history on main, read as osgate reads it."""
        with Repository(str(self.bare)) as bare:
            stored = store_git.load(bare, "refs/heads/main")
        return history.read(stored.records, stored.seals, validate(stored.policy, SLUGS).keys)

    def told(self) -> list[tuple[str, str]]:
        """(place, code) of everything a seal says was refused."""
        return [(r["place"], r["code"]) for seal in self.past().seals for r in seal.body["refused"]]

    def manifest(self) -> dict[str, Any]:
        """The manifest readers fetch."""
        found: dict[str, Any] = json.loads((self.publish / "manifest.json").read_bytes())
        return found

    # -- applications

    def application(self, name: str, author: str = "wang.wu") -> Path:
        """A repository with the gate set up and a change staged that brings in is-odd and is-number."""
        path = self.root / name
        shutil.copytree(DEMO / "before", path)
        self._git(path, "init", "--quiet")
        self._git(path, "config", "user.email", f"{author}@bank.example")
        assert self.osgate("init", "--from", str(self.bare), "--project", name, "--hook", "none", at=path).code == 0
        self._git(path, "add", "--all")
        self._git(path, "commit", "--quiet", "-m", "before")
        shutil.copytree(DEMO / "after", path, dirs_exist_ok=True)
        self._git(path, "add", "--all")
        return path

    def _git(self, path: Path, *args: str) -> None:
        subprocess.run(["git", *args], cwd=path, check=True, capture_output=True)

    def check(self, path: Path) -> Said:
        """`osgate check --staged` with the newest snapshot."""
        assert self.osgate("sync", at=path).code == 0
        return self.osgate("check", "--staged", at=path)

    def projects(self, **known: str) -> None:
        """Register projects in the policy: id (`_` for `-`) -> the rest of its table in TOML."""
        tables = [f'[[project]]\nid = "{id.replace("_", "-")}"\n{rest}\n' for id, rest in known.items()]
        self.push_files("main", {"projects.toml": "\n".join(tables).encode()})

    def both_answer(self, verb: str, id: str) -> None:
        """zhang.san for tech and li.si for legal answer a record by its id, and the desk runs."""
        for person, role in (("zhang.san", "tech"), ("li.si", "legal")):
            self.made(person, verb, id, "--role", role, "--reason", "looked at")
        assert self.desk().code == 0

    def requested(self, name: str = "payments-app") -> tuple[Path, str]:
        """An application whose change was asked for by wang.wu and sealed; returns it with the request's id."""
        path = self.application(name)
        id = self.made("wang.wu", "request", "--staged", "--reason", "needed", at=path)
        assert self.desk().code == 0
        return path, id

    def approved(self, name: str = "payments-app") -> tuple[Path, str]:
        """The same, approved by both roles."""
        path, id = self.requested(name)
        self.both_answer("approve", id)
        return path, id


# A house, an application in it whose change was asked for, and the request's id.
Story = tuple[House, Path, str]


_sign, _public_key = ssh.sign, ssh.public_key


def patched(monkeypatch: pytest.MonkeyPatch, house: House) -> House:
    """Let every command of this process live in the house: its clock, its cache, its temporary folder, its keys."""

    def sign(path: str, namespace: str, message: bytes) -> str:
        key = house.key_in(path)
        return key.sign(namespace, message) if key else _sign(path, namespace, message)

    def public_key(path: str) -> str:
        key = house.key_in(path)
        return key.public if key else _public_key(path)

    monkeypatch.setattr(ssh, "sign", sign)
    monkeypatch.setattr(ssh, "public_key", public_key)
    temporary = house.root / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("OSGATE_CACHE", str(house.root / "cache"))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setattr(wiring, "now", lambda: wiring.Moment(house.clock.now, house.clock.today, house.clock.seconds))
    return house


def leftovers(folder: Path) -> list[str]:
    """What a run must not leave below `folder`: locks, unfinished packs, reports of crashes, drafts."""
    own = ("osgate.lock", "osgate-desk.lock")
    found = [path for path in folder.rglob("*") if path.name not in own]
    named = ("fast_import_crash_", "tmp_pack", "packed-refs.new")
    left = [p for p in found if p.suffix in (".lock", ".tmp") or p.name.startswith(named)]
    return sorted(str(path.relative_to(folder)) for path in left)


def environment(**more: str) -> dict[str, str]:
    """This process's environment with `more`."""
    return {**os.environ, **more}
