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
    """A rule about an introduced dependency. by_version: its fingerprint tells versions apart."""

    id: str
    check: Callable[[Case], Params | None]
    by_version: bool = True


@record
class FileRule:
    """A rule about a manifest as a whole."""

    id: str
    check: Callable[[FileProblem], Params | None]


DEPENDENCY_RULES = (
    DependencyRule("OSG105", blocked.check),
    DependencyRule("OSG104", rejected.check),
    DependencyRule("OSG101", unapproved.check, by_version=False),
    DependencyRule("OSG102", out_of_range.check),
    DependencyRule("OSG103", expired.check, by_version=False),
    DependencyRule("OSG201", unpinned_action.check),
    DependencyRule("OSG202", unpinned_git.check),
    DependencyRule("OSG203", plain_url.check),
)
FILE_RULES = (
    FileRule("OSG301", unreadable.check),
    FileRule("OSG302", ambiguous.check),
)
