"""Ranges in the package managers' own syntax, written as VERS ranges."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from osgate.errors import UsageError
from osgate.versions import contains, parse_vers, to_vers

DATA = Path(__file__).with_name("data")


def test_ranges_are_written_as_the_specification_writes_them() -> None:
    rows = json.loads(DATA.joinpath("vers-spec.json").read_text("utf-8"))["from_native"]
    assert {scheme for scheme, _, _ in rows} == {"conan", "gem", "nginx", "npm", "nuget", "openssl", "pypi"}
    assert len(rows) > 100
    assert [row for row in rows if to_vers(row[0], row[1]) != row[2]] == []


@pytest.mark.parametrize(
    ("purl_type", "text", "expected"),
    [
        ("npm", "*", "*"),
        ("npm", "^1.2 || ^1.4 <1.5 || 3", ">=1.2.0|<2.0.0|>=3.0.0|<4.0.0"),
        ("npm", "<1.2.3 || >1.2.3", "!=1.2.3"),
        ("npm", "1.2.3 || >1.2.3", ">=1.2.3"),
        ("npm", "1.0.0 || 1.0.0 || 2.0.0", "1.0.0|2.0.0"),
        ("npm", ">=1.0.0 <3.0.0 || >3.0.0 <4.0.0 || 5.0.0", ">=1.0.0|!=3.0.0|<4.0.0|5.0.0"),
        ("npm", "<2.0.0-0", "<2.0.0"),
        ("npm", "<2.0.0-1 || >=3.0.0-0", "<2.0.0-1|>=3.0.0-0"),
        ("pypi", "", "*"),
        ("pypi", ">=1,!=1.5,!=0.1,!=9,<2 ; python_version >= '3'", ">=1|!=1.5|<2"),
        ("pypi", "~=1.4.2", ">=1.4.2|<1.5"),
        ("pypi", "~=2.2.post3", ">=2.2.post3|<3"),
        ("pypi", "==1.4.*", ">=1.4.dev0|<1.5.dev0"),
        ("pypi", "===1.0", "1.0"),
        ("gem", "~> 2", ">=2|<3"),
        ("gem", ">= 1.0, < 3, != 2.0", ">=1.0|!=2.0|<3"),
        ("gem", "1.0", "1.0"),
        ("maven", "1.0", "*"),
        ("maven", "(,1.0],[1.2,)", "<=1.0|>=1.2"),
        ("maven", "[1.2]", "1.2"),
        ("maven", "(,)", "*"),
        ("maven", "[1,2),(2,3]", ">=1|!=2|<=3"),
        ("nuget", "1.0", ">=1.0"),
        ("nuget", "(1.0,)", ">1.0"),
        ("conan", "^0.0.3", ">=0.0.3|<0.0.4-"),
        ("conan", "^0", ">=0|<1-"),
        ("conan", "[>=1.0-alpha <2, include_prerelease]", ">=1.0-alpha|<2"),
    ],
)
def test_ranges_as_vers(purl_type: str, text: str, expected: str) -> None:
    written = to_vers(purl_type, text)
    assert written == f"vers:{purl_type}/{expected}"
    assert str(parse_vers(written)) == written


def test_an_upper_end_below_an_excluded_version_stays() -> None:
    assert to_vers("pypi", "<2,!=5") == "vers:pypi/<2"
    assert contains(to_vers("pypi", "<2,!=1"), "0.5")


@pytest.mark.parametrize(
    ("purl_type", "text", "code"),
    [
        ("cargo", "1", "range.type"),
        ("npm", "latest", "range.syntax"),
        ("npm", "1" * 6000, "range.syntax"),
        ("npm", "<0.0.0-0 >1.0.0", "range.empty"),
        ("npm", "1.1.2 1.2.2", "range.empty"),
        ("pypi", "^1", "range.syntax"),
        ("pypi", "~=1", "range.syntax"),
        ("pypi", "~=1!x", "range.syntax"),
        ("pypi", "!=1.*", "range.syntax"),
        ("pypi", "==x.*", "range.syntax"),
        ("pypi", "===2004d", "range.version"),
        ("pypi", "==1." + "0" * 300, "range.syntax"),
        ("pypi", "~=1." + "9" * 4500, "range.syntax"),
        ("conan", "^1." + "9" * 4500, "range.syntax"),
        ("gem", "~> " + "9" * 4500, "range.syntax"),
        ("nginx", "1." + "9" * 4500 + "+", "range.syntax"),
        ("npm", "^" + "9" * 4500, "range.syntax"),
        ("gem", "~> x", "range.syntax"),
        ("gem", "", "range.syntax"),
        ("maven", "", "range.syntax"),
        ("maven", "[1", "range.syntax"),
        ("maven", "1]", "range.syntax"),
        ("maven", "(1)", "range.syntax"),
        ("maven", "[]", "range.syntax"),
        ("nuget", "[1,2],[3,4]", "range.syntax"),
        ("nuget", "1.*", "range.version"),
        ("nuget", "", "range.syntax"),
        ("conan", "", "range.syntax"),
        ("conan", ">*", "range.syntax"),
        ("conan", "^cci", "range.syntax"),
        ("conan", "a/b", "range.syntax"),
        ("nginx", ",", "range.version"),
        ("openssl", "", "range.version"),
    ],
)
def test_what_cannot_be_written_is_refused(purl_type: str, text: str, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        to_vers(purl_type, text)
    assert caught.value.code == code
    assert len(str(caught.value.params.get("text", ""))) <= 200
