"""The verdict as workflow commands, which a runner of GitHub Actions turns into annotations.

Everything is escaped as the runner unescapes it (actions/runner, ActionCommand.cs), so one line is one command. A step
shows ten annotations of a level: the worst come first, the rest are counted.
"""

from __future__ import annotations

from osgate.model.finding import SLUGS
from osgate.reports import detail, endings, words
from osgate.text.width import printable, truncate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from osgate.model.finding import Finding
    from osgate.model.verdict import Verdict
    from osgate.reports.context import Context
    from osgate.text.translator import Translator

    # Level, properties in the order they are written, message.
    Command = tuple[str, dict[str, str], str]

# Annotations of one level that a step shows.
SHOWN = 10
# Columns of a line of an annotation.
_COLUMNS = 400


def render(verdict: Verdict, t: Translator, context: Context) -> str:
    """Return one command a line, ending with a newline: errors, warnings, and one notice with the outcome."""
    commands = [*_undecided(verdict, t), *_findings(verdict, t), *_gaps(verdict, t)]
    shown = [c for level in ("error", "warning") for c in [c for c in commands if c[0] == level][:SHOWN]]
    said = [words.outcome(verdict, t) + words.snapshot(verdict, t)]
    left = hidden(verdict)
    said += [t.count("report.left-out", left)] if left else []
    excused = len(list(words.waived(verdict)))
    said += [t.count("waived.count", excused)] if excused else []
    said += [t.count("baseline.covers", len(verdict.baselined))] if verdict.baselined else []
    notice: Command = ("notice", {"title": "osgate"}, "\n".join(said))
    return "".join(_written(*command) + "\n" for command in (*shown, notice))


def command(level: str, said: str) -> str:
    """Return one command, as render writes it. level: `error`, `warning` or `notice`."""
    return _written(level, {"title": "osgate"}, said)


def hidden(verdict: Verdict) -> int:
    """Return how much of what is wrong has no annotation."""
    levels = ["error"] * len(verdict.missing) + ["warning"] * len(verdict.gaps)
    levels += [words.level(finding, verdict) for finding in words.open_findings(verdict)]
    return sum(max(0, levels.count(level) - SHOWN) for level in ("error", "warning"))


def _undecided(verdict: Verdict, t: Translator) -> Iterator[Command]:
    for gap in verdict.missing:
        yield "error", {"title": f"osgate {t('terminal.missing')}"}, words.gap(gap, t)


def _gaps(verdict: Verdict, t: Translator) -> Iterator[Command]:
    for gap in verdict.gaps:
        yield "warning", {"title": f"osgate {t('terminal.gap')}"}, words.gap(gap, t)


def _findings(verdict: Verdict, t: Translator) -> Iterator[Command]:
    found = words.open_findings(verdict)
    for finding, message in zip(found, messages(found, verdict, t), strict=True):
        yield words.level(finding, verdict), _where(finding), message


def messages(findings: Iterable[Finding], verdict: Verdict, t: Translator) -> Iterator[str]:
    """Yield what is said beside the line of each of some findings of a verdict."""
    items, holding = detail.by_place(verdict), endings.holders(verdict)
    for finding in findings:
        place = (finding.purl, finding.path, finding.line)
        lines = [words.sentence(finding, t)]
        for label, text, _ in detail.lines(finding, items.get(place), t, holding.get(place)):
            said = truncate(printable(text), _COLUMNS)
            lines.append(t("terminal.line", label=t(f"label.{label}"), text=said))
        yield "\n".join(lines)


def title(finding: Finding) -> str:
    """Return what stands above that: the rule."""
    return f"{finding.rule} {SLUGS[finding.rule]}"


def _where(finding: Finding) -> dict[str, str]:
    line = {"line": str(finding.line)} if finding.line else {}
    return {"file": printable(finding.path), **line, "title": title(finding)}


def _written(name: str, properties: dict[str, str], message: str) -> str:
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {given}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
