"""`osgate facts`: filled from several sources of which some fail, shown, and carried over in a signed bundle."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Server
from cli.kit import Done, call, git, lockfile
from osgate.facts.store import Store
from osgate.io import web
from osgate.ledger import lock as locks
from osgate.ledger.lock import Lock
from osgate.model.policy import Key
from osgate.testing.keys import SigningKey
from unit.facts.osv_mirror import advisory, packed

CYCLE = {"releaseCycle": "1", "eol": "2020-01-01", "releaseDate": "2019-01-01"}
PRODUCTS = [{"id": "left-pad", "identifiers": ["pkg:npm/left-pad"], "releases": [CYCLE]}]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a mirror of advisories and files of facts; the folder of facts is `kept`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OSGATE_FACTS", str(tmp_path / "kept"))
    monkeypatch.setenv("OSGATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    (tmp_path / "mirror/npm").mkdir(parents=True)
    packed(tmp_path / "mirror/npm/all.zip", advisory("A-1", "left-pad"))
    (tmp_path / "popular.tsv").write_text("npm\tleft-pad\t1\n")
    (tmp_path / "eol.json").write_text(json.dumps(PRODUCTS))
    return tmp_path


def rows(done: Done) -> dict[str, dict[str, Any]]:
    """The sources that a command told as JSON, by kind."""
    return {row["kind"]: row for row in json.loads(done.out)["sources"]}


def known(folder: Path, purl: str) -> dict[str, object]:
    with closing(Store(str(folder / "facts.sqlite"))) as store:
        return {fact.name: fact.value for fact in store.facts(purl)}


FILES = ("--advisories", "mirror", "--lifecycle", "eol.json", "--popular", "popular.tsv")


def test_a_source_that_fails_is_told_and_the_others_go_on(place: Path) -> None:
    (place / "eol.json").write_text("<!doctype html>")
    done = call("facts", "sync", *FILES, "--format", "json")
    assert done.code == 4
    told = rows(done)
    assert {kind: (row["records"], row["problem"] and row["problem"]["reason"]) for kind, row in told.items()} == {
        "advisories": (1, None),
        "lifecycle": (0, "html"),
        "popular": (1, None),
    }
    assert known(place / "kept", "pkg:npm/left-pad") == {"rank": "1"}
    (place / "eol.json").write_text(json.dumps(PRODUCTS))
    again = call("facts", "sync", *FILES)
    assert (again.code, again.err) == (0, "")
    assert "eol.json" in again.out
    assert set(known(place / "kept", "pkg:npm/left-pad")) == {"rank", "cycle"}
    shown = call("facts", "show", "--format", "json")
    sources = [(row["kind"], Path(row["source"]).name, row["records"]) for row in json.loads(shown.out)["sources"]]
    assert sources == [("advisories", "all.zip", 1), ("facts", "eol.json", 1), ("facts", "popular popular.tsv", 1)]
    assert call("facts", "show").out.count("\n") == 4


def test_registries_are_asked_for_what_trees_hold_and_what_was_known_stays(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "app").mkdir()
    (place / "app/package-lock.json").write_text(lockfile("left-pad@1.3.0"))
    git(place / "app", "init", "--quiet")
    (place / "served").mkdir()
    packument = {"name": "left-pad", "dist-tags": {"latest": "1.3.0"}, "versions": {"1.3.0": {"license": "WTFPL"}}}
    (place / "served/left-pad").write_text(json.dumps(packument))
    monkeypatch.setattr(web, "client", partial(web.client, sleep=lambda seconds: None))
    ask = ("facts", "sync", "--tree", "app", "--format", "json")
    with Server(place / "served") as server:
        monkeypatch.setenv("npm_config_registry", server.address)
        done = call(*ask)
        asked = len(server.asked)
        assert call("facts", "sync", "--offline", "--tree", "app").code == 0
        assert len(server.asked) == asked
    assert (done.code, done.err) == (0, "")
    assert asked
    row = rows(done)["registry"]
    assert (row["source"], row["records"]) == (f"{server.address[7:]} (npm)", 1)
    before = known(place / "kept", "pkg:npm/left-pad@1.3.0")
    assert before["licence"] == "WTFPL"
    for kept in (place / "kept/answers").iterdir():
        kept.unlink()
    gone = call(*ask)
    assert gone.code == 4
    assert rows(gone)["registry"]["problem"]["reason"] == "unreachable"
    assert known(place / "kept", "pkg:npm/left-pad@1.3.0") == before


def test_a_damaged_store_is_set_aside_and_what_can_be_read_is_saved(place: Path) -> None:
    call("facts", "sync", *FILES)
    path = place / "kept/facts.sqlite"
    path.write_bytes(b"no database" * 1000)
    done = call("facts", "sync", "--popular", "popular.tsv")
    assert done.code == 0
    assert "damaged" in done.err
    assert len(list((place / "kept").glob("facts.sqlite.damaged-*"))) == 1
    assert known(place / "kept", "pkg:npm/left-pad") == {"rank": "1"}


@pytest.mark.parametrize(
    "words",
    [(), ("app",), ("--tree", "none"), ("--purls", "none"), ("--format", "xml", "--popular", "popular.tsv")],
    ids=" ".join,
)
def test_a_call_that_asks_for_nothing_or_for_what_is_not_there_is_a_mistake(
    place: Path, words: tuple[str, ...]
) -> None:
    assert call("facts", "sync", *words).code == 2


# Bundles


class Sites:
    """A site that reaches its sources and makes bundles, and one that reaches nothing and takes them."""

    def __init__(self, place: Path) -> None:
        self.here, self.there = place / "kept", place / "there"
        self.bundle, self.lock = place / "facts.bundle", place / "osgate.lock"
        self.key(SigningKey("desk"), place / "desk")
        self.lock.write_bytes(locks.printed(Lock((), (Key(SigningKey("desk").public),))))
        assert call("facts", "sync", *FILES).code == 0

    def key(self, key: SigningKey, path: Path) -> str:
        path.write_bytes(key.private)
        path.chmod(0o600)
        return str(path)

    def export(self, *words: str, key: str = "desk") -> None:
        done = call("facts", "bundle", "export", str(self.bundle), "--key", key, *words)
        assert (done.code, done.err) == (0, "")

    def take(self) -> Done:
        where = ("--facts", str(self.there), "--lock", str(self.lock))
        return call("facts", "bundle", "import", str(self.bundle), *where)


@pytest.fixture
def sites(place: Path) -> Sites:
    return Sites(place)


def test_a_bundle_carries_facts_and_advisories_over(sites: Sites) -> None:
    sites.export()
    first = sites.take()
    assert (first.code, first.err) == (0, "")
    assert known(sites.there, "pkg:npm/left-pad") == known(sites.here, "pkg:npm/left-pad")
    assert (sites.there / "advisories.sqlite").read_bytes() == (sites.here / "advisories.sqlite").read_bytes()
    assert sorted(path.name for path in sites.there.iterdir()) == [
        "advisories.sqlite",
        "bundle.json",
        "bundle.lock",
        "facts.sqlite",
    ]
    again = sites.take()
    assert again.code == 0
    assert again.out != first.out


def test_X06_bundle_import_refuses_a_bad_signature(sites: Sites, place: Path) -> None:
    def refused(reason: str) -> None:
        done = sites.take()
        assert done.code == 1, done
        assert reason in done.err
        assert [path.name for path in sites.there.iterdir()] == ["bundle.lock"]

    sites.export()
    good = sites.bundle.read_bytes()
    for old, new in ((b'"serial": 2', b'"serial": 3'), (b'"sshsig"', b'"sshsix"'), (b'"signature"', b'"signatury"')):
        assert good.count(old) == 1
        sites.bundle.write_bytes(good.replace(old, new))
        if old != b'"sshsig"':
            refused("signature")
    sites.bundle.write_bytes(good.replace(b"left-pad", b"left-bad"))
    refused("other content")
    sites.bundle.write_bytes(good[: len(good) // 2])
    refused("cut short")
    sites.bundle.write_bytes(b"")
    refused("no bundle")
    sites.export(key=sites.key(SigningKey("somebody"), place / "somebody"))
    refused("does not trust")
    sites.bundle.write_bytes(good)
    assert sites.take().code == 0


def test_a_bundle_older_than_the_one_taken_is_refused(sites: Sites) -> None:
    for serial in ("5", "7"):
        sites.export("--serial", serial)
        if serial == "5":
            older = sites.bundle.read_bytes()
    assert sites.take().code == 0
    sites.bundle.write_bytes(older)
    done = sites.take()
    assert (done.code, "7" in done.err) == (1, True)
    with closing(sqlite3.connect(sites.here / "facts.sqlite")) as store:
        store.execute("UPDATE fact SET value = '2' WHERE name = 'rank'")
        store.commit()
    sites.export("--serial", "7")
    assert sites.take().code == 1, "another bundle of the same serial"
    (sites.there / "bundle.json").write_text("{")
    assert sites.take().code == 4
    assert known(sites.there, "pkg:npm/left-pad")["rank"] == "1"
