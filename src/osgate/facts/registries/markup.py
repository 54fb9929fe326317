"""Small XML documents of registries, as a tree, by expat.

No document type, hence no entities of a document's own and nothing to fetch or to multiply; size, nesting and the
number of elements are bounded. Prefixes of namespaces go: what registries write means the same with any of them.
"""

from __future__ import annotations

from html.entities import name2codepoint
from pyexpat import ExpatError, ParserCreate, errors

from osgate.facts.registries import answers
from osgate.model.fact import Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.facts.registries.answers import Answer

MAX_BYTES, MAX_ELEMENTS, MAX_DEPTH, MAX_TEXT = 16 << 20, 200_000, 64, 8_192


class Node:
    """An element. name: without prefix. text: all character data directly in it. children: in order."""

    __slots__ = ("children", "name", "text")

    def __init__(self, name: str) -> None:
        self.name, self.text = name, ""
        self.children: list[Node] = []

    def all(self, *path: str) -> list[Node]:
        """Return the elements that `path`, names from below this one, leads to."""
        found = [self]
        for name in path:
            found = [child for node in found for child in node.children if child.name == name]
        return found

    def at(self, *path: str) -> str:
        """Return the text of the first element that `path` leads to, stripped; empty where there is none."""
        return next((node.text.strip() for node in self.all(*path)), "")


class _Refused(Exception):
    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown)
        self.unknown = unknown


def xml_in(answer: Answer | Unknown, root: str) -> Node | Unknown:
    """Return the root element of an answer in XML, whose name is `root`.

    Unknown: what `answers.data_in` says; `html` for a page, `too-large`, `malformed`.
    """
    data = answers.data_in(answer, MAX_BYTES)
    if isinstance(data, Unknown):
        return data
    if data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html")):
        return Unknown("html")
    builder = _Builder()
    try:
        builder.parser.Parse(data, True)
    except _Refused as refused:
        return refused.unknown
    except ExpatError as error:
        return answers.malformed(f"XML: {errors.messages[error.code]}, line {error.lineno}")
    except (LookupError, ValueError):
        return answers.malformed("XML: encoding")
    found = builder.root.children[0]
    return found if found.name == root else answers.malformed(f"XML: {found.name} where {root} was asked for")


class _Builder:
    """Turns events into nodes below `root`, which is none of the document's."""

    def __init__(self) -> None:
        self.parser = parser = ParserCreate()
        parser.buffer_text = True
        # Undefined entities then come to us instead of ending the parse: old documents have those of HTML.
        parser.UseForeignDTD(True)
        self.root = Node("")
        self._open, self._count = [self.root], 0
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.SkippedEntityHandler = self._entity
        parser.StartDoctypeDeclHandler = self._doctype

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        made = Node(name.rpartition(":")[2])
        self._open[-1].children.append(made)
        self._open.append(made)
        self._count += 1
        if len(self._open) > MAX_DEPTH + 1:
            raise _Refused(answers.malformed("XML: nested too deeply"))
        if self._count > MAX_ELEMENTS:
            raise _Refused(Unknown("too-large"))

    def _end(self, name: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        # Text comes in pieces; what is longer than any field is cut, or joining them would take quadratic time.
        if len(self._open[-1].text) < MAX_TEXT:
            self._open[-1].text += text

    def _entity(self, name: str, parameter: bool) -> None:
        if parameter or name not in name2codepoint:
            raise _Refused(answers.malformed("XML: undefined entity"))
        self._characters(chr(name2codepoint[name]))

    def _doctype(self, name: str, system: str | None, public: str | None, internal: bool) -> None:
        raise _Refused(answers.malformed("XML: document type"))
