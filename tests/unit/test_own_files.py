"""What a change of `.osgate/` is told for, and what it is not."""

from __future__ import annotations

import json

import pytest

import audit
from osgate.model.change import Blob, ChangedFile
from osgate.model.record import replace
from osgate.own_files import problems
from osgate.policy import baseline
from osgate.policy.baseline import Entry

CONFIG, LOCK, BASELINE = ".osgate/config.toml", ".osgate/osgate.lock", ".osgate/baseline.json"
KEY = {"key": "ssh-ed25519 AAAAone", "from": "2026-01-01", "to": "2027-01-01"}
OTHER = {"key": "ssh-ed25519 AAAAtwo", "from": "2026-01-01"}
ENTRY = Entry("pkg:npm/a@1.0.0", "package-lock.json", ("OSG101",), "li.si", "2027-01-01")


# What the base branch holds.
HELD = {"package-lock.json": {"pkg:npm/a@1.0.0", "pkg:npm/b@1.0.0"}, "broken.json": set()}


def lock(**fields: object) -> bytes:
    values = {"schema": "osgate.lock/1", "addresses": ["https://desk.example.com/"], "keys": [KEY], "serial": 7}
    return json.dumps({**values, **fields}, indent=1).encode()


def listed(*entries: Entry) -> bytes:
    return baseline.printed(entries)


def about(**fields: object) -> Entry:
    """ENTRY about something else."""
    return replace(ENTRY, **fields)


def said(path: str, before: bytes | None, after: bytes | None) -> list[tuple[str, int]]:
    sides = [None if side is None else Blob("file", side) for side in (before, after)]
    with audit.no_io():
        found = list(problems([ChangedFile(path, *sides)], HELD.get))
    assert {(problem.path, problem.about) for problem in found} <= {(path, "own")}
    return [(problem.reason, problem.line) for problem in found]


LOOSENING = [
    (CONFIG, b'project = "a"\n', None, ("removed", 0)),
    (LOCK, lock(), None, ("removed", 0)),
    (BASELINE, listed(ENTRY), None, ("removed", 0)),
    (CONFIG, b'project = "a"\n', b'language = "en"\nproject = "b"\n', ("project-renamed", 2)),
    (CONFIG, b'project = "a"\n', b'project = "a"\nmod = "observe"\n', ("broken", 2)),
    (CONFIG, b'project = "a"\n', b"project = \n", ("broken", 1)),
    (
        CONFIG,
        b'project = "a"\npolicy_repository = "git@x:p"\n',
        b'project = "a"\npolicy_repository = "git@y:p"\n',
        ("policy-repository-moved", 2),
    ),
    (CONFIG, b'project = "a"\npolicy_repository = "git@x:p"\n', b'project = "a"\n', ("policy-repository-moved", 0)),
    (CONFIG, b'project = "a"\nmode = "enforce-all"\n', b'project = "a"\nmode = "observe"\n', ("mode-lowered", 2)),
    (CONFIG, b'project = "a"\nmode = "enforce-new"\n', b'project = "a"\n', ("mode-lowered", 0)),
    (LOCK, lock(), b"{}", ("broken", 0)),
    (LOCK, lock(), lock(serial=6), ("serial-lowered", 13)),
    (LOCK, lock(), lock(keys=[KEY, OTHER]), ("keys-widened", 6)),
    (LOCK, lock(), lock(next_keys=[OTHER]), ("keys-widened", 6)),
    (LOCK, lock(), lock(keys=[{**KEY, "to": "2028-01-01"}]), ("keys-widened", 6)),
    (LOCK, lock(), lock(keys=[{"key": KEY["key"], "from": KEY["from"]}]), ("keys-widened", 6)),
    (LOCK, lock(), lock(keys=[{**KEY, "from": "2025-01-01"}]), ("keys-widened", 6)),
    (LOCK, lock(), lock(addresses=["https://elsewhere.example.com/"]), ("addresses-changed", 3)),
    (BASELINE, listed(ENTRY), listed(ENTRY, Entry("pkg:npm/b@1.0.0", *ENTRY._values()[1:])), ("baseline-grown", 5)),
    (BASELINE, listed(), listed(ENTRY), ("baseline-grown", 4)),
    (
        BASELINE,
        listed(ENTRY),
        listed(Entry(ENTRY.purl, ENTRY.path, ENTRY.rules, "li.si", "2027-01-02")),
        ("baseline-extended", 4),
    ),
    (
        BASELINE,
        listed(ENTRY),
        listed(Entry(ENTRY.purl, ENTRY.path, ("OSG101", "OSG201"), "li.si", "2027-01-01")),
        ("baseline-extended", 4),
    ),
    (BASELINE, listed(ENTRY), b'{"schema": "osgate.baseline/1", "entries": [{}]}', ("broken", 0)),
    (BASELINE, None, listed(ENTRY, about(purl="pkg:npm/new@1.0.0")), ("baseline-grown", 5)),
    (BASELINE, None, listed(about(path="web/package-lock.json")), ("baseline-grown", 4)),
    (BASELINE, None, listed(about(purl="", path="web/package-lock.json")), ("baseline-grown", 4)),
    (BASELINE, None, listed(about(path="broken.json")), ("baseline-grown", 4)),
    (BASELINE, b"broken", listed(about(purl="pkg:npm/new@1.0.0")), ("baseline-grown", 4)),
    (BASELINE, None, b"broken", ("broken", 0)),
    (LOCK, None, b"broken", ("broken", 0)),
    (CONFIG, None, b"project = 7\n", ("broken", 1)),
]


@pytest.mark.parametrize(("path", "before", "after", "wanted"), LOOSENING)
def test_what_could_loosen_the_gate_is_told(path: str, before: bytes, after: bytes, wanted: tuple[str, int]) -> None:
    assert said(path, before, after) == [wanted]


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (CONFIG, None, b'project = "a"\n'),
        (LOCK, None, lock()),
        (BASELINE, None, listed(ENTRY)),
        (BASELINE, None, listed(about(purl="", path="broken.json"))),
        (CONFIG, b'project = "a"\n', b'project = "a"\nlanguage = "zh_CN"\nmode = "enforce-all"\n'),
        (CONFIG, b"project = 7\n", b'project = "a"\n'),
        (LOCK, lock(), lock(serial=8)),
        (LOCK, lock(keys=[KEY, OTHER]), lock(keys=[OTHER])),
        (LOCK, lock(next_keys=[OTHER]), lock(keys=[KEY, OTHER])),
        (LOCK, lock(), lock(keys=[{**KEY, "to": "2026-12-01"}])),
        (LOCK, b"broken", lock()),
        (BASELINE, listed(ENTRY), listed()),
        (BASELINE, listed(ENTRY), listed(Entry(ENTRY.purl, ENTRY.path, ENTRY.rules, "wang.wu", "2026-12-01"))),
        (BASELINE, b"broken", listed(ENTRY)),
        (BASELINE, listed(ENTRY), listed(about(rules=("OSG101", "OSG105", "OSG401")))),
        (".osgate/notes.txt", b"a", None),
    ],
)
def test_setting_up_and_tightening_are_not(path: str, before: bytes | None, after: bytes) -> None:
    assert said(path, before, after) == []


def test_a_file_that_is_replaced_by_a_link_is_removed() -> None:
    sides = Blob("file", lock()), Blob("symlink")
    assert [problem.reason for problem in problems([ChangedFile(LOCK, *sides)], HELD.get)] == ["removed"]


def test_each_of_several_things_is_told_with_a_mark_of_its_own() -> None:
    sides = Blob("file", lock()), Blob("file", lock(serial=1, keys=[OTHER]))
    found = list(problems([ChangedFile(LOCK, *sides)], HELD.get))
    assert [problem.reason for problem in found] == ["keys-widened", "serial-lowered"]
    assert len({problem.mark for problem in found}) == 2
