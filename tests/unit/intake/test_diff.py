"""Whole changes: moves, deletions, files that cannot be read, files that include others."""

from __future__ import annotations

import importlib.util
import posixpath
from pathlib import Path

import pytest

from osgate.intake.diff import intake
from osgate.intake.moves import MAX_PAIRS
from osgate.model.change import Blob, FileProblem, Intake
from osgate.model.gap import Gap

_spec = importlib.util.spec_from_file_location("osgate_toy", Path(__file__).with_name("toy.py"))
assert _spec is not None
assert _spec.loader is not None
toy = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(toy)


def look(before: dict[str, str | Blob], after: dict[str, str | Blob], **more: tuple[str, ...]) -> Intake:
    return intake(toy.change(before, after, **more), toy.read, posixpath.basename)


def names(found: Intake) -> list[tuple[str, str, str]]:
    return [(i.change, i.dependency.purl, f"{i.dependency.path}:{i.dependency.line}") for i in found.introduced]


def test_introduced_in_order_of_path_and_line_and_what_is_gone() -> None:
    found = look({"x": "a 1\nb 1\n", "y": ""}, {"x": "c 1\na 2\n", "y": "d 1"})
    assert names(found) == [
        ("added", "pkg:npm/c@1", "x:1"),
        ("upgraded", "pkg:npm/a@2", "x:2"),
        ("added", "pkg:npm/d@1", "y:1"),
    ]
    assert found.removed == ("pkg:npm/a@1", "pkg:npm/b@1")
    assert found.files == ("x", "y")
    assert (found.deleted, found.moved, found.problems, found.gaps) == ((), (), (), ())


def test_a_purl_that_another_file_of_the_change_holds_is_not_gone() -> None:
    assert look({"x": "a 1", "y": ""}, {"x": "", "y": "a 1"}).removed == ()


def test_a_moved_manifest_brings_only_what_is_new_in_it() -> None:
    found = look({"old/lock": "a 1\nb 1"}, {"new/lock": "a 1\nb 2"})
    assert names(found) == [("upgraded", "pkg:npm/b@2", "new/lock:2")]
    assert found.introduced[0].previous == ("1",)
    assert (found.moved, found.deleted) == ((("old/lock", "new/lock"),), ())


def test_where_nobody_tells_formats_apart_any_manifest_may_have_moved() -> None:
    found = intake(toy.change({"old": "a 1\nb 1"}, {"new": "a 1\nb 1"}), toy.read)
    assert (found.moved, found.introduced) == ((("old", "new"),), ())
    assert look({"old": "a 1\nb 1"}, {"new": "a 1\nb 1"}).moved == ()


def test_several_moves_at_once_find_their_partners() -> None:
    before = {"p/lock": "a 1\nb 1\nc 1", "q/lock": "a 1\nd 1\ne 1", "r/lock": "z 1"}
    after = {"s/lock": "a 1\nd 1\ne 2", "t/lock": "a 1\nb 1\nc 1\nf 1", "u/lock": "z 1"}
    found = look(before, after)
    assert found.moved == (("p/lock", "t/lock"), ("q/lock", "s/lock"), ("r/lock", "u/lock"))
    assert names(found) == [("upgraded", "pkg:npm/e@2", "s/lock:3"), ("added", "pkg:npm/f@1", "t/lock:4")]


def test_equal_contents_go_before_more_shared_purls() -> None:
    found = look({"p/lock": "a 1", "q/lock": "a 1\nb 1"}, {"s/lock": "a 1", "t/lock": "a 1\nb 1\nc 1"})
    assert found.moved == (("p/lock", "s/lock"), ("q/lock", "t/lock"))


def test_one_deleted_manifest_stands_for_one_new_one_only() -> None:
    found = look({"p/lock": "a 1"}, {"s/lock": "a 1", "t/lock": "a 1"})
    assert found.moved == (("p/lock", "s/lock"),)
    assert names(found) == [("added", "pkg:npm/a@1", "t/lock:1")]


def test_a_deleted_manifest_of_another_format_or_without_anything_in_common_is_no_partner() -> None:
    found = look({"p/other": "a 1"}, {"s/lock": "a 1"})
    assert (found.moved, found.deleted, len(found.introduced)) == ((), ("p/other",), 1)
    found = look({"p/lock": "b 1"}, {"s/lock": "a 1"})
    assert (found.moved, found.deleted, found.removed) == ((), ("p/lock",), ("pkg:npm/b@1",))


def test_a_copy_is_no_move() -> None:
    found = look({"p/lock": "a 1"}, {"p/lock": "a 1", "q/lock": "a 1"})
    assert (found.moved, len(found.introduced)) == ((), 1)


def test_too_many_moves_to_compare_are_counted_and_their_content_is_new() -> None:
    count = int(MAX_PAIRS**0.5) + 1
    before = {f"p{i}/lock": f"a{i} 1" for i in range(count)}
    after = {f"q{i}/lock": f"a{i} 1\nb 1" for i in range(count)}
    found = look(before, after)
    assert found.gaps == (Gap("", "moves-not-compared"),)
    assert len(found.introduced) == 2 * count
    assert len(look(before, {f"q{i}/lock": f"a{i} 1" for i in range(count)}).moved) == count


@pytest.mark.parametrize("kind", ["symlink", "gitlink", "too-large", "denied"])
def test_what_is_no_file_is_a_problem_and_the_others_go_on(kind: str) -> None:
    found = look({"x": "a 1"}, {"x": Blob(kind), "y": "b 1"})
    assert found.problems == (FileProblem("x", 0, kind, False),)
    assert names(found) == [("added", "pkg:npm/b@1", "y:1")]
    assert found.removed == ()


def test_an_unreadable_new_side_is_a_problem() -> None:
    found = look({"x": "a 1"}, {"x": "a 1\n!duplicate-key", "y": "!truncated", "z": "b 1"})
    assert found.problems == (
        FileProblem("x", 2, "duplicate-key", True, (("key", "k"),)),
        FileProblem("y", 1, "truncated", False, (("key", "k"),)),
    )
    assert names(found) == [("added", "pkg:npm/b@1", "z:1")]


def test_an_unreadable_old_side_makes_everything_new_and_is_said() -> None:
    for old in ("!truncated", Blob("symlink")):
        found = look({"x": old}, {"x": "a 1"})
        reason = "symlink" if isinstance(old, Blob) else "truncated"
        assert found.gaps == (Gap("x", "before-unreadable", (("reason", reason),)),)
        assert names(found) == [("added", "pkg:npm/a@1", "x:1")]
        assert found.problems == ()


def test_a_moved_manifest_that_cannot_be_read_brings_a_problem_only() -> None:
    found = look({"p/lock": "a 1"}, {"q/lock": "a 1\n!nul"})
    assert ([p.path for p in found.problems], found.deleted, found.introduced) == (["q/lock"], ("p/lock",), ())


def test_a_file_that_includes_a_changed_one_counts_its_content_once() -> None:
    before = {"base": "a 1", "app": "-r base\nb 1"}
    found = look(before, {**before, "base": "a 2"}, unchanged=("app",))
    assert names(found) == [("upgraded", "pkg:npm/a@2", "base:1")]


def test_scope_widens_in_the_file_that_was_moved() -> None:
    found = look({"p/lock": "a 1 dev"}, {"q/lock": "a 1 runtime"})
    assert names(found) == [("widened-scope", "pkg:npm/a@1", "q/lock:1")]


def test_errors_of_the_siblings_are_not_swallowed() -> None:
    change = toy.change({}, {"app": "-r base"})

    def broken(path: str) -> bytes | None:
        raise OSError(path)

    values = {name: getattr(change, name) for name in ("base", "head", "files", "before")}
    with pytest.raises(OSError, match="base"):
        intake(type(change)(**values, after=broken), toy.read)
