"""OSG706: a version is younger than the policy lets in; most attacks are found within days."""

from __future__ import annotations

from osgate.model.fact import Fact, Unknown
from osgate.policy.pre_approvals import means
from osgate.rules.case import Case
from osgate.rules.told import days_between, grave, of_fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.model.fact import Advisory, Facts
    from osgate.rules.case import Params

# What nobody publishes: it lies in the repository itself.
_OWN = ("path", "workspace")


def check(case: Case) -> Params | None:
    """Complain about a version that is fewer days old than the cooldown, counted in whole days.

    A fix of what the version before was known to be vulnerable to is told as such (`why` = `security-fix`): it warns.
    """
    wanted = case.policy.facts.cooldown
    known = birth(case)
    if known is None or not wanted or free(case):
        return None
    fact, age = known
    if age >= wanted:
        return None
    mended, since = _mended(case), str(fact.value)
    told = {**of_fact(fact), "value": since[:10], "age": age, "days": wanted, "until": _over(since, wanted)}
    return {**told, "why": "security-fix" if mended else "too-young", **({"mends": mended} if mended else {})}


def _over(since: str, days: int) -> str:
    """The ISO date on which the cooldown is over; empty where it never is."""
    from datetime import datetime, timedelta

    try:
        return (datetime.fromisoformat(since.replace("Z", "+00:00")) + timedelta(days)).date().isoformat()
    except OverflowError:
        return ""


def free(case: Case) -> bool:
    """True for what needs no cooldown: the policy says so, or nobody published it."""
    dependency = case.item.dependency
    return dependency.source.kind in _OWN or any(
        means(pattern, dependency.component) for pattern in case.policy.facts.cooldown_free
    )


def birth(case: Case) -> tuple[Fact, int] | None:
    """Return since when the version is known to exist, with its age in days; None where nobody can tell.

    The day it was published, where a source tells a plausible one (a day to come counts as today), else the day osgate
    first saw it. That day tells a young age only where osgate had watched the component before: what it sees when it
    first looks at a component may have been there for years.
    """
    facts = case.facts
    if facts is None:
        return None
    aged = [
        (fact, age) for fact in _days_of(facts, case) if (age := days_between(str(fact.value), case.now)) is not None
    ]
    return next(((fact, max(age, 0)) for fact, age in aged), None)


def _days_of(facts: Facts, case: Case) -> list[Fact]:
    published = facts.one("published")
    found = [published] if published is not None and isinstance(published.value, str) and published.value else []
    enough = days_between(facts.first_seen, case.now) or 0
    if enough >= case.policy.facts.cooldown or (days_between(facts.watched, facts.first_seen) or 0) > 0:
        found.append(Fact(facts.purl, "first-seen", facts.first_seen, "osgate", facts.first_seen))
    return found


def _mended(case: Case) -> list[str]:
    """The grave vulnerabilities that the version before was known to have, and that this very version mends.

    Another version above the fix is no emergency, and nor is a slight or doubtful advisory.
    """
    before, now = (_harms(facts) for facts in (case.before, case.facts))
    if not before or now is None:
        return []
    left = {id for one in now for id in (one.id, *one.aliases)}
    mended = [one for one in before if not one.doubt and case.item.dependency.version in one.fixed]
    return sorted(one.id for one in mended if grave(case, (one,)) and left.isdisjoint((one.id, *one.aliases)))


def _harms(facts: Facts | None) -> list[Advisory] | None:
    """The advisories on vulnerabilities; None where not all of them are known."""
    if facts is None or isinstance(facts.advisories, Unknown) or facts.advisories.unknown is not None:
        return None
    return [one for one in facts.advisories if one.kind in ("vulnerability", "malicious")]
