"""Names that are too near to popular ones: slips, other spellings, letters that look the same, and what is let be."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.facts import lookalikes
from osgate.facts.lookalikes import Popular
from osgate.purl import component

PYPI = Popular(
    [("pkg:pypi/requests", 2), ("pkg:pypi/python-dateutil", 1), ("pkg:pypi/scikit-learn", 3), ("pkg:pypi/six", 4)]
)
NPM = Popular(
    [
        ("pkg:npm/lodash", 1),
        ("pkg:npm/%40babel/helpers", 2),
        ("pkg:npm/cross-spawn", 3),
        ("pkg:npm/%40babel/types", 4),
        ("pkg:npm/modern-ui", 5),
        ("pkg:npm/chalk", 6),
    ]
)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("reqeusts", "requests"),
        ("request", "requests"),
        ("requestss", "requests"),
        ("requezts", "requests"),
        ("python-dateutils", "python-dateutil"),
        ("pithon-dateutl", "python-dateutil"),
        ("pythondateutil", "python-dateutil"),
        ("dateutil-python", "python-dateutil"),
        ("scikit-1earn", "scikit-learn"),
    ],
)
def test_a_slip_away_from_a_popular_project(name: str, near: str) -> None:
    assert PYPI.near(component("pypi", name)) == (component("pypi", near),)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("l0dash", "lodash"),
        ("l\u043edash", "lodash"),
        ("Lodash", "lodash"),
        ("cross.spawn", "cross-spawn"),
        ("rnodern-ui", "modern-ui"),
        ("babel-helpers", "@babel/helpers"),
        ("@babe1/helpers", "@babel/helpers"),
        ("@bable/types", "@babel/types"),
    ],
)
def test_a_slip_away_from_a_popular_package(name: str, near: str) -> None:
    assert NPM.near(component("npm", name)) == (component("npm", near),)


@pytest.mark.parametrize(
    "name",
    [
        "requests",  # itself
        "reqsts",  # two edits, and too short for them
        "sixx",  # four letters
        "left-pad",
    ],
)
def test_what_is_let_be(name: str) -> None:
    assert PYPI.near(component("pypi", name)) == ()


@pytest.mark.parametrize("name", ["@babel/helper", "@babel/type", "@types/lodash", "@acme/chalk", "@acme/lodahs"])
def test_an_owner_names_things_as_it_likes(name: str) -> None:
    assert NPM.near(component("npm", name)) == ()


def test_the_most_popular_come_first_and_no_more_than_a_few() -> None:
    many = Popular([(f"pkg:pypi/prefix-{letter}", ord(letter)) for letter in "abcdef"])
    assert many.near("pkg:pypi/prefix-z") == tuple(f"pkg:pypi/prefix-{letter}" for letter in "abc")


def test_only_the_first_thousand_count() -> None:
    names = [(f"pkg:pypi/name-number-{at:05}", at) for at in range(1, 1200)]
    popular = Popular(names)
    assert popular.near("pkg:pypi/name-numberr-00001")
    assert not popular.near("pkg:pypi/quite-else")
    assert not Popular([*names, ("pkg:pypi/other-thing", 5000)]).near("pkg:pypi/other-thinf")
    assert Popular([("pkg:pypi/other-thing", 5000)]).near("pkg:pypi/other-thinf"), "ranks may begin anywhere"


def test_nothing_is_popular() -> None:
    assert Popular(()).near("pkg:npm/lodash") == ()


def plain_distance(one: str, other: str) -> int:
    """The optimal string alignment distance as its definition says it."""
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i in range(len(one) + 1):
        for j in range(len(other) + 1):
            if not (i and j):
                table[i][j] = i + j
                continue
            steps = [table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (one[i - 1] != other[j - 1])]
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                steps.append(table[i - 2][j - 2] + 1)
            table[i][j] = min(steps)
    return table[-1][-1]


NAMES = st.text(alphabet="abc", min_size=5, max_size=13)


@settings(max_examples=300, deadline=None)
@given(NAMES, NAMES, st.integers(1, 2))
def test_within_is_the_distance(one: str, other: str, most: int) -> None:
    assert lookalikes._within(one, other, most) == (plain_distance(one, other) <= most)


@settings(max_examples=300, deadline=None)
@given(NAMES, NAMES)
def test_the_quick_way_finds_what_comparing_finds(one: str, other: str) -> None:
    most = 2 if min(len(one), len(other)) >= 10 else 1
    near = one != other and plain_distance(one, other) <= most
    found = Popular([(f"pkg:npm/{other}", 1)]).near(f"pkg:npm/{one}")
    assert found == ((f"pkg:npm/{other}",) if near else ())


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_name_is_answered(name: str) -> None:
    popular = Popular([("pkg:npm/lodash", 1), (component("npm", name), 2)])
    assert popular.near(component("npm", name)) in ((), ("pkg:npm/lodash",))
    assert len(popular.near(component("npm", name + "x"))) <= 2
