"""Free text -> SPDX expression: what a licence field, a classifier or an address says, or why nobody can tell.

Never a guess: a name that may mean several licences is Unknown with all it may mean.
"""

from __future__ import annotations

import re

from osgate.licences import aliases, index
from osgate.licences.addresses import at_address
from osgate.licences.expression import Term, join, parse, shown
from osgate.model.fact import Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from osgate.licences.expression import Expression

# A longer name is a text; a licence field that holds a whole licence is read by `text`.
LONGEST_NAME = 300
MOST_PARTS, MOST_CANDIDATES = 8, 12
_IN_FILE = re.compile(r"see\s+(?:the\s+)?licen[sc]e\s+in\s+<?([^\s>].*?)>?\s*\Z|(?:see|file:?)\s+(\S+)\s*\Z", re.I)
_LEAD = re.compile(r"(?:(?:released|licensed|available|distributed)\s+)?under\s+(?:the\s+)?(?:terms\s+of\s+)?", re.I)
_SPLITS = (
    ("OR", re.compile(r"\s+or\s+|\s*\|\|?\s*|\s*/\s*|\s*或\s*", re.I)),
    ("AND", re.compile(r"\s+and\s+|\s*&\s*", re.I)),
)
_SEVERAL = re.compile(r"\s*[,;、，；]\s*")
_TAIL = re.compile(r"(.+?)\s*[(（]([^()（）]+)[)）]\s*\Z", re.S)
# The day that stands in the head of a GNU licence.
_DATED = r"(?: (?:\d+ )?(?:june|february|november) \d{4})?"
_NOTHING = {"NONE": "licence.none", "NOASSERTION": "licence.not-told"}


def read(text: str, own: Mapping[str, str] | None = None) -> Expression | Unknown:
    """Return the SPDX expression that a licence field means, or Unknown with the reason.

    text: an expression (any case, former ids, LicenseRef), a name in English or Chinese, a trove classifier, an
    address, npm's and Cargo's forms. own: the institution's names and ids, as written -> expression; they come first.
    Time and memory are bounded for any text. Raises UsageError where the libraries of the extra are not installed.
    """
    plain = text.strip()
    if not plain:
        return Unknown("licence.empty")
    found = (own or {}).get(plain)
    if found is not None:
        return parse(found, _own_licence(own), index.exception)
    if plain in _NOTHING:
        return Unknown(_NOTHING[plain])
    parsed = parse(plain, _own_licence(own), index.exception)
    if not isinstance(parsed, Unknown) or parsed.reason == "licence.too-large":
        return parsed
    if len(plain) > LONGEST_NAME:
        return parsed if _is_expression(plain) else Unknown("licence.text", (("length", str(len(plain))),))
    return _special(plain) or _name(plain, own or {}, MOST_PARTS)


def _own_licence(own: Mapping[str, str] | None) -> Callable[[str], Term | None]:
    """Look an id up among the institution's own, then in the index."""
    mine = {name: Term(name) for name, value in (own or {}).items() if name == value}
    return lambda id: mine.get(id) or index.licence(id)


def _is_expression(text: str) -> bool:
    """Whether a long text is an expression with a mistake, not prose."""
    return sum(word in ("AND", "OR", "WITH") for word in text.split()) * 4 > len(text.split())


def _special(text: str) -> Expression | Unknown | None:
    """What is no name: a file, an address, a classifier."""
    in_file = _IN_FILE.match(text)
    if in_file:
        return Unknown("licence.in-file", (("file", shown(in_file[1] or in_file[2])),))
    if re.match(r"https?://|www\.", text, re.I) and " " not in text:
        return at_address(text) or Unknown("licence.address", (("address", shown(text)),))
    if text.startswith("License ::"):
        last = text.rpartition("::")[2].strip()
        return read(last.replace("/", " ")) if last and "::" not in last else Unknown("licence.empty")
    return None


def _name(text: str, own: Mapping[str, str], budget: int) -> Expression | Unknown:
    """A name, or names joined in words; `budget` bounds how many."""
    text = _LEAD.sub("", text, count=1) if _LEAD.match(text) else text
    found = _one(text, own)
    if found is not None:
        return found
    for operator, pattern in _SPLITS:
        parts = pattern.split(text)
        if 1 < len(parts) <= budget:
            return _joined(operator, [_name(part.strip(" ()"), own, budget // len(parts)) for part in parts])
    if len(_SEVERAL.split(text)) > 1 and all(_one(part, own) for part in _SEVERAL.split(text)[:MOST_PARTS]):
        return Unknown("licence.several", (("text", shown(text)),))
    return Unknown("licence.name", (("text", shown(text)),))


def _joined(operator: str, parts: list[Expression | Unknown]) -> Expression | Unknown:
    known: list[Expression] = []
    for part in parts:
        if isinstance(part, Unknown):
            return part
        known.append(part)
    return join(operator, known)


def _one(text: str, own: Mapping[str, str]) -> Expression | Unknown | None:
    """One licence: by id, by the names here, by licenselynx, by a name with its short form in brackets."""
    if text in own:
        return parse(own[text], _own_licence(own), index.exception)
    words = aliases.words(text)
    if words is None:
        return None
    found = index.licence(text) or _by_words(words, text) or _by_library(text)
    if found is not None:
        return found
    tail = _TAIL.match(text)
    if tail is None:
        return None
    outside, inside = _one(tail[1], {}), _one(tail[2], {})
    return outside if outside is not None and _agree(outside, inside) else None


def _agree(outside: Expression | Unknown, inside: Expression | Unknown | None) -> bool:
    """Whether what stands in brackets says the same; a name in brackets that means one of several settles nothing."""
    if isinstance(outside, Unknown) and isinstance(inside, Unknown):
        return outside.reason == inside.reason and outside.reason in ("licence.ambiguous", "licence.vague")
    return outside == inside


def _by_words(words: str, text: str) -> Expression | Unknown | None:
    if words in aliases.SEVERAL:
        return ambiguous(text, aliases.SEVERAL[words])
    if words in aliases.NAMES:
        return parse(aliases.NAMES[words], index.licence, index.exception)
    name, version, later = _versioned(words)
    prefix = _family(name)
    if prefix is None:
        return None
    if not version:
        return ambiguous(text, index.ids(prefix))
    return _of_family(prefix, version, later)


def _versioned(words: str) -> tuple[str, str, bool]:
    """Split `gnu general public 2 +` into name, version and whether later ones are meant."""
    match = re.fullmatch(rf"(.*?)(?: (\d+(?:\.\d+)*))?( only| \+)?{_DATED}", words)
    return (match[1], match[2] or "", match[3] == " +") if match else (words, "", False)


def _family(name: str) -> str | None:
    return next((prefix for prefix, names in aliases.FAMILIES.items() if name in names), None)


def _of_family(prefix: str, version: str, later: bool) -> Term | None:
    """The id of that version. A number alone means that version only, as SPDX reads its former ids (GPL-3.0)."""
    for id in index.ids(prefix):
        number = id[len(prefix) + 1 :].removesuffix("-only").removesuffix("-or-later")
        if re.sub(r"(?:\.0+)+\Z", "", number) != version:
            continue
        split = id.endswith(("-only", "-or-later"))
        if split and id.endswith("-or-later") == later:
            return Term(id)
        if not split:
            return Term(id, later=later)
    return None


def _by_library(text: str) -> Expression | None:
    """What licenselynx says, as far as the index knows the id it gives."""
    answer = index.mapped(" ".join(text.split()))
    return index.licence(answer[0]) if answer else None


def ambiguous(text: str, candidates: Iterable[str]) -> Unknown:
    """Return the Unknown of a name that may mean each of `candidates` (many are cut), or anything, without any."""
    some = sorted(candidates)
    if not some:
        return Unknown("licence.vague", (("text", shown(text)),))
    listed = ", ".join(some[:MOST_CANDIDATES]) + (" …" if len(some) > MOST_CANDIDATES else "")
    return Unknown("licence.ambiguous", (("text", shown(text)), ("candidates", listed)))
