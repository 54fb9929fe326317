"""A changed pnpm lock read by what differs: when this way is taken, and that it tells what full reading does."""

from __future__ import annotations

import subprocess
import sys

import pytest

import audit
from osgate.formats import table
from osgate.intake import diff
from osgate.model.change import Blob, ChangedFile, ChangeSet, Intake
from osgate.model.dependency import Dependency

Entries = dict[str, dict[str, str]]
# Who requires what: a path's requirements by name.
BASE: Entries = {"a@1.0.0": {"b": "1.0.0"}, "b@1.0.0": {}, "c@1.0.0": {}, "d@1.0.0": {}}
B2: Entries = {"a@1.0.0": {"b": "2.0.0"}, "b@2.0.0": {}, "c@1.0.0": {}, "d@1.0.0": {}}
WANTED = {"dependencies": {"a": "1.0.0"}, "devDependencies": {"c": "1.0.0"}}


def lock(
    entries: Entries, wanted: dict[str, dict[str, str]] | None = None, digests: dict[str, str] | None = None
) -> bytes:
    """A lock of generation 9 as pnpm writes it."""
    made = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n"
    for field, names in (WANTED if wanted is None else wanted).items():
        made += f"    {field}:\n"
        made += "".join(f"      {name}:\n        specifier: ^1\n        version: {v}\n" for name, v in names.items())
    made += "\npackages:\n"
    for path in sorted({path.partition("(")[0] for path in entries}):
        made += f"\n  {path}:\n    resolution: {{integrity: sha512-{(digests or {}).get(path, 'AAAA')}}}\n"
    made += "\nsnapshots:\n"
    for path, requires in sorted(entries.items()):
        made += f"\n  {path}:" + ("\n    dependencies:\n" if requires else " {}\n")
        made += "".join(f"      {name}: {version}\n" for name, version in requires.items())
    return made.encode()


def by_difference(before: bytes, after: bytes) -> tuple[tuple[Dependency, ...], tuple[Dependency, ...]] | None:
    nothing: dict[str, bytes] = {}
    with audit.no_io():
        return table.read_change("pnpm-lock.yaml", before, after, nothing.get, nothing.get)


def taken_in(before: bytes, after: bytes, change_reader: diff.ChangeReader) -> Intake:
    nothing: dict[str, bytes] = {}
    files = (ChangedFile("pnpm-lock.yaml", Blob("file", before), Blob("file", after)),)
    return diff.intake(ChangeSet("", "", files, nothing.get, nothing.get), table.read, table.match, change_reader)


def both_ways(before: bytes, after: bytes) -> Intake:
    """What is taken in, which must not depend on the way of reading."""
    found = taken_in(before, after, table.read_change)
    assert found == taken_in(before, after, diff.read_whole)
    return found


def purls(found: tuple[tuple[Dependency, ...], tuple[Dependency, ...]] | None) -> list[list[str]]:
    assert found is not None
    return [[d.purl.removeprefix("pkg:npm/") for d in side] for side in found]


def test_only_what_differs_and_who_requires_it_is_made() -> None:
    assert purls(by_difference(lock(BASE), lock(B2))) == [["a@1.0.0", "b@1.0.0"], ["a@1.0.0", "b@2.0.0"]]
    (item,) = both_ways(lock(BASE), lock(B2)).introduced
    assert (item.change, item.dependency.purl, item.dependency.line) == ("upgraded", "pkg:npm/b@2.0.0", 20)
    assert (item.previous, item.via) == (("1.0.0",), ("pkg:npm/a@1.0.0",))


def test_the_way_down_is_told_although_nothing_on_it_changed() -> None:
    middle: Entries = {"a@1.0.0": {"m": "1.0.0"}, "m@1.0.0": {"n": "1.0.0"}, "n@1.0.0": {"b": "1.0.0"}}
    before = lock({**BASE, **middle, "b@1.0.0": {}})
    after = lock({**BASE, **middle, "b@1.0.0": {}}, digests={"b@1.0.0": "BBBB"})
    (item,) = both_ways(before, after).introduced
    assert item.change == "changed-digest"
    assert item.via == ("pkg:npm/a@1.0.0", "pkg:npm/m@1.0.0", "pkg:npm/n@1.0.0")


def test_a_package_whose_entry_is_the_same_may_reach_further() -> None:
    wider = {"dependencies": {"a": "1.0.0", "c": "1.0.0"}}
    (item,) = both_ways(lock(BASE), lock(BASE, wider)).introduced
    assert (item.change, item.dependency.purl) == ("widened-scope", "pkg:npm/c@1.0.0")
    (item,) = both_ways(lock(BASE), lock({**BASE, "b@1.0.0": {"c": "1.0.0"}})).introduced
    assert (item.change, item.via) == ("widened-scope", ())  # direct still, so nobody asks for the way


def test_a_new_peer_variant_brings_nothing_new() -> None:
    before = lock({**BASE, "b@1.0.0": {}})
    variants: Entries = {"a@1.0.0": {"b": "1.0.0(d@1.0.0)"}, "b@1.0.0(d@1.0.0)": {"d": "1.0.0"}}
    after = lock({**{k: v for k, v in BASE.items() if k != "b@1.0.0"}, **variants})
    assert both_ways(before, after).introduced == ()


def test_a_variant_may_carry_a_package_further() -> None:
    before = {**BASE, "c@1.0.0": {"b": "1.0.0(d@1.0.0)"}, "a@1.0.0": {}}
    before["b@1.0.0(d@1.0.0)"] = before.pop("b@1.0.0")
    after = {**before, "a@1.0.0": {"b": "1.0.0"}, "b@1.0.0": {}}
    (item,) = both_ways(lock(before), lock(after)).introduced
    assert (item.change, item.dependency.purl, item.dependency.scope) == ("widened-scope", "pkg:npm/b@1.0.0", "runtime")


def test_versions_that_were_there_before_are_told() -> None:
    many = {**BASE, "b@0.5.0": {}, "c@1.0.0": {"b": "0.5.0"}}
    (item,) = both_ways(lock(many), lock({**many, "d@1.0.0": {"b": "3.0.0"}, "b@3.0.0": {}})).introduced
    assert (item.dependency.version, item.previous) == ("3.0.0", ("0.5.0", "1.0.0"))


def test_what_is_gone_is_told() -> None:
    less: Entries = {"a@1.0.0": {}, "c@1.0.0": {}, "d@1.0.0": {}}
    assert both_ways(lock(BASE), lock(less)).removed == ("pkg:npm/b@1.0.0",)


def test_where_nothing_differs_nothing_is_made() -> None:
    assert by_difference(lock(BASE), lock(BASE)) == ((), ())
    moved = lock(BASE).replace(b"importers:", b"overrides:\n  b: 1.0.0\n\nimporters:")
    assert by_difference(lock(BASE), moved) == ((), ())


def test_a_folder_that_becomes_a_link_to_the_outside_is_seen() -> None:
    inside, outside = ({"dependencies": {"x": f"link:{place}"}} for place in ("lib", "../lib"))
    assert both_ways(lock(BASE, inside), lock(BASE, inside)).introduced == ()
    (item,) = both_ways(lock(BASE, inside), lock(BASE, outside)).introduced
    assert (item.dependency.component, item.dependency.source.url) == ("pkg:npm/x", "../lib")


def test_a_folder_that_is_no_project_any_more_is_looked_at_although_its_entry_is_the_same() -> None:
    away = {"dependencies": {"x": "file:lib"}}
    before = lock(BASE, away).replace(b"packages:\n", b"  lib: {}\n\npackages:\n", 1)
    kinds = [{d.source.kind for d in side if not d.version} for side in by_difference(before, lock(BASE, away)) or ()]
    assert kinds == [{"workspace"}, {"path"}]
    both_ways(before, lock(BASE, away))


def with_itself(main: bytes, version: str) -> bytes:
    """A lock with the document on pnpm itself in front."""
    own = lock({"pnpm@" + version: {"b": "1.0.0"}, "b@1.0.0": {}}, {"packageManagerDependencies": {"pnpm": version}})
    return b"---\n" + own + b"\n---\n" + main


def test_the_document_on_pnpm_itself_is_compared_with_its_own() -> None:
    before, after = (with_itself(lock(BASE), version) for version in ("11.0.0", "11.1.0"))
    assert by_difference(before, after) is not None
    (item,) = both_ways(before, after).introduced
    assert (item.change, item.dependency.purl, item.dependency.scope) == ("upgraded", "pkg:npm/pnpm@11.1.0", "build")
    assert {i.dependency.purl for i in both_ways(lock(BASE), before).introduced} == {"pkg:npm/pnpm@11.0.0"}
    assert both_ways(before, lock(BASE)).removed == ("pkg:npm/pnpm@11.0.0",)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"a: [", id="no YAML"),
        pytest.param(lock(B2).replace(b"'9.0'", b"'6.0'"), id="another generation"),
        pytest.param(lock(B2).replace(b"'9.0'", b"'10.0'"), id="unknown version"),
        pytest.param(lock(B2).replace(b"'9.0'", b'"9.0"'), id="another layout"),
        pytest.param(lock(B2) + b"# comment\n", id="comment"),
        pytest.param(lock(B2).replace(b"  c@1.0.0:\n", b"  b@2.0.0:\n", 1), id="a key twice"),
        pytest.param(lock(B2, digests={"b@2.0.0": "?"}), id="digest that is none"),
        pytest.param(lock({**B2, "d@1.0.0": {"b": "[x]"}}), id="requirement that is none"),
        pytest.param(lock({**B2, "e@latest": {}}), id="version that is none"),
        pytest.param(b"---\n" + lock(B2) + b"\n---\n" + lock(B2), id="two documents of one kind"),
    ],
)
def test_what_may_mean_more_is_read_whole(after: bytes) -> None:
    assert by_difference(lock(BASE), after) is None
    both_ways(lock(BASE), after)


def test_a_lock_that_was_unreadable_is_read_whole() -> None:
    assert by_difference(b"a: [", lock(BASE)) is None
    both_ways(b"a: [", lock(BASE))


def test_quotes_that_swallow_lines_hide_nothing() -> None:
    """A block that only seems to be one is never taken for what it is on the other side."""
    hidden = lock(BASE).replace(b"  c@1.0.0:\n    res", b'  bb@1.0.0:\n    deprecated: "\n\n  c@1.0.0:\n    res', 1)
    hidden = hidden.replace(b"  d@1.0.0:\n    res", b'  cc@1.0.0:\n    deprecated: "\n\n  d@1.0.0:\n    res', 1)
    assert by_difference(hidden, lock(BASE)) is None
    both_ways(hidden, lock(BASE))
    both_ways(lock(BASE), hidden)


LOADED = """
import sys
before = set(sys.modules)
from osgate.formats.pnpm_lock.change import read_change
a, b = (open(path, "rb").read() for path in sys.argv[1:])
assert read_change("pnpm-lock.yaml", a, b, {}.get, {}.get)
print(*sorted(set(sys.modules) - before))
"""


def test_the_ordinary_way_loads_neither_a_yaml_reader_nor_regular_expressions(tmp_path) -> None:
    paths = [tmp_path / "before.yaml", tmp_path / "after.yaml"]
    for path, data in zip(paths, (lock(BASE), lock(B2)), strict=True):
        path.write_bytes(data)
    done = subprocess.run([sys.executable, "-c", LOADED, *paths], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "osgate.formats.pnpm_lock.scan" in loaded
    unwanted = {"yaml", "re", "json", "typing", "enum", "dataclasses", "argparse", "pathlib", "subprocess", "logging"}
    assert loaded & unwanted == set()
