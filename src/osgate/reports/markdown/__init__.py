"""The verdict as a comment: what a reviewer has to decide, on what grounds, and the one next step.

A comment begins with a marker, by which it is found again and left alone as long as nothing in it would change. Names
and texts of others stand in code spans only (osgate.reports.markdown.text).
"""

from __future__ import annotations

from osgate.model.record import replace
from osgate.reports import words
from osgate.reports.markdown import rows, sections
from osgate.reports.markdown.marker import ROOM, SETTLED, ended, intact, marked, read_marker
from osgate.reports.markdown.text import code, link, units
from osgate.text.translator import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from osgate.model.verdict import Stamp, Verdict
    from osgate.reports.context import Context
    from osgate.reports.markdown.rows import Row
    from osgate.text.translator import Translator

    # Makes a part when it is needed.
    Part = Callable[[], str]

# Characters that a comment may have, its marker included (GitHub); a job summary and GitLab take more.
LIMIT = 65_536
# Rows of a comment's table; the rest are counted.
ROWS = 30
# The part of the room that the table may take, so that the next step and some details always fit.
_TABLE = 0.6
# Folded parts without room, after which none is likely to have it.
_ENOUGH = ROWS
# Params of gaps that only tell how old something is.
_AGES = frozenset(("hours", "days", "minutes", "seconds", "age"))

__all__ = ("LIMIT", "ROWS", "headline", "intact", "on_line", "quiet", "read_marker", "render", "told")


def render(verdict: Verdict, t: Translator, context: Context) -> str:
    """Return the comment, at most `context.limit` or LIMIT characters with its marker, ending with a newline.

    With `context.also` the comment is told twice, in t's language above. The marker's digest covers all that a reader
    sees but the snapshot's serial and age: where it is the one of the comment that is there, nothing has to be written.
    """
    room = (context.limit or LIMIT) - ROOM - 32
    lasting = told(_ageless(verdict), t, context, room)
    return marked(told(verdict, t, context, room), lasting, _ending(verdict, context))


def told(verdict: Verdict, t: Translator, context: Context, room: int) -> str:
    """Return the comment without its marker, at most `room` characters."""
    if context.also is None:
        return _comment(verdict, t, context, room - 1) + "\n"
    parted = "\n\n---\n\n"
    half = (room - units(parted) - 1) // 2
    below = replace(context, request_url=context.also_request_url or context.request_url)
    return _comment(verdict, t, context, half) + parted + _comment(verdict, context.also, below, half) + "\n"


def headline(verdict: Verdict, t: Translator, context: Context) -> str:
    """Return how it ended in one sentence, as plain text."""
    return _said(verdict, rows.rows(verdict), t, context)


def on_line(row: Row, verdict: Verdict, t: Translator) -> str:
    """Return what is said at the line that a row is about: what is wrong, and who settles it."""
    return rows.told(row, verdict, t)


def quiet(verdict: Verdict) -> bool:
    """Return whether there is nothing to tell but that all is well."""
    return (verdict.would or verdict.outcome) == "pass"


def _ending(verdict: Verdict, context: Context) -> str:
    """The outcome as the marker has it: what observing would have stopped is not settled."""
    return ended(verdict.outcome, context.earlier) if quiet(verdict) else verdict.outcome


def _ageless(verdict: Verdict) -> Verdict:
    """The verdict without what changes by itself from one run to the next."""
    lasting = [tuple((key, "" if key in _AGES else value) for key, value in gap.params) for gap in verdict.gaps]
    gaps = tuple(replace(gap, params=params) for gap, params in zip(verdict.gaps, lasting, strict=True))
    sources = tuple(replace(source, age=-1) for source in verdict.sources)
    return replace(verdict, stamp=None, gaps=gaps, sources=sources)


def _comment(verdict: Verdict, t: Translator, context: Context, room: int) -> str:
    """The comment in one language."""
    foot = _foot(verdict, t, context)
    found, silent = rows.rows(verdict), quiet(verdict)
    excused, unseen = sections.excused(verdict, t, context), sections.unseen(verdict, t, sources=not silent)
    if silent:
        head = _head(verdict, found, t, context)
        return _fitting([f"<sub>{head}{foot}</sub>"], [excused, unseen], "", room, t)
    table, left = _table(verdict, found, t, context, int(room * _TABLE))
    missing = "\n".join(f"- {words.gap(gap, t, code)}" for gap in verdict.missing)
    must = [f"### {_head(verdict, found, t, context)}", table, left, missing]
    must.append(sections.next_step(verdict, found, t, context))
    details = sections.about(found[: context.rows or ROWS], verdict, t, context)
    may: list[str | Part] = [excused, unseen, *details[:1], sections.passing(verdict, t), *details[1:]]
    return _fitting(must, may, f"<sub>osgate{foot}</sub>", room, t)


def _table(verdict: Verdict, found: list[Row], t: Translator, context: Context, room: int) -> tuple[str, str]:
    """The table of the worst rows that fit, and how many are left out."""
    lines: list[str] = []
    size = units(rows.table_head(t))
    for row in found[: context.rows or ROWS]:
        lines.append(rows.line(row, verdict, t, context))
        size += units(lines[-1]) + 1
        if size > room:
            lines.pop()
            break
    more = len(found) - len(lines)
    report = link(t("rows.report"), context.report_url)
    left = t.count("rows.more", more, report=report) if more else ""
    return "\n".join([rows.table_head(t), *lines]) if lines else "", left


def _fitting(must: Iterable[str], may: Iterable[str | Part], foot: str, room: int, t: Translator) -> str:
    """Put the parts together; of those that `may` be there the ones that fit, in their order, the others counted.

    After _ENOUGH that did not fit no more are made.
    """
    parts = [part for part in must if part]
    dropped = 0
    left = room - sum(units(part) + 2 for part in parts) - units(foot) - units(t.count("details.dropped", 10**6)) - 2
    for made in (one for one in may if one):
        part = made if isinstance(made, str) else made() if dropped < _ENOUGH else ""
        if part and units(part) + 2 <= left:
            parts.append(part)
            left -= units(part) + 2
        else:
            dropped += 1
    parts += [t.count("details.dropped", dropped)] if dropped else []
    return "\n\n".join([*parts, foot] if foot else parts)


def _head(verdict: Verdict, found: list[Row], t: Translator, context: Context) -> str:
    """How it ended, in the words of a headline."""
    return t("terminal.line", label="osgate", text=_said(verdict, found, t, context))


def _said(verdict: Verdict, found: list[Row], t: Translator, context: Context) -> str:
    outcome, introduced = verdict.outcome, len(verdict.introduced)
    if verdict.mode == "observe" or verdict.whole or outcome == "warn":
        return words.outcome(verdict, t)
    if outcome == "block":
        return _blocked([row for row in found if row.level == "error"], introduced, t)
    if outcome == "undecided":
        return t("head.undecided")
    said = words.outcome(verdict, t)
    return t("head.settled", said=said) if _ending(verdict, context) == SETTLED else said


def _blocked(stopping: list[Row], introduced: int, t: Translator) -> str:
    files = sum(not row.findings[0].purl for row in stopping)
    dependencies = sum(row.size for row in stopping) - files
    if not files:
        return t.count("head.blocked", dependencies, introduced=introduced)
    if not dependencies:
        return t.count("head.files", files)
    return t.count("head.both", dependencies, introduced=introduced, files=files)


def _foot(verdict: Verdict, t: Translator, context: Context) -> str:
    """What was read, for whoever wants to know: each part with the sign that parts it from the one before."""
    parts = [t("foot.project", project=code(verdict.project))] if verdict.project else []
    parts += [t("foot.snapshot", **_stamp(verdict.stamp, context))] if verdict.stamp else []
    lacking = "no-libraries" if words.without_libraries(verdict) else "not-evaluated"
    parts += [t.count(f"foot.{lacking}", len(verdict.unevaluated))] if verdict.unevaluated else []
    rules = dict.fromkeys(finding.rule for finding in verdict.findings)
    parts += [f"`osgate explain {next(iter(rules))}`"] if rules else []
    return "".join(f" · {part}" for part in parts)


def _stamp(stamp: Stamp, context: Context) -> dict[str, object]:
    """The snapshot's serial, when it was made, and its anchor."""
    anchor = stamp.anchor.partition(":")[2][:12]
    return {"serial": stamp.serial, "issued": moment(stamp.issued, context.offset), "anchor": code(anchor)}
