"""The verdict for a person at a terminal, in the order people need it: what, where, why, who, what to do."""

from __future__ import annotations

from osgate import patterns
from osgate.model.finding import SLUGS
from osgate.model.record import replace
from osgate.reports import detail, endings, words
from osgate.text.width import display_width, pad, printable, truncate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from osgate.model.change import Introduced
    from osgate.model.finding import Finding
    from osgate.model.verdict import Verdict
    from osgate.reports.context import Context
    from osgate.text.translator import Translator

# Findings shown in full; the rest get a line each, so that the screen stays readable.
FULL = 5
# Findings listed at all; a report in a file holds every one.
LISTED = 100
# Columns of free text. Commands and places are never broken: they are for copying.
COLUMNS = 110
# Columns that a name may take in a line that tells all, and those that this line has whatever its place takes.
NAMED, LEAST = 36, 100
# The column at which a headline says what is new.
NEW_AT = 84
# One word or one wide character, with the spaces before it and the punctuation that opens or closes it.
_WIDE = r"\u2e80-\uffef\U00020000-\U0003ffff"
_PIECE = rf" *[（“]*(?:[^ {_WIDE}]+|[{_WIDE}])[，。、；：）！？”…]*"
_COLOURS = {"error": "31;1", "warning": "33;1", "pass": "32;1", "quiet": "2", "run": "36"}


def render(verdict: Verdict, t: Translator, context: Context) -> str:
    """Return the whole report, ending with a newline."""
    lines: list[str] = []
    items, holding = detail.by_place(verdict), endings.holders(verdict)
    groups = _groups([_as_it_counts(finding, verdict) for finding in words.open_findings(verdict)])
    full = [[finding] for group in groups for finding in group] if context.verbose else groups[:FULL]
    for group in full:
        place = _place(group[0])
        new = "" if verdict.whole or place not in items else t(f"change.{items[place].change}")
        lines += [*_block(group, items.get(place), holding.get(place), new, t, context), ""]
    rest = [] if context.verbose else [finding for group in groups[FULL:] for finding in group]
    lines += [_one_line(finding, t, context) for finding in rest[:LISTED]]
    if len(rest) > LISTED:
        lines.append(t.count("terminal.more", len(rest) - LISTED))
    lines += [t.count("terminal.short", min(len(rest), LISTED)), ""] if rest else []
    lines += [line for key, text, kind in _remarks(verdict, t) for line in _note(key, text, kind, t, context)]
    lines += _summary(verdict, t, context)
    return "\n".join(map(_harmless, lines)) + "\n"


def _groups(found: list[Finding]) -> list[list[Finding]]:
    """The findings of each dependency together, in the order of their first; one about a file stands alone."""
    groups: dict[object, list[Finding]] = {}
    for at, finding in enumerate(found):
        groups.setdefault(_place(finding) if finding.purl else at, []).append(finding)
    return list(groups.values())


def _place(finding: Finding) -> tuple[str, str, int]:
    return finding.purl, finding.path, finding.line


def _as_it_counts(finding: Finding, verdict: Verdict) -> Finding:
    """The finding with the severity it has here: in a whole tree most of what is old only warns."""
    return finding if words.binding(finding, verdict) else replace(finding, severity="warning")


def _harmless(line: str) -> str:
    """Return `line` with nothing in it that a forge's runner would obey when it reads the log.

    GitHub's takes `::name::` after leading spaces, and `##[name]` anywhere (actions/runner, ActionCommand.cs).
    """
    line = line.replace("##[", "##\\u{5b}")
    bare = line.lstrip()
    return line.replace("::", "\\u{3a}:", 1) if bare.startswith("::") else line


def _remarks(verdict: Verdict, t: Translator) -> Iterator[tuple[str, str, str]]:
    """What is said beside the findings: label, text and colour."""
    excused = list(words.waived(verdict))
    for finding, waiver in excused[:LISTED]:
        excuse = printable(detail.excuse(waiver, t))
        said = t("waived.line", said=words.sentence(finding, t), place=words.place(finding), excuse=excuse)
        yield "terminal.waived", said, "quiet"
    if len(excused) > LISTED:
        yield "terminal.waived", t.count("waived.more", len(excused) - LISTED), "quiet"
    for said in words.passed(verdict, t):
        yield "terminal.passed", said, "quiet"
    if verdict.baselined:
        yield "terminal.gap", t.count("baseline.covers", len(verdict.baselined)), "quiet"
    for path in verdict.deleted:
        yield "terminal.deleted", printable(path), "quiet"
    for gap in verdict.gaps:
        yield "terminal.gap", words.gap(gap, t), "quiet"
    for said in words.of_facts(verdict, t):
        yield "terminal.facts", said, "quiet"
    for gap in verdict.missing:
        yield "terminal.missing", words.gap(gap, t), "warning"


def paint(text: str, kind: str, style: Context) -> str:
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


def _note(key: str, text: str, kind: str, t: Translator, style: Context) -> list[str]:
    """One labelled remark, later lines indented."""
    lines = folded(t("terminal.line", label=t(key), text=text), COLUMNS - 2)
    return [paint(line if at == 0 else f"  {line}", kind, style) for at, line in enumerate(lines)]


def _block(
    group: list[Finding],
    item: Introduced | None,
    holder: Finding | None,
    change: str,
    t: Translator,
    style: Context,
) -> Iterator[str]:
    """What is said of one dependency: the worst in full, all else in a line each."""
    finding, *others = group
    new = paint(change, "quiet", style)
    head = _head(finding, SLUGS[finding.rule], t)
    first, *more = folded(t("terminal.line", label=head, text=words.sentence(finding, t)))
    beside = not more and display_width(first) < NEW_AT
    shown = paint(head, finding.severity, style) + pad(first, NEW_AT if beside else 0)[len(head) :]
    yield f"{shown} {new}".rstrip() if beside else shown
    yield from (f"  {line}" for line in folded(" ".join(more), COLUMNS - 2))
    if words.in_change(finding):
        place = f"  --> {words.place(finding)}"
        yield place if beside else f"{place}   {new}".rstrip()
    also = [_in_short(other, _beside(other, holder, t), t) for other in others]
    for label, text, kind in detail.lines(finding, item, t, holder, also):
        yield from _line(t("label." + label), printable(text), kind, t, style)


def _beside(finding: Finding, holder: Finding | None, t: Translator) -> str:
    """What else is said of a dependency; of what a request would clear by itself, what stands before that."""
    said = words.sentence(finding, t, family="brief")
    if holder is None or finding.rule not in endings.REQUESTABLE:
        return said
    asked = detail.command(finding, holder.rule).startswith("osgate request")
    return t("also.waits" if asked else "also.held", said=said)


def _in_short(finding: Finding, said: str, t: Translator) -> str:
    return t("terminal.line", label=_head(finding, "", t), text=said)


def _line(label: str, text: str, kind: str, t: Translator, style: Context) -> Iterator[str]:
    """A labelled line below a finding: a command in one piece, everything else folded."""
    if kind:
        yield "   = " + t("terminal.line", label=label, text=paint(text, kind, style))
        return
    first, *more = folded(t("terminal.line", label=label, text=text), COLUMNS - 5)
    yield f"   = {first}"
    yield from (f"     {line}" for line in more)


def _head(finding: Finding, slug: str, t: Translator) -> str:
    return f"{t('severity.' + finding.severity)}[{finding.rule}{' ' if slug else ''}{slug}]"


def _one_line(finding: Finding, t: Translator, style: Context) -> str:
    """What is wrong, its decisive words never cut away, and where."""
    head, place = _head(finding, "", t), f"  {words.place(finding)}" if words.in_change(finding) else ""
    said = words.sentence(finding, t, family="brief" if words.in_change(finding) else "rule")
    if finding.purl:
        told = detail.subject(finding)
        said = t(
            "terminal.brief", what=truncate(printable(told["what"]), NAMED), type=printable(told["type"]), said=said
        )
    said = truncate(_in_short(finding, said, t), max(LEAST, COLUMNS - display_width(place)))
    return f"{paint(head, finding.severity, style)}{said[len(head) :]}{place}"


def _summary(verdict: Verdict, t: Translator, style: Context) -> Iterator[str]:
    outcome = verdict.would or verdict.outcome
    kind = {"block": "error", "undecided": "warning", "warn": "warning", "pass": "pass"}[outcome]
    said = words.outcome(verdict, t) + words.snapshot(verdict, t)
    lines = folded(t("terminal.line", label="osgate", text=said), COLUMNS - 2)
    yield paint("osgate", kind, style) + lines[0].removeprefix("osgate")
    yield from (f"  {line}" for line in lines[1:])
    run = detail.common_command(verdict, staged=style.staged)
    if run:
        yield from _line(t("label.run"), run, "run", t, style)
        yield from _line(t("label.clears"), detail.common_clears(verdict, t), "", t, style)
