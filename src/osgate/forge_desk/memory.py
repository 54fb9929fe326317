"""What the desk remembers of a forge from round to round: how far it has looked, what it has to come back to.

Kept as a small JSON blob in the policy repository, signed by the desk: whoever may push there could otherwise have it
believe that it has looked already. Losing it costs a longer look, and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from osgate.errors import Refused
from osgate.intake_desk.sealing import signed
from osgate.io.git_write import Repository
from osgate.ledger import codec, history, signatures
from osgate.ledger.signatures import SNAPSHOT
from osgate.model.forge import CHANGE, ISSUE, Change, Conversation
from osgate.model.record import record

REF = "refs/osgate/heard"
SCHEMA = "osgate.heard/1"
# Bytes of the blob that are read; entries of each list that are kept.
_LARGEST, MOST = 8 << 20, 10_000
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_NOTHING: Mapping[Any, Any] = {}


@record
class Memory:
    """issues, changes: up to when each list was looked at, by the forge's clock; empty for never.

    again: conversations that could not be heard or answered. waiting, passed: open changes that were held up, or not,
    when last judged, as (project, number) -> `seen`. beside: changes whose head another one holds up, as (project,
    number) -> that one's number. places: where requests are decided, id -> number of an issue in the policy
    project. untold: ids of requests whose issue is not up to date. due: changes whose checks are to be run again, as
    (project, number) -> (head, serial): once readers find a snapshot with that serial.

    told, policy: serial of the ledger, and digest of the policy, whose news were told last; unchecked: changes that
    these news may turn and that were not judged since, as (project, number). answers: our notes that answer -> the note
    each of them answers. slowed: accounts that were told to wait for their turn. comments: ids of
    our comments on changes, whatever somebody made of them since.
    """

    issues: str = ""
    changes: str = ""
    again: tuple[Conversation, ...] = ()
    waiting: Mapping[tuple[str, int], str] = _NOTHING
    places: Mapping[str, int] = _NOTHING
    untold: tuple[str, ...] = ()
    passed: Mapping[tuple[str, int], str] = _NOTHING
    due: Mapping[tuple[str, int], tuple[str, int]] = _NOTHING
    told: int = 0
    policy: str = ""
    unchecked: tuple[tuple[str, int], ...] = ()
    answers: Mapping[str, str] = _NOTHING
    slowed: tuple[str, ...] = ()
    comments: Mapping[tuple[str, int], str] = _NOTHING
    beside: Mapping[tuple[str, int], int] = _NOTHING


def seen(change: Change) -> str:
    """Return what of a change a verdict is about: its head, a blank, and the branch it goes to."""
    return f"{change.head} {change.target}"


def load(repository: Repository, key: str) -> Memory:
    """Return what is kept; an empty one where nothing is, or what the desk with the public `key` did not sign."""
    oid = dict(repository.refs(REF)).get(REF)
    try:
        data = repository.blobs([oid], _LARGEST)[oid] if oid else None
        return _read(_signed(json.loads(data), key)) if data else Memory()
    except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError, RecursionError, Refused):
        return Memory()


def _signed(found: Any, key: str) -> Any:
    """What the desk signed. Raises Refused."""
    if signatures.verify(history.signature_value(found["signature"]), codec.signed_bytes(found), SNAPSHOT) != key:
        raise Refused("signature.wrong")
    return found


def save(repository: Repository, memory: Memory, sign: Callable[[bytes], str]) -> None:
    """Keep `memory`. sign: the desk's signer. Raises GitFailed, and RefMoved where somebody else keeps theirs at the
    same moment."""
    old = dict(repository.refs(REF)).get(REF)
    made = repository.write_blob(json.dumps(signed(_written(memory), sign), sort_keys=True).encode())
    if made != old:
        repository.update_ref(REF, made, old)


def _read(found: Any) -> Memory:
    if found["schema"] != SCHEMA:
        return Memory()
    places = {str(id): int(number) for id, number in found["places"].items()}
    return Memory(
        _instant(found["issues"]),
        _instant(found["changes"]),
        tuple(_place(*place) for place in found["again"]),
        _heads(found["waiting"]),
        places,
        tuple(map(str, found["untold"])),
        _heads(found["passed"]),
        {(str(project), int(number)): (str(head), int(serial)) for project, number, head, serial in found["due"]},
        int(found["told"]),
        str(found["policy"]),
        tuple((str(project), int(number)) for project, number in found["unchecked"]),
        {str(ours): str(note) for ours, note in found["answers"].items()},
        tuple(map(str, found["slowed"])),
        _heads(found["comments"]),
        {(str(project), int(number)): int(other) for project, number, other in found["beside"]},
    )


def _instant(told: str) -> str:
    """An instant, or none yet. Raises ValueError."""
    if told and not _INSTANT.fullmatch(told):
        raise ValueError(told)
    return told and datetime.fromisoformat(told).strftime("%Y-%m-%dT%H:%M:%SZ")


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
        "beside": _last([project, number, other] for (project, number), other in memory.beside.items()),
        "waiting": _last([project, number, head] for (project, number), head in memory.waiting.items()),
        "comments": _last([project, number, note] for (project, number), note in memory.comments.items()),
        "passed": _last([project, number, head] for (project, number), head in memory.passed.items()),
        "due": _last([project, number, *found] for (project, number), found in memory.due.items()),
        "places": dict(_last(memory.places.items())),
        "untold": _last(memory.untold),
        "told": memory.told,
        "policy": memory.policy,
        "unchecked": _last(map(list, memory.unchecked)),
        "answers": dict(_last(memory.answers.items())),
        "slowed": _last(memory.slowed),
    }


def _last(items: Iterable[Any]) -> list[Any]:
    return list(items)[-MOST:]
