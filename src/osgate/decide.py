"""From what a change brings in and what the ledger says to a verdict. Pure: no I/O, no clock, no words."""

from __future__ import annotations

from osgate import versions
from osgate.intake.fingerprints import fingerprint
from osgate.ledger.standing import judge
from osgate.model.change import FileProblem, Gap, Intake, Introduced
from osgate.model.decision import LedgerView
from osgate.model.dependency import Dependency
from osgate.model.finding import Finding
from osgate.model.policy import Policy, Project
from osgate.model.verdict import Stamp, Verdict
from osgate.rules.case import Case
from osgate.rules.table import DEPENDENCY_RULES, FILE_RULES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def decide(
    intake: Intake,
    view: LedgerView | None,
    policy: Policy,
    project: Project,
    *,
    today: str,
    mode: str,
    base: str = "",
    head: str = "",
    stamp: Stamp | None = None,
    missing: tuple[Gap, ...] = (),
    gaps: tuple[Gap, ...] = (),
) -> Verdict:
    """Return the verdict on `intake`.

    view: what the ledger says of its components; None where there is no ledger to ask (then `missing` says why, and the
    ledger rules are not evaluated; where nothing is introduced, nothing is missing). today: ISO date, UTC. mode: one of
    MODES, already the strictest asked for.
    """
    missing = missing if intake.introduced else ()
    findings = [*_file_findings(intake, policy)]
    for item in intake.introduced:
        findings += _dependency_findings(item, view, policy, project, today)
    outcome = _outcome(findings, bool(missing) or (view is None and bool(intake.introduced)))
    observed = mode == "observe"
    return Verdict(
        outcome="pass" if observed else outcome,
        mode=mode,
        project=project.id,
        base=base,
        head=head,
        introduced=intake.introduced,
        findings=tuple(sorted(findings, key=_order)),
        removed=intake.removed,
        deleted=intake.deleted,
        moved=intake.moved,
        gaps=(*gaps, *intake.gaps),
        missing=missing,
        files=intake.files,
        stamp=stamp,
        would=outcome if observed else "",
    )


def _file_findings(intake: Intake, policy: Policy) -> Iterator[Finding]:
    for problem in intake.problems:
        for rule in FILE_RULES:
            params = rule.check(problem)
            if params is not None:
                yield _finding(rule.id, policy, problem, params)


def _finding(rule: str, policy: Policy, problem: FileProblem, params: Mapping[str, object]) -> Finding:
    print_ = fingerprint(rule, "", "", problem.path, problem.reason)
    return Finding(
        rule, _severity(rule, policy), "", problem.path, problem.line, {**_setting(rule, policy), **params}, print_
    )


def _dependency_findings(
    item: Introduced, view: LedgerView | None, policy: Policy, project: Project, today: str
) -> Iterator[Finding]:
    dependency = item.dependency
    case = _case(item, view, policy, project, today)
    for rule in DEPENDENCY_RULES:
        params = rule.check(case) if view is not None or not rule.ledger else None
        if params is None:
            continue
        version = dependency.version if rule.by_version else ""
        yield Finding(
            rule.id,
            _severity(rule.id, policy),
            dependency.purl,
            dependency.path,
            dependency.line,
            {**_setting(rule.id, policy), **params},
            fingerprint(rule.id, dependency.component, version, dependency.path),
        )


def _case(item: Introduced, view: LedgerView | None, policy: Policy, project: Project, today: str) -> Case:
    dependency = item.dependency
    known = view or LedgerView({}, {})
    judgement = judge(dependency, known.standings.get(dependency.component, ()), today, project.environments)
    open_requests = known.waiting.get(dependency.component, ())
    return Case(item, judgement, tuple(waits for waits in open_requests if _asked(waits.range, dependency)), policy)


def _asked(range: str, dependency: Dependency) -> bool:
    """True if an approval of `range` would let `dependency` pass."""
    if not dependency.version:
        return versions.contains_native(range, dependency.requirement or "")
    return versions.covers(range, dependency.version, prereleases=False)


def _severity(rule: str, policy: Policy) -> str:
    setting = policy.rules.get(rule)
    return "warning" if setting is not None and setting.outcome == "warn" else "error"


def _setting(rule: str, policy: Policy) -> dict[str, object]:
    """Where the institution set the rule, so that a block can name file and line."""
    setting = policy.rules.get(rule)
    return {"rule_name": setting.name, "origin": setting.origin} if setting is not None else {}


def _outcome(findings: list[Finding], missing: bool) -> str:
    """The strictest outcome wins."""
    severities = {finding.severity for finding in findings if not finding.waived}
    if "error" in severities:
        return "block"
    if missing:
        return "undecided"
    return "warn" if severities else "pass"


def _order(finding: Finding) -> tuple[int, str, str, int, str]:
    rank = {"OSG105": 0, "OSG104": 1}.get(finding.rule, 2)
    return (rank if finding.severity == "error" else 9, finding.rule, finding.path, finding.line, finding.purl)
