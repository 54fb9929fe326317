"""Strict JSON with line numbers.

The standard library's scanner does the work; only the objects a caller asks about are walked member by member, which
gives the line of each key exactly, however the file is laid out, at little more than the cost of plain parsing.
"""

from __future__ import annotations

from osgate import light_json, patterns
from osgate.formats.guards import MAX_DEPTH, check_depth, decode
from osgate.model.dependency import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from json import JSONDecoder
    from typing import Any, NoReturn, TypeAlias

    # Which objects get line numbers: the key names a member, "*" any member; an empty shape stops there.
    Shape: TypeAlias = dict[str, "Shape"]

# Compiled where they are used: `plain`, the commit path's way, needs none of them.
# A member's key and colon, without escapes and with them: the object's first, and those behind a comma.
_PLAIN = r'[ \t\n\r]*"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*'
_ODD = r'[ \t\n\r]*"((?:[^"\\\x00-\x1f]|\\.)*)"[ \t\n\r]*:[ \t\n\r]*'
_COMMA = r"[ \t\n\r]*,"
_OPEN = r"[ \t\n\r]*\{"
_SPACE = " \t\n\r"
_EMPTY = r"[ \t\n\r]*\}"
_BRACE_OR_STRING = r'"((?:[^"\\]|\\.)*)"(?=([ \t\n\r]*:)?)|[{}]'
_HOLDING = (dict, list)
_BLANK_COLONS = (b" :", b"\t:", b"\n:", b"\r:")
_NOT_COLON = bytes(byte for byte in range(256) if byte not in b':"')
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
        if shape is not None and (start := patterns.match(_OPEN, text)):
            value, end = _Walk(text).members(start.end(), shape)
            if not text[end:].strip(_SPACE):
                return value
            raise _Lost
        return _decoder().decode(text)
    except _Duplicate:
        _explain_duplicate(text)
    except _Lost:
        _explain(text)
    except ValueError:
        _explain(text)


def plain(data: bytes, *, strict: bool = True) -> tuple[str, object]:
    """Return the text of the JSON file `data` and its value, without lines. Raises Unreadable as `load` does.

    strict: a key that stands twice is refused; else the last one counts, as for npm and nearly every other reader.

    Twice as fast as `load`: instead of looking at each object as it is made, the members of all of them are counted
    against the colons of the text; only where they differ somebody has a key twice. The last files are remembered:
    both sides of a changed lock are asked for by its reader, and again with their manifests by whoever compares them.
    """
    for known, judged, text, value in _RECENT:
        if known is data and judged >= strict:
            return text, value
    text, value = _plain(data, strict)
    _RECENT[:] = [*_RECENT[-3:], (data, strict, text, value)]
    return text, value


# data, whether keys were judged, text and value; nobody may change a value.
_RECENT: list[tuple[bytes, bool, str, object]] = []


def _plain(data: bytes, strict: bool) -> tuple[str, object]:
    file = decode(data, required=True)
    content = data if file.encoding == "utf-8" else file.text.encode()
    try:
        value = light_json.loads(file.text)
    except (ValueError, RecursionError):
        check_depth(content)
        _explain(file.text)
    if not strict:
        return file.text, value
    members = _members(value)
    if members != _colons(content) and members != _structural_colons(content):
        _explain_duplicate(file.text)
    return file.text, value


def _members(value: object) -> int:
    """How many members all objects inside `value` have together; looked at level by level, which is quickest.

    Raises Unreadable `too-deep` where there are more levels than MAX_DEPTH.
    """
    count, levels, level = 0, 0, [value]
    while level:
        levels += 1
        if levels > MAX_DEPTH:
            raise Unreadable("too-deep", limit=MAX_DEPTH)
        objects = [held for held in level if type(held) is dict]
        count += sum(map(len, objects))
        values = [inner for held in objects for inner in held.values()]
        values += [inner for held in level if type(held) is list for inner in held]
        level = [held for held in values if type(held) in _HOLDING]
    return count


def _colons(data: bytes) -> int:
    """How many colons stand outside of strings in valid JSON, or more than that."""
    if b"\\" not in data and not any(mark in data for mark in _BLANK_COLONS):
        # Without escapes no string holds a quote, so each key's colon follows its quote; a string that begins with a
        # colon counts too, which is put right below when it makes a difference.
        return data.count(b'":')
    return _structural_colons(data)


def _structural_colons(data: bytes) -> int:
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Removing two neighbouring quotes leaves every other one opening or closing as it was.
    rest = data.translate(None, _NOT_COLON).replace(b'""', b"")
    return b"".join(rest.split(b'"')[::2]).count(b":")


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
        from json.decoder import scanstring  # type: ignore[attr-defined]

        empty, scan = patterns.compiled(_EMPTY).match, _scan()
        if end := empty(text, at):
            return made, end.end()
        lines = made.lines
        plain, odd = patterns.compiled(_PLAIN).match, patterns.compiled(_ODD).match
        later = patterns.compiled(_COMMA + _PLAIN).match, patterns.compiled(_COMMA + _ODD).match
        while True:
            if found := plain(text, at):
                key = found[1]
            elif found := odd(text, at):
                key = scanstring(text, found.start(1), True)[0]
            elif lines and (end := empty(text, at)):
                return made, end.end()
            else:
                raise _Lost
            plain, odd = later
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
                    made[key], at = scan(text, at)
                except StopIteration:
                    raise _Lost from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Duplicate
    return made


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _decoder() -> JSONDecoder:
    """The standard decoder, told to refuse duplicate keys and what is no JSON number; loaded when first needed."""
    import json

    return json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_number)


def _scan() -> Callable[[str, int], tuple[object, int]]:
    """The decoder's scanner: reads the value at an offset, returns it and the offset behind it."""
    scan: Callable[[str, int], tuple[object, int]] = _decoder().scan_once  # type: ignore[attr-defined]
    return scan


def _explain(text: str) -> NoReturn:
    """Raise Unreadable for text that is no JSON, with the place the parser stopped at."""
    import json

    try:
        _decoder().decode(text)
    except json.JSONDecodeError as error:
        rest = text[error.pos :].strip(" \t\n\r")
        cut = not rest or error.msg.startswith("Unterminated") or any(word.startswith(rest) for word in _BEGUN)
        raise Unreadable("truncated" if cut and text[: error.pos].strip() else "syntax", error.lineno) from None
    except _Duplicate:
        _explain_duplicate(text)
    except ValueError as error:  # NaN, Infinity, a number of more digits than Python converts
        found = patterns.search(r"(?<![\w\"])-?(?:NaN|Infinity)\b|\d{4000,}", text)
        line = text.count("\n", 0, found.start()) + 1 if found else 0
        raise Unreadable("syntax", line) from error
    raise Unreadable("malformed")


def _explain_duplicate(text: str) -> NoReturn:
    """Raise Unreadable for the first key that its object already has."""
    open_objects: list[set[str]] = []
    for token in patterns.finditer(_BRACE_OR_STRING, text):
        if token.group() == "{":
            open_objects.append(set())
        elif token.group() == "}":
            open_objects.pop()
        elif token.group(2) is not None:
            key = light_json.loads(token.group()) if "\\" in token.group(1) else token.group(1)
            if key in open_objects[-1]:
                line = text.count("\n", 0, token.start()) + 1
                raise Unreadable("duplicate-key", line, ambiguous=True, key=key)
            open_objects[-1].add(key)
    raise Unreadable("malformed")
