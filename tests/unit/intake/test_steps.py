"""Locks and manifests out of step: what a change brings in is told, what was there before is not."""

from __future__ import annotations

import json

from osgate.formats import table
from osgate.intake.steps import out_of_step, unlocked
from osgate.model.change import Blob, ChangedFile, ChangeSet, Disagreement, FileProblem
from osgate.model.dependency import Unreadable
from osgate.model.gap import Gap
from osgate.model.record import replace


def change(before: dict[str, bytes], after: dict[str, bytes], *locks: str) -> ChangeSet:
    return ChangeSet("HEAD", "index", (), before.get, after.get, locks=locks)


def compare(path: str, data: bytes, siblings) -> tuple[Disagreement, ...]:
    """A lock of words `name=requirement`, compared with the file `wanted` of such words."""
    locked, declared = (dict(word.split("=") for word in text.decode().split()) for text in (data, siblings("wanted")))
    if "broken" in declared:
        raise Unreadable("syntax")
    return tuple(
        Disagreement("wanted", 1, name, declared.get(name, ""), locked.get(name, ""))
        for name in sorted({*locked, *declared})
        if locked.get(name) != declared.get(name)
    )


def said(before: dict[str, bytes], after: dict[str, bytes]) -> list[tuple[str, str]]:
    found = list(out_of_step(change(before, after, "lock"), compare))
    assert all(isinstance(item, FileProblem) and item.about == "step" for item in found)
    return [(dict(item.params)["requirement"], dict(item.params)["declared"]) for item in found]


def test_what_the_change_declares_and_the_lock_does_not_know_is_told() -> None:
    before = {"lock": b"a=1", "wanted": b"a=1"}
    assert said(before, {"lock": b"a=1", "wanted": b"a=1 b=2"}) == [("b", "2")]
    assert said(before, {"lock": b"a=1", "wanted": b"a=2"}) == [("a", "2")]
    assert said(before, {"lock": b"a=1", "wanted": b"a=1"}) == []


def test_what_was_out_of_step_before_is_old() -> None:
    before = {"lock": b"a=1", "wanted": b"a=1 b=2"}
    assert said(before, {"lock": b"a=1 c=3", "wanted": b"a=1 b=2 c=3"}) == []
    assert said(before, {"lock": b"a=1", "wanted": b"a=1 b=3"}) == [("b", "3")]


def test_a_new_lock_answers_for_everything() -> None:
    assert said({"wanted": b"a=1"}, {"lock": b"", "wanted": b"a=1"}) == [("a", "1")]
    assert said({"lock": b"a=1", "wanted": b"broken=1"}, {"lock": b"", "wanted": b"a=1"}) == [("a", "1")]


def test_what_cannot_be_compared_is_a_gap() -> None:
    found = list(out_of_step(change({}, {"lock": b"a=1", "wanted": b"broken=1"}, "lock", "gone"), compare))
    assert found == [Gap("lock", "not-compared", (("reason", "syntax"),))]


def left(after: dict[str, bytes], *deleted: str) -> list[tuple[str, str]]:
    gone = tuple(ChangedFile(path, Blob("file"), None) for path in deleted)
    found = unlocked(replace(change({}, after), files=gone), table.disagreements, table.locks_of, table.manifests_of)
    return [(item.path, dict(item.params)["manifest"]) for item in found]


PNPM = b"lockfileVersion: '9.0'\n\nimporters:\n\n  .: {}\n\n  web: {}\n"


def workspaces(*folders: str) -> bytes:
    """npm's lock of a project with these workspaces."""
    return json.dumps({"lockfileVersion": 3, "packages": {"": {}, **{folder: {} for folder in folders}}}).encode()


def test_a_lock_that_goes_while_its_manifest_stays_is_told() -> None:
    assert left({"web/package.json": b""}, "web/package-lock.json") == [("web/package-lock.json", "web/package.json")]
    assert left({"pyproject.toml": b""}, "uv.lock") == [("uv.lock", "pyproject.toml")]


def test_another_lock_in_its_place_will_do_or_one_above_that_answers_to_the_manifest() -> None:
    assert left({"web/package.json": b"", "web/pnpm-lock.yaml": b""}, "web/package-lock.json") == []
    web = {"web/package.json": b"{}"}
    assert left({**web, "package-lock.json": workspaces("web")}, "web/package-lock.json") == []
    assert left({**web, "package-lock.json": workspaces("other")}, "web/package-lock.json") != []
    assert left({**web, "package-lock.json": b"broken"}, "web/package-lock.json") != []
    assert left({**web, "pnpm-lock.yaml": PNPM}, "web/package-lock.json") == []
    assert left({**web, "pnpm-lock.yaml": PNPM.replace(b"web", b"api")}, "web/package-lock.json") != []
    assert left({"web/package.json": b"", "other/package-lock.json": b""}, "web/package-lock.json") != []


def test_a_lock_that_goes_with_its_manifest_and_a_file_of_no_lock_are_not() -> None:
    assert left({}, "web/package-lock.json") == []
    assert left({"package.json": b""}, "requirements.txt", "notes.txt") == []


def looked_at(before: dict[str, bytes], after: dict[str, bytes], *manifests: str) -> list[str]:
    """The locks that are compared on the new side."""
    seen: list[str] = []

    def compare_and_tell(path: str, data: bytes, siblings) -> tuple[Disagreement, ...]:
        seen.append(path)
        return ()

    found = ChangeSet("HEAD", "index", (), before.get, after.get, locks=("package-lock.json",), manifests=manifests)
    assert list(out_of_step(found, compare_and_tell, table.locks_of, table.manifests_of, table.same_record)) == []
    return seen[:1]


def npm(*packages: str, declared: str = "*") -> bytes:
    inside = {"": {"dependencies": {"a": declared}}, **{f"node_modules/{name}": {"version": "1"} for name in packages}}
    return json.dumps({"lockfileVersion": 3, "packages": {**inside, "zz/ws": {"name": "ws"}}}, indent=2).encode()


def test_a_lock_that_records_what_it_recorded_is_not_compared_unless_a_manifest_changed() -> None:
    one = {"package.json": b"{}", "package-lock.json": npm("a")}
    two = {**one, "package-lock.json": npm("a", "b")}
    assert looked_at(one, two) == []
    assert looked_at(one, two, "package.json") == ["package-lock.json"]
    assert looked_at(one, two, "web/package.json") == ["package-lock.json"]
    assert looked_at(one, two, "other.json") == []
    assert looked_at({}, two) == ["package-lock.json"]
    assert looked_at(one, {**one, "package-lock.json": npm("a", "b", declared="1")}) == ["package-lock.json"]
    assert looked_at(one, {**one, "package-lock.json": npm("a", "b").replace(b'"ws"', b'"w2"')}) == [
        "package-lock.json"
    ]
    assert looked_at(one, {**one, "package-lock.json": npm("a").replace(b"\n", b"")}) == []
    assert looked_at(one, {**one, "package-lock.json": npm("a")[:-1]}) == ["package-lock.json"]


def test_a_lock_without_a_manifest_beside_it_answers_to_nobody() -> None:
    alone = {"package-lock.json": npm("a")}
    assert looked_at(alone, {"package-lock.json": npm("a", declared="1")}) == []
    assert looked_at(alone, {"package-lock.json": npm("a", declared="1")}, "package.json") == ["package-lock.json"]
    assert table.manifests_of("tools/report.py.lock") == ("tools/report.py",)
