"""The schemas of the fake GitLab: valid, complete, and read the same as a full validator reads them."""

from __future__ import annotations

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.testing.gitlab import answering, router, schema

ROUTES = [row for rows in router.ROUTES.values() for _, row in rows]
PARTS = {"$defs": schema.responses()}
SIMPLE = st.none() | st.booleans() | st.integers(-2, 60) | st.sampled_from(["", "x", "active", "2026-11-21T06:00:00Z"])
VALUES = st.recursive(
    SIMPLE, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.sampled_from("ab"), v), max_leaves=6
)


def words(part):
    """Yield every keyword of a schema."""
    if isinstance(part, dict):
        for name, value in part.items():
            yield name
            yield from (w for v in (value.values() if name == "properties" else [value]) for w in words(v))
    elif isinstance(part, list):
        for one in part:
            yield from words(one)


def test_the_themes_fill_the_table_and_every_answer_and_request_has_its_schema():
    assert len(answering.THEMES) > 15
    assert {r.returns.strip("[]") for r in ROUTES} - {""} <= set(schema.responses())
    assert set(schema.requests()) <= {r.name for r in ROUTES}
    assert len({(r.method, r.pattern) for r in ROUTES}) == len(ROUTES)


def test_they_are_valid_and_use_only_what_the_small_validator_knows():
    every = {**schema.responses(), **schema.requests()}
    jsonschema.Draft202012Validator.check_schema({"$defs": every})
    assert {word for part in every.values() for word in words(part)} <= schema.KEYWORDS
    assert "$ref" in set(words(every["Note"]))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(schema.responses())), st.data())
def test_both_validators_agree(name, data):
    known = schema.responses()[name]
    value = data.draw(VALUES)
    if "properties" in known:
        some = st.fixed_dictionaries({}, optional=dict.fromkeys(list(known["properties"])[:6], VALUES))
        value = data.draw(some)
        known = {**known, "required": known.get("required", [])[:1]}
    full = jsonschema.Draft202012Validator({**PARTS, **known})
    assert (not list(schema.check(known, value, "$"))) == full.is_valid(value)


@pytest.mark.parametrize(
    ("kind", "value", "taken"),
    [("integer", "5", 5), ("boolean", "true", True), ("boolean", "0", False), ("array", "a,b", ["a", "b"]),
     ("string", 5, "5"), ("number", "1.5", 1.5)],
)  # fmt: skip
def test_parameters_are_taken_as_grape_takes_them(kind, value, taken):
    assert schema.coerced({"properties": {"p": {"type": kind}}}, {"p": value}) == ({"p": taken}, [], set())


@pytest.mark.parametrize(
    ("kind", "value"), [("string", ["x"]), ("string", {}), ("integer", "five"), ("boolean", "maybe")]
)
def test_another_type_is_invalid(kind, value):
    assert schema.coerced({"properties": {"p": {"type": kind}}}, {"p": value})[1] == ["p is invalid"]
