"""OSG506: the version runs code when it is installed, or whenever Python starts, and the one before it did not."""

from __future__ import annotations

from osgate.rules.case import Case
from osgate.rules.told import backwards, of_fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.model.fact import Fact, Facts
    from osgate.rules.case import Params

# `pth`: a file in a Python package that every start of the interpreter runs.
NAMES = ("install-code", "pth")


def check(case: Case) -> Params | None:
    """Complain where code appears that runs unasked, as any source or the manifest tells."""
    if case.facts is None or case.before is None or backwards(case):
        return None
    for name in NAMES:
        runs = _runs(case.facts, name)
        before = [fact.value for fact in case.before.all(name)]
        if runs is not None and "no" in before and "yes" not in before:
            return {**of_fact(runs), "before": "no", "why": name}
    return None


def _runs(facts: Facts, name: str) -> Fact | None:
    """Who says that it runs code; nobody where the institution says that it does not."""
    found = [fact for fact in facts.all(name) if isinstance(fact.value, str)]
    if found and found[0].source.startswith("policy "):
        found = found[:1]
    return next((fact for fact in found if fact.value == "yes"), None)
