"""Shapes: each kind of complaint, at its place, all at once."""

from __future__ import annotations

import datetime

import pytest

from osgate.policy.shape import Field, complaints, iso, near

NOON = datetime.datetime(2026, 11, 21, 12)


@pytest.mark.parametrize(
    ("kind", "value", "fits"),
    [
        ("text", "x", True),
        ("text", 1, False),
        ("integer", 1, True),
        ("integer", True, False),
        ("integer", 1.0, False),
        ("boolean", False, True),
        ("boolean", 0, False),
        ("list", [], True),
        ("list", (), False),
        ("table", {}, True),
        ("map", [], False),
        ("date", datetime.date(2026, 11, 21), True),
        ("date", NOON, False),
        ("date", "2026-11-21", True),
        ("date", "2026-02-30", False),
        ("date", "21.11.2026", False),
        ("date", 20261121, False),
        ("instant", NOON.replace(tzinfo=datetime.UTC), True),
        ("instant", NOON, False),
        ("instant", "2026-11-21T06:00:00Z", True),
        ("instant", "2026-11-21T06:00:00.123456789Z", True),
        ("instant", "2026-11-21T06:00:61Z", False),
        ("instant", "2026-11-21T06:00:00+08:00", False),
        ("instant", 7, False),
    ],
)
def test_kinds(kind, value, fits):
    of = Field("text")
    assert [code for _, code, _ in complaints(value, Field(kind, of={} if kind == "table" else of))] == (
        [] if fits else ["wrong-type"]
    )


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (True, "boolean"),
        (1, "integer"),
        ("x", "text"),
        ([], "list"),
        ({}, "table"),
        (datetime.date(2026, 1, 1), "date"),
        (1.5, "float"),
        (datetime.time(1), "time"),
        (None, "NoneType"),
    ],
)
def test_a_wrong_type_says_what_was_found(value, found):
    wanted = "integer" if found == "date" else "date"
    ((place, code, params),) = complaints(value, {"x": Field(wanted)} and Field(wanted), ("x",))
    assert (place, code, params) == (("x",), "wrong-type", {"wanted": wanted, "found": found})


SHAPE = {
    "name": Field("text", required=True, empty=False),
    "color": Field("text", choices=("green", "blue")),
    "days": Field("integer", least=1),
    "even": Field("integer", check=lambda n: ("odd", {"n": n}) if n % 2 else None),
    "tags": Field("list", of=Field("text", empty=False), empty=False),
    "by_name": Field("map", of=Field("table", of={"days": Field("integer", least=1)})),
}


def test_everything_at_once():
    value = {
        "nmae": "x",
        "color": "gren",
        "days": 0,
        "even": 3,
        "tags": ["", 7],
        "by_name": {"a": {"days": -1, "day": 2}, "b": 5},
    }
    assert list(complaints(value, SHAPE)) == [
        (("nmae",), "unknown-key", {"key": "nmae", "close": "name"}),
        (("color",), "not-one-of", {"found": "gren", "choices": "green, blue", "close": "green"}),
        (("days",), "too-small", {"found": 0, "least": 1}),
        (("even",), "odd", {"n": 3}),
        (("tags", 0), "empty", {"key": "tags"}),
        (("tags", 1), "wrong-type", {"wanted": "text", "found": "integer"}),
        (("by_name", "a", "days"), "too-small", {"found": -1, "least": 1}),
        (("by_name", "a", "day"), "unknown-key", {"key": "day", "close": "days"}),
        (("by_name", "b"), "wrong-type", {"wanted": "table", "found": "integer"}),
    ], "a key that is only misspelt is not missing too"


def test_a_missing_key():
    assert list(complaints({"nothing_like_it": 1}, SHAPE)) == [
        (("nothing_like_it",), "unknown-key", {"key": "nothing_like_it", "close": ""}),
        ((), "missing-key", {"key": "name"}),
    ]


def test_what_is_right_is_not_complained_of():
    value = {"name": "x", "color": "blue", "days": 1, "even": 2, "tags": ["t"], "by_name": {"a": {}}}
    assert list(complaints(value, SHAPE)) == []
    assert list(complaints([], Field("list", of=Field("text"), empty=False))) == [((), "empty", {"key": ""})]


def test_did_you_mean():
    assert near("resaon", ("reason", "request")) == {"close": "reason"}
    assert near("xyz", ("reason",)) == {"close": ""}
    assert near("reason" + "x" * 10_000_000, ("reason",)) == {"close": ""}


def test_dates_as_text():
    assert iso(datetime.date(2026, 11, 21)) == iso("2026-11-21") == "2026-11-21"
