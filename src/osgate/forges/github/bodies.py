"""Questions whose answers hold what people wrote, at whatever length: whole, or in parts where that is too large."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from osgate.forges import fields
from osgate.forges.github import documents
from osgate.forges.github.client import Client, Json
from osgate.forges.session import TooLarge

# Texts of one question; GitHub takes a hundred, of which each may be as long as it lets people write.
_AT_ONCE = 50
# Texts that are left out before the server counts as one that answers nothing else.
_OVERLOOKED = 100
_TEXT = "lastEditedAt"


def asked(client: Client, document: str, **variables: Any) -> Json:
    """Return the `data` of a document that takes `$bodies`.

    Where it is too large to be read it is asked for without the texts, and they are fetched fewer and fewer at a time.
    One that is too large by itself is left out of its list, and named in `Client.overlooked`.
    """
    try:
        return client.ask(document, bodies=True, **variables)
    except TooLarge:
        data = client.ask(document, bodies=False, **variables)
    lists = list(_lists(data))
    wanted = {id: url for one in lists for id, url in client.read(_named, one, "graphql")}
    texts = _fetched(client, list(wanted.items()))
    for one in lists:
        one[:] = [{**row, **texts[row["id"]]} for row in one if row and row["id"] in texts]
    return data


def _lists(data: Any) -> Iterator[list[Any]]:
    """Yield the lists of an answer that are lists of texts."""
    todo = [data]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            todo += one.values()
        elif isinstance(one, list):
            todo += one
            if any(isinstance(row, dict) and _TEXT in row for row in one):
                yield one


def _named(rows: Any) -> list[tuple[str, str]]:
    return [(fields.text(row, "id"), fields.text(row, "url")) for row in rows if row]


def _fetched(client: Client, wanted: list[tuple[str, str]]) -> dict[str, Json]:
    """Return what is told of texts by their ids; none of what was deleted. wanted: ids, and addresses for people."""
    found: dict[str, Json] = {}
    parts = [wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE)]
    while parts:
        part = parts.pop()
        try:
            data = client.ask(documents.TEXTS, ids=[id for id, _ in part])
        except TooLarge:
            if len(part) == 1 and len(client.overlooked) >= _OVERLOOKED:
                raise
            half = len(part) // 2
            if half:
                parts += [part[:half], part[half:]]
            else:
                client.overlook(part[0][1])
            continue
        found |= client.read(_by_id, data, "graphql")
    return found


def _by_id(data: Any) -> dict[str, Json]:
    return {fields.text(row, "id"): row for row in data["nodes"] if row}
