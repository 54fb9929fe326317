"""The desk's keys over the years: announced, exchanged, stolen; in a file or in an agent. Real files and commands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flow.guarding import GOVERNANCE, digest, endorse, write
from flow.house import House, Said
from flow.tampering import truths
from osgate.ledger import codec, signatures
from osgate.ledger import lock as locks
from osgate.ledger.lock import Lock
from osgate.model.policy import Key
from osgate.testing import records
from osgate.testing.keys import SigningKey
from osgate.testing.policies import FROM

OLD, NEW = SigningKey("desk").public, SigningKey("desk-2").public


def keys(house: House, *tables: str) -> None:
    """Commit `[[snapshot.…]]` tables in place of the desk's one key."""
    main = house.policy["osgate.toml"].decode()
    head = main[: main.index("[[snapshot.key]]")]
    write(house, {"osgate.toml": "\n".join([head, *tables, ""]).encode()})


def table(public: str, kind: str = "key", **days: str) -> str:
    """One such table; days: from_, to, revoked."""
    told = "".join(f"\n{name.rstrip('_')} = {day}" for name, day in days.items())
    return f'[[snapshot.{kind}]]\nkey = "{public}"{told}\n'


@pytest.fixture
def housed(house: House) -> House:
    """A house with a second key for the desk on its disk, and a first snapshot."""
    path = house.keys / "desk-2"
    path.write_bytes(SigningKey("desk-2").private)
    path.chmod(0o600)
    house.known[path.read_bytes()] = SigningKey("desk-2")
    assert house.desk().code == 0
    return house


def lock_of(path: Path) -> Lock:
    return locks.parse((path / locks.PATH).read_bytes())


def commit(path: Path) -> None:
    subprocess.run(["git", "commit", "--quiet", "--all", "-m", "lock"], cwd=path, check=True)


def synced(house: House, path: Path, *words: str) -> Said:
    return house.osgate("sync", *words, at=path)


def test_a_rotation_from_the_announcement_to_the_old_key_s_end(housed: House) -> None:
    house, path = housed, housed.application("payments-app")
    assert lock_of(path).keys == (Key(OLD, FROM),)
    keys(house, table(OLD, from_=FROM), table(NEW, "next_key", from_="2026-12-01"))
    assert house.desk().code == 0
    told = synced(house, path)
    assert (told.code, "from 2026-12-01" in told.out, "--update-lock" in told.out) == (0, True, True)

    updated = synced(house, path, "--update-lock")
    assert (updated.code, "new key: SHA256:" in updated.out, "Commit it" in updated.out) == (0, True, True)
    assert lock_of(path) == Lock((str(house.publish),), (Key(OLD, FROM),), (Key(NEW, "2026-12-01"),), 2)
    commit(path)
    assert "up to date" in synced(house, path, "--update-lock").out
    assert "does not know" not in synced(house, path).out

    house.clock.forward(days=10)
    keys(house, table(OLD, from_=FROM, to="2026-12-11"), table(NEW, from_="2026-12-01"))
    assert house.desk(key="desk").code == 0, "both are valid for a while"
    assert synced(house, path).code == 0
    assert house.desk(key="desk-2").code == 0
    assert synced(house, path).code == 0

    house.clock.forward(days=10)
    refused = house.desk(key="desk")
    assert (refused.code, "[[snapshot.key]]" in refused.err) == (1, True)
    house.push(records.request(stated_at=house.clock.now))
    assert house.desk(key="desk-2").code == 0
    assert synced(house, path, "--update-lock").code == 0
    assert lock_of(path) == Lock((str(house.publish),), (Key(NEW, "2026-12-01"),), (), 4)
    assert house.osgate("ledger", "verify", "--policy-repo", str(house.bare)).code == 0, "old seals keep their key"


def test_a_new_repository_gets_the_announced_keys_at_once_and_no_revoked_one(housed: House) -> None:
    stolen = SigningKey("stolen").public
    tables = (table(OLD, from_=FROM), table(stolen, from_=FROM, revoked="2026-11-01"), table(NEW, "next_key"))
    keys(housed, *tables)
    path = housed.application("payments-app")
    assert lock_of(path) == Lock((str(housed.publish),), (Key(OLD, FROM),), (Key(NEW),), 1)


def test_a_lock_is_not_brought_up_to_what_does_not_verify_and_never_falls_back(housed: House) -> None:
    house, path = housed, housed.application("payments-app")
    before = (path / locks.PATH).read_bytes()
    manifest = json.loads((house.publish / "manifest.json").read_bytes())
    manifest["keys"] = [{"key": SigningKey("stranger").public}]
    (house.publish / "manifest.json").write_bytes(codec.printed(manifest))
    said = synced(house, path, "--update-lock")
    assert (said.code, "signature" in said.err) == (4, True)
    assert (path / locks.PATH).read_bytes() == before
    assert house.desk().code == 0
    higher = Lock(lock_of(path).addresses, lock_of(path).keys, (), 9)
    (path / locks.PATH).write_bytes(locks.printed(higher))
    commit(path)
    assert synced(house, path, "--update-lock").code == 4
    assert lock_of(path) == higher


def test_a_stolen_key_from_the_theft_to_business_as_usual(housed: House) -> None:
    """The thief seals and publishes; the desk goes on with the key it had announced. In the order of docs/keys.md."""
    house = housed
    keys(house, table(OLD, from_=FROM), table(NEW, "next_key", from_=FROM))
    assert house.desk().code == 0
    path = house.application("payments-app")
    assert synced(house, path).code == 0
    good = house.git("rev-parse", "main")
    house.clock.forward(days=1)
    house.push(records.request(reason="by the thief", stated_at=house.clock.now))
    assert house.desk().code == 0
    assert synced(house, path).code == 0, "nobody knows yet"

    keys(house, table(OLD, from_=FROM, revoked="2026-11-22"), table(NEW, from_=FROM))
    told = house.osgate("ledger", "verify", "--policy-repo", str(house.bare))
    assert (told.code, truths(told)) == (1, [(3, "seal-key-revoked")])
    stopped = house.desk(key="desk-2")
    assert (stopped.code, "revoked" in stopped.err) == (1, True)

    house.git("update-ref", "refs/heads/main", good)
    keys(house, table(OLD, from_=FROM, revoked="2026-11-22"), table(NEW, from_=FROM))
    shutil.move(house.publish, house.root / "evidence")
    assert house.desk(key="desk-2").code == 0
    assert house.manifest()["serial"] == 3
    assert synced(house, path).code == 0, "the repository trusted the announced key already"
    assert house.osgate("check", "--staged", at=path).code == 1, "and judges again"

    shutil.rmtree(house.publish)
    shutil.copytree(house.root / "evidence", house.publish)
    back = synced(house, path)
    assert (back.code, "revoked" in back.err) == (4, True)
    shutil.rmtree(house.publish)
    assert house.desk(key="desk-2").code == 0
    assert synced(house, path, "--update-lock").code == 0
    assert lock_of(path).keys == (Key(NEW, FROM),)
    assert house.osgate("ledger", "verify", "--policy-repo", str(house.bare)).code == 0


def test_where_the_policy_is_guarded_the_stolen_key_seals_its_own_end(housed: House) -> None:
    """The endorsements have to be sealed by a key in force; so `revoked` begins on the day after."""
    house = housed
    keys(house, table(OLD, from_=FROM), table(NEW, "next_key", from_=FROM), GOVERNANCE.decode())
    assert house.desk().code == 0
    keys(house, table(OLD, from_=FROM, revoked="2026-11-22"), table(NEW, from_=FROM), GOVERNANCE.decode())
    early = house.desk(key="desk-2")
    assert early.code == 1, "nobody endorsed it, so it is not a key of the desk yet"
    assert "not endorsed yet" in early.err
    assert "add its public half" not in early.err
    assert "osgate policy endorse --role tech" in early.err
    assert "add its public half" in house.desk(key="stranger").err
    shown = endorse(house, "zhang.san", "tech").err
    assert f"{signatures.fingerprint(OLD)} is revoked: nobody believes it from 2026-11-22 on" in shown
    assert endorse(house, "li.si", "legal").code == 0
    sealed = house.desk(key="desk")
    assert (sealed.code, f"policy {codec.short(digest(house))} is in force" in sealed.out) == (0, True)
    assert "is in force" not in house.desk(key="desk").out
    house.clock.forward(days=1)
    assert house.desk(key="desk").code == 1
    house.push(records.request(stated_at=house.clock.now))
    assert house.desk(key="desk-2").code == 0
    assert house.osgate("ledger", "verify", "--policy-repo", str(house.bare)).code == 0


# -- a key in an agent


@pytest.fixture
def agent(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A real ssh-agent that holds the desk's key; yields the public half, the only one left on the disk."""
    socket = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            if socket.exists():
                break
            time.sleep(0.02)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        private = house.keys / "desk"
        subprocess.run(["ssh-add", "-q", str(private)], check=True, capture_output=True)
        public = private.with_suffix(".pub")
        public.write_text(f"{OLD} the desk's\n")
        private.unlink()
        yield public
    finally:
        process.terminate()
        process.wait(timeout=10)


def test_the_desk_signs_with_a_key_that_only_an_agent_has(agent: Path, house: House) -> None:
    assert house.desk(key=agent.name).code == 0
    assert house.past().problems == ()
    assert house.git("for-each-ref", "--count=1", "refs/tags/anchor/") != ""
    assert house.osgate("ledger", "verify", "--policy-repo", str(house.bare)).code == 0
    subprocess.run(["ssh-add", "-q", "-D"], check=True, capture_output=True)
    house.push(records.request())
    refs = house.git("for-each-ref")
    empty = house.desk(key=agent.name)
    assert (empty.code, str(agent) in empty.err) == (2, True)
    assert house.git("for-each-ref") == refs


def test_without_an_agent_a_public_key_signs_nothing(house: House) -> None:
    assert "SSH_AUTH_SOCK" not in os.environ
    public = house.keys / "alone.pub"
    public.write_text(f"{OLD}\n")
    said = house.desk(key="alone.pub")
    assert (said.code, str(public) in said.err) == (2, True)
    assert house.past().serial == 0
