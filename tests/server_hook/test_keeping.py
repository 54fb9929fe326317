"""Keeping a hook's snapshot fresh: from folders and over HTTP, verified, never backwards; and how things stand."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from osgate.errors import Undecided, UsageError
from osgate.io import files
from osgate.ledger import manifest, snapshot_cache
from osgate.ledger.lock import Lock
from osgate.model.policy import Key
from osgate.server_hook import keeping, upkeep
from osgate.server_hook.settings import Settings
from osgate.testing.keys import SigningKey
from osgate.wiring import Moment
from server_hook import packing, receiving
from server_hook.packing import PYTHON, lock_json, run, told

pytestmark = pytest.mark.real

DESK, ISSUED, AT = receiving.DESK, receiving.ISSUED, receiving.ISSUED_AT
LATER = Moment("2026-11-21T08:30:00Z", "2026-11-21", AT + 9000)


class Place:
    """A desk's published folder and a hook's snapshot folder."""

    def __init__(self, root: Path) -> None:
        self.root, self.published = root, root / "published"
        self.settings = Settings(Lock((str(self.published),), (Key(DESK.public),)), str(root / "snapshot"))

    def publish(self, serial: int = 7, **more: str) -> Place:
        receiving.publish(self.published, serial, **more)
        return self

    def sync(self, source: str = "", at: Moment = LATER):
        return keeping.sync(self.settings, source, at.instant, at.seconds)

    def standing(self, at: Moment = LATER) -> keeping.Standing:
        return keeping.standing(self.settings, at.instant, at.seconds)

    def refused(self, source: str = "", at: Moment = LATER) -> str:
        before = self.kept()
        with pytest.raises(Undecided) as error:
            self.sync(source, at)
        assert self.kept() == before, "what was good stays"
        return error.value.code

    def kept(self) -> dict[str, bytes]:
        folder = Path(self.settings.snapshot)
        names = sorted(folder.iterdir()) if folder.exists() else []
        return {path.name: path.read_bytes() for path in names if path.name != "sync.lock"}

    def say(self, *words: str, at: Moment = LATER) -> tuple[str, int]:
        lines, code = upkeep.run(self.settings, "/srv/app.git/hooks/pre-receive", list(words), at)
        return "\n".join(lines), code


def flip(path: Path) -> None:
    """Change the last byte of a file."""
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


@pytest.fixture
def place(tmp_path) -> Place:
    return Place(tmp_path)


def test_the_first_the_same_and_a_newer_one(place):
    assert (place.publish(7).sync().changed, place.standing().serial) == (True, 7)
    assert place.standing().wrong is None
    assert not place.sync().changed
    assert place.publish(8).sync().changed
    found = place.standing()
    assert (found.serial, found.age, found.wrong) == (8, 0, None)
    assert place.standing(Moment(LATER.instant, LATER.day, LATER.seconds + 3700)).age == 3700


def test_a_serial_never_goes_backwards(place, tmp_path):
    place.publish(8).sync()
    older = receiving.publish(tmp_path / "older", 7)
    assert place.refused(older) == "snapshot.older"
    assert place.standing().serial == 8


def test_one_that_is_forged_damaged_expired_or_not_there_is_not_taken(place, tmp_path, monkeypatch):
    assert place.refused() == "fetch.missing"
    place.publish(7).sync()
    monkeypatch.setattr(receiving, "DESK", SigningKey("stranger"))
    assert place.refused(receiving.publish(tmp_path / "forged", 9)) == "snapshot.untrusted-key"
    monkeypatch.undo()
    assert place.refused(receiving.publish(tmp_path / "expired", 9, "2026-11-21T07:00:00Z")) == "snapshot.expired"
    damaged = Path(receiving.publish(tmp_path / "damaged", 9))
    (snapshot,) = damaged.glob("snapshot-*")
    flip(snapshot)
    with pytest.raises(Undecided, match=r"snapshot\.wrong-digest"):
        place.sync(str(damaged))
    assert place.standing().serial == 7, "its taking-away file is good, and counts; the snapshot is not taken"
    told = json.loads((place.published / manifest.MANIFEST_FILE).read_text())
    changed = tmp_path / "changed"
    changed.mkdir()
    (changed / manifest.MANIFEST_FILE).write_text(json.dumps({**told, "serial": 99}))
    assert place.refused(str(changed)) == "snapshot.signature"
    assert place.standing().wrong is None


def test_what_stands_in_the_folder_is_verified_from_the_signature_up(place):
    assert place.standing().wrong.code == "snapshot.none"
    place.publish(7).sync()
    assert place.standing(Moment("2999-02-01T00:00:00Z", "2999-02-01", AT)).wrong.code == "snapshot.expired"
    state = Path(place.settings.snapshot, snapshot_cache.STATE)
    noted = json.loads(state.read_text())
    state.write_text(json.dumps({**noted, "serial": 99}))
    assert place.standing().wrong.code == "snapshot.wrong-digest"
    state.write_text(json.dumps(noted))
    (kept,) = Path(place.settings.snapshot).glob("*.sqlite")
    flip(kept)
    assert place.standing().wrong.code == "snapshot.wrong-digest"


def test_a_folder_that_went_through_a_tar_is_still_known(place, tmp_path):
    """The environment of a GitHub Enterprise Server is a tar, and its times may be whole seconds."""
    place.publish(7).sync()
    packed = tmp_path / "environment.tar"
    with tarfile.open(packed, "w", format=tarfile.USTAR_FORMAT) as archive:
        archive.add(place.settings.snapshot, "snapshot")
    with tarfile.open(packed) as archive:
        archive.extractall(tmp_path / "chroot", filter="data")
    before = place.standing()
    place.settings = Settings(place.settings.lock, str(tmp_path / "chroot/snapshot"))
    assert place.standing() == before


def test_two_at_a_time_and_a_folder_that_cannot_be_written(place):
    place.publish(7)
    with files.FolderLock(os.path.join(place.settings.snapshot, "sync.lock")):
        assert place.refused() == "hook.sync-running"
    place.sync()
    Path(place.root, "file").write_bytes(b"")
    place.settings = Settings(place.settings.lock, str(place.root / "file/snapshot"))
    with pytest.raises(Undecided) as error:
        place.sync()
    assert error.value.code == "hook.unwritable"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        return


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """A folder over HTTP on this machine."""

    def handler(*args: object) -> Quiet:
        return Quiet(*args, directory=str(folder))

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


# What is said


def test_status_tells_all_that_counts(place):
    said, code = place.say("status")
    assert code == 4
    assert "/srv/app.git/hooks/pre-receive sync" in said, "the command that mends it"
    place.publish(7).sync()
    said, code = place.say("status", at=Moment(LATER.instant, LATER.day, LATER.seconds + 7300))
    assert code == 0
    assert all(word in said for word in ("pre-receive", "HEAD", "20", "snapshot 7", "2 hours", place.settings.snapshot))
    assert "hooks/pre-receive sync" not in said


def test_status_names_what_is_set_and_what_looks_wrong(place):
    settings = place.settings
    place.settings = Settings(
        settings.lock, settings.snapshot, platform="gitlab", spool="/spool", stale="warn", break_glass=("zhang.san",)
    )
    said, _ = place.say("status")
    assert all(word in said for word in ("/spool", "zhang.san", "gitlab", "looks like git"))
    refuses, _ = Place(place.root).say("status")
    assert {line for line in said.splitlines() if "pushes" in line} != {
        line for line in refuses.splitlines() if "pushes" in line
    }


def test_sync_says_one_line_and_takes_two_flags(place, tmp_path):
    place.publish(7)
    said, code = place.say("sync")
    assert (code, len(said.splitlines())) == (0, 1)
    assert "7" in said
    elsewhere = tmp_path / "elsewhere"
    place.say("sync", "--from", str(place.published), "--to", str(elsewhere))
    assert (elsewhere / snapshot_cache.STATE).exists()
    for words in (["--from"], ["--form", "x"], ["--to", ""], ["x"], ["--to", "a", "--to", "b"]):
        with pytest.raises(UsageError, match=r"hook\.sync-words"):
            place.say("sync", *words)


def test_sync_tells_what_it_passed_over_and_of_keys_to_come(place, monkeypatch):
    settings = place.publish(7).settings
    lock = Lock((str(place.root / "nothing"), *settings.lock.addresses), settings.lock.keys)
    place.settings = Settings(lock, settings.snapshot)
    said, code = place.say("sync")
    assert (code, len(said.splitlines())) == (0, 2)
    assert "nothing" in said
    next_key = Key(SigningKey("next").public)
    monkeypatch.setattr(keeping.snapshot_sync.lock_update.Told, "news", lambda self, lock, now: (next_key,))
    assert "osgate sync --update-lock" in place.say("sync")[0]


@pytest.mark.parametrize(
    ("path", "platform"),
    [
        ("/var/opt/gitlab/gitaly/custom_hooks/pre-receive.d/50-osgate", "gitlab"),
        ("/data/a.git/custom_hooks/pre-receive", "gitlab"),
        ("/data/git/zhang/app.git/hooks/post-receive.d/osgate", "gitea"),
        ("/srv/app.git/hooks/pre-receive", "git"),
        ("/data/user/osgate-pre-receive", ""),
        ("hook", ""),
    ],
)
def test_where_a_hook_lies_tells_the_platform(path, platform):
    assert keeping.looks_like(path) == platform


# The packed file itself


def test_the_packed_file_fetches_verifies_and_stays(packed_hook, tmp_path, monkeypatch):
    """As cron runs it, over HTTP, with the plain verifier; then a desk that is forged, and one that is not there."""
    published, hook = tmp_path / "published", tmp_path / "hooks" / "pre-receive"
    receiving.publish(published, 7, "2999-01-01T00:00:00Z")
    with served(published) as address:
        packing.with_settings(packed_hook, hook, told(DESK.public, lock=lock_json(DESK.public, address)))
        first, second = run(hook, "sync", at=tmp_path), run(PYTHON, hook, "sync", at=tmp_path)
        assert (first.returncode, first.stderr) == (0, b""), first.stderr.decode()
        assert second.returncode == 0
        assert address in first.stdout.decode()
        assert len(first.stdout.splitlines()) == len(second.stdout.splitlines()) == 1
        assert run(hook, "status", at=tmp_path).returncode == 0
        monkeypatch.setattr(receiving, "DESK", SigningKey("stranger"))
        receiving.publish(published, 8, "2999-01-01T00:00:00Z")
        forged = run(hook, "sync", at=tmp_path)
        assert (forged.returncode, forged.stdout) == (4, b"")
        assert len(forged.stderr.splitlines()) == 2, "a line in each language"
    gone = run(hook, "sync", at=tmp_path)
    assert gone.returncode == 4
    assert b"Traceback" not in gone.stderr
    status = run(hook, "status", at=tmp_path)
    assert status.returncode == 0
    assert "7" in status.stdout.decode()


def test_the_packed_hook_judges_a_push_as_gitaly_runs_it(packed_hook, tmp_path):
    """Without a site-packages, without PYTHON* and LANG: what is approved passes, what is not is refused."""
    address = receiving.publish(tmp_path / "published")
    bare, work = tmp_path / "app.git", tmp_path / "work"
    receiving.run("git", "init", "--quiet", "--bare", str(bare), at=tmp_path)
    hook = bare / "hooks" / "pre-receive"
    refs = ["refs/heads/main"]
    packing.with_settings(packed_hook, hook, told(DESK.public, refs=refs, lock=lock_json(DESK.public, address)))
    assert run(hook, "sync", at=bare).returncode == 0
    receiving.run("git", "init", "--quiet", str(work), at=tmp_path)
    env = {**packing.BARE, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(tmp_path)}
    who = ("-c", "user.name=zhang.san", "-c", "user.email=zhang.san@bank.example")
    for names, passes in ((("left-pad",), True), (("left-pad", "evil"), False)):
        (work / "package-lock.json").write_text(receiving.lock(*names))
        (work / "package.json").write_text(json.dumps({"name": "app", "dependencies": dict.fromkeys(names, "1.3.0")}))
        assert run("git", "add", ".", at=work, env=env).returncode == 0
        assert run("git", *who, "commit", "-qm", "c", at=work, env=env).returncode == 0
        done = run("git", "push", "-q", str(bare), "HEAD:refs/heads/main", at=work, env=env)
        said = done.stderr.decode()
        assert (done.returncode == 0) == passes, said
        assert ("OSG101" in said and "pkg:npm/evil@1.3.0" in said) != passes, said
