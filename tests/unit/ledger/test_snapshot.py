"""The compiled snapshot: written and read back, byte-equal, and refused where it is not what was written."""

from __future__ import annotations

import os
import sqlite3

import pytest

from osgate.errors import Undecided
from osgate.ledger import snapshot_write
from osgate.ledger.fold import fold
from osgate.ledger.snapshot_read import FENCE, KIND_BITS, SEAL, TERMS, Snapshot
from osgate.model.policy import Project
from osgate.model.record import replace
from osgate.testing.records import (
    answer,
    approve,
    block,
    confirm,
    request,
    restrict,
    sealed,
    subject,
    suspend,
    undo,
    waive,
)
from unit.ledger.published import POLICY

ASKED = request(
    subjects=[
        subject("pkg:npm/a", digests=["sha256:" + "0" * 64, "sha512:" + "1" * 128], scope=["dev", "test"]),
        subject("pkg:npm/b", "vers:npm/2.0.0"),
    ],
    environments=["pre prod", "生产 环境"],
    projects=["payments/app", "报表 系统"],
    classes=["core", "核心 系统"],
    reason="理由 'quoted' \"twice\"",
)
WAITS = request(reason="waits")
BACK = request(subjects=[subject("pkg:npm/back")], reason="back")
WAIVER = waive(subjects=[subject("pkg:npm/a")], rules=["OSG204", "OSG106"], projects=["报表 系统"])
FILES = waive(rules=["OSG301"], projects=["payments/app"])
PROPOSED = waive(subjects=[subject("pkg:npm/left-pad")], reason="proposed")
STATE = fold(
    [
        *(sealed(r, 1) for r in (ASKED, WAITS)),
        sealed(approve(ASKED, "zhang.san", "tech"), 2),
        sealed(approve(ASKED, "li.si", "legal"), 2),
        sealed(approve(WAITS, "li.si", "legal"), 2),
        sealed(answer("reject", request(subjects=[subject("pkg:npm/c")]), "li.si", "legal"), 3),
        sealed(block(incident="INC-7"), 3),
        sealed(suspend(subjects=[subject("pkg:npm/s")]), 3),
        sealed(restrict(subjects=[subject("pkg:npm/s", scope=["dev"])], classes=["tool"]), 3),
        *(sealed(r, 3) for r in (WAIVER, FILES, PROPOSED, BACK)),
        *(sealed(confirm(r, "li.si", "legal"), 4) for r in (WAIVER, FILES)),
        *(sealed(approve(BACK, person, role), 4) for person, role in (("a", "tech"), ("b", "legal"))),
        *(sealed(undo("revoke", BACK, person, role), 5) for person, role in (("a", "tech"), ("b", "legal"))),
    ]
)
PROJECT = Project("payments/app", "wang.wu", "critical", ("prod",), "service", "enforce-all")
VALID = replace(POLICY, policy=replace(POLICY.policy, projects={PROJECT.id: PROJECT, "other": Project("other")}))


@pytest.fixture
def path(tmp_path):
    path = str(tmp_path / "s ö?#%.sqlite")
    snapshot_write.write(path, STATE, VALID, 3, "sha256:anchor", "sha256:policy")
    return path


def test_everything_that_stands_or_waits_is_read_back(path):
    snapshot = Snapshot(path)
    wanted = ["pkg:npm/a", "pkg:npm/b", "pkg:npm/back", "pkg:npm/left-pad", "pkg:npm/s", "project:payments/app"]
    names = [*wanted, "pkg:npm/c", "pkg:npm/none", "\ud800"]
    view = snapshot.view(names)
    assert [s for found in view.standings.values() for s in found] == list(STATE.standings)
    assert [w for found in view.waiting.values() for w in found] == list(STATE.waiting)
    assert view.standings["pkg:npm/a"][0].environments == ("pre prod", "生产 环境")
    assert view.standings["pkg:npm/a"][0].classes == ("core", "核心 系统")
    assert set(view.standings) == set(wanted)
    effects = {standing.effect for standing in STATE.standings}
    assert effects == {"approve", "block", "restrict", "revoke", "suspend", "waive"}
    assert (snapshot.serial, snapshot.anchor, snapshot.policy_digest) == (3, "sha256:anchor", "sha256:policy")
    snapshot.close()


def test_the_digest_of_the_policy_may_be_unknown(tmp_path):
    snapshot_write.write(str(tmp_path / "s"), STATE, VALID, 3, "")
    snapshot = Snapshot(str(tmp_path / "s"))
    assert snapshot.policy_digest == ""
    snapshot.close()


def test_the_beginning_of_each_id_stands_beside_the_decision_and_the_rest_apart(path):
    """What a reader needs to name a decision is in the main table; the whole ids of one only with the other."""
    connection = sqlite3.connect(path)
    query = "SELECT c.ids, e.ids FROM component c JOIN exact e ON e.component = c.number WHERE key = ?"
    for key in ("pkg:npm/b", "pkg:npm/left-pad"):
        ((ids, rest),) = connection.execute(query, (key,))
        stands = [s for s in STATE.standings if s.component == key]
        assert ids.hex() == "".join((s.request or s.record)[7:23] for s in stands)
        whole = [s.record[7:] + s.request[23:] for s in stands]
        assert rest.hex() == "".join(whole) if isinstance(rest, bytes) else stands[0].request == ""
    connection.close()


def test_a_waiver_that_waits_is_no_request_that_waits(path):
    snapshot = Snapshot(path)
    assert [w.request for w in snapshot.view(["pkg:npm/left-pad"]).waiting["pkg:npm/left-pad"]] == [WAITS["id"]]
    assert snapshot.proposed("pkg:npm/left-pad") == STATE.proposed
    assert snapshot.proposed("pkg:npm/a") == ()
    snapshot.close()


def test_the_policy_is_read_back_with_the_one_project_asked_for(path):
    snapshot = Snapshot(path)
    assert snapshot.policy(PROJECT.id) == replace(VALID.policy, projects={PROJECT.id: PROJECT})
    assert snapshot.policy("unknown") == replace(VALID.policy, projects={})
    assert snapshot.policy("unknown").project("unknown").class_ == "strict"
    snapshot.close()


def test_equal_input_gives_equal_bytes_also_over_an_older_file(path, tmp_path):
    other = str(tmp_path / "other")
    with open(other, "wb") as file:
        file.write(b"something older")
    snapshot_write.write(other, STATE, VALID, 3, "sha256:anchor", "sha256:policy")
    with open(path, "rb") as one, open(other, "rb") as two:
        assert one.read() == two.read()


def test_names_of_persons_are_not_in_it(path):
    named = {person.name for person in VALID.people.values()} | {"\u5f20\u4e09"}
    with open(path, "rb") as file:
        content = file.read()
    assert not [name for name in named - set(VALID.people) if name.encode() in content]
    assert b"zhang.san" in content


@pytest.mark.parametrize("place", ["missing/s.sqlite", "."])
def test_a_place_that_cannot_be_written_is_an_os_error(tmp_path, place):
    with pytest.raises(OSError, match=r"."):
        snapshot_write.write(str(tmp_path / place), STATE, VALID, 3, "")


def test_a_disk_that_fails_is_an_os_error(tmp_path, monkeypatch):
    """The file turns out to be no longer there to write to: SQLite's error becomes an OSError."""
    monkeypatch.setattr(snapshot_write, "SCHEMA", "ATTACH '/dev/null/none' AS other;")
    with pytest.raises(OSError, match="unable to open"):
        snapshot_write.write(str(tmp_path / "s"), STATE, VALID, 3, "")


def refused(path: str, use=lambda snapshot: None) -> str:
    with pytest.raises(Undecided) as error:
        use(Snapshot(path))
    assert error.value.params["path"] == path
    return error.value.code


def change(path: str, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize("content", [b"", b"no database at all", b"SQLite format 3\0" + b"\0" * 4080])
def test_no_snapshot(tmp_path, content):
    path = tmp_path / "s"
    path.write_bytes(content)
    assert refused(str(path)) == "snapshot.damaged"
    assert refused(str(tmp_path / "missing")) == "snapshot.damaged"
    assert refused(str(tmp_path)) == "snapshot.damaged"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM meta WHERE key = 'serial'",
        "DELETE FROM meta WHERE key = 'policy'",
        "UPDATE meta SET value = 'x' WHERE key = 'format'",
        "UPDATE meta SET value = x'ff' WHERE key = 'serial'",
        "DELETE FROM meta WHERE key = 'policy_digest'",
        "UPDATE meta SET value = '1' WHERE key = 'widths'",
        "UPDATE meta SET value = '1 0' WHERE key = 'widths'",
        "UPDATE meta SET value = '5 1' WHERE key = 'widths'",
        "UPDATE meta SET value = '1 -1' WHERE key = 'widths'",
    ],
)
def test_a_snapshot_without_its_head(path, statement):
    change(path, statement)
    assert refused(path) == "snapshot.damaged"


def test_a_newer_format(path):
    change(path, f"UPDATE meta SET value = '{snapshot_write.FORMAT + 1}' WHERE key = 'format'")
    assert refused(path) == "snapshot.newer-format"


def test_an_older_format(path):
    change(path, f"UPDATE meta SET value = '{snapshot_write.FORMAT - 1}' WHERE key = 'format'")
    assert refused(path) == "snapshot.older-format"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE meta SET value = '{' WHERE key = 'policy'",
        "UPDATE meta SET value = '[]' WHERE key = 'policy'",
        "UPDATE meta SET value = '{}' WHERE key = 'policy'",
        "UPDATE project SET data = '[]'",
        "UPDATE project SET data = '7'",
        "DROP TABLE project",
    ],
)
def test_a_damaged_policy(path, statement):
    change(path, statement)
    assert refused(path, lambda s: s.policy(PROJECT.id)) == "snapshot.damaged"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE waiting SET roles = '['",
        "UPDATE waiting SET roles = '[7]'",
        "DROP TABLE waiting",
        *(
            f"UPDATE text SET text = '{text}' WHERE id >> {KIND_BITS} = {kind}"
            for kind, text in ((TERMS, "["), (TERMS, "[]]"), (TERMS, "7"), (TERMS, "[" * 9999), (SEAL, "x"))
        ),
        *(
            f"UPDATE text SET text = '{text}' WHERE id >> {KIND_BITS} = {FENCE}"
            for text in ("7", "[7]", '[["a"]]', "[[1,2,3,4]]")
        ),
        "UPDATE text SET id = id + 100",
        "UPDATE component SET ids = x'0011'",
        "UPDATE component SET ids = x''",
        "UPDATE component SET numbers = x'00'",
        "UPDATE component SET numbers = 'text'",
        "UPDATE component SET numbers = numbers || numbers",
        "UPDATE exact SET ids = 7",
        "UPDATE exact SET ids = '7'",
        "UPDATE exact SET ids = '[[7]]'",
        "UPDATE exact SET ids = x'00'",
        "UPDATE exact SET fences = x''",
        *(f"UPDATE exact SET details = '{text}'" for text in ("[]", "[7]", "[[]]", "[[7,7]]")),
        "DROP TABLE component",
        "DROP TABLE exact",
        "DROP TABLE text",
    ],
)
def test_a_damaged_ledger(path, statement):
    change(path, statement)
    assert refused(path, lambda s: s.view(["pkg:npm/left-pad", "pkg:npm/a"])) == "snapshot.damaged"


def test_damaged_waivers(path):
    change(path, "UPDATE waiting SET roles = '['")
    assert refused(path, lambda s: s.proposed("pkg:npm/left-pad")) == "snapshot.damaged"


def test_cut_short(path):
    with open(path, "r+b") as file:
        file.truncate(os.path.getsize(path) - 4096)
    assert (
        refused(path, lambda s: (s.view(["pkg:npm/a", "pkg:npm/left-pad"]), s.policy(PROJECT.id))) == "snapshot.damaged"
    )
