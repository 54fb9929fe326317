"""Which facts stop a version whatever the ledger says: the rules themselves are asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from osgate.decide import Law, decide
from osgate.model.change import Intake, Introduced
from osgate.model.dependency import Dependency
from osgate.model.policy import Policy, Project
from osgate.reports import words
from osgate.text.translator import Translator

if TYPE_CHECKING:
    from osgate.pipeline import FactStore

# Rules that no approval settles, and that need nothing but the version itself.
STOPPING = ("OSG501", "OSG503", "OSG601", "OSG701", "OSG704")


def lines(
    store: FactStore, dependency: Dependency, policy: Policy, project: Project, now: str, t: Translator
) -> Iterator[str]:
    """Yield a line for each rule that would stop `dependency` by what facts tell, and a head; nothing where none would.

    now: UTC instant.
    """
    known = store.overridden(policy.facts.overrides, now[:10])
    law = Law(None, policy, project, now, "enforce-all", {}, facts=known.of)
    verdict = decide(Intake((Introduced("added", dependency),)), law)
    stops = [one for one in verdict.findings if one.rule in STOPPING and one.severity == "error"]
    if stops:
        yield t("explain.stops", purl=dependency.purl)
        for one in stops:
            yield f"  {one.rule} " + words.sentence(one, t, family="brief")
