"""`osgate facts`: filled from several sources of which some fail, shown, and carried over in a signed bundle."""

from __future__ import annotations

import http.server
import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import App, Server
from cli.kit import Done, call, git, lockfile
from osgate import wiring
from osgate.cli import endpoints, facts_place
from osgate.cli.facts_sync import given
from osgate.errors import Undecided, UsageError
from osgate.facts import sync
from osgate.facts.endpoints.endpoint import Endpoint
from osgate.facts.store import Store
from osgate.facts.sync import Told
from osgate.io import web
from osgate.ledger import lock as locks
from osgate.ledger import signatures
from osgate.ledger.lock import Lock
from osgate.model.fact_policy import FactPolicy, InternalName
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


class Answering(http.server.BaseHTTPRequestHandler):
    """Answers nothing by itself, and says nothing."""

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(handler: type[Answering]) -> Iterator[str]:
    """A server on the loopback; gives its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def rows(done: Done) -> dict[str, dict[str, Any]]:
    """The sources that a command told as JSON, by kind."""
    return {row["kind"]: row for row in json.loads(done.out)["sources"]}


def known(folder: Path, purl: str) -> dict[str, object]:
    with closing(Store(str(folder / "facts.sqlite"))) as store:
        return {fact.name: fact.value for fact in store.facts(purl)}


def later(monkeypatch: pytest.MonkeyPatch, minutes: int = 5) -> None:
    """Some minutes pass for the commands; answers are still kept with the time of this machine."""
    seconds = wiring.now().seconds + 60 * minutes
    instant = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    monkeypatch.setattr(wiring, "now", lambda: wiring.Moment(instant, instant[:10], seconds))


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
    assert sources == [
        ("advisories", "all.zip", 1),
        ("lifecycle", "eol.json", 1),
        ("popular", "popular popular.tsv", 1),
    ]
    assert call("facts", "show").out.count("\n") == 4
    assert again.out.splitlines()[-1].endswith(str(place / "kept"))


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
        with pytest.MonkeyPatch.context() as patch:
            later(patch)
            cached = rows(call(*ask))["registry"]["note"]
        assert len(server.asked) == asked
        anew = rows(call(*ask, "--refresh"))["registry"]["note"]
        assert len(server.asked) == 2 * asked
    assert (cached["reason"], cached["params"]["cached"], anew) == ("cached", cached["params"]["answers"], None)
    assert (done.code, done.err) == (0, "")
    assert asked
    row = rows(done)["registry"]
    assert row["note"] is None
    assert (row["source"], row["records"]) == (f"{server.address[7:]} (npm)", 1)
    before = known(place / "kept", "pkg:npm/left-pad@1.3.0")
    assert before["licence"] == "WTFPL"
    for kept in (place / "kept/answers").iterdir():
        kept.unlink()
    gone = call(*ask)
    assert gone.code == 4
    assert rows(gone)["registry"]["problem"]["reason"] == "unreachable"
    assert known(place / "kept", "pkg:npm/left-pad@1.3.0") == before


@pytest.fixture
def tree(place: Path) -> Path:
    """A work tree of which HEAD holds another version than the disk."""
    folder = place / "app"
    folder.mkdir()
    git(folder, "init", "--quiet")
    for version in ("1.0.0", "1.1.0"):
        (folder / "package-lock.json").write_text(lockfile(f"left-pad@{version}"))
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "-m", version)
    (folder / "package-lock.json").write_text(lockfile("left-pad@1.2.0", "@bank/pad@1.0.0"))
    return folder


def test_the_versions_before_a_change_are_asked_for_too(tree: Path) -> None:
    def versions(*words: str) -> tuple[str, ...]:
        found = facts_place.wanted(facts_place.of_history([str(tree)], *words), ())
        return tuple(version for one in found for version in one.versions)

    assert versions() == ("1.1.0",)
    assert sorted(versions("HEAD~1")) == ["1.0.0", "1.1.0"]
    assert [one.component for one in facts_place.of_history([str(tree / "package-lock.json")])] == ["pkg:npm/left-pad"]
    with pytest.raises(UsageError, match="revision"):
        versions("nothing")
    (tree.parent / "plain").mkdir()
    assert list(facts_place.of_history([str(tree.parent / "plain")])) == []
    assert call("facts", "sync", "--base", "HEAD", "--popular", "popular.tsv").code == 2


def test_a_registry_that_fails_from_the_first_is_told(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Answering):
        def do_GET(self) -> None:
            self.send_response(500)
            self.end_headers()

    with serving(Broken) as address:
        monkeypatch.setenv("npm_config_registry", address)
        for language, word in (("en", "HTTP status 500"), ("zh_CN", "HTTP 状态码 500")):
            done = call("facts", "sync", "--tree", "app", "--language", language)
            assert (done.code, done.err) == (4, "")
            assert word in done.out


@pytest.fixture
def unconfigured(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of npm only the client's own default is known; who is asked all the same is an error."""
    answer = lambda command, inside="": b'{"registry": "https://default.example.com/"}' if "npm" in command else None  # noqa: E731
    monkeypatch.setattr(endpoints, "answer", answer)
    for name in [name for name in os.environ if name.lower().startswith("npm_config_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tree.parent / "home"))
    address = "https://packages.example.com/npm/"
    (tree / ".npmrc").write_text(f"registry={address}\n@bank:registry=https://x.example.com/${{TOKEN}}/\n")
    monkeypatch.setenv("TOKEN", "zQx9sekret")
    return tree


def test_neither_a_default_nor_a_tree_decides_who_is_told_names(
    unconfigured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def told(wanted: object, places: Sequence[Endpoint], *_: object) -> tuple[Told, ...]:
        asked.extend(one.address for one in places)
        return ()

    monkeypatch.setattr(sync, "asked", told)
    done = call("facts", "sync", "--tree", "app")
    assert (done.code, asked) == (4, [])
    assert "--default-registries" in done.out
    assert "zQx9sekret" not in done.out
    assert " .npmrc:1 names https://packages.example.com/npm/; not used (--project-config)" in done.out
    assert call("facts", "sync", "--tree", "app", "--default-registries").code == 0
    assert asked == ["https://default.example.com/"]
    asked.clear()
    used = call("facts", "sync", "--tree", "app", "--project-config")
    assert (used.code, asked) == (0, ["https://packages.example.com/npm/"])
    assert "not used" not in used.out


def test_reserved_names_and_clients_are_handed_to_the_asking(
    unconfigured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[tuple[object, ...]] = []
    policy = FactPolicy(internal=(InternalName("pkg:npm/%40bank/*", "https://own.example.com/"),))
    monkeypatch.setattr(facts_place, "policy", lambda *_: policy)

    def asked(*given: object) -> tuple[Told, ...]:
        handed.append(given[6:])
        return ()

    monkeypatch.setattr(sync, "asked", asked)
    call("facts", "sync", "--tree", "app")
    call("facts", "sync", "--tree", "app", "--clients")
    assert handed[0] == ([("pkg:npm/%40bank/*", "https://own.example.com/")], None)
    assert isinstance(handed[1][1], sync.Clients)


def test_while_the_policy_cannot_be_read_no_registry_is_asked(
    unconfigured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unread(*_: object) -> FactPolicy:
        raise Undecided("facts.none", path="x")

    monkeypatch.setattr(facts_place, "policy", unread)
    monkeypatch.setattr(sync, "asked", lambda *_: pytest.fail("asked"))
    done = call("facts", "sync", "--tree", "app", "--popular", "popular.tsv", "--format", "json")
    assert (done.code, rows(done)["popular"]["records"]) == (4, 1)
    assert rows(done)["registry"]["problem"]["reason"] == "facts.none"
    assert call("facts", "sync").code == 4


def test_sync_without_arguments_takes_the_sources_of_the_policy(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = FactPolicy(sources=(("popular", "popular.tsv"), ("advisories", "https://packages.example.com/osv")))
    monkeypatch.setattr(facts_place, "policy", lambda *_: policy)
    done = call("facts", "sync", "--format", "json")
    assert (done.code, rows(done)["popular"]["records"]) == (4, 1)
    assert rows(done)["advisories"]["problem"]["reason"] == "facts.advisories-http"


def test_the_policy_is_that_of_the_newest_snapshot_which_is_fetched_where_there_is_none(app: App) -> None:
    moment = wiring.now()
    with pytest.raises(Undecided):
        facts_place.policy("", moment, offline=False)
    app.publish("empty")
    with pytest.raises(Undecided):
        facts_place.policy("", moment, offline=True)
    assert facts_place.policy("", moment, offline=False) == FactPolicy()
    assert facts_place.policy("", moment, offline=True) == FactPolicy()
    assert call("facts", "sync").code == 2


def test_advisories_over_http_are_refused_with_the_remedy(place: Path) -> None:
    done = call("facts", "sync", "--advisories", "https://packages.example.com/osv")
    assert (done.code, done.out) == (2, "")
    assert "folder" in done.err
    assert given({"popular": "https://packages.example.com/p.tsv"}) == [
        ("popular", "https://packages.example.com/p.tsv")
    ]


def test_a_folder_without_facts_is_shown_in_a_sentence(place: Path) -> None:
    done = call("facts", "show")
    assert (done.code, done.err, done.out.count("\n")) == (4, "", 1)
    call("facts", "sync", "--popular", "popular.tsv")
    without = call("facts", "show")
    assert (without.code, without.err) == (0, "")
    assert "no advisories here" in without.out
    assert json.loads(call("facts", "show", "--format", "json").out)["problems"] == []


def test_show_tells_what_is_too_old(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call("facts", "sync", *FILES)
    assert "too old (limit 7)" in call("facts", "show").out
    monkeypatch.setattr(facts_place, "policy", lambda *_, **__: FactPolicy(ages={"advisories": 36500}))
    assert "too old" not in call("facts", "show").out


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


def test_a_bundle_that_no_site_would_take_is_not_made(sites: Sites, place: Path) -> None:
    somebody = sites.key(SigningKey("somebody"), place / "somebody")
    done = call("facts", "bundle", "export", str(sites.bundle), "--key", somebody, "--lock", str(sites.lock))
    assert (done.code, done.out) == (1, "")
    assert signatures.fingerprint(SigningKey("somebody").public) in done.err
    assert not sites.bundle.exists()
    sites.export("--lock", str(sites.lock))


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
