"""JSON Schemas of what Gitea and Gitee say and are told: the members osgate uses, as their interfaces name them."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
INSTANT: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$"}
SHA: Schema = {"type": "string", "pattern": "^[0-9a-f]{40}([0-9a-f]{24})?$"}
NUMBERS: Schema = {"type": "array", "items": NUMBER}


def shape(**members: Schema) -> Schema:
    """Return the schema of an object that has all these members, and may have more."""
    return {"type": "object", "properties": members, "required": sorted(members)}


def given(*needed: str, **members: Schema) -> Schema:
    """Return the schema of a request that has the `needed` ones of these members, and no others."""
    return {"type": "object", "properties": members, "required": list(needed), "additionalProperties": False}


def many(item: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": item}


def maybe(item: Schema) -> Schema:
    """Return the schema of what may be null."""
    return {"anyOf": [item, {"type": "null"}]}
