"""JSON Schema, the part that the fake's schemas use; and what Grape does with a parameter of another type.

The schemas are data of this package, written from the documented API. `check` knows the keywords type, properties,
required, additionalProperties, items, enum, pattern, minimum, anyOf and `$ref` to `#/$defs/Name`; the tests hold it
equal to a full validator.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
import re
from collections.abc import Iterator
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
KEYWORDS = frozenset(
    ["$ref", "type", "properties", "required", "additionalProperties", "items", "enum", "pattern", "minimum", "anyOf"]
)


@functools.cache
def responses() -> dict[str, Any]:
    """Return the schemas of what GitLab answers, by name."""
    found: dict[str, Any] = {}
    folder = importlib.resources.files("osgate.testing.gitlab") / "schemas"
    for file in folder.iterdir():
        if file.name.startswith("answers"):
            found |= json.loads(file.read_text(encoding="utf-8"))["$defs"]
    return found


@functools.cache
def requests() -> dict[str, Any]:
    """Return the schemas of what GitLab is asked, by route (`POST /projects/:id/issues`)."""
    found: dict[str, Any] = {}
    folder = importlib.resources.files("osgate.testing.gitlab") / "schemas"
    for file in folder.iterdir():
        if file.name.startswith("requests"):
            found |= json.loads(file.read_text(encoding="utf-8"))["routes"]
    return found


def answer_errors(name: str, body: Any) -> list[str]:
    """Return what is wrong with an answer. name: `Note`, or `[Note]` for a list of them."""
    if not name:
        return []
    schema = {"$ref": f"#/$defs/{name.strip('[]')}"}
    if name.startswith("["):
        schema = {"type": "array", "items": schema}  # type: ignore[dict-item]
    return list(check(schema, body, "$"))


def check(schema: dict[str, Any], value: Any, at: str) -> Iterator[str]:
    """Yield each place where `value` breaks `schema`."""
    if "$ref" in schema:
        yield from check(responses()[schema["$ref"].removeprefix("#/$defs/")], value, at)
        return
    kinds = schema.get("type", [])
    if kinds and not any(_is(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        yield f"{at}: {type(value).__name__} is not {kinds}"
        return
    if "anyOf" in schema and all(any(True for _ in check(one, value, at)) for one in schema["anyOf"]):
        yield f"{at}: none of the kinds it may be"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is not one of {schema['enum']}"
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield f"{at}: {value[:60]!r} does not match {schema['pattern']}"
    if _is(value, "number") and value < schema.get("minimum", value):
        yield f"{at}: {value} is less than {schema['minimum']}"
    if isinstance(value, list) and "items" in schema:
        for number, row in enumerate(value):
            yield from check(schema["items"], row, f"{at}[{number}]")
    if isinstance(value, dict):
        yield from _object(schema, value, at)


def _object(schema: dict[str, Any], value: dict[str, Any], at: str) -> Iterator[str]:
    known = schema.get("properties", {})
    yield from (f"{at}.{name}: missing" for name in schema.get("required", ()) if name not in value)
    for name, part in value.items():
        if name in known:
            yield from check(known[name], part, f"{at}.{name}")
        elif schema.get("additionalProperties") is False:
            yield f"{at}.{name}: unknown"
        elif isinstance(schema.get("additionalProperties"), dict):
            yield from check(schema["additionalProperties"], part, f"{at}.{name}")


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def coerced(schema: dict[str, Any], given: dict[str, Any]) -> tuple[dict[str, Any], list[str], set[str]]:
    """Return the parameters as Grape hands them on, GitLab's complaints, and the names it ignores.

    `"5"` is taken for a number, `"true"` for a truth, `"a,b"` for a list of strings; a list is never a string. A null
    where none may be is as good as nothing.
    """
    known, found, wrong = schema.get("properties", {}), {}, []
    told = {n: v for n, v in given.items() if v is not None or n not in known or not any(check(known[n], None, n))}
    wrong += [f"{name} is missing" for name in schema.get("required", ()) if name not in told]
    for name, value in told.items():
        if name not in known:
            found[name] = value
            continue
        taken = _coerce(known[name], value)
        found[name] = taken
        if any(True for _ in check({k: v for k, v in known[name].items() if k != "enum"}, taken, name)):
            wrong.append(f"{name} is invalid")
        elif "enum" in known[name] and taken not in known[name]["enum"]:
            wrong.append(f"{name} does not have a valid value")
    return found, wrong, {name for name in given if name not in known}


def _coerce(schema: dict[str, Any], value: Any) -> Any:
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not kinds or any(_is(value, kind) for kind in kinds):
        return value
    if isinstance(value, str):
        return _of_text(kinds, value)
    if "string" in kinds and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value


def _of_text(kinds: list[str], value: str) -> Any:
    if "integer" in kinds and re.fullmatch(r"-?\d+", value):
        return int(value)
    if "number" in kinds and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return float(value)
    if "boolean" in kinds and value.lower() in ("true", "false", "1", "0", "t", "f", "on", "off", "yes", "no"):
        return value.lower() in ("true", "1", "t", "on", "yes")
    if "array" in kinds:
        return [part for part in value.split(",") if part]
    return None if "null" in kinds and value == "" else value
