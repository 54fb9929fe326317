"""The instructions of a Dockerfile as its builder cuts them: directives, continuations, comments, heredocs.

A here-document's body is data and holds no instruction, whatever it looks like. Where the builder's answer depends on
its age or on a detail of its shell lexer, the file is refused: who reads a body as instructions, or instructions as a
body, reads another file than is built.
Source of the rules: BuildKit's Dockerfile frontend (github.com/moby/buildkit, frontend/dockerfile/parser); the
Dockerfile reference, "Format", "Parser directives" and "Here-documents".
"""

from __future__ import annotations

from osgate import patterns
from osgate.formats.dockerfile.words import SPACE, split
from osgate.model.dependency import Unreadable
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES = (
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME "
    "WORKDIR"
)
KNOWN = frozenset(_NAMES.split())
# The builder's own limit for a physical line, and ours for an instruction on many of them.
MAX_LINE = 65_535
MAX_INSTRUCTION = 1_048_576
MAX_FLAGS = 100

_FLAGGED = frozenset({"ADD", "COPY", "FROM", "RUN"})
_HEREDOC = frozenset({"ADD", "COPY", "RUN"})
_DIRECTIVES = ("syntax", "escape", "check")
_BLANKS = "\t\n\f\r "  # white space inside a directive
# What separates an instruction from its arguments, and the words of FROM.
BLANKS = "\t\v\f\r "
_AS_SPACE = str.maketrans(BLANKS, " " * len(BLANKS))
_FLAG = rf"(?s)--(?:'(?:\\.|[^'\\])*+'|\"(?:\\.|[^\"\\])*+\"|\\.|[^{SPACE}'\"\\]++)*+(?=[{SPACE}]|\Z)"
_QUOTED = r"""(?s)'((?:\\.|[^'\\])*+)'|"((?:\\.|[^"\\])*+)"|(\\.|[^'"\\]++)"""
# A word that opens a here-document or looks as if it did; the word itself; forms of `$` the lexers agree on.
_OPENS = rf"(?:^|[{SPACE}])[0-9]*<<-?+[^<{SPACE}]"
_HEREDOC_WORD = r"[0-9]*<<(-?+)([^<]+)"
_DELIMITER = r"""([^'"\\$]+)|'([^'"\\$]+)'|"([^'"\\$]+)\""""
_TOKENS = r"""(?s)'[^']*'|"(?:\\.|[^"\\])*+"|\\.|[^'"\\]++"""
_PLAIN_DOLLAR = r"\$(?!\{)|\$\{[A-Za-z_][A-Za-z0-9_]*(?::?[-+?][A-Za-z0-9_./:=,@+-]*)?\}"


@record
class Instruction:
    """One instruction. name: in capitals. line: where it starts, from 1. flags: (name, value) of its `--name=value`.

    arguments: all that follows. onbuild: it runs in builds that start from this image. Flags of instructions that name
    no image stay among the arguments.
    """

    name: str
    line: int
    flags: tuple[tuple[str, str | None], ...]
    arguments: str
    onbuild: bool = False


@record
class Directives:
    """What the comments at the top say. escape: the escape character. syntax: the frontend's image, in syntax_line."""

    escape: str = "\\"
    syntax: str = ""
    syntax_line: int = 0


def rows(text: str) -> list[str]:
    """Return the physical lines of `text` without their ends. Raises Unreadable `too-large` (MAX_LINE)."""
    found = text.split("\n")
    if max(map(len, found)) > MAX_LINE:
        number = next(number for number, row in enumerate(found, 1) if len(row) > MAX_LINE)
        raise Unreadable("too-large", number, limit=MAX_LINE)
    return [row.rstrip("\r") for row in found] if "\r" in text else found


def directives(rows: list[str]) -> Directives:
    """Return what the parser directives at the top of a file say; any other line ends them.

    Raises Unreadable: `duplicate-key` (ambiguous: the builder and the frontend it hands over to take different ones)
    and `syntax` for an escape character that is none.
    """
    shebang = bool(rows) and rows[0].startswith("#!")  # passed over where the frontend is looked up, and only there
    found: dict[str, tuple[str, int]] = {}
    for number, row in enumerate(rows[shebang:], 1 + shebang):
        mark, equals, value = row.strip(SPACE).partition("=")
        key = mark[1:].strip(_BLANKS + SPACE).lower()
        if mark[:1] != "#" or not equals or key not in _DIRECTIVES or not value.strip(_BLANKS):
            break
        if key in found:
            raise Unreadable("duplicate-key", number, ambiguous=True, key=key)
        found[key] = value.strip(_BLANKS), number
    escape, line = found.get("escape", ("\\", 0))
    if escape not in ("\\", "`"):
        raise Unreadable("syntax", line)
    syntax, line = found.get("syntax", ("", 0))
    return Directives("\\" if shebang else escape, syntax.partition(" ")[0], line)


def instructions(rows: list[str], escape: str) -> Iterator[Instruction]:
    """Yield the instructions of the physical lines `rows`.

    Raises Unreadable with the line: `syntax` (no instruction, or one that is not well formed), `truncated` (a
    here-document without end), `too-large`; `syntax`, ambiguous, where builders may differ on a here-document.
    """
    at = 0
    while at < len(rows):
        line = at + 1
        text, at = _logical(rows, at, escape) if rows[at] else (None, line)
        if text is None:
            continue
        found = _parsed(text, line)
        if found.name in _HEREDOC and "<<" in text:
            for delimiter, tabs in _heredocs(found, text):
                at = _behind(rows, at, delimiter, tabs, line)
        yield found


def _logical(rows: list[str], at: int, escape: str) -> tuple[str | None, int]:
    """Return the line that starts at index `at` with all that continues it (None: blank), and the index behind it."""
    first = rows[at].lstrip(SPACE)
    piece, more = _cut("" if first.startswith("#") else first, escape)
    at += 1
    if not more:
        return piece or None, at
    pieces, size, line = [piece], len(piece), at
    while more and at < len(rows):
        row, at = rows[at], at + 1
        inside = row.lstrip(SPACE)
        if not inside or inside.startswith("#"):
            continue
        piece, more = _cut(row, escape)
        pieces.append(piece)
        size += len(piece)
        if size > MAX_INSTRUCTION:
            raise Unreadable("too-large", line, limit=MAX_INSTRUCTION)
    return "".join(pieces), at


def _cut(row: str, escape: str) -> tuple[str, bool]:
    """Return `row` without the escape character that continues it, and whether there was one; a doubled one is none."""
    body = row.rstrip(" \t")
    if body.endswith(escape) and not body.endswith(escape * 2):
        return body[:-1], True
    return row, False


def _parsed(text: str, line: int) -> Instruction:
    name, arguments = _named(text, line)
    onbuild = name == "ONBUILD"
    if onbuild:
        name, arguments = _named(arguments, line)
        if name in ("ONBUILD", "FROM", "MAINTAINER"):
            raise Unreadable("syntax", line)
    flags: tuple[tuple[str, str | None], ...] = ()
    if name in _FLAGGED:
        flags, arguments = _flags(arguments, line)
    return Instruction(name, line, flags, arguments, onbuild)


def _named(text: str, line: int) -> tuple[str, str]:
    """Cut `text` into the name of its instruction and the rest."""
    text = text.strip(SPACE)
    name = text.translate(_AS_SPACE).partition(" ")[0]
    if name.upper() not in KNOWN:
        raise Unreadable("syntax", line)
    return name.upper(), text[len(name) :].strip(SPACE)


def words_of(arguments: str) -> list[str]:
    """Cut the arguments of FROM at white space; quotes keep nothing together there."""
    return [word for word in arguments.translate(_AS_SPACE).split(" ") if word]


def _flags(text: str, line: int) -> tuple[tuple[tuple[str, str | None], ...], str]:
    """Split the flags off the arguments of an instruction; `--` alone ends them."""
    found: list[tuple[str, str | None]] = []
    while text.startswith("--"):
        if len(found) == MAX_FLAGS:
            raise Unreadable("too-large", line, limit=MAX_FLAGS)
        flag = text.translate(_AS_SPACE).partition(" ")[0]
        if not flag.isascii() or any(sign in flag for sign in "'\"\\"):
            quoted = patterns.match(_FLAG, text)
            if not quoted:
                raise Unreadable("syntax", line)
            flag = quoted.group()
        text = text[len(flag) :].lstrip(SPACE)
        if flag == "--":
            break
        name, equals, value = _bare(flag[2:]).partition("=")
        found.append((name.lower(), value if equals else None))
    return tuple(found), text


def _bare(word: str) -> str:
    """Undo quotes and backslashes of a flag."""
    if not any(sign in word for sign in "'\"\\"):
        return word
    parts = ["".join(groups) for groups in patterns.findall(_QUOTED, word)]
    return "".join([patterns.sub(r"(?s)\\(.)", r"\1", part) for part in parts])


def _heredocs(found: Instruction, text: str) -> Iterator[tuple[str, bool]]:
    """Yield the delimiter of each here-document that an instruction opens, and whether tabs before it are dropped."""
    if found.arguments.startswith("[") and _is_list(found.arguments, found.line):
        return
    if not patterns.search(_OPENS, text):
        return
    words = split(text, "\\")
    if words is None or _is_unsure(text):
        raise Unreadable("syntax", found.line, ambiguous=True)
    for word in words:
        opened = patterns.fullmatch(f"(?s){_HEREDOC_WORD}", word)
        if not opened:
            continue
        delimiter = patterns.fullmatch(_DELIMITER, opened[2])
        if not delimiter:
            raise Unreadable("syntax", found.line, ambiguous=True)
        yield delimiter[1] or delimiter[2] or delimiter[3], bool(opened[1])


def _is_unsure(text: str) -> bool:
    """True where `text` holds, outside of single quotes, a `${` that stops some builders' lexer."""
    counted = "".join([token for token in patterns.findall(_TOKENS, text) if token[0] != "'"])
    return "${" in patterns.sub(_PLAIN_DOLLAR, "", counted)


def _is_list(text: str, line: int) -> bool:
    """True where `text` is a JSON array of strings, which opens no here-document; other arrays are refused."""
    import json  # here, as no other Dockerfile needs it

    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    if not all(isinstance(item, str) for item in found):
        raise Unreadable("syntax", line)
    return True


def _behind(rows: list[str], at: int, delimiter: str, tabs: bool, line: int) -> int:
    """Return the index behind the line that ends a here-document whose body starts at `at`."""
    for index in range(at, len(rows)):
        row = rows[index]
        if (row.lstrip("\t") if tabs else row) == delimiter:
            return index + 1
    raise Unreadable("truncated", line)
