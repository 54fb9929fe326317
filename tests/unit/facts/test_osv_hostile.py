from __future__ import annotations

import json
import os
import stat
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import audit
from osgate.facts.osv import archives, ecosystems, record
from osgate.facts.osv.archives import Limits
from osgate.facts.osv.build import Read
from osgate.facts.osv.index import Index
from osgate.facts.osv.record import Elsewhere, Entry, Malformed, decode
from osgate.model.fact import Advisories, Unknown
from unit.facts.osv_mirror import Mirror, advisory

GOOD = advisory("A-1", "x")
NPM = ecosystems.ECOSYSTEMS["npm"]


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    return Mirror(tmp_path)


def one(mirror: Mirror, limits: Limits | None = None) -> Read:
    """What became of the only archive."""
    (read,) = mirror.sync(limits).archives
    return read


def doubted(mirror: Mirror) -> None:
    """What is known is said with a doubt, and silence is none."""
    index = Index(mirror.index)
    answer = index.match("pkg:npm/x@1.0.0")
    assert isinstance(answer, Advisories)
    assert [advisory.id for advisory in answer] == ["A-1"]
    assert answer.unknown is not None
    assert isinstance(index.match("pkg:npm/other@1.0.0"), Unknown)


def refused(read: Read) -> dict[str, int]:
    return {reason: count for reason, count, _ in read.refused}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not-json"),
        (b"[]", "not-a-record"),
        (b'{"id": "A-2"', "not-json"),
        (b'{"id": "A-2", "x": ' + b"[" * 100_000, "too-deep"),
        (b'{"id": "A-2", "x": ' + b"[" * 100 + b"]" * 100 + b"}", "too-deep"),
        (b'{"id": "A-2", "x": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}", "too-deep"),
        (b'{"id": 1' + b"0" * 10_000 + b"}", "not-json"),
        (json.dumps(GOOD | {"id": 7}).encode(), "no-id"),
        (json.dumps(GOOD | {"id": "A" * 101}).encode(), "no-id"),
        (json.dumps(GOOD | {"id": "A\u0000B"}).encode(), "no-id"),
        (json.dumps(GOOD | {"modified": "yesterday"}).encode(), "no-time"),
        (json.dumps(GOOD | {"affected": {"a": 1}}).encode(), "no-packages"),
        (json.dumps(GOOD | {"affected": [{"package": None}]}).encode(), "other-ecosystem"),
        (json.dumps(advisory("A-2", "x\u0000y")).encode(), "no-name"),
        (json.dumps(advisory("A-2", "x" * 1_000_000)).encode(), "no-name"),
        (json.dumps(advisory("A-2", "\ud800")).encode(), "no-name"),
        (json.dumps(advisory("A-2", "")).encode(), "no-name"),
        (json.dumps(GOOD).encode("utf-16"), "not-json"),
        (b"\xff\xfe\x00\x01", "not-json"),
    ],
)
def test_a_record_that_cannot_be_read_is_told_and_the_rest_is_used(mirror: Mirror, data: bytes, reason: str) -> None:
    mirror.put("npm", GOOD, ("A-2.json", data))
    read = one(mirror)
    assert refused(read) == {reason: 1}
    if reason != "other-ecosystem":
        assert read.problem == "records"
        doubted(mirror)


def test_members_that_are_no_plain_files_are_told(mirror: Mirror) -> None:
    link = zipfile.ZipInfo("link.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = mirror.put("npm", GOOD)
    with zipfile.ZipFile(path, "a") as zipped:
        zipped.writestr(link, "/etc/passwd")
        for name in ("/etc/x.json", "../x.json", "a/../../x.json", "..\\x.json", "\\x.json"):
            zipped.writestr(name, json.dumps(advisory("A-9", "y")))
        zipped.writestr("NUL?.json", "{}")
        zipped.writestr("packed.json", "{}" * 99, zipfile.ZIP_LZMA)
    path.write_bytes(path.read_bytes().replace(b"NUL?", b"NUL\0"))
    read = one(mirror)
    assert (refused(read), read.records) == ({"link": 1, "packing": 1, "unsafe-name": 6}, 1)
    doubted(mirror)


def test_what_lies_beside_records_does_no_harm(mirror: Mirror) -> None:
    inner = mirror.put("nested", GOOD).read_bytes()
    mirror.put("npm", GOOD, ("README.md", b"words"), ("folder/", b""), ("inner.zip", inner))
    read = next(read for read in mirror.sync().archives if read.ecosystem == "npm")
    assert (refused(read), read.problem, read.records) == ({"other-file": 2}, "", 1)
    assert Index(mirror.index).match("pkg:npm/other@1.0.0") == Advisories()


def test_records_of_another_ecosystem_are_told_and_not_used(mirror: Mirror) -> None:
    mirror.put("npm", GOOD, advisory("P-1", "y", ecosystem="PyPI"))
    read = one(mirror)
    assert (refused(read), read.problem) == ({"other-ecosystem": 1}, "")
    assert Index(mirror.index).match("pkg:pypi/y@1") == Unknown("no-archive", (("ecosystem", "PyPI"),))


def test_an_archive_of_another_ecosystem_is_no_archive_of_this_one(mirror: Mirror) -> None:
    mirror.put("npm", GOOD)
    mirror.sync()
    mirror.put("npm", advisory("P-1", "y", ecosystem="PyPI"))
    read = one(mirror)
    assert (read.problem, read.records) == ("empty", 1)
    doubted(mirror)


def test_an_empty_archive_says_nothing(mirror: Mirror) -> None:
    path = mirror.put("npm")
    assert one(mirror).problem == "empty"
    lack = Unknown("archive.empty", (("path", str(path)), ("ecosystem", "npm")))
    assert Index(mirror.index).match("pkg:npm/x@1.0.0") == lack


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_archive_leaves_what_was_known(mirror: Mirror, keep: float) -> None:
    path = mirror.put("npm", GOOD, *[advisory(f"A-{n}", f"y{n}") for n in range(2, 60)])
    mirror.sync()
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    read = one(mirror)
    assert read.problem in ("truncated", "not-a-zip")
    assert read.records == 59
    doubted(mirror)
    path.write_bytes(data)
    assert one(mirror).problem == ""


def test_a_flipped_byte_costs_one_record(mirror: Mirror) -> None:
    path = mirror.put("npm", advisory("A-2", "y", summary=os.urandom(400).hex()), GOOD)
    data = bytearray(path.read_bytes())
    data[120] ^= 0xFF
    path.write_bytes(data)
    read = one(mirror)
    assert (refused(read), read.records) == ({"unreadable": 1}, 1)
    doubted(mirror)


def test_one_id_twice_counts_twice(mirror: Mirror) -> None:
    second = advisory("A-1", "x", versions=["2.0.0"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        mirror.put("npm", advisory("A-1", "x", versions=["1.0.0"]), second, second)
    assert one(mirror).records == 2
    index = Index(mirror.index)
    assert [len(index.match(f"pkg:npm/x@{v}.0.0")) for v in (1, 2, 3)] == [1, 1, 0]  # type: ignore[arg-type]


def test_bombs_are_not_unpacked(mirror: Mirror) -> None:
    mirror.put("npm", GOOD, ("bomb.json", b" " * (24 << 20)), ("ratio.json", b" " * (2 << 20)))
    tracemalloc.start()
    read = one(mirror)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused(read) == {"bomb": 1, "too-large": 1}
    assert peak < 16 << 20
    doubted(mirror)


def test_a_member_larger_than_it_says_is_read_no_further(mirror: Mirror) -> None:
    path = mirror.put("npm", ("A-2.json", b" " * 100_000 + b"{}"), GOOD)
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(mark) + offset
        data[at : at + 4] = (50).to_bytes(4, "little")
    path.write_bytes(data)
    assert refused(one(mirror)) == {"unreadable": 1}
    doubted(mirror)


@pytest.mark.parametrize(
    ("limits", "problem"),
    [(Limits(members=5), "too-many"), (Limits(directory=200), "too-many"), (Limits(total=900), "too-large")],
)
def test_an_archive_past_its_limits_is_read_no_further(mirror: Mirror, limits: Limits, problem: str) -> None:
    mirror.put("npm", *[advisory(f"A-{n}", "x") for n in range(1, 20)])
    read = one(mirror, limits)
    assert (read.problem, read.records < 19) == (problem, True)
    assert isinstance(Index(mirror.index).match("pkg:npm/other@1"), Unknown)


def test_an_index_of_a_directory_that_lies_about_its_size_is_not_read(mirror: Mirror) -> None:
    path = mirror.put("npm", GOOD)
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x05\x06")
    data[at + 12 : at + 16] = (0xFFFFFFF0).to_bytes(4, "little")
    path.write_bytes(data)
    assert one(mirror).problem == "too-many"


def test_a_device_and_a_link_to_nowhere_are_no_archives(mirror: Mirror) -> None:
    (mirror.root / "npm").mkdir()
    os.mkfifo(mirror.root / "npm" / "all.zip")
    assert one(mirror).problem == "unreadable"
    (mirror.root / "npm" / "all.zip").unlink()
    (mirror.root / "npm" / "all.zip").symlink_to("nowhere")
    assert one(mirror).problem == "unreadable"


def test_a_directory_of_64_bits_is_measured_as_well(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 0)
    path = mirror.put("npm", GOOD)
    assert b"PK\x06\x06" in path.read_bytes()
    assert one(mirror).problem == ""
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x06\x06")
    data[at + 40 : at + 48] = (1 << 40).to_bytes(8, "little")
    path.write_bytes(data)
    assert one(mirror).problem == "too-many"


def test_a_directory_that_is_none_makes_no_zip(mirror: Mirror) -> None:
    path = mirror.put("npm", GOOD)
    path.write_bytes(path.read_bytes().replace(b"PK\x01\x02", b"PK\x09\x09"))
    assert one(mirror).problem == "not-a-zip"


def test_a_folder_is_read_as_carefully(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = mirror.root / "npm"
    folder.mkdir()
    (folder / "A-1.json").write_text(json.dumps(GOOD), encoding="utf-8")
    (folder / "A-2.json").symlink_to("/etc/passwd")
    (folder / "A-3.json").write_bytes(b" " * 3_000)
    assert refused(one(mirror, Limits(member=2_000))) == {"link": 1, "too-large": 1}
    doubted(mirror)
    (folder / "A-4.json").write_bytes(b"")
    assert one(mirror, Limits(members=3)).problem == "too-many"
    (folder / "A-5.json").write_bytes(b"")

    def failing(path: str, cap: int) -> bytes:
        raise PermissionError(path)

    monkeypatch.setattr(archives.files, "read_limited", failing)
    assert refused(one(mirror)) == {"link": 1, "unreadable": 4}
    doubted(mirror)


def test_an_archive_that_is_gone_when_it_is_read_is_told(tmp_path: Path) -> None:
    gone = archives.Archive(str(tmp_path / "all.zip"), NPM, "")
    with pytest.raises(archives.Damaged) as told:
        list(archives.members(gone, Limits()))
    assert told.value.reason == "unreadable"


def test_an_archive_that_is_written_meanwhile_is_not_trusted(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    path = mirror.put("npm", GOOD)
    real = decode

    def meddling(data: bytes, ecosystem: ecosystems.Ecosystem) -> Entry:
        os.utime(path, ns=(5, 5))
        return real(data, ecosystem)

    monkeypatch.setattr("osgate.facts.osv.build.decode", meddling)
    assert one(mirror).problem == "changing"
    doubted(mirror)
    monkeypatch.undo()
    assert one(mirror).problem == "", "its bytes are the same, and were read in peace this time"


def test_long_fields_are_cut_or_in_doubt(mirror: Mirror) -> None:
    long = advisory(
        "A-1", "x", summary=os.urandom(500_000).hex(), aliases=["C" * 9_000, *[f"CVE-{n}" for n in range(999)]]
    )
    lists = advisory("A-2", "y", versions=["1" * 1_000_000, "1.0.0"])
    mirror.put("npm", long, lists)
    assert one(mirror).problem == ""
    index = Index(mirror.index)
    (found,) = index.match("pkg:npm/x@1.0.0")  # type: ignore[misc]
    assert (len(found.summary), len(found.aliases)) == (record.SUMMARY, record.ALIASES - 1)
    (other,) = index.match("pkg:npm/y@2.0.0")  # type: ignore[misc]
    assert other.doubt == "range"


def test_brackets_are_counted_in_time_that_grows_with_the_bytes() -> None:
    """What makes a pattern look at every quote again takes hours for a megabyte: this test would not end."""
    for data in (b'["' + b'\\"' * 500_000, b"[" * 70 + b'"\\' * 500_000, b'"' * 1_000_001 + b"[" * 100):
        with pytest.raises(Malformed):
            decode(data, NPM)


LEAF = st.sampled_from(
    [None, True, 7, 0.5, "", "x", "1.0.0", "\ud800", [], {}, [[]], [None], {"a": []}, [{"score": 3}]]
)
JSON = (
    LEAF | st.lists(LEAF, max_size=2) | st.dictionaries(st.sampled_from(["type", "events", "name"]), LEAF, max_size=2)
)
EVENTS = st.lists(
    st.dictionaries(st.sampled_from(["introduced", "fixed", "last_affected", "limit", "odd"]), JSON, max_size=2)
)
AFFECTED = st.fixed_dictionaries(
    {"package": st.just({"ecosystem": "npm", "name": "x"}) | JSON},
    optional={
        "ranges": JSON
        | st.lists(st.fixed_dictionaries({"type": st.sampled_from(["SEMVER", "GIT", 3]), "events": EVENTS})),
        "versions": JSON | st.lists(LEAF, max_size=3),
        "database_specific": JSON,
        "severity": JSON,
    },
)


@settings(max_examples=200, deadline=None)
@given(
    body=st.fixed_dictionaries(
        {"id": st.just("A-1"), "modified": st.just(GOOD["modified"])},
        optional={
            "affected": st.lists(AFFECTED, max_size=3) | JSON,
            "aliases": JSON,
            "severity": JSON | st.lists(st.fixed_dictionaries({"type": JSON, "score": JSON})),
            "summary": JSON,
            "withdrawn": JSON,
            "database_specific": JSON,
        },
    )
)
def test_whatever_a_record_holds_it_is_read_or_refused(body: object) -> None:
    data = json.dumps(body).encode()
    try:
        with audit.no_io():
            entry = decode(data, NPM)
    except (Malformed, Elsewhere):
        return
    assert entry.withdrawn or entry.places, "a record of a package says something of it"


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=200))
def test_whatever_bytes_a_record_is(data: bytes) -> None:
    with pytest.raises((Malformed, Elsewhere)):
        decode(data, NPM)
