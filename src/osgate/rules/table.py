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
    from osgate.rules.case import Case, Params


@record
class DependencyRule:
    """A rule about an introduced dependency: module `osgate.rules.<module>`.

    judgement: for a ledger rule, the one kind of judgement it speaks of; empty for others. applies: for those, whether
    what is introduced is of the sort it looks at. by_version: its fingerprint tells versions apart.
    """

    id: str
    module: str
    judgement: str = ""
    applies: Callable[[Case], bool] = lambda case: True
    by_version: bool = True

    @property
    def ledger(self) -> bool:
        """True for a rule that asks the ledger, and so cannot be evaluated without one."""
        return bool(self.judgement)

    def check(self, case: Case) -> Params | None:
        """Return the parameters of the rule's complaint about `case`, or None."""
        if self.judgement and case.judgement.kind != self.judgement:
            return None
        if not self.applies(case):
            return None
        rule: Callable[[Case], Params | None] = _loaded(self.module)
        return rule(case)


@record
class FileRule:
    """A rule about a file as a whole: module `osgate.rules.<module>`. about: the sort of problem it speaks of."""

    id: str
    module: str
    about: str = "content"

    def check(self, problem: FileProblem) -> Params | None:
        """Return the parameters of the rule's complaint about `problem`, or None."""
        if problem.about != self.about:
            return None
        rule: Callable[[FileProblem], Params | None] = _loaded(self.module)
        return rule(problem)


def _loaded(module: str) -> Callable[..., Params | None]:
    check: Callable[..., Params | None] = __import__(f"osgate.rules.{module}", fromlist=["check"]).check
    return check


def _sourced(case: Case) -> bool:
    return case.item.dependency.source.url is not None and bool(case.policy.sources)


DEPENDENCY_RULES = (
    DependencyRule("OSG105", "blocked", "blocked"),
    DependencyRule("OSG109", "suspended", "suspended"),
    DependencyRule("OSG104", "rejected", "rejected"),
    DependencyRule("OSG113", "retired", "retired"),
    DependencyRule("OSG110", "restricted", "restricted"),
    DependencyRule("OSG111", "revoked", "revoked"),
    DependencyRule("OSG101", "unapproved", "unapproved", by_version=False),
    DependencyRule("OSG102", "out_of_range", "out-of-range"),
    DependencyRule("OSG106", "out_of_scope", "out-of-scope"),
    DependencyRule("OSG107", "pre_release", "pre-release"),
    DependencyRule("OSG108", "other_content", "other-content"),
    DependencyRule("OSG112", "fence_broken", "fence-broken"),
    DependencyRule("OSG103", "expired", "expired", by_version=False),
    DependencyRule("OSG201", "unpinned_action", applies=lambda case: case.item.dependency.mutable),
    DependencyRule("OSG202", "unpinned_git", applies=lambda case: case.item.dependency.mutable),
    DependencyRule("OSG203", "plain_url", applies=lambda case: case.item.dependency.source.kind == "url"),
    DependencyRule("OSG204", "source_not_approved", applies=_sourced),
    DependencyRule("OSG205", "changed_digest", applies=lambda case: case.item.change == "changed-digest"),
    DependencyRule("OSG206", "widened_scope", applies=lambda case: case.item.change == "widened-scope"),
)
FILE_RULES = (
    FileRule("OSG301", "unreadable"),
    FileRule("OSG302", "ambiguous"),
    FileRule("OSG303", "out_of_step", "step"),
    FileRule("OSG304", "lock_deleted", "lock"),
    FileRule("OSG401", "own_files", "own"),
    FileRule("OSG402", "baseline_unused", "baseline"),
    FileRule("OSG403", "baseline_expired", "baseline"),
)
