"""JSON Schema compiled to closures: the part that GitHub's description uses, eight times as fast as the full one.

test_fake_github_contract.py holds it equal to jsonschema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

# Yields what is wrong with a value at a place.
Check = Callable[[Any, str], Iterator[str]]
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
KEYWORDS = frozenset(("$ref", "type", "enum", "properties", "required", "additionalProperties", "items"))
KEYWORDS |= {"anyOf", "oneOf", "allOf", "format", "pattern", "minLength", "maxLength", "minItems", "maxItems"}
KEYWORDS |= {"minimum", "maximum", "uniqueItems", "minProperties", "maxProperties"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
# The keyword that says there is too much, and what it counts.
SIZES = {"maxLength": (str, 1), "minLength": (str, -1), "maxItems": (list, 1), "minItems": (list, -1),
         "minProperties": (dict, -1), "maxProperties": (dict, 1)}  # fmt: skip
LIMIT = "limit: "


class Compiler:
    """Makes checks of schemas. parts: the named ones, each compiled when it is first used."""

    def __init__(self, parts: dict[str, Any]) -> None:
        self.parts = parts
        self._made: dict[str, Check] = {}

    def compile(self, schema: Any) -> Check:
        """Return the check of a schema. Raises ValueError for a keyword it does not know."""
        if "$ref" in schema:
            return self._named(schema["$ref"].removeprefix("#/$defs/"))
        unknown = set(schema) - KEYWORDS
        if unknown:
            raise ValueError(f"unknown keywords: {sorted(unknown)}")
        checks = [*self._plain(schema), *self._sized(schema), *self._combined(schema)]
        if "properties" in schema or "required" in schema or "additionalProperties" in schema:
            checks.append(self._object(schema))
        if "items" in schema:
            checks.append(self._array(schema["items"]))

        def check(value: Any, at: str) -> Iterator[str]:
            for one in checks:
                yield from one(value, at)

        return checks[0] if len(checks) == 1 else check

    def _named(self, name: str) -> Check:
        def check(value: Any, at: str) -> Iterator[str]:
            if name not in self._made:
                self._made[name] = self.compile(self.parts[name])
            yield from self._made[name](value, at)

        return check

    def _plain(self, schema: Any) -> Iterator[Check]:
        kinds = schema.get("type")
        if kinds is not None:
            names = [kinds] if isinstance(kinds, str) else kinds
            yield lambda value, at: iter(
                () if any(is_a(value, k) for k in names) else (f"{at}: {_kind(value)} is not {kinds}",)
            )
        if "enum" in schema:
            allowed = schema["enum"]
            yield lambda value, at: iter(
                () if _among(value, allowed) else (f"{at}: {value!r:.60} is not one of {allowed}",)
            )
        if schema.get("format") == "date-time":
            yield _moment
        if "pattern" in schema:
            pattern = re.compile(schema["pattern"])
            yield lambda value, at: iter(
                (f"{at}: {value!r:.60} does not match",) if isinstance(value, str) and not pattern.search(value) else ()
            )

    def _sized(self, schema: Any) -> Iterator[Check]:
        for word, (kind, sign) in SIZES.items():
            if word in schema:
                yield _size(word, kind, sign, schema[word])
        for word, sign in (("maximum", 1), ("minimum", -1)):
            if word in schema:
                yield _bound(word, sign, schema[word])
        if schema.get("uniqueItems"):
            yield lambda value, at: iter(
                (f"{at}: twice the same",)
                if isinstance(value, list) and any(v in value[:n] for n, v in enumerate(value))
                else ()
            )

    def _combined(self, schema: Any) -> Iterator[Check]:
        for one in schema.get("allOf", ()):
            yield self.compile(one)
        for word in ("anyOf", "oneOf"):
            if word in schema:
                yield _some(word, [self.compile(one) for one in schema[word]])

    def _object(self, schema: Any) -> Check:
        known = {name: self.compile(part) for name, part in schema.get("properties", {}).items()}
        needed, rest = schema.get("required", ()), schema.get("additionalProperties", True)
        other = self.compile(rest) if isinstance(rest, dict) else None

        def check(value: Any, at: str) -> Iterator[str]:
            if not isinstance(value, dict):
                return
            yield from (f"{at}.{name}: missing" for name in needed if name not in value)
            for name, part in value.items():
                if name in known:
                    yield from known[name](part, f"{at}.{name}")
                elif rest is False:
                    yield f"{at}.{name}: unknown"
                elif other is not None:
                    yield from other(part, f"{at}.{name}")

        return check

    def _array(self, items: Any) -> Check:
        one = self.compile(items)

        def check(value: Any, at: str) -> Iterator[str]:
            if isinstance(value, list):
                for number, row in enumerate(value):
                    yield from one(row, f"{at}[{number}]")

        return check


def is_a(value: Any, kind: str) -> bool:
    """Whether a value is of a type of JSON Schema; true and false are no numbers, 1.0 is an integer."""
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, TYPES[kind]) or (kind == "integer" and isinstance(value, float) and value.is_integer())


def _kind(value: Any) -> str:
    return type(value).__name__


def _among(value: Any, allowed: list[Any]) -> bool:
    return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in allowed)


def _moment(value: Any, at: str) -> Iterator[str]:
    if isinstance(value, str) and not MOMENT.fullmatch(value):
        yield f"{at}: {value!r:.60} is no moment"


def _size(word: str, kind: type, sign: int, bound: int) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if isinstance(value, kind) and sign * len(value) > sign * bound:  # type: ignore[arg-type]
            yield f"{LIMIT if sign > 0 else ''}{at}: {word} is {bound}"

    return check


def _bound(word: str, sign: int, bound: float) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if is_a(value, "number") and sign * value > sign * bound:
            yield f"{at}: {word} is {bound}"

    return check


def _some(word: str, checks: list[Check]) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        wrong = [list(one(value, at)) for one in checks]
        fits = sum(not lines for lines in wrong)
        if fits == 0:
            nearest = min(wrong, key=len)
            yield f"{at}: fits none of {len(checks)}" + (f" ({nearest[0]})" if nearest else "")
        elif word == "oneOf" and fits > 1:
            yield f"{at}: fits {fits} of {len(checks)}, not one"

    return check
