"""OSG210: a change has one more index asked for every name, and the one with the higher version wins."""

from __future__ import annotations

from osgate.model.change import FileProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(problem: FileProblem) -> Params | None:
    """Complain about every index that a change adds beside the main one."""
    return dict(problem.params)
