"""Conan versions (Conan 2, "Version"): dotted items, zeros at the end mean nothing; `-pre` below, `+build` above.

Conan compares a number with a word as two texts, which is no order (10 < 1a < 2 < 10). Here an item is its leading
number and then the rest of it, words without a number last; numbers, or words, among themselves are ordered as there.
"""

from __future__ import annotations

from osgate import patterns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_VERSION = r"[0-9A-Za-z_.*+-]+\Z"
_ITEM = r"([0-9]*)(.*)\Z"
_NUMBER, _WORD = 0, 1
_RELEASED = (1,)


def key(version: str) -> Any:
    """Return the sort key of `version`."""
    text = version.strip().lower()
    if not patterns.match(_VERSION, text):
        return 0, (version,)
    text, plus, build = text.rpartition("+") if "+" in text else (text, "", "")
    text, hyphen, pre = text.partition("-")
    return 1, _items(text), (0, _items(pre)) if hyphen else _RELEASED, (1, _items(build)) if plus else (0,)


def _items(text: str) -> tuple[tuple[int, int, str], ...]:
    found = [_item(part) for part in text.split(".")]
    while found and found[-1] in ((_NUMBER, 0, ""), (_WORD, 0, "")):
        found.pop()
    return tuple(found)


def _item(part: str) -> tuple[int, int, str]:
    match = patterns.match(_ITEM, part)
    number, rest = match.groups() if match else ("", part)
    return (_NUMBER, int(number), rest) if number else (_WORD, 0, rest)


def is_prerelease(version: str, parsed: Any) -> bool:
    """Tell whether `version` has a pre-release part."""
    return bool(parsed[2] != _RELEASED)
