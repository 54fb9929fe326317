"""A changed lock read by what differs: when this way is taken, and that it tells what full reading does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import audit
from osgate.formats import table
from osgate.formats.uv_lock import change
from osgate.intake import diff
from osgate.model.change import Blob, ChangedFile, ChangeSet, Intake
from osgate.model.dependency import Dependency

HEAD = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n'
REGISTRY = '{ registry = "https://registry.example.test/simple" }'


def package(name: str, version: str = "1.0", wants: str = "", *, source: str = REGISTRY, more: str = "") -> str:
    """One package that requires the words of `wants`."""
    rows = "".join(f'    {{ name = "{word}" }},\n' for word in wants.split())
    number = f'version = "{version}"\n' if version else ""
    edges = f"dependencies = [\n{rows}]\n" if rows else ""
    return f'\n[[package]]\nname = "{name}"\n{number}source = {source}\n{edges}{more}'


def files(name: str, version: str = "1.0", digest: str = "ab") -> str:
    """What a package is installed from."""
    start = f"https://files.example.com/{name}-{version}"
    sdist = f'sdist = {{ url = "{start}.tar.gz", hash = "sha256:{digest * 32}", size = 1 }}\n'
    return sdist + f'wheels = [\n    {{ url = "{start}-py3-none-any.whl", size = 1 }},\n]\n'


def group(name: str, wants: str) -> str:
    rows = "".join(f'    {{ name = "{word}" }},\n' for word in wants.split())
    return f"\n[package.dev-dependencies]\n{name} = [\n{rows}]\n"


APP = package("app", wants="a", source='{ virtual = "." }')
A = package("a", wants="b")
B, C = package("b", more=files("b")), package("c", more=files("c"))
B2 = package("b", "2.0", more=files("b", "2.0"))


def lock(*packages: str, head: str = HEAD) -> bytes:
    return (head + "".join(packages)).encode()


def by_difference(before: bytes, after: bytes) -> tuple[tuple[Dependency, ...], tuple[Dependency, ...]] | None:
    nothing: dict[str, bytes] = {}
    with audit.no_io():
        return table.read_change("uv.lock", before, after, nothing.get, nothing.get)


def taken_in(before: bytes, after: bytes, change_reader: diff.ChangeReader) -> Intake:
    nothing: dict[str, bytes] = {}
    touched = (ChangedFile("uv.lock", Blob("file", before), Blob("file", after)),)
    return diff.intake(ChangeSet("", "", touched, nothing.get, nothing.get), table.read, table.match, change_reader)


def both_ways(before: bytes, after: bytes) -> Intake:
    """What is taken in, which must not depend on the way of reading."""
    found = taken_in(before, after, table.read_change)
    assert found == taken_in(before, after, diff.read_whole)
    return found


def test_only_what_differs_and_what_leads_there_is_told() -> None:
    found = by_difference(lock(APP, A, B, C), lock(APP, A, B2, C))
    assert found is not None
    assert [[d.purl for d in side] for side in found] == [
        ["pkg:pypi/b@1.0", "pkg:pypi/a@1.0"],
        ["pkg:pypi/b@2.0", "pkg:pypi/a@1.0"],
    ]
    (item,) = both_ways(lock(APP, A, B, C), lock(APP, A, B2, C)).introduced
    assert (item.change, item.dependency.purl, item.dependency.line) == ("upgraded", "pkg:pypi/b@2.0", 21)
    assert (item.via, item.previous) == (("pkg:pypi/a@1.0",), ("1.0",))
    assert len(item.dependency.digests) == 1


def test_where_nothing_differs_nothing_is_told() -> None:
    assert by_difference(lock(APP, A, B), lock(APP, A, B)) == ((), ())
    assert by_difference(lock(APP, A, B), lock(APP, A, B, head=HEAD.replace("3.11", "3.12"))) == ((), ())


def test_a_file_of_another_digest_is_told() -> None:
    (item,) = both_ways(lock(APP, A, B), lock(APP, A, package("b", more=files("b", digest="cd")))).introduced
    assert item.change == "changed-digest"


def test_another_host_of_files_is_told() -> None:
    moved = package("b", more=files("b", digest="cd")).replace("files.example.com", "elsewhere.example.com")
    (item,) = both_ways(lock(APP, A, B), lock(APP, A, moved)).introduced
    assert (item.change, item.dependency.source.url) == (
        "moved-source",
        "https://registry.example.test/simple https://elsewhere.example.com",
    )


def test_a_wider_reach_is_told_of_all_that_is_below() -> None:
    """Neither a, nor b, nor c stand otherwise than before; the project asks for the first of them now."""
    deep = (package("a", wants="b"), package("b", wants="c"), package("c"))
    before = lock(package("app", source='{ virtual = "." }', more=group("dev", "a")), *deep)
    after = lock(APP, *deep)
    assert by_difference(before, after) is not None
    told = both_ways(before, after).introduced
    assert [(item.change, item.dependency.purl) for item in told] == [
        ("widened-scope", f"pkg:pypi/{name}@1.0") for name in "abc"
    ]


def test_a_wider_reach_over_what_is_new_is_told() -> None:
    """What was there for tests is required by a newcomer, and with it what that requires."""
    app = package("app", source='{ virtual = "." }', more=group("test", "a"))
    before = lock(app, package("a", wants="b"), package("b"), package("c"))
    after = lock(
        package("app", wants="new", source='{ virtual = "." }', more=group("test", "a")),
        *(package("a", wants="b"), package("b"), package("c"), package("new", wants="a")),
    )
    assert by_difference(before, after) is not None
    changes = {item.dependency.purl: item.change for item in both_ways(before, after).introduced}
    assert changes == {
        "pkg:pypi/a@1.0": "widened-scope",
        "pkg:pypi/b@1.0": "widened-scope",
        "pkg:pypi/new@1.0": "added",
    }


def test_a_wider_reach_by_an_extra_is_told() -> None:
    extra = '\n[package.optional-dependencies]\nx = [\n    { name = "b" },\n]\n'
    rest = (package("a", more=extra), package("b"))
    plain = package("app", wants="a", source='{ virtual = "." }', more=group("dev", "b"))
    before, after = lock(plain, *rest), lock(plain.replace('{ name = "a" }', '{ name = "a", extra = ["x"] }'), *rest)
    assert by_difference(before, after) is not None
    (item,) = both_ways(before, after).introduced
    assert (item.change, item.dependency.purl, item.dependency.direct) == ("widened-scope", "pkg:pypi/b@1.0", True)


def test_what_a_folder_requires_is_the_repositorys_own_once_it_lies_inside() -> None:
    outside = package("lib", wants="b", source='{ directory = "../lib" }')
    app = package("app", source='{ virtual = "." }', more=group("dev", "lib"))
    before, after = lock(app, B, outside), lock(app, B, outside.replace("../lib", "lib"))
    assert by_difference(before, after) is not None
    (item,) = both_ways(before, after).introduced
    assert (item.change, item.dependency.purl) == ("widened-scope", "pkg:pypi/b@1.0")


def test_what_has_no_version_is_known_by_what_asks_for_it() -> None:
    folder = package("lib", "", source='{ directory = "../lib" }')
    asked = '\n[package.metadata]\nrequires-dist = [{ name = "lib", directory = "../lib" }]\n'
    before = lock(package("app", wants="lib", source='{ virtual = "." }'), folder)
    after = lock(package("app", wants="lib", source='{ virtual = "." }', more=asked), folder)
    assert by_difference(before, after) is not None
    both_ways(before, after)


def test_what_the_head_requires_is_compared() -> None:
    heads = [f'{HEAD}\n[manifest]\nrequirements = [{{ name = "{name}" }}]\n' for name in "ac"]
    before, after = lock(A, B, C, head=heads[0]), lock(A, B, C, head=heads[1])
    assert by_difference(before, after) is not None
    assert both_ways(before, after).introduced == ()
    told = by_difference(before, lock(A, B2, C, head=heads[1]))
    assert told is not None
    assert {d.component[9:]: d.direct for d in told[1]} == {"a": False, "b": False, "c": True}


def test_a_second_version_tells_what_was_there_before() -> None:
    fork = f'    {{ name = "b", version = "VERSION", source = {REGISTRY} }},\n'
    edges = f"dependencies = [\n{fork.replace('VERSION', '1.0')}{fork.replace('VERSION', '2.0')}]\n"
    app = package("app", source='{ virtual = "." }', more=edges)
    before = lock(package("app", wants="b", source='{ virtual = "." }'), B)
    after = lock(app, B, B2)
    (item,) = both_ways(before, after).introduced
    assert (item.change, item.previous, item.dependency.direct) == ("upgraded", ("1.0",), True)


def test_what_is_gone_is_told() -> None:
    found = both_ways(lock(APP, A, B, C), lock(APP, A, B))
    assert (found.introduced, found.removed) == ((), ("pkg:pypi/c@1.0",))


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(b"", id="empty"),
        pytest.param(lock(APP, A, B2) + b"\xff", id="no text"),
        pytest.param(lock(APP, A, B2) + "# 依赖".encode("gb18030"), id="another encoding"),
        pytest.param(lock(APP, A, B2).replace(b"version = 1\n", b"version = 2\n"), id="another version"),
        pytest.param(lock(APP, A, B2, head=HEAD + "# comment\n"), id="comment"),
        pytest.param(lock(APP, A, B2.replace(" = ", "=")), id="another layout"),
        pytest.param(lock(APP, A, B2.replace('name = "b"\n', "", 1)), id="no name"),
        pytest.param(lock(APP, A, B2, C.replace('name = "c"', 'name = "C"')), id="a name as people write it"),
        pytest.param(lock(APP, A, B2, 'x = """\n"""\n'), id="a string of several lines"),
        pytest.param(lock(APP, A, C), id="an edge to nothing"),
        pytest.param(lock(APP, A, B, B2), id="an edge to two"),
        pytest.param(lock(APP, A, B2, B2), id="one twice"),
        pytest.param(lock(APP, A, B2.replace("sha256:", "sha256-")), id="no digest"),
        pytest.param(lock(APP, A, package("b", "2.0", more='dependencies = [\n    "c",\n]\n'), C), id="no edge"),
        pytest.param(lock(APP, A, package("b", "2.0", more='dependencies = "c"\n'), C), id="no edges"),
        pytest.param(lock(APP.replace('{ name = "a" }', '{ name = "a", version = "7" }'), A, B2), id="another edge"),
    ],
)
def test_what_may_mean_more_is_read_whole(after: bytes) -> None:
    assert by_difference(lock(APP, A, B), after) is None
    both_ways(lock(APP, A, B), after)
    both_ways(after, lock(APP, A, B))


def test_a_chain_without_end_is_left_to_the_full_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change, "_MAX_ROUNDS", 3)
    chain = [package(f"p{n}", wants=f"p{n + 1}") for n in range(6)] + [package("p6")]
    before = lock(package("app", source='{ virtual = "." }', more=group("dev", "p0")), *chain)
    after = lock(package("app", source='{ virtual = "." }', wants="p0"), *chain)
    assert by_difference(before, after) is None
    assert len(both_ways(before, after).introduced) == 7


def test_the_commit_paths_way_needs_neither_parser_nor_expressions(tmp_path: Path) -> None:
    for name, data in (("old", lock(APP, A, B, C)), ("new", lock(APP, A, B2, C))):
        (tmp_path / name).write_bytes(data)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "old, new = (open(name, 'rb').read() for name in sys.argv[2:])\n"
        "from osgate.formats.uv_lock.change import read_change\n"
        "assert read_change('uv.lock', old, new, {}.get, {}.get) is not None\n"
        "print(*{'re', 'tomli', 'yaml', 'packaging', 'typing', 'dataclasses', 'logging'} & sys.modules.keys())"
    )
    source = Path(change.__file__).parents[3]
    ran = [sys.executable, "-I", "-S", "-c", program, str(source), str(tmp_path / "old"), str(tmp_path / "new")]
    done = subprocess.run(ran, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, [], "")
