"""Families: which packages are builds of one thing, and what a decision on their key means for each of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.ledger import families, records
from osgate.ledger.standing import judge, waived
from osgate.model.policy import Project
from osgate.purl import component, parse
from osgate.testing import records as make
from rules import making

PLATFORMS = ["linux-x64", "darwin-arm64", "win32-ia32", "linux-arm-gnueabihf", "linux-x64-musl", "android-arm-eabi"]
PLATFORMS += [
    "win32-x64-msvc",
    "linuxmusl-arm64",
    "wasm32",
    "wasm32-wasi",
    "freebsd-x64",
    "linux-64",
    "darwin-universal",
]
SHARP = "pkg:npm/%40img/sharp-*"
HERE = Project("payments")
DAY = "2026-11-21"


@pytest.mark.parametrize(
    ("member", "key"),
    [
        ("@img/sharp-linux-x64", SHARP),
        ("@img/sharp-darwin-arm64", SHARP),
        ("@img/sharp-wasm32", SHARP),
        ("@img/sharp-libvips-linuxmusl-x64", "pkg:npm/%40img/sharp-libvips-*"),
        ("@esbuild/win32-x64", "pkg:npm/%40esbuild/*"),
        ("@rollup/rollup-linux-x64-gnu", "pkg:npm/%40rollup/rollup-*"),
        ("@next/swc-win32-x64-msvc", "pkg:npm/%40next/swc-*"),
        ("@swc/core-linux-arm-gnueabihf", "pkg:npm/%40swc/core-*"),
        ("@parcel/watcher-linux-arm-glibc", "pkg:npm/%40parcel/watcher-*"),
        ("@tailwindcss/oxide-wasm32-wasi", "pkg:npm/%40tailwindcss/oxide-*"),
        ("@biomejs/cli-linux-x64-musl", "pkg:npm/%40biomejs/cli-*"),
        ("@cloudflare/workerd-linux-64", "pkg:npm/%40cloudflare/workerd-*"),
    ],
)
def test_builds_for_platforms_have_the_family_of_their_scope_and_stem(member: str, key: str) -> None:
    assert families.family(component("npm", member)) == key
    assert families.is_key(key)


@pytest.mark.parametrize(
    "name",
    [
        "sharp-linux-x64",  # without a scope, anybody may publish the next one
        "@types/node",
        "@img/sharp",
        "@capacitor/android",  # a system alone is a name like any other
        "@acme/codec-arm64",
        "@rollup/wasm-node",
        "@acme/x64-linux",
        "@acme/linux-x64-tools",
        "@acme/tool-linux-linux-x64",  # its family would look like `tool-linux-*`
        "@acme/-linux-x64",
        "@acme/a--linux-x64",
        "@acme/linux",
    ],
)
def test_all_else_has_none(name: str) -> None:
    assert families.family(component("npm", name)) == ""


def test_other_types_and_forks_have_none() -> None:
    assert families.family("pkg:pypi/%40img/sharp-linux-x64") == ""
    assert families.family("pkg:npm/%40img/sharp-linux-x64?vcs_url=git%2Bhttps%3A%2F%2Fgit.example.com%2Fx") == ""
    assert families.family("pkg:npm/%40img/deeper/sharp-linux-x64") == ""


SCOPES = st.sampled_from(["@a", "@b", "@a-b", "@linux"])
STEMS = st.sampled_from(["", "tool-", "tool-core-", "linux-", "x64-", "a.b_c-", "TOOL-", "tool--"])
MEMBERS = st.builds(
    lambda scope, stem, end: (scope, stem, end), SCOPES, STEMS, st.sampled_from([*PLATFORMS, "node", ""])
)


@given(MEMBERS, MEMBERS)
@settings(max_examples=150, deadline=None)
def test_two_share_a_family_only_with_the_same_scope_and_stem(a: tuple[str, ...], b: tuple[str, ...]) -> None:
    one, two = (families.family(component("npm", f"{scope}/{stem}{end}")) for scope, stem, end in (a, b))
    if one and one == two:
        assert a[:2] == b[:2]
    if a[2] in ("node", ""):
        assert one == ""


@given(st.text(max_size=40))
@settings(max_examples=150, deadline=None)
def test_a_key_is_never_the_key_of_a_component(text: str) -> None:
    for found in (component("npm", text), component("npm", f"@img/{text}")):
        assert not families.is_key(found)
        assert not found.endswith("*")
        assert families.family(found) != found


@pytest.mark.parametrize("word", ["pkg:npm/@img/sharp-*", "pkg:npm/%40img/sharp-*", "pkg:npm/%40img/sharp-%2A"])
def test_a_family_is_named_with_a_star_however_the_purl_is_spelled(word: str) -> None:
    assert families.decided(parse(word)) == SHARP
    assert families.decided(parse(f"{word}@0.33.5")) == SHARP


@pytest.mark.parametrize(
    "word", ["pkg:npm/left-pad", "pkg:npm/left-*", "pkg:npm/@img/sharp*", "pkg:npm/@img/sharp-linux-*"]
)
def test_a_star_elsewhere_names_no_family(word: str) -> None:
    assert families.decided(parse(word)) == parse(word).component


# -- records


def problems(purl: str, **more: object) -> set[str]:
    asked = make.request(subjects=[make.subject(purl, "vers:npm/>=0.33.5|<0.34.0", **more)])
    return {code for _, code, _ in records.problems(asked)}


def test_a_record_may_name_a_family_and_nothing_else_with_a_star() -> None:
    assert problems(SHARP) == set()
    assert problems(SHARP, members=["pkg:npm/%40img/sharp-linux-x64"]) == set()
    for wrong in (
        "pkg:npm/left-*",
        "pkg:npm/@img/sharp-*",
        "pkg:npm/%40img/sharp-linux-*",
        "pkg:npm/%40img/sharp*",
        "*",
    ):
        assert problems(wrong) & {"not-a-family", "not-a-purl"}, wrong
    assert problems("pkg:npm/%40img/sharp-%2A") == set(), "a component whose name holds a star is somebody else"


def test_a_member_must_be_of_the_family_it_is_listed_under() -> None:
    assert problems(SHARP, members=["pkg:npm/%40img/sharp-libvips-linux-x64"]) == {"member-of-other"}
    assert problems("pkg:npm/left-pad", members=["pkg:npm/left-pad"]) == {"member-of-other"}


# -- what stands on it

DECISIONS = {
    "approve": "approved",
    "reject": "rejected",
    "block": "blocked",
    "suspend": "suspended",
    "retire": "retired",
}


@pytest.mark.parametrize(("effect", "kind"), DECISIONS.items())
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_decision_on_a_family_stands_on_every_member_and_on_nothing_else(
    effect: str, kind: str, platform: str
) -> None:
    stands = making.view([making.standing(SHARP, effect, range="vers:npm/>=0.33.5|<0.34.0")])
    for name, expected in (
        (f"@img/sharp-{platform}", kind),
        ("@img/sharp", "unapproved"),
        ("@img/sharp-x", "unapproved"),
    ):
        item = making.introduced(f"pkg:npm/{name}@0.33.5").dependency
        view = families.spread(stands, families.keys([item.component]))
        assert judge(item, view.standings.get(item.component, ()), DAY, HERE).kind == expected


def test_what_stands_on_a_member_by_itself_is_heard_beside_its_family() -> None:
    linux = "pkg:npm/%40img/sharp-linux-x64"
    stands = making.view([making.standing(SHARP, range="vers:npm/*"), making.standing(linux, "block")])
    view = families.spread(stands, families.keys([linux, "pkg:npm/%40img/sharp-darwin-x64", "pkg:npm/a"]))
    for name, kind in (("linux", "blocked"), ("darwin", "approved")):
        item = making.introduced(f"pkg:npm/%40img/sharp-{name}-x64@1.0.0").dependency
        assert judge(item, view.standings[item.component], DAY, HERE).kind == kind
    assert "pkg:npm/a" not in view.standings


def test_what_waits_for_a_family_waits_for_its_members() -> None:
    linux = "pkg:npm/%40img/sharp-linux-x64"
    waits = making.waiting(SHARP)
    view = families.spread(making.view((), (waits,)), families.keys([linux]))
    assert view.waiting[linux] == (waits,)


def test_a_waiver_of_a_family_lifts_findings_about_its_members() -> None:
    waiver = making.standing(SHARP, "waive", rules=["OSG101"])
    for name, lifted in (("sharp-linux-x64", True), ("sharp-libvips-linux-x64", False)):
        item = making.introduced(f"pkg:npm/%40img/{name}@1.0.0").dependency
        assert (waived([waiver], "OSG101", item, HERE, DAY) is waiver) is lifted
    assert waived([waiver], "OSG101", None, HERE, DAY) is None
