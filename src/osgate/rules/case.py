"""What a rule is shown."""

from __future__ import annotations

from osgate.model.change import Introduced
from osgate.model.decision import Judgement, Standing, Told, Waiting
from osgate.model.fact import SEVERITIES, Unknown
from osgate.model.policy import Policy, Project
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from osgate.licences.closure import Clash
    from osgate.model.dependency import Dependency
    from osgate.model.fact import Advisory, Fact, Facts

    # What a store of facts tells of a version; None where there is no store.
    FactsOf = Callable[[Dependency, str], Facts | None]
    # All dependencies of a manifest as the change leaves it.
    Held = Callable[[str], Iterable[Dependency]]
    # JSON values only: they are printed, stored and compared.
    Params = dict[str, object]

_NONE: dict[str, str] = {}
UNKNOWN_PROJECT = Project("")
# Advisories that a sentence names; those that a finding tells in full, and aliases or fixes of one; characters of a
# summary.
NAMED, MOST, LONGEST = 3, 10, 200


@record
class Case:
    """One introduced dependency and what is known of it.

    waiting: open requests that would cover it. terms: what a ledger rule's finding says of existing use: `existing` is
    `warn` while it goes on and `block` when its time is over, `until` the ISO date; empty where the mode says it all.
    posts: of a broken fence, what was approved and what is now. project: where it is used; now: UTC instant, or an ISO
    date for its beginning. facts: what is told of the version, None where there is no store of facts; before: of the
    version whose place it takes, None where it takes none. clashes: with what its licence does not go together.
    """

    item: Introduced
    judgement: Judgement
    waiting: tuple[Waiting, ...]
    policy: Policy
    terms: Mapping[str, str] = _NONE
    posts: tuple[Told, ...] = ()
    project: Project = UNKNOWN_PROJECT
    now: str = ""
    facts: Facts | None = None
    before: Facts | None = None
    clashes: tuple[Clash, ...] = ()

    @property
    def by_people(self) -> bool:
        """True where people decided on this use: an approval that is no broken glass and was not given in advance."""
        by = self.judgement.standing
        return self.judgement.kind == "approved" and by is not None and bool(by.serial) and not by.incident


def decided(standing: Standing) -> Params:
    """The parameters that tell who decided what, and for where, for rules that name a decision."""
    limits = {name: list(getattr(standing, name)) for name in ("scopes", "environments", "projects", "classes")}
    return {
        "range": standing.range,
        "record": standing.record,
        "request": standing.request,
        "persons": list(standing.persons),
        "on": standing.sealed_at[:10],
        "reason": standing.reason,
        **({"expires": standing.expires} if standing.expires else {}),
        **({"distribution": standing.distribution} if standing.distribution else {}),
        **{name: values for name, values in limits.items() if values},
    }


def needed(case: Case) -> Params:
    """The parameters that tell who must decide: roles with given and needed, and the request that waits, if any.

    Of several that wait, the one that is nearest to its end; of those the one that has waited longest.
    """
    tier = case.policy.tiers[case.policy.default_tier]
    waits = min(case.waiting, key=_left, default=None)
    roles = [(role, 0, tier.roles.count(role)) for role in dict.fromkeys(tier.roles)]
    return {
        "roles": [list(step) for step in (waits.roles if waits else roles)],
        "assessments": list(waits.missing if waits else tier.assessments),
        "days": tier.days,
        "group": tier.group,
        **({"waiting": waits.request, "since": waits.sealed_at} if waits else {}),
    }


def _left(waits: Waiting) -> tuple[int, str, str]:
    """How many decisions and assessments are still to come; then since when it waits."""
    open_steps = sum(wanted - given for _, given, wanted in waits.roles) + len(waits.missing)
    return open_steps, waits.sealed_at, waits.request


def of_fact(fact: Fact) -> Params:
    """The parameters that every finding about a fact has: its name, its value, who told it, and on which day."""
    value = fact.value if isinstance(fact.value, str) else fact.value.reason
    return {"fact": fact.name, "value": value, "source": fact.source, "date": fact.date[:10]}


def days_between(day: str, now: str) -> int | None:
    """The whole days from `day` to `now` (ISO dates or UTC instants), negative where it lies ahead; None for no date.

    An instant counts by the hour: a version of yesterday evening is not a day old this morning.
    """
    from datetime import UTC, datetime

    try:
        then, here = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (day, now))
        zoned = [one if one.tzinfo else one.replace(tzinfo=UTC) for one in (then, here)]
        return (zoned[1] - zoned[0]).days
    except (ValueError, OverflowError):
        return None


def vulnerabilities(case: Case) -> tuple[Advisory, ...]:
    """Return what advisories tell against the version, the gravest first.

    What is unsound is among it, and what may be malicious and cannot be told by version.
    """
    told = case.facts.advisories if case.facts is not None else ()
    if isinstance(told, Unknown):
        return ()
    found = [one for one in told if one.kind in ("vulnerability", "unsound") or (one.kind == "malicious" and one.doubt)]
    return tuple(sorted(found, key=lambda one: (one.kind == "unsound", -_rank(one))))


def grave(case: Case, found: Iterable[Advisory]) -> bool:
    """True where one of `found` weighs as much as the policy lets nobody take: a severity nobody told does.

    What is merely unsound never does, and nothing where the policy says so of the scope.
    """
    if case.item.dependency.scope in case.policy.facts.minor_scopes:
        return False
    least = SEVERITIES.index(case.policy.facts.vulnerable_from)
    return any(one.kind != "unsound" and _rank(one) >= least for one in found)


def of_advisories(case: Case, found: tuple[Advisory, ...]) -> Params:
    """The parameters that tell of advisories, the first MOST of `found` with the number of all.

    worst: the greatest severity; fixed: the nearest version that mends all, empty where none is known; doubt: of the
    gravest one.
    """
    from osgate.versions.fixes import nearest

    first = found[0]
    kind = case.item.dependency.component.partition("/")[0].removeprefix("pkg:")
    return {
        "fact": "malicious" if first.kind == "malicious" else "advisory",
        "value": first.id,
        "source": "/".join(first.source.split("/")[-2:]),
        "date": first.date[:10],
        "ids": [_known_as(one) for one in found[:NAMED]] + ["..."] * (len(found) > NAMED),
        "count": len(found),
        "worst": max(found, key=_rank).severity,
        "fixed": nearest(kind, case.item.dependency.version, [one.fixed for one in found]),
        "doubt": first.doubt,
        "advisories": [
            {
                "id": one.id,
                "aliases": list(one.aliases[:MOST]),
                "severity": one.severity,
                "score": one.score,
                "fixed": list(one.fixed[:MOST]),
                "summary": one.summary[:LONGEST],
            }
            for one in found[:MOST]
        ],
    }


def _rank(one: Advisory) -> int:
    """The place of its severity; one that nobody told comes above all."""
    return SEVERITIES.index(one.severity) if one.severity in SEVERITIES else len(SEVERITIES)


def _known_as(one: Advisory) -> str:
    """Its id, with the name that people know it by where that is another one."""
    common = [alias for alias in one.aliases if alias.startswith("CVE-")]
    return f"{one.id} ({common[0]})" if common and not one.id.startswith("CVE-") else one.id


def backwards(case: Case) -> bool:
    """True where the version is known to be older than the one whose place it takes: nobody slipped it in since."""
    now, before = (told.value("published") if told is not None else "" for told in (case.facts, case.before))
    return "" < now < before


def of_manifest(case: Case, fact: str, value: str) -> Params:
    """The parameters that tell a fact which the manifest itself gives: it is as old as the change."""
    return {"fact": fact, "value": value, "source": f"manifest {case.item.dependency.path}", "date": ""}


def of_licence(case: Case) -> Params | None:
    """The parameters of a finding about what the policy makes of a licence, with its `outcome`; None where nobody can
    tell what the licence is."""
    from osgate.licences import reading
    from osgate.licences.expression import shown
    from osgate.policy.licence_use import use_of

    policy, dependency = case.policy.facts, case.item.dependency
    told = reading.told(case.facts, policy.licence_names) if case.facts is not None else None
    if told is None or told.fact is None or isinstance(told.meant, Unknown):
        return None
    use = use_of(dependency.component, dependency.scope, case.project, policy)
    found = reading.outcome(told.meant, policy, use.reach)
    return {
        **of_fact(told.fact),
        "value": shown(str(told.fact.value)),
        "licence": str(found.term),
        "category": found.category,
        "reach": use.reach,
        "because": found.because,
        "outcome": found.outcome,
    }


def fenced_by(case: Case, licence: object) -> bool:
    """True where people approved this use on just this licence, an expression: it is what the approval's fence says."""
    standing = case.judgement.standing
    if not case.by_people or standing is None:
        return False
    from osgate.licences import reading
    from osgate.licences.expression import canonical

    names = case.policy.facts.licence_names
    seen = [reading.read(post.value, names) for post in standing.fence if post.fact == "licence"]
    return any(not isinstance(one, Unknown) and canonical(one) == licence for one in seen)
