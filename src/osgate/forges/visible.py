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
# Elements whose content is no word of the author's, is folded away, or is not shown.
_APART = re.compile(
    r"<(/?)(pre|script|style|textarea|blockquote|details|code|samp|q|del|s|strike|template)(?:[\s/][^<>]*)?>",
    re.IGNORECASE,
)
# What begins and ends a block of HTML that nobody sees (CommonMark 4.6, 3 to 5).
_UNSEEN = (("<?", "?>"), ("<![CDATA[", "]]>"), ("<!", ">"))
_SPAN = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_LINK = re.compile(r"!?\[[^\[\]]*\]\([^()]*\)")
# What may go on in the next line of its paragraph: a code span, the address or title of a link, a tag.
_OPEN = re.compile(r"`|\]\(|\]:|!\[|<[A-Za-z/!?]")
# Characters up to which is looked closer; what is longer counts as what is not the author's.
_CLOSE = 4000
_FRONT = ("---", "+++", ";;;")
_CODE = re.compile(r" {4}| {0,3}\t")
_QUOTE = re.compile(r"\s*(?:(?:[-*+]|[0-9]{1,9}[.)])\s+)*>")
_AROUND = ">>>"


@record
class Line:
    """number: from 1; kind: SAID, BLANK, APART or LAZY; text: without HTML comments."""

    number: int
    kind: str
    text: str


def goes_on(above: str) -> bool:
    """True if something that begins in the lines above, of the same paragraph, may hold the next line: no word of the
    author's then, but code, a title, or part of a tag."""
    return len(above) > _CLOSE or bool(_OPEN.search(_LINK.sub("", _SPAN.sub("", above))))


class _Reader:
    """Where in its structure the note is. fence: what closes the code we are in; unseen: what ends a block nobody sees;
    block: the element we are in, and how deep; quoted: the line above is a quote."""

    def __init__(self) -> None:
        self.fence = self.block = self.unseen = ""
        self.depth = 0
        self.comment = self.around = self.quoted = False

    def kind(self, line: str) -> tuple[str, str]:
        """Take the next line in; return its kind and what is left of it."""
        if self.fence or self.block or self.unseen:
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
        elif self.unseen:
            self.unseen = "" if self.unseen in line else self.unseen
        else:
            self._elements(line)

    def _elements(self, line: str) -> bool:
        """Take in the elements that begin and end in a line; return whether one is still open, or ended here."""
        inside = bool(self.block)
        for closing, name in _APART.findall(line if len(line) > _CLOSE else _SPAN.sub("", line)):
            if not self.block and not closing:
                self.block, self.depth, inside = name.lower(), 1, inside or not line.lower().count(f"</{name.lower()}")
            elif self.block == name.lower():
                self.depth += -1 if closing else 1
                self.block = self.block if self.depth else ""
        return inside or bool(self.block)

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
        unseen = next((ends for begins, ends in _UNSEEN if line.lstrip().startswith(begins)), "")
        if unseen:
            self.unseen = "" if unseen in line.lstrip()[2:] else unseen
            return APART, ""
        if self._elements(line):
            return APART, ""
        if self.quoted:
            return LAZY, line
        return (APART, "") if _CODE.match(line) else (SAID, line)


def lines(text: str) -> Iterator[Line]:
    """Yield the lines of a note's first LONGEST characters."""
    reader = _Reader()
    shown = text[:LONGEST].removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    rows = shown.split("\n")
    front = _front(rows)
    for number, line in enumerate(rows, 1):
        yield Line(number, APART, "") if number <= front else Line(number, *reader.kind(line))


def _front(rows: list[str]) -> int:
    """How many lines are front matter, which GitLab shows as code: from a line of its own at the top to one more."""
    mark = rows[0].strip()
    if mark not in _FRONT:
        return 0
    return next((number for number, line in enumerate(rows[1:], 2) if line.strip() == mark), 0)
