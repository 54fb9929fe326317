"""The lines of a requirements file as pip cuts them: continuations joined, comments kept apart, options split off.

Source of the rules: pip's "Requirements File Format" reference and the behaviour of its reader, which a differential
test holds this module to.
"""

from __future__ import annotations

import re

from osgate.formats.guards import decode
from osgate.model.dependency import Unreadable
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# A comment starts at a `#` that opens the line or follows white space; elsewhere it is part of a URL.
_COMMENT = re.compile(r"(?:^|\s)#")
_COOKIE = re.compile(rb"coding[:=]\s*([-\w.]+)")
# Encodings that read plain ASCII as it stands; any other declaration would show pip another file than it shows us.
_ASCII_SUPERSETS = frozenset(
    {"ascii", "us-ascii", "utf-8", "utf8", "utf-8-sig", "latin-1", "latin1", "iso-8859-1", "iso-8859-15", "cp1252"}
    | {"gbk", "gb2312", "gb18030"}
)
_UTF8 = frozenset({"ascii", "us-ascii", "utf-8", "utf8", "utf-8-sig"})
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_SHELL = re.compile(r"[\"'\\]")
# Option names with a value, and what they are called here; "" stands for those that name no dependency and no source.
_VALUED = {
    "--index-url": "index-url",
    "--pypi-url": "index-url",
    "--extra-index-url": "extra-index-url",
    "--find-links": "find-links",
    "--requirement": "requirement",
    "--constraint": "constraint",
    "--editable": "editable",
    "--hash": "hash",
    "--no-binary": "no-binary",
    "--only-binary": "only-binary",
    "--trusted-host": "",
    "--use-feature": "",
    "--global-option": "",
    "--config-setting": "",
    "--config-settings": "",
    "--all-releases": "",
    "--only-final": "",
}
_FLAGS = {"--no-index": "no-index", "--pre": "", "--prefer-binary": "", "--require-hashes": ""}
_SHORT = {"i": "index-url", "f": "find-links", "r": "requirement", "c": "constraint", "e": "editable", "C": ""}
_STRONG = ("sha256", "sha384", "sha512")
_HEX = re.compile(r"[0-9a-fA-F]+")


@record
class Line:
    """One logical line. number: of its first physical line, from 1. text: the requirement, empty on an option line.

    options: (name, value) in order, names without dashes. comments: its own and the indented ones that follow it.
    """

    number: int
    text: str
    options: tuple[tuple[str, str], ...] = ()
    comments: tuple[str, ...] = ()

    def first(self, name: str) -> str | None:
        """Return the first value of option `name`: pip looks at no second one of `-r`, `-c` and `-e`."""
        return next((value for key, value in self.options if key == name), None)


def text_of(data: bytes) -> str:
    """Return the text pip would read: UTF-16 where a byte order mark says so, else what `guards.decode` returns.

    Raises Unreadable: what `guards.decode` raises, and `encoding` for a coding line that names something else.
    """
    wide = _UTF16.get(data[:2])
    if wide:
        try:
            return decode(data[2:].decode(wide).encode()).text
        except UnicodeError:
            raise Unreadable("not-text", 1) from None
    for number, line in enumerate(data.split(b"\n", 2)[:2], 1):
        cookie = _COOKIE.search(line) if line.startswith(b"#") else None
        if cookie:
            _check_cookie(cookie.group(1).decode("ascii", "replace").lower().replace("_", "-"), data, number)
            break
    return decode(data).text


def _check_cookie(name: str, data: bytes, line: int) -> None:
    if name in _UTF8 or (name in _ASCII_SUPERSETS and data.isascii()):
        return
    if name.startswith("gb") and name in _ASCII_SUPERSETS:
        try:
            data.decode()
        except UnicodeDecodeError:  # no UTF-8, so decode() takes it for GB 18030 too
            return
    raise Unreadable("encoding", line, encoding=name)


def lines(text: str) -> Iterator[Line]:
    """Yield the logical lines of `text` that are not blank, comments attached to the line they annotate.

    Raises Unreadable: `syntax` and `unknown-option`, with the line.
    """
    number, content, comments = 0, "", list[str]()
    for start, joined, indented in _joined(text):
        found = _COMMENT.search(joined) if "#" in joined else None
        body = (joined[: found.start()] if found else joined).strip()
        if body:
            if content:
                yield _split(number, content, comments)
            number, content, comments = start, body, []
        if found and (body or (indented and content)):
            comments.append(joined[found.end() :])
        elif content and not body:
            yield _split(number, content, comments)
            content = ""
    if content:
        yield _split(number, content, comments)


def _physical(text: str) -> Iterator[tuple[int, str]]:
    """Number the lines as editors do (by LF), cut them as pip does (`str.splitlines` knows ten kinds of line ends)."""
    number = 1
    for whole in text.splitlines(keepends=True):
        yield number, whole.splitlines()[0]
        number += whole.endswith("\n")


def _joined(text: str) -> Iterator[tuple[int, str, bool]]:
    """Yield (number of the first line, text, whether it is an indented comment line) with continuations joined."""
    parts: list[str] = []
    start = 0
    for number, line in _physical(text):
        comment = line.lstrip()[:1] == "#"
        if line.endswith("\\") and not comment:
            start = start if parts else number
            parts.append(line.strip("\\"))
            continue
        # A comment ends a continuation and stays one, even where the line before ends in no white space.
        piece = " " + line if comment else line
        yield (start, "".join([*parts, piece]), False) if parts else (number, piece, comment and line[0] != "#")
        parts = []
    if parts:
        yield start, "".join(parts), False


def _split(number: int, content: str, comments: list[str]) -> Line:
    """Cut `content` where its first option starts: at a word (parted by spaces alone) with a leading dash."""
    at = 0 if content.startswith("-") else content.find(" -") + 1
    if at == 0 and not content.startswith("-"):
        return Line(number, content, (), tuple(comments))
    words = _words(content[at:], number)
    return Line(number, content[:at].strip(), tuple(_options(words, number)), tuple(comments))


def _words(text: str, number: int) -> list[str]:
    if text.isprintable() and not _SHELL.search(text):  # then the space is the only white space
        return text.split()
    import shlex

    try:
        return shlex.split(text)
    except ValueError:
        raise Unreadable("syntax", number) from None


def _options(words: list[str], number: int) -> Iterator[tuple[str, str]]:
    """Yield the options among `words`; as in pip, words that are neither option nor value count for nothing."""
    waiting = iter(words)
    for word in waiting:
        if word == "--":
            return
        if not word.startswith("-") or word == "-":
            continue
        name, value = _option(word, number)
        if value is None:
            value = next(waiting, None)
            if value is None:
                raise Unreadable("syntax", number)
        yield name, _digest(value, number) if name == "hash" else value


def _option(word: str, number: int) -> tuple[str, str | None]:
    """Return the name of an option and its value, None where the next word is the value."""
    if not word.startswith("--"):
        if word[1] not in _SHORT:
            raise Unreadable("unknown-option", number, option=word[:2])
        return _SHORT[word[1]], word[2:] or None
    written, equals, value = word.partition("=")
    name = _full(written, number)
    if name in _FLAGS:
        if equals:
            raise Unreadable("syntax", number)
        return _FLAGS[name], ""
    return _VALUED[name], value if equals else None


def _full(written: str, number: int) -> str:
    """Return the whole name of a long option: pip takes any unmistakable beginning for it."""
    if written in _VALUED or written in _FLAGS:
        return written
    found = [name for name in (*_VALUED, *_FLAGS) if name.startswith(written)]
    if len(found) != 1:
        raise Unreadable("unknown-option", number, option=written)
    return found[0]


def _digest(value: str, number: int) -> str:
    algorithm, _, digits = value.partition(":")
    if algorithm not in _STRONG or not _HEX.fullmatch(digits):
        raise Unreadable("syntax", number)
    return f"{algorithm}:{digits.lower()}"
