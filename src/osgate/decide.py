"""From what a change brings in and what the ledger says to a verdict. Pure: no I/O, no clock, no words."""

from __future__ import annotations

from osgate import versions
from osgate.intake.fingerprints import fingerprint
from osgate.ledger.standing import judge, waived
from osgate.model.decision import LedgerView
from osgate.model.finding import Finding
from osgate.model.gap import Gap
from osgate.model.policy import Policy, Project, default_outcome
from osgate.model.record import record, replace
from osgate.model.verdict import Stamp, Verdict
from osgate.rules.case import Case
from osgate.rules.table import DEPENDENCY_RULES, FILE_RULES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from osgate.model.change import FileProblem, Intake, Introduced
    from osgate.model.decision import Standing
    from osgate.model.dependency import Dependency
    from osgate.policy.baseline import Baseline
    from osgate.rules.case import Params

# Findings of these rules come first: somebody took the version away on purpose.
_FIRST = {"OSG105": 0, "OSG109": 1, "OSG104": 2}


@record
class Law:
    """What a change is held against.

    view: what the ledger says of its components and, under `project:<id>`, of the project; None where there is no
    ledger to ask: then the ledger rules are not evaluated. today: ISO date, UTC. mode: one of MODES, already the
    strictest asked for. baseline: what was there before the gate came, as the base branch tells it.
    """

    view: LedgerView | None
    policy: Policy
    project: Project
    today: str
    mode: str
    baseline: Baseline


def decide(
    intake: Intake,
    law: Law,
    *,
    base: str = "",
    head: str = "",
    stamp: Stamp | None = None,
    missing: tuple[Gap, ...] = (),
    gaps: tuple[Gap, ...] = (),
    seen: tuple[str, ...] = (),
) -> Verdict:
    """Return the verdict on `intake`.

    missing: why there is no ledger to ask; where nothing is introduced, nothing is missing. seen: manifests of which
    the baseline need not list more than was found.
    """
    missing = missing if intake.introduced else ()
    findings, excused, waivers = _findings(intake, law, seen)
    blind = bool(missing) or (law.view is None and bool(intake.introduced))
    outcome = _outcome(findings, law.mode, intake.whole, blind)
    return Verdict(
        outcome="pass" if law.mode == "observe" else outcome,
        mode=law.mode,
        project=law.project.id,
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
        would=outcome if law.mode == "observe" else "",
        baselined=tuple(sorted(excused, key=_order)),
        waivers=waivers,
        whole=intake.whole,
    )


def _findings(
    intake: Intake, law: Law, seen: tuple[str, ...]
) -> tuple[list[Finding], list[Finding], tuple[tuple[str, Standing], ...]]:
    """Every rule's findings: what counts, what the baseline excuses, and the waivers behind those that are waived."""
    found: list[Finding] = []
    excused: list[Finding] = []
    waivers: list[tuple[str, Standing]] = []
    for finding, item in (*_of_files(intake.problems, law), *_of_dependencies(intake.introduced, law)):
        waiver = _waiver(finding.rule, item.dependency if item is not None else None, law)
        if waiver is not None:
            waivers.append((finding.fingerprint, waiver))
        old = _excused(finding, item, law, whole=intake.whole)
        (excused if old else found).append(finding if waiver is None else replace(finding, waived=True))
    if law.baseline:
        from osgate.excuses import remarks, unneeded

        every = [*found, *excused]
        gone = unneeded(every, law.baseline, frozenset(seen)) if law.view is not None else []
        found += [finding for finding, _ in _of_files(remarks(every, law.baseline, law.today, gone), law)]
    return found, excused, tuple(waivers)


def _excused(finding: Finding, item: Introduced | None, law: Law, *, whole: bool) -> bool:
    """Whether the baseline covers a finding."""
    if not law.baseline:
        return False
    from osgate.excuses import covered

    return covered(finding, item, law.baseline, law.today, whole=whole)


def _waiver(rule: str, dependency: Dependency | None, law: Law) -> Standing | None:
    """The waiver that lifts a finding of `rule`, given for the component or for the whole project."""
    if law.view is None:
        return None
    of_project = law.view.standings.get(f"project:{law.project.id}", ())
    of_component = law.view.standings.get(dependency.component, ()) if dependency is not None else ()
    return waived((*of_component, *of_project), rule, dependency, law.project, law.today)


def _of_files(problems: Iterable[FileProblem], law: Law) -> Iterator[tuple[Finding, None]]:
    for problem in problems:
        for rule in FILE_RULES:
            params = rule.check(problem)
            if params is not None:
                mark = (problem.mark,) if problem.mark else ()
                print_ = fingerprint(rule.id, "", "", problem.path, problem.reason, *mark)
                yield _finding(rule.id, law, "", problem.path, problem.line, params, print_), None


def _of_dependencies(items: Iterable[Introduced], law: Law) -> Iterator[tuple[Finding, Introduced]]:
    for item in items:
        d = item.dependency
        case = _case(item, law)
        for rule in DEPENDENCY_RULES:
            params = rule.check(case) if law.view is not None or not rule.ledger else None
            if params is not None:
                print_ = fingerprint(rule.id, d.component, d.version if rule.by_version else "", d.path)
                yield _finding(rule.id, law, d.purl, d.path, d.line, params, print_), item


def _finding(rule: str, law: Law, purl: str, path: str, line: int, params: Params, print_: str) -> Finding:
    """A finding as its rule is set; where the institution set it is named, so that a block can say file and line."""
    setting = law.policy.rules.get(rule)
    outcome = setting.outcome if setting is not None else default_outcome(rule)
    origin = {"rule_name": setting.name, "origin": setting.origin} if setting is not None else {}
    severity = "warning" if outcome == "warn" else "error"
    return Finding(rule, severity, purl, path, line, {**origin, **params}, print_)


def _case(item: Introduced, law: Law) -> Case:
    dependency = item.dependency
    known = law.view or LedgerView({}, {})
    judgement = judge(dependency, known.standings.get(dependency.component, ()), law.today, law.project)
    open_requests = known.waiting.get(dependency.component, ())
    return Case(item, judgement, tuple(waits for waits in open_requests if _asked(waits.range, dependency)), law.policy)


def _asked(range: str, dependency: Dependency) -> bool:
    """True if an approval of `range` would let `dependency` pass."""
    if not dependency.version:
        return versions.contains_native(range, dependency.requirement or "")
    return versions.covers(range, dependency.version, prereleases=False)


def _outcome(findings: list[Finding], mode: str, whole: bool, blind: bool) -> str:
    """The strictest outcome wins. What a whole tree holds is old: it warns, unless all of it is enforced or blocked."""
    severities = set()
    for finding in findings:
        binding = not whole or mode == "enforce-all" or finding.rule == "OSG105"
        if not finding.waived:
            severities.add(finding.severity if binding else "warning")
    if "error" in severities:
        return "block"
    if blind:
        return "undecided"
    return "warn" if severities else "pass"


def _order(finding: Finding) -> tuple[int, str, str, int, str]:
    rank = _FIRST.get(finding.rule, 3) if finding.severity == "error" else 9
    return rank, finding.rule, finding.path, finding.line, finding.purl
