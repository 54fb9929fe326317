"""Strict JSON with line numbers.

The standard library's scanner does the work; only the objects a caller asks about are walked member by member, which
gives the line of each key exactly, however the file is laid out, at little more than the cost of plain parsing.
"""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]

from osgate.formats.guards import check_depth, decode
from osgate.model.dependency import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn, TypeAlias

    # Which objects get line numbers: the key names a member, "*" any member; an empty shape stops there.
    Shape: TypeAlias = dict[str, "Shape"]

# A member's key and colon, without escapes and with them: the object's first, and those behind a comma.
_PLAIN = r'[ \t\n\r]*"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*'
_FIRST, _LATER = re.compile(_PLAIN), re.compile(r"[ \t\n\r]*," + _PLAIN)
_ODD = r'[ \t\n\r]*"((?:[^"\\\x00-\x1f]|\\.)*)"[ \t\n\r]*:[ \t\n\r]*'
_ODD_FIRST, _ODD_LATER = re.compile(_ODD), re.compile(r"[ \t\n\r]*," + _ODD)
_OPEN = re.compile(r"[ \t\n\r]*\{")
_BLANK = re.compile(r"[ \t\n\r]*\Z")
_EMPTY = re.compile(r"[ \t\n\r]*\}")
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"(?=([ \t\n\r]*:)?)|[{}]')
_BEGUN = ("true", "false", "null", "NaN", "Infinity", "-Infinity")


class Located(dict[str, object]):
    """A JSON object that knows the line, counted from 1, of each of its keys."""

    __slots__ = ("lines",)

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}


class _Duplicate(Exception):
    """Some object has a key twice; where, is looked up afterwards."""


class _Lost(Exception):
    """The walk met what is no JSON; the plain parser is asked what and where."""


def load(data: bytes, shape: Shape | None = None) -> object:
    """Return the value of the JSON file `data`; objects named by `shape` are Located, the outermost one included.

    Raises Unreadable: what `guards.decode` refuses (and `empty`), `too-deep`, `truncated`, `syntax` (NaN, Infinity and
    whatever follows the value among it), `duplicate-key` (RFC 8259, section 4, calls such files unpredictable).
    """
    file = decode(data, required=True)
    text = file.text
    # Second bytes of GB 18030 may look like brackets and quotes, so there the depth is counted in UTF-8.
    check_depth(data if file.encoding == "utf-8" else text.encode())
    try:
        if shape is not None and (start := _OPEN.match(text)):
            value, end = _Walk(text).members(start.end(), shape)
            if _BLANK.match(text, end):
                return value
            raise _Lost
        return _DECODER.decode(text)
    except _Duplicate:
        _explain_duplicate(text)
    except _Lost:
        _explain(text)
    except ValueError:
        _explain(text)


class _Walk:
    """One pass over `text`; `line` is the line of offset `mark`, the last one counted up to."""

    __slots__ = ("line", "mark", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.mark = 0
        self.line = 1

    def members(self, at: int, shape: Shape) -> tuple[Located, int]:
        """Read the members of an object whose brace ends at `at`; return it and the offset behind its end."""
        text, made, below = self.text, Located(), shape.get("*")
        if end := _EMPTY.match(text, at):
            return made, end.end()
        lines = made.lines
        plain, odd = _FIRST.match, _ODD_FIRST.match
        while True:
            if found := plain(text, at):
                key = found[1]
            elif found := odd(text, at):
                key = scanstring(text, found.start(1), True)[0]
            elif lines and (end := _EMPTY.match(text, at)):
                return made, end.end()
            else:
                raise _Lost
            plain, odd = _LATER.match, _ODD_LATER.match
            if key in lines:
                raise _Duplicate
            start, at = found.span(1)[0], found.end()
            self.line = lines[key] = self.line + text.count("\n", self.mark, start)
            self.mark = start
            inner = shape.get(key, below) if shape else None
            if inner is not None and text.startswith("{", at):
                made[key], at = self.members(at + 1, inner)
            else:
                try:
                    made[key], at = _SCAN(text, at)
                except StopIteration:
                    raise _Lost from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Duplicate
    return made


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_number)
_SCAN: Callable[[str, int], tuple[object, int]] = _DECODER.scan_once  # type: ignore[attr-defined]


def _explain(text: str) -> NoReturn:
    """Raise Unreadable for text that is no JSON, with the place the parser stopped at."""
    try:
        _DECODER.decode(text)
    except json.JSONDecodeError as error:
        rest = text[error.pos :].strip(" \t\n\r")
        cut = not rest or error.msg.startswith("Unterminated") or any(word.startswith(rest) for word in _BEGUN)
        raise Unreadable("truncated" if cut and text[: error.pos].strip() else "syntax", error.lineno) from None
    except _Duplicate:
        _explain_duplicate(text)
    except ValueError as error:  # NaN, Infinity, a number of more digits than Python converts
        found = re.search(r"(?<![\w\"])-?(?:NaN|Infinity)\b|\d{4000,}", text)
        line = text.count("\n", 0, found.start()) + 1 if found else 0
        raise Unreadable("syntax", line) from error
    raise Unreadable("malformed")


def _explain_duplicate(text: str) -> NoReturn:
    """Raise Unreadable for the first key that its object already has."""
    open_objects: list[set[str]] = []
    for token in _TOKEN.finditer(text):
        if token.group() == "{":
            open_objects.append(set())
        elif token.group() == "}":
            open_objects.pop()
        elif token.group(2) is not None:
            key = json.loads(token.group()) if "\\" in token.group(1) else token.group(1)
            if key in open_objects[-1]:
                line = text.count("\n", 0, token.start()) + 1
                raise Unreadable("duplicate-key", line, ambiguous=True, key=key)
            open_objects[-1].add(key)
    raise Unreadable("malformed")
