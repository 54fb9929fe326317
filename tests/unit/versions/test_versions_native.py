"""Ranges in the package managers' own syntax."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from osgate.errors import UsageError
from osgate.versions import npm_range, satisfies

DATA = Path(__file__).with_name("data")


def read(name: str) -> Any:
    return json.loads(DATA.joinpath(name).read_text("utf-8"))


@pytest.mark.parametrize(("name", "inside"), [("range-include", True), ("range-exclude", False)])
def test_npm_agrees_with_node_semver_fixtures(name: str, inside: bool) -> None:
    rows = read("node-semver.json")[name]
    assert len(rows) > 70
    assert [row for row in rows if satisfies("npm", *row) != inside] == []


def answer(purl_type: str, text: str, version: str) -> bool | None:
    """What osgate says, None where it refuses the range."""
    try:
        return satisfies(purl_type, text, version)
    except UsageError:
        return None


@pytest.mark.parametrize(
    ("purl_type", "tool", "answers"),
    [
        ("npm", "node-semver 7.8.5 range", {True, False}),
        ("maven", "maven 3.9.6 range", {True, False}),
        ("maven", "maven 3.9.6 range, odd", {True, False, None}),
    ],
)
def test_ranges_agree_with_the_real_tool(purl_type: str, tool: str, answers: set[bool | None]) -> None:
    rows = read("real-tools.json")[tool]
    assert len(rows) >= 100
    assert {inside for _, _, inside in rows} == answers
    assert [row for row in rows if answer(purl_type, row[0], row[1]) != row[2]] == []


OPTIONS = {
    "loose": {"loose": True},
    "prerelease": {"prereleases": True},
    "both": {"loose": True, "prereleases": True},
    "normal": {},
    "normalLoose": {"loose": True},
    "normalBoth": {"loose": True, "prereleases": True},
}


@pytest.mark.parametrize("option", ["loose", "prerelease", "both"])
def test_npm_with_its_options_agrees_with_the_real_tool(option: str) -> None:
    rows = read("real-tools.json")[f"node-semver 7.8.6 range, {option}"]
    assert {inside for _, _, inside in rows} == {True, False}
    assert [row for row in rows if npm_range.satisfies(row[0], row[1], **OPTIONS[option]) != row[2]] == []


@pytest.mark.parametrize("option", ["normal", "normalLoose", "normalBoth"])
def test_npm_writes_ranges_out_as_the_real_tool_does(option: str) -> None:
    rows = read("real-tools.json")[f"node-semver 7.8.6 {option}"]
    assert len([row for row in rows if row[1] is None]) == 30
    assert [row for row in rows if npm_range.normal(row[0], **OPTIONS[option]) != row[1]] == []


def asked(options: Any) -> dict[str, bool]:
    """node-semver's options as it takes them: what is true and no object means `loose`."""
    if not isinstance(options, dict):
        return {"loose": bool(options)}
    return {"loose": bool(options.get("loose")), "prereleases": bool(options.get("includePrerelease"))}


@pytest.mark.parametrize(("name", "inside"), [("range-include-options", True), ("range-exclude-options", False)])
def test_npm_with_options_agrees_with_node_semver_fixtures(name: str, inside: bool) -> None:
    rows = read("node-semver.json")[name]
    assert len(rows) >= 20
    assert [row for row in rows if npm_range.satisfies(row[0], row[1], **asked(row[2])) != inside] == []


def test_npm_writes_ranges_out_as_node_semver_fixtures_do() -> None:
    rows = read("node-semver.json")["range-parse"]
    assert len(rows) >= 100
    assert [row for row in rows if npm_range.normal(row[0], **asked((*row, None)[2])) != row[1]] == []


@pytest.mark.parametrize(
    ("text", "version", "inside"),
    [
        (">=1.0,!=1.5,<2", "1.4", True),
        (">=1.0,!=1.5,<2", "1.5.0", False),
        ("~=2.2", "2.9", True),
        ("~=2.2", "3.0", False),
        ("==1.4.*", "1.4.99", True),
        ("===2004d", "2004D", True),
        ("===2004d", "2004e", False),
        (">=1", "2004d", False),
        (">=1", "2.0rc1", True),
        ("<2", "2.0rc1", False),
        ("", "1.0", True),
        ("", "2004d", False),
        ("===2004d,!=1", "2004d", False),
    ],
)
def test_pypi_reads_pep_440_specifiers(text: str, version: str, inside: bool) -> None:
    assert satisfies("pypi", text, version) is inside


def test_maven_bare_version_is_a_soft_requirement() -> None:
    assert satisfies("maven", "1.0", "2.0")


@pytest.mark.parametrize(
    ("purl_type", "text"),
    [
        ("pypi", ">>1"),
        ("pypi", "^1.0"),
        ("maven", ""),
        ("maven", "[1.0"),
        ("maven", "[1.0)"),
        ("maven", "[2.0,1.0]"),
        ("maven", "(1.0,1.0]"),
        ("maven", "[1,3],[2,4]"),
        ("maven", "[1,2]x"),
        ("maven", "(1)"),
        ("maven", "[1" + "0" * 300 + "]"),
        ("npm", "1" * 20_000),
        ("maven", "[" * 20_000),
        ("maven", "[" + "9" * 9_000 + ",)"),
        ("maven", "(,1." + "0" * 300 + "]"),
    ],
)
def test_an_unreadable_range_is_refused(purl_type: str, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        satisfies(purl_type, text, "1.0")
    assert caught.value.code == "range.syntax"
    assert len(str(caught.value.params["text"])) <= 200


def test_types_without_a_reader_are_refused() -> None:
    with pytest.raises(UsageError, match=r"range\.type"):
        satisfies("gem", "~> 1.0", "1.0")


@pytest.mark.parametrize(
    "text",
    ["latest", "git+ssh://host.example.test/x.git", "1.2.3.4", ">", "workspace:*", "01.0.0", "^9007199254740991.0.0"],
)
def test_npm_what_cannot_be_read_satisfies_nothing(text: str) -> None:
    assert not satisfies("npm", text, "1.2.3")


@pytest.mark.parametrize("version", ["1.2", "", "=1.2.3", "1.2.3.4", "9007199254740992.0.0", "x" * 300])
def test_npm_versions_are_read_strictly(version: str) -> None:
    assert not satisfies("npm", "*", version)
