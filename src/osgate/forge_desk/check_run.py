"""The verdict as a check run: a conclusion that one app alone can give, with the comment as its summary and the worst
findings beside their lines."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import partial

from osgate.forges import check_runs
from osgate.forges.check_runs import LEVELS, MOST, Annotation, Said
from osgate.model.decision import Standing
from osgate.model.finding import Finding
from osgate.model.record import replace
from osgate.model.verdict import Verdict
from osgate.reports import detail, github, markdown, words
from osgate.reports.context import Context
from osgate.text.translator import Translator
from osgate.text.width import printable, truncate

# Bytes of a summary: GitHub takes 65,535, and what is said of annotations that are not shown comes on top. A character
# takes up to three of them.
ROOM, WIDEST = 64_000, 3
# Columns of a title.
TITLE = 255
# A warning is no failure: `neutral` satisfies a required check as `success` does, and is seen as something else.
# Source: GitHub's documentation, "About protected branches", required status checks.
_CONCLUSIONS = {
    "pass": check_runs.SUCCESS,
    "warn": check_runs.NEUTRAL,
    "block": check_runs.FAILED,
    "undecided": check_runs.FAILED,
}
_LEVELS = {"error": check_runs.FAILURE, "warning": check_runs.WARNING, "note": check_runs.NOTICE}


def conclusion(verdict: Verdict, waits: bool) -> str:
    """Return how the check run ends. waits: nobody but reviewers has something to do."""
    return check_runs.ACTION if waits and verdict.outcome == "block" else _CONCLUSIONS[verdict.outcome]


def told(
    name: str, title: str, page: str, verdict: Verdict, t: Translator, context: Context
) -> tuple[Said, tuple[Annotation, ...]]:
    """Return what the check run `name` says, as a whole and beside lines. title: one sentence; page: to go on to.

    Its key is the same as long as nothing changes but the age of the snapshot.
    """
    summary = _summary(verdict, t, replace(context, earlier=""))
    marker, found = markdown.read_marker(summary), _found(verdict)
    notes = tuple(_annotations(found[:MOST], verdict, t))
    lasting = [name, title, page, marker.digest if marker else summary, len(found)]
    key = _digest([*lasting, *([one.path, one.line, one.level, one.message] for one in notes)])
    reason = words.gap(verdict.missing[0], t) if verdict.outcome == "undecided" and verdict.missing else title
    text, cut = summary.partition("\n")[2], partial(_hidden, (t, context.also))
    return Said(name, truncate(reason, TITLE), text, cut, len(found) - len(notes), page, key), notes


def _summary(verdict: Verdict, t: Translator, context: Context) -> str:
    """The comment, marker first, in the bytes that there are."""
    text = markdown.render(verdict, t, replace(context, limit=ROOM))
    if len(text.encode(errors="replace")) <= ROOM:
        return text
    return markdown.render(verdict, t, replace(context, limit=ROOM // WIDEST))


def _found(verdict: Verdict) -> list[tuple[str, Finding]]:
    """The findings about files with their levels, the worst first."""
    found = [(_LEVELS[words.level(finding, verdict)], finding) for finding in verdict.findings if finding.path]
    return sorted(found, key=lambda pair: LEVELS.index(pair[0]))


def _annotations(found: list[tuple[str, Finding]], verdict: Verdict, t: Translator) -> Iterator[Annotation]:
    """A note for each: as a job tells it, or of what is waived by whom and why. Without a line it is at the first."""
    told = github.messages([finding for _, finding in found], verdict, t)
    behind = {finding.fingerprint: by for finding, by in words.waived(verdict)}
    for (level, finding), message in zip(found, told, strict=True):
        by = behind.get(finding.fingerprint) if finding.waived else None
        said = message if by is None else _waived(finding, by, t)
        yield Annotation(printable(finding.path), finding.line, level, said, github.title(finding))


def _waived(finding: Finding, by: Standing, t: Translator) -> str:
    said, excuse = words.sentence(finding, t), printable(detail.excuse(by, t))
    return t("waived.line", said=said, place=words.place(finding), excuse=excuse)


def _hidden(languages: tuple[Translator | None, ...], hidden: int) -> str:
    return "\n".join(t.count("check.hidden", hidden) for t in languages if t is not None)


def _digest(said: object) -> str:
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]
