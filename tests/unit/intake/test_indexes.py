"""Indexes that a change adds: only what was not there before, wherever the file stood."""

from __future__ import annotations

import audit
from osgate.intake.indexes import added, candidates
from osgate.model.change import Blob, ChangedFile, ChangeSet, FileProblem
from osgate.model.dependency import Unreadable
from osgate.model.gap import Gap


def change(before: dict[str, bytes], after: dict[str, bytes], *, whole: bool = False) -> ChangeSet:
    files = tuple(ChangedFile(path, None, Blob("file", data)) for path, data in after.items() if path.endswith(".txt"))
    gone = (ChangedFile("gone.txt", Blob("file", b"://"), None),)
    named = tuple(path for path in (*after, "package.json", "old/pyproject.toml") if not path.endswith(".txt"))
    return ChangeSet("HEAD", "index", (*files, *gone), before.get, after.get, whole=whole, manifests=named)


def extras(path: str, data: bytes) -> tuple[tuple[str, int], ...]:
    """A file of addresses, one a line."""
    if data.startswith(b"!"):
        raise Unreadable(data[1:].decode(), size=9)
    return tuple((line, number) for number, line in enumerate(data.decode().split(), 1))


def said(before: dict[str, bytes], after: dict[str, bytes], moved: tuple[tuple[str, str], ...] = ()) -> list[object]:
    with audit.no_io():
        return [
            (item.path, item.line, dict(item.params)["address"]) if isinstance(item, FileProblem) else item
            for item in added(change(before, after), sorted(after), extras, moved)
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
        assert candidates(change({}, after)) == ("Pipfile", "a/pyproject.toml", "r.txt", "uv.toml")


def test_what_was_there_before_is_not_told() -> None:
    assert said({"r.txt": b"a"}, {"r.txt": b"a b b c"}) == [("r.txt", 2, "b"), ("r.txt", 4, "c")]
    assert said({"r.txt": b"a b"}, {"r.txt": b"b"}) == []
    assert said({"old.txt": b"a"}, {"new.txt": b"a b"}, (("old.txt", "new.txt"),)) == [("new.txt", 2, "b")]
    assert said({"r.txt": b"!syntax"}, {"r.txt": b"a"}) == [("r.txt", 1, "a")]
    assert list(added(change({}, {}), ("away.txt",), extras)) == []


def test_a_problem_is_known_by_its_address() -> None:
    (problem,) = added(change({}, {"r.txt": b"a"}), ("r.txt",), extras)
    assert problem == FileProblem("r.txt", 1, "extra-index", False, (("address", "a"),), "index", "a")


def test_a_file_that_cannot_be_read_is_a_gap_and_one_that_hides_is_a_problem() -> None:
    assert said({}, {"r.txt": b"!syntax"}) == [Gap("r.txt", "indexes-unread", (("reason", "syntax"),))]
    (problem,) = added(change({}, {"r.txt": b"!too-large"}), ("r.txt",), extras)
    assert problem == FileProblem("r.txt", 0, "too-large", False, (("size", "9"),))
