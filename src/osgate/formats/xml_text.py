"""XML as a tree with line numbers, by expat, which is part of Python.

No document type, hence no entities of the file's own and nothing to fetch or to multiply; no recursion; nesting and the
number of elements are bounded. Names stay as they are written, prefixes included, because readers of one format do not
agree on namespaces: whoever reads the tree decides what a prefix means.
"""

from __future__ import annotations

from pyexpat import ExpatError, ParserCreate, errors

from osgate.formats.guards import MAX_DEPTH, check_bytes, line_at
from osgate.model.dependency import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_ELEMENTS = 250_000
# Bytes of the prolog that may hold the declaration, and the declared names of what we decode. GB 18030 holds GBK and
# GB 2312; the names are those of the IANA registry that such files carry, and Python's spelling of each.
_PROLOG = 512
_ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "cp936": "gb18030",
}
_BOM = b"\xef\xbb\xbf"
_BLANK = " \t\n\r"
# What expat says of a document that ends too early.
_CUT = frozenset(
    {errors.XML_ERROR_NO_ELEMENTS, errors.XML_ERROR_UNCLOSED_TOKEN, errors.XML_ERROR_UNCLOSED_CDATA_SECTION}
    | {errors.XML_ERROR_PARTIAL_CHAR}
)


class Element:
    """An element. name: as written. line: of its start tag, from 1. text: all character data directly in it, joined.

    attributes: by name as written, None where there are none.
    """

    __slots__ = ("attributes", "children", "line", "name", "text")

    def __init__(self, name: str, line: int, attributes: dict[str, str] | None) -> None:
        self.name, self.line, self.attributes = name, line, attributes
        self.text = ""
        self.children: list[Element] = []


def load(data: bytes) -> Element:
    """Return the root element of the XML file `data`.

    Raises Unreadable: what `decode` refuses, `doctype`, `too-deep`, `too-large`, `truncated`, `syntax`.
    """
    return parse(decode(data))


def decode(data: bytes) -> str:
    """Return the text of an XML file, lines ending in LF, in the encoding its declaration names; UTF-8 without one.

    Source: Extensible Markup Language 1.0, section 4.3.3 and appendix F; a byte order mark goes before a declaration.
    Raises Unreadable: `empty`, what `guards.check_bytes` refuses, `encoding` (one that is not in the list above, or
    ambiguous: a UTF-8 mark on a file that says it is another), `not-text`.
    """
    check_bytes(data)
    if not data or data.isspace():
        raise Unreadable("empty")
    marked = data.startswith(_BOM)
    data = data[3:] if marked else data
    declared = _declared(data[:_PROLOG]).lower()
    encoding = _ENCODINGS.get(declared)
    if encoding is None or (marked and encoding not in ("utf-8", "ascii")):
        raise Unreadable("encoding", 1, ambiguous=encoding is not None, encoding=ascii(declared)[1:-1][:40])
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable("not-text", line_at(data, error.start)) from None
    if "\r" in text:  # a lone one is a line break for XML, but not for git and what shows its lines: a blank for both
        text = text.replace("\r\n", "\n").replace("\r", " ")
    return text


def _declared(head: bytes) -> str:
    """The encoding that an XML declaration names, `utf-8` where it names none."""
    if not head.startswith(b"<?xml"):
        return "utf-8"
    _, found, rest = head.partition(b"?>")[0].decode("latin-1").partition("encoding")
    value = rest.lstrip(_BLANK).removeprefix("=").lstrip(_BLANK)
    name, closed, _ = value[1:].partition(value[:1] or " ")
    return name if found and closed and value[0] in "\"'" else "utf-8"


def parse(text: str) -> Element:
    """Return the root element of XML `text`; entities of HTML (`&copy;`), which many a tool takes, are characters.

    Raises Unreadable with the line: `doctype`, `too-deep`, `too-large`, `truncated`, `syntax`.
    """
    builder = _Builder()
    try:
        builder.parser.Parse(text, True)
    except ExpatError as error:
        line = min(error.lineno, text.count("\n") + 1)
        reason = "truncated" if errors.messages[error.code] in _CUT else "syntax"
        raise Unreadable(reason, line) from None
    except UnicodeError:  # a lone surrogate
        raise Unreadable("not-text") from None
    return builder.root.children[0]


class _Builder:
    """Turns events into elements below `root`, which is none of the file's."""

    def __init__(self) -> None:
        self.parser = parser = ParserCreate()
        parser.buffer_text = True
        # Undefined entities then come to us instead of ending the parse.
        parser.UseForeignDTD(True)
        self.root = Element("", 0, None)
        self._open, self._count = [self.root], 0
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.SkippedEntityHandler = self._entity
        parser.StartDoctypeDeclHandler = self._doctype

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self.parser.CurrentLineNumber
        made = Element(name, line, attributes or None)
        opened = self._open
        opened[-1].children.append(made)
        opened.append(made)
        self._count += 1
        if len(opened) > MAX_DEPTH + 1:
            raise Unreadable("too-deep", line, limit=MAX_DEPTH)
        if self._count > MAX_ELEMENTS:
            raise Unreadable("too-large", line, limit=MAX_ELEMENTS)

    def _end(self, name: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        holder = self._open[-1]
        holder.text = holder.text + text if holder.text else text

    def _entity(self, name: str, parameter: bool) -> None:
        from html.entities import name2codepoint

        if parameter or name not in name2codepoint:
            raise Unreadable("syntax", self.parser.CurrentLineNumber)
        self._characters(chr(name2codepoint[name]))

    def _doctype(self, name: str, system: str | None, public: str | None, internal: bool) -> None:
        raise Unreadable("doctype", self.parser.CurrentLineNumber)


def walk(element: Element) -> Iterator[Element]:
    """Yield `element` and all below it, in no particular order."""
    todo = [element]
    while todo:
        here = todo.pop()
        yield here
        todo += here.children
