from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate import versions
from osgate.facts.osv import cvss
from osgate.facts.osv.ecosystems import ECOSYSTEMS, component, of_component, release, same_release
from osgate.facts.osv.order import Order, pack
from osgate.facts.osv.spans import Span, holds, spans

TYPES = sorted({ecosystem.order or ecosystem.type for ecosystem in ECOSYSTEMS.values()})
ORDERS = {type: Order(type) for type in TYPES}
# Alike enough to fall on both sides of each other.
VERSION = st.one_of(
    st.from_regex(
        r"\A[0-3](\.[0-3]){0,3}((-|\.|_|~|\+)?(a|alpha|b|beta|rc|p|r|dev|post|SNAPSHOT|sp|el)?\.?[0-3]?){0,2}\Z"
    ),
    st.from_regex(r"\A(v|1:)?[0-9]{1,9}(\.[0-9]{1,20}){0,2}\Z"),
    st.text(max_size=6),
)


@settings(max_examples=300, deadline=None)
@given(one=st.tuples(st.integers(), st.text()), other=st.tuples(st.integers(), st.text()))
def test_packed_numbers_and_texts_compare_as_they_do(one: tuple[int, str], other: tuple[int, str]) -> None:
    assert (pack(one) < pack(other)) == (one < other)
    assert (pack(one) == pack(other)) == (one == other)
    assert (pack((one,)) < pack((one, other))) is True


@settings(max_examples=400, deadline=None)
@given(type=st.sampled_from(TYPES), one=VERSION, other=VERSION)
def test_kept_versions_compare_as_versions_do(type: str, one: str, other: str) -> None:
    order = ORDERS[type]
    bound, (_, place) = order.read(order.bound(one)), order.place(other)
    relation = versions.compare(type, one, other)
    assert (bool(bound < place), bool(bound == place)) == (relation < 0, relation == 0)


@pytest.mark.parametrize("type", TYPES)
def test_every_ecosystem_has_an_order(type: str) -> None:
    assert Order(type).ordered, "versions of it could not be compared, and every range would be in doubt"


# What is introduced at 0 is so before the first version; nothing else happens there.
EVENT = st.tuples(st.sampled_from(["introduced", "fixed", "last_affected"]), st.integers(1, 5)) | st.just(
    ("introduced", 0)
)


def plain(events: list[tuple[str, int]], version: int) -> bool:
    """The schema's evaluation: what the last event at or before a version says."""
    state = False
    turn = {"fixed": 0, "introduced": 1, "last_affected": 2}
    for kind, at in sorted(events, key=lambda event: (event[1], turn[event[0]])):
        if kind == "introduced" and version >= at:
            state = True
        elif kind != "introduced" and version >= at + (kind == "last_affected"):
            state = False
    return state


@settings(max_examples=300, deadline=None)
@given(events=st.lists(EVENT, min_size=1, max_size=6), listed=st.lists(st.integers(0, 6), max_size=3))
def test_spans_hold_what_the_schema_says(events: list[tuple[str, int]], listed: list[int]) -> None:
    order = Order("npm")
    if not any(kind == "introduced" for kind, _ in events):
        events = [("introduced", 0), *events]
    told = [{kind: "0" if kind == "introduced" and at == 0 else f"{at}.0.0"} for kind, at in events]
    made = spans(order, [{"type": "SEMVER", "events": told}], [f"{at}.0.0" for at in listed])
    for version in range(7):
        place = order.place(f"{version}.0.0")[1]
        inside = any(holds(place, span.lo, span.hi, span.closed) for span in made)
        assert inside == (plain(events, version) or version in listed), version


@pytest.mark.parametrize(
    ("ranges", "listed"),
    [
        ([], None),
        ({"type": "SEMVER"}, None),
        ([{"type": "SEMVER", "events": []}], None),
        ([{"type": "SEMVER", "events": [{"introduced": "1.0.0"}, "fixed"]}], None),
        ([{"type": "SEMVER", "events": [{"introduced": "1.0.0"}, {"mended": "2.0.0"}]}], None),
        ([{"type": "SEMVER", "events": [{"introduced": 1}]}], None),
        ([{"type": "SEMVER", "events": [{"introduced": "1.0.0"}, {"fixed": "next"}]}], None),
        ([{"events": [{"introduced": "1.0.0"}]}], None),
        ([], {"1.0.0": True}),
        ([], [1]),
        ([], ["1.0.0", "1" * 300]),
    ],
)
def test_what_cannot_be_evaluated_means_everything_in_doubt(ranges: object, listed: object) -> None:
    assert Span(doubt="range") in spans(ORDERS["npm"], ranges, listed)


def test_a_range_that_nothing_opens_is_open_from_the_first_version() -> None:
    (made,) = spans(ORDERS["npm"], [{"type": "SEMVER", "events": [{"fixed": "2.0.0"}, {"limit": "9.0.0"}]}], None)
    assert (made.lo, made.fixed, made.doubt) == (None, "2.0.0", "")


def test_versions_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osgate.facts.osv.order._KEPT", 3)
    order = Order("npm")
    assert [order.place(f"{n}.0.0") for n in range(9)] == sorted(ORDERS["npm"].place(f"{n}.0.0") for n in range(9))
    assert len(order._places) <= 3


@pytest.mark.parametrize("name", [":x", "x:", " x", "x\n", "", "x" * 501])
def test_what_is_no_name_has_no_component(name: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - no words of it are shown
        component(ECOSYSTEMS["Maven"], name)


def test_listed_versions_inside_a_range_are_not_kept_twice() -> None:
    order = Order("pypi")
    (made,) = spans(order, [{"type": "ECOSYSTEM", "events": [{"introduced": "1"}, {"fixed": "2"}]}], ["1.0", "1.5"])
    assert made.fixed == "2"
    assert len(spans(order, [{"type": "ECOSYSTEM", "events": [{"introduced": "1"}]}], ["0.9", "0.9.0", "1.5"])) == 2


# FIRST's own examples for CVSS 3.1 and 2.0, with the scores printed there.
@pytest.mark.parametrize(
    ("vector", "tenths"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:L/I:L/A:N", 54),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 61),
        ("CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 64),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 31),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", 99),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 98),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H/E:P/RL:O", 100),
        ("CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N", 0),
        ("AV:N/AC:L/Au:N/C:N/I:N/A:C", 78),
        ("AV:N/AC:L/Au:N/C:C/I:C/A:C", 100),
        ("(AV:L/AC:H/Au:N/C:C/I:C/A:C)", 62),
        ("AV:N/AC:L/Au:N/C:N/I:N/A:N", 0),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", None),
        ("CVSS:3.1/AV:N/AC:L", None),
        ("CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", None),
        ("CVSS:3.1/AV:Q/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", None),
        ("nonsense", None),
        ("AV:" * 1_000_000, None),
    ],
)
def test_scores_are_those_of_the_specification(vector: str, tenths: int | None) -> None:
    assert cvss.score(vector) == tenths


def test_words_for_scores() -> None:
    assert [cvss.word(score) for score in (0, 1, 39, 40, 69, 70, 89, 90, 100)] == (
        ["none", "low", "low", "medium", "medium", "high", "high", "critical", "critical"]
    )


def test_releases_are_compared_as_far_as_both_say_them() -> None:
    assert [release(text) for text in ("12", "v3.18", "22.04:LTS", "bookworm", "debian-12", "alpine-3.18.2", "")] == (
        ["12", "3.18", "22.04", "12", "12", "3.18.2", ""]
    )
    assert same_release("3.18", "3.18.2")
    assert same_release("", "12")
    assert not same_release("1", "12")
    assert not same_release("11", "12")


def test_a_component_has_an_ecosystem_by_its_type_and_distribution() -> None:
    assert [getattr(of_component(c), "name", "") for c in ("pkg:npm/a", "pkg:npm/%40a/b", "pkg:deb/debian/a")] == (
        ["npm", "npm", "Debian"]
    )
    assert [of_component(c) for c in ("pkg:deb/kali/a", "pkg:oci/a", "pkg:npm", "")] == [None] * 4
