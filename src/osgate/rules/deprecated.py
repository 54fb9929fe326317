"""OSG702: who publishes a component advises against it."""

from __future__ import annotations

from osgate.rules.case import Case
from osgate.rules.told import of_fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain about a message that the version is deprecated, else about a component of that status.

    What is named in its place comes with it, where something is.
    """
    facts = case.facts
    if facts is None:
        return None
    message, status = facts.one("deprecated"), facts.one("status")
    if facts.value("deprecated") and message is not None:
        fact = message
    elif facts.value("status") == "deprecated" and status is not None:
        fact = status
    else:
        return None
    return {**of_fact(fact), **_instead(facts.value("replaced-by"))}


def _instead(other: str) -> Params:
    """What is named in its place: what can be taken where it is a purl, else the words alone."""
    if not other:
        return {}
    return {"instead": [{"purl": other, "approved": False}]} if other.startswith("pkg:") else {"replaced_by": other}
