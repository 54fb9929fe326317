"""What comes in long lists: open pull requests of a group, issues of a project, commits of a change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from osgate.forges import fields
from osgate.forges.github import answers, documents
from osgate.forges.github.client import Client, Json
from osgate.forges.protocol import Forbidden, Missing, Unreachable
from osgate.model.forge import Change, Issue

# Repositories of one question. GitHub gives up on questions that are much larger.
_AT_ONCE = 50
_PAGES = 5000


def opened(client: Client, group: str, since: str) -> Iterator[Change]:
    """Yield the open pull requests of an owner, of one repository (`owner/name`), or of all we can see (empty).

    since: once a repository's list is older, no more of it is asked for.
    """
    nodes = [client.read(lambda row: fields.text(row, "node_id"), row) for row in _repositories(client, group)]
    for start in range(0, len(nodes), _AT_ONCE):
        rows = client.ask(documents.OPENED, projects=nodes[start : start + _AT_ONCE], after=None).get("nodes")
        if not isinstance(rows, list):
            raise Unreachable("forge.strange", address=client.api, detail="no list")
        # What went away in between is null.
        for row in filter(None, rows):
            yield from _of_repository(client, row, since)


def _of_repository(client: Client, row: Json, since: str) -> Iterator[Change]:
    for _ in range(_PAGES):
        found, cursor = client.read(_changes, row, "graphql")
        yield from found
        if not cursor or found[-1].updated < since:
            return
        answer = client.ask(documents.OPENED, projects=[row["id"]], after=cursor)
        row = client.read(lambda data: data["nodes"][0] or {}, answer, "graphql")
        if not row:
            return
    raise Unreachable("forge.strange", address=client.api, detail=f"over {_PAGES} pages")


def _changes(row: Any) -> tuple[list[Change], str]:
    """Return a repository's pull requests on this page, and the cursor of the next; empty where there is none."""
    project, page = str(answers.number(row, "databaseId")), row["pullRequests"]
    found = [answers.opened(project, one) for one in page["nodes"]]
    return found, _cursor(page) if found else ""


def _repositories(client: Client, group: str) -> Iterator[Json]:
    """Yield the repositories that are not archived."""
    owner, slash, name = group.partition("/")
    if slash:
        rows: Iterator[Json] = iter([client.get("repos", owner, name)])
    elif not owner:
        rows = _seen(client)
    else:
        try:
            # To the first row at once: that there is no such organisation is told by its first page.
            rows = iter(list(client.each("orgs", owner, "repos", type="all")))
        except Missing:
            rows = (row for row in _seen(client) if _owner(client, row).casefold() == owner.casefold())
    return (row for row in rows if row.get("archived") is not True)


def _seen(client: Client) -> Iterator[Json]:
    """Yield what we can see: an app where it is installed, and whoever is none what they belong to."""
    try:
        yield from client.each("installation", "repositories", within="repositories")
    except Forbidden:
        yield from client.each("user", "repos")


def _owner(client: Client, row: Json) -> str:
    return client.read(lambda row: fields.text(row["owner"], "login"), row, "user", "repos")


def issues(client: Client, project: str, node: str, since: str) -> Iterator[Issue]:
    """Yield issues, the oldest update first. project: its id; node: its node id.

    A cursor stands behind an instant and a row, so what is updated meanwhile moves to the end and nothing is left out.
    """
    after, seen = None, set[tuple[int, str]]()
    for _ in range(_PAGES):
        data = client.ask(documents.ISSUES, project=node, since=since or None, after=after)
        page = client.read(lambda data: (data["node"] or {}).get("issues"), data, "graphql")
        if not isinstance(page, dict):
            raise Missing("forge.missing", what=f"{project}/issues", detail="")
        found = client.read(lambda page: [answers.asked(project, row) for row in page["nodes"]], page, "graphql")
        for one in found:
            if (one.number, one.updated) not in seen:
                seen.add((one.number, one.updated))
                yield one
        after = client.read(_cursor, page, "graphql")
        if not after:
            return
    raise Unreachable("forge.strange", address=client.api, detail=f"over {_PAGES} pages")


def compared(client: Client, repo: tuple[str, ...], since: str, head: str) -> tuple[str, tuple[str, ...]]:
    """Return the commit where `head` and `since` part, and the addresses that the commits from there to `head` name."""
    place, base, authors = (*repo, "compare", f"{since}...{head}"), "", set[str]()
    for page in range(1, _PAGES + 1):
        row = client.get(*place, page=page, per_page=100)
        base, named, whole = client.read(_compared, row, *place)
        authors |= named
        if page * 100 >= whole:
            return base, tuple(sorted(authors))
    raise Unreachable("forge.strange", address=client.api, detail=f"over {_PAGES} pages")


def _compared(row: Any) -> tuple[str, set[str], int]:
    named = set[str]().union(*(answers.addresses(commit) for commit in row["commits"]))
    return fields.text(row["merge_base_commit"], "sha"), named, answers.number(row, "total_commits")


def _cursor(page: Any) -> str:
    """Return where a list goes on; empty at its end."""
    return fields.text(page["pageInfo"], "endCursor") if page["pageInfo"]["hasNextPage"] is True else ""
