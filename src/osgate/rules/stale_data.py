"""OSG708: a source of facts has told nothing new for longer than the policy trusts it."""

from __future__ import annotations

from osgate.model.change import FileProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params

_UNKNOWN = "unknown"


def check(problem: FileProblem) -> Params | None:
    """Complain about a source that is too old, or that tells no date.

    fact: the kind of source; value: its age in days, days: the most it may be; `unknown` for what nobody told.
    """
    told = dict(problem.params)
    return {
        "fact": problem.mark,
        "value": told.get("age") or _UNKNOWN,
        "source": problem.path,
        "date": told.get("date") or _UNKNOWN,
        "days": told.get("most", ""),
    }
