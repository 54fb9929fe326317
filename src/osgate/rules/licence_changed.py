"""OSG605: the licence is another one than that of the version before, as declared or by its text."""

from __future__ import annotations

from osgate.licences import reading
from osgate.licences.expression import canonical, shown, terms
from osgate.model.fact import Unknown
from osgate.rules.case import Case
from osgate.rules.told import fenced_by, of_fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from osgate.licences.expression import Expression
    from osgate.licences.reading import Licence
    from osgate.model.fact import Fact, Facts
    from osgate.rules.case import Params

# Reasons of an Unknown that are somebody's word and no want of data: another word is a change.
_SAID, _NOT_READ = ("licence.", "licence-text."), (reading.NO_LIBRARIES.reason, reading.UNTOLD.reason)


def check(case: Case) -> Params | None:
    """Complain where what is declared, or else the recognised text, differs from that of the version before.

    Spellings of one expression are equal. Nothing is said where nobody told either side, where the former version
    stated no licence at all, or where an ambiguous word was made precise. People who approved the use on just this
    licence have looked; so have they at the text of a version that they were asked for by number.
    """
    if case.facts is None or case.before is None:
        return None
    names = case.policy.facts.licence_names
    before, now = reading.told(case.before, names), reading.told(case.facts, names)
    if _differ(before, now):
        return None if _looked_at(case, now.meant) else _params(before, now)
    standing = case.judgement.standing
    if case.by_people and standing is not None and case.item.dependency.version in standing.versions:
        return None
    before, now = _text(case.before, names), _text(case.facts, names)
    return _params(before, now) if _differ(before, now) and not isinstance(before.meant, Unknown) else None


def _looked_at(case: Case, now: Expression | Unknown) -> bool:
    return not isinstance(now, Unknown) and fenced_by(case, canonical(now))


def _text(facts: Facts, names: Mapping[str, str]) -> Licence:
    fact = facts.one("licence-text")
    return reading.Licence(fact, reading.UNTOLD if fact is None else reading.meant(fact, names))


def _differ(before: Licence, now: Licence) -> bool:
    """True where both were told, and say different things."""
    said = _statement(before), _statement(now)
    if not all(said) or said[0] == said[1] or before.meant == reading.EMPTY:
        return False
    return not _made_precise(before.meant, now.meant)


def _statement(told: Licence) -> str:
    """What somebody said, equal for spellings of one; empty where nobody did."""
    if told.fact is None:
        return ""
    if not isinstance(told.meant, Unknown):
        return str(canonical(told.meant))
    if told.meant.reason in _NOT_READ or not told.meant.reason.startswith(_SAID):
        return ""
    words = told.fact.value if isinstance(told.fact.value, str) else str(told.meant)
    return f"? {' '.join(words.lower().split())}"


def _made_precise(before: Expression | Unknown, now: Expression | Unknown) -> bool:
    """True where the former word may have meant each of several licences, and this is one of them."""
    if not isinstance(before, Unknown) or isinstance(now, Unknown):
        return False
    candidates = dict(before.params).get("candidates", "").split(", ")
    return before.reason == "licence.ambiguous" and {term.licence for term in terms(now)} <= set(candidates)


def _params(before: Licence, now: Licence) -> Params | None:
    if now.fact is None or before.fact is None:
        return None
    return {**of_fact(now.fact), "value": _named(now, now.fact), "before": _named(before, before.fact)}


def _named(told: Licence, fact: Fact) -> str:
    """The licence for people: the expression, else the word as it was told; `none` for an empty one."""
    if not isinstance(told.meant, Unknown):
        return shown(str(told.meant))
    return (shown(fact.value) if isinstance(fact.value, str) else "") or "none"
