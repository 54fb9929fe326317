"""Records as JSON values and back, strictly by their annotations, and the JSON Schema that follows from them. Pure.

One reader of annotations serves all three: what the writer writes the schema describes, and the reader takes nothing
else. A field that is missing has its default, so that an older document can be read after a field was added.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import cache
from inspect import get_annotations
from typing import Any

from osgate.model.fact import Advisories
from osgate.model.record import record

_PLAIN = {"str": (str, "string"), "int": (int, "integer"), "bool": (bool, "boolean")}


class Malformed(Exception):
    """A document that no writer of ours wrote. The text says where and what."""


@record
class _Advisories:
    """`Advisories` as a record: it is a tuple with a word beside it."""

    found: tuple[Any, ...]
    unknown: Any = None


_Advisories.__annotations__.update(found="tuple[Advisory, ...]", unknown="Unknown | None")


class Codec:
    """Writes and reads records of `kinds`, and of nothing else; a record is known by the name of its class."""

    def __init__(self, kinds: Iterable[type]) -> None:
        self._kinds = {**{kind.__name__: kind for kind in kinds}, "Advisories": _Advisories}

    def to_json(self, value: Any) -> Any:
        """Return a record, or what stands inside one, as JSON values; mappings keep their text keys."""
        if isinstance(value, Advisories):
            value = _Advisories(tuple(value), value.unknown)
        fields = getattr(value, "_fields", None)
        if fields is not None:
            return {name: self.to_json(getattr(value, name)) for name in fields}
        if isinstance(value, (tuple, list)):
            return [self.to_json(item) for item in value]
        return {key: self.to_json(item) for key, item in value.items()} if isinstance(value, Mapping) else value

    def from_json(self, hint: str, data: Any) -> Any:
        """Return what `to_json` wrote of a value annotated `hint`. Raises Malformed."""
        return self._read(_parsed(hint), data, hint)

    def schema(self, roots: Mapping[str, str]) -> dict[str, Any]:
        """Return a JSON Schema (draft 2020-12) of an object with the fields `roots` (name -> annotation)."""
        defs: dict[str, Any] = {}
        properties = {name: self._described(_parsed(hint), defs) for name, hint in roots.items()}
        return {**_object(properties), "$defs": dict(sorted(defs.items()))}

    # Reading

    def _read(self, node: ast.expr, data: Any, place: str) -> Any:
        if isinstance(node, ast.BinOp):
            return self._either(_parts(node), data, place)
        if isinstance(node, ast.Constant):
            return _must(data is None, None, place)
        if isinstance(node, ast.Subscript):
            return self._several(node, data, place)
        name = _name(node)
        if name in _PLAIN:
            return _must(type(data) is _PLAIN[name][0], data, place)
        return self._record(name, data, place)

    def _either(self, nodes: list[ast.expr], data: Any, place: str) -> Any:
        for node in nodes:
            try:
                return self._read(node, data, place)
            except Malformed as error:
                failed = error
        raise failed

    def _several(self, node: ast.Subscript, data: Any, place: str) -> Any:
        kind, inside = _name(node.value), _inside(node)
        if kind == "dict":
            _must(isinstance(data, dict), None, place)
            return {key: self._read(inside[1], item, f"{place}.{key[:40]}") for key, item in data.items()}
        _must(isinstance(data, list), None, place)
        hints = [inside[0]] * len(data) if _repeated(inside) else inside
        _must(len(hints) == len(data), None, place)
        return tuple(
            [self._read(hint, one, f"{place}[{n}]") for n, (hint, one) in enumerate(zip(hints, data, strict=True))]
        )

    def _record(self, name: str, data: Any, place: str) -> Any:
        kind = self._kinds[name]
        hints = _hints(kind)
        _must(isinstance(data, dict) and data.keys() <= hints.keys(), None, place)
        values = {key: self._read(_parsed(hints[key]), item, f"{place}.{key}") for key, item in data.items()}
        try:
            made: Any = kind(**values)
        except TypeError:
            raise Malformed(f"{place}: a field is missing") from None
        return Advisories(made.found, made.unknown) if kind is _Advisories else made

    # Describing

    def _described(self, node: ast.expr, defs: dict[str, Any]) -> dict[str, Any]:
        if isinstance(node, ast.BinOp):
            return {"anyOf": [self._described(part, defs) for part in _parts(node)]}
        if isinstance(node, ast.Constant):
            return {"type": "null"}
        if isinstance(node, ast.Subscript):
            return self._described_several(node, defs)
        name = _name(node)
        if name in _PLAIN:
            return {"type": _PLAIN[name][1]}
        if name not in defs:
            defs[name] = {}
            hints = _hints(self._kinds[name])
            defs[name] = _object({key: self._described(_parsed(hint), defs) for key, hint in hints.items()})
        return {"$ref": f"#/$defs/{name}"}

    def _described_several(self, node: ast.Subscript, defs: dict[str, Any]) -> dict[str, Any]:
        inside = _inside(node)
        if _name(node.value) == "dict":
            return {"type": "object", "additionalProperties": self._described(inside[1], defs)}
        if _repeated(inside):
            return {"type": "array", "items": self._described(inside[0], defs)}
        each = [self._described(one, defs) for one in inside]
        return {"type": "array", "prefixItems": each, "items": False, "minItems": len(each)}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    required = list(properties)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _must(fits: bool, value: Any, place: str) -> Any:
    if not fits:
        raise Malformed(place)
    return value


@cache
def _parsed(hint: str) -> ast.expr:
    return ast.parse(hint, mode="eval").body


@cache
def _hints(kind: type) -> dict[str, str]:
    """The annotations of a record's fields; a class made of a record has them from there."""
    fields: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]
    own = (get_annotations(each) for each in kind.__mro__)
    told: dict[str, str] = next(found for found in own if set(fields) <= set(found))
    return {name: told[name] for name in fields}


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ast.unparse(node)


def _parts(node: ast.expr) -> list[ast.expr]:
    """The sides of `a | b | c`."""
    return [*_parts(node.left), node.right] if isinstance(node, ast.BinOp) else [node]


def _inside(node: ast.Subscript) -> list[ast.expr]:
    return list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]


def _repeated(inside: list[ast.expr]) -> bool:
    return len(inside) == 2 and isinstance(inside[1], ast.Constant) and inside[1].value is Ellipsis
