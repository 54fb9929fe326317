"""Indexes that a change adds: only what was not there before, wherever the file stood."""

from __future__ import annotations

from typing import Any

import audit
from osgate.formats import table
from osgate.intake.indexes import added, candidates
from osgate.model.change import Blob, ChangedFile, ChangeSet, FileProblem
from osgate.model.dependency import Unreadable
from osgate.model.gap import Gap


def change(before: dict[str, bytes], after: dict[str, bytes], *, whole: bool = False) -> ChangeSet:
    files = tuple(ChangedFile(path, None, Blob("file", data)) for path, data in after.items() if path.endswith(".txt"))
    gone = (ChangedFile("gone.txt", Blob("file", b"://"), None),)
    named = tuple(path for path in (*after, "old/pyproject.toml") if path.rpartition("/")[2] in table.INDEXES)
    return ChangeSet("HEAD", "index", (*files, *gone), before.get, after.get, whole=whole, indexes=named)


def extras(path: str, data: bytes) -> tuple[tuple[str, int], ...]:
    """A file of addresses, one a line."""
    if data.startswith(b"!"):
        raise Unreadable(data[1:].decode(), size=9)
    return tuple((line, number) for number, line in enumerate(data.decode().split(), 1))


def said(
    before: dict[str, bytes],
    after: dict[str, bytes],
    moved: tuple[tuple[str, str], ...] = (),
    roots: tuple[str, ...] = (),
) -> list[Any]:
    with audit.no_io():
        return [
            (item.path, item.line, dict(item.params)["address"]) if isinstance(item, FileProblem) else item
            for item in added(change(before, after), roots or sorted(after), extras, table.includes, moved)
        ]


def test_only_files_that_may_name_an_address_are_looked_at() -> None:
    after = {
        "a/pyproject.toml": b"://",
        "uv.toml": b"${X}",
        "Pipfile": b"\\u003a",
        "pip.conf": b"plain",
        "package.json": b"://",
        "r.txt": b"://",
        "plain.txt": b"six==1",
    }
    with audit.no_io():
        assert candidates(change({}, after), table.includes) == ("Pipfile", "a/pyproject.toml", "r.txt", "uv.toml")


def test_what_was_there_before_is_not_told() -> None:
    assert said({"r.txt": b"a"}, {"r.txt": b"a b b c"}) == [("r.txt", 2, "b"), ("r.txt", 4, "c")]
    assert said({"r.txt": b"a b"}, {"r.txt": b"b"}) == []
    assert said({"old.txt": b"a"}, {"new.txt": b"a b"}, (("old.txt", "new.txt"),)) == [("new.txt", 2, "b")]
    assert said({"r.txt": b"!syntax"}, {"r.txt": b"a"}) == [("r.txt", 1, "a")]
    assert list(added(change({}, {}), ("away.txt",), extras, table.includes)) == []


def test_what_a_requirements_file_takes_in_counts_as_its_own() -> None:
    before, after = (
        {"r.txt": b"-r in/deps\n"},
        {"r.txt": b"-r in/deps\n", "in/deps": b"-c more.cfg\n", "in/more.cfg": b"://x"},
    )
    with audit.no_io():
        assert candidates(change(before, after), table.includes) == ("r.txt",)
    told = [item for item in said(before, after, roots=("r.txt",)) if item[0] == "in/more.cfg"]
    assert told == [("in/more.cfg", 1, "://x")]
    everywhere = {"a.txt": b"-r in.txt\n", "b.txt": b"-r in.txt\n", "in.txt": b"x"}
    assert [item for item in said({}, everywhere) if item[0] == "in.txt"] == [("in.txt", 1, "x")]
    assert [
        item for item in said({**everywhere, "c.txt": b""}, {**everywhere, "c.txt": b"-r in.txt"}) if item[2] == "x"
    ] == [("in.txt", 1, "x")]


def test_files_that_take_in_each_other_are_read_once() -> None:
    after = {"a.txt": b"-r b.txt", "b.txt": b"-r a.txt\n://x"}
    with audit.no_io():
        assert candidates(change({}, after), table.includes) == ("a.txt", "b.txt")
    assert [item for item in said({}, after) if item[2] == "://x"] == [("b.txt", 3, "://x")]


def test_a_problem_is_known_by_its_address() -> None:
    (problem,) = added(change({}, {"r.txt": b"a"}), ("r.txt",), extras, table.includes)
    assert problem == FileProblem("r.txt", 1, "extra-index", False, (("address", "a"),), "index", "a")


def test_a_file_that_cannot_be_read_is_a_gap_and_one_that_hides_is_a_problem() -> None:
    assert said({}, {"r.txt": b"!syntax"}) == [Gap("r.txt", "indexes-unread", (("reason", "syntax"),))]
    (problem,) = added(change({}, {"r.txt": b"!too-large"}), ("r.txt",), extras, table.includes)
    assert problem == FileProblem("r.txt", 0, "too-large", False, (("size", "9"),))
