from __future__ import annotations

import json

import pytest

from osgate.model.dependency import Unreadable


def lock(packages: dict[str, object], root: dict[str, object] | None = None) -> bytes:
    return json.dumps({"lockfileVersion": 3, "packages": {"": root or {}, **packages}}).encode()


def by_purl(found) -> dict[str, object]:
    return {dependency.purl: dependency for dependency in found}


def test_an_entry_keeps_the_name_of_its_key_whatever_its_address_says(read) -> None:
    entry = {"version": "1.0.0", "resolved": "https://packages.example.com/evil/-/evil-1.0.0.tgz"}
    (found,) = read("package-lock.json", lock({"node_modules/good": entry}))
    assert found.purl == "pkg:npm/good@1.0.0"
    assert found.source.url == "https://packages.example.com/evil/-/evil-1.0.0.tgz"


def test_both_occurrences_of_one_version_are_found(read) -> None:
    packages = {"node_modules/a": {"version": "1.0.0"}, "node_modules/b/node_modules/a": {"version": "1.0.0"}}
    assert [d.purl for d in read("package-lock.json", lock(packages))] == ["pkg:npm/a@1.0.0"] * 2


def test_a_manifest_that_cannot_be_read_leaves_direct_open(read) -> None:
    data = b'{"lockfileVersion": 1, "dependencies": {"a": {"version": "1.0.0"}}}'
    for manifest in (b"", b"{", b"[]", b'{"a": 1, "a": 2}'):
        (found,) = read("package-lock.json", data, {"package.json": manifest})
        assert found.direct is None


def test_only_the_manifest_beside_the_lock_is_asked(read) -> None:
    data = b'{"lockfileVersion": 1, "dependencies": {"a": {"version": "1.0.0"}}}'
    manifest = b'{"dependencies": {"a": "^1"}}'
    (found,) = read("web/package-lock.json", data, {"package.json": manifest})
    assert found.direct is None
    (found,) = read("web/package-lock.json", data, {"web/package.json": manifest})
    assert (found.direct, found.requirement) == (True, "^1")


def test_a_manifest_with_wrong_types_is_refused(read) -> None:
    data = b'{"lockfileVersion": 1, "dependencies": {"a": {"version": "1.0.0"}}}'
    with pytest.raises(Unreadable, match="malformed"):
        read("package-lock.json", data, {"package.json": b'{"dependencies": ["a"]}'})


def test_a_key_named_packages_elsewhere_does_not_confuse_version_1(read) -> None:
    inner = b'{"version": "1.0.0", "dependencies": {\n"x":\n {"version": "2.0.0"}}}'
    data = b'{"lockfileVersion": 1, "dependencies": {\n"packages":\n ' + inner + b"}}"
    assert [(d.purl, d.line) for d in read("package-lock.json", data)] == [
        ("pkg:npm/packages@1.0.0", 2),
        ("pkg:npm/x@2.0.0", 4),
    ]


def test_version_1_nests_as_deep_as_the_cap_allows(read) -> None:
    data: dict[str, object] = {"version": "1.0.0"}
    for _ in range(98):
        data = {"version": "1.0.0", "dependencies": {"a": data}}
    text = json.dumps({"lockfileVersion": 1, "dependencies": {"a": data}}).encode()
    found = read("package-lock.json", text)
    assert len(found) == 99
    deeper = json.dumps({"lockfileVersion": 1, "dependencies": {"a": {"version": "1", "dependencies": {"a": data}}}})
    with pytest.raises(Unreadable, match="too-deep"):
        read("package-lock.json", deeper.replace('{"a"', '{"b": {"c": [[[]]]}, "a"').encode())


def test_a_workspace_shares_what_is_above_it_and_prefers_its_own(read) -> None:
    packages = {
        "node_modules/ws": {"resolved": "packages/ws", "link": True},
        "packages/ws": {"name": "@acme/ws", "version": "1.0.0", "devDependencies": {"a": "1", "b": "^2"}},
        "packages/ws/node_modules/a": {"version": "1.0.0", "dev": True},
        "packages/node_modules/b": {"version": "2.0.0", "dev": True},
        "node_modules/a": {"version": "3.0.0"},
        "node_modules/b": {"version": "3.0.0"},
    }
    found = by_purl(read("package-lock.json", lock(packages)))
    assert {purl: (d.direct, d.requirement, d.scope) for purl, d in found.items()} == {
        "pkg:npm/%40acme/ws@1.0.0": (True, None, "runtime"),
        "pkg:npm/a@1.0.0": (True, "1", "dev"),
        "pkg:npm/b@2.0.0": (True, "^2", "dev"),
        "pkg:npm/a@3.0.0": (False, None, "runtime"),
        "pkg:npm/b@3.0.0": (False, None, "runtime"),
    }
    assert found["pkg:npm/%40acme/ws@1.0.0"].alias == "ws"


def test_a_folder_whose_name_only_ends_in_node_modules_is_a_folder(read) -> None:
    packages = {
        "my_node_modules/ws": {"version": "1.0.0", "dependencies": {"a": "1"}},
        "node_modules/ws": {"resolved": "my_node_modules/ws", "link": True},
        "node_modules/a": {"version": "1.0.0"},
    }
    found = by_purl(read("package-lock.json", lock(packages)))
    assert found["pkg:npm/ws@1.0.0"].source.kind == "workspace"
    assert found["pkg:npm/a@1.0.0"].direct is True


def test_a_package_that_requires_itself_is_not_its_own_parent(read) -> None:
    packages = {"node_modules/a": {"version": "1.0.0", "dependencies": {"a": "1"}}}
    (found,) = read("package-lock.json", lock(packages))
    assert found.parents == ()


def test_an_optional_declaration_wins_over_a_plain_one(read) -> None:
    packages = {"node_modules/a": {"version": "1.0.0", "optional": True}}
    root = {"dependencies": {"a": "^1"}, "optionalDependencies": {"a": "~1"}}
    (found,) = read("package-lock.json", lock(packages, root))
    assert (found.scope, found.requirement) == ("optional", "~1")
