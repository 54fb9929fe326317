"""OSG401: a change touches what osgate itself reads in this repository, in a way that could loosen it."""

from __future__ import annotations

from osgate.model.change import FileProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(problem: FileProblem) -> Params | None:
    """Complain about every such change; what it is about says `what`."""
    return {"what": problem.reason, **dict(problem.params)}
