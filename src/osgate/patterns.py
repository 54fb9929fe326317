"""Regular expressions for code on the commit path: the `re` module is loaded when the first one is used.

Loading it and compiling what modules keep at hand costs as much as starting the interpreter, and most commits, and most
purls, versions and ranges, need none. The functions are those of `re`, which remembers what it compiled.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterator
    from typing import Any


def compiled(pattern: str) -> re.Pattern[str]:
    """Return `pattern` compiled."""
    import re

    return re.compile(pattern)


def match(pattern: str, text: str) -> re.Match[str] | None:
    """Match at the start of `text`."""
    return compiled(pattern).match(text)


def fullmatch(pattern: str, text: str) -> re.Match[str] | None:
    """Match all of `text`."""
    return compiled(pattern).fullmatch(text)


def search(pattern: str, text: str) -> re.Match[str] | None:
    """Find the first match anywhere in `text`."""
    return compiled(pattern).search(text)


def finditer(pattern: str, text: str) -> Iterator[re.Match[str]]:
    """Find all matches in `text`, one after another."""
    return compiled(pattern).finditer(text)


def findall(pattern: str, text: str) -> list[Any]:
    """Return all matches in `text`: what the groups hold, or the whole of each where there are none."""
    return compiled(pattern).findall(text)


def split(pattern: str, text: str) -> list[str]:
    """Split `text` at every match; what groups hold stays."""
    parts: list[str] = compiled(pattern).split(text)
    return parts


def sub(pattern: str, replacement: str, text: str) -> str:
    """Replace every match in `text`."""
    return compiled(pattern).sub(replacement, text)


def fits(pattern: str, text: str) -> bool:
    """Whether `text` fits a pattern in which `*` stands for any characters; takes time in proportion to both."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    *middle, last = rest
    at, end = len(first), len(text) - len(last)
    if not text.startswith(first) or not text.endswith(last) or at > end:
        return False
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
