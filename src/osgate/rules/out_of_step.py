"""OSG303: a manifest asks for something that its lock was not made for, so nobody knows what will be installed."""

from __future__ import annotations

from osgate.model.change import FileProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(problem: FileProblem) -> Params | None:
    """Complain about every requirement on which manifest and lock differ."""
    return dict(problem.params)
