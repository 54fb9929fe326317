"""OSG602: a licence that people have to look at before it comes in."""

from __future__ import annotations

from osgate.model.fact_policy import REVIEW
from osgate.rules.case import Case, of_licence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where the policy wants a look and nobody has approved this use. A licence without a category is
    OSG603's."""
    found = None if case.by_people else of_licence(case)
    if found is None or found.pop("outcome") != REVIEW or found["because"] == "unknown":
        return None
    return found
