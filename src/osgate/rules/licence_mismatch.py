"""OSG606: the licence files of the artefact hold something else than its metadata declares."""

from __future__ import annotations

from osgate.licences import mismatch, reading
from osgate.licences.expression import canonical, terms
from osgate.licences.text import Recognised
from osgate.model.fact import Unknown
from osgate.rules.case import Case
from osgate.rules.told import fenced_by, of_fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params

# What somebody recognised, or could not: reasons of the reader of texts, not of a source that tells nothing.
_OF_TEXT = "licence-text."
# States that this rule speaks of; where nothing is declared OSG603 does, and a missing file is no contradiction.
_SPEAKS = (mismatch.EXTRA, mismatch.OTHER, mismatch.UNRECOGNISED)


def check(case: Case) -> Params | None:
    """Complain where declaration and text differ, or the text is nobody's known licence.

    People who approved the use on the licence that is declared have looked at it.
    """
    fact = case.facts.one("licence-text") if case.facts is not None else None
    if case.facts is None or fact is None or not fact.value:
        return None
    names = case.policy.facts.licence_names
    told, text = reading.told(case.facts, names), reading.meant(fact, names)
    if told.fact is None or isinstance(told.meant, Unknown) or told.fact is fact or told.meant is text:
        return None
    if isinstance(text, Unknown) and not text.reason.startswith(_OF_TEXT):
        return None
    files = (text if isinstance(text, Unknown) else Recognised(tuple(terms(text)), 1.0, 0.0),)
    found = mismatch.compare(told.meant, files)
    if found.state not in _SPEAKS or fenced_by(case, canonical(told.meant)):
        return None
    return {
        **of_fact(fact),
        "value": found.detected or "none",
        "declared": found.declared or "none",
        "state": found.state,
        **_doubt(found.doubt),
    }


def _doubt(doubt: Unknown | None) -> Params:
    return {"unknown": doubt.reason, "details": dict(doubt.params)} if doubt is not None else {}
