"""Shapes of healthy projects that tools write, and small files that cost much: what an attacker and a stranger found.

The locks are written here as uv, npm and pnpm lay them out.
"""

from __future__ import annotations

import json

import pytest

import audit
from osgate.formats import table
from osgate.formats.lock_record import unchanged
from osgate.formats.npm_lock import tree
from osgate.model.change import Disagreement
from osgate.model.dependency import Unreadable

UV = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n'
REGISTRY = 'source = { registry = "https://packages.example.com/simple" }\n'


def nothing(path: str) -> None:
    """No other file is there."""


def compared(path: str, lock: str, **files: str) -> tuple[Disagreement, ...]:
    """What differs; names of files with `__` for a slash, without their ending."""
    ending = ".toml" if path.endswith(".lock") else ".json"
    content = {name.replace("__", "/") + ending: text.encode() for name, text in files.items()}
    with audit.no_io():
        return table.disagreements(path, lock.encode(), content.get)


def member(name: str, place: str, *needs: str) -> str:
    dist = "requires-dist = [\n" + "".join(f"    {need},\n" for need in needs) + "]\n"
    head = f'\n[[package]]\nname = "{name}"\nversion = "1"\nsource = {{ editable = "{place}" }}\n'
    return f"{head}\n[package.metadata]\n{dist}"


def project(name: str, *needs: str, more: str = "") -> str:
    return f'[project]\nname = "{name}"\nversion = "1"\ndependencies = {json.dumps(list(needs))}\n{more}'


@pytest.mark.parametrize("place", ["libs/b", "../other/b"])
def test_members_take_the_sources_of_their_workspace(place: str) -> None:
    lock = UV + member("b", place, '{ name = "c", git = "https://git.example.com/c" }', '{ name = "d" }')
    root = '[tool.uv.workspace]\nmembers = ["**"]\n[tool.uv.sources]\nc = { git = "https://git.example.com/c" }\n'
    found = compared(
        "app/uv.lock",
        lock,
        app__pyproject=project("app", more=root),
        other__pyproject=root,
        **{f"{'app/' if place[0] != '.' else ''}{place.removeprefix('../')}/pyproject": project("b", "c>=1", "d>=2")},
    )
    assert [(d.name, d.declared, d.locked) for d in found] == [("d", "d>=2", "d")]


def test_sources_of_a_manifest_that_is_no_root_count_for_nobody_else() -> None:
    lock = UV + member("b", "libs/b", '{ name = "c", git = "https://git.example.com/c" }')
    above = project("app", more='[tool.uv.sources]\nc = { git = "https://git.example.com/c" }\n')
    found = compared("uv.lock", lock, pyproject=above, libs__b__pyproject=project("b", "c>=1"))
    assert [(d.name, d.declared, d.locked) for d in found] == [("c", "c>=1", "c")]


def test_what_is_hidden_behind_a_package_of_a_registry_is_compared_too() -> None:
    plain = f'\n[[package]]\nname = "a"\nversion = "1"\n{REGISTRY}'
    hidden = '[[ package ]]\nname = "app"\nversion = "1"\nsource = { editable = "." }\n'
    lock = UV + plain + hidden + 'metadata = { requires-dist = [{ name = "evil" }] }\n'
    assert [d.name for d in compared("uv.lock", lock, pyproject=project("app"))] == ["evil"]
    assert not unchanged("uv-lock", lock.encode(), lock.replace("evil", "a").encode())


OVERRIDES = [
    "a@>=1.0.0 <1.2.6",
    "a@<2 || >=3",
    "a@1",
    "parent>a",
    "parent@>=2>a@>1",
    "'@scope/parent@^1>a'",
]


@pytest.mark.parametrize("selector", OVERRIDES)
def test_an_override_of_a_range_is_for_the_name_before_it(selector: str) -> None:
    lock = (
        f"lockfileVersion: '9.0'\n\noverrides:\n  {selector}: '>=9'\n\nimporters:\n\n  .:\n    dependencies:\n"
        "      a:\n        specifier: '>=9'\n        version: 9.0.0\n"
        "      b:\n        specifier: '>=9'\n        version: 9.0.0\n"
    )
    found = compared("pnpm-lock.yaml", lock, package=json.dumps({"dependencies": {"a": "^1.2.0", "b": "^8"}}))
    assert [(d.name, d.declared, d.locked) for d in found] == [("b", "^8", ">=9")]


def test_a_runtime_is_declared_elsewhere() -> None:
    lock = (
        "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    devDependencies:\n"
        "      node:\n        specifier: runtime:^24.4.0\n        version: runtime:24.4.1\n"
        "      b:\n        specifier: ^1\n        version: 1.0.0\n"
    )
    manifest = {"devEngines": {"runtime": {"name": "node", "version": "^24.4.0", "onFail": "download"}}}
    assert [d.name for d in compared("pnpm-lock.yaml", lock, package=json.dumps(manifest))] == ["b"]


PNPM = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      a:\n        specifier: ^1\n"
PNPM += "        version: 1.0.0\n\npackages:\n\n  a@1.0.0:\n    resolution: {integrity: sha512-aGVsbG8=}\n\n"
PNPM += "ignoredOptionalDependencies:\n  - x\n\nsnapshots:\n\n  a@1.0.0: {}\n"


def late(text: str) -> str:
    """The lock with its packages in front."""
    head, mark, packages = text.partition("packages:\n")
    return head[: head.index("importers:")] + mark + packages + head[head.index("importers:") :]


@pytest.mark.parametrize(
    ("before", "edit"),
    [
        pytest.param(late(PNPM), ("^1", "^2"), id="packages in front"),
        pytest.param(PNPM, ("- x", "- y"), id="a section between"),
        pytest.param(f"{PNPM}--- # two\n{late(PNPM)}", ("^1", "^2"), id="a second document"),
        pytest.param("{packages:\n {}, importers: {.: {specifiers: {a: ^1}}}}\n", ("^1", "^2"), id="flow"),
        pytest.param(
            PNPM.replace("importers:\n", "importers: *it\n").replace("packages:", "packages: &it"),
            ("1.0.0", "2.0.0"),
            id="alias",
        ),
    ],
)
def test_what_pnpm_records_is_found_wherever_it_stands(before: str, edit: tuple[str, str]) -> None:
    assert not unchanged("pnpm-lock", before.encode(), before.replace(*edit).encode())


def test_other_packages_are_the_same_record_for_pnpm() -> None:
    old, new = (PNPM.replace("sha512-aGVsbG8=", f"sha512-{digest}") for digest in ("aGVsbG8=", "aGVsbGg="))
    assert unchanged("pnpm-lock", old.encode(), new.encode())
    assert unchanged("pnpm-lock", old.encode(), new.replace("a@1.0.0: {}", "a@1.0.0: {}\n\n  b@1.0.0: {}").encode())


def test_what_npm_records_is_found_between_packages_too() -> None:
    entries = {
        "": {},
        "node_modules/a": {"version": "1.0.0"},
        "web": {"dependencies": {"a": "^1"}},
        "node_modules/b": {"version": "1.0.0"},
    }
    old = json.dumps({"lockfileVersion": 3, "packages": entries}, indent=2)
    assert not unchanged("npm-lock", old.encode(), old.replace("^1", "^2").encode())
    assert unchanged("npm-lock", old.encode(), old.replace("1.0.0", "1.0.1").encode())
    assert not unchanged("npm-lock", b"[]", b"[]")
    assert not unchanged("npm-lock", b"{", b"{")


def test_a_duplicate_on_the_old_side_is_left_to_the_full_reading() -> None:
    one, other = (f'\n[[package]]\nname = "{name}"\nversion = "1"\n{REGISTRY}' for name in "ab")
    fine, twice = UV + one, UV + one + one
    assert table.read_change("uv.lock", twice.encode(), (fine + other).encode(), nothing, nothing) is None
    assert table.read_change("uv.lock", fine.encode(), (fine + other).encode(), nothing, nothing) is not None


def test_an_override_with_blanks_does_not_cost_the_quick_reading() -> None:
    old = PNPM.replace("importers:", "overrides:\n  a@>=1.0.0 <1.2.6: '>=1.2.6'\n\nimporters:")
    both = table.read_change("pnpm-lock.yaml", old.encode(), old.replace("1.0.0", "1.0.1").encode(), nothing, nothing)
    assert both is not None
    assert [d.purl for d in both[1]] == ["pkg:npm/a@1.0.1"]
    with pytest.raises(Unreadable):
        table.read("pnpm-lock.yaml", PNPM.replace("importers:", "a b: {}\na b: {}\nimporters:").encode(), nothing)


def test_many_constraints_of_one_name_are_looked_at_once() -> None:
    count = 2_000
    pins = "".join(f"a==1.0; python_version < '{n}'\n" for n in range(count))
    files = {"c.txt": pins.encode()}
    found = table.read("requirements.txt", b"-c c.txt\n" + b"a; python_version < '7'\n" * count, files.get)
    assert {d.version for d in found} == {"1.0"}
    files["c.txt"] += b"a==2.0; python_version < '7'\n"
    with pytest.raises(Unreadable) as raised:
        table.read("requirements.txt", b"-c c.txt\na; python_version < '7'\n", files.get)
    assert (raised.value.reason, raised.value.ambiguous) == ("duplicate-pin", True)


def test_many_versions_of_one_name_are_looked_up_once() -> None:
    count = 2_000
    lock = UV + "".join(
        f'\n[[package]]\nname = "a"\nversion = "{n}"\n{REGISTRY}'
        f'dependencies = [\n    {{ name = "a", version = "{(n + 1) % count}" }},\n]\n'
        for n in range(count)
    )
    found = table.read("uv.lock", lock.encode(), nothing)
    assert [d.parents for d in found[:2]] == [(f"pkg:pypi/a@{count - 1}",), ("pkg:pypi/a@0",)]


def test_arguments_that_are_filled_in_again_and_again_are_refused() -> None:
    text = f"ARG A={'x' * 60_000}\n" + "ARG B=$A\n" * 1_000 + "FROM a\n"
    with pytest.raises(Unreadable) as raised:
        table.read("Dockerfile", text.encode(), nothing)
    assert raised.value.reason == "too-large"
    text = f"ARG A={'x' * 60_000}\n" + "ARG B=$A\n" * 100 + "FROM a\n"
    assert [d.purl for d in table.read("Dockerfile", text.encode(), nothing)] == ["pkg:docker/a"]


def test_looking_upwards_from_long_folders_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tree._MAX_STEPS == 5_000_000, "some seconds of looking; a tenth of it shows as well that it ends"
    monkeypatch.setattr(tree, "_MAX_STEPS", 500_000)
    deep = "node_modules/a" + "/node_modules/a" * 130
    wanted = {f"q{n}": "1" for n in range(30)}
    entries = {f"{deep}/node_modules/z{n}": {"version": "1.0.0", "dependencies": wanted} for n in range(15)}
    lock = json.dumps({"lockfileVersion": 3, "packages": {"": {}, **entries}})
    with pytest.raises(Unreadable) as raised:
        table.read("package-lock.json", lock.encode(), nothing)
    assert raised.value.reason == "too-deep"
