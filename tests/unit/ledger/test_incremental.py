"""What a desk keeps between runs: what is read of it, what replaces it, and what is no file of ours."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from osgate.ledger import codec, groups, history, incremental, snapshot_kept
from osgate.ledger.fold import fold
from osgate.ledger.history import History
from osgate.ledger.incremental import Past
from osgate.ledger.snapshot_kept import Kept, Stale
from osgate.ledger.store_git import Stored
from osgate.model.policy import Key
from osgate.model.record import replace
from osgate.testing import records
from osgate.testing.keys import SigningKey
from osgate.testing.ledger import Ledger


class Desk:
    """A ledger in memory whose runs keep what they found in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ledger = folder, Ledger()
        self.seen: tuple[set[str], set[str]] = (set(), set())
        self.open: list[Kept] = []

    def added(self) -> Stored:
        """What was not there at the last run."""
        ledger = self.ledger
        new = [
            {path: data for path, data in files.items() if path not in seen}
            for files, seen in zip((ledger.records, ledger.seals), self.seen, strict=True)
        ]
        self.seen = (set(ledger.records), set(ledger.seals))
        return Stored(f"commit {len(ledger.seals)}", {}, *new)

    def run(self, *made: dict[str, Any]) -> Past:
        """Seal `made`, read what is new and keep it."""
        if made:
            self.ledger.seal(*made)
        added, keys = self.added(), self.ledger.keys
        first = not self.folder.exists()
        past = incremental.whole(added, keys) if first else incremental.continued(self.opened(), added, keys)
        self.open.append(past.kept)
        past.keep(str(self.folder), past.mark(added.oid, "sha256:0", keys), past.touched())
        return past

    def opened(self) -> Kept:
        kept = snapshot_kept.opened(str(self.folder))
        self.open.append(kept)
        return kept

    def stale(self) -> str:
        with pytest.raises(Stale) as caught:
            self.opened()
        return caught.value.why


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "kept")
    yield made
    for kept in made.open:
        kept.close()


def ids(items: Any) -> set[str]:
    return {item.id for item in items}


def test_a_run_looks_at_the_groups_of_what_is_new_and_no_others(desk: Desk) -> None:
    one, two, three = (records.request(reason=reason) for reason in "abc")
    desk.run(one, two, three, records.approve(two, "zhang.san", "tech"))
    last = records.approve(one, "li.si", "legal")
    past = desk.run(last)
    assert (past.files, past.since.serial) == (1, 2)
    assert ids(past.touched().items) == {one["id"], last["id"]}
    assert ids(past.touched().old) == {one["id"]}
    assert set(fold(past.touched().items).requests) == {one["id"]}


def test_groups_that_a_new_record_ties_together_are_one_from_then_on(desk: Desk) -> None:
    one, two = records.request(reason="a"), records.request(reason="b")
    desk.run(one, two)
    newer = records.request(reason="c", supersedes=[one["id"], two["id"]])
    desk.run(newer)
    past = desk.run(records.approve(one, "zhang.san", "tech"))
    assert ids(past.touched().old) == {one["id"], two["id"], newer["id"]}
    assert len(past.touched().circles) == 1


def test_a_record_that_was_named_before_it_was_sealed_finds_who_named_it(desk: Desk) -> None:
    target = records.request()
    against = [records.undo("revoke", target, *who) for who in (("zhang.san", "tech"), ("zhao.liu", "legal"))]
    desk.run(*against)
    assert not desk.opened().has_sealed([target["id"]])
    past = desk.run(target)
    assert ids(past.touched().old) == ids_of(against)
    assert fold(past.touched().items).requests[target["id"]].status == "revoked"
    assert desk.opened().has_sealed([target["id"]])


def ids_of(bodies: list[dict[str, Any]]) -> set[str]:
    return {body["id"] for body in bodies}


def test_what_was_replaced_takes_no_room_any_more(desk: Desk) -> None:
    request = records.request()
    desk.run(request)
    sizes = []
    for number in range(30):
        desk.run(records.answer("assess", request, "zhang.san", "tech", conditions=[f"{number}" * 50]))
        (name,) = os.listdir(desk.folder)
        sizes.append((desk.folder / name).stat().st_size)
    kept = sum(len(data) for data in desk.ledger.records.values())
    assert sizes[-1] < kept + 8 * 4096, "one group, once"


def test_a_candidate_gets_what_could_lie_in_its_place(desk: Desk) -> None:
    """Two records whose ids begin alike would share a file."""
    request, other = records.request(reason="a"), records.request(reason="b")
    desk.run(request, other)
    past = incremental.continued(desk.opened(), Stored("", {}, {}, {}), desk.ledger.keys)
    alike = {"id": request["id"][:-10] + "0123456789"}
    assert ids(past.about([codec.printed(alike)])) == {request["id"]}
    assert past.about([codec.printed({"id": request["id"][: len("sha256:")]})]) == ()


def test_what_was_told_and_what_waits_is_known_without_the_seals(desk: Desk) -> None:
    from osgate.intake_desk.weigh import Refusal

    path = "records/\udcff.json"
    desk.ledger.records[path] = b"\xff no record"
    desk.ledger.seal(refused=[Refusal("sha256:1", "a", "malformed", {})])
    desk.run()
    past = incremental.continued(desk.opened(), Stored("", {}, {}, {}), desk.ledger.keys)
    assert past.since.waiting == {path: b"\xff no record"}
    assert (past.told("sha256:1"), past.told("sha256:2")) == (True, False)
    assert (past.since.serial, past.since.anchor) == (1, desk.ledger.history().anchor)
    assert past.since.origin == desk.ledger.history().origin


def test_nothing_is_written_where_nothing_is_new(desk: Desk) -> None:
    desk.run(records.request())
    (name,) = os.listdir(desk.folder)
    before = os.stat(desk.folder / name).st_mtime_ns
    desk.run()
    assert os.listdir(desk.folder) == [name]
    assert os.stat(desk.folder / name).st_mtime_ns == before


def test_another_osgate_reads_everything(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.run(records.request())
    monkeypatch.setattr(snapshot_kept, "MAKER", "another one")
    assert desk.stale() == "version"


def test_of_two_files_the_whole_one_counts_and_with_none_it_is_damaged(desk: Desk) -> None:
    assert desk.stale() == "first"
    desk.run(records.request())
    (name,) = os.listdir(desk.folder)
    shutil.copy(desk.folder / name, desk.folder / f"{'0' * 64}.sqlite")
    (desk.folder / f"{'f' * 64}.sqlite").mkdir()
    assert desk.opened().mark.serial == 1
    os.truncate(desk.folder / name, (desk.folder / name).stat().st_size - 4096)
    assert desk.stale() == "damaged"


def test_a_file_that_is_named_right_but_is_none_of_ours_is_damaged(desk: Desk, tmp_path: Path) -> None:
    desk.folder.mkdir()
    for content in (b"", b"SQLite format 3\0", b"text"):
        name = f"{codec.digest(content).removeprefix('sha256:')}.sqlite"
        (desk.folder / name).write_bytes(content)
        assert desk.stale() == "damaged"
        (desk.folder / name).unlink()


def test_seals_that_do_not_continue_the_chain_are_irregular(desk: Desk) -> None:
    desk.run(records.request())
    stranger = Ledger(SigningKey("stranger"), desk.ledger.clock)
    for kind in ("unchained", "by a stranger", "names nothing", "sealed twice"):
        added = _wrong(desk, stranger, kind)
        with pytest.raises(Stale) as caught:
            incremental.continued(desk.opened(), added, desk.ledger.keys)
        assert caught.value.why == "irregular", kind


def _wrong(desk: Desk, stranger: Ledger, kind: str) -> Stored:
    """A second seal that is good but for one thing."""
    ledger = stranger if kind == "by a stranger" else Ledger(clock=desk.ledger.clock)
    ledger.records, ledger.seals = dict(desk.ledger.records), dict(desk.ledger.seals)
    if kind == "unchained":
        ledger.seals = {}
        ledger.records = {}
        ledger.seal(records.request(reason="elsewhere"))
    old = dict(desk.ledger.history().sealed[0].body)
    new = records.request(reason="new")
    ledger.seal(old if kind == "sealed twice" else new)
    path = codec.seal_path(2)
    added = {} if kind == "names nothing" else {codec.record_path(new): codec.printed(new)}
    return Stored("", {}, added, {path: ledger.seals[path]})


def test_an_anchor_that_no_seal_has_is_irregular_and_each_that_one_has_is_not(desk: Desk) -> None:
    desk.run(records.request())
    first = desk.ledger.history().anchor
    desk.ledger.seal(records.request(reason="new"))
    added = desk.added()
    second = desk.ledger.history().anchor
    assert incremental.continued(desk.opened(), added, desk.ledger.keys, [first, second]).since.serial == 2
    with pytest.raises(Stale, match="irregular"):
        incremental.continued(desk.opened(), added, desk.ledger.keys, [first, "sha256:" + "0" * 64])


def test_other_keys_of_the_desk_mean_reading_everything(desk: Desk) -> None:
    """A key that was ended may make old seals fail, and only who reads them sees it."""
    desk.run(records.request())
    ended = [Key(desk.ledger.keys[0].key, "", "2026-11-01")]
    with pytest.raises(Stale, match="keys"):
        incremental.continued(desk.opened(), desk.added(), ended)


def test_a_mark_of_nothing_is_that_of_a_ledger_before_its_first_seal() -> None:
    past = incremental.whole(Stored("", {}, {}, {}), ())
    assert isinstance(past.since, History)
    assert (past.policy, past.told("x"), past.about([b"{}"]), past.touched().items) == ("", False, (), ())
    assert replace(past.mark("", "", ()), keys="") == snapshot_kept.Mark()
    assert list(groups.split(())) == []
    past.kept.close()


def test_the_digest_of_a_stored_seal_is_the_one_the_next_seal_names() -> None:
    ledger = Ledger()
    first = ledger.seal(records.request())
    assert history.point(codec.printed(first)).anchor == ledger.seal(records.request(reason="b"))["previous"]
    for data in (b"", b"[]", b"{}\n", codec.printed({**first, "serial": "1"}), codec.printed(first) + b"\n"):
        assert history.point(data).anchor == ""
