"""The strict scanner: exactly the YAML that pnpm writes, read block by block; whatever else turns up is handed over.

pnpm's writer gives each entry a block of its own, two blanks in, with one key, scalar, list item or one-line flow
collection a line. What comes out is what the YAML loader makes of the same text (properties hold the two equal), but
for the text of `deprecated`, which may be folded and is nobody's business here.
"""

from __future__ import annotations

from itertools import pairwise

from osgate.formats.pnpm_lock.document import Document
from osgate.formats.pnpm_lock.lines import (
    BELOW,
    SEAM,
    Lines,
    Unknown,
    head_of,
    key_of,
    line_of,
    pair_of,
    resolution_of,
    unfolded,
    value_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterator
    from typing import Any

    from osgate.formats.pnpm_lock.document import Entry, Node

_MAX_LINES = 500_000
_PLAIN = bytes(range(0x20, 0x7F)) + b"\n"
# Blank lines in a row inside a folded text.
_MAX_BLANK = 4


class Scanner:
    """Reads the documents of texts; what it has read once (blocks, tails of blocks, lines) it does not read again."""

    def __init__(self, skipped: Container[str] = ()) -> None:
        """skipped: sections that nobody asks for; they count as empty, and what is wrong in them stays unseen."""
        self._skipped = skipped
        self._blocks: dict[str, tuple[str, Node]] = {}
        self._tails: dict[str, Entry] = {}
        self._lines: dict[str, tuple[int, str, Any]] = {}
        self._pairs: dict[str, tuple[str, str] | None] = {}

    def scan(self, text: str) -> tuple[Document, ...] | None:
        """Return the documents of `text`, whose lines end in LF; None where the YAML loader has to look at it."""
        if text.count("\n") > _MAX_LINES or not _is_plain(text):
            return None
        items = _items(text)
        try:
            return tuple([self._document(items, tops) for tops in _documents(items)])
        except Unknown:
            return None

    def _document(self, items: list[str], tops: list[int]) -> Document:
        root: Entry = {}
        ranges: dict[str, range] = {}
        for top, below in pairwise(tops):
            key, mark, value = items[top].partition(": ")
            if not mark:
                if key[-1] != ":":
                    raise Unknown
                key = key[:-1]
            if key in root or not key.isalnum():
                raise Unknown
            inside = [item for item in items[top + 1 : below] if item]
            if mark and ("\x01" in items[top] or inside):
                raise Unknown
            skipped = key in self._skipped
            root[key] = {} if skipped else value_of(value) if mark else self._section(inside)
            ranges[key] = range(top, below)
        return Document(root, Lines(items, ranges, root).line)

    def _section(self, items: list[str]) -> Node:
        """What stands below a top-level key, block by block: a mapping, or a list of scalars."""
        known: list[Any] = list(map(self._blocks.get, items))
        if None in known:
            for place, (item, pair) in enumerate(zip(items, known, strict=True)):
                if pair is None:
                    known[place] = self._blocks[item] = self._block(item)
        made = dict(known)
        if "" in made:
            if len(made) > 1:
                raise Unknown
            return [value for _, value in known]
        if len(made) != len(items) or not made:
            raise Unknown
        return made

    def _block(self, block: str) -> tuple[str, Node]:
        """Take a block apart: its key (none for an item of a list), and what stands behind and below it."""
        head, seam, body = block.partition(SEAM)
        if not seam:
            key, value = head_of(head)
            if value is BELOW:
                raise Unknown
            return key, value
        if head[:2] != "  " or head[-1] != ":":
            raise Unknown
        key = key_of(head[2:-1])
        first, seam, rest = body.partition(SEAM)
        resolution = resolution_of(first)
        if resolution is None:
            return key, (first == "dependencies:" and self._required(rest)) or self._entry(body)
        if not seam:
            return key, {"resolution": resolution}
        tail = self._tails.get(rest)
        if tail is None:
            tail = self._tails[rest] = self._entry(rest)
        if "resolution" in tail:
            raise Unknown
        return key, {"resolution": resolution, **tail}

    def _entry(self, body: str) -> Entry:
        """The mapping below a key; `body` begins behind the blanks of its first line."""
        lines, memory = unfolded(body), self._lines
        made: Entry = {}
        levels: list[Any] = [made, None, None, None, None]
        # The deepest open mapping or list, and the key in it that waits for one below.
        deepest, waiting = 0, ""
        for line in lines:
            known = memory.get(line)
            if known is None:
                known = memory[line] = line_of(line)
            depth, key, value = known
            if waiting:
                if depth != deepest + 1:
                    raise Unknown
                levels[depth] = levels[deepest][waiting] = {} if key else []
            elif depth > deepest:
                raise Unknown
            deepest, waiting = depth, key if value is BELOW else ""
            holder = levels[depth]
            if not key or key in holder or type(holder) is list:
                _add(holder, key, value)
            else:
                holder[key] = value
        if waiting:
            raise Unknown
        return made

    def _required(self, body: str) -> Entry | None:
        """An entry of nothing but requirements, as most are, from the lines of these; None where there is more."""
        if body.count(SEAM) != body.count(f"{SEAM}  "):
            return None
        lines = body.split(SEAM)
        pairs: list[Any] = list(map(self._pairs.get, lines))
        if None in pairs:
            for place, line in enumerate(lines):
                if pairs[place] is None:
                    pairs[place] = self._pairs[line] = pair_of(line)
            if None in pairs:
                return None
        made = dict(pairs)
        return {"dependencies": made} if len(made) == len(pairs) else None


def _add(holder: Any, key: str, value: Any) -> None:
    """Add an item to an open list."""
    if key or type(holder) is not list:
        raise Unknown
    holder.append(value)


def _is_plain(text: str) -> bool:
    """Tell whether nothing but printable characters and line feeds are in a text."""
    if text.isascii():
        return not text.encode().translate(None, _PLAIN)
    return text.replace("\n", "").isprintable()


def _items(text: str) -> list[str]:
    """Blank lines, lines of the top level and whole blocks, in order."""
    text = text.replace("\n    ", SEAM)
    for _ in range(_MAX_BLANK):
        if "\n\x01" not in text:
            break
        text = text.replace("\n\x01", "\x01\x01")
    return text.split("\n")


def _documents(items: list[str]) -> Iterator[list[int]]:
    """The places of the top-level lines of each document, closed by the place behind its last item."""
    tops = [place for place, item in enumerate(items) if item and item[0] != " "]
    if not tops or any(items[: tops[0]]):
        raise Unknown
    if items[tops[0]] == "---":
        del tops[0]
    found: list[int] = []
    for place in tops:
        if items[place] != "---":
            found.append(place)
            continue
        if not found:
            raise Unknown
        yield [*found, place]
        found = []
    if not found:
        raise Unknown
    yield [*found, len(items)]
