"""Where a lock of npm or pnpm and the manifests it answers to differ."""

from __future__ import annotations

import json
from typing import Any

import pytest

import audit
from osgate.formats import table
from osgate.formats.npm_lock import agreement as npm
from osgate.formats.pnpm_lock import agreement as pnpm
from osgate.model.change import Disagreement
from osgate.model.dependency import Unreadable

Manifest = dict[str, Any]


def npm_lock(*, version: int = 3, **packages: Manifest) -> bytes:
    """A lock of npm; `root` stands for the root, other folders have their slashes as double underscores."""
    entries = {"" if name == "root" else name.replace("__", "/"): entry for name, entry in packages.items()}
    return json.dumps({"lockfileVersion": version, "packages": entries}).encode()


def pnpm_lock(fields: dict[str, dict[str, str]], *, folder: str = ".", head: str = "") -> bytes:
    made = f"lockfileVersion: '9.0'\n{head}\nimporters:\n\n  {folder}:\n"
    for field, wanted in fields.items():
        made += f"    {field}:\n"
        made += "".join(
            f"      '{name}':\n        specifier: '{s}'\n        version: 1.0.0\n" for name, s in wanted.items()
        )
    return made.encode()


def old_pnpm_lock(specifiers: dict[str, str]) -> bytes:
    lines = "".join(f"  {name}: '{specifier}'\n" for name, specifier in specifiers.items())
    wanted = "".join(f"  {name}: 1.0.0\n" for name in specifiers)
    return f"lockfileVersion: 5.4\n\nspecifiers:\n{lines}\ndependencies:\n{wanted}".encode()


def found(module: Any, data: bytes, path: str = "lock", **manifests: Manifest | bytes) -> tuple[Disagreement, ...]:
    """What differs; manifests by folder, `root` for the root."""
    files = {
        ("" if folder == "root" else folder.replace("__", "/") + "/") + "package.json": manifest
        if isinstance(manifest, bytes)
        else json.dumps(manifest, indent=1).encode()
        for folder, manifest in manifests.items()
    }
    with audit.no_io():
        made: tuple[Disagreement, ...] = module.disagreements(path, data, files.get)
    return made


def pair(module: Any, locked: dict[str, dict[str, str]]) -> bytes:
    return npm_lock(root=locked) if module is npm else pnpm_lock(locked)


BOTH = pytest.mark.parametrize("module", [npm, pnpm], ids=["npm", "pnpm"])


def test_the_table_names_the_modules() -> None:
    rows = {row.id: row.agreement for row in table.ROWS}
    assert rows["npm-lock"] == npm.__name__
    assert rows["pnpm-lock"] == pnpm.__name__


@BOTH
def test_what_was_added_changed_and_taken_away_is_found(module: Any) -> None:
    data = pair(module, {"dependencies": {"a": "^1", "b": "^1", "gone": "~3"}, "devDependencies": {"d": "1"}})
    manifest = {"dependencies": {"a": "^1", "b": "^2"}, "devDependencies": {"d": "1", "new": "*"}}
    assert found(module, data, root=manifest) == (
        Disagreement("package.json", 4, "b", "^2", "^1"),
        Disagreement("package.json", 8, "new", "*", ""),
        Disagreement("package.json", 0, "gone", "", "~3"),
    )


@BOTH
def test_where_both_say_the_same_there_is_nothing(module: Any) -> None:
    fields = {"dependencies": {"a": "npm:b@^1", "@s/c": "file:../c"}, "optionalDependencies": {"d": "workspace:*"}}
    assert found(module, pair(module, fields), root=fields) == ()


@BOTH
def test_blanks_and_no_range_at_all_mean_nothing(module: Any) -> None:
    fields = {"dependencies": {"a": " ^1 ", "b": "", "c": "*"}}
    locked = {"dependencies": {"a": "^1", "b": "*", "c": ""}}
    assert found(module, pair(module, locked), root=fields) == ()


@BOTH
def test_of_several_declarations_the_one_that_wins_counts(module: Any) -> None:
    manifest = {"devDependencies": {"a": "1"}, "dependencies": {"a": "2"}, "optionalDependencies": {"a": "3"}}
    assert found(module, pair(module, {"optionalDependencies": {"a": "3"}}), root=manifest) == ()
    (one,) = found(module, pair(module, {"dependencies": {"a": "2"}}), root=manifest)
    assert (one.declared, one.locked) == ("3", "2")


@BOTH
def test_peers_are_compared_where_the_lock_records_them(module: Any) -> None:
    manifest = {"peerDependencies": {"a": ">=1"}}
    field = "peerDependencies" if module is npm else "dependencies"
    assert found(module, pair(module, {}), root=manifest) == ()
    assert found(module, pair(module, {field: {"a": ">=1"}}), root=manifest) == ()
    assert [d.locked for d in found(module, pair(module, {field: {"a": ">=2"}}), root=manifest)] == [">=2"]


@BOTH
def test_a_manifest_that_is_not_there_is_left_out(module: Any) -> None:
    assert found(module, pair(module, {"dependencies": {"a": "1"}})) == ()


@BOTH
@pytest.mark.parametrize(
    "manifest", [b"", b"{", b"[]", b'{"a": 1, "a": 2}', b'{"dependencies": []}', b'{"dependencies": {"a": 1}}']
)
def test_a_manifest_that_cannot_be_read_is_refused(module: Any, manifest: bytes) -> None:
    with pytest.raises(Unreadable):
        found(module, pair(module, {"dependencies": {"a": "1"}}), root=manifest)


@BOTH
def test_a_lock_that_cannot_be_read_is_refused(module: Any) -> None:
    with pytest.raises(Unreadable):
        found(module, b"{", root={})


@BOTH
def test_manifests_lie_beside_the_lock_wherever_it_is(module: Any) -> None:
    data = pair(module, {"dependencies": {"a": "1"}})
    differing: dict[str, Manifest] = {"web": {"dependencies": {"a": "2"}}, "root": {"dependencies": {"a": "3"}}}
    assert [d.manifest for d in found(module, data, "web/lock", **differing)] == ["web/package.json"]


def test_npm_workspaces_have_manifests_of_their_own() -> None:
    data = npm_lock(
        root={"workspaces": ["libs/*"]},
        libs__a={"version": "1.0.0", "dependencies": {"x": "1"}},
        node_modules__a={"resolved": "libs/a", "link": True},
        node_modules__x={"version": "1.0.0", "dependencies": {"y": "1"}},
        libs__a__node_modules__x={"version": "1.0.0", "dependencies": {"y": "1"}},
    )
    manifests: dict[str, Manifest] = {"root": {}, "libs__a": {"devDependencies": {"x": "2"}}}
    manifests |= {"libs__a__node_modules__x": {"dependencies": {"y": "2"}}}
    assert found(npm, data, **manifests) == (Disagreement("libs/a/package.json", 3, "x", "2", "1"),)


def test_npm_folders_outside_of_the_repository_are_left_out() -> None:
    files = {"../lib/package.json": b'{"dependencies": {"x": "2"}}'}
    entries = {"": {}, "../lib": {"version": "1.0.0", "dependencies": {"x": "1"}}}
    data = json.dumps({"lockfileVersion": 3, "packages": entries}).encode()
    assert npm.disagreements("package-lock.json", data, files.get) == ()


def test_npm_version_1_has_no_record() -> None:
    data = b'{"lockfileVersion": 1, "dependencies": {"a": {"version": "1.0.0"}}}'
    assert found(npm, data, root={"dependencies": {"a": "2"}}) == ()


@pytest.mark.parametrize("entry", [{"dependencies": ["a"]}, {"dependencies": {"a": 1}}])
def test_npm_records_that_are_none_are_refused(entry: Manifest) -> None:
    with pytest.raises(Unreadable, match="malformed"):
        found(npm, npm_lock(root=entry), root={})


def test_pnpm_of_generation_5_keeps_specifiers_apart() -> None:
    manifest = {"dependencies": {"a": "^2", "b": "1"}}
    assert [d.name for d in found(pnpm, old_pnpm_lock({"a": "^1", "b": "1", "c": "1"}), root=manifest)] == ["a", "c"]


def test_pnpm_projects_have_manifests_of_their_own() -> None:
    data = pnpm_lock({"dependencies": {"a": "1"}}, folder="apps/web")
    (one,) = found(
        pnpm, data, "js/pnpm-lock.yaml", js__apps__web={"dependencies": {"a": "2"}}, root={"dependencies": {}}
    )
    assert one == Disagreement("js/apps/web/package.json", 3, "a", "2", "1")


def test_pnpm_packages_are_nobody_s_business_here() -> None:
    wanted = {"dependencies": {"a": "1"}}
    for packages in (b"\npackages:\n\n  odd\n", b"\npackages: {}\n", b"\npackages:\n  - a\n"):
        assert found(pnpm, pnpm_lock(wanted) + packages, root=wanted) == ()


def test_pnpm_projects_outside_of_the_repository_are_left_out() -> None:
    files = {"../web/package.json": b'{"dependencies": {"a": "2"}}'}
    assert (
        pnpm.disagreements("pnpm-lock.yaml", pnpm_lock({"dependencies": {"a": "1"}}, folder="../web"), files.get) == ()
    )


MANIFEST: Manifest = {"dependencies": {"a": "1", "b": "1"}, "optionalDependencies": {"o": "1"}}


@pytest.mark.parametrize(
    ("head", "names"),
    [
        ("", ["o", "a", "b", "c"]),
        ("\noverrides:\n  a: 3.0.0\n", ["o", "b", "c"]),
        ("\noverrides:\n  x>a@2: 3.0.0\n  '@s/b@1': 2.0.0\n", ["o", "b", "c"]),
        ("\nignoredOptionalDependencies:\n  - o*\n", ["a", "b", "c"]),
        ("\npackageExtensionsChecksum: abc\n", ["o", "a", "b"]),
        ("\npnpmfileChecksum: abc\n", []),
        ("\nsettings:\n  excludeLinksFromLockfile: true\n", ["o", "a", "b", "c"]),
    ],
)
def test_what_pnpm_may_have_changed_is_left_out(head: str, names: list[str]) -> None:
    data = pnpm_lock({"dependencies": {"a": "2", "b": "2", "c": "2"}}, head=head)
    assert [d.name for d in found(pnpm, data, root=MANIFEST)] == names


def test_links_that_pnpm_was_told_to_leave_out_are_not_missed() -> None:
    manifest = {"dependencies": {"a": "link:../a", "b": "1"}}
    data = pnpm_lock({"dependencies": {"b": "1"}}, head="\nsettings:\n  excludeLinksFromLockfile: true\n")
    assert found(pnpm, data, root=manifest) == ()
    assert [d.name for d in found(pnpm, pnpm_lock({"dependencies": {"b": "1"}}), root=manifest)] == ["a"]


def test_the_document_on_pnpm_itself_is_not_compared() -> None:
    own = pnpm_lock({"packageManagerDependencies": {"pnpm": "11.0.0"}})
    assert found(pnpm, own, root={"dependencies": {"a": "1"}}) == ()
    both = b"---\n" + own + b"\n---\n" + pnpm_lock({"dependencies": {"a": "2"}})
    assert [d.name for d in found(pnpm, both, root={"dependencies": {"a": "1"}})] == ["a"]


def test_pnpm_specifiers_that_are_none_are_refused() -> None:
    data = pnpm_lock({"dependencies": {"a": "1"}}).replace(b"        specifier: '1'\n", b"")
    with pytest.raises(Unreadable, match="malformed"):
        found(pnpm, data, root={})
