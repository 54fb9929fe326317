"""A check run on a commit: what the ruleset of a branch can ask for from one app alone, with notes beside the lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from osgate.forges import fields
from osgate.forges.github import answers
from osgate.forges.github.client import Client, Json
from osgate.model.record import record

# What one request takes, and the characters of a summary and of an annotation's title. Source: GitHub's REST reference.
AT_ONCE, SUMMARY, TITLE = 50, 65_535, 255
# Annotations of one check, so that it takes three requests at most.
MOST = 150
# Conclusions, and levels from the worst on.
CONCLUSIONS = ("success", "failure", "neutral", "action_required")
FAILURE, WARNING, NOTICE = LEVELS = ("failure", "warning", "notice")


@record
class Annotation:
    """A note beside a line. path: in the repository; line: from 1; level: one of LEVELS."""

    path: str
    line: int
    level: str
    message: str
    title: str = ""


@record
class Published:
    """A check run that stands. hidden: annotations that it does not show."""

    id: str
    url: str
    hidden: int


@record
class Said:
    """What a check run says. cut: what its summary adds about the number of annotations that it does not show; details:
    a page to go on to."""

    name: str
    title: str
    summary: str
    cut: Callable[[int], str] = str
    details: str = ""


def publish(
    client: Client,
    repo: tuple[str, ...],
    sha: str,
    said: Said,
    annotations: Iterable[Annotation],
    conclusion: str,
    most: int = MOST,
) -> Published:
    """Put a finished check run on a commit.

    annotations: the worst are shown, at most `most`, and where levels are equal in the order given. conclusion: one of
    CONCLUSIONS; it counts as finished only with the last of its annotations. Raises Forbidden where we are no app with
    `checks: write`: a person's token never may.
    """
    ordered = sorted(annotations, key=lambda one: LEVELS.index(one.level))
    rows, hidden = [_row(one) for one in ordered[:most]], max(0, len(ordered) - most)
    summary = _fitting(said.summary, f"\n\n{said.cut(hidden)}\n" if hidden else "")
    parts = [rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE)] or [[]]
    outputs = [
        {"title": said.title[:TITLE], "summary": summary, **({"annotations": part} if part else {})} for part in parts
    ]
    over = {"status": "completed", "conclusion": conclusion}
    begun: Json = {"name": said.name, "head_sha": sha, "output": outputs[0]}
    begun |= {"details_url": said.details} if said.details else {}
    place = (*repo, "check-runs")
    row = client.post(*place, body=begun | (over if len(outputs) == 1 else {"status": "in_progress"}))
    id, url = client.read(lambda row: (answers.ident(row), fields.text(row, "html_url", default="")), row, *place)
    for n, output in enumerate(outputs[1:], 2):
        last = over if n == len(outputs) else {"status": "in_progress"}
        client.patch(*place, id, body={"output": output, **last})
    return Published(id, url, hidden)


def _row(one: Annotation) -> dict[str, Any]:
    line = max(1, one.line)
    row = {"path": one.path, "start_line": line, "end_line": line, "annotation_level": one.level}
    return {**row, "message": one.message, **({"title": one.title[:TITLE]} if one.title else {})}


def _fitting(summary: str, end: str) -> str:
    """Return both in what a summary may hold: characters, and bytes to be sure."""
    room = SUMMARY - len(end.encode())
    kept = summary.encode()[:room].decode(errors="ignore") if len(summary.encode()) > room else summary
    return kept + end
