"""What of a note in Markdown people read as words of its author: no quotes, no code, no HTML comments. Pure.

A line reader, not a renderer: where forges disagree it takes less for said. Fences, indented code, quotes and lazy
continuation are those of CommonMark 0.31 (4.4, 4.5, 5.1); `>>>` is GitLab's fence around a quote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from osgate.model.record import record

# Kinds of lines: words, an empty one, what is not the author's word, and what a reader draws into the quote above.
SAID, BLANK, APART, LAZY = "said", "blank", "apart", "lazy"
# Characters of a note that are looked at.
LONGEST = 100_000
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_PRE = re.compile(r" {0,3}<(pre|script|style|textarea)\b", re.IGNORECASE)
_CODE = re.compile(r" {4}| {0,3}\t")
_QUOTE = re.compile(r" {0,3}>")
_AROUND = ">>>"


@record
class Line:
    """number: from 1; kind: SAID, BLANK, APART or LAZY; text: without HTML comments."""

    number: int
    kind: str
    text: str


class _Reader:
    """Where in its structure the note is. fence: what closes the code we are in; quoted: the line above is a quote."""

    def __init__(self) -> None:
        self.fence = self.block = ""
        self.comment = self.around = self.quoted = False

    def kind(self, line: str) -> tuple[str, str]:
        """Take the next line in; return its kind and what is left of it."""
        if self.fence or self.block:
            self._inside(line)
            return APART, ""
        opened = _FENCE.match(line) if not self.comment else None
        if opened:
            self.fence, self.quoted = opened[1], False
            return APART, ""
        left = self._uncommented(line)
        if not left.strip():
            self.quoted = self.quoted and bool(line.strip())
            return BLANK if not line.strip() else APART, ""
        return self._words(left)

    def _inside(self, line: str) -> None:
        if self.fence:
            bare = line.strip()
            if len(bare) >= len(self.fence) and not bare.strip(self.fence[0]):
                self.fence = ""
        elif f"</{self.block}" in line.lower():
            self.block = ""

    def _uncommented(self, line: str) -> str:
        kept: list[str] = []
        while line:
            mark = "-->" if self.comment else "<!--"
            before, found, line = line.partition(mark)
            kept += [] if self.comment else [before]
            self.comment = self.comment != bool(found)
        return "".join(kept)

    def _words(self, line: str) -> tuple[str, str]:
        if line.strip() == _AROUND:
            self.around = not self.around
            return APART, ""
        if self.around or _QUOTE.match(line):
            self.quoted = not self.around
            return APART, ""
        block = _PRE.match(line)
        if block:
            self.block = "" if f"</{block[1].lower()}" in line.lower() else block[1].lower()
            return APART, ""
        if self.quoted:
            return LAZY, line
        return (APART, "") if _CODE.match(line) else (SAID, line)


def lines(text: str) -> Iterator[Line]:
    """Yield the lines of a note's first LONGEST characters."""
    reader = _Reader()
    shown = text[:LONGEST].removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    for number, line in enumerate(shown.split("\n"), 1):
        yield Line(number, *reader.kind(line))
