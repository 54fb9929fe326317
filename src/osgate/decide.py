"""From what a change brings in and what the ledger says to a verdict. Pure: no I/O, no clock, no words."""

from __future__ import annotations

from osgate import versions
from osgate.intake.fingerprints import fingerprint
from osgate.ledger.standing import broken_posts, judge, nothing_known, waived
from osgate.model.decision import LedgerView
from osgate.model.finding import Finding, binds
from osgate.model.gap import Gap
from osgate.model.policy import Policy, Project, default_outcome
from osgate.model.record import record, replace
from osgate.model.verdict import Passed, Stamp, Verdict
from osgate.rules.case import Case
from osgate.rules.table import ADVISORY_RULES, FACT_RULES, FILE_RULES, JUDGED, PLAIN, informed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from osgate.ledger.standing import Known
    from osgate.model.change import FileProblem, Intake, Introduced
    from osgate.model.decision import Standing
    from osgate.model.dependency import Dependency
    from osgate.model.fact import Facts, FactSource
    from osgate.policy.baseline import Baseline
    from osgate.rules.case import FactsOf, Held, Params
    from osgate.rules.table import DependencyRule

# What denies whatever else the ledger says comes first: malware and what was taken away on purpose, then facts.
_DENYING = (
    *("OSG503", "OSG105", "OSG109", "OSG104", "OSG113", "OSG501", "OSG601", "OSG604", "OSG701", "OSG704"),
    *("OSG505", "OSG211", "OSG506", "OSG508", "OSG509", "OSG605", "OSG709", "OSG706"),
)
_FIRST = {rule: at for at, rule in enumerate(_DENYING)}
# Judgements under which existing use may have a time of its own.
_TIMED = frozenset(("suspended", "rejected", "retired", "expired"))


def no_facts(dependency: Dependency, version: str) -> Facts | None:
    """The answer where there is no store of facts."""
    return None


def nothing_held(path: str) -> tuple[Dependency, ...]:
    """The answer where nobody can read a manifest again."""
    return ()


@record
class Law:
    """What a change is held against.

    view: what the ledger says of its components and, under `project:<id>`, of the project; None where there is no
    ledger to ask: then the ledger rules are not evaluated. now: UTC instant, or an ISO date for its beginning.
    mode: one of MODES, already the strictest asked for. baseline: what was there before the gate came, as the base
    branch tells it. known: what a store of facts tells of a dependency; facts: all of it, of one of its versions;
    sources: where that came from; lacks: parts of it that are not there (`store`, `index`). held: all dependencies
    of a manifest. pipeline: the rules that the policy names have to be evaluated here.
    """

    view: LedgerView | None
    policy: Policy
    project: Project
    now: str
    mode: str
    baseline: Baseline
    known: Known = nothing_known
    facts: FactsOf = no_facts
    sources: tuple[FactSource, ...] = ()
    held: Held = nothing_held
    lacks: tuple[str, ...] = ()
    pipeline: bool = False

    @property
    def today(self) -> str:
        """The ISO date of `now`."""
        return self.now[:10]


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
    cases = _cases(intake, law)
    grave, doubts = _doubts(cases, law)
    unevaluated = _unevaluated(cases, law)
    missing = (*missing, *grave, *_required(cases, law, unevaluated))
    findings, excused, waivers = _findings(intake, cases, law, seen)
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
        gaps=(*gaps, *intake.gaps, *doubts, *_untold(cases, law)),
        missing=missing,
        files=intake.files,
        stamp=stamp,
        would=outcome if law.mode == "observe" else "",
        baselined=tuple(sorted(excused, key=_order)),
        waivers=waivers,
        whole=intake.whole,
        passed=_passed(cases),
        unevaluated=unevaluated,
        sources=law.sources if cases else (),
    )


def _unevaluated(cases: list[Case], law: Law) -> tuple[str, ...]:
    """The rules that cannot be asked at this place: those that need what is not there, or the licence libraries."""
    if not cases:
        return ()
    if cases[0].facts is None:
        return FACT_RULES
    from osgate.licences.reading import able

    asks = {rule: "index" if rule in ADVISORY_RULES else "store" for rule in FACT_RULES if rule != "OSG708"}
    unable = not able()
    return tuple([r for r in FACT_RULES if asks.get(r) in law.lacks or (unable and r.startswith("OSG6"))])


def _required(cases: list[Case], law: Law, unevaluated: tuple[str, ...]) -> Iterable[Gap]:
    """What keeps from deciding: rules that a pipeline must evaluate, facts that must be known."""
    wanted = law.policy.facts
    if not cases or not (wanted.must or wanted.require):
        return ()
    from osgate.required import gaps

    return gaps(cases, wanted, unevaluated, pipeline=law.pipeline)


def _untold(cases: list[Case], law: Law) -> Iterable[Gap]:
    """What the store of facts cannot tell of what comes in, and what the policy would have approved by it."""
    conditions = any(one.when for one in law.policy.pre_approvals)
    if not cases or (cases[0].facts is None and not conditions):
        return ()
    from osgate.required import advance, blind
    from osgate.untold import gaps

    return (*blind(cases), *gaps(cases), *(advance(cases, law.known) if conditions else ()))


def _findings(
    intake: Intake, cases: list[Case], law: Law, seen: tuple[str, ...]
) -> tuple[list[Finding], list[Finding], tuple[tuple[str, Standing], ...]]:
    """Every rule's findings: what counts, what the baseline excuses, and the waivers behind those that are waived."""
    found: list[Finding] = []
    excused: list[Finding] = []
    waivers: list[tuple[str, Standing]] = []
    problems = (*intake.problems, *_stale(cases, law))
    for finding, item in (*_of_files(problems, law), *_of_dependencies(cases, law)):
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
    return _once(found, cases), excused, tuple(waivers)


def _once(found: list[Finding], cases: list[Case]) -> list[Finding]:
    """The findings without those that say again what a graver one says; only facts are told by several rules."""
    if not found or not cases or cases[0].facts is None:
        return found
    from osgate.rules.once import told_once

    return told_once(found)


def _stale(cases: list[Case], law: Law) -> Iterable[FileProblem]:
    """What of the facts' sources is too old."""
    if not cases or not law.sources:
        return ()
    from osgate.required import stale

    return stale(law.sources, law.policy.facts.ages)


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
    return waived((*of_component, *of_project), rule, dependency, law.project, law.now)


def _of_files(problems: Iterable[FileProblem], law: Law) -> Iterator[tuple[Finding, None]]:
    for problem in problems:
        for rule in FILE_RULES:
            params = rule.check(problem)
            if params is not None:
                mark = (problem.mark,) if problem.mark else ()
                print_ = fingerprint(rule.id, "", "", problem.path, problem.reason, *mark)
                yield _finding(rule.id, law, "", problem.path, problem.line, params, print_), None


def _of_dependencies(cases: list[Case], law: Law) -> Iterator[tuple[Finding, Introduced]]:
    before: Introduced | None = None
    unasked = frozenset(_unevaluated(cases, law))
    for case in cases:
        d = case.item.dependency
        for rule in _asked_of(case, law, unasked, again=case.item is before):
            params = rule.complaint(case)
            if params is not None:
                print_ = fingerprint(rule.id, d.component, d.version if rule.by_version else "", d.path)
                terms = case.terms if rule.ledger else {}
                yield _finding(rule.id, law, d.purl, d.path, d.line, {**params, **terms}, print_), case.item
        before = case.item


def _asked_of(case: Case, law: Law, unasked: Collection[str], *, again: bool) -> tuple[DependencyRule, ...]:
    """The rules that may have something to say of a case.

    unasked: ids of those that cannot be evaluated here. again: a second case of one dependency, which differs in the
    ledger's word alone.
    """
    judged = JUDGED.get(case.judgement.kind, ()) if law.view is not None else ()
    if again:
        return judged
    plain = [rule for rule in PLAIN if rule.applies is None or rule.applies(case)]
    return (*judged, *plain, *[rule for rule in informed(case) if rule.id not in unasked])


def _finding(rule: str, law: Law, purl: str, path: str, line: int, params: Params, print_: str) -> Finding:
    """A finding as its rule is set; where the institution set it is named, so that a block can say file and line."""
    setting = law.policy.rules.get(rule)
    outcome = setting.outcome if setting is not None else default_outcome(rule)
    origin = {"rule_name": setting.name, "origin": setting.origin} if setting is not None else {}
    severity = "warning" if outcome == "warn" else "error"
    return Finding(rule, severity, purl, path, line, {**origin, **params}, print_)


def _cases(intake: Intake, law: Law) -> list[Case]:
    """What the rules are shown: a case for each dependency, and a second one where existing use has its time and
    something else is said of it beside."""
    cases: list[Case] = []
    for item in intake.introduced:
        case = _case(item, law)
        if case.judgement.kind not in _TIMED:
            cases.append(case)
            continue
        from osgate.excuses import timed

        cases += timed(case, _standings(item, law), law.now, law.project, law.known, whole=intake.whole)
    return _combined(cases, law)


def _combined(cases: list[Case], law: Law) -> list[Case]:
    """The cases with what the licences of each manifest do not go together with."""
    if not cases or cases[0].facts is None:
        return cases
    from osgate.licence_clashes import clashes

    found = clashes(cases, law.held, law.facts, law.policy.facts, law.project)
    places = [(case.item.dependency.purl, case.item.dependency.path) for case in cases]
    return [replace(case, clashes=found[at]) if at in found else case for case, at in zip(cases, places, strict=True)]


def _case(item: Introduced, law: Law) -> Case:
    dependency = item.dependency
    judgement = judge(dependency, _standings(item, law), law.now, law.project, law.policy.pre_approvals, law.known)
    open_requests = law.view.waiting.get(dependency.component, ()) if law.view is not None else ()
    return Case(
        item,
        judgement,
        tuple(waits for waits in open_requests if _asked(waits.range, dependency)),
        law.policy,
        posts=broken_posts(judgement, dependency, law.known),
        project=law.project,
        now=law.now,
        facts=law.facts(dependency, dependency.version),
        before=law.facts(dependency, item.previous[-1]) if item.previous else None,
    )


def _standings(item: Introduced, law: Law) -> tuple[Standing, ...]:
    return law.view.standings.get(item.dependency.component, ()) if law.view is not None else ()


def _passed(cases: Iterable[Case]) -> tuple[Passed, ...]:
    """What passes by something else than an approval of its own, together by what lets it in."""
    groups: dict[str, tuple[Standing, dict[str, None]]] = {}
    for case in cases:
        by = case.judgement.standing
        if case.judgement.kind == "approved" and by is not None and (by.incident or not by.serial):
            groups.setdefault(by.record, (by, {}))[1][case.item.dependency.purl] = None
    return tuple([Passed(by, tuple(purls)) for by, purls in groups.values()])


def _doubts(cases: Iterable[Case], law: Law) -> tuple[list[Gap], list[Gap]]:
    """What of the fences behind what is approved cannot be told: what keeps from deciding, and what is only said."""
    fenced = [
        (case.item.dependency, case.judgement.standing)
        for case in cases
        if case.judgement.kind == "approved" and case.judgement.standing is not None and case.judgement.standing.fence
    ]
    if not fenced:
        return [], []
    from osgate.ledger.fence import doubts

    return doubts(fenced, law.known)


def _asked(range: str, dependency: Dependency) -> bool:
    """True if an approval of `range` would let `dependency` pass."""
    if not dependency.version:
        return versions.contains_native(range, dependency.requirement or "")
    return versions.covers(range, dependency.version, prereleases=False)


def _outcome(findings: list[Finding], mode: str, whole: bool, blind: bool) -> str:
    """The strictest outcome wins."""
    severities = set()
    for finding in findings:
        if not finding.waived:
            severities.add(finding.severity if binds(finding, mode, whole=whole) else "warning")
    if "error" in severities:
        return "block"
    if blind:
        return "undecided"
    return "warn" if severities else "pass"


def _order(finding: Finding) -> tuple[int, str, str, int, str]:
    rank = _FIRST.get(finding.rule, len(_FIRST)) if finding.severity == "error" else len(_FIRST) + 1
    return rank, finding.rule, finding.path, finding.line, finding.purl
