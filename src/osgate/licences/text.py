"""Licences recognised in the bytes of a licence file, and only where nearly all of the file is theirs.

The coverage rule: of 1,518 licence files of npm packages the median share of known licence text was 0.99 and the first
percentile 0.90; a proprietary preamble before bundled licences stood at 0.75. So below COVERAGE, or with more than LEAD
of the file before the first known text, nobody has recognised the file, whatever licences are in it. Lines outside the
known texts that hold no terms are left out of both: copyright notices, and the name of a licence the file holds.
"""

from __future__ import annotations

import re

from osgate.licences import index, names
from osgate.model.fact import Unknown
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from osgate.licences.expression import Term

COVERAGE, LEAD = 0.90, 0.05
# The largest licence file met is 120 kB (third-party notices); an engine's time grows with the length.
MOST_BYTES = 256 << 10
MOST_REGIONS = 200


@record
class Region:
    """A part of a text that is a licence: its id and the characters from `start` up to `end`."""

    id: str
    start: int
    end: int


if TYPE_CHECKING:
    # What recognises: the text -> regions in their order. Another engine is another function.
    Engine = Callable[[str], Iterable[Region]]

# A notice says who and when, in names; what says more may hold terms. Few words in small letters stand in a name.
_NOTICE = re.compile(r"(?:portions |parts |port to \w+ )?(?:copyright|©|\(c\)|&copy;)", re.I)
_TERMS = re.compile(
    r"licen|permi|subject|agree|subscri|commerc|contract|\bpay|\bfees?\b|\border|eula"
    r"|\b(?:us(?:er?|ing)|must|only|not|without|grant|restrict|terms?|if|except)\b",
    re.I,
)
_SAID = re.compile(r"\b(?:[a-z]{3,}|[A-Z]{4,})\b")
_NAMING = frozenset(
    (
        *("all", "and", "authors", "contributors", "copyright", "dev", "developers", "for", "foundation", "its"),
        *("other", "others", "present", "project", "reserved", "rights", "team", "the"),
    )
)
# Addresses of persons and of their pages.
_ADDRESS = re.compile(r"<[^<>]*>|\S+@\S+|\(?https?://\S+|\(?www\.\S+")
MOST_SAID = 5
LONGEST_LINE, MOST_LINES = 200, 300


@record
class Recognised:
    """What a licence file holds.

    licences: each once, in the order of the text. coverage: share of the characters, without blanks, that are theirs,
    from 0 to 1; lead: share that stands before the first.
    """

    licences: tuple[Term, ...]
    coverage: float
    lead: float


def recognise(content: bytes, engine: Engine | None = None) -> Recognised | Unknown:
    """Return the licences whose texts make up a file, or Unknown with the reason.

    content: up to MOST_BYTES of UTF-8, UTF-16 with its mark, or Latin-1. engine: None for licenseclassifier. Time grows
    with the length: a few ms for an MIT text, some seconds for the longest.
    """
    if len(content) > MOST_BYTES:
        return Unknown("licence-text.too-large", (("length", str(len(content))),))
    text = _decoded(content)
    if text is None:
        return Unknown("licence-text.binary")
    if not text.strip():
        return Unknown("licence-text.empty")
    if engine is None:
        from osgate.licences.classifier import licenseclassifier

        engine = licenseclassifier
    regions = list(engine(text))
    if not regions:
        return Unknown("licence-text.nothing")
    if len(regions) > MOST_REGIONS:
        return Unknown("licence-text.too-large", (("length", str(len(content))),))
    return _judged(text, sorted(regions, key=lambda region: region.start))


def _decoded(content: bytes) -> str | None:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    if b"\0" in content:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _judged(text: str, regions: list[Region]) -> Recognised | Unknown:
    ids = tuple(dict.fromkeys(region.id for region in regions))
    found = {id: index.licence(id) for id in ids}
    known = {term for term in found.values() if term is not None}
    covered, rest, end, lead = 0, 0, 0, 0
    for region in regions:
        rest += _terms(text[end : max(region.start, end)], known)
        lead = rest if end == 0 else lead
        covered += _solid(text[max(region.start, end) : max(region.end, end)])
        end = max(region.start, region.end, end)
    rest += _terms(text[end:], known)
    whole = max(covered + rest, 1)
    if covered / whole < COVERAGE or lead / whole > LEAD:
        return Unknown(
            "licence-text.partly", (("percent", str(100 * covered // whole)), ("licences", ", ".join(ids[:8])))
        )
    strange = next((id for id, term in found.items() if term is None), None)
    if strange is not None:
        return Unknown("licence-text.id", (("id", strange),))
    return Recognised(tuple(dict.fromkeys(t for t in found.values() if t)), covered / whole, lead / whole)


def _terms(text: str, known: set[Term]) -> int:
    """Characters of the lines that may hold terms; of very many lines nobody asks which."""
    if text.count("\n") > MOST_LINES:
        return _solid(text)
    return sum(_solid(line) for line in text.splitlines() if not _harmless(line.strip(" \t#*=-_"), known))


def _harmless(line: str, known: set[Term]) -> bool:
    if not line or len(line) > LONGEST_LINE:
        return not line
    if _NOTICE.match(line):
        said = [word for word in _SAID.findall(_ADDRESS.sub("", line)) if word.lower() not in _NAMING]
        return not _TERMS.search(line) and len(said) <= MOST_SAID
    return names.read(line) in known


def _solid(text: str) -> int:
    """Characters that are no blanks."""
    return sum(map(len, text.split()))
