"""TOML with line numbers: values from tomli, and for each of them the line it is written on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import tomli

from osgate.errors import Mistake
from osgate.model.record import record

# What a value can hide a line's beginning in: strings of each kind, comments; and the brackets that keep it open.
_TOKEN = re.compile(
    r'"""(?:[^"\\]++|\\.|"{1,2}(?!"))*+"{3,5}' + r"|'''(?:[^']++|'{1,2}(?!'))*+'{3,5}"
    r'|"(?:[^"\\\n]++|\\.)*+"' + r"|'[^'\n]*+'|#[^\n]*+|[\[\]{}\n]",
    re.DOTALL,
)
_WORD = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_DOTTED = rf"[ \t]*({_WORD}(?:[ \t]*\.[ \t]*{_WORD})*)[ \t]*"
_HEADER = re.compile(rf"[ \t]*(\[\[?){_DOTTED}\]")
_KEY = re.compile(rf"{_DOTTED}=")
_PART = re.compile(_WORD)
# What tomli's commonest messages begin with, and the key below `toml.` that says the same. An ended line in a string is
# an open string.
_WHY = (
    ("Illegal character '\\n'", "string"),
    ("Unterminated string", "string"),
    ("Expected \"'", "string"),
    ("Illegal character", "character"),
    ("Found invalid character", "character"),
    ("Invalid value", "value"),
    ("Invalid initial character for a key part", "key"),
    ("Invalid statement", "statement"),
    ("Expected '='", "equals"),
    ("Expected newline", "newline"),
    ("Unclosed", "unclosed"),
    ("Cannot overwrite a value", "duplicate"),
    ("Cannot declare", "duplicate"),
    ("Duplicate inline table key", "duplicate"),
)
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
    except ValueError as error:
        # TOMLDecodeError says where; a number of thousands of digits is refused by Python itself.
        said = getattr(error, "msg", str(error))[:200]
        return Mistake(path, getattr(error, "lineno", 0), "toml", {"detail": said, "why": _why(said)})
    except RecursionError:
        return Mistake(path, 0, "too-deep", {})
    return Document(path, values, _lines(text))


def _why(said: str) -> str:
    """The key of our own words for a message of tomli; empty where there are none, and its words have to do."""
    return next((key for beginning, key in _WHY if said.startswith(beginning)), "")


def _parts(dotted: str) -> tuple[str, ...]:
    words: list[str] = _PART.findall(dotted)
    return tuple([next(iter(tomli.loads(f"{word} = 0"))) if word[0] == '"' else word.strip("'") for word in words])


def _statements(text: str) -> Iterator[tuple[int, int]]:
    """Where each line begins that is no part of the value above it: (line from 1, position)."""
    yield 1, 0
    number, depth = 1, 0
    for token in _TOKEN.finditer(text):
        found = token[0]
        number += found.count("\n")
        depth += (found in ("[", "{")) - (found in ("]", "}"))
        if found == "\n" and depth == 0:
            yield number, token.end()


def extent(text: str, line: int) -> int:
    """Return the last line of the statement that begins on `line` of a text that is known to be TOML."""
    starts = (number for number, _ in _statements(text) if number > line)
    return next(starts, text.count("\n") + 2) - 1


def _lines(text: str) -> dict[Place, int]:
    """Find the line of every table header and key, in a text that is known to be TOML. What is only named on the way to
    something else (`a` in `[a.b]`) has that line, unless it has one of its own."""
    found: dict[Place, int] = {}
    implied: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    for number, start in _statements(text):
        header = _HEADER.match(text, start)
        key = None if header else _KEY.match(text, start)
        if header:
            table = place = _table(_parts(header[2]), header[1] == "[[", counts)
        elif key:
            place = table + _parts(key[1])
        else:
            continue
        found[place] = number
        for end in range(1, len(place)):
            implied.setdefault(place[:end], number)
    return {**implied, **found}


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


def entries(document: Document | None, key: str) -> list[tuple[int, dict[str, Any]]]:
    """Return the entries of a list of tables that have the right form, each with its index."""
    listed = document.values.get(key, []) if document else []
    return [(index, entry) for index, entry in enumerate(listed) if entry is not None]


def rule_files(documents: Mapping[str, Document]) -> list[Document]:
    """Return the documents below `policy/`, by path."""
    return [documents[path] for path in sorted(documents) if path.startswith("policy/")]
