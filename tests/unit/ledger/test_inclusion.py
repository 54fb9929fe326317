"""Whole declared ranges inside approved ones: yes only where it can be shown."""

from __future__ import annotations

import pytest

from osgate.errors import UsageError
from osgate.versions import contains_native, covers, satisfies

APPROVED = "vers:pypi/>=1.0|<2.0"
CANDIDATES = [
    *("0.9", "1.0", "1.0.post1", "1.0+local", "1.1", "1.4", "1.4.2", "1.4.9", "1.4.post1", "1.5", "1.5+local"),
    *("1.9", "2.0", "2.0+local", "2.0.post1", "2.1", "2.5", "3.0", "9.0"),
]


@pytest.mark.parametrize(
    ("approved", "declared", "inside"),
    [
        ("vers:pypi/*", "anything at all", True),
        ("vers:npm/*", "^1.0.0", True),
        (APPROVED, ">=1.2,<1.9", True),
        (APPROVED, ">=1.0,<2.0", True),
        (APPROVED, "(>=1.0, <2.0) ; python_version < '3.13'", True),
        (APPROVED, ">=1.2,<=1.9", True),
        (APPROVED, "==1.5", True),
        (APPROVED, "===1.5", True),
        (APPROVED, "~=1.4.2", True),
        (APPROVED, "~=1.4", True),
        (APPROVED, "~=1.4,>=1.1", True),
        (APPROVED, ">=1.4,<1.8,~=1.4", True),
        (APPROVED, ">=1.4,~=1.4,<1.8", False),
        (APPROVED, ">=1.0,<=2.0", False),
        (APPROVED, ">=0.9,<1.5", False),
        (APPROVED, ">=1.0,<2.1", False),
        (APPROVED, ">=1.0", False),
        (APPROVED, "<1.5", False),
        (APPROVED, ">1.0,<1.5", False),
        (APPROVED, ">=1.0,<1.4,<1.5", False),
        (APPROVED, ">=1.0,!=1.3,<1.5", False),
        (APPROVED, "==1.*", False),
        (APPROVED, "", False),
        (APPROVED, "@ https://packages.example.com/x.zip", False),
        (APPROVED, ">=1.0,<" + "1" * 300, False),
        (APPROVED, ">=1.0,<abc", False),
        (APPROVED, ">=1.2rc1,<1.5", False),
        (APPROVED, ">=1.2,<1.5rc1", False),
        (APPROVED, "~=1", False),
        (APPROVED, "~=1.4.post1", False),
        (APPROVED, "~=1!1.4", False),
        ("vers:pypi/>=1.0|<=2.0", "==2.0", False),
        ("vers:pypi/>=1.0", ">=1.0,<9", True),
        ("vers:pypi/>1.0", ">=1.0,<9", False),
        ("vers:pypi/<2.0", ">=0.1,<2.0", True),
        ("vers:pypi/<1.0|>=2.0", ">=0.5,<=2.5", False),
        ("vers:pypi/<1.0|>=2.0", ">=0.1,<0.9", False),
        ("vers:pypi/1.5", "==1.5", False),
        ("vers:pypi/>=1.0|!=1.5|<2.0", ">=1.2,<1.9", False),
        ("vers:npm/>=1.0.0|<2.0.0", ">=1.2,<1.9", False),
    ],
)
def test_inclusion(approved, declared, inside):
    assert contains_native(approved, declared) is inside


@pytest.mark.parametrize("approved", [APPROVED, "vers:pypi/>=1.0|<=2.0", "vers:pypi/<1.0|>=2.0", "vers:pypi/>1.4"])
@pytest.mark.parametrize(
    "declared",
    [">=1.0,<2.0", ">=1.0,<=2.0", "~=1.4", "~=1.4.2", "~=1.4.post1", "==1.5", ">=0.9,<=2.5", ">=1.4.2,<1.5", "<=1.4"],
)
def test_yes_means_that_no_candidate_it_admits_lies_outside(approved, declared):
    admitted = [version for version in CANDIDATES if satisfies("pypi", declared, version)]
    assert admitted, "the test would prove nothing"
    if contains_native(approved, declared):
        assert [v for v in admitted if not covers(approved, v, prereleases=False)] == []


def test_an_approved_range_that_is_none_is_refused():
    with pytest.raises(UsageError):
        contains_native("1.0", ">=1.0")
