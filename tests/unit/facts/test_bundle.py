"""Bundles: what they say of themselves, their exact form, and facts on their way from one store to another."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.errors import Refused
from osgate.facts import bundle, store
from osgate.facts.store import Store
from osgate.io import bundles
from osgate.io.bundles import Malformed, Member
from osgate.model.fact import Fact, Unknown

MONDAY, TUESDAY, FRIDAY = "2026-11-16T08:00:00Z", "2026-11-17T08:00:00Z", "2026-11-20T08:00:00Z"
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
DIGEST = "sha256:" + "0" * 64


def made(folder: Path, name: str) -> Store:
    path = str(folder / name / "facts.sqlite")
    store.create(path)
    return Store(path, write=True)


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    """A store that bundles are made of, and one that takes them."""
    with closing(made(tmp_path, "here")) as here, closing(made(tmp_path, "there")) as there:
        yield here, there


def test_facts_arrive_as_they_were_with_the_day_they_were_first_seen(both: tuple[Store, Store]) -> None:
    here, there = both
    here.put([Fact("pkg:npm/a@1", "licence", Unknown("timeout", (("a", "b"),)), "x", MONDAY)], MONDAY)
    here.put([Fact("pkg:npm/a", "maintainer", name, "x", MONDAY, DIGEST) for name in ("li.si", "wang.wu")], MONDAY)
    here.put([Fact("pkg:npm/a@1", "licence", "MIT", "x", TUESDAY)], TUESDAY)
    assert bundle.take(bundle.lines(here.each()), there, FRIDAY) == (3, 3)
    assert list(there.each()) == list(here.each())
    assert there.first_seen("pkg:npm/a") == MONDAY
    assert bundle.take(bundle.lines(here.each()), there, FRIDAY) == (3, 0)


def test_what_a_source_told_here_since_stays(both: tuple[Store, Store]) -> None:
    here, there = both
    here.put([Fact("pkg:npm/a", "latest", "1", "x", MONDAY), Fact("pkg:npm/a", "latest", "1", "y", MONDAY)], MONDAY)
    there.put([Fact("pkg:npm/a", "latest", "2", "x", TUESDAY)], TUESDAY)
    bundle.take(bundle.lines(here.each()), there, FRIDAY)
    assert [(fact.source, fact.value) for fact in there.facts("pkg:npm/a")] == [("x", "2"), ("y", "1")]


def test_many_facts_are_put_in_batches_that_end_between_purls(
    both: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "_BATCH", 2)
    here, there = both
    here.put([Fact(f"pkg:npm/{n}", "maintainer", name, "x", MONDAY) for n in range(4) for name in "abc"], MONDAY)
    here.put([Fact("pkg:npm/0", "maintainer", "d", "x", TUESDAY)], TUESDAY)
    assert bundle.take(bundle.lines(here.history("pkg:npm/0")), there, FRIDAY) == (1, 1), "what has ended stays behind"
    assert bundle.take(bundle.lines(here.each()), there, FRIDAY) == (10, 9)
    assert list(there.each()) == list(here.each())


@given(TEXT, TEXT, st.lists(st.tuples(TEXT, TEXT), max_size=3) | TEXT)
def test_any_fact_is_one_line_and_the_same_again(name: str, source: str, value: Any) -> None:
    told = value if isinstance(value, str) else Unknown(name, tuple(value))
    fact = Fact("pkg:npm/a@1", name, told, source, MONDAY, DIGEST, TUESDAY)
    (line,) = bundle.lines([fact])
    assert line.count(b"\n") == 1
    assert bundle.fact_of(line) == fact


BROKEN = [
    b"",
    b"{}",
    b"[]",
    b"\xff",
    b"[" * 100_000,
    b'{"purl":1,"name":"","source":"","date":"","digest":""}',
    b"x" * 300_000,
    b'{"purl":"pkg:npm/a","name":"a","source":"","date":"","digest":"","first_seen":"","value":7}',
    b'{"purl":"npm/a","name":"a","source":"","date":"","digest":"","first_seen":"","value":"x"}',
]


@pytest.mark.parametrize("line", BROKEN)
def test_a_line_that_is_no_fact_is_refused(line: bytes, both: tuple[Store, Store]) -> None:
    with pytest.raises(Refused, match=r"bundle\.malformed"):
        bundle.take([line], both[1], FRIDAY)


def test_of_a_bundle_that_is_refused_nothing_is_taken(
    both: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "_BATCH", 1)
    good = [*bundle.lines(Fact(f"pkg:npm/{n}", "latest", "1", "x", MONDAY, DIGEST) for n in range(3))]
    with pytest.raises(Refused, match=r"bundle\.malformed"):
        bundle.take([*good, b"{}"], both[1], FRIDAY)
    assert list(both[1].each()) == []
    assert bundle.take(good, both[1], FRIDAY) == (3, 3)


@pytest.mark.parametrize("field", ["date", "first_seen"])
def test_a_fact_of_a_day_to_come_is_refused(both: tuple[Store, Store], field: str) -> None:
    """Nothing that is told here would ever be newer than it."""
    told = {"date": MONDAY, "first_seen": MONDAY, field: "2999-01-01T00:00:00Z"}
    line = list(bundle.lines([Fact("pkg:npm/a", "latest", "1", "x", told["date"], DIGEST, told["first_seen"])]))
    with pytest.raises(Refused) as refused:
        bundle.take(line, both[1], FRIDAY)
    assert (refused.value.code, refused.value.params["day"]) == ("bundle.ahead", "2999-01-01")
    same_day = bundle.lines([Fact("pkg:npm/a", "latest", "1", "x", FRIDAY[:10] + "T23:59:59Z", DIGEST, FRIDAY)])
    assert bundle.take(same_day, both[1], FRIDAY) == (1, 1)


def document(**changes: Any) -> dict[str, Any]:
    return {**bundle.manifest(7, MONDAY, [Member(bundle.FACTS, 3, DIGEST)]), **changes}


def row(**changes: Any) -> list[dict[str, Any]]:
    return [{"name": bundle.FACTS, "size": 3, "digest": DIGEST, **changes}]


def test_a_manifest_says_what_it_was_made_of() -> None:
    found = bundle.parse(json.dumps(document()).encode(), "x")
    assert bundle.checked(found, "x") == bundle.Manifest(7, MONDAY, (Member(bundle.FACTS, 3, DIGEST),))


WRONG = [
    {"serial": "7"},
    {"serial": True},
    {"serial": 0},
    {"issued": 7},
    {"files": None},
    {"files": []},
    {"files": [7]},
    {"files": row(name="../facts.jsonl")},
    {"files": row(name="/etc/passwd")},
    {"files": row(name=["facts.jsonl"])},
    {"files": row(size=-1)},
    {"files": row(size=True)},
    {"files": row(digest="sha256:0")},
    {"files": row() * 2},
]


@pytest.mark.parametrize("changes", WRONG, ids=repr)
def test_a_manifest_that_names_anything_else_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=r"bundle\.malformed"):
        bundle.checked(document(**changes), "x")


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"[" * 100_000, b"\xff", b'{"schema": "osgate.facts/9"}', b" " * (2 << 20)]
)
def test_what_is_no_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(Refused, match=r"bundle\.malformed"):
        bundle.parse(data, "x")


# The file


def packed(tmp_path: Path, content: bytes = b"abc", manifest: bytes = b"{}") -> tuple[Path, Member]:
    source, path = tmp_path / "content", tmp_path / "facts.bundle"
    source.write_bytes(content)
    one = bundles.member(bundle.FACTS, str(source))
    bundles.write(str(path), manifest, [(one, str(source))])
    return path, one


@settings(max_examples=20)
@given(st.binary(max_size=1500), st.binary(max_size=600))
def test_a_bundle_is_a_tar_that_any_program_reads_and_the_same_bytes_each_time(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, manifest: bytes
) -> None:
    folder = tmp_path_factory.mktemp("bundle")
    path, one = packed(folder, content, manifest)
    first = path.read_bytes()
    assert packed(folder, content, manifest)[0].read_bytes() == first
    with tarfile.open(path) as tar:
        found = {info.name: tar.extractfile(info) for info in tar}
        read = {name: file.read() for name, file in found.items() if file is not None}
    assert read == {"manifest.json": manifest, "facts.jsonl": content}
    assert bundles.manifest(str(path)) == manifest
    (folder / "out").mkdir()
    bundles.unpack(str(path), [one], str(folder / "out"))
    assert (folder / "out" / bundle.FACTS).read_bytes() == content


def strange(kind: bytes, name: str = bundle.FACTS, **more: Any) -> bytes:
    """A bundle whose file is another kind of member."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        manifest = tarfile.TarInfo("manifest.json")
        manifest.size = 2
        tar.addfile(manifest, io.BytesIO(b"{}"))
        info = tarfile.TarInfo(name)
        info.type, info.size = kind, 3 if kind in (tarfile.REGTYPE, tarfile.GNUTYPE_SPARSE) else 0
        for field, value in more.items():
            setattr(info, field, value)
        tar.addfile(info, io.BytesIO(b"abc"))
    return out.getvalue()


STRANGE = [
    strange(tarfile.SYMTYPE, linkname="/etc/passwd"),
    strange(tarfile.LNKTYPE, linkname="manifest.json"),
    strange(tarfile.DIRTYPE),
    strange(tarfile.FIFOTYPE),
    strange(tarfile.GNUTYPE_SPARSE),
    strange(tarfile.REGTYPE, "../facts.jsonl"),
    strange(tarfile.REGTYPE, "/facts.jsonl"),
    strange(tarfile.REGTYPE, mode=0o4755),
]


@pytest.mark.parametrize("data", STRANGE)
def test_a_member_of_another_kind_or_name_is_refused(data: bytes, tmp_path: Path) -> None:
    path, one = packed(tmp_path)
    path.write_bytes(data)
    (tmp_path / "out").mkdir()
    with pytest.raises(Malformed, match="another file"):
        bundles.unpack(str(path), [one], str(tmp_path / "out"))
    assert list((tmp_path / "out").iterdir()) == []


def test_a_bundle_of_other_content_cut_short_or_with_more_is_refused(tmp_path: Path) -> None:
    path, one = packed(tmp_path)
    good = path.read_bytes()
    changed = {
        "other content": good.replace(b"abc", b"abd"),
        "cut short": good[:1600],
        "more files": good[:2048] + b"x" * 512 + good[2048:],
        "no bundle": b"x" * 4096,
    }
    for number, (detail, data) in enumerate(changed.items()):
        path.write_bytes(data)
        (tmp_path / str(number)).mkdir()
        with pytest.raises(Malformed, match=detail):
            bundles.unpack(str(path), [one], str(tmp_path / str(number)))
    path.write_bytes(good)
    with pytest.raises(Malformed, match="too large"):
        bundles.unpack(str(path), [Member(bundle.FACTS, 1 << 40, DIGEST)], str(tmp_path))


@given(st.binary(max_size=2000))
def test_no_bytes_break_the_reader(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("bundle") / "x"
    path.write_bytes(data)
    with pytest.raises(Malformed):
        bundles.manifest(str(path))
