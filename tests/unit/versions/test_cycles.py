"""Release cycles: which one a version belongs to, and what it is on a day."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.model.fact import Fact, Unknown
from osgate.versions import cycles
from osgate.versions.cycles import ENDED, NEAR, SUPPORTED, UNKNOWN, Cycle

TODAY = "2026-11-21"
WIDE = '{"cycle": "1"' + " " * 3000 + "}"


def fact(cycle: str, eol: object, source: str = "endoflife.json") -> Fact:
    told = {"product": "spring-boot", "cycle": cycle, "eol": eol, "support": None, "lts": False}
    return Fact("pkg:maven/org.example/boot", "cycle", json.dumps(told), source, "2026-11-20")


@pytest.mark.parametrize(
    ("version", "wanted"),
    [
        ("3.1.0", "3.1"),
        ("3.10.2", "3.10"),
        ("3.2.1", "3"),
        ("v3.1.0", "3.1"),
        ("3.1-rc1", "3.1"),
        ("3.1", "3.1"),
        ("31.0", ""),
        ("2.7.18", ""),
        ("", ""),
    ],
)
def test_the_longest_name_that_a_version_begins_with_is_its_cycle(version: str, wanted: str) -> None:
    known = [Cycle("p", name) for name in ("3", "3.1", "3.10")]
    found = cycles.cycle_of(known, version)
    assert (found.cycle if found else "") == wanted


@pytest.mark.parametrize(
    ("eol", "horizon", "wanted"),
    [
        ("2026-11-20", 0, ENDED),
        ("2026-11-21", 0, NEAR),
        ("2026-11-22", 0, SUPPORTED),
        ("2027-01-20", 90, NEAR),
        ("2027-02-20", 90, SUPPORTED),
        ("yes", 0, ENDED),
        ("no", 9999, SUPPORTED),
        ("", 90, UNKNOWN),
    ],
)
def test_what_a_cycle_is_on_a_day(eol: str, horizon: int, wanted: str) -> None:
    assert cycles.state(Cycle("p", "1", eol), TODAY, horizon) == wanted


def test_R02_3_what_nobody_told_the_end_of_is_unknown_and_never_supported() -> None:
    assert cycles.state(None, TODAY) == UNKNOWN
    for eol in (None, "soon", "2026-13-45", 7, [], {}):
        assert cycles.state(cycles.read(str(fact("1", eol).value)), TODAY) == UNKNOWN


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "nonsense", '{"cycle": 3}', '{"cycle": ""}', "[" * 1900, WIDE],
)
def test_what_is_no_cycle_is_none(text: str) -> None:
    assert cycles.read(text) is None


def test_dates_and_words_are_read_alike() -> None:
    assert cycles.read(str(fact("8", "true").value)) == cycles.read(str(fact("8", True).value))
    assert cycles.read(str(fact("8", "false").value)) == cycles.read(str(fact("8", False).value))
    read = cycles.read('{"product": "p", "cycle": "8", "eol": "2026-11-21T00:00:00Z", "extended": "2030-01-01"}')
    assert read == Cycle("p", "8", "2026-11-21", extended="2030-01-01")


def test_the_first_source_that_knows_the_version_speaks() -> None:
    own = fact("9", "2030-01-01", "policy policy/base.toml:9")
    other = fact("8", False)
    found = (Fact("p", "cycle", Unknown("not-served"), "x", ""), own, other, fact("9", "2020-01-01"))
    assert cycles.told(found, "9.1") == (own, cycles.read(str(own.value)))
    assert cycles.told(found, "8.1") == (other, cycles.read(str(other.value)))
    assert cycles.told(found, "7.0") is None


@settings(max_examples=60)
@given(st.text(max_size=40), st.lists(st.text(min_size=1, max_size=6), max_size=5))
def test_a_cycle_is_always_a_beginning_of_the_version_and_none_longer_is(version: str, names: list[str]) -> None:
    known = [Cycle("p", name) for name in names]
    found = cycles.cycle_of(known, version)
    if found is not None:
        assert version.lower().removeprefix("v").startswith(found.cycle.lower().removeprefix("v"))
    assert cycles.cycle_of([*known, Cycle("p", "x" * 50)], version) == found


@settings(max_examples=60)
@given(st.text(max_size=60), st.text(max_size=12))
def test_no_text_raises(text: str, day: str) -> None:
    found = cycles.read(text)
    assert cycles.state(found or Cycle("p", "1", text), day, 9) in (ENDED, NEAR, SUPPORTED, UNKNOWN)
