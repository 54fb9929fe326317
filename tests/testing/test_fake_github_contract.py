"""GitHub's description: complete for the fake's routes, read the same by both validators; the documents' schema."""

from __future__ import annotations

import json

import graphql
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from github_contract import contract
from github_contract.validator import KEYWORDS, Compiler
from osgate.testing.github.graphql import answering as graphql_answering
from osgate.testing.github.graphql.running import FIELDS
from osgate.testing.github.router import ROUTES

DEFS = contract.described()["$defs"]
OPERATIONS = contract.described()["operations"]
FORMATS = jsonschema.FormatChecker(formats=())
FORMATS.checks("date-time")(lambda v: not isinstance(v, str) or contract_moment(v))
SIMPLE = st.none() | st.booleans() | st.integers(-2, 60) | st.sampled_from(["", "x", "open", "2026-11-21T06:00:00Z"])
VALUES = st.recursive(
    SIMPLE, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.sampled_from("ab"), v), max_leaves=6
)
# The fake's own names for what is no type of the schema: pages, payloads, an object's id.
OWN = {"Connection", "Edge", "Payload", "GitOid"}


def contract_moment(text):
    from github_contract.validator import MOMENT

    return MOMENT.fullmatch(text) is not None


def schemas(part):
    """Yield a schema and all within it."""
    yield part
    for word in ("anyOf", "oneOf", "allOf"):
        for one in part.get(word, ()):
            yield from schemas(one)
    inner = [*part.get("properties", {}).values(), part.get("items"), part.get("additionalProperties")]
    for one in inner:
        if isinstance(one, dict):
            yield from schemas(one)


def test_every_route_is_an_operation_and_every_operation_has_a_route():
    routes = {row.name for rows in ROUTES.values() for row in rows}
    assert routes == set(OPERATIONS)
    assert len(routes) > 150


def test_what_is_described_uses_only_words_that_the_compiler_knows():
    bodies = [o["body"] for o in OPERATIONS.values() if o.get("body")]
    answers = [a for o in OPERATIONS.values() for a in o["answers"].values() if a]
    for schema in (*DEFS.values(), *bodies, *answers):
        assert set().union(*(set(one) for one in schemas(schema))) <= KEYWORDS


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(sorted(DEFS)), st.data())
def test_both_validators_agree(name, data):
    known, value = DEFS[name], data.draw(VALUES)
    if "properties" in known:
        some = list(known["properties"])[:6]
        value = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(some, VALUES)))
        known = {**known, "required": known.get("required", [])[:1]}
    full = jsonschema.Draft202012Validator({"$defs": DEFS, **known}, format_checker=FORMATS)
    mine = list(Compiler(DEFS).compile(known)(value, "$"))
    assert (not mine) == full.is_valid(value), mine


def test_a_limit_is_told_from_a_mistake():
    name = "POST /repos/{owner}/{repo}/check-runs"
    row = {"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "failure", "message": "m"}
    output = {"title": "t", "summary": "s", "annotations": [row] * 51}
    many = contract.rest(name, "body", {"name": "n", "head_sha": "0", "output": output})
    assert [line.startswith("limit: ") for line in many] == [True]
    assert not contract.rest(name, "body", {"name": "n"})[0].startswith("limit: ")


def test_a_parameter_that_is_not_described_is_a_mistake():
    name = "GET /repos/{owner}/{repo}/issues"
    assert contract.rest(name, "query", {"state": "all", "per_page": "100"}) == []
    assert contract.rest(name, "query", {"stat": "all"}) == ["?stat is no parameter"]
    assert contract.rest(name, "query", {"state": "opened"}) != []
    assert contract.rest(name, "query", {"per_page": "x"}) != []


@pytest.mark.parametrize("said", [None, {}, {"body": 5}])
def test_a_body_that_is_needed_is_looked_at(said):
    assert contract.rest("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", "body", said) != []


def test_the_cut_schema_is_whole_and_the_fake_invents_no_field():
    assert graphql_answering.PARTS
    schema = contract.schema()
    assert graphql.validate_schema(schema) == []
    known = {name: set(schema.type_map[name].fields) for name in set(FIELDS) - OWN}
    assert {
        name: sorted(set(FIELDS[name]) - fields) for name, fields in known.items() if set(FIELDS[name]) - fields
    } == {}


def test_a_document_is_held_against_the_schema():
    assert contract.documents("query { viewer { login databaseId } }") == []
    assert contract.documents("query { viewer { logn } }") != []
    assert contract.documents("query {") != []


def test_the_slice_is_small_and_says_no_more_than_it_must():
    text = json.dumps(contract.described())
    assert "description" not in {word for one in DEFS.values() for part in schemas(one) for word in part}
    assert len(text) < 300_000
