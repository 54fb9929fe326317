"""OSG402: the baseline lists something that is no longer there."""

from __future__ import annotations

from osgate.model.change import FileProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(problem: FileProblem) -> Params | None:
    """Complain about entries that excuse nothing."""
    return dict(problem.params) if problem.reason == "unused" else None
