"""What every report says in the same words: what a finding is about, what was not seen, and how it ends."""

from __future__ import annotations

from osgate.model.finding import binds
from osgate.reports import detail
from osgate.text.width import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from osgate.model.decision import Standing
    from osgate.model.fact import FactSource
    from osgate.model.finding import Finding
    from osgate.model.gap import Gap
    from osgate.model.verdict import Verdict
    from osgate.text.translator import Translator

    # Makes a value that somebody else chose (a name, a path, an address) safe for a surface.
    Shown = Callable[[str], str]

# Names that a sentence lists; the machines' formats have all.
NAMES = 20
# Params that are lists of names, joined as the language does it.
_LISTS = ("ids", "like", "addresses")
# Rules about files whose reason is a key below `unreadable.`.
_UNREADABLE = ("OSG301", "OSG302")


def sentence(finding: Finding, t: Translator, shown: Shown = printable, family: str = "rule") -> str:
    """Return what the rule complains about: `rule.<id>`, or `brief.<id>` where the subject stands beside it.

    shown: what is done to each value that is not osgate's own word.
    """
    return t(f"{family}.{finding.rule}", **_given(finding, t, shown))


def _given(finding: Finding, t: Translator, shown: Shown) -> dict[str, object]:
    """The finding's params as a sentence takes them: codes of ours in words, everything else made safe."""
    params = detail.spelled(finding.params)
    given = {key: shown(value) if isinstance(value, str) else value for key, value in params.items()}
    told = detail.subject(finding)
    given |= {key: shown(value) for key, value in told.items()}
    given |= {key: _listed(params, key, t, shown) for key in _LISTS if isinstance(finding.params.get(key), list)}
    given["type"] = told["type"] if told["type"].isalnum() else given["type"]
    if finding.rule in _UNREADABLE:
        given["reason"] = t(f"unreadable.{params['reason']}", **given)
    if finding.rule == "OSG401":
        given["what"] = t(f"own.{params['what']}", **given)
    if "why" in params:
        given["why"] = t(f"why.{params['why']}")
    if "scope" in params:
        given["scope"] = t(f"scope.{params['scope']}")
    if finding.rule[3] in "567":
        from osgate.text.fact_words import spelled

        given |= spelled(finding, t, shown)
    given |= {key: t("step.nothing") for key in ("declared", "locked") if params.get(key) == ""}
    return given


def _listed(params: Mapping[str, object], key: str, t: Translator, shown: Shown) -> str:
    return t("join.names").join(shown(name) for name in str(params[key]).split(", "))


def gap(gap: Gap, t: Translator, shown: Shown = printable) -> str:
    """Return what osgate could not see, or what of its own data is missing, and why."""
    reason, _, cause = gap.reason.partition(":")
    params = {"subject": shown(gap.subject), **{key: shown(value) for key, value in gap.params}}
    if params.get("fact") in detail.FACTS:
        params["fact"] = t(f"fence.{params['fact']}")
    if reason == "untold":
        pairs = (pair.split("=") for pair in dict(gap.params)["facts"].split(";"))
        params["facts"] = t("join.items").join(f"{t(f'fact-name.{name}')} {count}" for name, count in pairs)
    if "unknown" in params:
        params["unknown"] = t.known(f"unknown.{dict(gap.params)['unknown']}", "unknown.any", **params)
    if cause:
        params["cause"] = t(f"error.{cause}", **params)
    elif "reason" in params:
        params["reason"] = t(f"unreadable.{dict(gap.params)['reason']}", **params)
    return t(("error." if "." in reason else "gap.") + reason, **params)


def binding(finding: Finding, verdict: Verdict) -> bool:
    """True if the finding can block: in a whole tree most of what is old does not."""
    return binds(finding, verdict.mode, whole=verdict.whole)


def level(finding: Finding, verdict: Verdict) -> str:
    """Return how loud a finding is where a level has consequences: `error` only where it does block, `note` if excused.

    A report that a forge counts must not turn a passing check red.
    """
    if finding.waived:
        return "note"
    blocks = finding.severity == "error" and verdict.mode != "observe" and binding(finding, verdict)
    return "error" if blocks else "warning"


def open_findings(verdict: Verdict) -> list[Finding]:
    """Return the findings that no waiver lifts, the worst first."""
    return [finding for finding in verdict.findings if not finding.waived]


def waived(verdict: Verdict) -> Iterator[tuple[Finding, Standing]]:
    """Yield the findings that a waiver lifts, each with it."""
    behind = dict(verdict.waivers)
    for finding in verdict.findings:
        if finding.waived and finding.fingerprint in behind:
            yield finding, behind[finding.fingerprint]


def passed(verdict: Verdict, t: Translator, shown: Shown = printable) -> Iterator[str]:
    """Yield what passes and not by an approval of its own, with what lets it in, a sentence for each of those."""
    for one in verdict.passed:
        names = [shown(detail.named(purl)) for purl in one.purls[:NAMES]]
        more = [t.count("passed.more", len(one.purls) - NAMES)] if len(one.purls) > NAMES else []
        by = one.by
        yield t(
            f"passed.{one.how}",
            what=t("join.items").join([*names, *more]),
            persons=t("join.names").join(map(shown, by.persons)),
            until=by.expires or t("until.open"),
            incident=shown(by.incident or "-"),
            record=detail.short_id(by.record),
            origin=shown(by.record),
            reason=shown(detail.cut(by.reason) or "-"),
        )


def of_facts(verdict: Verdict, t: Translator, shown: Shown = printable) -> Iterator[str]:
    """Yield what was not evaluated for want of facts, and where facts came from with the age of each source."""
    if verdict.unevaluated:
        for lacking, rules in _lacking(verdict.unevaluated):
            yield t.count(f"facts.{lacking}", len(rules), rules=t("join.names").join(_ranges(rules, t)))
    told = sources(verdict, t, shown)
    if told:
        yield told


def _lacking(rules: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    """Yield what is lacking with the rules that need it: the store, or of what it has beside it index and libraries."""
    if "OSG505" in rules:
        yield "not-evaluated", list(rules)
        return
    licences = [rule for rule in rules if rule.startswith("OSG6")]
    others = [rule for rule in rules if rule not in licences]
    yield from ((lacking, found) for lacking, found in (("no-index", others), ("no-libraries", licences)) if found)


def without_libraries(verdict: Verdict) -> bool:
    """True where there are facts, and only what reads licences is missing."""
    return bool(verdict.unevaluated) and all(rule.startswith("OSG6") for rule in verdict.unevaluated)


def _ranges(rules: Iterable[str], t: Translator) -> Iterator[str]:
    """Yield ids of rules, those in a row as the first and the last: `OSG501-OSG509`."""
    rows: list[list[str]] = []
    for rule in sorted(rules):
        if rows and int(rule[3:]) == int(rows[-1][-1][3:]) + 1:
            rows[-1].append(rule)
        else:
            rows.append([rule])
    for row in rows:
        yield t("facts.range", first=row[0], last=row[-1][3:]) if len(row) > 1 else row[0]


def sources(verdict: Verdict, t: Translator, shown: Shown = printable) -> str:
    """Return where facts came from, with the age of each source; without those that a finding calls too old."""
    stale = {finding.path for finding in verdict.findings if not in_change(finding)}
    found = [source for source in verdict.sources if source.name not in stale]
    told = [_source(source, t, shown) for source in found[:NAMES]]
    more = len(found) - NAMES
    return t("join.items").join([*told, *([t.count("list.more", more)] if more > 0 else [])])


def _source(source: FactSource, t: Translator, shown: Shown) -> str:
    problem = t(f"facts.problem-{source.problem}") if source.problem else ""
    aged = t.count("facts.days", source.age) if source.age >= 0 else t("facts.no-age")
    return t("facts.source-bad" if problem else "facts.source", name=shown(source.name), age=aged, problem=problem)


def numbered(findings: Iterable[Finding]) -> Iterator[tuple[Finding, str]]:
    """Yield each finding with a name of its own: the fingerprint, with a number from the second place in a file on.

    A lock can hold one component version several times, and such findings share a fingerprint. Counted is in the order
    of the verdict, by line, so that the names stay when lines move.
    """
    found = tuple(findings)
    return zip(found, unique(finding.fingerprint for finding in found), strict=True)


def unique(names: Iterable[str]) -> Iterator[str]:
    """Yield `names`, one that was there before with a number behind it: no two are equal."""
    seen: set[str] = set()
    counts: dict[str, int] = {}
    for name in names:
        made = name
        while made in seen:
            counts[name] = counts.get(name, 1) + 1
            made = f"{name}#{counts[name]}"
        seen.add(made)
        yield made


def outcome(verdict: Verdict, t: Translator) -> str:
    """Return how it ended, in one sentence; under `observe`, how it would have."""
    said = _outcome(verdict.would or verdict.outcome, verdict, t)
    return t("summary.observed", outcome=said) if verdict.would not in ("", "pass") else said


def _outcome(outcome: str, verdict: Verdict, t: Translator) -> str:
    introduced = len(verdict.introduced)
    tree = "tree-" if verdict.whole else ""
    if outcome in ("block", "warn"):
        counted = [f for f in open_findings(verdict) if (outcome == "block") == _blocks(f, verdict)]
        return t.count(f"summary.{tree}{outcome}", len(counted), introduced=introduced)
    if outcome == "pass" and not introduced:
        return t("summary.nothing")
    excused = outcome == "pass" and (verdict.baselined or any(finding.waived for finding in verdict.findings))
    ended = "excused" if excused else "otherwise" if outcome == "pass" and verdict.passed else outcome
    return t.count(f"summary.{tree}{ended}", introduced)


def _blocks(finding: Finding, verdict: Verdict) -> bool:
    return finding.severity == "error" and binding(finding, verdict)


def snapshot(verdict: Verdict, t: Translator) -> str:
    """Return which snapshot was read and how old it is, as an ending of the sentence before; empty for none."""
    if verdict.stamp is None:
        return ""
    anchor = f"{verdict.stamp.serial}:{detail.short_id(verdict.stamp.anchor)}"
    return t("summary.snapshot", anchor=anchor, age=age(verdict.stamp.age, t))


def age(seconds: int, t: Translator) -> str:
    """Return how long ago something was, in the largest unit that fits."""
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= size:
            return t.count(f"age.{unit}", seconds // size)
    return t("age.now")


def in_change(finding: Finding) -> bool:
    """False for what is about a source of facts, which is no file of the change."""
    return finding.rule != "OSG708"


def place(finding: Finding, shown: Shown = printable) -> str:
    """Return path and line, or the path alone where no line is known."""
    return shown(finding.path + (f":{finding.line}" if finding.line else ""))
