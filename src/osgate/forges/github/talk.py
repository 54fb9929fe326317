"""All that was said in one conversation, in as few questions as it has hundreds of notes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from osgate.forges import fields
from osgate.forges.github import answers, bodies, documents
from osgate.forges.github.answers import ON_LINE, REVIEW
from osgate.forges.github.client import Client, Json
from osgate.forges.protocol import Missing, Unreachable
from osgate.model.forge import CHANGE, Conversation, Note
from osgate.model.record import record, replace

_KINDS = {CHANGE: "PullRequest"}
_PAGES = 5000
_PENDING = "PENDING"


@record
class Said:
    """A note, and its node id; for one that starts a thread, that thread's too. folded: it is hidden on the page."""

    note: Note
    node: str
    thread: str = ""
    folded: bool = False


def said(client: Client, project: str, at: Conversation, met: Callable[[Any], None]) -> Iterator[Said]:
    """Yield all notes, no drafts, each once, in no order that counts. project: its node id; met: takes who we are.

    Raises Missing where there is no such conversation, or one of the other kind.
    """
    after: dict[str, str | None] = {"comments": None, "reviews": None, "threads": None}
    seen: set[str] = set()
    for _ in range(_PAGES):
        data = bodies.asked(client, documents.NOTES, project=project, number=at.number, **after)
        row = conversation(client, data, at)
        met(data.get("viewer"))
        for one in client.read(lambda row: list(_rows(client, row)), row, "graphql"):
            if one.note.id not in seen:
                seen.add(one.note.id)
                yield one
        if not client.read(lambda row: _onward(row, after), row, "graphql"):
            return
    raise Unreachable("forge.strange", address=client.api, detail=f"over {_PAGES} pages")


def conversation(client: Client, data: Json, at: Conversation) -> Json:
    """Return the issue or pull request that was asked for. Raises Missing where it is none, or not of that kind."""
    found = client.read(lambda data: (data["node"] or {}).get("issueOrPullRequest"), data, "graphql")
    if not isinstance(found, dict) or found.get("__typename") != _KINDS.get(at.kind, "Issue"):
        raise Missing("forge.missing", what=f"{at.project}#{at.number}", detail="")
    return found


def _lists(row: Json) -> dict[str, Json]:
    """The lists of a conversation by the name of their cursor; an issue has one of them."""
    named = {"comments": "comments", "reviews": "reviews", "threads": "reviewThreads"}
    return {name: row[field] for name, field in named.items() if field in row}


def _onward(row: Json, after: dict[str, str | None]) -> bool:
    """Move the cursors; return whether a list goes on. One that has ended stays at its end."""
    lists = _lists(row)
    for name, one in lists.items():
        after[name] = one["pageInfo"]["endCursor"] or after[name]
    return any(one["pageInfo"]["hasNextPage"] is True for one in lists.values())


def _rows(client: Client, row: Json) -> Iterator[Said]:
    lists = _lists(row)
    for one in lists["comments"]["nodes"]:
        yield Said(answers.said(one), fields.text(one, "id"), folded=one.get("isMinimized") is True)
    for one in lists["reviews"]["nodes"] if "reviews" in lists else ():
        if one["state"] != _PENDING and one["body"]:
            yield Said(answers.said(one, REVIEW), fields.text(one, "id"))
    for one in lists["threads"]["nodes"] if "threads" in lists else ():
        yield from _thread(client, one)


def _thread(client: Client, row: Any) -> Iterator[Said]:
    """Yield the notes of a thread, which is called by its first."""
    node, first = fields.text(row, "id"), ""
    line = row["line"] if row["line"] is not None else row["originalLine"]
    for one in _in_thread(client, node, row["comments"]):
        if one["state"] == _PENDING:
            continue
        note = answers.said(one, ON_LINE)
        first = first or note.id
        at = answers.number({"line": line}, "line") if line is not None else 0
        note = replace(note, thread=first, path=fields.text(row, "path"), line=at, resolved=row["isResolved"] is True)
        yield Said(note, fields.text(one, "id"), node, one.get("isMinimized") is True)


def _in_thread(client: Client, node: str, comments: Any) -> Iterator[Any]:
    for _ in range(_PAGES):
        yield from comments["nodes"]
        if comments["pageInfo"]["hasNextPage"] is not True:
            return
        after = comments["pageInfo"]["endCursor"]
        comments = bodies.asked(client, documents.THREAD, thread=node, after=after)["node"]["comments"]
