"""Which licences of one manifest do not go together, for the dependencies that come in. Pure.

What a manifest holds counts as one work. What only builds or tests it is no part of that work, and a licence nobody can
tell is OSG603's. Not on the commit path: loaded only where there is a store of facts.
"""

from __future__ import annotations

from osgate.licences import closure, reading
from osgate.licences.categories import category
from osgate.licences.closure import Clash, Part
from osgate.licences.compatibility import VERDICTS, Rules
from osgate.licences.expression import Group, canonical, terms
from osgate.licences.use import INTERNAL
from osgate.model.fact import Unknown
from osgate.model.record import replace
from osgate.policy import licence_use

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from osgate.licences.expression import Expression, Term
    from osgate.licences.use import Use
    from osgate.model.dependency import Dependency
    from osgate.model.fact_policy import FactPolicy
    from osgate.model.policy import Project
    from osgate.rules.case import Case, FactsOf, Held

    Kind = tuple[Expression, Use]

# Licences of a work's own that are looked at; a work under more is under none that anybody knows.
_OWN_TERMS = 5


def clashes(
    cases: Iterable[Case], held: Held, facts: FactsOf, policy: FactPolicy, project: Project
) -> dict[tuple[str, str], tuple[Clash, ...]]:
    """Return (purl, path) of what comes in -> the pairs it is part of that do not go together, the worst first.

    Each pair names the dependency itself first. Work and memory grow with what the manifests hold and with the square
    of their different licences, which `closure` bounds.
    """
    found: dict[tuple[str, str], tuple[Clash, ...]] = {}
    if not reading.able() or not _binding(policy, project):
        return found
    work = _Work(facts, policy, project)
    coming: dict[str, dict[str, Dependency]] = {}
    for case in cases:
        dependency = case.item.dependency
        if dependency.scope not in licence_use.APART:
            coming.setdefault(dependency.path, {})[dependency.purl] = dependency
    for path, listed in coming.items():
        for purl, pairs in work.of(listed, held(path)):
            found[purl, path] = pairs
    return found


def _binding(policy: FactPolicy, project: Project) -> bool:
    """False where no licence asks anything of another one: nothing leaves the house, and the policy names no pair."""
    return bool(policy.licence_pairs) or licence_use.reach(project.distribution) != INTERNAL


class _Work:
    """What is the same for all manifests of one project."""

    def __init__(self, facts: FactsOf, policy: FactPolicy, project: Project) -> None:
        self.facts, self.policy, self.project = facts, policy, project
        self.rules = Rules(dict(_pairs(policy)), policy.licence_categories)
        self.ranked = reading.rank(policy, licence_use.reach(project.distribution))
        own = reading.read(project.licence, policy.licence_names) if project.licence else None
        self.outbound = () if own is None or isinstance(own, Unknown) else tuple(terms(own))[:_OWN_TERMS]
        self.any_of = isinstance(own, Group) and own.operator == "OR"

    def of(
        self, listed: Mapping[str, Dependency], held: Iterable[Dependency]
    ) -> Iterator[tuple[str, tuple[Clash, ...]]]:
        """Yield what comes in with its pairs. listed: what comes in; held: all the manifest holds, these included."""
        kinds: dict[Kind, dict[str, None]] = {}
        # What comes in is first of its kind, and so the one a pair is named by.
        for dependency in (*listed.values(), *(one for one in held if one.purl not in listed)):
            kind = self._kind(dependency)
            if kind is not None:
                kinds.setdefault(kind, {})[dependency.purl] = None
        firsts = {next(iter(names)): [name for name in names if name in listed] for names in kinds.values()}
        pairs: dict[str, list[Clash]] = {}
        for clash in self._judged(Part(next(iter(names)), *kind) for kind, names in kinds.items()):
            for own, seen in _sides(clash, firsts):
                pairs.setdefault(own, []).append(seen)
        yield from ((name, tuple(found)) for name, found in pairs.items())

    def _kind(self, dependency: Dependency) -> Kind | None:
        """Licence and use of a part of the work; None for what is no part of it, or whose licence nobody can tell."""
        facts = self.facts(dependency, dependency.version) if dependency.scope not in licence_use.APART else None
        meant = reading.told(facts, self.policy.licence_names).meant if facts is not None else reading.UNTOLD
        if isinstance(meant, Unknown):
            return None
        use = licence_use.use_of(dependency.component, dependency.scope, self.project, self.policy)
        return canonical(meant), use

    def _rank(self, term: Term) -> int:
        return self.ranked(term, category(term, self.policy.licence_categories))

    def _judged(self, parts: Iterable[Part]) -> tuple[Clash, ...]:
        """The pairs that do not go together. Of own licences that receivers may choose among the best one counts, of
        several that all hold each."""
        listed = tuple(parts)
        answers = [closure.clashes(listed, own, self.rules, self._rank) for own in self.outbound or (None,)]
        if self.any_of:
            return min(answers, key=lambda found: (_worst(found), len(found)))
        return tuple(sorted(dict.fromkeys(clash for found in answers for clash in found), key=_badness))


def _pairs(policy: FactPolicy) -> Iterator[tuple[tuple[str, str], str]]:
    """The institution's verdicts, by the ids as expressions spell them."""
    for pair in policy.licence_pairs:
        one, other = (reading.read(name, policy.licence_names) for name in (pair.one, pair.other))
        if not isinstance(one, Unknown) and not isinstance(other, Unknown):
            yield (str(one), str(other)), pair.verdict


def _sides(clash: Clash, firsts: Mapping[str, list[str]]) -> Iterator[tuple[str, Clash]]:
    """The clash as each dependency that comes in sees it: its own side first."""
    if clash.verdict.reason == "too-many":
        yield from ((name, replace(clash, one=name)) for names in firsts.values() for name in names)
    if clash.verdict.reason in ("too-many", "unknown-licence"):
        return
    for name in firsts.get(clash.one, ()):
        yield name, replace(clash, one=name, other=name if clash.other == clash.one else clash.other)
    if clash.other != clash.one:
        turned = Clash(clash.other, clash.other_licence, clash.one, clash.one_licence, clash.verdict)
        yield from ((name, replace(turned, one=name)) for name in firsts.get(clash.other, ()))


def _badness(clash: Clash) -> int:
    return -VERDICTS.index(clash.verdict.verdict)


def _worst(found: Iterable[Clash]) -> int:
    return max((VERDICTS.index(clash.verdict.verdict) for clash in found), default=0)
