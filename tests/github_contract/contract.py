"""What GitHub says of its interface, asked of every request and answer of the fake.

with FakeGitHub(contract=rest) as fake: ...; assert fake.violations == []
"""

from __future__ import annotations

import functools
import gzip
import json
from pathlib import Path
from typing import Any

from github_contract.validator import Check, Compiler

SLICE = Path(__file__).parent / "openapi.json.gz"
# What every error says; the description leaves most of them open.
ERROR = {
    "type": "object",
    "required": ["message"],
    "properties": {
        "message": {"type": "string"},
        "documentation_url": {"type": "string"},
        "errors": {"type": "array"},
        "status": {"type": "string"},
    },
}


@functools.cache
def described() -> dict[str, Any]:
    """Return the slice: `operations` by method and path, and `$defs`."""
    found: dict[str, Any] = json.loads(gzip.decompress(SLICE.read_bytes()))
    return found


@functools.cache
def _compiler() -> Compiler:
    return Compiler(described()["$defs"])


@functools.cache
def _error() -> Check:
    return _compiler().compile(ERROR)


@functools.cache
def _check(name: str, part: str) -> Check | None:
    """Return the check of a body or an answer, None where nothing is said of one."""
    found = described()["operations"][name]
    schema = found.get("body") if part == "body" else found["answers"].get(part)
    return _compiler().compile(schema) if schema else None


def rest(name: str, part: str, value: Any) -> list[str]:
    """Return what is wrong. name: `GET /repos/{owner}/{repo}`; part: query, body or a status; value: what was said.

    A mistake that is no more than too much of something begins with `limit: `.
    """
    if name not in described()["operations"]:
        return [f"{name} is none of the operations in operations.txt"]
    if part == "query":
        return _query(name, value)
    found = described()["operations"][name]
    if part == "body":
        return _body(name, value, found)
    if part >= "400":
        return list(_error()(value, "$"))
    if part not in found["answers"]:
        return [] if part in ("301", "304", "307") else [f"the status {part} is not described"]
    check = _check(name, part)
    return list(check(value, "$")) if check and value is not None else []


def _body(name: str, value: Any, found: dict[str, Any]) -> list[str]:
    if "body" not in found:
        return []
    if value is None:
        return ["a body is needed"] if found["needed"] else []
    check = _check(name, "body")
    return list(check(value, "$")) if check else []


def _query(name: str, given: dict[str, str]) -> list[str]:
    """Hold the parameters against their kinds. GitHub ignores one it does not know; a client has misread something."""
    known = described()["operations"][name]["query"]
    wrong = [f"?{word} is no parameter" for word in given if word not in known]
    for word, value in given.items():
        schema = known.get(word, {})
        if schema.get("type") == "integer" and not value.lstrip("-").isdigit():
            wrong.append(f"?{word}={value} is no number")
        if "enum" in schema and value not in schema["enum"]:
            wrong.append(f"?{word}={value} is not one of {schema['enum']}")
    return wrong


@functools.cache
def schema() -> Any:
    """Return the cut GraphQL schema, built."""
    import graphql

    text = gzip.decompress((Path(__file__).parent / "schema.graphql.gz").read_bytes()).decode()
    return graphql.build_schema(text, assume_valid=True)


@functools.cache
def documents(text: str) -> list[str]:
    """Return what is wrong with a GraphQL document by GitHub's published schema; `FakeGitHub(graphql=documents)`."""
    import graphql

    try:
        document = graphql.parse(text)
    except graphql.GraphQLError as wrong:
        return [wrong.message]
    return [one.message for one in graphql.validate(schema(), document)]
