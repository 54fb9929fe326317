"""OSG602: a licence that people have to look at before it comes in."""

from __future__ import annotations

from osgate.model.fact_policy import REVIEW
from osgate.rules.case import Case
from osgate.rules.told import of_licence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params


def check(case: Case) -> Params | None:
    """Complain where the policy wants a look and nobody has approved this use. A licence without a category is
    OSG603's."""
    found = None if case.by_people else of_licence(case, REVIEW)
    return None if found is None or found["because"] == "unknown" else found
