"""Licence files, notices and copyright lines of an artefact."""

from __future__ import annotations

import re

from osgate.facts.registries.answers import line
from osgate.licences.text import recognise
from osgate.model.fact import Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from osgate.licences.text import Engine

# Licence files of one artefact that are read, and copyright lines that are kept of it.
MOST_FILES, MOST_LINES = 20, 20
NO_FILE = Unknown("artefact.no-licence-file")
_LICENCE = re.compile(
    r"(?:.*[-_. ])?(?:un)?licen[cs]es?(?:[-_. ].*)?\Z|(?:.*[-_. ])?copying(?:[-_. ].*)?\Z", re.I | re.S
)
_NOTICE = re.compile(r"notice(?:[-_. ].*)?\Z", re.I | re.S)
_ABOUT = re.compile(
    r"(?:authors|contributors|maintainers|thanks|credits|changelog|changes|history|readme|notice)\b", re.I
)
# What ends so is a program or data that speaks of licences.
_CODE = re.compile(
    r"\.(?:py[cio]?|pyi|[cm]?[jt]sx?|map|json5?|ya?ml|toml|xml|rb|java|class|kt|cs|go|rs|[ch](?:pp|xx)?|css|scss|svg|png"
    r"|jpg|gif|ico|dll|exe|so|sh|ps1|bat|lock|csv|sha\d*|sig|asc)\Z",
    re.I,
)
_PROSE_BEFORE = re.compile(r"[\s#*/;%>=|_.-]*+")
_RIGHTS = re.compile(r"(?:portions\s+|parts\s+)?(?:copyright\b|copr\.|©|\(c\)|&copy;|版权所有|版權所有)", re.I)
_OWNED = re.compile(
    r"©|&copy;|copyright:?\s*\(c\)|(?<!\d)(?:19|20)\d\d(?!\d)|\bby\s+\S|(?:版权所有|版權所有)\s*\S|<\S+@\S+>"
    r"|\b(?:authors|contributors|foundation|inc|ltd|llc|gmbh|corp(?:oration)?|company)\b|公司",
    re.I,
)
# A name and no more: words that begin with capitals, as prose after the word `copyright` does not.
_NAME = re.compile(r"(?i:copyright):?(?:\s+(?:[A-Z][\w.'-]*|de|van|von|and|&),?){2,6}\Z")
# Places to fill in, and what licence texts say of notices in general.
_FORM = re.compile(
    r"[\[<{](?:yyyy|year|name|owner|copyright|fullname|author|date)|\b(?:yyyy|year)\b|name of (?:copyright|author)"
    r"|copyright\s+(?:notice|owner|holder|law|licen|statement|interest|and\s|or\s|in\s|to\s|is\s)",
    re.I,
)
# Right below the line that names the owner of the licence's own text (GNU's, and those written like it).
_OF_THE_TEXT = re.compile(r"everyone is permitted to copy and distribute verbatim", re.I)


def is_licence(path: str) -> bool:
    """Whether a file's name says that it holds a licence: LICENSE, LICENCE-MIT.txt, COPYING.LESSER, MIT-LICENSE."""
    name = path.rpartition("/")[2]
    return len(name) < 200 and bool(_LICENCE.match(name)) and not _CODE.search(name)


def is_about(path: str) -> bool:
    """Whether a file in a folder of licences is none: people and history stand there too (PEP 639 takes any file)."""
    return bool(_ABOUT.match(path.rpartition("/")[2]))


def is_notice(path: str) -> bool:
    """Whether a file's name says that it holds notices that have to be passed on (Apache-2.0, section 4 d)."""
    name = path.rpartition("/")[2]
    return len(name) < 200 and bool(_NOTICE.match(name)) and not _CODE.search(name)


class Recogniser:
    """Recognises licence texts, each once: thousands of artefacts carry the same ones."""

    def __init__(self, engine: Engine | None = None) -> None:
        self._engine = engine
        self._known: dict[bytes, str | Unknown] = {}

    def text(self, content: bytes) -> str | Unknown:
        """Return the SPDX expression of all licences in a file, or why none was recognised."""
        if content not in self._known:
            if len(self._known) >= 2_000:
                self._known.clear()
            found = recognise(content, self._engine)
            self._known[content] = found if isinstance(found, Unknown) else _all(map(str, found.licences))
        return self._known[content]

    def files(self, contents: Iterable[bytes | Unknown]) -> str | Unknown:
        """Return the SPDX expression of all licences in the files of an artefact, joined by AND: what the texts grant
        is known, whether one may choose among them is not theirs to say. Unknown where one of them is, or none there.
        """
        licences: list[str] = []
        for number, content in enumerate(contents):
            if number >= MOST_FILES:
                return Unknown("artefact.many-licence-files", (("most", str(MOST_FILES)),))
            found = content if isinstance(content, Unknown) else self.text(content)
            if isinstance(found, Unknown):
                return found
            licences.append(found)
        return _all(part for text in licences for part in text.split(" AND ")) if licences else NO_FILE


def _all(licences: Iterable[str]) -> str:
    return " AND ".join(dict.fromkeys(licences))


def copyrights(files: Mapping[str, bytes], declared: str = "") -> tuple[str, ...]:
    """Return the one declared and the copyright lines of licence and notice files, each once, at most MOST_LINES."""
    found = dict.fromkeys([one] if (one := line(declared)) else [])
    for path in sorted(files):
        if is_licence(path) or is_notice(path):
            found |= dict.fromkeys(_lines(files[path]))
    return tuple(found)[:MOST_LINES]


def _lines(content: bytes) -> list[str]:
    lines = content.decode("utf-8", "replace").splitlines()
    return [kept for at, text in enumerate(lines) if (kept := _claim(text)) and not _of_the_text(lines, at)]


def _claim(text: str) -> str:
    """The line as it is kept, empty for one that claims nothing."""
    if len(text) > 400:
        return ""
    bare = text[_PROSE_BEFORE.match(text).end() :]  # type: ignore[union-attr]
    claims = _RIGHTS.match(bare) and (_OWNED.search(bare) or _NAME.match(bare.rstrip())) and not _FORM.search(bare)
    return line(bare) if claims else ""


def _of_the_text(lines: list[str], at: int) -> bool:
    return any(_OF_THE_TEXT.search(text[:200]) for text in lines[at + 1 : at + 4])
