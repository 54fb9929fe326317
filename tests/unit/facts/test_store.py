from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from osgate.errors import Undecided, UsageError
from osgate.facts import store
from osgate.facts.store import Store, create, mend
from osgate.model.decision import Post
from osgate.model.dependency import Dependency
from osgate.model.fact import Fact, Unknown

MONDAY, TUESDAY, FRIDAY = "2026-11-16T08:00:00Z", "2026-11-17T08:00:00Z", "2026-11-20T08:00:00Z"
PURL = "pkg:npm/left-pad@1.3.0"


@pytest.fixture
def path(tmp_path: Path) -> str:
    made = str(tmp_path / "kept" / "facts.sqlite")
    create(made)
    return made


@pytest.fixture
def facts(path: str) -> Store:
    return Store(path, write=True)


def fact(name: str, value: str | Unknown, purl: str = PURL, source: str = "registry", date: str = MONDAY) -> Fact:
    return Fact(purl, name, value, source, date, "sha256:00")


def test_a_fact_is_kept_as_it_was_told_with_the_day_it_was_first_seen(facts: Store) -> None:
    unknown = Unknown("mirror-drops", (("field", "maintainers"),))
    facts.put([fact("licence", "WTFPL"), fact("publisher", unknown), fact("deprecated", "")], MONDAY)
    assert facts.facts(PURL) == (
        Fact(PURL, "deprecated", "", "registry", MONDAY, "sha256:00", MONDAY),
        Fact(PURL, "licence", "WTFPL", "registry", MONDAY, "sha256:00", MONDAY),
        Fact(PURL, "publisher", unknown, "registry", MONDAY, "sha256:00", MONDAY),
    )
    assert facts.first_seen(PURL) == MONDAY
    assert facts.first_seen("pkg:npm/left-pad@1.3.1") == ""
    facts.put([fact("archived", "yes", "pkg:npm/left-pad")], TUESDAY)
    assert [f.name for f in facts.facts("pkg:npm/left-pad")] == ["archived"]
    assert len(facts.facts(PURL)) == 4


def test_what_is_told_again_keeps_its_first_day_and_what_is_not_has_ended(facts: Store) -> None:
    facts.put([fact("licence", "MIT"), fact("licence", "Apache-2.0"), fact("licence", "MIT", source="file")], MONDAY)
    changed = facts.put([fact("licence", "MIT", date=TUESDAY), fact("licence", "BUSL-1.1", date=TUESDAY)], TUESDAY)
    assert changed == 2
    now = [(f.value, f.source, f.date, f.first_seen) for f in facts.facts(PURL)]
    assert now == [
        ("MIT", "file", MONDAY, MONDAY),
        ("BUSL-1.1", "registry", TUESDAY, TUESDAY),
        ("MIT", "registry", TUESDAY, MONDAY),
    ]
    facts.put([fact("licence", "Apache-2.0", date=FRIDAY)], FRIDAY)
    back = [(f.value, f.first_seen, f.ended) for f in facts.history(PURL) if f.source == "registry"]
    assert back == [
        ("Apache-2.0", MONDAY, TUESDAY),
        ("MIT", MONDAY, FRIDAY),
        ("BUSL-1.1", TUESDAY, FRIDAY),
        ("Apache-2.0", FRIDAY, ""),
    ]
    assert facts.first_seen(PURL) == MONDAY


def test_what_became_unknown_is_no_longer_known(facts: Store) -> None:
    facts.put([fact("licence", "MIT")], MONDAY)
    facts.put([fact("licence", Unknown("mirror-drops"))], TUESDAY)
    assert [f.value for f in facts.facts(PURL)] == [Unknown("mirror-drops")]
    assert facts.of("pkg:npm/left-pad", ["1.3.0"]) == ()


def test_a_value_told_and_taken_back_at_once_is_kept_once(facts: Store) -> None:
    for value in ("MIT", "ISC", "MIT", "ISC"):
        facts.put([fact("licence", value)], MONDAY)
    assert [(f.value, f.ended) for f in facts.history(PURL)] == [("ISC", ""), ("ISC", MONDAY), ("MIT", MONDAY)]


def test_the_desk_and_a_check_are_told_what_a_fence_is_made_of(facts: Store) -> None:
    facts.put(
        [
            fact("licence", "WTFPL"),
            fact("published", "2018-04-09"),
            fact("publisher", Unknown("mirror-drops")),
            fact("trust", ""),
            fact("licence", "MIT", "pkg:npm/left-pad@1.2.0"),
            fact("publisher", "azer", "pkg:npm/left-pad", source="list"),
        ],
        MONDAY,
    )
    whole = Post("publisher", "azer", "list")
    assert facts.of("pkg:npm/left-pad", ("1.3.0", "1.2.0", "1.3.0")) == (
        Post("licence", "WTFPL", "registry"),
        whole,
        Post("licence", "MIT", "registry"),
    )
    dependency = Dependency("pkg:npm/left-pad", "1.3.0", PURL, "package-lock.json")
    assert facts.known(dependency) == (Post("licence", "WTFPL", "registry"), whole)
    assert facts.known(Dependency("pkg:npm/other", "1.0.0", "pkg:npm/other@1.0.0", "x")) == ()


def test_purls_are_kept_canonically(facts: Store) -> None:
    facts.put([fact("licence", "MIT", "pkg:PyPI/Ruamel.YAML@0.18")], MONDAY)
    facts.see(["pkg:PYPI/Ruamel_YAML@0.19", "pkg:pypi/ruamel-yaml@0.18"], TUESDAY)
    assert [f.value for f in facts.facts("pkg:pypi/ruamel-yaml@0.18")] == ["MIT"]
    assert [facts.first_seen(f"pkg:pypi/ruamel-yaml@{v}") for v in ("0.18", "0.19")] == [MONDAY, TUESDAY]
    with pytest.raises(UsageError):
        facts.put([fact("licence", "MIT", "left-pad")], MONDAY)


def test_what_cannot_be_kept_is_unknown_and_not_cut(facts: Store) -> None:
    facts.put([fact("licence", "M" * 1_000_000), fact("publisher", "a\0b"), fact("trust", "\ud800")], MONDAY)
    assert {f.name: f.value for f in facts.facts(PURL)} == {
        "licence": Unknown("value", (("length", "1000000"),)),
        "publisher": Unknown("value", (("length", "3"),)),
        "trust": Unknown("value", (("length", "1"),)),
    }
    with pytest.raises(UsageError):
        facts.put([fact("n" * 3_000, "x")], MONDAY)


def test_what_cannot_be_kept_at_all_is_refused_and_the_rest_is_kept(facts: Store) -> None:
    bad = [fact("n" * 3_000, "x"), fact("licence", "MIT", "npm/a"), fact("licence", "MIT", f"pkg:npm/{'a' * 3_000}")]
    refused: list[Fact] = []
    assert facts.put([*bad, fact("licence", "ISC")], MONDAY, refuse=refused.append) == 1
    assert refused == bad
    assert [f.value for f in facts.each()] == ["ISC"]


def test_a_put_that_fails_leaves_nothing(facts: Store) -> None:
    def broken() -> object:
        yield fact("licence", "MIT")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        facts.put(broken(), MONDAY)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        facts.put([fact("licence", "MIT"), fact("licence", "MIT", source="\ud800")], MONDAY)
    assert facts.facts(PURL) == ()


WRITER = """
import sys
from osgate.facts.store import Store, create
from osgate.model.fact import Fact
create(sys.argv[1])
store = Store(sys.argv[1], write=True)
for turn in range(20):
    store.put([Fact(f"pkg:npm/p@{turn}", "licence", sys.argv[2], sys.argv[2], "2026-11-16")], "2026-11-16T08:00:00Z")
    assert len(Store(sys.argv[1]).facts(f"pkg:npm/p@{turn}")) >= 1
"""


def test_several_processes_make_write_and_read_one_store(tmp_path: Path) -> None:
    path = str(tmp_path / "facts.sqlite")
    children = [subprocess.Popen([sys.executable, "-c", WRITER, path, name]) for name in "abc"]
    assert [child.wait(60) for child in children] == [0, 0, 0]
    told = Store(path)
    assert all([f.value for f in told.facts(f"pkg:npm/p@{turn}")] == ["a", "b", "c"] for turn in range(20))
    assert os.listdir(tmp_path) == ["facts.sqlite"]


KILLED = """
import os, sys
from osgate.facts.store import Store
from osgate.model.fact import Fact
store = Store(sys.argv[1], write=True)
store._sql.execute("PRAGMA cache_size=1")
store._sql.execute("BEGIN IMMEDIATE")
store._sql.execute("UPDATE fact SET value = value || '-half'")
os.kill(os.getpid(), 9)
"""


def test_a_writer_that_dies_leaves_what_was_there(path: str) -> None:
    many = [fact("licence", f"{n:04}" * 50, f"pkg:npm/p@{n}") for n in range(300)]
    told = Store(path, write=True)
    told.put(many, MONDAY)
    told.close()
    subprocess.run([sys.executable, "-c", KILLED, path], check=False)
    assert os.path.exists(f"{path}-journal"), "something half written has to be there for this test to mean anything"
    reading = Store(path)
    assert all(reading.facts(f"pkg:npm/p@{n}")[0].value == f"{n:04}" * 50 for n in range(300))


def test_a_store_that_is_not_there_busy_or_newer_is_told(path: str, tmp_path: Path) -> None:
    with pytest.raises(Undecided) as none:
        Store(str(tmp_path / "none"))
    assert none.value.code == "facts.none"
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version=99")
    with pytest.raises(Undecided) as newer:
        Store(path)
    assert (newer.value.code, newer.value.params["found"]) == ("facts.format", 99)
    with pytest.raises(UsageError) as write:
        create(str(Path(path) / "below" / "a-file"))
    assert write.value.code == "facts.write"


def test_a_writer_waits_only_so_long(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PATIENCE", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    waiting = Store(path, write=True)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Undecided) as busy:
        waiting.put([fact("licence", "MIT")], MONDAY)
    assert busy.value.code == "facts.busy"
    other.execute("ROLLBACK")
    waiting.put([fact("licence", "MIT")], MONDAY)
    assert len(waiting.facts(PURL)) == 1


def test_a_reader_waits_less_than_a_writer(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit is not kept waiting: were it to wait as a writer does, this test would take an hour."""
    monkeypatch.setattr(store, "PATIENCE", 3600.0)
    monkeypatch.setattr(store, "READING", 0.05)
    reading = Store(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    for ask in (lambda: reading.facts(PURL), lambda: Store(path)):
        with pytest.raises(Undecided) as busy:
            ask()
        assert busy.value.code == "facts.busy"


ROWS = {
    "no JSON": ("mirror-drops", "{"),
    "other JSON": ("mirror-drops", "[7]"),
    "deep JSON": ("mirror-drops", "[" * 100_000),
    "bytes": ("", b"MIT"),
}


@pytest.mark.parametrize(("unknown", "value"), ROWS.values(), ids=ROWS)
def test_a_row_that_is_no_fact_is_told_and_left_behind_when_mending(
    path: str, facts: Store, tmp_path: Path, unknown: str, value: object
) -> None:
    facts.put([fact("licence", Unknown("mirror-drops")), fact("licence", "MIT", "pkg:npm/other@1")], MONDAY)
    with sqlite3.connect(path) as other:
        other.execute("UPDATE fact SET unknown = ?, value = ? WHERE purl = ?", (unknown, value, PURL))
    for ask in (lambda: Store(path).facts(PURL), lambda: Store(path).history(PURL), lambda: list(Store(path).each())):
        with pytest.raises(Undecided) as damaged:
            ask()
        assert damaged.value.code == "facts.damaged"
    assert mend(path, str(tmp_path / "aside")) == 1
    assert [f.purl for f in Store(path).each()] == ["pkg:npm/other@1"]
    assert Store(path).first_seen("pkg:npm/other@1") == MONDAY


def plan(path: str) -> str:
    with sqlite3.connect(path) as other:
        rows = other.execute(f"EXPLAIN QUERY PLAN {store._RANKED}", ("pkg:npm/", "pkg:npm0")).fetchall()
    return " ".join(row[3] for row in rows)


def test_ranks_are_found_without_a_look_at_every_fact(path: str) -> None:
    assert "ranks" in plan(path)
    with sqlite3.connect(path) as other:
        other.execute("DROP INDEX ranks")
    Store(path).close()
    assert "ranks" not in plan(path), "a reader changes nothing"
    older = Store(path, write=True)
    older.put([fact("rank", "2", "pkg:npm/b"), fact("rank", "1", "pkg:npm/a"), fact("rank", "1", "pkg:pypi/a")], MONDAY)
    assert "ranks" in plan(path), "in an older file it is made"
    assert Store(path).ranked("npm") == [("pkg:npm/a", 1), ("pkg:npm/b", 2)]


def test_a_full_disk_is_told_as_such(path: str, facts: Store) -> None:
    """SQLite itself is kept from growing the file, and has rolled back before it is asked to."""
    pages = facts._sql.execute("PRAGMA page_count").fetchone()[0]
    facts._sql.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(UsageError) as full:
        facts.put([fact("licence", "M" * 19_000, f"pkg:npm/p@{n}") for n in range(50)], MONDAY)
    assert (full.value.code, "full" in str(full.value.params["cause"])) == ("facts.write", True)
    assert facts.facts("pkg:npm/p@1") == ()


def test_what_is_put_together_is_kept_together(facts: Store) -> None:
    def half() -> None:
        with facts.together():
            facts.put([fact("licence", "MIT")], MONDAY)
            facts.see([PURL], MONDAY)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert (facts.facts(PURL), facts.first_seen(PURL)) == ((), "")
    with facts.together():
        facts.put([fact("licence", "MIT")], MONDAY)
    assert len(facts.facts(PURL)) == 1


def test_a_reader_does_not_write(path: str) -> None:
    with pytest.raises(UsageError) as refused:
        Store(path).put([fact("licence", "MIT")], MONDAY)
    assert refused.value.code == "facts.write"


@pytest.mark.parametrize("damage", [b"", b"no database at all, but a text of some length" * 99])
def test_a_file_that_is_no_store_is_told(path: str, damage: bytes) -> None:
    Path(path).write_bytes(damage)
    with pytest.raises(Undecided) as damaged:
        Store(path)
    assert damaged.value.code == "facts.damaged"


def test_a_store_without_its_tables_is_told(path: str) -> None:
    with sqlite3.connect(path) as other:
        other.execute("DROP TABLE fact")
    for write in (False, True):
        with pytest.raises(Undecided) as damaged:
            Store(path, write=write)
        assert damaged.value.code == "facts.damaged"


def test_a_store_that_is_there_is_not_made_again(path: str, facts: Store) -> None:
    facts.put([fact("licence", "MIT")], MONDAY)
    create(path)
    assert len(Store(path).facts(PURL)) == 1


def test_a_damaged_store_is_set_aside_and_what_can_be_read_is_saved(path: str, tmp_path: Path) -> None:
    told = Store(path, write=True)
    told.put([fact("licence", f"{n}-" * 40, f"pkg:npm/p@{n:04}") for n in range(600)], MONDAY)
    told.close()
    data = bytearray(Path(path).read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 8192] = b"\xa5" * 8192
    Path(path).write_bytes(data)
    with pytest.raises(Undecided) as damaged:
        [Store(path).facts(f"pkg:npm/p@{n:04}") for n in range(600)]
    assert damaged.value.code == "facts.damaged"
    aside = str(tmp_path / "facts.damaged")
    saved = mend(path, aside)
    assert Path(aside).read_bytes() == bytes(data)
    mended = Store(path)
    kept = sum(bool(mended.facts(f"pkg:npm/p@{n:04}")) for n in range(600))
    assert 0 < kept == saved < 600
    assert mended.first_seen("pkg:npm/p@0000") == MONDAY
    mended.close()
    with pytest.raises(UsageError):
        mend(str(tmp_path / "none"), aside)
