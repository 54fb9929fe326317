"""XML as a list of paths with their texts: all that is asked of the small metadata files in artefacts.

By expat, without a document type (so no entities of the file's own), without recursion, bounded in levels and elements.
"""

from __future__ import annotations

from pyexpat import ExpatError, ParserCreate

from osgate.facts.artefacts.archives import Damaged
from osgate.model.record import record

_MOST_LEVELS, _MOST_ELEMENTS, _MOST_BYTES = 64, 100_000, 4 << 20


@record
class Leaf:
    """An element. path: local names from the root, joined by `/`. text: directly in it, stripped."""

    path: str
    attributes: dict[str, str]
    text: str


def leaves(data: bytes) -> list[Leaf]:
    """Return all elements of an XML file in the order in which they end. Raises Damaged."""
    if len(data) > _MOST_BYTES:
        raise Damaged("too-large")
    reader = _Reader()
    try:
        reader.parser.Parse(data, True)
    except (ExpatError, ValueError, LookupError):
        raise Damaged("malformed", "XML") from None
    return reader.found


def first(found: list[Leaf], path: str) -> str:
    """Return the text of the first element at `path`, empty where there is none."""
    return next((leaf.text for leaf in found if leaf.path == path), "")


class _Reader:
    def __init__(self) -> None:
        self.found: list[Leaf] = []
        self._open: list[tuple[str, dict[str, str], list[str]]] = []
        self._count = 0
        self.parser = parser = ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._doctype

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > _MOST_ELEMENTS or len(self._open) >= _MOST_LEVELS:
            raise Damaged("malformed", "XML")
        local = name.rpartition(":")[2][:100]
        path = f"{self._open[-1][0]}/{local}" if self._open else local
        self._open.append((path, attributes, []))

    def _end(self, name: str) -> None:
        path, attributes, texts = self._open.pop()
        self.found.append(Leaf(path, attributes, "".join(texts).strip()))

    def _characters(self, text: str) -> None:
        self._open[-1][2].append(text)

    def _doctype(self, *_: object) -> None:
        raise Damaged("malformed", "DOCTYPE")
