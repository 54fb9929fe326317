"""What a policy wants known before anything is decided, and how old what is known may be. Pure."""

from __future__ import annotations

from osgate.model.change import FileProblem
from osgate.model.fact import Unknown
from osgate.model.gap import Gap
from osgate.model.record import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from osgate.ledger.standing import Known
    from osgate.model.fact import Facts, FactSource
    from osgate.model.fact_policy import FactPolicy
    from osgate.rules.case import Case

# Dependencies that one gap names.
_NAMED = 5


def gaps(cases: Iterable[Case], wanted: FactPolicy, unevaluated: Iterable[str], *, pipeline: bool) -> Iterator[Gap]:
    """Yield what keeps from deciding: rules that must be evaluated and are not, facts that must be known and are not.

    pipeline: this is the check that counts, where nobody having any fact is no excuse. Each fact is told once, with how
    many dependencies lack it and the first of them.
    """
    lacking = sorted(set(wanted.must).intersection(unevaluated)) if pipeline else []
    if lacking:
        yield Gap("facts", "must-evaluate", (("rules", ", ".join(lacking)),))
    asked = [case for case in cases if pipeline or case.facts is not None]
    for fact in wanted.require:
        lack = [case for case in asked if case.facts is None or not _known(case.facts, fact)]
        without = list(dict.fromkeys(case.item.dependency.purl for case in lack))
        if without:
            names = ", ".join(without[:_NAMED]) + (" ..." if len(without) > _NAMED else "")
            yield Gap("facts", "must-know", (("count", str(len(without))), ("fact", fact), ("purls", names)))


def _known(facts: Facts, name: str) -> bool:
    if name == "advisories":
        return not isinstance(facts.advisories, Unknown) and facts.advisories.unknown is None
    fact = facts.one(name)
    return fact is not None and isinstance(fact.value, str)


def blind(cases: Iterable[Case]) -> Iterator[Gap]:
    """Yield what advisories could not be asked, or not wholly: once a package type and reason, with how many
    dependencies that is so for and what the first of them says.
    """
    found: dict[tuple[str, str], dict[str, Unknown]] = {}
    for case in cases:
        if case.facts is not None:
            told = case.facts.advisories
            lack = told if isinstance(told, Unknown) else told.unknown
            if lack is not None:
                kind = case.facts.component.partition("/")[0].removeprefix("pkg:")
                found.setdefault((kind, lack.reason), {}).setdefault(case.facts.purl, lack)
    for (kind, reason), lacks in sorted(found.items()):
        first = next(iter(lacks.values()))
        yield Gap(kind, "blind", (("count", str(len(lacks))), ("unknown", reason), *first.params))


def advance(cases: Iterable[Case], known: Known) -> Iterator[Gap]:
    """Yield what the policy may approve in advance and nobody could tell: once, with a count and the first of them."""
    from osgate.policy.conditions import holds
    from osgate.policy.pre_approvals import means

    found: dict[str, None] = {}
    for case in cases:
        d = case.item.dependency
        if case.judgement.kind == "approved":
            continue
        lines = [one for one in case.policy.pre_approvals if one.when and means(one.purl, d.component)]
        if any(holds(one.when, known(d) or ()) is None for one in lines):
            found[d.purl] = None
    if found:
        names = ", ".join(list(found)[:_NAMED]) + (" ..." if len(found) > _NAMED else "")
        yield Gap("facts", "advance-unknown", (("count", str(len(found))), ("purls", names)))


def aged(sources: Iterable[FactSource], today: str) -> tuple[FactSource, ...]:
    """Return the sources with their age in days. today: ISO date; a day to come is no age."""
    from datetime import date

    found = []
    for source in sources:
        try:
            age = (date.fromisoformat(today) - date.fromisoformat(source.date[:10])).days
        except ValueError:
            age = -1
        found.append(replace(source, age=max(age, -1)))
    return tuple(found)


def stale(sources: Iterable[FactSource], ages: Mapping[str, int]) -> Iterator[FileProblem]:
    """Yield the sources whose newest word is older than the policy lets it be, or that tell no age.

    sources: as `aged` returns them. ages: kind -> days.
    """
    for source in sources:
        most = ages.get(source.kind)
        if most is not None and not 0 <= source.age <= most:
            age = str(source.age) if source.age >= 0 else ""
            params = (("age", age), ("date", source.date[:10]), ("kind", source.kind), ("most", str(most)))
            yield FileProblem(source.name, 0, "stale", False, params, "facts", source.kind)
