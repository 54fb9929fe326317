"""The table of rules, in the order reports list them.

A row says cheaply when its rule can have something to say; only then is the rule's module loaded. A commit in which all
is well loads none of them, and every rule that applies is evaluated, whatever the others said.
"""

from __future__ import annotations

from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from osgate.model.change import FileProblem
    from osgate.model.dependency import Dependency
    from osgate.rules.case import Case, Params


@record
class DependencyRule:
    """A rule about an introduced dependency: module `osgate.rules.<module>`.

    judgement: for a ledger rule, the one kind of judgement it speaks of; empty for others. applies: for those, whether
    the dependency is of the sort it looks at. by_version: its fingerprint tells versions apart.
    """

    id: str
    module: str
    judgement: str = ""
    applies: Callable[[Dependency], bool] = lambda dependency: True
    by_version: bool = True

    @property
    def ledger(self) -> bool:
        """True for a rule that asks the ledger, and so cannot be evaluated without one."""
        return bool(self.judgement)

    def check(self, case: Case) -> Params | None:
        """Return the parameters of the rule's complaint about `case`, or None."""
        if self.judgement and case.judgement.kind != self.judgement:
            return None
        if not self.applies(case.item.dependency):
            return None
        rule: Callable[[Case], Params | None] = _loaded(self.module)
        return rule(case)


@record
class FileRule:
    """A rule about a manifest as a whole: module `osgate.rules.<module>`."""

    id: str
    module: str

    def check(self, problem: FileProblem) -> Params | None:
        """Return the parameters of the rule's complaint about `problem`, or None."""
        rule: Callable[[FileProblem], Params | None] = _loaded(self.module)
        return rule(problem)


def _loaded(module: str) -> Callable[..., Params | None]:
    check: Callable[..., Params | None] = __import__(f"osgate.rules.{module}", fromlist=["check"]).check
    return check


DEPENDENCY_RULES = (
    DependencyRule("OSG105", "blocked", "blocked"),
    DependencyRule("OSG104", "rejected", "rejected"),
    DependencyRule("OSG101", "unapproved", "unapproved", by_version=False),
    DependencyRule("OSG102", "out_of_range", "out-of-range"),
    DependencyRule("OSG103", "expired", "expired", by_version=False),
    DependencyRule("OSG201", "unpinned_action", applies=lambda dependency: dependency.mutable),
    DependencyRule("OSG202", "unpinned_git", applies=lambda dependency: dependency.mutable),
    DependencyRule("OSG203", "plain_url", applies=lambda dependency: dependency.source.kind == "url"),
)
FILE_RULES = (
    FileRule("OSG301", "unreadable"),
    FileRule("OSG302", "ambiguous"),
)
