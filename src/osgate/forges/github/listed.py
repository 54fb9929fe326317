"""What comes in long lists: open pull requests of a group, issues of a project, commits of a change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from osgate.forges import fields
from osgate.forges.github import answers, bodies, documents
from osgate.forges.github.client import Client, Json
from osgate.forges.protocol import Forbidden, Missing, Unreachable
from osgate.model.forge import Change, Issue
from osgate.model.record import record

# Repositories of one question. GitHub gives up on questions that are much larger.
_AT_ONCE = 50
_PAGES = 5000
# Pages of a hundred commits whose authors are looked at: anybody may push more than a server is asked for.
_COMPARED = 50


@record
class Compared:
    """base: the commit where two branches part. authors: addresses, and accounts as `github:ID`, that the commits of
    the second one name; whole: no commit was left out."""

    base: str
    authors: tuple[str, ...]
    whole: bool


def opened(client: Client, group: str, since: str) -> Iterator[Change]:
    """Yield the open pull requests of an owner, of one repository (`owner/name`), or of all we can see (empty).

    since: once a repository's list is older, no more of it is asked for. A repository whose pull requests are hidden
    from us is overlooked; raises Forbidden where all of them are.
    """
    places = [client.read(_place, row) for row in _repositories(client, group)]
    refused: dict[str, Forbidden] = {}
    for start in range(0, len(places), _AT_ONCE):
        part = dict(places[start : start + _AT_ONCE])
        for url, row in zip(part.values(), _asked(client, part, None, refused), strict=True):
            # What went away in between is null.
            if row and url not in refused:
                yield from _of_repository(client, row, url, since, refused)
    if refused and len(refused) == len(places):
        raise next(iter(refused.values()))
    for url in refused:
        client.overlook(url)


def _place(row: Any) -> tuple[str, str]:
    return fields.text(row, "node_id"), fields.text(row, "html_url")


def _asked(client: Client, places: dict[str, str], after: str | None, refused: dict[str, Forbidden]) -> list[Json]:
    """Return a page of each repository, null for none. places: node id -> url; refused: takes the hidden ones."""
    urls = list(places.values())

    def hidden(path: list[Any], why: Forbidden) -> None:
        refused[client.read(lambda path: urls[path[1]], path, "graphql")] = why

    data = client.ask(documents.OPENED, hidden=hidden, projects=list(places), after=after)
    rows = data.get("nodes")
    if not isinstance(rows, list) or len(rows) != len(urls):
        raise Unreachable("forge.strange", address=client.api, detail="no list")
    return rows


def _of_repository(client: Client, row: Json, url: str, since: str, refused: dict[str, Forbidden]) -> Iterator[Change]:
    for _ in range(_PAGES):
        found, cursor = client.read(_changes, row, "graphql")
        yield from found
        if not cursor or found[-1].updated < since:
            return
        node = client.read(lambda row: fields.text(row, "id"), row, "graphql")
        (row,) = _asked(client, {node: url}, cursor, refused)
        if not row or url in refused:
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


def issues(client: Client, project: str, node: str, since: str, states: tuple[str, ...] = ()) -> Iterator[Issue]:
    """Yield issues, the oldest update first. project: its id; node: its node id; states: GraphQL's words, any if empty.

    A cursor stands behind an instant and a row, so what is updated meanwhile moves to the end and nothing is left out.
    """
    after, seen = None, set[tuple[int, str]]()
    for _ in range(_PAGES):
        asked = {"since": since or None, "states": list(states) or None}
        data = bodies.asked(client, documents.ISSUES, project=node, after=after, **asked)
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


def compared(client: Client, repo: tuple[str, ...], since: str, head: str) -> Compared:
    """Return where `head` and `since` part, and who has written the commits from there to `head`."""
    place, base, authors, page, count = (*repo, "compare", f"{since}...{head}"), "", set[str](), 0, 1
    while page * 100 < count and page < _COMPARED:
        page += 1
        row = client.get(*place, page=page, per_page=100)
        base, named, count = client.read(_compared, row, *place)
        authors |= named
    return Compared(base, tuple(sorted(authors)), page * 100 >= count)


def _compared(row: Any) -> tuple[str, set[str], int]:
    named = set[str]().union(*(answers.authors(commit) for commit in row["commits"]))
    return fields.text(row["merge_base_commit"], "sha"), named, answers.number(row, "total_commits")


def _cursor(page: Any) -> str:
    """Return where a list goes on; empty at its end."""
    return fields.text(page["pageInfo"], "endCursor") if page["pageInfo"]["hasNextPage"] is True else ""
