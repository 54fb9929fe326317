"""What stands against those who would hold the hook up, have it forget, or fill its disk; it takes no server."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest

import osgate
from children import children
from osgate import cli
from osgate.changes.updates import Update
from osgate.cli import console
from osgate.errors import Undecided
from osgate.io.append import append
from osgate.ledger import snapshot_cache
from osgate.model.record import replace
from osgate.server_hook import deadline, found, keeping, program, pusher, said, spool, trusting
from osgate.server_hook.found import Found
from osgate.server_hook.push import Push
from osgate.text.translator import Translator
from server_hook import receiving
from server_hook.packing import lock_json
from server_hook.receiving import ISSUED, ISSUED_AT, SOURCES, fetched, publish

pytestmark = pytest.mark.real

SCHEMA = json.loads((Path(osgate.__file__).parent / "reports/schemas/event-1.schema.json").read_text("utf-8"))
VALID = jsonschema.Draft202012Validator(SCHEMA)
A, B, NONE = "a" * 40, "b" * 40, "0" * 40
NOW = found.Now("2026-11-22T06:00:00Z", 1795327200)


@pytest.fixture(autouse=True)
def _reaped() -> Iterator[None]:
    """A hook ends soon after its children; this process does not, and other tests look for what is left behind."""
    there = children()
    yield
    for child in children() - there:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, 0)


def pushed(told: bytes | None, spool_at: Path, environ: dict[str, str] | None = None, **changed: Any) -> Push:
    """A push by li.si to a server of plain git."""
    settings = replace(receiving.settings(), spool=str(spool_at), break_glass=("li.si",), **changed)
    given = {"REMOTE_USER": "li.si", **(environ or {})}
    return Push(settings, given, "/srv/app.git", "/srv/hook", told, time.monotonic(), lambda: NOW.seconds)


def events(folder: Path) -> list[dict[str, Any]]:
    (file,) = folder.glob("*.jsonl")
    every = [json.loads(line) for line in file.read_bytes().splitlines()]
    for event in (every[0], every[-1]):
        VALID.validate(event)
    return every


# Who


@pytest.mark.parametrize(
    ("platform", "environ", "name"),
    [
        ("gitea", {"GITEA_PUSHER_NAME": "li.si", "GITEA_DEPLOY_KEY_ID": "0"}, "li.si"),
        ("gitea", {"GITEA_PUSHER_NAME": "li.si", "GITEA_DEPLOY_KEY_ID": ""}, "li.si"),
        ("gitea", {"GITEA_PUSHER_NAME": "li.si", "GITEA_DEPLOY_KEY_ID": "7"}, ""),
        ("gitlab", {"GL_ID": "key-7"}, ""),
        ("git", {"REMOTE_USER": "li.si", "GITEA_DEPLOY_KEY_ID": "7"}, "li.si"),
    ],
)
def test_a_deploy_key_is_nobody(platform: str, environ: dict[str, str], name: str) -> None:
    assert pusher.pusher(platform, environ).name == name


# What the snapshot's folder is believed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "snapshot"
    fetched(place, publish(tmp_path / "published"))
    return place


def opened(folder: Path) -> int:
    held = trusting.opened(str(folder), receiving.settings().lock, ISSUED, ISSUED_AT)
    held.snapshot.close()
    return held.stamp.serial


def _link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


@pytest.mark.parametrize("what", [".", "state.json", "*.sqlite", "manifest-*.json", "takeaway-*.json"])
@pytest.mark.parametrize("mode", [0o775, 0o757])
def test_what_others_can_write_is_not_believed(folder: Path, what: str, mode: int) -> None:
    assert opened(folder) == 7
    (path,) = [folder] if what == "." else folder.glob(what)
    path.chmod(mode)
    for asked in (opened, lambda place: keeping.trusting.check_own(str(place), receiving.settings().lock)):
        with pytest.raises(Undecided) as caught:
            asked(folder)
        assert (caught.value.code, caught.value.params["path"]) == ("hook.not-own", str(path))


@pytest.mark.parametrize("what", ["state.json", "*.sqlite", "manifest-*.json", "takeaway-*.json"])
def test_a_link_in_the_folder_is_not_followed(folder: Path, what: str) -> None:
    (path,) = folder.glob(what)
    _link(path)
    with pytest.raises(Undecided) as caught:
        opened(folder)
    assert caught.value.code == "hook.not-own"


def test_the_way_to_the_folder_may_lead_over_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "way").symlink_to(folder)
    assert opened(tmp_path / "way") == 7


def test_what_was_exchanged_after_it_was_verified_is_not_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert opened(folder) == 7
    really, (path,) = snapshot_cache.open_cached, folder.glob("*.sqlite")

    def exchanged(*words: Any) -> Any:
        shutil.copy2(path, folder / "other")
        (folder / "other").rename(path)
        return really(*words)

    monkeypatch.setattr(snapshot_cache, "open_cached", exchanged)
    with pytest.raises(Undecided, match=r"snapshot\.damaged"):
        opened(folder)


def test_a_folder_that_sync_makes_is_its_own_whatever_the_umask(tmp_path: Path) -> None:
    address = publish(tmp_path / "published")
    settings = replace(receiving.settings(), snapshot=str(tmp_path / "made"))
    before = os.umask(0)
    try:
        keeping.sync(settings, address, ISSUED, ISSUED_AT)
    finally:
        os.umask(before)
    assert opened(tmp_path / "made") == 7


# What is written down


def test_a_line_that_was_cut_off_spoils_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"half a li")
    for line in (b"one\n", b"two\n"):
        append(str(path), line, durable=True)
    assert path.read_bytes() == b"half a li\none\ntwo\n"


def test_what_cannot_be_read_back_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "pread", lambda *_: b"")
    with pytest.raises(OSError, match="file"):
        append(str(tmp_path / "file"), b"line\n", durable=True)
    append(str(tmp_path / "file"), b"line\n", durable=False)


@pytest.mark.parametrize(("count", "long"), [(1000, 10), (40, 20_000), (51, 10)])
def test_a_push_of_many_refs_leaves_a_bounded_trace(tmp_path: Path, count: int, long: int) -> None:
    who, where = pusher.Pusher("", "li.si", ""), pusher.Place("", "app.git", True)
    about = spool.About("pre-receive", "git", where, who, pusher.Options(None, None), NOW)
    ref = "refs/heads/release/" + "x" * long
    every = [about.event("refused", Update(f"{ref}{n}", A, B, True), spool.came_of(None, 0)) for n in range(count)]
    spool.put(str(tmp_path), every[: spool.REFS + 1], of=count)
    *single, last = events(tmp_path)
    assert [event["ref"] for event in single] == [f"{ref}{n}" for n in range(len(single))]
    assert (last["ref"], last["old"], last["event"]) == ("*", NONE, "refused")
    assert last["detail"].startswith(f"refs={count - len(single)} first={ref}"[:40])
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < spool.BYTES + 2000


def test_a_note_is_written_over_and_not_on(tmp_path: Path) -> None:
    update = Update("refs/heads/main", A, B, True)
    spool.clear(str(tmp_path), 0)
    for n in range(5):
        spool.leave(str(tmp_path), "/srv/app.git", update, {"outcome": "pass", "more": n})
    (note,) = (tmp_path / "judged").iterdir()
    assert note.read_bytes().count(b"\n") == 1
    assert spool.taken(str(tmp_path), "/srv/app.git", update) == {"outcome": "pass", "more": 4}


def test_notes_that_nobody_takes_up_do_not_pile_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "MANY", 3)
    spool.clear(str(tmp_path), 0)
    for n in range(3):
        spool.leave(str(tmp_path), "/srv/app.git", Update(f"refs/heads/{n}", A, B, True), {})
    later = time.time() + 3600
    spool.sweep(str(tmp_path), later, 2)
    assert len(list((tmp_path / "judged").iterdir())) == 3
    spool.sweep(str(tmp_path), later, 9)
    assert list((tmp_path / "judged").iterdir()) == []


GLASS = {"GIT_PUSH_OPTION_COUNT": "1", "GIT_PUSH_OPTION_0": "osgate.break-glass=INC-7"}


def test_the_glass_breaks_for_any_number_of_refs_by_one_trace_or_not_at_all(tmp_path: Path) -> None:
    told = b"".join(b"%s %s refs/heads/release/%d\n" % (A.encode(), B.encode(), n) for n in range(1001))
    assert pushed(told, tmp_path / "spool", GLASS).cut_off((), 0.0)["code"] == 0
    every = events(tmp_path / "spool")
    assert {(event["event"], event["glass"]) for event in every} == {("glass-broken", "INC-7")}
    assert (len(every), every[-1]["detail"].split()[0]) == (spool.REFS + 1, "refs=951")
    (tmp_path / "file").write_text("in the way")
    assert pushed(told, tmp_path / "file", GLASS).cut_off((), 0.0)["code"] == 1


# Time, memory, and closed doors


LINE = f"{A} {B} refs/heads/main\n".encode()


@pytest.mark.parametrize("told", [None, b"", LINE[:-1], LINE + LINE[:-5]])
def test_lines_that_are_not_whole_are_refused(told: bytes | None, tmp_path: Path) -> None:
    push = pushed(told, tmp_path)
    assert not push.whole
    push.prepare(())
    assert push.late()["code"] == 1
    assert push.judge(lambda _: None)["code"] == 1
    push.record_late(lambda _: None)
    assert [event["detail"] for event in events(tmp_path)] == ["hook.no-input"] * 2


def test_the_answer_of_the_deadline_is_prepared_while_there_is_time(tmp_path: Path) -> None:
    push = pushed(LINE, tmp_path, deadline=1.0)
    ready: list[int] = []

    def work(tell: deadline.Tell) -> None:
        while True:  # Never lets go, and tells without an end.
            tell(["file", "package-lock.json"])
            time.sleep(0.001)

    def prepare(told: list[Any]) -> None:
        ready.append(len(told))
        push.prepare(told)

    assert deadline.within(work, time.monotonic() + 0.5, prepare).late
    assert len(ready) == 3
    answer = push.late()
    assert answer["code"] == 1
    assert any("package-lock.json" in line for line in answer["lines"])
    push.record_late(lambda _: None)
    assert [event["outcome"] for event in events(tmp_path)] == ["unchecked"]


def test_where_starting_took_all_of_the_time_it_is_refused_and_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(receiving.settings(), spool=str(tmp_path))
    monkeypatch.setattr(Push, "judge", lambda *_: pytest.fail("there was no time for that"))
    assert program.hook(settings, LINE, {}, began=time.monotonic() - 60) == 1
    assert [(event["ref"], event["outcome"]) for event in events(tmp_path)] == [("refs/heads/main", "unchecked")]


def test_of_very_many_refs_few_words_are_made(tmp_path: Path) -> None:
    push = pushed(LINE * 20_000, tmp_path)
    push.prepare([["refs", None]])
    assert push.late() == push.in_fewest_words()
    push.record_late(lambda _: None)
    assert [(event["ref"], event["detail"].split()[0]) for event in events(tmp_path)] == [("-", "hook.late-early")]


def test_what_was_never_read_is_not_called_the_last(tmp_path: Path) -> None:
    updates = (Update("refs/heads/main", A, B, True),)
    codes = [found.unfinished(updates, told, 4.0)[0].error for told in ([], [["file", "a"]])]
    codes += [found.unfinished(updates, [], 0.0)[0].error]
    assert [error.code for error in codes if error is not None] == [
        "hook.late-early",
        "hook.late",
        "hook.broke-down-early",
    ]


def test_a_child_has_the_memory_that_it_may_have_and_no_more() -> None:
    def work(_tell: Any) -> str:
        try:
            return str(len(bytearray(300_000_000)))
        except MemoryError:
            return "none left"

    ends = time.monotonic() + 60
    assert deadline.within(work, ends, memory=200_000_000).result == "none left"
    assert deadline.within(work, ends, memory=2_000_000_000).result == "300000000"


def test_a_server_that_ignores_its_childrens_ends_gets_an_answer() -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert deadline.within(lambda _: 7, time.monotonic() + 60).result == 7
    finally:
        signal.signal(signal.SIGCHLD, before)


SAYS = """import sys, time
sys.path.insert(0, {sources!r})
from osgate.server_hook import program
program._open_standard_streams()
program._say(b'x' * 100_000, time.monotonic() + 0.1)
"""


@pytest.mark.parametrize("closed", [False, True])
def test_where_nobody_reads_nobody_waits(closed: bool) -> None:
    reader, writer = os.pipe()
    code = ["import os; [os.close(fd) for fd in (0, 1, 2)]"] if closed else []
    argv = [sys.executable, "-IS", "-c", "\n".join([*code, SAYS.format(sources=str(SOURCES))])]
    try:
        assert subprocess.run(argv, stdin=subprocess.DEVNULL, stderr=writer, check=False, timeout=30).returncode == 0
    finally:
        os.close(reader)
        os.close(writer)


# What is said


class Echo(Translator):
    """Says the key itself."""

    def __call__(self, key: str, /, **params: object) -> str:
        return " ".join([key, *map(str, params.values())])


@pytest.mark.parametrize(
    ("outcome", "lines"),
    [
        ("block", ["hook.once-approved", "hook.request-at https://git.example.com/bank/policy"]),
        ("undecided", ["hook.for-keeper"]),
        ("pass", []),
    ],
)
def test_who_does_what_next_is_said(outcome: str, lines: list[str]) -> None:
    talk = said.Talk(replace(receiving.settings(), policy_url="https://git.example.com/bank/policy"), "/srv/hook")
    one = Found(Update("refs/heads/main", A, B, True), SimpleNamespace(outcome=outcome))  # type: ignore[arg-type]
    assert list(talk._next((one,), Echo("en"))) == lines


def test_the_command_that_mends_is_the_hooks_own() -> None:
    assert said.mending("run `osgate sync`", "/srv/a b") == "run `python3 '/srv/a b' sync`"
    kept = "run `osgate sync --update-lock`"
    assert said.mending(kept, "/srv/hook") == kept


# The command


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--break-glass", "li.si"), "--spool"),
        (("--stale", "never"), "--stale"),
        (("--deadline", "0"), "--deadline"),
        (("--refs", "main"), "--refs"),
    ],
)
def test_what_does_not_hold_is_called_by_its_flag(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, str], named: str
) -> None:
    lock = tmp_path / "osgate.lock"
    lock.write_text(json.dumps(lock_json(receiving.DESK.public)))
    console._language = ""
    argv = ["server-hook", "pack", "--platform", "git", "--output", str(tmp_path / "out"), "--lock", str(lock), *words]
    assert cli.main(argv) == 2
    out, err = capsys.readouterr()
    assert named in out + err
    assert "osgate-hook.json" not in out + err
    assert not (tmp_path / "out").exists()
