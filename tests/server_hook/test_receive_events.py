"""What the hook believes, whom it lets break the glass, and what is written down of it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import osgate
from osgate.errors import Undecided
from osgate.io import files
from osgate.model.record import replace
from osgate.server_hook import trusting
from osgate.testing.keys import SigningKey
from server_hook import receiving
from server_hook.receiving import ISSUED, ISSUED_AT, Server, Work, fetched, lock, publish

pytestmark = pytest.mark.real

SCHEMA = json.loads((Path(osgate.__file__).parent / "reports/schemas/event-1.schema.json").read_text("utf-8"))
LOCK = "package-lock.json"
GLASS = ("-o", "osgate.break-glass=INC-7: production is down")


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """On GitLab, with both hooks; li.si may break the glass."""
    server = Server(tmp_path / "server", platform="gitlab", break_glass=("li.si",), contact="gate@bank.example")
    server.install(hook="post-receive")
    server.install(hook="pre-receive")
    return server


@pytest.fixture
def work(server: Server, tmp_path: Path) -> Work:
    """With an approved commit on main and one that is not approved to be pushed."""
    work = Work(tmp_path / "work", server)
    work.commit({LOCK: lock("left-pad")})
    server.take(work, "main")
    (server.spool / "judged").mkdir(parents=True)  # As a post-receive hook leaves it.
    work.commit({LOCK: lock("left-pad", "evil")})
    return work


def push(work: Work, *words: str, **names: str) -> Any:
    """Push as Gitaly's environment would have it for li.si; `names` override its variables."""
    told = {"GL_ID": "user-7", "GL_USERNAME": "li.si", "GL_PROTOCOL": "ssh", "GL_REPOSITORY": "project-12"}
    return work.push(*words, **{**told, "GL_PROJECT_PATH": "payments/app", **names})


def told(server: Server) -> list[tuple[str, str, str]]:
    for event in server.events():
        jsonschema.validate(event, SCHEMA)
    return [(event["hook"], event["event"], event["outcome"]) for event in server.events()]


# What is written down


def test_every_accepted_ref_is_written_down_with_what_was_found(server: Server, work: Work) -> None:
    work.git("reset", "-q", "--hard", "main~1")
    old = work.git("rev-parse", "HEAD")
    new = work.commit({LOCK: lock("left-pad", "is-odd")})
    assert push(work, "-o", "osgate.reason=TICKET-9", "main", "HEAD:refs/heads/topic").returncode == 0
    main, topic = server.events()
    assert told(server) == [("post-receive", "accepted", "pass"), ("post-receive", "accepted", "not-judged")]
    assert (main["ref"], main["old"], main["new"]) == ("refs/heads/main", old, new)
    assert (topic["ref"], topic["old"], topic["new"]) == ("refs/heads/topic", "0" * 40, new)
    assert main["pusher"] == {"id": "user-7", "name": "li.si", "via": "ssh"}
    assert main["repository"] == {"id": "project-12", "path": "payments/app"}
    assert (main["purls"], main["reason"]) == (["pkg:npm/is-odd@1.3.0"], "TICKET-9")
    assert main["snapshot"]["serial"] == 7
    assert main["seconds"] > 0
    assert list((server.spool / "judged").iterdir()) == []


def test_a_wiki_is_neither_judged_nor_written_down(server: Server, work: Work) -> None:
    done = push(work, "main", GL_REPOSITORY="wiki-12", GL_PROJECT_PATH="payments/app.wiki")
    assert done.returncode == 0
    assert server.events() == []


def test_a_spool_that_cannot_be_written_stops_no_push_and_lets_none_through(server: Server, work: Work) -> None:
    shutil.rmtree(server.spool)
    server.spool.write_text("in the way")
    assert push(work, "main").returncode != 0
    work.git("reset", "-q", "--hard", "main~1")
    work.commit({"main.py": "1"})
    done = push(work, "main")
    assert done.returncode == 0
    assert "not recorded" in done.stderr


# The glass


def test_the_glass_is_broken_by_one_who_may_and_that_is_loud_and_written_down(server: Server, work: Work) -> None:
    done = push(work, *GLASS, "main")
    assert done.returncode == 0
    assert 'the glass was broken by li.si ("INC-7: production is down")' in done.stderr
    assert "pkg:npm/evil@1.3.0" in done.stderr
    assert told(server) == [("pre-receive", "glass-broken", "block"), ("post-receive", "accepted", "block")]
    assert [event["glass"] for event in server.events()] == ["INC-7: production is down"] * 2


@pytest.mark.parametrize(
    ("option", "name", "why"),
    [
        (GLASS[1], "wang.wu", "you are not one of those who may"),
        (GLASS[1], "", "does not tell who pushes"),
        ("osgate.break-glass=  ", "li.si", "say why"),
    ],
)
def test_the_glass_holds(server: Server, work: Work, option: str, name: str, why: str) -> None:
    done = push(work, "-o", option, "main", GL_USERNAME=name, USER="li.si", REMOTE_USER="li.si")
    assert done.returncode != 0
    assert f"GL-HOOK-ERR: the glass was not broken: {why}" in done.stderr.replace("the server ", "")
    assert told(server)[-1] == ("pre-receive", "refused", "block")


def test_without_a_trace_the_glass_holds(server: Server, work: Work) -> None:
    server.install(spool="")
    done = push(work, *GLASS, "main")
    assert done.returncode != 0
    assert "it could not be recorded" in done.stderr


def test_the_glass_breaks_where_nothing_could_be_checked_as_well(server: Server, work: Work, tmp_path: Path) -> None:
    server.install(snapshot=str(tmp_path / "nowhere"))
    assert push(work, "main").returncode != 0
    assert push(work, *GLASS, "main").returncode == 0
    assert told(server) == [
        ("pre-receive", "refused", "undecided"),
        ("pre-receive", "glass-broken", "undecided"),
        ("post-receive", "accepted", "undecided"),
    ]


# The snapshot


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "snapshot"
    shutil.copytree(receiving.settings().snapshot, place, ignore=shutil.ignore_patterns("verified-*", "plain"))
    return place


def opened(folder: Path, now: str = ISSUED) -> int:
    found = trusting.opened(str(folder), receiving.settings().lock, now, ISSUED_AT)
    found.snapshot.close()
    return found.stamp.serial


def _missing(folder: Path, _published: Path) -> None:
    shutil.rmtree(folder)


def _damaged(folder: Path, _published: Path) -> None:
    (file,) = folder.glob("*.sqlite")
    with file.open("r+b") as handle:
        handle.seek(5000)
        handle.write(b"\xff" * 64)


def _forged(folder: Path, published: Path) -> None:
    """Another snapshot, whole and well-formed, with notes that say it was verified; only it is not the desk's."""
    manifest = json.loads(next(folder.glob("manifest-*.json")).read_text())
    manifest["expires"] = "2998-01-01T00:00:00Z"
    for path in folder.glob("manifest-*.json"):
        path.write_text(json.dumps(manifest))
    state = json.loads((folder / "state.json").read_text())
    (folder / "state.json").write_text(json.dumps({**state, "expires": manifest["expires"]}))


def _postponed(folder: Path, published: Path) -> None:
    """Only the note says that the taking-away file holds for longer."""
    state = json.loads((folder / "state.json").read_text())
    (folder / "state.json").write_text(json.dumps({**state, "takeaway_expires": "2998-01-01T00:00:00Z"}))


def _stale(folder: Path, published: Path) -> None:
    shutil.rmtree(folder)
    address = publish(published, expires="2026-11-21T07:00:00Z")
    fetched(folder, address)


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (_missing, "snapshot.none"),
        (_damaged, "snapshot.wrong-digest"),
        (_forged, "snapshot.signature"),
        (_postponed, "snapshot.wrong-digest"),
        (_stale, "snapshot.expired"),
    ],
)
def test_a_snapshot_that_does_not_hold_is_not_believed(
    folder: Path, tmp_path: Path, harm: Callable[[Path, Path], None], code: str
) -> None:
    assert opened(folder) == 7
    harm(folder, tmp_path / "published")
    with pytest.raises(Undecided) as caught:
        opened(folder, "2026-11-22T06:00:00Z")
    assert caught.value.code == code


def test_without_a_snapshot_a_push_is_refused_with_what_mends_it_or_warned_where_that_is_set(
    server: Server, work: Work, tmp_path: Path
) -> None:
    server.install(snapshot=str(tmp_path / "nowhere"))
    work.git("reset", "-q", "--hard", "main~1")
    work.commit({LOCK: lock("left-pad", "is-odd")})
    done = push(work, "main")
    assert done.returncode != 0
    assert "no snapshot was fetched yet" in done.stderr
    assert f"python3 {server.path}/hooks/pre-receive sync" in done.stderr
    assert told(server) == [("pre-receive", "refused", "undecided")]
    server.install(stale="warn")
    done = push(work, "main")
    assert done.returncode == 0
    assert "this push was NOT checked" in done.stderr
    after = [("pre-receive", "unchecked", "undecided"), ("post-receive", "accepted", "undecided")]
    assert told(server)[1:] == after


def test_what_is_blocked_without_a_snapshot_is_blocked_under_warn(server: Server, work: Work, tmp_path: Path) -> None:
    server.install(snapshot=str(tmp_path / "nowhere"), stale="warn")
    work.commit({LOCK: "{"})
    done = push(work, "main")
    assert done.returncode != 0
    assert "OSG301 unreadable" in done.stderr


def test_a_push_without_manifests_needs_no_snapshot(server: Server, work: Work, tmp_path: Path) -> None:
    server.install(snapshot=str(tmp_path / "nowhere"))
    work.git("reset", "-q", "--hard", "main~1")
    work.commit({"main.py": "1"})
    assert push(work, "main").returncode == 0


# What a folder is believed


def test_what_was_verified_once_is_not_verified_again_until_something_changes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from osgate.ledger import snapshot_sync

    verified: list[str] = []
    recheck = snapshot_sync.recheck

    def counted(place: str, *rest: Any) -> None:
        verified.append(place)
        recheck(place, *rest)

    monkeypatch.setattr(snapshot_sync, "recheck", counted)
    assert [opened(folder), opened(folder), len(verified)] == [7, 7, 1]
    state = (folder / "state.json").read_bytes()
    files.write(str(folder / "state.json"), state)
    assert [opened(folder), len(verified)] == [7, 2], "the same bytes in another file"
    os.utime(next(folder.glob("*.sqlite")), ns=(0, json.loads(state)["mtime_ns"]))
    assert [opened(folder), len(verified)] == [7, 3], "a changed file that claims its old time"
    (note,) = folder.glob("verified-*")
    note.chmod(0o666)
    assert [opened(folder), len(verified)] == [7, 4], "a note that anybody may write"
    note.rename(folder / "kept")
    note.symlink_to(folder / "kept")
    assert [opened(folder), len(verified)] == [7, 5], "a note that lies elsewhere"


def test_a_note_says_nothing_under_another_trust_root(folder: Path) -> None:
    assert opened(folder) == 7
    lock = receiving.settings().lock
    stranger = replace(lock, keys=(replace(lock.keys[0], key=SigningKey("stranger").public),))
    for root, code in ((stranger, "untrusted-key"), (replace(lock, serial=8), "older")):
        with pytest.raises(Undecided) as caught:
            trusting.opened(str(folder), root, ISSUED, ISSUED_AT)
        assert caught.value.code == f"snapshot.{code}"


def test_an_older_snapshot_in_the_place_of_a_newer_one_is_not_believed(folder: Path, tmp_path: Path) -> None:
    address = publish(tmp_path / "published", serial=9)
    shutil.copytree(folder, tmp_path / "older")
    fetched(folder, address)
    assert opened(folder) == 9
    for path in folder.iterdir():
        if not path.name.startswith("verified-"):
            path.unlink()
    shutil.copytree(tmp_path / "older", folder, dirs_exist_ok=True)
    with pytest.raises(Undecided) as caught:
        opened(folder)
    assert caught.value.code == "snapshot.older"


def test_a_snapshot_that_is_replaced_while_it_is_looked_at_is_looked_at_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from osgate.ledger import snapshot_cache

    address = publish(tmp_path / "published", serial=9)
    times: list[int] = []
    state = snapshot_cache.state

    def slow(place: str) -> Any:
        found = state(place)
        if not times:
            times.append(1)
            fetched(folder, address)
        return found

    monkeypatch.setattr(snapshot_cache, "state", slow)
    assert opened(folder) == 9


def test_a_folder_that_may_only_be_read_is_verified_each_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(files, "write", refuse)
    assert [opened(folder), opened(folder)] == [7, 7]
    assert not list(folder.glob("verified-*"))
