"""Every folder `cases/<format>/<case>/` is a test: its files are the tree, expected.json says what is read from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from osgate.formats import table
from osgate.model.dependency import SCOPES, Dependency, Source, Unreadable
from osgate.purl import parse

if TYPE_CHECKING:
    from conftest import Read

CASES = Path(__file__).parent / "cases"
FOLDERS = sorted(path.parent for path in CASES.glob("*/*/expected.json"))
GOOD = [folder for folder in FOLDERS if "dependencies" in json.loads((folder / "expected.json").read_text("utf-8"))]
OURS = {"path", "dependencies", "unreadable", "line", "ambiguous", "note"}


def tree(folder: Path) -> dict[str, bytes]:
    """Return the files of a case by their path in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "expected.json"
    }


def plain(value: object) -> object:
    """Return what JSON can say of a field."""
    if isinstance(value, Source):
        return {name: getattr(value, name) for name in value._fields}  # type: ignore[attr-defined]
    return list(value) if isinstance(value, tuple) else value


def shown(dependency: Dependency, like: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of `dependency` that the expectation `like` names."""
    fields = {key: plain(getattr(dependency, key)) for key in like}
    if "source" in like:
        fields["source"] = {key: fields["source"][key] for key in like["source"]}  # type: ignore[index]
    return fields


def order(item: Dependency | dict[str, Any]) -> tuple[str, int, str]:
    get = item.get if isinstance(item, dict) else lambda name, default: getattr(item, name, default)
    return str(get("path", "") if isinstance(item, dict) else ""), int(get("line", 0)), str(get("purl", ""))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_a_case_reads_as_expected(folder: Path, read: Read) -> None:
    expected, files = json.loads((folder / "expected.json").read_text("utf-8")), tree(folder)
    assert set(expected) <= OURS
    path = expected["path"]
    row = table.match(path)
    assert row is not None
    assert row.id == folder.parent.name
    if "unreadable" in expected:
        with pytest.raises(Unreadable) as raised:
            read(path, files[path], files)
        said = {"unreadable": raised.value.reason, "line": raised.value.line, "ambiguous": raised.value.ambiguous}
        assert said == {"line": said["line"], "ambiguous": False, **{k: expected[k] for k in said if k in expected}}
        return
    found = read(path, files[path], files)
    wanted = expected["dependencies"]
    assert len(found) == len(wanted)
    pairs = list(zip(in_order(found, wanted), sorted(wanted, key=order), strict=True))
    assert [shown(dependency, like) for dependency, like in pairs] == [like for _, like in pairs]


def in_order(found: tuple[Dependency, ...], wanted: list[dict[str, Any]]) -> list[Dependency]:
    """Sort what was found as the expectations are sorted: by the keys they name."""
    keys = set.intersection(*[set(like) for like in wanted]) if wanted else set()
    return sorted(found, key=lambda d: order({key: getattr(d, key) for key in keys & {"path", "line", "purl"}}))


@pytest.mark.parametrize("folder", GOOD, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_what_a_case_gives_is_well_formed(folder: Path, read: Read) -> None:
    expected, files = json.loads((folder / "expected.json").read_text("utf-8")), tree(folder)
    for dependency in read(expected["path"], files[expected["path"]], files):
        assert str(parse(dependency.purl)) == dependency.purl
        assert parse(dependency.purl).component == dependency.component
        assert dependency.scope in SCOPES
        assert dependency.path in files
        assert 0 <= dependency.line <= files[dependency.path].count(b"\n") + 1
        assert list(dependency.parents) == sorted(set(dependency.parents))
        assert list(dependency.digests) == sorted(set(dependency.digests))
        assert "@" not in (dependency.source.url or "").partition("://")[2].partition("/")[0].removeprefix("git@")


def test_cases_of_every_format_are_there_with_good_and_bad_files() -> None:
    kinds = {(folder.parent.name, folder in GOOD) for folder in FOLDERS}
    assert kinds == {(row.id, good) for row in table.ROWS for good in (True, False)}


def test_fixtures_stay_small() -> None:
    sizes = [path.stat().st_size for path in CASES.rglob("*") if path.is_file()]
    assert max(sizes) < 60_000
    assert sum(sizes) < 900_000
