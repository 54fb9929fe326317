"""Assessments with files: what is stored of them, what is shown, and that a changed or lost one is found."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flow.house import House, Story


def assessed(house: House) -> tuple[str, str, Path]:
    """A request with a technical assessment that rests on two files; both ids and the folder of the files."""
    _, id = house.requested()
    folder = house.root / "attachments"
    (folder / "2026").mkdir(parents=True)
    (folder / "poc.pdf").write_bytes(b"%PDF proof of concept")
    (folder / "2026/成本.txt").write_bytes(b"")
    names = f"{folder / 'poc.pdf'}, {folder / '2026/成本.txt'}"
    made = house.made("zhang.san", "assess", id, "--type", "technical", "--reason", "tried it", "--evidence", names)
    assert house.desk().code == 0
    return id, made, folder


def verify(house: House, folder: Path) -> tuple[int, str]:
    said = house.osgate("ledger", "verify", "--attachments", str(folder), "--policy-repo", str(house.bare))
    return said.code, said.err


def test_R05_2_an_assessment_stores_name_size_and_digest_of_each_file_and_show_prints_them(open_house: House) -> None:
    id, made, folder = assessed(open_house)
    digest = hashlib.sha256((folder / "poc.pdf").read_bytes()).hexdigest()
    empty = hashlib.sha256(b"").hexdigest()
    item = next(item for item in open_house.past().sealed if item.body["verb"] == "assess")
    assert (item.body["type"], item.body["role"]) == ("technical", "tech")
    assert item.body["evidence"] == [
        {"name": "poc.pdf", "size": 21, "digest": f"sha256:{digest}"},
        {"name": "成本.txt", "size": 0, "digest": f"sha256:{empty}"},
    ]
    for word in (id, made):
        out = open_house.osgate("ledger", "show", word, "--policy-repo", str(open_house.bare)).out
        assert f"attachment: poc.pdf, 21 bytes, sha256:{digest} (assess {made} by zhang.san)" in out
        assert f"attachment: 成本.txt, 0 bytes, sha256:{empty}" in out


def test_R05_2_a_changed_or_missing_attachment_makes_verify_exit_1_and_is_named(open_house: House) -> None:
    _, _, folder = assessed(open_house)
    assert verify(open_house, folder) == (0, "")
    (folder / "poc.pdf").rename(folder / "2026/poc.pdf")
    assert verify(open_house, folder) == (0, ""), "wherever it lies below the folder"
    (folder / "2026/poc.pdf").write_bytes(b"%PDF proof of Concept")
    code, err = verify(open_house, folder)
    assert (code, "poc.pdf, 21 bytes" in err, "is not the file that was recorded" in err) == (1, True, True)
    assert "成本.txt" not in err
    (folder / "poc.pdf").write_bytes(b"%PDF proof of concept")
    assert verify(open_house, folder) == (0, ""), "one of that name is the recorded one"
    (folder / "2026/成本.txt").unlink()
    code, err = verify(open_house, folder)
    assert (code, "成本.txt, 0 bytes" in err, "no file of this name is there" in err) == (1, True, True)
    assert "poc.pdf" not in err


def test_R05_2_a_folder_that_is_not_there_is_told(open_house: House) -> None:
    assessed(open_house)
    code, err = verify(open_house, open_house.root / "nowhere")
    assert (code, "there is no" in err) == (2, True)
    where = ("--policy-repo", str(open_house.bare))
    said = open_house.osgate("ledger", "log", "--attachments", str(open_house.root), *where)
    assert (said.code, "--attachments does not go with log" in said.err) == (2, True)


def test_R05_2_a_security_assessment_is_in_the_role_security_unless_another_is_named(requested_house: Story) -> None:
    open_house, _, id = requested_house
    typed = ("assess", id, "--type", "security", "--reason", "read")
    open_house.made("zhao.liu", *typed)
    said = open_house.act("li.si", *typed)
    assert (said.code, "does not hold the role security" in said.err) == (1, True)
    open_house.made("li.si", *typed, "--role", "legal")
    open_house.desk()
    roles = [item.body["role"] for item in open_house.past().sealed if item.body["verb"] == "assess"]
    assert sorted(roles) == ["legal", "security"]


def test_R05_2_files_that_cannot_be_read_and_wrong_types_are_told_before_anything_is_made(
    requested_house: Story,
) -> None:
    open_house, _, id = requested_house
    for words, said in (
        (("--type", "technical", "--evidence", str(open_house.root / "none.pdf")), "there is no"),
        (("--type", "technical", "--evidence", str(open_house.root)), "is not a regular file"),
        (("--type", "legal"), "--type takes one of technical, security"),
        ((), "one of these is missing: --type, --role"),
    ):
        done = open_house.act("zhang.san", "assess", id, "--reason", "tried it", *words)
        assert (done.code, done.out, said in done.err) == (2, "", True), done
    done = open_house.act("zhang.san", "approve", id, "--type", "technical", "--reason", "r")
    assert (done.code, "there is no flag --type" in done.err) == (2, True)
    assert open_house.refs("refs/heads/osgate/") == []
