"""OSG302: a manifest has more than one honest reading."""

from __future__ import annotations

from osgate.model.change import FileProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(problem: FileProblem) -> Params | None:
    """Complain where two readers could read two different things, as with a key that stands twice."""
    return {"reason": problem.reason, **dict(problem.params)} if problem.ambiguous else None
