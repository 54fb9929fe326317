"""OSG304: a lock is gone and the manifest it belonged to stays, so whatever is newest will be installed."""

from __future__ import annotations

from osgate.model.change import FileProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(problem: FileProblem) -> Params | None:
    """Complain about every lock that a change deletes without putting another one in its place."""
    return dict(problem.params)
