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
    store of facts, and so cannot be evaluated without one. needs: of those, what it can say something of, any of it;
    empty where it speaks of what nobody tells as well.
    """

    id: str
    module: str
    judgement: str = ""
    applies: Callable[[Case], bool] | None = None
    by_version: bool = True
    facts: bool = False
    needs: tuple[str, ...] = ()

    @property
    def ledger(self) -> bool:
        """True for a rule that asks the ledger, and so cannot be evaluated without one."""
        return bool(self.judgement)

    def check(self, case: Case) -> Params | None:
        """Return the parameters of the rule's complaint about `case`, or None."""
        if self.judgement and case.judgement.kind != self.judgement:
            return None
        if (self.facts and self not in informed(case)) or (self.applies is not None and not self.applies(case)):
            return None
        return self.complaint(case)

    def complaint(self, case: Case) -> Params | None:
        """The same of a case to which the rule is known to apply. A fact without a day is as old as the check."""
        found = _loaded(self.module)(case)
        return found if found is None or found.get("date") != "" else {**found, "date": case.now[:10]}


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


# What stands beside the names of facts in `DependencyRule.needs`: advisories are told, another version was there
# before, people approved this use, its licence meets others that it does not go together with.
ADVISED, MOVED, DECIDED, CLASHES = "@advised", "@moved", "@decided", "@clashes"


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
    DependencyRule("OSG211", "other_digest", needs=("digest",), facts=True),
    DependencyRule("OSG501", "vulnerable", needs=(ADVISED,), facts=True),
    DependencyRule("OSG502", "vulnerable_minor", needs=(ADVISED,), facts=True),
    DependencyRule("OSG503", "malicious", needs=(ADVISED, "status"), facts=True),
    DependencyRule("OSG504", "look_alike", needs=("looks-like",), by_version=False, facts=True),
    DependencyRule("OSG505", "unknown_name", needs=("present",), facts=True),
    DependencyRule("OSG506", "install_code_new", needs=(MOVED,), facts=True),
    DependencyRule("OSG507", "publisher_changed", needs=(MOVED,), facts=True),
    DependencyRule("OSG508", "trust_dropped", needs=(MOVED,), facts=True),
    DependencyRule("OSG509", "version_jump", needs=(MOVED,), facts=True),
    DependencyRule("OSG601", "licence_denied", facts=True),
    DependencyRule("OSG602", "licence_review", facts=True),
    DependencyRule("OSG603", "licence_unknown", facts=True),
    DependencyRule("OSG604", "licence_incompatible", needs=(CLASHES,), facts=True),
    DependencyRule("OSG605", "licence_changed", needs=(MOVED,), facts=True),
    DependencyRule("OSG606", "licence_mismatch", needs=("licence-text",), facts=True),
    DependencyRule("OSG607", "obligations_open", needs=(DECIDED,), facts=True),
    DependencyRule("OSG701", "yanked", needs=("yanked",), facts=True),
    DependencyRule("OSG702", "deprecated", needs=("deprecated", "status"), by_version=False, facts=True),
    DependencyRule("OSG703", "archived", needs=(ADVISED, "status", "archived"), by_version=False, facts=True),
    DependencyRule("OSG704", "end_of_life", needs=("cycle",), facts=True),
    DependencyRule("OSG705", "near_end_of_life", needs=("cycle",), facts=True),
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
# Rules that ask the index of advisories alone.
ADVISORY_RULES = ("OSG501", "OSG502", "OSG503")
# Rules that a place without a store of facts does not evaluate.
FACT_RULES = (*[rule.id for rule in INFORMED], "OSG708")
_FITTING: dict[frozenset[str], tuple[DependencyRule, ...]] = {}


def informed(case: Case) -> tuple[DependencyRule, ...]:
    """Return the rules about facts that can have something to say of a case; none where there is no store of facts.

    Most of what comes in is told the same kinds of facts: which rules fit is found once a kind.
    """
    if case.facts is None:
        return ()
    signs = case.facts.names()
    more = [
        sign
        for sign, there in (
            (ADVISED, bool(case.facts.advisories)),
            (MOVED, case.before is not None),
            (DECIDED, case.by_people),
            (CLASHES, bool(case.clashes)),
        )
        if there
    ]
    key = signs.union(more) if more else signs
    if key not in _FITTING:
        _FITTING[key] = tuple([rule for rule in INFORMED if not rule.needs or not key.isdisjoint(rule.needs)])
    return _FITTING[key]
