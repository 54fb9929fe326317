"""OSG211: the lock names content that the registry does not have for this version."""

from __future__ import annotations

from osgate.rules.case import Case
from osgate.rules.told import of_fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params

# Digests that a finding names of the registry's.
_NAMED = 5


def check(case: Case) -> Params | None:
    """Complain where lock and source tell digests of one algorithm and have none in common.

    A lock may list fewer artefacts than the registry has; algorithms that only one of them tells say nothing. A digest
    that people approved (a pinned one) settles it.
    """
    held = case.item.dependency.digests
    if case.facts is None or not held or case.item.dependency.source.kind != "registry":
        return None
    told = [fact for fact in case.facts.all("digest") if isinstance(fact.value, str) and fact.value]
    shared = {one.partition(":")[0] for one in held} & {str(fact.value).partition(":")[0] for fact in told}
    same = [fact for fact in told if str(fact.value).partition(":")[0] in shared]
    if not same or {str(fact.value) for fact in same} & set(held) or _approved(case):
        return None
    digests = sorted({str(fact.value) for fact in same})
    return {**of_fact(same[0]), "digests": list(held), "told": digests[:_NAMED]}


def _approved(case: Case) -> bool:
    standing = case.judgement.standing
    return case.by_people and standing is not None and bool(standing.digests)
