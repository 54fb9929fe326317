"""The table of rules, in the order reports list them."""

from __future__ import annotations

from osgate.model.record import record
from osgate.rules import (
    ambiguous,
    blocked,
    expired,
    out_of_range,
    plain_url,
    rejected,
    unapproved,
    unpinned_action,
    unpinned_git,
    unreadable,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from osgate.model.change import FileProblem
    from osgate.rules.case import Case, Params


@record
class DependencyRule:
    """A rule about an introduced dependency.

    ledger: it needs the ledger to be asked. by_version: its fingerprint tells versions apart.
    """

    id: str
    check: Callable[[Case], Params | None]
    ledger: bool = False
    by_version: bool = True


@record
class FileRule:
    """A rule about a manifest as a whole."""

    id: str
    check: Callable[[FileProblem], Params | None]


DEPENDENCY_RULES = (
    DependencyRule("OSG105", blocked.check, ledger=True),
    DependencyRule("OSG104", rejected.check, ledger=True),
    DependencyRule("OSG101", unapproved.check, ledger=True, by_version=False),
    DependencyRule("OSG102", out_of_range.check, ledger=True),
    DependencyRule("OSG103", expired.check, ledger=True, by_version=False),
    DependencyRule("OSG201", unpinned_action.check),
    DependencyRule("OSG202", unpinned_git.check),
    DependencyRule("OSG203", plain_url.check),
)
FILE_RULES = (
    FileRule("OSG301", unreadable.check),
    FileRule("OSG302", ambiguous.check),
)
