"""All components of one work against each other and against the work's own licence."""

from __future__ import annotations

from osgate.licences.categories import UNKNOWN as UNKNOWN_LICENCE
from osgate.licences.categories import category
from osgate.licences.compatibility import OK, PLAIN, UNKNOWN, VERDICTS, Verdict, together, within
from osgate.licences.expression import canonical, choose, terms
from osgate.licences.use import Use
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from osgate.licences.compatibility import Rules
    from osgate.licences.expression import Expression, Term

# A work of 1,000 components has some forty expressions; more than this are not compared, and the answer is unknown.
MOST_EXPRESSIONS, MOST_TERMS = 500, 500


@record
class Part:
    """One component. name: what a finding calls it (its purl); use: as the work uses it, all with the same reach."""

    name: str
    licence: Expression
    use: Use


@record
class Clash:
    """Two parts that do not simply go together. other: empty where it is the work's own licence that `one` meets, or
    where `one` goes with nothing because nobody knows its licence."""

    one: str
    one_licence: str
    other: str
    other_licence: str
    verdict: Verdict


@record
class _Kind:
    """All parts with one licence and one use. names: of these parts, in their order."""

    licence: Expression
    use: Use
    names: tuple[str, ...]


def clashes(
    parts: Iterable[Part],
    outbound: Term | None = None,
    rules: Rules = PLAIN,
    rank: Callable[[Term], int] | None = None,
) -> tuple[Clash, ...]:
    """Return the pairs that are not `ok`, one for each two expressions, named by their first parts; the worst first.

    outbound: the work's own licence, None where it has none to pass on. rank: the policy's, the lower the better: of an
    OR the part it puts lowest is taken, and of equals the one that goes best with all others. The choice is made once a
    component and holds against all others, so what passes can be passed on as it stands. A licence nobody knows is one
    clash with `other` empty, not one with every part.
    """
    kinds = _kinds(parts)
    if len(kinds) > MOST_EXPRESSIONS or len({term for kind in kinds for term in terms(kind.licence)}) > MOST_TERMS:
        return (Clash("", "", "", "", Verdict(UNKNOWN, "too-many")),)
    judge = _Judge(rules)
    kept = [(kind, _kept(kind, kinds, judge, rank, outbound)) for kind in kinds]
    found = [clash for kind, chosen in kept for clash in _alone(kind, chosen, outbound, rules)]
    for place, (one, chosen) in enumerate(kept):
        for other, others in kept[place + 1 :]:
            found += _between(one, chosen, other, others, judge, rules)
    return tuple(sorted(found, key=lambda clash: -VERDICTS.index(clash.verdict.verdict)))


def _kinds(parts: Iterable[Part]) -> list[_Kind]:
    names: dict[tuple[Expression, Use], dict[str, None]] = {}
    for part in parts:
        names.setdefault((canonical(part.licence), part.use), {})[part.name] = None
    return [_Kind(licence, use, tuple(found)) for (licence, use), found in names.items()]


class _Judge:
    """Verdicts of pairs, each made once."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.made: dict[tuple[Term, Term, Use], Verdict] = {}

    def pair(self, one: Term, other: Term, use: Use) -> Verdict:
        key = (one, other, use)
        if key not in self.made:
            self.made[key] = together(one, other, use, self.rules)
        return self.made[key]

    def cost(self, one: Term, other: Term, use: Use) -> int:
        return VERDICTS.index(self.pair(one, other, use).verdict)


def _common(one: Use, other: Use) -> Use:
    """The use of two parts in one work: joined where both are."""
    return Use(one.reach, one.modified or other.modified, one.linked and other.linked)


def _kept(
    kind: _Kind, kinds: list[_Kind], judge: _Judge, rank: Callable[[Term], int] | None, outbound: Term | None
) -> tuple[Term, ...]:
    """The licences of `kind` that are chosen; the others are taken at their best for each, and fixed in their turn."""
    others = [(other.licence, _common(kind.use, other.use)) for other in kinds if other is not kind]

    def cost(term: Term) -> int:
        worst = max((choose(licence, _against(term, use, judge))[0] for licence, use in others), default=0)
        if outbound is not None:
            worst = max(worst, VERDICTS.index(within(outbound, term, kind.use, judge.rules).verdict))
        return (rank(term) if rank else 0) * len(VERDICTS) + worst

    return choose(kind.licence, cost)[1]


def _against(term: Term, use: Use, judge: _Judge) -> Callable[[Term], int]:
    return lambda other: judge.cost(term, other, use)


def _alone(kind: _Kind, chosen: tuple[Term, ...], outbound: Term | None, rules: Rules) -> list[Clash]:
    """What one part meets by itself: nobody knows its licence, its own licences, the work's licence."""
    found = []
    for place, term in enumerate(chosen):
        if category(term, rules.own) == UNKNOWN_LICENCE:
            found.append(Clash(kind.names[0], str(term), "", "", Verdict(UNKNOWN, "unknown-licence")))
        elif outbound is not None:
            found.append(Clash(kind.names[0], str(term), "", str(outbound), within(outbound, term, kind.use, rules)))
        for other in chosen[place + 1 :]:
            verdict = together(term, other, kind.use, rules)
            found.append(Clash(kind.names[0], str(term), kind.names[0], str(other), verdict))
    return [clash for clash in found if clash.verdict.verdict != OK and _told_once(clash)]


def _told_once(clash: Clash) -> bool:
    """A licence nobody knows is told by itself, not with every other one."""
    return not clash.other or clash.verdict.reason != "unknown-licence"


def _between(
    one: _Kind, chosen: tuple[Term, ...], other: _Kind, others: tuple[Term, ...], judge: _Judge, rules: Rules
) -> list[Clash]:
    """The worst pair of two kinds of parts, if it is not ok."""
    use = _common(one.use, other.use)
    found = [Clash(one.names[0], str(a), other.names[0], str(b), judge.pair(a, b, use)) for a in chosen for b in others]
    worst = max(found, key=lambda clash: VERDICTS.index(clash.verdict.verdict) * _told_once(clash))
    return [worst] if worst.verdict.verdict != OK and _told_once(worst) else []
