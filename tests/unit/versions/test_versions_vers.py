"""VERS ranges: strict reading, containment, what an approval covers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from osgate.errors import UsageError
from osgate.versions import contains, covers, default_range, parse_vers, vers
from osgate.versions.vers import Vers

# Those of the specification's ranges with several constraints that stand in order.
SORTED = {"vers:pypi/<=1.3.0|3.0.0", "vers:pypi/>=1.0.0|<=2.0.0", "vers:pypi/<=1.0.0|>=2.0.0"}
DATA = Path(__file__).with_name("data")


def refused(text: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        parse_vers(text)
    return caught.value


def specification(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DATA.joinpath("vers-spec.json").read_text("utf-8"))[name]
    return found


@pytest.mark.parametrize("case", specification("parse"), ids=lambda case: case["input"])
def test_specification_parsing(case: dict[str, Any]) -> None:
    if case.get("expected_failure"):
        assert refused(case["input"]).code.startswith("vers.")
        return
    expected = tuple(tuple(pair) for pair in case["expected_output"]["version_constraints"])
    assert parse_vers(case["input"]) == Vers(case["expected_output"]["scheme"], expected)


@pytest.mark.parametrize("case", specification("containment"), ids=lambda case: case["input"]["vers"])
def test_specification_containment(case: dict[str, Any]) -> None:
    """Unsorted ranges of the older tests are refused, as the specification now asks; sorted they answer the same."""
    text, version = case["input"]["vers"], case["input"]["version"]
    if "|" in text and text not in SORTED:
        mistake = refused(text)
        assert mistake.code == "vers.order"
        text = str(mistake.params["canonical"])
    assert contains(text, version) is case["expected_output"]


@pytest.mark.parametrize(
    ("text", "reason", "canonical"),
    [
        ("npm/>=1.0.0", "prefix", "vers:npm/>=1.0.0"),
        ("vers:npm", "prefix", None),
        ("", "prefix", None),
        ("VERS:npm/1.0.0", "prefix", "vers:npm/1.0.0"),
        ("vers:NPM/1.0.0", "scheme", "vers:npm/1.0.0"),
        ("vers:nonesuch/1", "scheme", None),
        ("vers:npm/", "empty", None),
        ("vers:npm/1.0.0||2.0.0", "pipe", "vers:npm/1.0.0|2.0.0"),
        ("vers:npm/|1.0.0", "pipe", "vers:npm/1.0.0"),
        ("vers:npm/1.0.0|", "pipe", "vers:npm/1.0.0"),
        ("vers:npm/>= 1.0.0", "space", "vers:npm/>=1.0.0"),
        ("vers:npm/1.0.0\n", "space", "vers:npm/1.0.0"),
        ("vers:npm/1.0.0\x00", "ascii", None),
        ("vers:github/\u4e3b", "ascii", "vers:github/%E4%B8%BB"),
        ("vers:npm/=1.0.0", "equals", "vers:npm/1.0.0"),
        ("vers:npm/*|1.0.0", "star", None),
        ("vers:npm/**", "star", None),
        ("vers:npm/1.0.0|*", "star", None),
        ("vers:npm/>=", "version", None),
        ("vers:npm/>=abc", "version", None),
        ("vers:npm/!=", "version", None),
        ("vers:npm/1.*", "encoding", None),
        ("vers:github/a>b", "encoding", None),
        ("vers:github/a%3eb", "encoding", "vers:github/a%3Eb"),
        ("vers:github/a%2Fb", "encoding", "vers:github/a/b"),
        ("vers:github/a%zz", "encoding", "vers:github/a%25zz"),
        ("vers:github/a%", "encoding", "vers:github/a%25"),
        ("vers:github/a%00", "encoding", None),
        ("vers:github/a%0A", "encoding", None),
        ("vers:github/a%FF", "encoding", None),
        ("vers:github/>=v1", "unordered", None),
        ("vers:docker/<2", "unordered", None),
        ("vers:npm/<2.0.0|>=1.0.0", "order", "vers:npm/>=1.0.0|<2.0.0"),
        ("vers:npm/2.0.0|1.0.0", "order", "vers:npm/1.0.0|2.0.0"),
        ("vers:pypi/1.0|1.0.0", "duplicate", "vers:pypi/1.0"),
        ("vers:npm/1.0.0|1.0.0", "duplicate", "vers:npm/1.0.0"),
        ("vers:npm/>=1.0.0|<1.0.0", "duplicate", None),
        ("vers:npm/>=1.0.0|>=2.0.0", "sequence", "vers:npm/>=1.0.0"),
        ("vers:npm/>=1.0.0|1.5.0|<2.0.0", "sequence", "vers:npm/>=1.0.0|<2.0.0"),
        ("vers:npm/<1.0.0|!=1.5.0|<=2.0.0", "sequence", "vers:npm/!=1.5.0|<=2.0.0"),
        ("vers:npm/1.0.0|<2.0.0", "sequence", "vers:npm/<2.0.0"),
        ("vers:npm/" + "|".join(f"1.0.{n}" for n in range(20_000)), "length", None),
    ],
)
def test_what_is_not_canonical_is_refused_with_its_reason(text: str, reason: str, canonical: str | None) -> None:
    mistake = refused(text)
    assert mistake.code == f"vers.{reason}"
    assert mistake.params["text"] == text[:200]
    if reason in ("order", "duplicate", "sequence"):
        assert {"first", "second"} <= mistake.params.keys()
    if canonical is not None:
        assert str(parse_vers(canonical)) == canonical
    assert mistake.params["canonical"] == canonical


@pytest.mark.parametrize(
    "text",
    [
        "vers:npm/*",
        "vers:npm/1.0.0",
        "vers:npm/!=1.0.0",
        "vers:npm/<1.0.0|1.5.0|>=2.0.0|!=2.1.0|<3.0.0|>4.0.0",
        "vers:npm/>=1.3.0|!=1.4.2|<2.0.0",
        "vers:deb/>=1:2.0-1~deb12u1|<1:3",
        "vers:oci/sha256:0123456789abcdef",
        "vers:github/feature/%7Cx%20y%25",
        "vers:golang/>=v1.0.0+incompatible|<v2.0.0",
    ],
)
def test_canonical_texts_come_back_unchanged(text: str) -> None:
    assert str(parse_vers(text)) == text
    assert parse_vers(text) == parse_vers(text)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("vers:npm/*", ["0.0.0", "1.0.0-a", "nonsense"], []),
        ("vers:npm/<1.0.0|1.5.0|>=2.0.0|!=2.1.0|<3.0.0|>4.0.0",
         ["0.1.0", "1.5.0", "2.0.0", "2.5.0", "4.0.1"], ["1.0.0", "1.4.0", "2.1.0", "3.0.0", "3.5.0", "4.0.0"]),
        ("vers:npm/!=1.0.0", ["0.9.0", "2.0.0"], ["1.0.0", "v1.0.0"]),
        ("vers:npm/!=1.0.0|2.0.0", ["2.0.0"], ["1.0.0", "3.0.0"]),
        ("vers:npm/<=1.0.0|!=1.5.0|>=2.0.0", ["1.0.0", "2.0.0"], ["1.2.0", "1.5.0", "1.7.0"]),
        ("vers:npm/>=1.0.0|<2.0.0", ["1.0.0", "2.0.0-rc.1"], ["1.0.0-rc.1", "2.0.0"]),
        ("vers:pypi/1.0", ["1.0.0", "v1"], ["1.0.1", "1.0+local"]),
        ("vers:maven/>=1.0|<2", ["1", "1.9", "2-SNAPSHOT"], ["2.0.0", "0.9"]),
        ("vers:github/abc|def", ["abc", "def"], ["ABC", "abcd"]),
        ("vers:docker/!=latest", ["1"], ["latest"]),
    ],
)  # fmt: skip
def test_containment_is_by_order_alone(text: str, inside: list[str], outside: list[str]) -> None:
    assert [v for v in inside if not contains(text, v)] == []
    assert [v for v in outside if contains(text, v)] == []


def test_prereleases_are_covered_only_where_they_are_named() -> None:
    named = "vers:npm/1.5.0-rc.1|>=1.6.0|<2.0.0"
    assert covers(named, "1.5.0-rc.1", prereleases=False)
    assert covers(named, "1.7.0", prereleases=False)
    for version in ("1.7.0-rc.1", "2.0.0-rc.1"):
        assert covers(named, version, prereleases=True)
        assert not covers(named, version, prereleases=False)
    assert not covers("vers:npm/>=1.6.0-rc.1", "1.6.0-rc.1", prereleases=False)
    assert not covers("vers:npm/*", "1.0.0-rc.1", prereleases=False)


def test_what_is_no_version_is_covered_only_where_it_is_named() -> None:
    assert covers("vers:npm/<1.0.0", "nonsense", prereleases=True)
    assert not covers("vers:npm/<1.0.0", "nonsense", prereleases=False)
    assert covers("vers:npm/nonsense", "nonsense", prereleases=False)
    assert covers("vers:docker/*", "latest", prereleases=False)


def test_what_was_read_is_remembered_within_bounds_and_never_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vers, "_KEPT", 3)
    vers._read.clear()
    for _ in range(2):
        for n in range(1, 9):
            assert covers(f"vers:npm/<{n}.0.0", "4.0.0", prereleases=False) is (n > 4)
            assert len(vers._read) <= 3
    long = "vers:npm/" + "|".join(f"{n}.0.0" for n in range(300))
    assert covers(long, "299.0.0", prereleases=False)
    assert long not in vers._read


@pytest.mark.parametrize(
    ("purl_type", "version", "expected"),
    [
        ("npm", "1.3.0", "vers:npm/>=1.3.0|<2.0.0"),
        ("npm", "0.4.2", "vers:npm/>=0.4.2|<0.5.0"),
        ("npm", "0.0.3", "vers:npm/0.0.3"),
        ("npm", "1.3.0-rc.1", "vers:npm/1.3.0-rc.1"),
        ("npm", "v1.3.0", "vers:npm/>=v1.3.0|<2.0.0"),
        ("npm", "latest", "vers:npm/latest"),
        ("golang", "v1.3.0", "vers:golang/>=v1.3.0|<v2.0.0"),
        ("golang", "v0.0.0-20200101000000-abcdef012345", "vers:golang/v0.0.0-20200101000000-abcdef012345"),
        ("pypi", "1!2.3", "vers:pypi/>=1%212.3|<1%213.0.0"),
        ("pypi", "2024.1", "vers:pypi/>=2024.1|<2025.0.0"),
        ("pypi", "2004d", "vers:pypi/2004d"),
        ("maven", "5.3.20.RELEASE", "vers:maven/>=5.3.20.RELEASE|<6.0.0"),
        ("maven", "r09", "vers:maven/r09"),
        ("deb", "1:2.36.1-8", "vers:deb/>=1:2.36.1-8|<1:3"),
        ("rpm", "2.9-1.el9", "vers:rpm/>=2.9-1.el9|<3"),
        ("apk", "0.5.1-r2", "vers:apk/>=0.5.1-r2|<0.6"),
        ("composer", "v5.4.0", "vers:composer/>=v5.4.0|<6"),
        ("composer", "dev-main", "vers:composer/dev-main"),
        ("gem", "7.0.4", "vers:gem/>=7.0.4|<8.0.0"),
        ("nuget", "13.0.1", "vers:nuget/>=13.0.1|<14.0.0"),
        ("github", "8e5e7e5ab8b370d6c329ec480221332ada57f0ab", "vers:github/8e5e7e5ab8b370d6c329ec480221332ada57f0ab"),
        ("docker", "sha256:ab", "vers:docker/sha256:ab"),
        ("generic", "1.2", "vers:generic/1.2"),
        ("conan", "1.2.13", "vers:conan/>=1.2.13|<2.0.0"),
        ("pub", "1.2.3+4", "vers:pub/>=1.2.3+4|<2.0.0"),
        ("cran", "1.2-3", "vers:cran/>=1.2-3|<2"),
        ("hackage", "2.1.1.0", "vers:hackage/>=2.1.1.0|<2.2"),
        ("hackage", "0.0.1", "vers:hackage/0.0.1"),
        ("datetime", "2024-01-01T00:00:00Z", "vers:datetime/2024-01-01T00:00:00Z"),
        ("lexicographic", "b", "vers:lexicographic/b"),
        ("github", "\u53d1\u5e03|1", "vers:github/%E5%8F%91%E5%B8%83%7C1"),
    ],
)
def test_default_ranges(purl_type: str, version: str, expected: str) -> None:
    assert default_range(purl_type, version) == expected
    assert covers(expected, version, prereleases=False)


@pytest.mark.parametrize(
    ("purl_type", "version", "code"),
    [
        ("nonesuch", "1", "version.type"),
        ("npm", "", "vers.empty"),
        ("npm", "1.0.0\x00", "vers.version"),
        ("npm", "1.0.0\n", "vers.version"),
        ("github", "\ud800", "vers.version"),
        ("npm", "1" * 200_000, "vers.length"),
    ],
)
def test_what_no_range_can_hold_has_no_default_range(purl_type: str, version: str, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        default_range(purl_type, version)
    assert caught.value.code == code
