"""Whether licences go together in one work, by use: the institution's word, then the use, then OSADL's matrix, then the
categories. What none of them can tell is `unknown`, and goes to review.

Sources of the rules of use. A copyleft binds who passes copies on: GPL-2.0 sections 0 and 2, GPL-3.0 sections 0 and 2
(propagate, convey), FSF's GPL FAQ "GPLRequireSourcePostedPublic" and "InternalDistribution"; so what stays inside the
institution or is only served is not bound, but for licences that name service over a network (AGPL-3.0 section 13).
Works that run as processes of their own and talk at arm's length are no combined work (GPL FAQ "MereAggregation").
A weak copyleft covers its own files or library and leaves what is linked with it alone (MPL-2.0 section 3.3, LGPL-2.1
section 6).
"""

from __future__ import annotations

from osgate.licences import categories as kinds
from osgate.licences import matrix as osadl
from osgate.licences.categories import category
from osgate.licences.expression import Term
from osgate.licences.use import DISTRIBUTED, SERVICE
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from osgate.licences.matrix import Matrix
    from osgate.licences.use import Use

OK, DEPENDS, UNKNOWN, CONFLICT = "ok", "depends", "unknown", "conflict"
# From the best to the worst: what depends has an answer for who looks, what is unknown may have none.
VERDICTS = (OK, DEPENDS, UNKNOWN, CONFLICT)
_MATRIX = {osadl.YES: OK, osadl.SAME: OK, osadl.DEPENDS: DEPENDS, osadl.UNKNOWN: UNKNOWN, osadl.NO: CONFLICT}
_STRONG = (kinds.STRONG, kinds.NETWORK)
_FREE = (kinds.PUBLIC_DOMAIN, kinds.PERMISSIVE)


@record
class Verdict:
    """What is said of two licences in one work.

    verdict: one of VERDICTS. reason: key below `licence.reason.`. explanation: the matrix's own words (English), empty
    where it was not asked.
    """

    verdict: str
    reason: str
    explanation: str = ""


@record
class Rules:
    """What the pairs are judged by.

    pairs: the institution's verdicts, (licence, licence) -> one of VERDICTS; for a work's own licence the work's comes
    first, for two components either order counts. own: as for `categories.category`. matrix: None for the shipped one.
    """

    pairs: Mapping[tuple[str, str], str] = {}
    own: Mapping[str, str] = {}
    matrix: Matrix | None = None


PLAIN = Rules()


def within(outbound: Term, inbound: Term, use: Use, rules: Rules = PLAIN) -> Verdict:
    """Return whether a component under `inbound`, used like this, may be part of a work under `outbound`."""
    told = rules.pairs.get((str(outbound), str(inbound)))
    return _said(told) if told is not None else _judged(outbound, inbound, use, rules, directed=True)


def together(one: Term, other: Term, use: Use, rules: Rules = PLAIN) -> Verdict:
    """Return whether two components may be parts of one work, whatever its own licence; the order does not matter."""
    told = rules.pairs.get((str(one), str(other))) or rules.pairs.get((str(other), str(one)))
    if told is not None:
        return _said(told)
    # A strong copyleft asks for the whole work: it is the first that may give it its licence.
    if category(other, rules.own) in _STRONG:
        one, other = other, one
    return _judged(one, other, use, rules, directed=False)


def _said(told: str) -> Verdict:
    return Verdict(told if told in VERDICTS else UNKNOWN, "override")


def _judged(outbound: Term, inbound: Term, use: Use, rules: Rules, directed: bool) -> Verdict:
    if outbound == inbound:
        return Verdict(OK, "same")
    found = (category(outbound, rules.own), category(inbound, rules.own))
    if kinds.UNKNOWN in found:
        return Verdict(UNKNOWN, "unknown-licence")
    if all(kind in _FREE for kind in found):
        return Verdict(OK, "free")
    if not use.linked:
        return Verdict(OK, "separate")
    if not any(_bites(kind, use) for kind in found):
        return Verdict(OK, "own-terms" if use.reach == DISTRIBUTED else "not-distributed")
    if not any(_bites(kind, use) for kind in found if kind in _STRONG):
        return Verdict(OK, "weak")
    return _by_matrix(outbound, inbound, rules, directed) or _by_category(found)


def _bites(kind: str, use: Use) -> bool:
    """Whether a copyleft of that kind asks for anything in that use."""
    if use.reach == SERVICE:
        return kind == kinds.NETWORK
    return use.reach == DISTRIBUTED and kind in (kinds.WEAK, *_STRONG)


def _by_matrix(outbound: Term, inbound: Term, rules: Rules, directed: bool) -> Verdict | None:
    """The matrix's answer; of two components the better one of both directions, as either may give the work its
    licence."""
    table = rules.matrix or osadl.shipped()
    one, other = _row(outbound, table, rules), _row(inbound, table, rules)
    answers = [table.answer(one, other)] if directed else [table.answer(one, other), table.answer(other, one)]
    found = [Verdict(_MATRIX[answer], "matrix", text) for answer, text in (a for a in answers if a)]
    return min(found, key=lambda verdict: VERDICTS.index(verdict.verdict)) if found else None


def _row(term: Term, table: Matrix, rules: Rules) -> str:
    """The licence as the matrix has it: with its exception, or without one that leaves the copyleft as strong; empty
    for a licence that is not free any more, by an exception or the institution's word."""
    if category(term, rules.own) not in (*_FREE, kinds.WEAK, *_STRONG):
        return ""
    return str(term) if str(term) in table.licences else term.licence


def _by_category(found: tuple[str, str]) -> Verdict:
    """At least one strong copyleft asks for the whole work; what does the other one let it have?"""
    rest = [kind for kind in found if kind not in _STRONG]
    if kinds.PUBLIC_DOMAIN in rest:
        return Verdict(OK, "free")
    if rest and rest[0] in (kinds.PERMISSIVE, kinds.WEAK):
        return Verdict(DEPENDS, "category")
    return Verdict(CONFLICT, "category")
