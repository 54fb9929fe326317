"""Rows of the requirements on integrity, each by its own acceptance test: tamper evidence, as-of, retention."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from flow.house import House, Said, patched
from flow.tampering import Audited, truths
from osgate.intake_desk import anchors
from osgate.io.git_write import Repository
from osgate.ledger import codec, store_git
from osgate.testing import records
from osgate.testing.keys import SigningKey
from osgate.testing.policies import FROM


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    return Audited(House(tmp_path_factory.mktemp("audited") / "house"))


@pytest.fixture
def watched(whole: Audited, monkeypatch: pytest.MonkeyPatch) -> Iterator[Audited]:
    """A ledger that is put back after each test: for deeds on main alone."""
    shutil.rmtree(whole.house.root / "tmp", ignore_errors=True)
    patched(monkeypatch, whole.house)
    yield whole
    whole.restore()


def test_R07_1_verify_passes_on_a_whole_ledger_and_names_the_seal_of_one_edited_byte(watched: Audited) -> None:
    whole = watched.verify(*watched.anchors.values())
    assert (whole.code, whole.err) == (0, "")
    assert watched.anchors[4] in whole.out
    path = codec.record_path(watched.tech)
    content = watched.read(path)
    at = content.index(b"looked at")
    watched.change({path: content[:at] + b"L" + content[at + 1 :]})
    edited = watched.verify()
    assert (edited.code, truths(edited)) == (1, [(3, "record-edited")])
    assert path in edited.err


def test_A01_seven_deeds_have_seven_truths(watched: Audited) -> None:
    path, second, third = codec.record_path(watched.tech), codec.seal_path(2), codec.seal_path(3)
    smuggled = records.request(reason="smuggled")
    beside = {codec.record_path(smuggled): codec.printed(smuggled)}
    body = json.loads(watched.read(second))
    into = codec.printed({**body, "ids": [*body["ids"], smuggled["id"]]})
    forged = records.approve(watched.request, "zhao.liu", "legal", key=SigningKey("stranger"))
    borrowed = records.approve(watched.request, "zhao.liu", "legal", key=SigningKey("li.si"))
    backwards = watched.seal(4, sealed_at="2026-11-21T00:00:00Z")
    people = watched.house.policy["people.toml"].decode()
    key = f'key = "{SigningKey("zhang.san").public}", from = {FROM}'
    revoked = people.replace(key, f"{key}, revoked = 2026-11-21").encode()
    deeds = {
        "edited": ({path: watched.read(path).replace(b"looked at", b"looked in")}, (3, "record-edited")),
        "deleted": ({path: None}, (3, "record-missing")),
        "seal deleted": ({third: None}, (3, "seal-missing")),
        "inserted": ({**beside, second: into}, (2, "record-inserted")),
        "time": ({codec.seal_path(4): backwards}, (4, "time-backwards")),
        "forged": (watched.sealed_by_force(forged, "stranger"), (5, "signer-not-listed")),
        "in another's name": (watched.sealed_by_force(borrowed, "li.si"), (5, "signer-other")),
        "revoked": ({"people.toml": revoked}, (3, "signer-revoked")),
    }
    seen = {}
    for name, (files, truth) in deeds.items():
        watched.change(files)
        told = watched.verify()
        assert (told.code, truths(told)[:1]) == (1, [truth]), (name, told)
        seen[name] = told.err.splitlines()[0]
        watched.restore()
    assert len(set(seen.values())) == len(deeds), "each in its own words"
    assert watched.verify().code == 0


def test_A01_a_record_that_lies_beside_the_sealed_ones_is_told_as_waiting(watched: Audited) -> None:
    smuggled = records.request(reason="smuggled")
    watched.change({codec.record_path(smuggled): codec.printed(smuggled)})
    told = watched.verify(*watched.anchors.values())
    assert told.code == 0
    assert f"not sealed: {codec.record_path(smuggled)}" in told.out


def test_A01_truncation_and_a_full_rewrite_show_against_an_anchor_and_are_told_apart(watched: Audited) -> None:
    """Both pass without an anchor: nothing inside of the ledger can show them."""
    watched.change({codec.seal_path(4): None})
    assert watched.verify().code == 0
    cut = watched.verify(watched.anchors[4])
    assert (cut.code, truths(cut)) == (1, [(3, "truncated")])
    assert watched.verify(watched.anchors[3], watched.anchors[1]).code == 0
    watched.restore()

    second = watched.seal(2, refused=[{"subject": "x", "place": "y", "code": "edited"}])
    previous = codec.digest(codec.signed_bytes(json.loads(second)))
    third = watched.seal(3, previous=previous)
    fourth = watched.seal(4, previous=codec.digest(codec.signed_bytes(json.loads(third))))
    watched.change({codec.seal_path(n): data for n, data in ((2, second), (3, third), (4, fourth))})
    assert watched.verify().code == 0
    written = watched.verify(watched.anchors[1], watched.anchors[3])
    assert (written.code, truths(written)) == (1, [(3, "rewritten")])
    digits = watched.anchors[4].partition(":")[2]
    either = watched.verify(digits[:12])
    assert (either.code, truths(either)) == (1, [(4, "anchor-missing")])


def test_A01_seals_by_a_key_of_the_desk_count_only_in_its_time(watched: Audited) -> None:
    main = watched.house.policy["osgate.toml"].decode()
    for word, code in (("revoked", "seal-key-revoked"), ("to", "seal-key-ended")):
        watched.change({"osgate.toml": f"{main.rstrip()}\n{word} = 2026-11-21\n".encode()})
        told = watched.verify()
        assert told.code == 1
        assert truths(told) == [(serial, code) for serial in (1, 2, 3, 4)]
        watched.restore()


def test_A01_a_desk_whose_clock_went_backwards_seals_and_publishes_nothing(audited: Audited) -> None:
    house = audited.house
    house.push(records.request(reason="another"))
    before = (house.git("for-each-ref"), sorted(os.listdir(house.publish)))
    house.clock.forward(hours=-3)
    said = house.desk()
    assert said.code == 1
    assert f"{house.clock.now}, and the newest seal was made at {house.past().sealed_at}" in said.err
    assert (house.git("for-each-ref"), sorted(os.listdir(house.publish))) == before
    house.clock.forward(hours=3)
    assert house.desk().code == 0
    assert house.past().serial == 5


# -- anchors in signed tags


def tags(house: House) -> dict[str, str]:
    """Name below refs/tags/anchor/ -> object id."""
    listed = house.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/tags/").splitlines()
    return {line.split()[0].removeprefix("refs/tags/anchor/"): line.split()[1] for line in listed}


def checked_by_git(house: House, name: str, key: str = "desk") -> str:
    """What `git tag -v` says, with an auditor's file of allowed signers; raises where it does not verify."""
    allowed = house.root / "allowed"
    allowed.write_text(f'desk@osgate.invalid namespaces="git" {SigningKey(key).public}\n')
    command = ["git", "-C", str(house.bare), "-c", f"gpg.ssh.allowedSignersFile={allowed}", "tag", "-v", name]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def test_A01_the_desk_leaves_a_signed_tag_a_day_that_git_verifies_and_never_moves(house: House) -> None:
    assert house.desk().code == 0
    first = tags(house)
    assert list(first) == ["2026-11-21"]
    seal = house.past().seals[0]
    told = checked_by_git(house, "anchor/2026-11-21")
    anchor = re.search(r"^anchor (\S+)$", told, re.MULTILINE)
    assert anchor is not None
    assert anchor[1] == f"1:{seal.digest.partition(':')[2]}"
    assert house.git("rev-parse", "anchor/2026-11-21^{commit}") == house.git("rev-parse", "main")
    with pytest.raises(subprocess.CalledProcessError):
        checked_by_git(house, "anchor/2026-11-21", key="stranger")

    house.push(records.request())
    assert house.desk().code == 0
    assert tags(house) == first, "one a day, and it stays"
    house.clock.forward(days=1)
    assert house.desk().code == 0
    second = tags(house)
    assert list(second) == ["2026-11-21", "2026-11-22"]
    house.clock.forward(days=1)
    assert house.desk().code == 0
    assert tags(house) == second, "no seal is tagged twice"
    kept = house.git("tag", "--list", "--format=%(contents:subject)", "anchor/*").replace("anchor ", "").split()
    verify = ("ledger", "verify", "--policy-repo", str(house.bare), "--anchor", ",".join(kept))
    assert house.osgate(*verify).code == 0


def test_A01_a_desk_that_was_killed_before_its_tag_makes_it_in_the_next_run(house: House) -> None:
    assert house.run().serial == 1
    assert tags(house) == {}, "as if it had been killed after the seal"
    house.push_files("main", {"projects.toml": b""})
    assert house.desk().code == 0
    sealed = house.git("rev-list", "-1", "main", "--", codec.seal_path(2))
    assert house.git("rev-parse", "anchor/2026-11-21^{commit}") == sealed


def test_A01_a_tag_that_somebody_else_put_there_is_not_moved_and_stops_nothing(house: House) -> None:
    other = house.git("hash-object", "-w", "--stdin", input=b"not an anchor")
    house.git("update-ref", "refs/tags/anchor/2026-11-21", other)
    assert house.desk().code == 0
    assert tags(house)["2026-11-21"] == other
    assert "anchor 1:" in checked_by_git(house, "anchor/2026-11-21-1")
    house.push(records.request())
    house.clock.forward(days=1)
    assert house.desk().code == 0
    assert list(tags(house)) == ["2026-11-21", "2026-11-21-1", "2026-11-22"]
    with Repository(str(house.bare)) as bare:
        later, none = "2026-12-01T00:00:00Z", anchors.Tagged()
        assert anchors.tag(bare, "refs/heads/main", 9, "sha256:9", later, str, ()) == none, "no such seal"
        assert anchors.tag(bare, "refs/heads/main", 0, "", later, str, ()) == none, "nothing sealed yet"


def test_a_tag_pushed_ahead_is_told_and_never_keeps_an_anchor_from_being_left(house: House) -> None:
    """Also one that looks like the desk's, or is the desk's own under another name."""
    assert house.desk().code == 0
    own = tags(house)["2026-11-21"]
    house.git("update-ref", "refs/tags/anchor/2026-11-22", own)
    house.git("update-ref", "refs/tags/anchor/9999-12-31", own)
    house.push(records.request())
    house.clock.forward(days=1)
    said = house.desk()
    assert said.code == 0
    assert "anchor/2026-11-22-2" in said.err
    assert "anchor/2026-11-22 " in said.err
    assert "anchor 2:" in checked_by_git(house, "anchor/2026-11-22-2")
    names = set(tags(house))
    house.push(records.block())
    assert "anchor/2026-11-22 " in house.desk().err, "told as long as it stands"
    assert set(tags(house)) == names, "still one a day"
    house.git("tag", "anchor/2026-11-23/x", "main")
    house.clock.forward(days=1)
    said = house.desk()
    assert (said.code, "anchor/2026-11-23 " in said.err) == (0, True), "nothing stops where git has no room for a tag"


# -- as-of


def test_A04_as_of_a_day_equals_what_a_repository_cut_at_that_day_shows(house: House) -> None:
    request, block = records.request(), records.block()
    steps = [
        [request],
        [records.approve(request, "zhang.san", "tech"), records.approve(request, "li.si", "legal")],
        [block],
        [records.undo("unblock", block, "zhang.san", "incident"), records.undo("unblock", block, "li.si", "incident")],
        [records.undo("revoke", request, "zhang.san", "tech"), records.undo("revoke", request, "zhao.liu", "legal")],
    ]
    days = []
    for step in steps:
        for record in step:
            house.push(record)
        house.run()
        days.append((house.clock.today, house.git("rev-parse", "main")))
        house.clock.forward(days=3)
    cut = house.root / "cut.git"
    shutil.copytree(house.bare, cut)

    def shown(where: Path, word: str, *more: str) -> Said:
        return house.osgate("ledger", "show", word, "--policy-repo", str(where), *more)

    seen = []
    for day, tip in days:
        subprocess.run(["git", "-C", str(cut), "update-ref", "refs/heads/main", tip], check=True)
        replayed = shown(cut, "pkg:npm/left-pad")
        assert shown(house.bare, "pkg:npm/left-pad", "--as-of", day) == replayed
        seen.append(replayed.out)
    assert seen[1] == seen[3], "the block came and went"
    assert len(set(seen)) == len(days) - 1, "or the days prove nothing"
    subprocess.run(["git", "-C", str(cut), "update-ref", "refs/heads/main", days[1][1]], check=True)
    assert shown(house.bare, request["id"], "--as-of", days[1][0]) == shown(cut, request["id"])


# -- retention


def contents(house: House) -> dict[str, bytes]:
    """Every record and seal of main, wherever it lies."""
    with Repository(str(house.bare)) as bare:
        stored = store_git.load(bare, "refs/heads/main")
    return {**stored.records, **stored.seals}


def archive(house: House, before: str) -> Said:
    return house.osgate("ledger", "archive", "--before", before, "--policy-repo", str(house.bare))


def live(house: House) -> list[str]:
    return [
        path for path in house.git("ls-tree", "-r", "--name-only", "main").split() if path.startswith(("rec", "seals"))
    ]


def test_A07_what_is_old_moves_to_an_archive_and_everything_reads_as_before(audited: Audited) -> None:
    house = audited.house
    house.clock.forward(days=6 * 366)
    house.push(records.request(reason="six years later", stated_at=house.clock.now))
    assert house.desk().code == 0
    before, past, digest = contents(house), house.past(), house.manifest()["digest"]
    log = house.osgate("ledger", "log", "--policy-repo", str(house.bare)).out
    done = archive(house, "2027-01-01")
    assert (done.code, done.err) == (0, "")
    assert "archive/000001-000004.jsonl" in done.out
    assert len(live(house)) == 2, "the newest seal and its record"
    assert contents(house) == before
    assert house.past() == past
    assert audited.verify(*audited.anchors.values()).code == 0
    assert house.osgate("ledger", "log", "--policy-repo", str(house.bare)).out == log
    asked = house.osgate(
        "ledger", "show", "pkg:npm/left-pad", "--as-of", "2026-12-01", "--policy-repo", str(house.bare)
    )
    assert "zhang.san" in asked.out

    where = ("--policy-repo", str(house.bare), "--key", str(house.keys / "desk"), "--publish", str(house.publish))
    house.clock.forward(seconds=60)
    whole = house.osgate("desk", *where, "--verbose")
    assert (whole.code, "the whole ledger" in whole.out) == (0, True)
    assert house.manifest()["digest"] == digest, "the same snapshot, byte for byte"
    house.clock.forward(seconds=60)
    assert "only those that are new" in house.osgate("desk", *where, "--verbose").out
    again = archive(house, "2027-01-01")
    assert (again.code, "Nothing to move" in again.out) == (0, True)
    house.push(records.approve(audited.request, "zhao.liu", "legal", stated_at=house.clock.now))
    assert house.desk().code == 0, "an old request may still be answered"


def test_A07_an_edited_archive_is_told_with_its_line_or_its_record(audited: Audited) -> None:
    house = audited.house
    house.clock.forward(days=6 * 366)
    house.push(records.request(reason="six years later", stated_at=house.clock.now))
    assert house.desk().code == 0
    assert archive(house, "2027-01-01").code == 0
    audited.tip = house.git("rev-parse", "main")
    (path,) = [
        name for name in house.git("ls-tree", "-r", "--name-only", "main").split() if name.startswith("archive/")
    ]
    content = audited.read(path)
    lines = content.splitlines(keepends=True)
    (at,) = [n for n, line in enumerate(lines) if codec.record_path(audited.tech).encode() in line]
    lines[at] = lines[at].replace(b"looked at", b"looked in")
    deeds = {
        b"".join(lines): [(3, "record-edited")],
        content.replace(b'{"path"', b'{ "path"', 1): [(1, "archive-line"), (1, "seal-missing")],
        content + content.splitlines(keepends=True)[0]: [(1, "archive-line")],
        b"": [(1, "seal-missing")],
    }
    for changed, told in deeds.items():
        audited.change({path: changed})
        said = audited.verify()
        assert (said.code, sorted(truths(said))) == (1, told)
        audited.restore()


def acted(audited: Audited, path: Path) -> None:
    """People ask for, take back, block and suspend something; the records wait for the desk."""
    id = codec.short(audited.request["id"])
    acts = [
        ("zhang.san", ("revoke", id, "--role", "tech", "--reason", "no longer")),
        ("zhao.liu", ("revoke", id, "--role", "legal", "--reason", "no longer")),
        ("wang.wu", ("request", "--staged", "--reason", "again")),
        ("li.si", ("block", "pkg:npm/left-pad", "--role", "incident", "--reason", "again")),
        ("zhao.liu", ("suspend", "pkg:npm/is-odd", "--role", "security", "--reason", "again")),
    ]
    for person, words in acts:
        audited.house.act(person, *words, at=path)


def commands(house: House) -> list[tuple[str, ...]]:
    """What is run in a repository and beside it, as far as it could touch the policy repository."""
    bare, where = str(house.bare), ("--policy-repo", str(house.bare))
    desk = ("desk", *where, "--key", str(house.keys / "desk"), "--publish", str(house.publish))
    return [
        desk,
        ("ledger", "archive", "--before", "2032-01-01", *where),
        ("ledger", "archive", "--before", "2026-12-01", *where),
        ("ledger", "verify", *where),
        ("policy", "lint"),
        ("baseline", "--owner", "wang.wu"),
        ("queue", *where),
        ("sync", "--update-lock"),
        ("init", "--from", bare, "--force", "--hook", "none"),
        desk,
    ]


def test_A07_nothing_inside_of_the_retention_time_can_be_moved_and_no_command_removes_a_record(
    audited: Audited,
) -> None:
    house = audited.house
    known = contents(house)
    tip = house.git("rev-parse", "main")
    early = archive(house, "2026-11-22")
    assert early.code == 1
    assert "2021-11-21" in early.err
    assert archive(house, "soon").code == 2
    assert house.git("rev-parse", "main") == tip
    path = house.application("payments-app")
    acted(audited, path)
    house.clock.forward(days=8 * 366)
    for words in commands(house):
        house.clock.forward(seconds=60)
        house.osgate(*words, at=path)
        now = contents(house)
        assert known.items() <= now.items(), words
        known = now
    assert len(known) > 10
    assert "archive/" in house.git("ls-tree", "--name-only", "main", "archive/")
    assert audited.verify(*audited.anchors.values()).code == 0


# -- backup


def test_A01_a_lost_policy_repository_and_folder_come_back_from_a_bundle(audited: Audited) -> None:
    house = audited.house
    assert house.desk().code == 0
    digest, kept = house.manifest()["digest"], house.git("for-each-ref")
    backup = house.root / "policy.bundle"
    house.git("bundle", "create", "--quiet", str(backup), "--all")
    shutil.rmtree(house.bare)
    shutil.rmtree(house.publish)

    subprocess.run(["git", "clone", "--quiet", "--mirror", str(backup), str(house.bare)], check=True)
    assert house.git("for-each-ref") == kept, "with the tags and all that was refused"
    assert audited.verify(*audited.anchors.values()).code == 0
    assert house.desk().code == 0
    assert house.manifest()["digest"] == digest, "the same snapshot, byte for byte"
    house.push(records.request(reason="life goes on"))
    assert house.desk().code == 0
    assert house.past().serial == 5
