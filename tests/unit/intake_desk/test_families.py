"""A closure with builds for many platforms is asked for as one thing."""

from __future__ import annotations

from osgate.intake_desk import composing
from osgate.ledger import records
from osgate.model.dependency import Source
from osgate.purl import parse
from osgate.testing import records as make
from rules import making

SHARP, RANGE = "pkg:npm/%40img/sharp-*", "vers:npm/>=0.33.5|<0.34.0"
BUILDS = [f"pkg:npm/%40img/sharp-{platform}" for platform in ("darwin-arm64", "linux-x64", "win32-x64")]


def asked(*purls: str, **more: object) -> list[dict[str, object]]:
    return composing.subjects([making.introduced(purl).dependency for purl in purls], **more)


def test_builds_in_one_range_are_one_subject_that_lists_what_was_seen() -> None:
    found = asked("pkg:npm/sharp@0.33.5", *(f"{build}@0.33.5" for build in BUILDS))
    assert [s["purl"] for s in found] == [SHARP, "pkg:npm/sharp"]
    assert {"purl": SHARP, "range": RANGE, "versions": ["0.33.5"], "members": BUILDS}.items() <= found[0].items()
    assert records.problems(make.request(subjects=found)) == []


def test_a_build_that_comes_alone_or_in_another_range_is_asked_for_alone() -> None:
    assert [s["purl"] for s in asked(f"{BUILDS[0]}@0.33.5")] == [BUILDS[0]]
    assert [s["purl"] for s in asked(f"{BUILDS[0]}@0.33.5", f"{BUILDS[1]}@0.34.0")] == BUILDS[:2]
    assert [s["purl"] for s in asked(f"{BUILDS[0]}@0.33.5", f"{BUILDS[0]}@0.33.6")] == [BUILDS[0]] * 2
    lib = "pkg:npm/%40img/sharp-libvips-linux-x64"
    assert [s["purl"] for s in asked(f"{BUILDS[0]}@0.33.5", f"{lib}@0.33.5")] == [BUILDS[0], lib]


def test_what_a_replaced_record_names_stays_itself() -> None:
    found = asked(*(f"{build}@0.33.5" for build in BUILDS), apart=BUILDS[:1])
    assert [s["purl"] for s in found] == [SHARP, BUILDS[0]]
    assert found[0]["members"] == BUILDS[1:]


def test_sources_and_scopes_are_those_of_all_members() -> None:
    urls = [f"https://packages.example.com/{n}.tgz" for n in "ab"]
    items = [
        making.introduced(f"{build}@0.33.5", source={"kind": "registry", "url": url}).dependency
        for build, url in zip(BUILDS, urls, strict=False)
    ]
    assert items[0].source == Source("registry", urls[0])
    (found,) = composing.subjects(items, scope=["dev"])
    assert (found["sources"], found["scope"]) == (urls, ["dev"])


def test_a_command_that_names_a_family_means_its_key() -> None:
    assert composing.subject(parse("pkg:npm/@img/sharp-*@<0.33.0")) == {"purl": SHARP, "range": "vers:npm/<0.33.0"}
    assert composing.subject(parse("pkg:npm/@img/sharp-*")) == {"purl": SHARP}
