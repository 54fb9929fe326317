"""What a package as a whole declares, from the several fields its metadata may have."""

from __future__ import annotations

from osgate.licences import names
from osgate.licences.expression import Term, canonical, shown, terms
from osgate.model.fact import Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from osgate.licences.expression import Expression

MOST_CLASSIFIERS = 50
# They say less than any licence, so they contradict none.
_VAGUE = frozenset(("License :: OSI Approved",))


def python(
    expression: str, text: str, classifiers: Iterable[str] = (), own: Mapping[str, str] | None = None
) -> Expression | Unknown:
    """Return what a Python distribution declares: `License-Expression`, `License` and the classifiers `License :: …`.

    The expression decides alone (PEP 639 forbids licence classifiers beside it). Otherwise text and classifiers speak
    together: one that means several is settled by the other where that is among them, and two that say different things
    are Unknown(`licence.contradiction`). Several classifiers are Unknown(`licence.several`): nothing says whether all
    hold or any. Raises UsageError as `names.read`.
    """
    if expression.strip():
        return names.read(expression, own)
    marked = [c for c in dict.fromkeys(classifiers) if c.startswith("License ::") and c not in _VAGUE]
    if len(marked) > 1:
        return _together(marked[:MOST_CLASSIFIERS], names.read(text, own), own)
    if not marked:
        return names.read(text, own)
    by_class = names.read(marked[0], own)
    return settle(names.read(text, own), by_class) if text.strip() else by_class


def _together(marked: list[str], said: Expression | Unknown, own: Mapping[str, str] | None) -> Expression | Unknown:
    """Several classifiers: the text may say how they belong together."""
    read = [names.read(classifier, own) for classifier in marked]
    known = {term for part in read if not isinstance(part, Unknown) for term in terms(part)}
    if not isinstance(said, Unknown) and set(terms(said)) == known:
        return said
    return Unknown("licence.several", (("text", shown("; ".join(c.rpartition(":: ")[2] for c in marked))),))


def settle(first: Expression | Unknown, second: Expression | Unknown) -> Expression | Unknown:
    """Return what two statements say together: the one that is known, where the other may mean it too."""
    if isinstance(first, Unknown):
        return first if isinstance(second, Unknown) else _narrowed(second, first)
    if isinstance(second, Unknown):
        return _narrowed(first, second)
    if canonical(first) == canonical(second):
        return first
    if isinstance(first, Term) and isinstance(second, Term) and _version(first) == _version(second):
        # A number alone is read as that version only; the other statement may know better, but grants no less.
        return first if first.licence.endswith("-only") else second
    return _contradiction(str(first), str(second))


def _narrowed(known: Expression, vague: Unknown) -> Expression | Unknown:
    """`known`, unless `vague` names licences and it is none of them; a reason that leaves doubt stays."""
    if vague.reason not in ("licence.ambiguous", "licence.empty", "licence.text", "licence.vague"):
        return vague
    candidates = dict(vague.params).get("candidates", "")
    if candidates and set(candidates.split(", ")).isdisjoint(term.licence for term in terms(known)):
        return _contradiction(str(known), candidates)
    return known


def _version(term: Term) -> Term:
    return Term(term.licence.removesuffix("-only").removesuffix("-or-later"), term.exception)


def _contradiction(one: str, other: str) -> Unknown:
    return Unknown("licence.contradiction", (("one", shown(one)), ("other", shown(other))))
