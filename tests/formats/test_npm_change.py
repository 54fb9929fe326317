"""A changed lock read by what differs: when this way is taken, and that it tells what full reading does."""

from __future__ import annotations

import json
from typing import Any

import pytest

import audit
from osgate.formats import table
from osgate.intake import diff
from osgate.model.change import Blob, ChangedFile, ChangeSet, Intake
from osgate.model.dependency import Dependency

Packages = dict[str, dict[str, Any]]
BASE: Packages = {
    "": {"name": "app", "dependencies": {"a": "^1"}},
    "node_modules/a": {"version": "1.0.0", "dependencies": {"b": "*"}},
    "node_modules/b": {"version": "1.0.0"},
    "node_modules/c": {"version": "1.0.0"},
}
B2: Packages = {"node_modules/b": {"version": "2.0.0"}}


def lock(packages: object, **more: object) -> bytes:
    return json.dumps({"lockfileVersion": 3, **more, "packages": packages}, indent=2).encode()


def by_difference(before: bytes, after: bytes) -> tuple[tuple[Dependency, ...], tuple[Dependency, ...]] | None:
    nothing: dict[str, bytes] = {}
    with audit.no_io():
        return table.read_change("package-lock.json", before, after, nothing.get, nothing.get)


def taken_in(before: bytes, after: bytes, change_reader: diff.ChangeReader) -> Intake:
    nothing: dict[str, bytes] = {}
    files = (ChangedFile("package-lock.json", Blob("file", before), Blob("file", after)),)
    change = ChangeSet("", "", files, nothing.get, nothing.get)
    return diff.intake(change, table.read, table.match, change_reader)


def both_ways(before: bytes, after: bytes) -> Intake:
    """What is taken in, which must not depend on the way of reading."""
    found = taken_in(before, after, table.read_change)
    assert found == taken_in(before, after, diff.read_whole)
    return found


def test_only_what_differs_and_what_requires_it_is_made() -> None:
    found = by_difference(lock(BASE), lock({**BASE, **B2}))
    assert found is not None
    assert [[d.purl for d in side] for side in found] == [
        ["pkg:npm/a@1.0.0", "pkg:npm/b@1.0.0"],
        ["pkg:npm/a@1.0.0", "pkg:npm/b@2.0.0"],
    ]
    (item,) = both_ways(lock(BASE), lock({**BASE, **B2})).introduced
    assert (item.dependency.purl, item.dependency.line, item.via) == ("pkg:npm/b@2.0.0", 16, ("pkg:npm/a@1.0.0",))


def test_the_way_down_is_told_although_nothing_on_it_changed() -> None:
    longer: Packages = {
        "node_modules/a": {"version": "1.0.0", "dependencies": {"m": "*"}},
        "node_modules/m": {"version": "1.0.0", "dependencies": {"b": "*"}},
    }
    (item,) = both_ways(lock({**BASE, **longer}), lock({**BASE, **longer, **B2})).introduced
    assert item.via == ("pkg:npm/a@1.0.0", "pkg:npm/m@1.0.0")


def test_what_was_there_under_another_name_is_not_new() -> None:
    alias: Packages = {"node_modules/older": {"name": "b", "version": "2.0.0"}}
    found = by_difference(lock({**BASE, **alias}), lock({**BASE, **alias, **B2}))
    assert found is not None
    assert "pkg:npm/b@2.0.0" in {d.purl for d in found[0]}
    assert both_ways(lock({**BASE, **alias}), lock({**BASE, **alias, **B2})).introduced == ()


def test_what_the_root_declares_otherwise_is_looked_at_although_its_entry_is_the_same() -> None:
    dev: Packages = {"node_modules/c": {"version": "1.0.0", "dev": True}}
    sides = [lock({**BASE, **dev, "": {field: {"c": "*"}}}) for field in ("devDependencies", "dependencies")]
    assert by_difference(*sides) is not None
    (item,) = both_ways(*sides).introduced
    assert (item.change, item.dependency.purl) == ("widened-scope", "pkg:npm/c@1.0.0")


def test_who_sees_another_package_of_the_name_does_not_require_it() -> None:
    inner: Packages = {
        "node_modules/c": {"version": "1.0.0", "dependencies": {"b": "*", "d": "*"}},
        "node_modules/c/node_modules/b": {"version": "3.0.0"},
        "node_modules/d": {"version": "1.0.0"},
    }
    newer: Packages = {"node_modules/c/node_modules/b": {"version": "3.1.0"}, "node_modules/d": {"version": "2.0.0"}}
    found = by_difference(lock({**BASE, **inner}), lock({**BASE, **inner, **newer}))
    assert found is not None
    assert {d.purl: d.parents for d in found[1] if d.version != "1.0.0"} == {
        "pkg:npm/b@3.1.0": ("pkg:npm/c@1.0.0",),
        "pkg:npm/d@2.0.0": ("pkg:npm/c@1.0.0",),
    }
    assert len(both_ways(lock({**BASE, **inner}), lock({**BASE, **inner, **newer})).introduced) == 2


def test_where_nothing_differs_nothing_is_made() -> None:
    assert by_difference(lock(BASE), lock(BASE, name="app")) == ((), ())


def test_a_key_given_twice_is_judged_on_the_new_side_only() -> None:
    before = lock(BASE).replace(b'"lockfileVersion": 3,', b'"lockfileVersion": 3,\n  "lockfileVersion": 3,', 1)
    assert by_difference(before, lock({**BASE, **B2})) is not None
    assert by_difference(lock({**BASE, **B2}), before) is None


def test_a_root_that_is_called_like_a_changed_package_is_none_itself() -> None:
    root = {"": {"name": "b", "dependencies": {"a": "^1"}}}
    found = by_difference(lock({**BASE, **root}), lock({**BASE, **root, **B2}))
    assert found is not None
    assert [d.purl for d in found[1]] == ["pkg:npm/a@1.0.0", "pkg:npm/b@2.0.0"]
    both_ways(lock({**BASE, **root}), lock({**BASE, **root, **B2}))


def test_an_address_for_it_in_an_entry_that_did_not_change_still_tells_where_it_is_from() -> None:
    by_address = {"node_modules/c": {"version": "1.0.0", "dependencies": {"b": "https://files.example.com/b.tgz"}}}
    b2 = {"node_modules/b": {"version": "2.0.0", "resolved": "https://files.example.com/b.tgz"}}
    whole = [lock({**BASE, **by_address}), lock({**BASE, **by_address, **b2})]
    assert by_difference(*whole) is not None
    (item,) = both_ways(*whole).introduced
    assert item.dependency.source.kind == "url"


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(b"{", id="no JSON"),
        pytest.param(b"[]", id="no object"),
        pytest.param(lock({**BASE, **B2}, lockfileVersion=2), id="another version"),
        pytest.param(lock({**BASE, **B2}, dependencies={}), id="two halves"),
        pytest.param(lock([]), id="packages are none"),
        pytest.param(lock({**BASE, "node_modules/b": 7}), id="an entry is none"),
        pytest.param(lock({place: entry for place, entry in BASE.items() if place}), id="no root"),
        pytest.param(lock({**BASE, "": {"dependencies": ["a"]}}), id="declarations are none"),
        pytest.param(lock({**BASE, "libs/x": {"version": "1.0.0"}}), id="a folder of the repository"),
        pytest.param(
            lock({**BASE, "node_modules/b": {"version": "2.0.0", "dependencies": []}}), id="requires no names"
        ),
        pytest.param(
            lock({**BASE, "node_modules/b": {"version": "2.0.0", "dependencies": {"c": "git+ssh://h.example.com/c"}}}),
            id="requires by address",
        ),
        pytest.param(
            lock({**BASE, **B2, "node_modules/a": {**BASE["node_modules/a"], "dependencies": {"b": 7}}}),
            id="requires what is no range",
        ),
        pytest.param(json.dumps(json.loads(lock({**BASE, **B2}))).encode(), id="another layout"),
    ],
)
def test_what_may_mean_more_is_read_whole(after: bytes) -> None:
    assert by_difference(lock(BASE), after) is None
    both_ways(lock(BASE), after)


def test_a_range_that_is_none_in_an_entry_that_did_not_change_is_refused_as_ever() -> None:
    odd = {"node_modules/c": {"version": "1.0.0", "dependencies": {"b": 7}}}
    assert by_difference(lock({**BASE, **odd}), lock({**BASE, **odd, **B2})) is None
    (problem,) = both_ways(lock({**BASE, **odd}), lock({**BASE, **odd, **B2})).problems
    assert problem.reason == "malformed"


def test_formats_without_such_a_way_are_read_whole() -> None:
    nothing: dict[str, bytes] = {}
    for path in ("README.md", "requirements.txt"):
        assert table.read_change(path, b"a==1", b"a==2", nothing.get, nothing.get) is None


def test_a_root_that_declares_no_text_is_left_to_the_full_reading() -> None:
    before = {"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": "1"}}}}
    after = {"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": 1}}}}
    sides = [json.dumps(side, indent=2).encode() for side in (before, after)]
    assert table.read_change("package-lock.json", *sides, {}.get, {}.get) is None


def test_a_chain_without_end_is_left_to_the_full_reading() -> None:
    chain: Packages = {"": {"dependencies": {"p0": "1"}}}
    for n in range(80):
        chain[f"node_modules/p{n}"] = {"version": "1.0.0", "dependencies": {f"p{n + 1}": "*"}}
    after = {**chain, "node_modules/p79": {"version": "2.0.0"}}
    assert by_difference(lock(chain), lock(after)) is None
