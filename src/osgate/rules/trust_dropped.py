"""OSG508: the version shows less of where it comes from than the one before it."""

from __future__ import annotations

from osgate.rules.case import Case
from osgate.rules.told import backwards, of_fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params

# From the least to the greatest: nothing; a signature; published from a pipeline the registry knows; with provenance.
TRUST = ("none", "signed", "trusted-publisher", "attested")


def check(case: Case) -> Params | None:
    """Complain where both are known and the later one is lower.

    Who has stolen a token publishes past the pipeline, and so without what only the pipeline can show.
    """
    now = case.facts.one("trust") if case.facts is not None else None
    before = case.before.one("trust") if case.before is not None else None
    if now is None or before is None or now.value not in TRUST or before.value not in TRUST or backwards(case):
        return None
    if TRUST.index(str(now.value)) >= TRUST.index(str(before.value)):
        return None
    return {**of_fact(now), "before": str(before.value)}
