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
    what is introduced is of the sort it looks at. by_version: its fingerprint tells versions apart. facts: it asks a
    store of facts, and so cannot be evaluated without one.
    """

    id: str
    module: str
    judgement: str = ""
    applies: Callable[[Case], bool] = lambda case: True
    by_version: bool = True
    facts: bool = False

    @property
    def ledger(self) -> bool:
        """True for a rule that asks the ledger, and so cannot be evaluated without one."""
        return bool(self.judgement)

    def check(self, case: Case) -> Params | None:
        """Return the parameters of the rule's complaint about `case`, or None."""
        if self.judgement and case.judgement.kind != self.judgement:
            return None
        if (self.facts and case.facts is None) or not self.applies(case):
            return None
        return _loaded(self.module)(case)


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
        return _loaded(self.module)(problem)


_LOADED: dict[str, Callable[..., Params | None]] = {}


def _loaded(module: str) -> Callable[..., Params | None]:
    if module not in _LOADED:
        _LOADED[module] = __import__(f"osgate.rules.{module}", fromlist=["check"]).check
    return _LOADED[module]


def _sourced(case: Case) -> bool:
    return case.item.dependency.source.url is not None and bool(case.policy.sources)


def _unhashed(case: Case) -> bool:
    return case.policy.facts.integrity and not case.item.dependency.digests


def _told(*names: str) -> Callable[[Case], bool]:
    """Applies where one of these facts is told, though as unknown."""

    def applies(case: Case) -> bool:
        return case.facts is not None and case.facts.tells(*names)

    return applies


def _advised(case: Case) -> bool:
    return case.facts is not None and bool(case.facts.advisories)


def _archived(case: Case) -> bool:
    return _advised(case) or (case.facts is not None and case.facts.tells("status", "archived"))


def _moved(case: Case) -> bool:
    """It takes the place of another version, of which facts are told as well."""
    return case.before is not None


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
    DependencyRule("OSG207", "integrity_missing", applies=_unhashed),
    DependencyRule("OSG208", "address_of_another", applies=lambda case: case.item.dependency.source.url is not None),
    DependencyRule("OSG209", "internal_name", applies=lambda case: bool(case.policy.facts.internal)),
    DependencyRule("OSG501", "vulnerable", applies=_advised, facts=True),
    DependencyRule("OSG502", "vulnerable_minor", applies=_advised, facts=True),
    DependencyRule("OSG503", "malicious", facts=True),
    DependencyRule("OSG504", "look_alike", applies=_told("looks-like"), by_version=False, facts=True),
    DependencyRule("OSG505", "unknown_name", applies=_told("present"), facts=True),
    DependencyRule("OSG506", "install_code_new", applies=_moved, facts=True),
    DependencyRule("OSG507", "publisher_changed", applies=_moved, facts=True),
    DependencyRule("OSG508", "trust_dropped", applies=_moved, facts=True),
    DependencyRule("OSG509", "version_jump", applies=_moved, facts=True),
    DependencyRule("OSG601", "licence_denied", facts=True),
    DependencyRule("OSG602", "licence_review", facts=True),
    DependencyRule("OSG603", "licence_unknown", facts=True),
    DependencyRule("OSG604", "licence_incompatible", applies=lambda case: bool(case.clashes), facts=True),
    DependencyRule("OSG605", "licence_changed", applies=_moved, facts=True),
    DependencyRule("OSG606", "licence_mismatch", applies=_told("licence-text"), facts=True),
    DependencyRule("OSG607", "obligations_open", facts=True),
    DependencyRule("OSG701", "yanked", applies=_told("yanked"), facts=True),
    DependencyRule("OSG702", "deprecated", applies=_told("deprecated", "status"), by_version=False, facts=True),
    DependencyRule("OSG703", "archived", applies=_archived, by_version=False, facts=True),
    DependencyRule("OSG704", "end_of_life", applies=_told("cycle"), facts=True),
    DependencyRule("OSG705", "near_end_of_life", applies=_told("cycle"), facts=True),
    DependencyRule("OSG706", "too_new", facts=True),
    DependencyRule("OSG707", "unmaintained", by_version=False, facts=True),
    DependencyRule("OSG709", "closed_source", by_version=False, facts=True),
)
FILE_RULES = (
    FileRule("OSG210", "extra_index", "index"),
    FileRule("OSG301", "unreadable"),
    FileRule("OSG302", "ambiguous"),
    FileRule("OSG303", "out_of_step", "step"),
    FileRule("OSG304", "lock_deleted", "lock"),
    FileRule("OSG401", "own_files", "own"),
    FileRule("OSG402", "baseline_unused", "baseline"),
    FileRule("OSG403", "baseline_expired", "baseline"),
    FileRule("OSG708", "stale_data", "facts"),
)
# The same rules by what they ask: one kind of judgement, the change alone, a store of facts.
JUDGED: dict[str, tuple[DependencyRule, ...]] = {
    kind: tuple([rule for rule in DEPENDENCY_RULES if rule.judgement == kind])
    for kind in {rule.judgement for rule in DEPENDENCY_RULES}
}
PLAIN = tuple([rule for rule in JUDGED.pop("") if not rule.facts])
INFORMED = tuple([rule for rule in DEPENDENCY_RULES if rule.facts])
# Rules that a place without a store of facts does not evaluate.
FACT_RULES = tuple([rule.id for rule in INFORMED])
