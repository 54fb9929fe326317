"""What `osgate explain PURL` says of facts: all that is told, and what the licence gives and asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from osgate.licences import duties, obligations, reading
from osgate.licences.expression import shown
from osgate.model.dependency import Dependency
from osgate.model.fact import Advisory, Fact, Facts, Unknown
from osgate.model.policy import Policy, Project
from osgate.policy.licence_use import use_of
from osgate.text.licence_words import why
from osgate.text.translator import Translator
from osgate.text.width import printable

if TYPE_CHECKING:
    from osgate.licences.expression import Term
    from osgate.licences.use import Use
    from osgate.pipeline import FactStore

# What is looked for in every version; who reads the page sees what nobody told.
EXPECTED = (
    *("licence", "licence-text", "copyright", "published", "yanked", "deprecated", "install-code", "publisher"),
    *("trust", "digest", "repository", "status", "maintainer"),
)
# Facts and advisories that are listed.
MOST_FACTS, MOST = 200, 20


def lines(
    store: FactStore, dependency: Dependency, policy: Policy, project: Project, today: str, t: Translator
) -> Iterator[str]:
    """Yield the facts of a version, or of a component where `dependency` has none, then what its licence means in
    `project`. today: ISO date, by which the institution's own words may have ended."""
    facts = store.overridden(policy.facts.overrides, today).of(dependency, dependency.version)
    if not facts.told and (isinstance(facts.advisories, Unknown) or not facts.advisories):
        yield t("explain.facts-nothing", purl=facts.purl)
        return
    yield t("explain.facts-head", purl=facts.purl)
    yield from (f"  {line}" for line in _told(facts, t))
    if dependency.version:
        yield from (f"  {line}" for line in _licence(facts, dependency, policy, project, t))


def _told(facts: Facts, t: Translator) -> Iterator[str]:
    for fact in facts.told[:MOST_FACTS]:
        told = [fact.source, fact.date[:10]]
        told += [t("explain.fact-seen", day=fact.first_seen[:10])] if fact.first_seen else []
        yield t("explain.fact", name=fact.name, value=_value(fact, t), told=_joined(map(printable, told), t))
    if len(facts.told) > MOST_FACTS:
        yield t.count("list.more", len(facts.told) - MOST_FACTS)
    if isinstance(facts.advisories, Unknown):
        yield t("explain.advisories-unknown", value=_unknown(facts.advisories, t))
    else:
        yield from (_advisory(one, t) for one in facts.advisories[:MOST])
    untold = [name for name in EXPECTED if facts.one(name) is None]
    if untold:
        yield t("explain.facts-untold", names=_joined(untold, t))


def _advisory(one: Advisory, t: Translator) -> str:
    told = _joined((one.source, one.date[:10]), t)
    fixed = _joined(one.fixed, t) or "-"
    return printable(t("explain.advisory", id=one.id, kind=one.kind, severity=one.severity, fixed=fixed, told=told))


def _value(fact: Fact, t: Translator) -> str:
    if isinstance(fact.value, Unknown):
        return _unknown(fact.value, t)
    return shown(fact.value) or t("explain.fact-empty")


def _unknown(value: Unknown, t: Translator) -> str:
    return t("explain.fact-unknown", why=why(value.reason, dict(value.params), t))


def _licence(facts: Facts, dependency: Dependency, policy: Policy, project: Project, t: Translator) -> Iterator[str]:
    """What the policy makes of the licence, then what each one that holds gives and asks for."""
    told = reading.told(facts, policy.facts.licence_names)
    if isinstance(told.meant, Unknown):
        yield t("explain.licence-unknown", why=why(told.meant.reason, dict(told.meant.params), t))
        return
    use = use_of(dependency.component, dependency.scope, project, policy.facts)
    found = reading.outcome(told.meant, policy.facts, use.reach)
    yield t(
        "explain.licence",
        licence=shown(str(told.meant)),
        outcome=t(f"explain.outcome-{found.outcome}"),
        reach=t(f"licence.reach.{use.reach}"),
        category=t(f"licence.category.{found.category}"),
        because=t(f"licence.because.{found.because}"),
    )
    for term in found.kept:
        yield from _terms(term, use, policy, t)


def _terms(term: Term, use: Use, policy: Policy, t: Translator) -> Iterator[str]:
    found = obligations.of(term, use, policy.facts.licence_categories)
    limits = [code for code in found.duties if code in duties.LIMITS]
    asked = [code for code in found.duties if code not in duties.LIMITS]
    if found.rights:
        rights = _joined((t(f"licence.right.{code}") for code in found.rights), t)
        yield t("explain.rights", licence=str(term), list=rights)
    owed = _joined((_duty(code, t) for code in asked), t, "join.facts") or t("explain.duties-none")
    yield t("explain.duties", licence=str(term), list=owed)
    if limits:
        yield t("explain.limits", licence=str(term), list=_joined((_duty(code, t) for code in limits), t, "join.facts"))
    yield t("explain.patent", licence=str(term), grant=t(f"licence.patent.{found.patent}"))
    yield t("explain.basis", licence=str(term), basis=t(f"licence.basis.{found.basis}"))


def _duty(code: str, t: Translator) -> str:
    return t("explain.duty", code=code, text=t(f"licence.duty.{code}"))


def _joined(words: Iterable[str], t: Translator, by: str = "join.items") -> str:
    return t(by).join(word for word in words if word)
