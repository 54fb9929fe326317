"""The verdict for a person at a terminal, in the order people need it: what, where, why, who, what to do."""

from __future__ import annotations

from osgate.model.change import Gap
from osgate.model.finding import SLUGS, Finding
from osgate.model.record import record
from osgate.reports import detail
from osgate.text.width import pad, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from osgate.model.verdict import Verdict
    from osgate.text.translator import Translator

# Findings shown in full; the rest get a line each, so that the screen stays readable.
FULL = 5
# Findings listed at all; a report in a file holds every one.
LISTED = 100


@record
class Style:
    """colour: ANSI colours may be used. verbose: every finding in full. staged: the commit hook's form of commands."""

    colour: bool = False
    verbose: bool = False
    staged: bool = True


_COLOURS = {"error": "31;1", "warning": "33;1", "pass": "32;1", "quiet": "2", "run": "36"}


def render(verdict: Verdict, t: Translator, style: Style) -> str:
    """Return the whole report, ending with a newline."""
    lines: list[str] = []
    full = len(verdict.findings) if style.verbose else FULL
    for finding in verdict.findings[:full]:
        lines += [*_block(finding, verdict, t, style), ""]
    rest = verdict.findings[full:]
    lines += [_one_line(finding, t, style) for finding in (rest if style.verbose else rest[:LISTED])]
    if len(rest) > LISTED and not style.verbose:
        lines.append(t.count("terminal.more", len(rest) - LISTED))
    lines += [""] if rest else []
    lines += [f"{t('terminal.deleted')}: {printable(path)}" for path in verdict.deleted]
    lines += [f"{t('terminal.gap')}: {_gap(gap, t)}" for gap in verdict.gaps]
    lines += [paint(f"{t('terminal.missing')}: {_gap(gap, t)}", "warning", style) for gap in verdict.missing]
    lines += _summary(verdict, t, style)
    return "\n".join(lines) + "\n"


def paint(text: str, kind: str, style: Style) -> str:
    """Return `text` in the colour of its kind, where colours may be used."""
    return f"\x1b[{_COLOURS[kind]}m{text}\x1b[0m" if style.colour else text


def _block(finding: Finding, verdict: Verdict, t: Translator, style: Style) -> Iterator[str]:
    slug = SLUGS[finding.rule]
    head = f"{t('severity.' + finding.severity)}[{finding.rule} {slug}]"
    said = printable(t(f"rule.{finding.rule}", **detail.subject(finding), **_words(finding, t)))
    item = detail.introduced(finding, verdict)
    new = t(f"change.{item.change}") if item else ""
    yield f"{paint(head, finding.severity, style)}: {pad(said, 64)} {paint(new, 'quiet', style)}".rstrip()
    place = printable(finding.path) + (f":{finding.line}" if finding.line else "")
    yield f"  --> {place}"
    for label, text, kind in detail.lines(finding, item, verdict, t, staged=style.staged):
        shown = printable(text)
        yield f"   = {t('label.' + label)}: {paint(shown, kind, style) if kind else shown}"


def _words(finding: Finding, t: Translator) -> dict[str, object]:
    """Params of a finding with the words for its codes put in."""
    params = dict(finding.params)
    if "reason" in params and finding.rule in ("OSG301", "OSG302"):
        params["reason"] = t(f"unreadable.{params['reason']}", **detail.spelled(params))
    if "why" in params:
        params["why"] = t(f"why.{params['why']}")
    return detail.spelled(params)


def _one_line(finding: Finding, t: Translator, style: Style) -> str:
    head = paint(f"{t('severity.' + finding.severity)}[{finding.rule}]", finding.severity, style)
    said = t(f"rule.{finding.rule}", **detail.subject(finding), **_words(finding, t))
    return f"{head}: {printable(said)}  {printable(finding.path)}:{finding.line}"


def _gap(gap: Gap, t: Translator) -> str:
    reason, _, cause = gap.reason.partition(":")
    params = {"subject": gap.subject, **dict(gap.params)}
    inner = {"cause": t(f"error.{cause}", **params)} if cause else {}
    prefix = "error." if "." in reason else "gap."
    return printable(t(prefix + reason, **{**params, **inner}))


def _summary(verdict: Verdict, t: Translator, style: Style) -> Iterator[str]:
    introduced = len(verdict.introduced)
    stopped = {f.purl or f.path for f in verdict.findings if f.severity == "error"}
    outcome = verdict.would or verdict.outcome
    kind = {"block": "error", "undecided": "warning", "warn": "warning", "pass": "pass"}[outcome]
    said = t.count(f"summary.{outcome}", introduced, stopped=len(stopped))
    if verdict.would and verdict.would != "pass":
        said = f"{t('summary.observed')} {said}"
    yield f"{paint('osgate', kind, style)}: {said}{_stamp(verdict, t)}"
    run = detail.common_command(verdict, staged=style.staged)
    if run:
        yield f"   = {t('label.run')}: {paint(run, 'run', style)}"
        yield f"   = {t('label.clears')}: {t('clears.decided')}"


def _stamp(verdict: Verdict, t: Translator) -> str:
    if verdict.stamp is None:
        return ""
    return " " + t("summary.snapshot", serial=verdict.stamp.serial, age=age(verdict.stamp.age, t))


def age(seconds: int, t: Translator) -> str:
    """Return how long ago something was, in the largest unit that fits."""
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= size:
            return t.count(f"age.{unit}", seconds // size)
    return t("age.now")
