"""Checking written data against its shape: every mistake at once, unknown keys with a did-you-mean.

Works on plain values (from TOML or JSON), so policy files, people and ledger records share it.
"""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from osgate.model.record import record

Place = tuple[str | int, ...]
Complaint = tuple[Place, str, dict[str, object]]

# Words longer than this are compared by their beginning.
LONGEST = 80
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


@record
class Field:
    """What one value must be.

    kind: text, integer, boolean, date, instant, list, texts (a text, or a list of them), table, map (a table with free
    keys). of: the shape inside a list, texts, map or table (a Field, or a mapping of them). choices: the only texts
    allowed. check: says what else is wrong, as (code, params), or None.
    """

    kind: str
    required: bool = False
    of: Any = None
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    check: Callable[[Any], tuple[str, dict[str, object]] | None] | None = None
    empty: bool = True


def complaints(value: object, shape: Field | Mapping[str, Field], place: Place = ()) -> Iterator[Complaint]:
    """Yield (place, code, params) for everything in `value` that its shape does not allow."""
    field = shape if isinstance(shape, Field) else Field("table", of=shape)
    if not _is(value, field.kind):
        yield place, "wrong-type", {"wanted": field.kind, "found": _kind_of(value)}
        return
    if field.kind == "texts" and isinstance(value, str):
        yield from complaints(value, field.of, place)
        return
    if not field.empty and not value:
        yield place, "empty", {"key": _name(place)}
    yield from _inside(value, field, place)
    if field.choices and value not in field.choices:
        yield (
            place,
            "not-one-of",
            {"found": value, "choices": ", ".join(field.choices), **near(str(value), field.choices)},
        )
    if field.least is not None and isinstance(value, int) and value < field.least:
        yield place, "too-small", {"found": value, "least": field.least}
    if field.most is not None and isinstance(value, int) and value > field.most:
        yield place, "more-than", {"found": value, "most": field.most}
    if field.check is not None:
        said = field.check(value)
        if said is not None:
            yield place, said[0], said[1]


def _inside(value: Any, field: Field, place: Place) -> Iterator[Complaint]:
    if field.kind in ("list", "texts"):
        for index, item in enumerate(value):
            yield from complaints(item, field.of, (*place, index))
    elif field.kind == "map":
        for key, item in value.items():
            yield from complaints(item, field.of, (*place, key))
    elif field.kind == "table":
        meant = set()
        for key, item in value.items():
            if key in field.of:
                yield from complaints(item, field.of[key], (*place, key))
            else:
                close = near(key, field.of)
                meant.add(close["close"])
                yield (*place, key), "unknown-key", {"key": key, **close}
        for key, inner in field.of.items():
            # A key that is only misspelt is told once.
            if inner.required and key not in value and key not in meant:
                yield place, "missing-key", {"key": key}


def near(word: str, choices: Any) -> dict[str, object]:
    """`{"close": ...}` with the choice most like `word`, or an empty text where none is like it."""
    found = difflib.get_close_matches(word[:LONGEST], list(choices), 1, 0.6)
    return {"close": found[0] if found else ""}


def iso(value: object) -> str:
    """A TOML or JSON date as ISO text; text is returned as it is."""
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def _is_date(value: object) -> bool:
    if isinstance(value, datetime.datetime):
        return False
    return isinstance(value, datetime.date) or (isinstance(value, str) and bool(_DATE.match(value)) and _real(value))


def _is_instant(value: object) -> bool:
    if isinstance(value, datetime.datetime):
        return value.tzinfo is not None
    return isinstance(value, str) and bool(_INSTANT.match(value)) and _real(value[:19])


def _real(text: str) -> bool:
    try:
        datetime.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


_KINDS: dict[str, Callable[[Any], bool]] = {
    "text": lambda v: isinstance(v, str),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
    "date": _is_date,
    "instant": _is_instant,
    "list": lambda v: isinstance(v, list),
    "texts": lambda v: isinstance(v, str | list),
    "table": lambda v: isinstance(v, dict),
    "map": lambda v: isinstance(v, dict),
}


def _is(value: object, kind: str) -> bool:
    return _KINDS[kind](value)


def _kind_of(value: object) -> str:
    for kind in ("boolean", "integer", "text", "list", "table"):
        if _is(value, kind):
            return kind
    return "date" if isinstance(value, datetime.date) else type(value).__name__


def _name(place: Place) -> str:
    return next((part for part in reversed(place) if isinstance(part, str)), "")
