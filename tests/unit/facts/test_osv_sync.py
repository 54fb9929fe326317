from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from osgate.errors import Undecided, UsageError
from osgate.facts.osv import build, layout
from osgate.facts.osv.index import Index
from osgate.io.files import FolderLock
from osgate.model.fact import Advisories, Unknown
from unit.facts.osv_mirror import NOW, Mirror, advisory, packed


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    return Mirror(tmp_path)


def ids(mirror: Mirror, purl: str) -> list[str]:
    answer = Index(mirror.index).match(purl)
    assert isinstance(answer, Advisories)
    return [one.id for one in answer]


def test_only_records_with_new_bytes_are_read_again(mirror: Mirror) -> None:
    records = [advisory(f"A-{n}", "x", events=[{"introduced": f"{n}.0.0"}]) for n in range(1, 6)]
    mirror.put("npm", *records)
    mirror.put("PyPI", advisory("P-1", "y", ecosystem="PyPI"))
    first = mirror.sync()
    assert [(read.ecosystem, read.parsed) for read in first.archives] == [("PyPI", 1), ("npm", 5)]
    records[1]["withdrawn"] = "2026-02-01T00:00:00Z"
    mirror.put("npm", records[0], *records[1:4], advisory("A-9", "x"))
    second = mirror.sync()
    (read,) = second.archives
    assert (read.parsed, read.gone, read.records) == (2, 2, 5)
    assert second.same == (str(mirror.root / "PyPI/all.zip"),)
    assert ids(mirror, "pkg:npm/x@9.0.0") == ["A-1", "A-3", "A-4", "A-9"]


def test_an_index_brought_up_step_by_step_says_what_a_new_one_says(mirror: Mirror, tmp_path: Path) -> None:
    old = [advisory(f"A-{n}", f"p{n % 3}", versions=[f"{n}.0.0"]) for n in range(9)]
    mirror.put("npm", *old)
    mirror.sync()
    new = [*old[3:], advisory("A-1", "p1", versions=["7.7.7"]), advisory("A-20", "p2")]
    mirror.put("npm", *new)
    mirror.sync()
    fresh = str(tmp_path / "fresh.sqlite")
    build.sync([str(mirror.root)], fresh, NOW)
    for purl in [f"pkg:npm/p{n}@{v}.0.0" for n in range(3) for v in range(10)] + ["pkg:npm/p1@7.7.7"]:
        assert Index(mirror.index).match(purl) == Index(fresh).match(purl)


def test_a_touched_archive_with_the_same_bytes_is_not_read(mirror: Mirror) -> None:
    path = mirror.put("npm", advisory("A-1", "x"))
    mirror.sync()
    os.utime(path, ns=(1, 1))
    assert mirror.sync().same == (str(path),)
    written = os.stat(mirror.index).st_ino
    assert mirror.sync().same == (str(path),)
    assert os.stat(mirror.index).st_ino == written, "its new time was kept, so there was nothing to write"


def test_same_size_and_time_are_trusted_unless_every_byte_is_asked_for(mirror: Mirror) -> None:
    path = mirror.put("npm", advisory("A-1", "x"))
    before = path.stat()
    mirror.sync()
    mirror.put("npm", advisory("A-2", "x"))
    assert path.stat().st_size == before.st_size
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    mirror.sync()
    assert ids(mirror, "pkg:npm/x@1.0.0") == ["A-1"]
    mirror.sync(thorough=True)
    assert ids(mirror, "pkg:npm/x@1.0.0") == ["A-2"]


def test_both_roots_and_folders_of_records_are_read(mirror: Mirror) -> None:
    packed(mirror.root / "osv-scanner" / "npm" / "all.zip", advisory("A-1", "x"))
    folder = mirror.root / "PyPI"
    (folder / "not-a-file.json").mkdir(parents=True)
    (folder / "P-1.json").write_text(json.dumps(advisory("P-1", "y", ecosystem="PyPI")), encoding="utf-8")
    (folder / "modified_id.csv").write_text("2026-01-01T00:00:00Z,P-1\n", encoding="utf-8")
    (mirror.root / "Android").mkdir()
    (mirror.root / "[EMPTY]").mkdir()
    done = mirror.sync()
    assert {read.ecosystem: read.records for read in done.archives} == {"npm": 1, "PyPI": 1}
    assert done.strange == (str(mirror.root / "Android"), str(mirror.root / "[EMPTY]"))
    assert ids(mirror, "pkg:npm/x@1.0.0") == ["A-1"]
    answer = Index(mirror.index).match("pkg:pypi/other@1")
    assert answer == Unknown("archive.records", (("path", str(folder)), ("ecosystem", "PyPI")))
    (folder / "not-a-file.json").rmdir()
    (folder / "P-2.json").write_text(json.dumps(advisory("P-2", "y", ecosystem="PyPI")), encoding="utf-8")
    (read,) = mirror.sync().archives
    assert (read.parsed, read.problem) == (1, "")


def test_freshness_is_the_day_of_the_newest_record_that_is_not_to_come(mirror: Mirror) -> None:
    later = advisory("A-2", "x") | {"modified": "2027-07-09T15:54:00Z"}
    mirror.put("npm", advisory("A-1", "x"), later, advisory("A-3", "x") | {"modified": "2026-11-20T01:02:03.456789Z"})
    mirror.sync()
    index = Index(mirror.index)
    assert [(source.newest, source.records) for source in index.sources] == [("2026-11-20", 3)]
    answer = index.match("pkg:npm/x@1.0.0")
    assert isinstance(answer, Advisories)
    assert {one.date for one in answer} == {"2026-11-20"}


def test_an_archive_that_goes_missing_leaves_what_is_known_and_a_doubt(mirror: Mirror) -> None:
    path = mirror.put("npm", advisory("A-1", "x"))
    mirror.sync()
    path.unlink()
    assert mirror.sync().dropped == (str(path),)
    answer = Index(mirror.index).match("pkg:npm/x@1.0.0")
    assert isinstance(answer, Advisories)
    gone = Unknown("archive.gone", (("path", str(path)), ("ecosystem", "npm")))
    assert ([one.id for one in answer], answer.unknown) == (["A-1"], gone)
    assert Index(mirror.index).match("pkg:npm/other@1.0.0") == gone
    assert mirror.sync().dropped == ()
    mirror.put("npm", advisory("A-1", "x"))
    mirror.sync()
    assert Index(mirror.index).match("pkg:npm/other@1.0.0") == Advisories()


def test_a_mirror_that_is_no_longer_named_is_forgotten(mirror: Mirror, tmp_path: Path) -> None:
    path = mirror.put("npm", advisory("A-1", "x"))
    mirror.sync()
    other = packed(tmp_path / "other" / "PyPI" / "all.zip", advisory("P-1", "y", ecosystem="PyPI"))
    done = build.sync([str(tmp_path / "other")], mirror.index, NOW)
    assert (done.dropped, [read.path for read in done.archives]) == ((str(path),), [str(other)])
    assert Index(mirror.index).match("pkg:npm/x@1.0.0") == Unknown("no-archive", (("ecosystem", "npm"),))


def test_who_reads_keeps_what_was_opened(mirror: Mirror) -> None:
    mirror.put("npm", advisory("A-1", "x"))
    reading = mirror.opened()
    mirror.put("npm", advisory("A-2", "x"))
    mirror.sync()
    assert [one.id for one in reading.match("pkg:npm/x@1.0.0")] == ["A-1"]  # type: ignore[union-attr]
    assert ids(mirror, "pkg:npm/x@1.0.0") == ["A-2"]


def test_one_writer_at_a_time_and_no_draft_is_left(mirror: Mirror) -> None:
    mirror.put("npm", advisory("A-1", "x"))
    with FolderLock(f"{mirror.index}.lock"), pytest.raises(Undecided) as busy:
        mirror.sync()
    assert busy.value.code == "advisories.busy"
    Path(f"{mirror.index}.99999.tmp").write_bytes(b"of a writer that was killed")
    mirror.sync()
    assert sorted(os.listdir(os.path.dirname(mirror.index))) == ["advisories.sqlite", "advisories.sqlite.lock"]


@pytest.mark.parametrize("cut", [0, 100, 5_000, -1])
def test_a_damaged_index_is_told_and_made_anew(mirror: Mirror, cut: int) -> None:
    mirror.put("npm", *[advisory(f"A-{n}", f"x{n}") for n in range(50)])
    mirror.sync()
    data = Path(mirror.index).read_bytes()
    Path(mirror.index).write_bytes(data[:cut] if cut >= 0 else b"SQLite format 3\0" + bytes(len(data) - 16))
    with pytest.raises(Undecided) as told:
        Index(mirror.index)
    assert (told.value.code, told.value.params["path"]) == ("advisories.damaged", mirror.index)
    mirror.sync()
    assert ids(mirror, "pkg:npm/x7@1.0.0") == ["A-7"]


def test_damage_behind_the_head_is_told_when_it_is_met_and_mended_by_a_sync(mirror: Mirror) -> None:
    mirror.put("npm", *[advisory(f"A-{n}", f"x{n}") for n in range(200)])
    mirror.sync()
    data = bytearray(Path(mirror.index).read_bytes())
    # The first page holds the schema, the later ones the rows.
    data[3 * 4096 :] = b"\xa5" * (len(data) - 3 * 4096)
    Path(mirror.index).write_bytes(data)
    with pytest.raises(Undecided) as told:
        [Index(mirror.index).match(f"pkg:npm/x{n}@1.0.0") for n in range(200)]
    assert told.value.code == "advisories.damaged"
    mirror.sync()
    mirror.put("npm", *[advisory(f"A-{n}", f"x{n}") for n in range(201)])
    mirror.sync()
    assert ids(mirror, "pkg:npm/x200@1.0.0") == ["A-200"]


def test_an_index_of_another_release_is_told_and_made_anew(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror.put("npm", advisory("A-1", "x"))
    with monkeypatch.context() as patched:
        patched.setattr(layout, "FORMAT", layout.FORMAT + 1)
        mirror.sync()
    with pytest.raises(Undecided) as told:
        Index(mirror.index)
    assert told.value.code == "advisories.older"
    assert [read.parsed for read in mirror.sync().archives] == [1]
    assert ids(mirror, "pkg:npm/x@1.0.0") == ["A-1"]


def test_no_index_and_no_mirror_are_told(mirror: Mirror, tmp_path: Path) -> None:
    with pytest.raises(Undecided) as none:
        Index(mirror.index)
    assert none.value.code == "advisories.none"
    with pytest.raises(UsageError) as root:
        build.sync([str(tmp_path / "nowhere")], mirror.index, NOW)
    assert root.value.code == "advisories.root"
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError) as write:
        build.sync([str(mirror.root)], str(tmp_path / "file" / "index"), NOW)
    assert write.value.code == "advisories.write"
