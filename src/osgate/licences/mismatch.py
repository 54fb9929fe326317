"""What a package declares against what its licence files hold."""

from __future__ import annotations

from osgate.licences.expression import terms
from osgate.model.fact import Unknown
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from osgate.licences.expression import Expression, Term
    from osgate.licences.text import Recognised

# SAME: the files are what is declared. PART: they hold some of it and nothing else (one of two of an OR, an AND whose
# other text is missing). EXTRA: all of it, and more. OTHER: something else. UNRECOGNISED: one of them, by nobody.
# UNDECLARED: nothing that can be compared was declared. NO_TEXT: there is no licence file.
SAME, PART, EXTRA, OTHER = "same", "part", "extra", "different"
UNRECOGNISED, UNDECLARED, NO_TEXT = "unrecognised", "undeclared", "no-text"
# What a person has to look at; PART of an OR or of an AND is as much as many packages ship.
REVIEW = frozenset((EXTRA, OTHER, UNRECOGNISED, UNDECLARED, NO_TEXT))

# Texts that come together: LGPL-3.0 is written as additions to GPL-3.0, whose text it wants beside it.
_BESIDE = {"GPL-3.0": "LGPL-3.0"}
# Names that the one text goes by: CPython's licence file holds both the PSF's and the whole stack's.
_SAME_TEXT = {"Python-2.0.1": "PSF-2.0", "Python-2.0": "PSF-2.0", "bzip2-1.0.5": "bzip2-1.0.6"}


@record
class Compared:
    """state: one of those above. declared, detected: ids for people; doubt: the reason of the first file, or of the
    declaration, that could not be read, None where all could."""

    state: str
    declared: str
    detected: str
    doubt: Unknown | None = None

    @property
    def review(self) -> bool:
        """Whether a person has to look."""
        return self.state in REVIEW


def compare(declared: Expression | Unknown, files: Iterable[Recognised | Unknown]) -> Compared:
    """Return how what is declared and what the licence files (each recognised or not) hold stand to each other.

    One family counts as the same where the text cannot tell its members apart: `-only` and `-or-later`, and a licence
    with or without an exception, which stands in the sources. MIT and MIT-0, or two versions, are different texts.
    """
    found = list(files)
    known = [file for file in found if not isinstance(file, Unknown)]
    detected = _ids(term for file in known for term in file.licences)
    words = ", ".join(dict.fromkeys(str(term) for file in known for term in file.licences))
    said = "" if isinstance(declared, Unknown) else str(declared)
    doubt = next((file for file in found if isinstance(file, Unknown)), None)
    if not found:
        return Compared(NO_TEXT, said, "", declared if isinstance(declared, Unknown) else None)
    if doubt is not None:
        return Compared(UNRECOGNISED, said, words, doubt)
    if isinstance(declared, Unknown):
        return Compared(UNDECLARED, said, words, declared)
    return Compared(_state(_ids(terms(declared)), detected), said, words)


def _state(declared: frozenset[str], detected: frozenset[str]) -> str:
    # A GPL text that only accompanies a declared LGPL is no licence more.
    beside = {text for text, companion in _BESIDE.items() if companion in declared and companion in detected}
    detected = detected - (beside - declared)
    if detected == declared:
        return SAME
    if detected < declared:
        return PART
    return EXTRA if declared < detected else OTHER


def _ids(found: Iterable[Term]) -> frozenset[str]:
    """The ids as far as a text tells them."""
    names = (term.licence.removesuffix("-only").removesuffix("-or-later") for term in found)
    return frozenset(_SAME_TEXT.get(name, name) for name in names)
