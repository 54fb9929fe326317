"""What `osgate explain PURL` says of facts: all that is told, by source, and what nobody told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from osgate.cli import explain_licence
from osgate.facts.gather import POPULAR
from osgate.licences.expression import shown
from osgate.model.dependency import Dependency
from osgate.model.fact import NAMES, Advisories, Advisory, Fact, Facts, Unknown
from osgate.model.policy import Policy, Project
from osgate.text.advisory_words import names
from osgate.text.licence_words import why
from osgate.text.translator import Translator
from osgate.text.width import printable, truncate
from osgate.versions import cycles

if TYPE_CHECKING:
    from osgate.pipeline import FactStore

# What is looked for in every component, and in every version of one; who reads the page sees what nobody told. The
# release line is told on a line of its own.
EXPECTED_OF_ALL = ("repository", "status", "maintainer")
EXPECTED = (
    *("licence", "licence-text", "copyright", "published", "yanked", "deprecated", "install-code", "publisher"),
    *("trust", "digest", *EXPECTED_OF_ALL),
)
# Facts and advisories that are listed; columns of a value, and of one that is told in full.
MOST_FACTS, MOST = 200, 20
COLUMNS, ALL_COLUMNS = 100, 1_000
# Kinds of sources that are called by words of ours, and facts of which an empty value is a no.
_KINDS = ("policy", "manifest", "curations", "artefacts")
_DENIED = ("yanked", "deprecated", "archived")
CYCLE = "cycle"


def lines(
    store: FactStore,
    dependency: Dependency,
    policy: Policy,
    project: Project,
    today: str,
    t: Translator,
    *,
    whole: bool = False,
) -> Iterator[str]:
    """Yield the facts of a version, or of a component where `dependency` has none, then what its licence means in
    `project`.

    today: ISO date, by which the institution's own words may have ended. whole: values in full, and the digests of the
    answers they come from.
    """
    facts = store.overridden(policy.facts.overrides, today).of(dependency, dependency.version)
    if not _anything(facts):
        yield t("explain.facts-nothing", purl=facts.purl)
        return
    yield t("explain.facts-head", purl=facts.purl)
    yield from (f"  {line}" for line in _told(facts, dependency, today, t, whole=whole))
    if dependency.version:
        yield from (f"  {line}" for line in explain_licence.lines(facts, dependency, policy, project, t))


def _anything(facts: Facts) -> bool:
    told = any(fact.source != POPULAR or not isinstance(fact.value, Unknown) for fact in facts.told)
    return told or bool(not isinstance(facts.advisories, Unknown) and facts.advisories)


def _told(facts: Facts, dependency: Dependency, today: str, t: Translator, *, whole: bool) -> Iterator[str]:
    told = [fact for fact in facts.told if fact.name != CYCLE]
    listed = told[:MOST_FACTS]
    for head, wanted in (("version", True), ("component", False)):
        part = [fact for fact in listed if (fact.purl != facts.component) is wanted]
        if part:
            yield t(f"explain.of-{head}", version=printable(dependency.version), component=facts.component)
            yield from (f"  {line}" for line in _sources(part, t, whole=whole))
    if len(told) > MOST_FACTS:
        yield t.count("list.more", len(told) - MOST_FACTS)
    yield end_of_service(facts, dependency.version, today, t)
    yield from _advisories(facts.advisories, t)
    expected = EXPECTED if dependency.version else EXPECTED_OF_ALL
    untold = [_name(name, t) for name in expected if facts.one(name) is None]
    if untold:
        yield t("explain.facts-untold", names=t("join.names").join(untold))


def _sources(facts: Iterable[Fact], t: Translator, *, whole: bool) -> Iterator[str]:
    """The facts by source and day; a source that could tell nothing, for one reason, on one line."""
    groups: dict[tuple[str, str], list[Fact]] = {}
    for fact in facts:
        groups.setdefault((fact.source, fact.date[:10]), []).append(fact)
    for (source, day), group in groups.items():
        head = t("join.items").join(word for word in (_source(source, t), printable(day)) if word)
        reasons = {fact.value.reason if isinstance(fact.value, Unknown) else "" for fact in group}
        first = group[0].value
        if isinstance(first, Unknown) and len(reasons) == 1 and len(group) > 1 and not whole:
            yield t.count(
                "explain.source-silent", len(group), source=head, why=why(first.reason, dict(first.params), t)
            )
            continue
        ((seen, _),) = Counter(fact.first_seen[:10] for fact in group).most_common(1)
        yield t("explain.source-seen" if seen else "explain.source", source=head, day=seen)
        yield from (f"  {_fact(fact, seen, t, whole=whole)}" for fact in group)


def _source(source: str, t: Translator) -> str:
    """A source by its name; kinds of ours in words, with the place."""
    if source == POPULAR:
        return t("explain.source-popular")
    kind, _, place = source.partition(" ")
    return t(f"explain.source-{kind}", place=printable(place)) if kind in _KINDS and place else printable(source)


def _fact(fact: Fact, seen: str, t: Translator, *, whole: bool) -> str:
    told = [t("explain.fact-seen", day=fact.first_seen[:10])] if fact.first_seen[:10] not in ("", seen) else []
    told += [t("explain.fact-answer", digest=fact.digest)] if whole and fact.digest else []
    value = truncate(_value(fact, t, printable if whole else shown), ALL_COLUMNS if whole else COLUMNS)
    if told:
        value = t("explain.fact-beside", value=value, told=printable(t("join.items").join(told)))
    return t("explain.fact", name=_name(fact.name, t), value=value)


def _name(name: str, t: Translator) -> str:
    """A fact in words, with the name that a `[[fact]]` of the policy takes where that is another one."""
    if name not in NAMES:
        return printable(name)
    word = t(f"fact-name.{name}")
    return word if word.replace(" ", "-") == name else t("explain.fact-name", name=word, code=name)


def _value(fact: Fact, t: Translator, shown: Callable[[str], str]) -> str:
    """What a fact tells, codes in words, everything else as `shown` makes it safe."""
    from osgate.rules.trust_dropped import TRUST

    value = fact.value
    if isinstance(value, Unknown):
        return _unknown(value, t)
    if value in ("yes", "no"):
        return t(f"fence.{value}")
    if fact.name == "trust" and value in TRUST:
        return t(f"trust.{value}")
    return shown(value) or t("fence.no" if fact.name in _DENIED else "explain.fact-empty")


def _unknown(value: Unknown, t: Translator) -> str:
    return t("explain.fact-unknown", why=why(value.reason, dict(value.params), t))


def end_of_service(facts: Facts, version: str, today: str, t: Translator) -> str:
    """Return when security fixes end for the release line of `version`; of other lines how many are known.

    Source: requirements, R02-3.
    """
    told = facts.all(CYCLE)
    known = [fact for fact in told if isinstance(fact.value, str)]
    if not known:
        reasons = [
            why(fact.value.reason, dict(fact.value.params), t) for fact in told if isinstance(fact.value, Unknown)
        ]
        return t("explain.cycle-unknown-why", why=reasons[0]) if reasons else t("explain.cycle-unknown")
    found = cycles.told(known, version) if version else None
    if found is None:
        key = "explain.cycle-none" if version else "explain.cycle-lines"
        return t.count(key, len(known), source=printable(known[0].source))
    fact, cycle = found
    state = cycles.state(cycle, today)
    dated = state if cycle.eol not in ("yes", "no", "") else f"{state}-undated"
    said = t(f"explain.cycle-{dated}", day=cycle.eol)
    paid = t("explain.cycle-paid", day=cycle.extended) if cycle.extended not in ("", "yes", "no") else ""
    others = t.count("explain.cycle-others", len(known) - 1) if len(known) > 1 else ""
    line = {"product": printable(cycle.product), "cycle": printable(cycle.cycle), "source": printable(fact.source)}
    return t("explain.cycle", said=said, paid=paid, others=others, **line)


def _advisories(found: Advisories | Unknown, t: Translator) -> Iterator[str]:
    """The advisories on a version, the gravest first; that there are none, or why nobody knows."""
    if isinstance(found, Unknown):
        yield t("explain.advisories-unknown", value=_unknown(found, t))
        return
    if not found:
        yield t("explain.advisories-none")
    else:
        yield t.count("explain.advisories", len(found))
        yield from (f"  {_advisory(one, t)}" for one in found[:MOST])
        if len(found) > MOST:
            yield "  " + t.count("list.more", len(found) - MOST)
    if found.unknown is not None:
        yield t("explain.advisories-more", why=why(found.unknown.reason, dict(found.unknown.params), t))


def _advisory(one: Advisory, t: Translator) -> str:
    """One advisory: the names people know it by first, what it is about, how bad it is, what mends it, who tells."""
    ids = names(one.id, one.aliases)
    named = t("join.items").join([*ids[:3], *(["..."] if len(ids) > 3 else [])])
    fixes = t("join.items").join(one.fixed[:3])
    return printable(
        t(
            "explain.advisory",
            id=named,
            kind=t(f"explain.kind-{one.kind}"),
            severity=t(f"harm.{one.severity}") + (f" {one.score}" if one.score else ""),
            fixed=t("explain.fixed", versions=fixes) if fixes else t("explain.fixed-none"),
            doubt=t.known(f"unsure.{one.doubt}", "unsure.any") if one.doubt else "",
            told=t("join.items").join(("/".join(one.source.split("/")[-2:]), one.date[:10])),
            summary=t("explain.summary", text=truncate(printable(one.summary), COLUMNS)) if one.summary else "",
        )
    )
