"""Every way in which one manifest can bring something in, written out."""

from __future__ import annotations

import itertools

import pytest

from osgate.intake.compare import introduced
from osgate.model.dependency import Dependency, Source

pytestmark = pytest.mark.usefixtures("no_io_after_imports")
EVIL = Source("registry", "https://evil.example.com/left-pad-1.0.0.tgz")
GOOD = Source("registry", "https://packages.example.com/left-pad-1.0.0.tgz")


def git(name: str, ref: str) -> Source:
    return Source("git", f"https://git.example.com/{name}.git", ref)


@pytest.fixture
def no_io_after_imports(request: pytest.FixtureRequest) -> None:
    import osgate.versions.schemes
    import osgate.versions.semver  # noqa: F401 - loaded here, so that the armed code only computes

    request.getfixturevalue("no_io")


def npm(name: str, version: str = "1.0.0", **rest: object) -> Dependency:
    at = f"@{version}" if version else ""
    values: dict[str, object] = {"path": "package-lock.json", "line": 1, **rest}
    return Dependency(f"pkg:npm/{name}", version, f"pkg:npm/{name}{at}", **values)  # type: ignore[arg-type]


def changes(before: list[Dependency], after: list[Dependency]) -> list[tuple[str, str]]:
    return sorted((item.change, item.dependency.purl) for item in introduced(before, after))


def test_a_component_the_file_did_not_have_is_added() -> None:
    (item,) = introduced([npm("a")], [npm("a"), npm("b", line=7)])
    assert (item.change, item.dependency.purl, item.previous) == ("added", "pkg:npm/b@1.0.0", ())


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (["1.9.0"], ["1.10.0"], [("upgraded", "pkg:npm/a@1.10.0")]),
        (["1.10.0"], ["1.9.0"], [("downgraded", "pkg:npm/a@1.9.0")]),
        (["1.0.0", "3.0.0"], ["2.0.0", "3.0.0"], [("upgraded", "pkg:npm/a@2.0.0")]),
        (["1.0.0", "3.0.0"], ["2.0.0"], [("downgraded", "pkg:npm/a@2.0.0")]),
        (["2.0.0"], ["1.0.0", "2.0.0"], [("downgraded", "pkg:npm/a@1.0.0")]),
        (["main"], ["1.0.0"], [("upgraded", "pkg:npm/a@1.0.0")]),
        (["1.0.0", "2.0.0"], ["2.0.0"], []),
    ],
)
def test_direction(before: list[str], after: list[str], expected: list[tuple[str, str]]) -> None:
    assert changes([npm("a", v) for v in before], [npm("a", v) for v in after]) == expected


def test_a_type_without_order_is_upgraded_either_way() -> None:
    old, new = "b" * 40, "a" * 40
    action = [Dependency("pkg:github/o/r", ref, f"pkg:github/o/r@{ref}", "x.yml") for ref in (old, new)]
    for a, b in itertools.permutations(action):
        assert [(i.change, i.previous) for i in introduced([a], [b])] == [("upgraded", (a.version,))]


def test_previous_lists_all_versions_in_file_order() -> None:
    before = [npm("a", "1.0.0", line=9), npm("a", "2.0.0", line=3), npm("a", "1.0.0", line=1)]
    (item,) = introduced(before, [npm("a", "3.0.0")])
    assert item.previous == ("1.0.0", "2.0.0")


def test_a_changed_range_without_a_lock_is_a_change() -> None:
    old, new = npm("a", "", requirement=">=1"), npm("a", "", requirement=">=2")
    assert changes([old], [new]) == [("upgraded", "pkg:npm/a")]
    assert changes([old], [npm("a", "", requirement=">=1", line=40)]) == []


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        (GOOD, EVIL, True),
        (Source("registry"), EVIL, True),
        (GOOD, Source("registry"), True),
        (GOOD, Source("url", GOOD.url), True),
        (GOOD, Source("registry", f"{GOOD.url}#main"), False),
        (GOOD, Source("registry", "https://packages.example.com/other/left-pad-1.0.0.tgz"), True),
        (git("a", "1" * 40), git("a", "2" * 40), True),
        (git("a", "v1"), git("b", "v1"), True),
    ],
)  # fmt: skip
def test_moved_source(old: Source, new: Source, moved: bool) -> None:
    found = changes([npm("left-pad", source=old)], [npm("left-pad", source=new)])
    assert found == ([("moved-source", "pkg:npm/left-pad@1.0.0")] if moved else [])


def test_another_path_on_the_same_host_is_no_move_while_a_digest_holds_it() -> None:
    mirror = Source("registry", "https://packages.example.com/mirror/left-pad-1.0.0.tgz")
    old = npm("left-pad", source=GOOD, digests=("sha512:aa",))
    assert changes([old], [npm("left-pad", source=mirror, digests=("sha512:aa",))]) == []
    assert changes([old], [npm("left-pad", source=mirror, digests=("sha512:bb",))])[0][0] == "moved-source"


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("sha512:aa", "sha512:bb", True),
        ("sha512:aa", "", True),
        ("sha512:aa", "sha1:cc", True),
        ("sha1:cc sha512:aa", "sha1:cc", True),
        ("sha1:cc", "sha1:cc sha512:aa", True),
        ("sha1:cc", "sha512:aa", True),
        ("", "sha512:aa", False),
        ("sha256:aa sha256:bb", "sha256:aa", False),
        ("sha256:aa", "sha256:aa sha256:bb", True),
        ("sha1:cc", "sha1:dd sha512:aa", True),
    ],
)
def test_changed_digest(old: str, new: str, changed: bool) -> None:
    before, after = npm("a", digests=tuple(old.split())), npm("a", digests=tuple(new.split()))
    assert changes([before], [after]) == ([("changed-digest", "pkg:npm/a@1.0.0")] if changed else [])


def test_widened_scope_only_beyond_all_that_was_there() -> None:
    dev, run, peer = npm("a", scope="dev"), npm("a", scope="runtime", line=5), npm("a", scope="peer", line=6)
    assert changes([dev], [run]) == [("widened-scope", "pkg:npm/a@1.0.0")]
    assert changes([dev], [dev, peer]) == [("widened-scope", "pkg:npm/a@1.0.0")]
    assert changes([dev, run], [peer]) == []
    assert changes([run], [dev]) == []


def test_an_alias_is_no_intake() -> None:
    assert changes([npm("a")], [npm("a", alias="b")]) == []


def test_occurrences_count_once_with_all_that_they_say() -> None:
    after = [
        npm("a", line=30, scope="runtime", direct=False, parents=("pkg:npm/c@1.0.0",)),
        npm("a", line=10, scope="dev", direct=True, parents=(), install_code=None),
        npm("a", line=20, scope="test", direct=False, parents=("pkg:npm/b@1.0.0",), mutable=True),
    ]
    for order in itertools.permutations(after):
        (item,) = introduced([], list(order))
        d = item.dependency
        assert (d.line, d.scope, d.direct, d.install_code, d.mutable) == (10, "runtime", True, None, True)
        assert d.parents == ("pkg:npm/b@1.0.0", "pkg:npm/c@1.0.0")
        assert item.via == ()


def test_the_same_version_from_two_places_counts_twice() -> None:
    assert changes([], [npm("a", source=GOOD), npm("a", source=EVIL)]) == [("added", "pkg:npm/a@1.0.0")] * 2
    assert changes([npm("a", source=GOOD)], [npm("a", source=GOOD), npm("a", source=EVIL)]) == [
        ("moved-source", "pkg:npm/a@1.0.0")
    ]


@pytest.mark.parametrize(
    ("source", "path", "third"),
    [
        (Source("workspace", "packages/a"), "package-lock.json", False),
        (Source("path", "file:packages/a"), "package-lock.json", False),
        (Source("path", "./lib"), "requirements.txt", False),
        (Source("path", "../lib"), "app/requirements.txt", False),
        (Source("path", "../lib"), "requirements.txt", True),
        (Source("path", "../../lib/../x"), "app/requirements.txt", True),
        (Source("path", "/opt/lib"), "app/requirements.txt", True),
        (Source("path", "C:\\lib"), "app/requirements.txt", True),
        (Source("path", "..\\lib"), "requirements.txt", True),
        (Source("path", "file:vendor/a-1.0.0.tgz"), "package-lock.json", True),
        (Source("path", "vendor/A-1.0-py3-none-any.WHL#sha256=aa"), "requirements.txt", True),
        (Source("unknown"), "requirements.txt", True),
    ],
)
def test_first_party_stays_out(source: Source, path: str, third: bool) -> None:
    assert bool(introduced([], [npm("a", source=source, path=path)])) is third


def test_a_workspace_member_that_comes_from_a_registry_now_is_added() -> None:
    assert changes([npm("a", source=Source("workspace"))], [npm("a")]) == [("added", "pkg:npm/a@1.0.0")]


def test_the_way_down_is_named() -> None:
    after = [
        npm("app-dep", direct=True),
        npm("mid", parents=("pkg:npm/app-dep@1.0.0",), direct=False),
        npm("leaf", parents=("pkg:npm/mid@1.0.0",), direct=False),
    ]
    (item,) = introduced(after[:2], after)
    assert item.via == ("pkg:npm/app-dep@1.0.0", "pkg:npm/mid@1.0.0")


def test_of_a_type_nobody_knows_any_other_version_is_upgraded() -> None:
    one, two = [Dependency("pkg:unknown/a", v, f"pkg:unknown/a@{v}", "x.lock") for v in ("2.0", "1.0")]
    assert changes([one], [two]) == [("upgraded", "pkg:unknown/a@1.0")]
