"""What a rule is shown."""

from __future__ import annotations

from osgate.model.change import Introduced
from osgate.model.decision import Judgement, Standing, Told, Waiting
from osgate.model.policy import Policy, Project
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from osgate.licences.closure import Clash
    from osgate.model.dependency import Dependency
    from osgate.model.fact import Facts

    # What a store of facts tells of a version; None where there is no store.
    FactsOf = Callable[[Dependency, str], Facts | None]
    # All dependencies of a manifest as the change leaves it.
    Held = Callable[[str], Iterable[Dependency]]
    # JSON values only: they are printed, stored and compared.
    Params = dict[str, object]

_NONE: dict[str, str] = {}
UNKNOWN_PROJECT = Project("")


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
    policy = case.policy
    tier = policy.tiers[policy.class_tiers.get(case.project.class_, policy.default_tier)]
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
