"""What is told of a version's licence, and what the policy makes of it. Pure; the libraries load when first asked.

Precedence: the fact `licence`, in the order of its sources; where it is unknown, what the package declares
(`licence-declared`), read here; where that only points to a file, what was recognised in the artefact (`licence-text`).
"""

from __future__ import annotations

from functools import cache, lru_cache

from osgate.errors import UsageError
from osgate.licences import index, names, obligations
from osgate.licences.categories import EXPRESS, category, patent, weigh
from osgate.licences.expression import MAX_LENGTH, Term, canonical
from osgate.licences.use import DISTRIBUTED
from osgate.model.fact import Unknown
from osgate.model.fact_policy import ALLOW, LICENCE_OUTCOMES, REVIEW
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from osgate.licences.expression import Expression
    from osgate.licences.use import Use
    from osgate.model.fact import Fact, Facts
    from osgate.model.fact_policy import FactPolicy

# No source told anything; a source says that there is none; the libraries of the extra `licences` are not here.
UNTOLD, EMPTY, NO_LIBRARIES = Unknown("licence.untold"), Unknown("licence.empty"), Unknown("licence.libraries")
# What came of several fields of the metadata: one of them, read alone, would hide it.
_FINAL = ("licence.contradiction", "licence.several")
_IN_FILE = "licence.in-file"
# Conditions that nobody does anything for: they say what is lost, or what was never given.
_PASSIVE = frozenset(("no-endorsement", "no-misrepresentation", "no-trademark", "patent-retaliation"))
# Reaches by the words of the policy, where they are others.
_ROWS = {DISTRIBUTED: "external"}
# Texts whose meaning is kept; a project has some forty different ones.
_KEPT = 1024


@record
class Licence:
    """What is told of a licence. fact: the one that counts, None where nobody told any; meant: what it means, or why
    nobody can tell."""

    fact: Fact | None
    meant: Expression | Unknown


@record
class Outcome:
    """What the policy makes of an expression.

    outcome: one of LICENCE_OUTCOMES. term, category: of the licence that decides. because: `id` (the policy names it),
    `category`, `patent` (nothing in it grants patents) or `unknown` (nobody knows its category). kept: the licences
    that hold, of an OR the best alternative's.
    """

    outcome: str
    term: Term
    category: str
    because: str
    kept: tuple[Term, ...]


class _Same:
    """A value as a key: equal to itself alone, and cheaper to compare than a record is."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


@cache
def able() -> bool:
    """True if the libraries of the extra `licences` are installed."""
    try:
        return index.licence("MIT") is not None and index.mapped("MIT") is not None
    except UsageError:
        return False


def read(text: str, own: Mapping[str, str]) -> Expression | Unknown:
    """Return what a text means, as `names.read`, or NO_LIBRARIES. own: the institution's names."""
    if not able():
        return NO_LIBRARIES
    if len(text) > MAX_LENGTH:
        return names.read(text, own)
    return _read(text, tuple(own.items()))


@lru_cache(_KEPT)
def _read(text: str, own: tuple[tuple[str, str], ...]) -> Expression | Unknown:
    return names.read(text, dict(own))


def told(facts: Facts, own: Mapping[str, str]) -> Licence:
    """Return what counts of what is told of a version's licence. own: the institution's names."""
    first, second = facts.one("licence"), facts.one("licence-declared")
    if first is None or (isinstance(first.value, Unknown) and not _final(first.value, second)):
        first = second if second is not None and isinstance(second.value, str) else first or second
    if first is None:
        return Licence(None, UNTOLD)
    found = Licence(first, meant(first, own))
    text = facts.one("licence-text")
    if isinstance(found.meant, Unknown) and found.meant.reason == _IN_FILE and text is not None and text.value:
        by_text = meant(text, own)
        return found if isinstance(by_text, Unknown) else Licence(text, by_text)
    return found


def _final(said: Unknown, declared: Fact | None) -> bool:
    """Whether an Unknown stands whatever is declared: what a registry's word does not tell, a lock does not settle."""
    own = said.reason.startswith("licence.") and declared is not None and declared.source.startswith("manifest ")
    return own or said.reason in _FINAL


def meant(fact: Fact, own: Mapping[str, str]) -> Expression | Unknown:
    """Return what the value of a fact about licences means, or why nobody can tell."""
    if isinstance(fact.value, Unknown):
        return fact.value
    return read(fact.value, own) if fact.value.strip() else EMPTY


def same(one: Expression, other: Expression) -> bool:
    """True if two expressions are spellings of one."""
    return canonical(one) == canonical(other)


def outcome(expression: Expression, policy: FactPolicy, reach: str) -> Outcome:
    """Return what the policy makes of an expression in a work with `reach` (one of `use.REACHES`).

    Of an OR the alternative that the policy likes best counts, of an AND the one it likes least. What has no category
    is looked at by people, whatever the row says: it is never let through.
    """
    return _outcome(_Same(expression), _Same(policy), reach)


@lru_cache(_KEPT)
def _outcome(one: _Same, other: _Same, reach: str) -> Outcome:
    expression: Expression = one.value
    policy: FactPolicy = other.value
    weighed = weigh(expression, policy.licence_categories, rank(policy, reach))
    for term in weighed.terms:
        kind = category(term, policy.licence_categories)
        said, because = _said(term, kind, policy, reach)
        if LICENCE_OUTCOMES.index(said) == weighed.rank:
            break
    return Outcome(said, term, kind, because, weighed.terms)


def owed(kept: Iterable[Term], use: Use, policy: FactPolicy) -> tuple[str, ...]:
    """Return what licences that hold ask somebody to do or to leave in one use: codes of `duties`, each once."""
    found = (duty for term in kept for duty in obligations.of(term, use, policy.licence_categories).duties)
    return tuple(dict.fromkeys(duty for duty in found if duty not in _PASSIVE))


def rank(policy: FactPolicy, reach: str) -> Callable[[Term, str], int]:
    """Return how the policy ranks a licence of a category, the lower the better: the place in LICENCE_OUTCOMES."""
    return lambda term, kind: LICENCE_OUTCOMES.index(_said(term, kind, policy, reach)[0])


def _said(term: Term, kind: str, policy: FactPolicy, reach: str) -> tuple[str, str]:
    """Outcome of one licence, and what it comes from."""
    by_id = _by_id(term, policy.licence_ids)
    if by_id:
        return by_id, "id"
    said = policy.licences.get(_ROWS.get(reach, reach), {}).get(kind, "")
    if not said:
        return REVIEW, "unknown"
    if said == ALLOW and policy.patent_review and patent(term) != EXPRESS:
        return REVIEW, "patent"
    return said, "category"


def _by_id(term: Term, ids: Mapping[str, str]) -> str:
    """What the policy says of the licence itself; of one with an exception, what lets the bare licence in is not said
    of it, for an exception may take rights away."""
    plain = ids.get(term.licence, "")
    return ids.get(str(term)) or ("" if term.exception and plain == ALLOW else plain)
