"""The desk reads what is new and no more, publishes what it would have published anyway, and knows when it cannot."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from flow.house import House
from flow.killing import Case, Point
from osgate.errors import Refused, Undecided
from osgate.intake_desk import desk, policy_clone
from osgate.intake_desk.desk import KEPT, Run
from osgate.io.files import FolderLock
from osgate.io.git_write import Repository
from osgate.ledger import codec
from osgate.testing import records
from osgate.testing.clock import Clock
from osgate.testing.keys import SigningKey

pytestmark = pytest.mark.real

SEED, POINTS = 20261122, 8


def run(house: House, key: str = "desk") -> Run:
    """The desk as its command runs it: it keeps what the next run builds on."""
    house.clock.forward(seconds=60)
    signer = SigningKey(key)
    with Repository(str(house.bare)) as bare:
        return desk.run(
            bare,
            "refs/heads/main",
            str(house.publish),
            signer.snapshot,
            signer.public,
            house.clock.now,
            keeping=True,
        )


def published(folder: Path) -> tuple[str, bytes, list[object]]:
    """The newest snapshot in `folder` by name and content, and what the taking-away file tells."""
    name = json.loads((folder / "manifest.json").read_bytes())["file"]
    return name, (folder / name).read_bytes(), json.loads((folder / "takeaway.json").read_bytes())["entries"]


def same_as_read_whole(house: House) -> bool:
    """Whether a desk that keeps nothing publishes the same, byte for byte."""
    other = house.root / "published-whole"
    shutil.rmtree(other, ignore_errors=True)
    assert house.run(other).whole == "off"
    return published(house.publish) == published(other)


def asked(house: House, *reasons: str) -> list[dict[str, object]]:
    """Requests, one a reason, each on its branch."""
    made = [records.request(subjects=[records.subject(f"pkg:npm/{r}", "vers:npm/*")], reason=r) for r in reasons]
    for request in made:
        house.push(request)
    return made


def with_forty_records(house: House) -> None:
    """The desk has kept a ledger of forty records and more."""
    requests = asked(house, *(f"package-{number}" for number in range(20)))
    assert run(house).whole == "first"
    for request in requests[:15]:
        house.push(records.approve(request, "zhang.san", "tech"))
        house.push(records.approve(request, "li.si", "legal"))
    house.push(records.block())
    assert run(house).whole == ""
    assert same_as_read_whole(house)


@pytest.fixture
def grown(begun) -> House:
    return begun(with_forty_records)[0]


def test_of_a_grown_ledger_only_the_new_record_files_are_read(grown: House, monkeypatch: pytest.MonkeyPatch) -> None:
    old = {line.split()[2] for line in grown.git("ls-tree", "-r", "main", "records/", "seals/").splitlines() if line}
    assert len(old) > 50
    (newest,) = {grown.git("rev-parse", f"main:{codec.seal_path(2)}")}
    read: list[str] = []
    blobs = Repository.blobs

    def watched(self: Repository, oids: Iterable[str], cap: int = 1 << 25) -> dict[str, bytes | None]:
        wanted = list(oids)
        read.extend(wanted)
        return blobs(self, wanted, cap)

    monkeypatch.setattr(Repository, "blobs", watched)
    asked(grown, *(f"new-{number}" for number in range(10)))
    done = run(grown)
    assert (done.files, done.whole, done.not_kept, len(done.sealed)) == (10, "", "", 10)
    assert set(read) & old == {newest}, "of all that was there, the newest seal alone"
    assert run(grown).files == 0
    assert same_as_read_whole(grown)


def test_decisions_over_many_runs_publish_what_a_whole_reading_publishes(house: House) -> None:
    one, two, three = asked(house, "one", "two", "three")
    run(house)
    for request in (one, two):
        house.push(records.approve(request, "zhang.san", "tech"))
        house.push(records.approve(request, "li.si", "legal"))
    block = records.block()
    house.push(block)
    house.push(records.answer("reject", three, "zhao.liu", "legal"))
    steps = [
        [],
        [records.undo("revoke", one, "zhang.san", "tech"), records.block("li.si", confirms=block["id"])],
        [records.undo("revoke", one, "zhao.liu", "legal"), records.undo("unblock", block, "zhang.san", "incident")],
        [records.request(subjects=two["subjects"], reason="again", supersedes=[two["id"]])],
        [records.undo("unblock", block, "li.si", "incident"), records.approve(three, "zhang.san", "tech")],
    ]
    for step in steps:
        for record in step:
            house.push(record)
        done = run(house)
        assert (done.whole, done.not_kept) == ("", "")
        assert same_as_read_whole(house)
    newer = steps[3][0]
    for person, role in (("zhang.san", "tech"), ("li.si", "legal")):
        house.push(records.approve(newer, person, role))
        assert run(house).whole == ""
        assert same_as_read_whole(house)
    assert run(house).state.requests == {}, "nothing new, nothing folded"


def test_records_that_wait_on_main_are_weighed_in_each_run_and_told_once(house: House) -> None:
    run(house)
    request = records.request()
    early = records.approve(request, "zhang.san", "tech")
    house.push_files("main", {codec.record_path(early): codec.printed(early), "records/x.json": b"\xff"})
    done = run(house)
    assert (done.whole, [r.code for r in done.held]) == ("", ["waits-for-request"])
    assert [r.code for r in done.refused] == ["unreadable"]
    serial = done.serial
    assert (run(house).serial, run(house).files) == (serial, 0)
    house.push(request)
    assert {item.id for item in run(house).sealed} == {request["id"], early["id"]}
    assert len(house.told()) == 1
    assert same_as_read_whole(house)


# -- what cannot be built on


def kept_file(house: House) -> Path:
    (path,) = (house.bare / KEPT).iterdir()
    return path


def spoil_truncated(house: House) -> None:
    os.truncate(kept_file(house), 20_000)


def spoil_changed(house: House) -> None:
    content = bytearray(kept_file(house).read_bytes())
    content[len(content) // 2] ^= 1
    kept_file(house).write_bytes(content)


def spoil_removed(house: House) -> None:
    shutil.rmtree(house.bare / KEPT)


def spoil_published(house: House) -> None:
    name = published(house.publish)[0]
    with (house.publish / name).open("ab") as file:
        file.write(b"\0")


def spoil_published_removed(house: House) -> None:
    shutil.rmtree(house.publish)


def spoil_keys(house: House) -> None:
    written = house.git("show", "main:osgate.toml")
    second = f'\n[[snapshot.key]]\nkey = "{SigningKey("desk-2").public}"\nfrom = 2026-01-01\n'
    house.push_files("main", {"osgate.toml": f"{written}\n{second}".encode()})


def spoil_other_ledger(house: House) -> None:
    """What another institution's desk kept, whose repository this one does not know."""
    other = House(house.root / "other")
    asked(other, "x")
    run(other)
    shutil.rmtree(house.bare / KEPT)
    shutil.copytree(other.bare / KEPT, house.bare / KEPT)
    name, content, _ = published(other.publish)
    (house.publish / name).write_bytes(content)


def spoil_gone(house: House) -> None:
    """Somebody removed a record that no seal named yet: nothing is wrong, and nothing was only added."""
    house.push_files("main", {"records/x.json": b"\xff"})
    run(house)
    house.push_files("main", {"records/x.json": None})


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (spoil_truncated, "damaged"),
        (spoil_changed, "damaged"),
        (spoil_removed, "first"),
        (spoil_published, "published"),
        (spoil_published_removed, "published"),
        (spoil_keys, "keys"),
        (spoil_other_ledger, "changed"),
        (spoil_gone, "changed"),
    ],
)
def test_what_cannot_be_built_on_is_told_and_the_ledger_read_whole(grown: House, spoil, why: str) -> None:
    spoil(grown)
    (new,) = asked(grown, "new")
    done = run(grown)
    assert done.whole == why
    assert [item.id for item in done.sealed] == [new["id"]]
    assert same_as_read_whole(grown)
    assert run(grown).whole == "", "and kept anew"


def test_a_ledger_that_does_not_hold_is_refused_as_when_it_is_read_whole(grown: House) -> None:
    good = grown.git("rev-parse", "main")
    path = grown.git("ls-tree", "-r", "--name-only", "main", "records/").splitlines()[0]
    seal = json.loads(grown.git("show", f"main:{codec.seal_path(2)}"))
    forged = {**seal, "serial": 3, "previous": "sha256:" + "0" * 64}
    wrongs = {
        "a record removed": {path: None},
        "a record edited": {path: b"{}\n"},
        "a seal removed": {codec.seal_path(2): None},
        "a seal added by a stranger": {codec.seal_path(3): codec.printed(forged)},
    }
    before = published(grown.publish)
    for what, files in wrongs.items():
        grown.push_files("main", files)
        with pytest.raises(Refused, match=r"history\.broken"):
            run(grown)
        assert published(grown.publish) == before, what
        grown.git("update-ref", "refs/heads/main", good)
    grown.git("update-ref", "refs/heads/main", f"{good}~1")
    with pytest.raises(Refused, match=r"history\.broken"):
        run(grown)
    grown.git("update-ref", "refs/heads/main", good)
    assert run(grown).whole == ""


def test_where_nothing_can_be_kept_the_run_is_whole_all_the_same(grown: House) -> None:
    shutil.rmtree(grown.bare / KEPT)
    (grown.bare / KEPT).write_bytes(b"in the way")
    asked(grown, "new")
    done = run(grown)
    assert done.whole == "first"
    assert done.not_kept
    assert same_as_read_whole(grown)


# -- the command


def test_the_command_keeps_and_tells_on_request_what_it_read(house: House) -> None:
    words = ("--policy-repo", str(house.bare), "--key", str(house.keys / "desk"), "--publish", str(house.publish))
    asked(house, "one")
    assert house.osgate("desk", *words).code == 0
    assert len(list((house.bare / KEPT).iterdir())) == 1
    house.clock.forward(seconds=60)
    plain = house.osgate("desk", *words)
    house.clock.forward(seconds=60)
    told = house.osgate("desk", "--verbose", *words)
    assert (told.code, len(told.out.splitlines())) == (0, len(plain.out.splitlines()) + 1)
    assert " 0" in told.out.splitlines()[-1]


class Building(Case):
    """The same, where the desk kept what was sealed before the batch came."""

    @staticmethod
    def _batch(house: House) -> None:
        assert run(house).not_kept == ""
        Case._batch(house)

    def dies(self, point: Point) -> tuple[bool, bool]:
        """Kill the desk at `point`; the next one must come to what the whole ledger says. Tells (killed, sealed)."""
        self.restore()
        house, moment = self.house, self.house.clock.now
        code = self._desk(point)
        self._age_leftovers()
        self._nothing_lost()
        sealed = house.past().serial > self.before.serial
        house.clock.forward(seconds=300)
        assert run(house).whole == "", "what was kept before still holds"
        assert {item.id for item in house.past().sealed} == self.reference
        assert same_as_read_whole(house)
        assert [path.suffix for path in (house.bare / KEPT).iterdir()] == [".sqlite"]
        house.clock = Clock(moment)
        return code == -9, sealed


def test_a_desk_killed_while_it_builds_on_the_kept_loses_nothing_and_the_next_one_builds_on(tmp_path: Path) -> None:
    case = Building(tmp_path)
    assert any(KEPT in event for event in case.events if event.startswith("os.rename")), "what is killed keeps"
    outcomes = [case.dies(point) for point in case.points(SEED, POINTS)]
    assert sum(killed for killed, _ in outcomes) >= POINTS - 2
    assert {sealed for _, sealed in outcomes} == {True, False}, "before the seal, and after"


# -- two clients, one copy


def test_commands_wait_for_each_other_over_one_copy_and_say_so_when_it_takes_too_long(
    open_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = str(open_house.root / "cache")
    clone, where = policy_clone.PolicyClone, (str(open_house.bare), cache, open_house.clock.now)
    # The lock is held for fetching and reading only: a second one comes in while the first is at work.
    with clone(*where) as first, clone(*where) as second:
        assert (first.history.serial, second.history.serial) == (1, 1)
    (lock,) = (open_house.root / "cache" / "policy-locks").iterdir()
    with FolderLock(str(lock)):
        slept: list[float] = []
        monkeypatch.setattr(policy_clone.time, "sleep", slept.append)
        monkeypatch.setattr(policy_clone, "PATIENCE", 0.5)
        with pytest.raises(Undecided, match=r"clone\.busy"):
            clone(*where)
        assert slept, "it waited"
