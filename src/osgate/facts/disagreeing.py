"""Several registries that tell one version otherwise: which of them counts. Pure.

Nobody vouches for anybody: where one of them warns, the warning counts, and of several licences all have to be met. A
mirror that was asked long ago would otherwise speak for the registry of today.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from osgate.model.fact import Fact

# Of each fact the words that count before others, the gravest first; `*` is any other word, the empty one comes last.
_GRAVEST: dict[str, tuple[str, ...]] = {
    "yanked": ("*",),
    "deprecated": ("*",),
    "archived": ("yes",),
    "install-code": ("yes",),
    "status": ("quarantined", "archived", "deprecated", "*"),
    "trust": ("none", "signed", "trusted-publisher", "attested"),
}
# The latest of several days counts.
_LATEST = ("published",)
_LICENCE = "licence"


def settled(told: Iterable[Fact]) -> list[Fact]:
    """Return facts in the order in which they count, those of one purl, name and rank of source the gravest first.

    told: in order of precedence. Different licences of one rank stand after one that joins them with AND.
    """
    found: list[Fact] = []
    for _, facts in groupby(told, key=lambda fact: (fact.purl, fact.source.endswith(")"))):
        found += _of_one(list(facts))
    return found


def _of_one(facts: list[Fact]) -> list[Fact]:
    sources = {fact.source for fact in facts}
    if len(sources) < 2 or not facts[0].source.endswith(")"):
        return facts
    facts.sort(key=_rank)
    for name in _LATEST:
        days = [fact for fact in facts if fact.name == name and isinstance(fact.value, str)]
        if days:
            latest = max(days, key=lambda fact: str(fact.value))
            facts = [latest, *[fact for fact in facts if fact is not latest]]
    licences = [fact for fact in facts if fact.name == _LICENCE and isinstance(fact.value, str) and fact.value]
    values = list(dict.fromkeys(str(fact.value) for fact in licences))
    if len(values) > 1:
        first = licences[0]
        both = " AND ".join(f"({value})" for value in values)
        source = ", ".join(dict.fromkeys(fact.source for fact in licences))
        facts = [Fact(first.purl, _LICENCE, both, source, min(fact.date for fact in licences)), *facts]
    return facts


def _rank(fact: Fact) -> int:
    order = _GRAVEST.get(fact.name, ())
    if not isinstance(fact.value, str) or not order:
        return 0
    if fact.value in order:
        return order.index(fact.value)
    return order.index("*") if fact.value and "*" in order else len(order)
