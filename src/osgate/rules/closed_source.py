"""OSG709: a component stops being open source: its licence, its repository or the project itself went."""

from __future__ import annotations

from osgate.model.fact import Unknown
from osgate.rules.case import Case
from osgate.rules.told import of_fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.model.fact import Facts
    from osgate.rules.case import Params

_CLOSED = ("source-available", "proprietary")
_LICENCES = ("licence", "licence-text")
# Facts of a version that were there before and are said to be gone, with the signal that is.
_GONE = (("repository", "closed-repository"), ("sdist", "closed-source"))


def check(case: Case) -> Params | None:
    """Complain about the first signal that fires; silent where people approved this use, and where nothing is known.

    why: `closed-licence` (from free to source-available or proprietary), `closed-repository` (the address of the
    source was told and is gone), `closed-source` (the source archive was there and is not), `closed-project` (the
    registry no longer knows the name).
    """
    if case.by_people or case.facts is None or case.before is None:
        return None
    return _licence(case.before, case.facts, case) or _gone(case.before, case.facts) or _project(case.facts)


def _licence(before: Facts, now: Facts, case: Case) -> Params | None:
    for name in _LICENCES:
        old, new = before.value(name), now.value(name)
        fact = now.one(name)
        if fact is None or not old or not new or old == new:
            continue
        category = _category(new, case)
        if category in _CLOSED and _category(old, case) not in (*_CLOSED, "unknown", ""):
            return {**of_fact(fact), "before": old, "why": "closed-licence", "category": category}
    return None


def _category(text: str, case: Case) -> str:
    """The category an expression comes to; empty where it cannot be read, or the libraries are not installed."""
    from osgate.errors import UsageError
    from osgate.licences import categories, names

    policy = case.policy.facts
    try:
        read = names.read(text, policy.licence_names)
        return "" if isinstance(read, Unknown) else categories.weigh(read, policy.licence_categories).category
    except UsageError:
        return ""


def _gone(before: Facts, now: Facts) -> Params | None:
    for name, why in _GONE:
        fact = now.one(name)
        if fact is not None and before.value(name) not in ("", "no") and fact.value in ("", "no"):
            return {**of_fact(fact), "value": "no", "before": before.value(name), "why": why}
    return None


def _project(now: Facts) -> Params | None:
    fact = now.above("present")
    if fact is None or fact.value != "no":
        return None
    return {**of_fact(fact), "before": "yes", "why": "closed-project"}
