"""Composer repositories. Fixtures after Composer's documentation ("Repositories", "Schema") and its minified form."""

from __future__ import annotations

from typing import Any

import pytest

from osgate.model.fact import Unknown
from unit.facts.registries.served import Served, ask

COMPONENT = "pkg:composer/bank/pad"
COMMIT = "ab" * 20
ROOT = {"packages": [], "metadata-url": "/composer/p2/%package%.json"}
AT, DEV = "/composer/p2/bank/pad.json", "/composer/p2/bank/pad~dev.json"


def entry(version: str, **fields: Any) -> dict[str, Any]:
    return {
        "name": "bank/pad",
        "version": version,
        "license": ["MIT", "Apache-2.0"],
        "time": "2024-03-01T00:00:00+00:00",
        "type": "library",
        "source": {"type": "git", "url": "https://git.example.com/bank/pad.git", "reference": COMMIT},
        "dist": {"type": "zip", "url": "https://packages.example.com/x.zip", "reference": COMMIT, "shasum": "cd" * 20},
    } | fields


# Each entry holds what differs from the one above.
MINIFIED = {
    "minified": "composer/2.0",
    "packages": {
        "bank/pad": [
            entry("v2.0.0", type="composer-plugin", abandoned="bank/left-pad"),
            {"version": "1.1.0", "license": ["GPL-2.0-only"], "time": "2023-03-01T00:00:00+00:00", "type": "library"},
            {"version": "1.0.0", "license": "__unset", "dist": "__unset", "time": "2022-03-01T00:00:00+00:00"},
        ]
    },
}
FULL: dict[str, Any] = {
    "packages.json": ROOT,
    AT: MINIFIED,
    DEV: {"packages": {"bank/pad": [entry("dev-main", license="MIT")]}},
    "packages/bank/pad.json": {"package": {"maintainers": [{"name": "li.si"}]}},
}


def test_the_minified_form_is_expanded():
    told = ask(COMPONENT, ["2.0.0", "1.1.0", "v1.0.0"], FULL)
    assert [told[version, "licence"] for version in ("2.0.0", "1.1.0", "v1.0.0")] == [
        "MIT OR Apache-2.0",
        "GPL-2.0-only",
        "",
    ]
    assert [told[version, "install-code"] for version in ("2.0.0", "1.1.0", "v1.0.0")] == ["yes", "no", "no"]
    assert told.all("digest", "1.1.0") == (f"sha1:{'cd' * 20}", f"git:{COMMIT}")
    assert told.all("digest", "v1.0.0") == (f"git:{COMMIT}",)
    assert told["1.1.0", "published"] == "2023-03-01T00:00:00Z"
    assert told["1.1.0", "repository"] == "https://git.example.com/bank/pad"


def test_an_abandoned_package_names_what_to_take_instead():
    told = ask(COMPONENT, ["1.1.0"], FULL)
    assert (told["status"], told["replaced-by"]) == ("deprecated", "pkg:composer/bank/left-pad")
    assert told["1.1.0", "deprecated"] == "abandoned: bank/left-pad"
    assert (told["latest"], told["releases"], told["maintainer"]) == ("2.0.0", "3", "li.si")


@pytest.mark.parametrize(
    ("abandoned", "status", "instead", "said"),
    [
        (True, "archived", "", "abandoned"),
        (False, "active", "", ""),
        (None, "active", "", ""),
        ("see the wiki", "deprecated", "see the wiki", "abandoned: see the wiki"),
    ],
)
def test_abandoned_without_a_package_instead(abandoned, status, instead, said):
    files = FULL | {AT: {"packages": {"bank/pad": [entry("1.0.0", abandoned=abandoned)]}}}
    told = ask(COMPONENT, ["1.0.0"], files)
    assert (told["status"], told["replaced-by"], told["1.0.0", "deprecated"]) == (status, instead, said)


def test_branches_are_asked_for_only_where_one_is_wanted():
    served = Served(FULL)
    ask(COMPONENT, ["1.1.0"], served)
    assert DEV not in served.asked
    told = ask(COMPONENT, ["dev-main", "dev-other"], served)
    assert (told["dev-main", "licence"], told["dev-other", "present"]) == ("MIT", "no")


def test_a_package_that_has_branches_only_is_there():
    told = ask(COMPONENT, ["dev-main"], FULL | {AT: {"packages": {"bank/pad": []}}})
    assert (told["present"], told["latest"], told["dev-main", "present"]) == ("yes", "", "yes")
    assert ask(COMPONENT, [], FULL | {AT: {"packages": {"bank/pad": []}}, DEV: 404})["present"] == "no"


def test_packages_that_stand_in_the_root_are_read_there():
    root = {"packages": {"bank/pad": {"1.0.0": entry("1.0.0"), "dev-main": entry("dev-main")}}}
    told = ask(COMPONENT, ["1.0.0", "dev-main"], {"packages.json": root})
    assert (told["1.0.0", "present"], told["dev-main", "present"], told["releases"]) == ("yes", "yes", "1")


def test_without_a_root_the_usual_place_is_tried():
    told = ask(COMPONENT, ["1.1.0"], {"p2/bank/pad.json": MINIFIED})
    assert told["1.1.0", "present"] == "yes"


def test_fields_that_a_mirror_drops_are_not_served():
    bare = {"version": "1.0.0", "dist": {"type": "zip"}}
    told = ask(COMPONENT, ["1.0.0"], FULL | {AT: {"packages": {"bank/pad": [bare]}}})
    for name in ("licence", "licence-declared", "published", "repository"):
        assert told["1.0.0", name] == Unknown("not-served")


@pytest.mark.parametrize(
    ("licence", "reason"),
    [
        (["MIT", 1], "malformed"),
        ({"a": 1}, "malformed"),
        (["MIT"] * 50, "licence.too-large"),
        (["MIT", "x y"], "licence.name"),
    ],
)
def test_licences_that_cannot_be_read_are_unknown(licence, reason):
    files = FULL | {AT: {"packages": {"bank/pad": [entry("1.0.0", license=licence)]}}}
    value = ask(COMPONENT, ["1.0.0"], files)["1.0.0", "licence"]
    assert isinstance(value, Unknown)
    assert value.reason == reason


@pytest.mark.parametrize(
    ("answer", "reason"), [("<html>", "html"), ({"packages": {}}, "malformed"), (Unknown("timeout"), "timeout")]
)
def test_what_is_no_metadata_proves_nothing(answer, reason):
    value = ask(COMPONENT, [], FULL | {AT: answer})["present"]
    assert isinstance(value, Unknown)
    assert value.reason == reason


def test_an_unknown_package_and_version_are_absent():
    assert ask(COMPONENT, [], {"packages.json": ROOT})["present"] == "no"
    assert ask(COMPONENT, ["9.9.9"], FULL)["9.9.9", "present"] == "no"


@pytest.mark.parametrize("component", ["pkg:composer/pad", "pkg:composer/../pad", "pkg:composer/a/b/c"])
def test_names_that_are_no_packages_are_never_asked_for(component):
    served = Served({})
    assert isinstance(ask(component, [], served)["present"], Unknown)
    assert served.asked == []
