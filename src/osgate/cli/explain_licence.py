"""What `osgate explain PURL` says of a licence: what the policy makes of it, what it gives, what it asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from osgate.licences import duties, obligations, reading
from osgate.licences.expression import shown
from osgate.licences.use import DISTRIBUTED, REACHES
from osgate.model.dependency import Dependency
from osgate.model.fact import Facts, Unknown
from osgate.model.policy import Policy, Project
from osgate.policy.licence_use import use_of
from osgate.policy.schema import DISTRIBUTIONS
from osgate.text.licence_words import duty, why
from osgate.text.translator import Translator
from osgate.text.width import printable

if TYPE_CHECKING:
    from osgate.licences.expression import Term
    from osgate.licences.use import Use


def lines(facts: Facts, dependency: Dependency, policy: Policy, project: Project, t: Translator) -> Iterator[str]:
    """Yield what the policy makes of the licence, then what each one that holds gives and asks for."""
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
    yield from _assumed(use, policy, project, t)
    for term in found.kept:
        yield from _terms(term, use, policy, t)


def _assumed(use: Use, policy: Policy, project: Project, t: Translator) -> Iterator[str]:
    """Why the widest use counts where nobody said how far the work goes."""
    if use.reach != DISTRIBUTED or project.distribution in (*REACHES, *DISTRIBUTIONS):
        return
    reason = "unnamed" if not project.id else "unmarked" if project.id in policy.projects else "unlisted"
    yield t(f"explain.reach-{reason}", project=printable(project.id), reach=t(f"licence.reach.{use.reach}"))


def _terms(term: Term, use: Use, policy: Policy, t: Translator) -> Iterator[str]:
    found = obligations.of(term, use, policy.facts.licence_categories)
    limits = [code for code in found.duties if code in duties.LIMITS]
    asked = [code for code in found.duties if code not in duties.LIMITS]
    if found.rights:
        rights = t("join.items").join(t(f"licence.right.{code}") for code in found.rights)
        yield t("explain.rights", licence=str(term), list=rights)
    owed = t("join.facts").join(duty(code, t) for code in asked) or t("explain.duties-none")
    yield t("explain.duties", licence=str(term), list=owed)
    if limits:
        yield t("explain.limits", licence=str(term), list=t("join.facts").join(duty(code, t) for code in limits))
    yield t("explain.patent", licence=str(term), grant=t(f"licence.patent.{found.patent}"))
    yield t(f"licence.basis.{found.basis}", licence=str(term))
