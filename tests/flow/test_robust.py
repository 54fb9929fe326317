"""The desk against what branches may hold and what a repository may have become: nothing stops the others."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

import pytest

from flow.house import House, Story, leftovers
from osgate.errors import Mistakes, Refused
from osgate.ledger import codec
from osgate.testing import records

DAY = "records/2026-11"


def good(house: House) -> str:
    """A request that must be sealed whatever else waits; returns its id."""
    request = records.request(reason=f"good at {house.clock.now}")
    house.push(request)
    return str(request["id"])


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


HOSTILE: dict[str, bytes] = {
    "not-json": b"hello",
    "empty": b"",
    "not-utf-8": b'{"schema": "\xff\xfe"}',
    "a-list": b"[1, 2]",
    "null": b"null",
    "five-megabytes": b'{"schema": "' + b"x" * 5_000_000 + b'"}',
    "many-unknown-keys": b"{" + b",".join(b'"k%d":1' % n for n in range(50_000)) + b"}",
    "key-twice": b'{"schema": "osgate.record/1", "schema": "osgate.record/1"}',
    "deep": nested(100_000),
    "deep-object": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "surrogate-id": b'{"id": "\\ud800", "schema": "osgate.record/1"}',
    "long-number": b'{"schema": ' + b"9" * 10_000 + b"}",
    "nan": b'{"schema": NaN}',
}


def test_hostile_files_are_set_aside_told_once_and_stop_nothing(open_house: House) -> None:
    for name, data in HOSTILE.items():
        open_house.push_files(f"osgate/{name}", {f"{DAY}/0123456789ab/2026-11-21-approve-{name}.json": data})
    id = good(open_house)
    done = open_house.run()
    assert [item.id for item in done.sealed] == [id]
    assert {r.code for r in done.refused} <= {"unreadable", "malformed"}
    assert len(done.refused) == len(HOSTILE)
    assert len(open_house.refs("refs/osgate/refused/")) == len(HOSTILE)
    assert open_house.refs("refs/heads/") == ["main"]
    assert len(open_house.told()) == len(HOSTILE)
    assert open_house.past().problems == ()
    again = open_house.run()
    assert (again.serial, again.refused) == (done.serial, ())


def test_a_branch_that_touches_anything_else_is_set_aside_whole(open_house: House) -> None:
    path = f"{DAY}/0123456789ab/2026-11-21-approve-0123456789ab.json"
    request = records.request()
    real = codec.record_path(request), codec.printed(request)
    branches: dict[str, dict[str, bytes | None]] = {
        "people": {"people.toml": b"", real[0]: real[1]},
        "policy": {"policy/base.toml": None},
        "seal": {"seals/000009.json": b"{}"},
        "outside": {"records.json": b"{}"},
        "deeper": {f"{DAY}/0123456789ab/x/y.json": b"{}"},
        "other-name": {f"{DAY}/0123456789ab/UPPER.json": b"{}"},
        "newline": {f"{DAY}/0123456789ab/a.json\n": b"{}"},
        "not-text": {b"records/2026-11/0123456789ab/\xff.json".decode("utf-8", "surrogateescape"): b"{}"},
    }
    for name, files in branches.items():
        open_house.push_files(f"osgate/{name}", files)
    for name, mode in {"symlink": "120000", "executable": "100755", "submodule": "160000"}.items():
        _odd(open_house, name, mode, path)
    open_house.push_files("osgate/unrelated", {path: b"{}"}, parents=())
    id = good(open_house)
    before = open_house.git("show", "main:people.toml")
    done = open_house.run()
    assert [item.id for item in done.sealed] == [id]
    codes = {r.place: r.code for r in done.refused}
    assert codes.pop("osgate/unrelated") == "unrelated-branch"
    assert len(codes) == 11
    assert set(codes.values()) == {"touches-other-files"}
    assert open_house.git("show", "main:people.toml") == before
    assert len(open_house.refs("refs/osgate/refused/")) == 12


def _odd(house: House, name: str, mode: str, path: str) -> None:
    """A branch whose record is no plain file."""
    head = house.git("rev-parse", "main")
    oid = head if mode == "160000" else house.git("hash-object", "-w", "--stdin", input=b"/etc/passwd")
    folder = f"{mode} {'commit' if mode == '160000' else 'blob'} {oid}\t{path.rpartition('/')[2]}\n"
    tree = house.git("mktree", "--missing", input=folder.encode())
    for part in reversed(path.split("/")[:-1]):
        above = f"040000 tree {tree}\t{part}\n"
        if part == "records":
            above += house.git("ls-tree", "main") + "\n"
        tree = house.git("mktree", "--missing", input=above.encode())
    commit = house.git("commit-tree", "-p", "main", "-m", "odd", tree)
    house.git("update-ref", f"refs/heads/osgate/{name}", commit)


def test_hostile_branch_names_stop_nothing(open_house: House) -> None:
    names = [b"\xff\xfe", "行\u2028分".encode(), b"a\xc2\x85b", b"long-" + b"x" * 180, b"%s", "审批".encode()]
    head = open_house.git("rev-parse", "main").encode()
    commit = open_house.git("commit-tree", "-p", "main", "-m", "x", open_house.git("mktree", input=b"")).encode()
    assert head != commit
    for name in names:
        open_house.git("update-ref", "--stdin", input=b"create refs/heads/osgate/" + name + b" " + commit + b"\n")
    id = good(open_house)
    done = open_house.run()
    assert [item.id for item in done.sealed] == [id]
    assert open_house.past().problems == ()
    assert open_house.run().serial == done.serial
    assert open_house.made("zhang.san", "approve", id, "--role", "tech", "--reason", "clients go on too")


def test_a_branch_named_to_stand_in_the_way_of_one_kept_aside_stops_nothing(open_house: House) -> None:
    open_house.push_files("osgate/x", {"people.toml": b""})
    open_house.run()
    (kept,) = open_house.refs("refs/osgate/refused/")
    open_house.push_files(f"osgate/{kept}/y", {"people.toml": b"y"})
    open_house.run()
    assert len(open_house.refs("refs/osgate/refused/")) == 2
    assert open_house.refs("refs/heads/") == ["main"]


def test_a_forged_file_that_claims_an_id_does_not_keep_the_real_one_out(open_house: House) -> None:
    request = records.request()
    approval = records.approve(request, "zhang.san", "tech")
    forged = {**approval, "signature": {"alg": "sshsig", "value": "AAAA"}}
    open_house.push(forged, "osgate/a-forged")
    assert [r.code for r in open_house.run().refused] == ["signature-wrong"]
    open_house.push(request)
    open_house.push({**forged, "reason": "other"}, "osgate/a-edited")
    open_house.push(approval)
    open_house.push(forged, "osgate/z-forged")
    done = open_house.run()
    assert {item.id for item in done.sealed} == {request["id"], approval["id"]}
    assert request["id"] not in open_house.past().refused
    assert approval["id"] not in open_house.past().refused


def test_an_approval_before_its_request_waits_and_counts_later(open_house: House) -> None:
    request = records.request()
    branches = [open_house.push(records.approve(request, p, r)) for p, r in (("zhang.san", "tech"), ("li.si", "legal"))]
    done = open_house.run()
    assert [r.code for r in done.held] == ["waits-for-request"] * 2
    assert not done.sealed
    assert not done.refused
    assert open_house.refs("refs/heads/osgate/") == sorted(b.removeprefix("osgate/") for b in branches)
    open_house.push(request)
    assert len(open_house.run().sealed) == 3
    assert open_house.refs("refs/heads/") == ["main"]


def test_a_record_on_two_branches_is_sealed_once(open_house: House) -> None:
    request = records.request()
    open_house.push(request, "osgate/one")
    open_house.push(request, "osgate/two")
    assert [item.id for item in open_house.run().sealed] == [request["id"]]
    assert open_house.refs("refs/heads/") == ["main"]
    assert open_house.refs("refs/osgate/") == []


def test_a_record_merged_by_hand_is_sealed_where_it_lies(open_house: House) -> None:
    request = records.request()
    open_house.push(request, "main")
    open_house.push(request, "osgate/still-there")
    assert [item.id for item in open_house.run().sealed] == [request["id"]]
    assert open_house.past().waiting == {}
    assert open_house.refs("refs/heads/") == ["main"]


def test_a_bad_record_merged_by_hand_is_told_once_and_stays_where_it_is(open_house: House) -> None:
    bad = records.approve(records.request(), "nobody", "tech")
    open_house.push(bad, "main")
    first = open_house.run()
    assert [r.code for r in first.refused] == ["person-unknown"]
    second = open_house.run()
    assert second.serial == first.serial
    assert len(open_house.told()) == 1
    assert list(open_house.past().waiting) == [codec.record_path(bad)]


def test_a_good_record_replaces_the_bad_bytes_that_were_merged_in_its_place(open_house: House) -> None:
    request = records.request()
    open_house.push(request)
    forged = {**request, "signature": {"alg": "sshsig", "value": "AAAA"}}
    open_house.push(forged, "main")
    done = open_house.run()
    assert [item.id for item in done.sealed] == [request["id"]]
    stored = json.loads(open_house.git("show", f"main:{codec.record_path(request)}"))
    assert stored == request


# -- a ledger that does not hold


@pytest.mark.parametrize("what", ["seal-removed", "last-seal-removed", "seal-edited", "record-removed"])
def test_a_broken_ledger_stops_the_desk_and_nothing_changes(open_house: House, what: str) -> None:
    request = records.request()
    open_house.push(request)
    open_house.run()
    good(open_house)
    open_house.run()
    seals = {n: f"seals/{n:06d}.json" for n in (1, 2, 3)}
    edited = open_house.git("show", f"main:{seals[2]}").encode().replace(b'"refused": []', b'"refused": [] ')
    edited = edited.replace(b'"tier": "normal"', b'"tier": "light"')
    damage: dict[str, dict[str, bytes | None]] = {
        "seal-removed": {seals[2]: None},
        "last-seal-removed": {seals[3]: None},
        "seal-edited": {seals[2]: edited},
        "record-removed": {codec.record_path(request): None},
    }
    open_house.push_files("main", damage[what])
    good(open_house)
    before = open_house.git("for-each-ref"), sorted(os.listdir(open_house.publish)), open_house.manifest()
    with pytest.raises(Refused) as caught:
        open_house.run()
    assert caught.value.code == "history.broken"
    assert (open_house.git("for-each-ref"), sorted(os.listdir(open_house.publish)), open_house.manifest()) == before


def test_a_manifest_of_somebody_else_in_the_publish_folder_is_no_anchor(open_house: House) -> None:
    for data in (b"", b"{}", b"[1]", b'{"signature": {"value": "AAAA"}, "anchor": "sha256:00"}', nested(100_000)):
        (open_house.publish / "manifest.json").write_bytes(data)
        open_house.run()
        assert open_house.manifest()["serial"] == 1


def test_an_invalid_policy_stops_the_desk_and_nothing_changes(open_house: House) -> None:
    open_house.push_files("main", {"osgate.toml": b'institution = "x"\n', "people.toml": b"nonsense"})
    good(open_house)
    before = open_house.git("for-each-ref"), open_house.manifest()
    with pytest.raises(Mistakes) as caught:
        open_house.run()
    assert {m.path for m in caught.value.mistakes} == {"osgate.toml", "people.toml"}
    assert (open_house.git("for-each-ref"), open_house.manifest()) == before


def test_a_desk_with_a_key_the_policy_does_not_name_does_nothing(house: House) -> None:
    before = house.git("for-each-ref")
    said = house.desk(key="stranger")
    assert said.code == 1
    assert "[[snapshot.key]]" in said.err
    assert house.git("for-each-ref") == before
    assert not house.publish.exists()


# -- running


def test_two_desks_at_once_one_says_busy(open_house: House) -> None:
    good(open_house)
    with open(open_house.bare / "osgate-desk.lock", "w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        said = open_house.desk()
        assert said.code == 4
        assert "another desk is at work" in said.err
        assert open_house.past().serial == 1
    assert open_house.desk().code == 0
    assert open_house.past().serial == 2


def test_what_was_sealed_stays_when_publishing_fails_and_the_next_run_publishes(open_house: House) -> None:
    id = good(open_house)
    away = open_house.root / "away"
    open_house.publish.rename(away)
    open_house.publish.write_text("a file stands here")
    said = open_house.desk()
    assert said.code == 1
    assert "what was sealed stays sealed" in said.err
    assert id in {item.id for item in open_house.past().sealed}
    open_house.publish.unlink()
    away.rename(open_house.publish)
    assert open_house.desk().code == 0
    assert open_house.manifest()["serial"] == 2 == open_house.past().serial
    assert open_house.refs("refs/heads/") == ["main"]


def test_nothing_new_makes_no_seal_but_a_fresh_manifest(open_house: House) -> None:
    first = open_house.manifest()
    open_house.clock.forward(days=2)
    assert open_house.run().serial == 1
    second = open_house.manifest()
    assert second["expires"] > first["expires"]
    assert (second["file"], second["digest"], second["serial"]) == (first["file"], first["digest"], 1)


def test_a_policy_change_alone_makes_a_new_seal_and_snapshot(open_house: House) -> None:
    first = open_house.manifest()
    text = open_house.policy["osgate.toml"].replace(b'contact = ""', b'contact = "duty desk"')
    open_house.push_files("main", {"osgate.toml": text})
    done = open_house.run()
    assert (done.serial, done.sealed) == (2, ())
    assert open_house.manifest()["digest"] != first["digest"]


def test_a_few_older_snapshots_stay_for_readers_that_are_behind(open_house: House) -> None:
    for _ in range(5):
        good(open_house)
        open_house.run()
    names = sorted(n for n in os.listdir(open_house.publish) if n.endswith(".sqlite"))
    assert [name.split("-")[1] for name in names] == ["3", "4", "5", "6"]


def test_a_branch_that_moves_during_the_run_is_left_to_the_next(
    open_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from osgate.intake_desk import desk

    id = good(open_house)
    (name,) = open_house.refs("refs/heads/osgate/")
    later = records.request(reason="pushed meanwhile")
    seal = desk._seal

    def meanwhile(*args: object, **more: object) -> object:
        open_house.push_files(
            f"osgate/{name}", {codec.record_path(later): codec.printed(later)}, parents=(f"refs/heads/osgate/{name}",)
        )
        return seal(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(desk, "_seal", meanwhile)
    assert [item.id for item in open_house.run().sealed] == [id]
    monkeypatch.setattr(desk, "_seal", seal)
    assert open_house.refs("refs/heads/osgate/") == [name]
    assert [item.id for item in open_house.run().sealed] == [later["id"]]
    assert open_house.refs("refs/heads/") == ["main"]


# -- what a killed git leaves


def test_stale_locks_do_not_stop_the_desk_for_ever(open_house: House) -> None:
    good(open_house)
    (branch,) = open_house.refs("refs/heads/osgate/")
    left = [
        "refs/heads/main.lock",
        f"refs/heads/osgate/{branch}.lock",
        "packed-refs.lock",
        "packed-refs.new",
        "HEAD.lock",
        "fast_import_crash_77",
        "objects/pack/tmp_pack_00ff",
    ]
    for name in left:
        _leave(open_house, open_house.bare / name, seconds_ago=120)
    for name in ("manifest.json.77.tmp", "snapshot.sqlite.tmp"):
        _leave(open_house, open_house.publish / name, seconds_ago=0)
    done = open_house.run()
    assert (done.serial, done.published) == (2, 2)
    assert leftovers(open_house.bare) == leftovers(open_house.publish) == []
    assert open_house.refs("refs/heads/") == ["main"]


def test_a_young_lock_is_somebodys_and_is_left_alone(open_house: House) -> None:
    good(open_house)
    lock = open_house.bare / "refs/heads/main.lock"
    _leave(open_house, lock, seconds_ago=-30)  # Clocks may differ a little.
    said = open_house.desk()
    assert said.code == 2
    assert "git process" in said.err
    assert lock.exists()
    open_house.clock.forward(seconds=120)
    assert open_house.desk().code == 0
    assert open_house.past().serial == 2


def test_a_client_heals_its_copy_of_the_policy_repository(requested_house: Story) -> None:
    open_house, path, id = requested_house
    (copy,) = (open_house.root / "cache/policy").iterdir()
    _leave(open_house, copy / "packed-refs.lock", seconds_ago=120)
    _leave(open_house, copy / "refs/remotes/policy/main.lock", seconds_ago=120)
    open_house.made("zhang.san", "approve", id, "--role", "tech", "--reason", "fine")
    os.unlink(copy / "config")  # As if making it had been interrupted.
    open_house.made("li.si", "approve", id, "--role", "legal", "--reason", "fine")
    open_house.desk()
    assert open_house.check(path).code == 0


def _leave(house: House, path: Path, seconds_ago: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    os.utime(path, (house.clock.seconds - seconds_ago, house.clock.seconds - seconds_ago))
