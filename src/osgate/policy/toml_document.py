"""TOML with line numbers: values from tomli, and for each of them the line it is written on."""

from __future__ import annotations

import re
from typing import Any

import tomli

from osgate.errors import Mistake
from osgate.model.record import record

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_WORD = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_KEY = re.compile(rf"\s*({_WORD}(?:\s*\.\s*{_WORD})*)\s*=(.*)$")
_PART = re.compile(_WORD)
# Largest policy file that is read, in bytes; people write these by hand.
LIMIT = 4_000_000

Place = tuple[str | int, ...]


@record
class Document:
    """A file as written. values: what it says; lines: for each key path (list entries by index) its line, from 1."""

    path: str
    values: dict[str, Any]
    lines: dict[Place, int]

    def line(self, place: Place) -> int:
        """The line of `place`, or of the nearest thing around it; 1 where nothing is known."""
        while place:
            if place in self.lines:
                return self.lines[place]
            place = place[:-1]
        return 1


def read(path: str, data: bytes) -> Document | Mistake:
    """Read `data` as TOML; GB 18030 and a byte order mark are accepted. Returns the one Mistake that stops reading."""
    if len(data) > LIMIT:
        return Mistake(path, 0, "too-large", {"limit": LIMIT})
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError:
            return Mistake(path, 0, "not-text", {})
    text = text.replace("\r\n", "\n")
    try:
        values = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        return Mistake(path, getattr(error, "lineno", 0), "toml", {"detail": getattr(error, "msg", str(error))})
    except RecursionError:
        return Mistake(path, 0, "too-deep", {})
    return Document(path, values, _lines(text))


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


def _lines(text: str) -> dict[Place, int]:
    """Find the line of every table header and key. The text is known to be valid TOML, so the look can be simple."""
    found: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    waits_for = ""
    depth = 0
    for number, line in enumerate(text.split("\n"), 1):
        if waits_for:
            waits_for = "" if waits_for in line else waits_for
            continue
        if depth > 0:
            depth += _brackets(line)
            continue
        header = _HEADER.match(line)
        if header:
            table = _table(_parts(header[2]), header[1] == "[[", counts)
            found.setdefault(table, number)
            continue
        key = _KEY.match(line)
        if key:
            found.setdefault(table + _parts(key[1]), number)
            waits_for = _open_string(key[2])
            depth = 0 if waits_for else _brackets(key[2])
    return found


def _table(parts: tuple[str, ...], array: bool, counts: dict[Place, int]) -> Place:
    """The place a header names: below an array of tables, its newest entry is meant."""
    place: Place = ()
    for index, part in enumerate(parts):
        place = (*place, part)
        last = index == len(parts) - 1
        if last and array:
            counts[place] = counts.get(place, -1) + 1
        if place in counts:
            place = (*place, counts[place])
    return place


def _open_string(value: str) -> str:
    """The delimiter of a multi-line string that starts in `value` and does not end there; empty otherwise."""
    start = value.lstrip()[:3]
    if start in ('"""', "'''") and value.lstrip().find(start, 3) < 0:
        return start
    return ""


def _brackets(line: str) -> int:
    """How many more brackets `line` opens than it closes, outside strings and comments."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'', "", line).partition("#")[0]
    return sum(bare.count(c) for c in "[{") - sum(bare.count(c) for c in "]}")
