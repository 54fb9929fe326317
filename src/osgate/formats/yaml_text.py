"""YAML as text with line numbers: what hand-written pipelines and manifests are read with.

Built on the parser's events, never on its object construction: all scalars stay text (`on`, `1.10` and `null` are what
the file says), repeated keys are refused, nesting and alias expansion are bounded, and the loader itself is a loop, so
no file can exhaust the stack. Tags are kept as text and mean nothing here (`!reference` of GitLab).
"""

from __future__ import annotations

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from osgate.model.dependency import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TypeAlias

MAX_DEPTH = 64
# Nodes of all documents together, aliases counted with everything they stand for.
MAX_NODES = 1_000_000
# Nodes that aliases may add; real pipelines repeat a few dozen.
MAX_EXPANSION = 50_000

# Line breaks of YAML 1.1 that YAML 1.2 takes for ordinary characters, and the lone CR that editors do not show as one:
# two honest readers see two files.
_OLD_BREAKS = ("\x85", "\u2028", "\u2029", "\r")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


class Text(str):
    """A scalar. line: where it starts, from 1. tag: as the parser resolves it, or None. plain: without quotes."""

    __slots__ = ("line", "plain", "tag")
    line: int
    plain: bool
    tag: str | None

    @property
    def is_null(self) -> bool:
        """Whether YAML takes the scalar for null: absent, `~` or `null`, unquoted and untagged."""
        return self.plain and self.tag is None and self in _NULLS


class Mapping(dict[str, "Node"]):
    """A mapping in the order of the file; its keys are Text, so each knows its line. Merge keys (`<<`) are applied."""

    __slots__ = ("line", "tag")
    line: int
    tag: str | None


class Sequence(list["Node"]):
    """A sequence."""

    __slots__ = ("line", "tag")
    line: int
    tag: str | None


if TYPE_CHECKING:
    Node: TypeAlias = Text | Mapping | Sequence


def load(text: str) -> Node | None:
    """Return the one document of `text`; None where there is none but comments.

    Raises Unreadable: what `load_all` raises, and `several-documents` (ambiguous: some readers take the first only).
    """
    found = load_all(text)
    if len(found) > 1:
        raise Unreadable("several-documents", found[1].line, ambiguous=True)
    return found[0] if found else None


def load_all(text: str) -> tuple[Node, ...]:
    """Return every document of `text`, whose lines end in LF, that is not empty.

    Raises Unreadable with the line: `syntax`; `duplicate-key` and `line-break` (ambiguous); `too-deep`, `too-large` and
    `alias-flood` (limits above); `complex-key` (a key that is no scalar); `malformed` (a merge key without mapping).
    """
    for character in _OLD_BREAKS:
        if character in text:
            raise Unreadable("line-break", _line(text, text.index(character)), ambiguous=True)
    loader = _Loader()
    try:
        for event in _events(text):
            loader.feed(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable("syntax", min(mark.line, text.count("\n")) + 1 if mark else 0) from None
    except yaml.YAMLError as error:
        raise Unreadable("syntax", _line(text, getattr(error, "position", 0))) from None
    except UnicodeError:
        raise Unreadable("not-text") from None
    return tuple([node for node in loader.documents if not (isinstance(node, Text) and node.is_null)])


def _events(text: str) -> Iterator[Any]:
    """Return the parser's events one by one, from libyaml where PyYAML was built with it."""
    return yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


class _Frame:
    """An open mapping or sequence: its anchor, the key that waits for a value, and how many nodes came before it."""

    __slots__ = ("anchor", "before", "key", "merges", "node")

    def __init__(self, node: Mapping | Sequence, anchor: str | None, before: int) -> None:
        self.node = node
        self.anchor = anchor
        self.before = before
        self.key: Text | None = None
        self.merges: Node | None = None


class _Loader:
    """Turns events into nodes; `documents` grows with each top-level node."""

    def __init__(self) -> None:
        self.documents: list[Node] = []
        self.frames: list[_Frame] = []
        self.anchors: dict[str, tuple[Node, int] | None] = {}
        self.nodes = 0
        self.expanded = 0

    def feed(self, event: Any) -> None:
        """Take the next event."""
        kind = type(event)
        if kind is ScalarEvent:
            self._scalar(event)
        elif kind is MappingStartEvent:
            self._open(Mapping(), event)
        elif kind is SequenceStartEvent:
            self._open(Sequence(), event)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            self._close()
        elif kind is AliasEvent:
            self._alias(event)
        elif kind is DocumentStartEvent:
            self.anchors = {}

    def _scalar(self, event: Any) -> None:
        node = Text(event.value)
        node.line = event.start_mark.line + 1
        node.tag = event.tag
        node.plain = not event.style
        self._count(1, node.line)
        if event.anchor:
            self.anchors[event.anchor] = (node, 1)
        self._place(node)

    def _open(self, node: Mapping | Sequence, event: Any) -> None:
        node.line = event.start_mark.line + 1
        node.tag = event.tag
        if len(self.frames) >= MAX_DEPTH:
            raise Unreadable("too-deep", node.line, limit=MAX_DEPTH)
        if event.anchor:
            self.anchors[event.anchor] = None
        self.frames.append(_Frame(node, event.anchor, self.nodes))
        self._count(1, node.line)

    def _close(self) -> None:
        frame = self.frames.pop()
        if frame.merges is not None and isinstance(frame.node, Mapping):
            _merge(frame.node, frame.merges)
        if frame.anchor:
            self.anchors[frame.anchor] = (frame.node, self.nodes - frame.before)
        self._place(frame.node)

    def _alias(self, event: Any) -> None:
        line = event.start_mark.line + 1
        known = self.anchors.get(event.anchor)
        if known is None:  # never defined, or open still: a node inside itself
            raise Unreadable("syntax", line)
        node, size = known
        self.expanded += size
        if self.expanded > MAX_EXPANSION:
            raise Unreadable("alias-flood", line, limit=MAX_EXPANSION)
        self._count(size, line)
        self._place(node)

    def _count(self, size: int, line: int) -> None:
        self.nodes += size
        if self.nodes > MAX_NODES:
            raise Unreadable("too-large", line, limit=MAX_NODES)

    def _place(self, node: Node) -> None:
        """Put a complete node where it belongs: into the open frame, or among the documents."""
        if not self.frames:
            self.documents.append(node)
            return
        frame = self.frames[-1]
        if isinstance(frame.node, Sequence):
            frame.node.append(node)
        elif frame.key is None:
            frame.key = _key(node)
        else:
            _pair(frame, frame.node, frame.key, node)


def _pair(frame: _Frame, mapping: Mapping, key: Text, value: Node) -> None:
    merging = key == "<<" and key.plain
    if key in mapping or (merging and frame.merges is not None):
        raise Unreadable("duplicate-key", key.line, ambiguous=True, key=str(key))
    frame.key = None
    if merging:
        frame.merges = value
    else:
        mapping[key] = value


def _key(node: Node) -> Text:
    if not isinstance(node, Text):
        raise Unreadable("complex-key", node.line)
    return node


def _merge(target: Mapping, source: Node) -> None:
    """Add to `target` the pairs of a merge key's value that it lacks; of several mappings the earlier one wins.

    Source: the merge key type of YAML 1.1 (yaml.org/type/merge.html).
    """
    for part in source if isinstance(source, Sequence) else (source,):
        if not isinstance(part, Mapping):
            raise Unreadable("malformed", source.line)
        for key, value in part.items():
            target.setdefault(key, value)
