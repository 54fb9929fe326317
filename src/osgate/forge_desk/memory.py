"""What the desk remembers of a forge from round to round: how far it has looked, what it has to come back to.

Kept as a small JSON blob in the policy repository. It saves looking: nobody is believed for what stands in it, and
losing it costs a longer look.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from osgate.io.git_write import Repository
from osgate.model.forge import CHANGE, ISSUE, Conversation
from osgate.model.record import record

REF = "refs/osgate/heard"
SCHEMA = "osgate.heard/1"
# Bytes of the blob that are read; entries of each list that are kept.
_LARGEST, _MOST = 4 << 20, 2000
_NOTHING: Mapping[Any, Any] = {}


@record
class Memory:
    """issues, changes: up to when each list was looked at, by the forge's clock; empty for never.

    again: conversations that could not be heard or answered. waiting, passed: open changes that were held up, or not,
    when last judged, as (project, number) -> the head that was. places: where requests are decided, id -> number of an
    issue in the policy project. untold: ids of requests whose issue is not up to date.
    """

    issues: str = ""
    changes: str = ""
    again: tuple[Conversation, ...] = ()
    waiting: Mapping[tuple[str, int], str] = _NOTHING
    places: Mapping[str, int] = _NOTHING
    untold: tuple[str, ...] = ()
    passed: Mapping[tuple[str, int], str] = _NOTHING


def load(repository: Repository) -> Memory:
    """Return what is kept; an empty memory where nothing is, or where it is damaged."""
    oid = dict(repository.refs(REF)).get(REF)
    try:
        data = repository.blobs([oid], _LARGEST)[oid] if oid else None
        return _read(json.loads(data)) if data else Memory()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return Memory()


def save(repository: Repository, memory: Memory) -> None:
    """Keep `memory`. Raises GitFailed, and RefMoved where somebody else keeps theirs at the same moment."""
    old = dict(repository.refs(REF)).get(REF)
    made = repository.write_blob(json.dumps(_written(memory), sort_keys=True).encode())
    if made != old:
        repository.update_ref(REF, made, old)


def _read(found: Any) -> Memory:
    if found["schema"] != SCHEMA:
        return Memory()
    places = {str(id): int(number) for id, number in found["places"].items()}
    return Memory(
        str(found["issues"]),
        str(found["changes"]),
        tuple(_place(*place) for place in found["again"]),
        _heads(found["waiting"]),
        places,
        tuple(map(str, found["untold"])),
        _heads(found["passed"]),
    )


def _heads(rows: Any) -> dict[tuple[str, int], str]:
    return {(str(project), int(number)): str(head) for project, number, head in rows}


def _place(kind: str, project: str, number: int) -> Conversation:
    return Conversation(str(project), int(number), ISSUE if kind == ISSUE else CHANGE)


def _written(memory: Memory) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "issues": memory.issues,
        "changes": memory.changes,
        "again": _last([at.kind, at.project, at.number] for at in memory.again),
        "waiting": _last([project, number, head] for (project, number), head in memory.waiting.items()),
        "passed": _last([project, number, head] for (project, number), head in memory.passed.items()),
        "places": dict(_last(memory.places.items())),
        "untold": _last(memory.untold),
    }


def _last(items: Iterable[Any]) -> list[Any]:
    return list(items)[-_MOST:]
