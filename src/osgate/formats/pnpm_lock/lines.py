"""Single lines as pnpm writes them: keys, scalars, one-line flow collections, and where they stand."""

from __future__ import annotations

from binascii import a2b_base64
from itertools import accumulate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from osgate.formats.pnpm_lock.document import Entry, Node

# Stands for the line break before a line that is four or more blanks in, so that a block is one item of a split.
SEAM = "\x01    "
# What a key has whose value stands on the lines below it.
BELOW: Any = type("Below", (), {})()
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
# What a plain key or scalar may begin with here; of all that YAML allows, what pnpm's locks hold.
_KEY_STARTS = frozenset(_LETTERS + "/._$")
_STARTS = frozenset(_LETTERS + "/._$~^<=(+\\")
_DIGITS = frozenset("0123456789")
_ENDS = frozenset(_LETTERS + ")")
_NULLS = frozenset(("~", "null", "Null", "NULL"))
_FLOW = ",[]{}"
_FOLDED = frozenset([f"deprecated: {mark}" for mark in ("|", "|-", "|+", ">", ">-", ">+")])
_INTEGRITY = "resolution: {integrity: sha512-"
_MAX_KEY = 1000
_MAX_DEPTH = 4


class Unknown(Exception):
    """A line that pnpm does not write."""


def head_of(head: str) -> tuple[str, Any]:
    """Take the first line of a block apart, two blanks in: its key and what stands behind it, or `BELOW`.

    An item of a list has no key. Raises Unknown.
    """
    text = head[2:]
    if head[:2] != "  ":
        raise Unknown
    if text[:2] == "- ":
        return "", _scalar(text[2:])
    key, mark, value = text.partition(": ")
    if mark:
        return key_of(key), value_of(value)
    if text[-1:] != ":":
        raise Unknown
    return key_of(text[:-1]), BELOW


def line_of(line: str) -> tuple[int, str, Any]:
    """Take a line inside a block apart, without its first four blanks: depth, then what `head_of` gives."""
    pair = pair_of(line)
    if pair:
        return 1, *pair
    bare = line.lstrip(" ")
    depth, odd = divmod(len(line) - len(bare), 2)
    if odd or depth >= _MAX_DEPTH:
        raise Unknown
    key, value = head_of(f"  {bare}")
    return depth, key, value


def pair_of(line: str) -> tuple[str, str] | None:
    """Return key and value of a line two blanks further in that can hardly be odd, with no other blank in it."""
    key, mark, value = line.partition(": ")
    if not mark or value[:1] not in _DIGITS or value[-1] not in _ENDS or key[:2] != "  " or line.count(" ") != 3:
        return None
    if key[2:3] == "'":
        return (key[3:-1], value) if key[-1] == "'" and key.count("'") == 2 and 4 < len(key) < _MAX_KEY else None
    return (key[2:], value) if key[2:3] in _KEY_STARTS and len(key) < _MAX_KEY else None


def resolution_of(line: str) -> Entry | None:
    """Return the resolution of nearly all packages, from the line that holds it; None for any other line."""
    if not line.startswith(_INTEGRITY) or line[-1] != "}":
        return None
    digest = line[len(_INTEGRITY) : -1]
    try:
        a2b_base64(digest, strict_mode=True)
    except ValueError:
        return None
    return {"integrity": f"sha512-{digest}"} if digest else None


def value_of(text: str) -> Node:
    """Return the scalar or flow collection that `text` is. Raises Unknown."""
    return _flow(text) if text[:1] in ("{", "[") else _scalar(text)


def unfolded(body: str) -> list[str]:
    """Return the lines of a block, without the text of `deprecated` if it has lines of its own. Raises Unknown."""
    lines = body.split(SEAM)
    if ": |" not in body and ": >" not in body:
        return lines
    kept: list[str] = []
    inside = 0
    for line in lines:
        blanks = len(line) - len(line.lstrip(" "))
        if inside and blanks >= 2:
            # The first line says how far in the text stands; only with two blanks more than the key it needs no mark.
            if inside == 1 and (blanks > 2 or line[2:3] in ("", "\x01")):
                raise Unknown
            inside = 2
            continue
        inside = 1 if line in _FOLDED else 0
        kept.append("deprecated: folded" if inside else line)
    return kept


def key_of(text: str) -> str:
    """Return the key that `text` is, plain or in quotes. Raises Unknown."""
    if text[:1] == "'":
        inner = text[1:-1]
        if not inner or text[-1] != "'" or "'" in inner or len(text) > _MAX_KEY:
            raise Unknown
        return inner
    if text[:1] not in _KEY_STARTS or text[-1] in " :" or len(text) > _MAX_KEY:
        raise Unknown
    if " " in text and (" #" in text or ": " in text):
        raise Unknown
    return text


def _scalar(text: str) -> str:
    first = text[:1]
    if first == "'":
        inner = text[1:-1].replace("''", "")
        if len(text) < 2 or text[-1] != "'" or "'" in inner:
            raise Unknown
        return text[1:-1].replace("''", "'")
    # A plain one. (A text in the middle of a block may end in the mark of a blank line, which sorts before the blank.)
    if first not in _STARTS or text[-1] <= " " or text[-1] == ":" or ": " in text or " #" in text or text in _NULLS:
        raise Unknown
    return text


def _flow(text: str) -> Node:
    """A flow mapping or list of scalars on one line."""
    inner, ends = text[1:-1], text[0] + text[-1]
    if ends == "[]":
        return [_flow_scalar(part) for part in inner.split(", ")] if inner else []
    if ends != "{}":
        raise Unknown
    made: Entry = {}
    for part in inner.split(", ") if inner else ():
        key, mark, value = part.partition(": ")
        if not mark or (part[0] != "'" and not key.replace("-", "_").isidentifier()):
            raise Unknown
        key = key_of(key)
        if key in made:
            raise Unknown
        made[key] = _flow_scalar(value)
    return made


def _flow_scalar(text: str) -> str:
    made = _scalar(text)
    if text[0] != "'":
        for mark in _FLOW:
            if mark in text:
                raise Unknown
    return made


class Lines:
    """Finds the lines of keys when somebody asks; nobody asks for most.

    items: of the text, as the scanner cuts it. ranges: the numbers of the items of each top-level key, from its own on.
    root: what was read.
    """

    def __init__(self, items: list[str], ranges: dict[str, range], root: Entry) -> None:
        self._items, self._ranges, self._root = items, ranges, root
        self._starts: list[int] = []
        self._places: dict[str, dict[str, int]] = {}
        self._inside: dict[int, dict[tuple[str, ...], int]] = {}

    def line(self, section: str = "", key: str = "", *inner: str) -> int:
        """Return the line of a top-level key, of a key below it, or of one further in; 0 where there is none."""
        numbers = self._ranges.get(section)
        if numbers is None:
            return 0
        place = self._place(section, numbers, key) if key else numbers[0]
        if place is None:
            return 0
        if not self._starts:
            self._starts = list(accumulate([item.count("\x01") + 1 for item in self._items], initial=1))
        if inner and place not in self._inside:
            self._inside[place] = _offsets(self._items[place])
        return self._starts[place] + (self._inside[place].get(inner, 0) if inner else 0)

    def _place(self, section: str, numbers: range, key: str) -> int | None:
        """The number of the item in which `key` stands: keys and items are in the same order."""
        if section not in self._places:
            filled = [number for number in numbers[1:] if self._items[number]]
            below = self._root[section]
            self._places[section] = dict(zip(below, filled, strict=True)) if isinstance(below, dict) and filled else {}
        return self._places[section].get(key)


def _offsets(block: str) -> dict[tuple[str, ...], int]:
    """How many lines below the first one of a block each key in it stands, by the keys on the way to it."""
    found: dict[tuple[str, ...], int] = {}
    path: tuple[str, ...] = ()
    for number, line in enumerate(block.split("\x01")):
        bare = line.lstrip(" ")
        depth = (len(line) - len(bare)) // 2 - 2
        if depth >= 0 and bare[:2] != "- ":
            written = bare.partition(": ")[0].removesuffix(":")
            path = (*path[:depth], written[1:-1] if written[:1] == "'" else written)
            found.setdefault(path, number)
    return found
