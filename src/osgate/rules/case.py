"""What a rule is shown."""

from __future__ import annotations

from osgate.model.change import Introduced
from osgate.model.decision import Judgement, Waiting
from osgate.model.policy import Policy
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    # JSON values only: they are printed, stored and compared.
    Params = dict[str, object]


@record
class Case:
    """One introduced dependency and what is known of it. waiting: open requests that cover its component."""

    item: Introduced
    judgement: Judgement
    waiting: tuple[Waiting, ...]
    policy: Policy


def decided(case: Case) -> Params:
    """The parameters that tell who decided what, for rules that name a decision."""
    standing = case.judgement.standing
    if standing is None:
        return {}
    return {
        "range": standing.range,
        "record": standing.record,
        "request": standing.request,
        "persons": list(standing.persons),
        "on": standing.sealed_at[:10],
        "reason": standing.reason,
        **({"expires": standing.expires} if standing.expires else {}),
    }


def needed(case: Case) -> Params:
    """The parameters that tell who must decide: roles with given and needed, and the request that waits, if any."""
    tier = case.policy.tiers.get(case.policy.default_tier)
    waits = case.waiting[0] if case.waiting else None
    roles = [(r, 0, (tier.roles if tier else ()).count(r)) for r in dict.fromkeys(tier.roles if tier else ())]
    return {
        "roles": [list(step) for step in (waits.roles if waits else roles)],
        "assessments": list(waits.missing if waits else (tier.assessments if tier else ())),
        "days": tier.days if tier else 0,
        "group": tier.group if tier else "",
        **({"waiting": waits.request, "since": waits.sealed_at} if waits else {}),
    }
