"""The verdict for a person at a terminal, in the order people need it: what, where, why, who, what to do."""

from __future__ import annotations

from osgate import patterns
from osgate.model.finding import SLUGS, Finding
from osgate.model.record import record
from osgate.reports import detail
from osgate.text.width import display_width, pad, printable, truncate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from osgate.model.change import Gap, Introduced
    from osgate.model.verdict import Verdict
    from osgate.text.translator import Translator

# Findings shown in full; the rest get a line each, so that the screen stays readable.
FULL = 5
# Findings listed at all; a report in a file holds every one.
LISTED = 100
# Columns of free text. Commands and places are never broken: they are for copying.
COLUMNS = 110
# The column at which a headline says what is new.
NEW_AT = 84
# One word or one wide character, with the spaces before it and the punctuation that opens or closes it.
_WIDE = r"\u2e80-\uffef\U00020000-\U0003ffff"
_PIECE = rf" *[（“]*(?:[^ {_WIDE}]+|[{_WIDE}])[，。、；：）！？”…]*"


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
    items, holding = detail.by_place(verdict), detail.held(verdict)
    full = len(verdict.findings) if style.verbose else FULL
    for finding in verdict.findings[:full]:
        place = (finding.purl, finding.path, finding.line)
        lines += [*_block(finding, items.get(place), holding.get(place, ""), t, style), ""]
    rest = verdict.findings[full:]
    lines += [_one_line(finding, t, style) for finding in rest[:LISTED]]
    if len(rest) > LISTED:
        lines.append(t.count("terminal.more", len(rest) - LISTED))
    lines += [""] if rest else []
    for path in verdict.deleted:
        lines += _note("terminal.deleted", printable(path), "quiet", t, style)
    for gap in verdict.gaps:
        lines += _note("terminal.gap", _gap(gap, t), "quiet", t, style)
    for gap in verdict.missing:
        lines += _note("terminal.missing", _gap(gap, t), "warning", t, style)
    lines += _summary(verdict, t, style)
    return "\n".join(lines) + "\n"


def paint(text: str, kind: str, style: Style) -> str:
    """Return `text` in the colour of its kind, where colours may be used."""
    return f"\x1b[{_COLOURS[kind]}m{text}\x1b[0m" if style.colour and text else text


def folded(text: str, columns: int = COLUMNS) -> list[str]:
    """Break `text` into lines of at most `columns`: between words and wide characters, inside a word where it must."""
    if display_width(text) <= columns:
        return [text] if text else []
    lines, line = [], ""
    for piece in patterns.findall(_PIECE, text):
        if line and display_width(line + piece) > columns:
            lines.append(line)
            line = piece.lstrip(" ")
        else:
            line += piece
        while display_width(line) > columns:
            lines.append(truncate(line, columns, ""))
            line = line[len(lines[-1]) :]
    return [*lines, line] if line else lines


def _note(key: str, text: str, kind: str, t: Translator, style: Style) -> list[str]:
    """One labelled remark, later lines indented."""
    lines = folded(t("terminal.line", label=t(key), text=text), COLUMNS - 2)
    return [paint(line if at == 0 else f"  {line}", kind, style) for at, line in enumerate(lines)]


def _block(finding: Finding, item: Introduced | None, holder: str, t: Translator, style: Style) -> Iterator[str]:
    new = paint(t(f"change.{item.change}"), "quiet", style) if item else ""
    head = _head(finding, SLUGS[finding.rule], t)
    first, *more = folded(t("terminal.line", label=head, text=_sentence(finding, t)))
    beside = not more and display_width(first) < NEW_AT
    shown = paint(head, finding.severity, style) + pad(first, NEW_AT if beside else 0)[len(head) :]
    yield f"{shown} {new}".rstrip() if beside else shown
    yield from (f"  {line}" for line in folded(" ".join(more), COLUMNS - 2))
    place = f"  --> {_place(finding)}"
    yield place if beside else f"{place}   {new}".rstrip()
    for label, text, kind in detail.lines(finding, item, t, holder):
        yield from _line(t("label." + label), printable(text), kind, t, style)


def _line(label: str, text: str, kind: str, t: Translator, style: Style) -> Iterator[str]:
    """A labelled line below a finding: a command in one piece, everything else folded."""
    if kind:
        yield "   = " + t("terminal.line", label=label, text=paint(text, kind, style))
        return
    first, *more = folded(t("terminal.line", label=label, text=text), COLUMNS - 5)
    yield f"   = {first}"
    yield from (f"     {line}" for line in more)


def _head(finding: Finding, slug: str, t: Translator) -> str:
    return f"{t('severity.' + finding.severity)}[{finding.rule}{' ' if slug else ''}{slug}]"


def _place(finding: Finding) -> str:
    return printable(finding.path) + (f":{finding.line}" if finding.line else "")


def _sentence(finding: Finding, t: Translator) -> str:
    """What the rule complains about, with the words for its codes put in."""
    params = dict(finding.params)
    if finding.rule in ("OSG301", "OSG302"):
        params["reason"] = t(f"unreadable.{params['reason']}", **detail.spelled(params))
    if finding.rule == "OSG102":
        params["why"] = t(f"why.{params['why']}")
    return printable(t(f"rule.{finding.rule}", **{**detail.spelled(params), **detail.subject(finding)}))


def _one_line(finding: Finding, t: Translator, style: Style) -> str:
    head, place = _head(finding, "", t), _place(finding)
    said = t("terminal.line", label=head, text=_sentence(finding, t))
    said = truncate(said, max(COLUMNS // 2, COLUMNS - display_width(place) - 2))
    return f"{paint(head, finding.severity, style)}{said[len(head) :]}  {place}"


def _gap(gap: Gap, t: Translator) -> str:
    reason, _, cause = gap.reason.partition(":")
    params: dict[str, object] = {"subject": gap.subject, **dict(gap.params)}
    if cause:
        params["cause"] = t(f"error.{cause}", **params)
    elif reason == "before-unreadable":
        params["reason"] = t(f"unreadable.{params['reason']}", **params)
    return printable(t(("error." if "." in reason else "gap.") + reason, **params))


def _summary(verdict: Verdict, t: Translator, style: Style) -> Iterator[str]:
    outcome = verdict.would or verdict.outcome
    kind = {"block": "error", "undecided": "warning", "warn": "warning", "pass": "pass"}[outcome]
    said = _outcome(outcome, verdict, t)
    if verdict.would and verdict.would != "pass":
        said = t("summary.observed", outcome=said)
    lines = folded(t("terminal.line", label="osgate", text=said + _stamp(verdict, t)), COLUMNS - 2)
    yield paint("osgate", kind, style) + lines[0].removeprefix("osgate")
    yield from (f"  {line}" for line in lines[1:])
    run = detail.common_command(verdict, staged=style.staged)
    if run:
        yield from _line(t("label.run"), run, "run", t, style)
        yield from _line(t("label.clears"), detail.common_clears(verdict, t), "", t, style)


def _outcome(outcome: str, verdict: Verdict, t: Translator) -> str:
    introduced = len(verdict.introduced)
    if outcome in ("block", "warn"):
        severity = "error" if outcome == "block" else "warning"
        count = sum(finding.severity == severity and not finding.waived for finding in verdict.findings)
        return t.count(f"summary.{outcome}", count, introduced=introduced)
    if outcome == "pass" and not introduced:
        return t("summary.nothing")
    return t.count(f"summary.{outcome}", introduced)


def _stamp(verdict: Verdict, t: Translator) -> str:
    if verdict.stamp is None:
        return ""
    return t("summary.snapshot", serial=verdict.stamp.serial, age=age(verdict.stamp.age, t))


def age(seconds: int, t: Translator) -> str:
    """Return how long ago something was, in the largest unit that fits."""
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= size:
            return t.count(f"age.{unit}", seconds // size)
    return t("age.now")
