"""The first line of a comment: by it the comment is found again, left alone while it holds, mended when it was bent.

It says what the comment tells without what ages by itself (`digest`), how the change was judged (`outcome`), and which
text stands below (`text`). Whoever may edit the comment may forge all three: they save work, they prove nothing.
"""

from __future__ import annotations

from osgate import patterns
from osgate.model.record import record

_MARKER = r"<!-- osgate:intake v1 digest=([0-9a-f]{32}) outcome=([a-z]+) text=([0-9a-f]{32}) -->\r?\n"
# Characters that a marker takes, the newline after it included.
ROOM = 160
# An outcome that the marker alone knows: what stood against the change is gone.
SETTLED = "settled"
# Outcomes after which a pass is told as the end of something.
_OPEN = ("block", "undecided", "warn", SETTLED)


@record
class Marker:
    """What the first line of a comment says. outcome: as in the verdict, or SETTLED."""

    digest: str
    outcome: str
    text: str


def read_marker(comment: str) -> Marker | None:
    """Return the marker that `comment` begins with; None where it is no comment of osgate's."""
    found = patterns.match(_MARKER, comment)
    return Marker(found[1], found[2], found[3]) if found else None


def intact(comment: str) -> bool:
    """Return whether the text below the marker is the one that was written with it."""
    marker = read_marker(comment)
    return marker is not None and marker.text == _digest(_plain(comment.partition("\n")[2]))


def marked(told: str, lasting: str, outcome: str) -> str:
    """Return `told` below its marker. lasting: the same without what ages by itself; outcome: one word."""
    digests = _digest(lasting), _digest(_plain(told))
    return f"<!-- osgate:intake v1 digest={digests[0]} outcome={outcome} text={digests[1]} -->\n{told}"


def ended(outcome: str, earlier: str) -> str:
    """Return what the marker says of `outcome` where the comment before said `earlier`."""
    return SETTLED if outcome == "pass" and earlier in _OPEN else outcome


def _plain(text: str) -> str:
    """The text without what forges change: line ends, and what cannot be seen at the end of lines."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _digest(text: str) -> str:
    from hashlib import sha256

    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
