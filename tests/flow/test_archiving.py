"""Archiving in its corners: several archives, one after the other, somebody else at work, what would not be equal."""

from __future__ import annotations

import pytest

from flow.house import House
from flow.tampering import Audited, truths
from osgate.errors import Refused
from osgate.intake_desk import archiving
from osgate.intake_desk.archiving import Archived, years_before
from osgate.io.files import FolderLock
from osgate.io.git_write import RefMoved, Repository
from osgate.ledger import archive, codec, store_git
from osgate.testing import records

LATER = "2033-01-01T00:00:00Z"


def run(audited: Audited, before: str) -> Archived:
    with Repository(str(audited.house.bare)) as bare:
        return archiving.run(bare, "refs/heads/main", before, LATER)


def stored(audited: Audited) -> store_git.Stored:
    with Repository(str(audited.house.bare)) as bare:
        return store_git.load(bare, "refs/heads/main")


def test_archives_follow_each_other_and_are_never_written_again(
    audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, whole = audited.house, stored(audited)
    monkeypatch.setattr(archive, "LARGE", 1)
    done = run(audited, "2026-12-01")
    assert done == Archived(1, 3, 3, tuple(archive.path(serial, serial) for serial in (1, 2, 3)))
    first = {path: audited.read(path) for path in done.archives}
    house.clock.forward(days=30)
    house.push(records.request(reason="later", stated_at=house.clock.now))
    assert house.desk().code == 0
    monkeypatch.undo()
    second = run(audited, "2027-06-01")
    assert second == Archived(4, 4, 1, (archive.path(4, 4),))
    assert {path: audited.read(path) for path in done.archives} == first
    now = stored(audited)
    assert whole.records.items() <= now.records.items()
    assert len(now.archived) == len(whole.records) + len(whole.seals)
    assert house.past().problems == ()
    assert run(audited, "2027-06-01") == Archived(0, 0, 0, ())


def test_a_record_that_lies_in_an_archive_and_beside_it_is_told(audited: Audited) -> None:
    run(audited, "2026-12-01")
    path = codec.record_path(audited.tech)
    changed = stored(audited).records[path].replace(b"looked at", b"looked in")
    audited.change({path: changed})
    said = audited.house.osgate("ledger", "verify", "--policy-repo", str(audited.house.bare))
    assert [code for _, code in truths(said)] == ["archive-line", "record-edited"]
    audited.change({path: None, "archive/000001-000001.jsonl": archive.packed([("people.toml", b"")])})
    assert [problem.code for problem in audited.house.past().problems] == ["archive-line"]


def test_a_desk_at_work_and_a_main_that_moved_are_left_alone(audited: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    house = audited.house
    with FolderLock(str(house.bare / "osgate-desk.lock")):
        house.clock.forward(days=10 * 366)
        said = house.osgate("ledger", "archive", "--before", "2026-12-01", "--policy-repo", str(house.bare))
    assert (said.code, "another desk" in said.err) == (4, True)
    commit = Repository.commit

    def meanwhile(self: Repository, *args: object) -> str:
        made = commit(self, *args)  # type: ignore[arg-type]
        monkeypatch.undo()
        audited.change({"projects.toml": b""})
        return made

    monkeypatch.setattr(Repository, "commit", meanwhile)
    with pytest.raises(RefMoved):
        run(audited, "2026-12-01")
    assert stored(audited).archived == frozenset()


def test_nothing_moves_on_a_ledger_that_does_not_hold_or_would_not_read_the_same(
    audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "packed", lambda files: b"")
    with pytest.raises(Refused, match=r"archive\.differs"):
        run(audited, "2026-12-01")
    monkeypatch.undo()
    audited.change({codec.record_path(audited.tech): None})
    with pytest.raises(Refused, match=r"history\.broken"):
        run(audited, "2026-12-01")
    assert stored(audited).archived == frozenset()


def test_a_call_that_is_not_complete_says_what_is_missing(house: House) -> None:
    for words, missing in ((("--before", "2020-01-01"), "--policy-repo"), (("--policy-repo", "x"), "--before")):
        said = house.osgate("ledger", "archive", *words)
        assert (said.code, f"{missing} is missing" in said.err) == (2, True)
    assert house.osgate("ledger", "verify", "--before", "2020-01-01").code == 2


@pytest.mark.parametrize(
    ("day", "years", "found"),
    [
        ("2033-01-01", 5, "2028-01-01"),
        ("2028-02-29", 5, "2023-02-28"),
        ("2028-02-29", 4, "2024-02-29"),
        ("2026-11-21", 9999, "0001-11-21"),
    ],
)
def test_years_before(day: str, years: int, found: str) -> None:
    assert years_before(day, years) == found
