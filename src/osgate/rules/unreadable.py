"""OSG301: a manifest cannot be read, so nobody can say what it brings in."""

from __future__ import annotations

from osgate.model.change import FileProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(problem: FileProblem) -> Params | None:
    """Complain about every file problem that is not an ambiguity."""
    return None if problem.ambiguous else {"reason": problem.reason, **dict(problem.params)}
