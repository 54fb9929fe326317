from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.facts.registries import times
from osgate.model.fact import Unknown
from unit.facts.registries.served import NOW

BEGUN = datetime(2014, 3, 1)


def at(days: float) -> str:
    return f"{BEGUN + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


def spaced(versions: list[str], step: float = 40) -> dict[str, str]:
    return {version: at(place * step) for place, version in enumerate(versions)}


def test_what_a_mirror_showed_for_esbuild_is_not_believed() -> None:
    """Measured: a version of 2022 with a day of 2026, later ones with earlier days of that year."""
    told = {
        "0.14.33": "2026-09-29T11:02:11Z",
        "0.17.19": "2026-09-02T08:15:00Z",
        "0.19.12": "2026-08-30T08:15:00Z",
        "0.21.5": "2026-08-14T06:00:00Z",
        "0.25.1": "2026-09-01T07:00:00Z",
    }
    assert times.doubt("npm", told, NOW) == "order"
    assert set(times.believed("npm", told, NOW).values()) == {Unknown("mirror-time")}


def test_backports_make_no_history_implausible() -> None:
    """As large projects do it: every new line gets its patches while older ones still get theirs."""
    told = spaced(
        ["1.0.0", "1.0.1", "1.1.0", "2.0.0", "1.1.1", "1.2.0", "2.0.1", "3.0.0", "1.2.1", "2.0.2", "2.1.0", "1.0.2"]
    )
    assert times.doubt("npm", told, NOW) == ""
    assert times.believed("npm", told, NOW) == told
    assert times.doubt("npm", spaced(["1.0.0", "2.0.0", "1.0.1"]), NOW) == ""


def test_versions_fetched_all_at_once_are_not_believed() -> None:
    versions = [f"1.{minor}.0" for minor in range(30)]
    assert times.doubt("npm", spaced(versions, 0.001), NOW) == "ingestion"
    assert times.doubt("npm", dict.fromkeys(versions, at(100)), NOW) == "ingestion"
    assert times.doubt("npm", spaced(versions[:5], 0.001), NOW) == "ingestion"


def test_a_mirror_that_was_filled_once_and_then_kept_up_is_not_believed_for_what_it_was_filled_with() -> None:
    told = spaced([f"1.{minor}.0" for minor in range(30)], 0.001) | {f"1.{m}.0": at(m * 20) for m in range(30, 45)}
    assert times.doubt("pypi", told, NOW) == "ingestion"


@pytest.mark.parametrize("count", [1, 2, 4])
def test_few_releases_on_one_day_are_a_young_project(count: int) -> None:
    assert times.doubt("npm", spaced([f"0.0.{patch}" for patch in range(count)], 0.001), NOW) == ""


def test_a_lively_first_day_within_a_long_history_is_believed() -> None:
    told = spaced([f"0.0.{patch}" for patch in range(12)], 0.05)
    told |= {f"0.{minor}.0": at(minor * 30) for minor in range(1, 20)}
    assert times.doubt("npm", told, NOW) == ""


def test_nobodys_times_are_unknown_each_and_say_nothing_of_others() -> None:
    told = spaced(["1.0.0", "1.1.0", "1.2.0"])
    odd = {
        "0.1.0": "1970-01-01T00:00:00Z",
        "0.2.0": "0001-01-01T00:00:00Z",
        "0.3.0": "1985-10-26T08:15:00Z",
        "9.0.0": "2026-11-22T08:00:00Z",
    }
    found = times.believed("npm", told | odd, NOW)
    assert {version for version, value in found.items() if isinstance(value, Unknown)} == set(odd)
    assert times.believable("2026-11-21T07:59:59Z", NOW)  # clocks differ
    assert times.believable("2026-11-20T00:00:00Z", "2026-11-20")


def test_prereleases_and_what_is_no_version_do_not_count() -> None:
    told = spaced(["1.0.0", "2.0.0"]) | {f"1.0.0-rc.{n}": at(900 - n) for n in range(20)} | {"latest": at(0)}
    assert times.doubt("npm", told, NOW) == ""


@pytest.mark.parametrize("type", ["npm", "pypi", "maven", "nuget", "gem", "composer", "cargo", "golang"])
def test_the_rule_holds_for_every_order(type: str) -> None:
    versions = [f"{'v' * (type == 'golang')}{major}.{minor}.0" for major in range(1, 4) for minor in range(4)]
    assert times.doubt(type, spaced(versions), NOW) == ""
    assert times.doubt(type, spaced(versions[::-1]), NOW) == "order"


@st.composite
def histories(draw: st.DrawFn) -> dict[str, str]:
    """A project with lines that go on beside each other, each forward in time."""
    lines: dict[tuple[int, int], int] = {(1, 0): 0}
    told = {"1.0.0": at(0)}
    for step in range(1, draw(st.integers(3, 40))):
        top = max(lines)
        kind = draw(st.sampled_from(["patch", "patch", "minor", "major"]))
        if kind == "patch":
            line = draw(st.sampled_from(sorted(lines)))
        elif kind == "minor":
            major = draw(st.sampled_from(sorted({major for major, _ in lines})))
            line = (major, max(minor for one, minor in lines if one == major) + 1)
        else:
            line = (top[0] + 1, 0)
        lines[line] = lines.get(line, -1) + 1
        told[f"{line[0]}.{line[1]}.{lines[line]}"] = at(step * 9)
    return told


@settings(max_examples=60, deadline=None)
@given(histories())
def test_no_history_that_goes_forward_on_its_lines_is_doubted(told: dict[str, str]) -> None:
    assert times.doubt("npm", told, NOW) == ""


@settings(max_examples=60, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_in_which_versions_are_told_changes_nothing(told: dict[str, str], random: object) -> None:
    shuffled = list(told.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert times.doubt("npm", dict(shuffled), NOW) == times.doubt("npm", told, NOW)


def test_fetched_in_random_order_is_found_nearly_always() -> None:
    import random

    chance = random.Random(7)
    versions = [f"{major}.{minor}.{patch}" for major in range(3) for minor in range(4) for patch in range(3)]
    found = 0
    for _ in range(200):
        days = [chance.random() * 200 for _ in versions]
        found += times.doubt("npm", {v: at(d) for v, d in zip(versions, days, strict=True)}, NOW) == "order"
    assert found >= 195


def test_the_history_of_a_component() -> None:
    told = spaced(["1.0.0", "2.0.0", "1.0.1"])
    assert times.history("npm", told, told, {"2.0.0"})["latest"] == "1.0.1"
    assert times.history("npm", told, told, set(told))["latest"] == ""
    assert times.history("npm", [*told, "3.0.0-rc.1"], told) == {
        "latest": "2.0.0",
        "released": told["1.0.1"],
        "begun": told["1.0.0"],
        "releases": "3",
    }


def test_a_time_that_is_missing_makes_first_and_newest_unknown() -> None:
    told: dict[str, str | Unknown] = {**spaced(["1.0.0", "2.0.0"])}
    found = times.history("npm", [*told, "3.0.0"], told)
    assert (found["latest"], found["releases"]) == ("3.0.0", "3")
    assert found["released"] == found["begun"] == Unknown("not-served")
    assert times.history("npm", ["1.0.0"], {"1.0.0": times.MIRROR})["begun"] == Unknown("mirror-time")
    nothing = times.history("npm", [], {})
    assert nothing == {"latest": "", "released": "", "begun": "", "releases": "0"}


def test_twenty_thousand_versions_are_weighed_by_the_highest() -> None:
    many = {f"{n // 400}.{n % 400}.0": at(n / 50) for n in range(20_000)}
    assert times.doubt("npm", many, NOW) == ""
