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


def test_a_mirror_that_writes_the_scope_before_the_file_again_is_a_registry(read) -> None:
    base = "https://packages.example.com/api/npm/@types/node/-/"
    for file, kind in (
        ("node-1.0.0.tgz", "registry"),
        ("@types/node-1.0.0.tgz", "registry"),
        ("x/node-1.0.0.tgz", "url"),
    ):
        entry = {"version": "1.0.0", "resolved": base + file}
        (found,) = read("package-lock.json", lock({"node_modules/@types/node": entry}))
        assert found.source.kind == kind


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


@pytest.mark.parametrize(
    "place",
    [
        *(
            "node_modules/./evil",
            "./node_modules/evil",
            "node_modules//evil",
            "node_modules/evil/",
            "x/../node_modules/e",
        ),
        *("node_modules\\evil", "node_modules/@s/..", "node_modules/a/.", "/", "node_modules/"),
    ],
)
def test_a_folder_written_in_a_roundabout_way_is_refused(read, place: str) -> None:
    with pytest.raises(Unreadable, match="malformed"):
        read("package-lock.json", lock({place: {"version": "1.0.0"}}))


@pytest.mark.parametrize("name", ["a/b", "@s/a/b", "../a", ".", "", "a/", "@s/"])
def test_a_name_of_version_1_that_is_a_path_is_refused(read, name: str) -> None:
    data = json.dumps({"lockfileVersion": 1, "dependencies": {name: {"version": "1.0.0"}}}).encode()
    with pytest.raises(Unreadable, match="malformed"):
        read("package-lock.json", data)


def test_a_folder_that_nothing_links_is_reported_unless_it_is_in_the_tree(read) -> None:
    data = lock({"packages/evil": {"version": "6.6.6", "name": "@acme/evil"}, "node_modules/a/x": {"version": "1.0.0"}})
    assert [d.purl for d in read("package-lock.json", data)] == ["pkg:npm/%40acme/evil@6.6.6", "pkg:npm/x@1.0.0"]
    found = read("package-lock.json", data, {"packages/evil/package.json": b"{}"})
    assert [d.purl for d in found] == ["pkg:npm/x@1.0.0"]


def test_a_linked_folder_that_is_fetched_is_reported_too(read) -> None:
    packages = {
        "node_modules/ws": {"resolved": "ws", "link": True},
        "ws": {"version": "1.0.0", "resolved": "https://packages.example.com/ws/-/ws-1.0.0.tgz"},
    }
    found = read("package-lock.json", lock(packages))
    assert [(d.purl, d.source.kind) for d in found] == [
        ("pkg:npm/ws@1.0.0", "workspace"),
        ("pkg:npm/ws@1.0.0", "registry"),
    ]


def test_a_link_of_version_1_hides_no_installed_package(read) -> None:
    for order in (("evil", "link"), ("link", "evil")):
        entries = {"evil": {"version": "6.6.6"}, "link": {"version": "file:node_modules/evil"}}
        data = json.dumps({"lockfileVersion": 1, "dependencies": {name: entries[name] for name in order}}).encode()
        assert "pkg:npm/evil@6.6.6" in {d.purl for d in read("package-lock.json", data)}


def test_a_folder_beyond_any_path_is_refused(read) -> None:
    place = "node_modules/" + "/node_modules/".join(["a"] * 130)
    assert len(place) < 2048
    assert len(read("package-lock.json", lock({place: {"version": "1.0.0"}}))) == 1
    with pytest.raises(Unreadable, match="too-deep"):
        read("package-lock.json", lock({f"{place}/node_modules/{'b' * 200}": {"version": "1.0.0"}}))
    older = {"version": "1.0.0", "dependencies": {"b" * 1100: {"version": "1.0.0"}}}
    data = json.dumps({"lockfileVersion": 1, "dependencies": {"b" * 1100: older}}).encode()
    with pytest.raises(Unreadable, match="too-deep"):
        read("package-lock.json", data)


def test_more_entries_than_any_tree_has_are_refused(read, monkeypatch) -> None:
    monkeypatch.setattr("osgate.formats.npm_lock.entries.MAX_ENTRIES", 2)
    packages = {"node_modules/a": {"version": "1.0.0"}}
    assert len(read("package-lock.json", lock(packages))) == 1
    packages["node_modules/b"] = {"version": "1.0.0"}
    with pytest.raises(Unreadable, match="too-large"):
        read("package-lock.json", lock(packages))
    inside = {"b": {"version": "1.0.0"}, "c": {"version": "1.0.0"}}
    older = {"lockfileVersion": 1, "dependencies": {"a": {"version": "1.0.0", "dependencies": inside}}}
    with pytest.raises(Unreadable, match="too-large"):
        read("package-lock.json", json.dumps(older).encode())


def test_a_search_without_end_is_given_up(read, monkeypatch) -> None:
    monkeypatch.setattr("osgate.formats.npm_lock.tree._MAX_STEPS", 1000)
    place = "node_modules/" + "/node_modules/".join(["a"] * 100)
    entry = {"version": "1.0.0", "dependencies": {f"x{i}": "*" for i in range(20)}}
    with pytest.raises(Unreadable, match="too-deep"):
        read("package-lock.json", lock({place: entry}))


def test_bare_flags_of_an_optional_package_hold_nothing(read) -> None:
    """npm 11 writes them into versions 1 and 2 for what does not fit its platform."""

    def found(inner: dict[str, object]) -> list[str]:
        outer = {"version": "1.0.0", "dependencies": {"b": inner}}
        data = json.dumps({"lockfileVersion": 1, "dependencies": {"a": outer}}).encode()
        return [one.purl for one in read("package-lock.json", data)]

    assert found({"dev": True, "optional": True}) == ["pkg:npm/a@1.0.0"]
    for odd in ({"dev": True}, {"optional": False}, {"optional": True, "resolved": "x"}):
        with pytest.raises(Unreadable, match="malformed"):
            found(odd)
