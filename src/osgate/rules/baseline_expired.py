"""OSG403: the time that the baseline gave is over."""

from __future__ import annotations

from osgate.model.change import FileProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(problem: FileProblem) -> Params | None:
    """Complain about entries that are past their date and would still be needed."""
    return dict(problem.params) if problem.reason == "expired" else None
