"""Strict TOML: the text of a file, its tables, and the lines on which headers and strings stand.

tomli does the parsing and refuses whatever TOML 1.0 calls an error, repeated keys and tables among it. What it costs to
parse a hostile file is bounded before it sees one: one pass takes strings and comments out, and what is left tells how
deep brackets nest and how many parts a dotted key has.
"""

from __future__ import annotations

from osgate import patterns
from osgate.formats.guards import MAX_DEPTH, decode, depth, line_at
from osgate.model.dependency import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TypeAlias

    Table: TypeAlias = dict[str, Any]

# Parts of a dotted key; time and memory grow with their square in some parsers, and people write three or four.
MAX_PARTS = 64

# A string (four kinds; one that is not closed ends with its line, or with the file) or a comment. Possessive: linear.
_STRING = (
    r'"""(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5}|\\?\Z)'
    r"|'''(?:[^']|'(?!''))*+(?:'{3,5}|\Z)"
    r'|"(?:[^"\\\n]|\\[^\n])*+(?:"|$|\\$)'
    r"|'[^'\n]*+(?:'|$)"
)
_HIDDEN = rf"(?ms){_STRING}|#[^\n]*+"
_DOTS = rf"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){{{MAX_PARTS}}}"
# What `strings` and `headers` look at: strings, comments, and the header of a table alone on its line.
_TOKEN = rf"(?ms)(?P<text>{_STRING})|#[^\n]*+|^[ \t]*+\[(?P<array>\[)?(?P<table>[^\[\]\n#]*+)\](?=\]?[ \t]*+(?:#|$))"
# How tomli words an error about something that stands twice.
_TWICE = ("Cannot overwrite", "Cannot declare", "Duplicate", "Cannot redefine", "Cannot mutate", "Cannot namespace")


def load(data: bytes) -> tuple[str, Table]:
    """Return the text of the TOML file `data` (lines end in LF) and its tables.

    Raises Unreadable: what `guards.decode` refuses (`not-text` for all but UTF-8, which TOML demands, and `empty`),
    `too-deep`, and with the line `truncated`, `syntax`, `duplicate-key` (ambiguous: lenient readers take one of both).
    """
    text = decode(data, required=True).text
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise Unreadable("not-text", line_at(data, error.start)) from None
    _check_shape(text)
    return text, _parsed(text)


def _check_shape(text: str) -> None:
    """Refuse brackets nested deeper than MAX_DEPTH and dotted keys of more than MAX_PARTS parts."""
    # A string inside a key counts as one letter of it.
    plain = patterns.sub(_HIDDEN, "_", text)
    if depth(plain.replace("\\", "").replace('"', "").encode()) > MAX_DEPTH:
        raise Unreadable("too-deep", limit=MAX_DEPTH)
    if found := patterns.search(_DOTS, plain):
        raise Unreadable("too-deep", _plain_line(text, plain, found.start()), limit=MAX_PARTS)


def _plain_line(text: str, plain: str, offset: int) -> int:
    """The line of an offset in `plain`; where strings of several lines went missing, none is known."""
    return plain.count("\n", 0, offset) + 1 if plain.count("\n") == text.count("\n") else 0


def _parsed(text: str) -> Table:
    import tomli

    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        twice = str(error).startswith(_TWICE)
        if twice:
            raise Unreadable("duplicate-key", error.lineno, ambiguous=True) from None
        cut = not text[error.pos :].strip() and bool(text[: error.pos].strip())
        raise Unreadable("truncated" if cut else "syntax", error.lineno) from None
    except RecursionError:
        raise Unreadable("too-deep", limit=MAX_DEPTH) from None
    except ValueError:  # a number of more digits than Python converts, a date that no calendar has
        raise Unreadable("syntax") from None


def headers(text: str, name: str) -> list[int]:
    """Return the lines of all headers `[[name]]` of the valid TOML `text`, in order; `name` is a bare key."""
    spellings = (name, f'"{name}"', f"'{name}'")
    return [line for table, quoted, line in _walk(text) if not quoted and table[:1] == "[" and table[1:] in spellings]


def strings(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield each one-line string of the valid TOML `text`: the header it stands under (as written), its text, its line.

    Strings with escapes are given as they are written.
    """
    for table, quoted, line in _walk(text):
        if quoted and not quoted.startswith(('"""', "'''")):
            yield table.lstrip("["), quoted[1:-1], line


def _walk(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield (header, empty, line) for each header, a `[` in front of one of an array; (header, string, line) for each.

    The last quoted part of a header is part of its name, so brackets inside of it go unnoticed: no name asked for here
    has any.
    """
    table, line, mark = "", 1, 0
    for token in patterns.finditer(_TOKEN, text):
        line += text.count("\n", mark, token.start())
        mark = token.start()
        if token["table"] is not None and token["text"] is None:
            table = ("[" if token["array"] else "") + token["table"].strip(" \t")
            # Blanks of indentation are part of the match, line breaks are not.
            yield table, "", line
        elif token["text"] is not None:
            yield table, token["text"], line
