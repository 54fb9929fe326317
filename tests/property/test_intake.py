"""The algebra of intake: what may never depend on order, place or the way a change is cut."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.intake.compare import introduced
from osgate.intake.diff import intake
from osgate.intake.occurrences import third_party
from osgate.model.change import Blob, ChangedFile, ChangeSet, Intake
from osgate.model.dependency import Dependency, Source
from osgate.model.record import replace

VERSIONS = ("1.0.0", "1.2.0", "2.0.0-rc.1", "2.0.0", "main", "")
SOURCES = (
    Source("registry"),
    Source("registry", "https://packages.example.com/a.tgz"),
    Source("registry", "https://evil.example.com/a.tgz"),
    Source("git", "https://git.example.com/a.git", "v1"),
    Source("workspace", "packages/a"),
    Source("path", "file:../outside"),
    Source("path", "file:vendor/a.tgz"),
)
DIGESTS = ((), ("sha1:aa",), ("sha512:bb",), ("sha512:cc",), ("sha1:aa", "sha512:bb"))


PARENTS = tuple(
    tuple(f"pkg:npm/{name}@1.0.0" for name in names)
    for names in ("", "a", "b", "c", "d", "ab", "ac", "ad", "bc", "bd", "cd")
)
TOLD = (True, False, None)
# What the fields of a dependency may be, in the order in which `dependency` takes them.
FIELDS: tuple[Sequence[Any], ...] = (
    "abcd", VERSIONS, range(10), ("runtime", "dev", "test", "peer"), TOLD, PARENTS, SOURCES, DIGESTS, TOLD,
    (None, ">=1", ">=2"),
)  # fmt: skip


def dependency(number: int) -> Dependency:
    """The dependency with this number among all that FIELDS allow: drawing one number is much cheaper than ten."""
    chosen = []
    for field in FIELDS:
        number, at = divmod(number, len(field))
        chosen.append(field[at])
    name, version, *rest = chosen
    key = f"pkg:npm/{name}"
    return Dependency(key, version, f"{key}@{version}" if version else key, "package-lock.json", *rest)


files = st.lists(st.integers(0, prod(map(len, FIELDS)) - 1).map(dependency), max_size=8)
bounded = settings(max_examples=100, deadline=None)


def by_value(found: list[object]) -> list[str]:
    return sorted(map(repr, found))


@bounded
@given(files)
def test_no_change_introduces_nothing(held: list[Dependency]) -> None:
    assert introduced(held, held) == []
    assert introduced(held, [replace(d, line=d.line + 100, alias="other") for d in held]) == []


@bounded
@given(files)
def test_from_nothing_all_that_is_third_party_is_added(held: list[Dependency]) -> None:
    found = introduced([], held)
    assert {i.change for i in found} <= {"added"}
    assert {i.dependency.purl for i in found} == {d.purl for d in held if third_party(d)}


@bounded
@given(files, st.data())
def test_order_never_matters(held: list[Dependency], data: st.DataObject) -> None:
    before = data.draw(files)
    shuffled = introduced(data.draw(st.permutations(before)), data.draw(st.permutations(held)))
    assert by_value(list(shuffled)) == by_value(list(introduced(before, held)))


@bounded
@given(files, files)
def test_taking_away_introduces_nothing_new_in_kind(before: list[Dependency], after: list[Dependency]) -> None:
    """A part of a file introduces nothing against the whole of it."""
    assert introduced(before + after, after) == []


@bounded
@given(files, files, files)
def test_two_steps_cover_what_one_brings(a: list[Dependency], more: list[Dependency], most: list[Dependency]) -> None:
    """A within B within C: what C brings against A came in with one of the steps."""
    b = a + more
    c = b + most
    steps = {i.dependency.purl for i in introduced(a, b)} | {i.dependency.purl for i in introduced(b, c)}
    assert {i.dependency.purl for i in introduced(a, c)} <= steps


@bounded
@given(files, files)
def test_what_is_introduced_stands_in_the_file_with_its_own_place(
    before: list[Dependency], after: list[Dependency]
) -> None:
    had = {d.component for d in before if third_party(d)}
    for item in introduced(before, after):
        d = item.dependency
        assert (d.purl, d.line) in {(x.purl, x.line) for x in after}
        assert (item.change == "added") == (d.component not in had)
        assert item.via == () or not d.direct


trees = st.dictionaries(st.sampled_from(["a/lock", "b/lock", "c/lock", "d/lock"]), files, max_size=4)


def look(before: dict[str, list[Dependency]], after: dict[str, list[Dependency]], order: list[str]) -> Intake:
    """Read trees of ready-made dependencies: a file's content is the index of its list."""
    lists = [*before.values(), *after.values()]
    contents = {id(held): str(index).encode() for index, held in reversed(list(enumerate(lists)))}
    for index, held in enumerate(lists):  # Equal lists have equal contents.
        contents[id(held)] = (
            str(next(i for i, other in enumerate(lists) if other == held)).encode() or str(index).encode()
        )

    def blob(side: dict[str, list[Dependency]], path: str) -> Blob | None:
        return Blob("file", contents[id(side[path])]) if path in side else None

    def read(path: str, data: bytes, siblings: object) -> tuple[Dependency, ...]:
        return tuple(replace(d, path=path) for d in lists[int(data)])

    changed = tuple(ChangedFile(path, blob(before, path), blob(after, path)) for path in order)
    return intake(ChangeSet("", "", changed, lambda _: None, lambda _: None), read)


@bounded
@given(trees, st.permutations(["a/lock", "b/lock", "c/lock", "d/lock"]))
def test_moving_files_introduces_nothing(tree: dict[str, list[Dependency]], names: list[str]) -> None:
    moved = {f"moved/{name}": tree[name] for name in names if name in tree}
    found = look(tree, moved, [*tree, *moved])
    assert (found.introduced, found.removed, found.deleted) == ((), (), ())
    assert len(found.moved) == len(tree)


@bounded
@given(trees, trees)
def test_the_order_of_files_never_matters(
    before: dict[str, list[Dependency]], after: dict[str, list[Dependency]]
) -> None:
    paths = sorted({**before, **after})
    assert look(before, after, paths) == look(before, after, paths[::-1])
