"""A check run on a commit: what the ruleset of a branch can ask for from one app alone, with notes beside the lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from osgate.forges import fields
from osgate.forges.check_runs import LEVELS, MOST, Annotation, Published, Said
from osgate.forges.github import answers
from osgate.forges.github.client import Client, Json

# What one request takes, and the characters of a summary and of an annotation's title. Source: GitHub's REST reference.
AT_ONCE, SUMMARY, TITLE = 50, 65_535, 255
# Rows that are looked at for the newest: of each name there is one for an app, or for a run of a workflow.
_ROWS = 100


def publish(
    client: Client,
    repo: tuple[str, ...],
    sha: str,
    said: Said,
    annotations: Iterable[Annotation],
    conclusion: str,
    ours: str = "",
) -> Published:
    """Put a finished check run on a commit, see `Checks.publish_check`: it counts as finished only with the last of its
    annotations, of which MOST are shown. ours: our login; a person's token never may.
    """
    ordered = sorted(annotations, key=lambda one: LEVELS.index(one.level))
    rows, hidden = [_row(one) for one in ordered[:MOST]], said.left + max(0, len(ordered) - MOST)
    place, newest = (*repo, "check-runs"), _newest(client, repo, sha, said.name, ours) if said.key else None
    if newest is not None and (newest.get("external_id"), newest.get("conclusion")) == (said.key, conclusion):
        return client.read(lambda row: _published(row, hidden, new=False), newest, *place)
    summary = _fitting(said.summary, f"\n\n{said.cut(hidden)}\n" if hidden else "")
    parts = [rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE)] or [[]]
    outputs = [
        {"title": said.title[:TITLE], "summary": summary, **({"annotations": part} if part else {})} for part in parts
    ]
    begun, over = _begun(sha, said), {"status": "completed", "conclusion": conclusion}
    states = [{"status": "in_progress"}] * (len(outputs) - 1) + [over]
    row = client.post(*place, body={**begun, "output": outputs[0], **states[0]})
    made = client.read(lambda row: _published(row, hidden), row, *place)
    for output, state in zip(outputs[1:], states[1:], strict=True):
        client.patch(*place, made.id, body={"output": output, **state})
    return made


def _begun(sha: str, said: Said) -> Json:
    told = {"details_url": said.details, "external_id": said.key}
    return {"name": said.name, "head_sha": sha, **{name: value for name, value in told.items() if value}}


def _published(row: Any, hidden: int, *, new: bool = True) -> Published:
    return Published(answers.ident(row), fields.text(row, "html_url", default=""), hidden, new)


def _newest(client: Client, repo: tuple[str, ...], sha: str, name: str, ours: str) -> Json | None:
    """Return the newest check run of a name that our own app has put on a commit."""

    def newest(answer: Any) -> Json | None:
        found = [row for row in answer["check_runs"] if f"{(row.get('app') or {}).get('slug')}[bot]" == ours]
        return max(found, key=lambda row: answers.number(row, "id"), default=None)

    place = (*repo, "commits", sha, "check-runs")
    return client.read(newest, client.get(*place, check_name=name, filter="latest", per_page=_ROWS), *place)


def _row(one: Annotation) -> dict[str, Any]:
    line = max(1, one.line)
    row = {"path": one.path, "start_line": line, "end_line": line, "annotation_level": one.level}
    return {**row, "message": one.message, **({"title": one.title[:TITLE]} if one.title else {})}


def _fitting(summary: str, end: str) -> str:
    """Return both in what a summary may hold: characters, and bytes to be sure."""
    room = SUMMARY - len(end.encode())
    kept = summary.encode()[:room].decode(errors="ignore") if len(summary.encode()) > room else summary
    return kept + end
