"""Weighing what waits: which records count, which are set aside and why, which wait for another. Pure.

A record counts when its bytes are what its id says, its signature is by a key of the person it names, valid now, and
the person may do what it says: holds the role, is not the requester and not an author of the change, decides once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from osgate.errors import Refused
from osgate.intake_desk import witnessed
from osgate.intake_desk.verbs import ALONE, VERBS, Desk, No, Outside, clipped
from osgate.ledger import codec, history, lines, records, signatures
from osgate.ledger.fold import Sealed
from osgate.model.policy import Person, Policy
from osgate.model.record import record, replace
from osgate.policy.shape import complaints

# A stated time may lie this far ahead of ours: clocks differ, time zones are forgotten.
AHEAD = timedelta(hours=24)
# What a record waits for is sealed within this time of its stating, or the record is refused.
PATIENCE = timedelta(days=30)
# Bytes of the largest record: a closure of ten thousand components takes about half.
LARGEST = 4 << 20
# Of what is wrong with one record this much is told; a hostile one may have hundreds of thousands of mistakes.
TOLD = 20
# Refusals of a record that nobody is known to have signed: its id is not to be believed either.
_UNPROVEN = frozenset(
    (
        "unreadable",
        "malformed",
        "edited",
        "person-unknown",
        "signature-wrong",
        "key-not-theirs",
        "witness-unknown",
    )
)
# What is named comes before what names it, so that a batch may hold both.
_ORDER = tuple(VERBS)


@record
class Candidate:
    """A record that waits. place: branch and path it came from, for messages."""

    place: str
    data: bytes


@record
class Refusal:
    """A candidate that does not count. code: key below `refusal.`.

    subject: its id, the digest of its bytes where no known person signed it, or a branch with its commit.
    """

    subject: str
    place: str
    code: str
    params: dict[str, Any]


@record
class Weighed:
    """accepted: to be sealed, in order. refused: set aside for good. held: may count once what they name is sealed."""

    accepted: tuple[Sealed, ...]
    refused: tuple[Refusal, ...]
    held: tuple[Refusal, ...]


def weigh(
    candidates: Iterable[Candidate],
    sealed: Iterable[Sealed],
    policy: Policy,
    people: Mapping[str, Person],
    now: str,
    serial: int,
    ledger: str = "",
    outside: Outside = ALONE,
) -> Weighed:
    """Weigh `candidates` against what is sealed. now: UTC instant of the seal that is being made; serial: its number.

    ledger: digest of the first seal, which tells this ledger from others with the same people; empty before there is
    one; outside: what can be asked beyond the ledger. The order of `candidates` never matters, and no content of theirs
    raises.
    """
    desk = Desk(policy, people, now, serial, ledger, {}, {}, {}, outside)
    for item in sealed:
        desk.remember(item)
    accepted: list[Sealed] = []
    refused: list[Refusal] = []
    held: list[Refusal] = []
    for candidate, body, problem in sorted(map(_read, candidates), key=_turn):
        if body is not None and body["id"] in desk.sealed:
            continue
        try:
            if body is None:
                raise problem or No("unreadable")
            item = Sealed(body, serial, now, _witness(body, desk))
        except No as no:
            proven = body is not None and no.code not in _UNPROVEN
            subject = str(body["id"]) if body is not None and proven else codec.digest(candidate.data)
            refusal = Refusal(subject, candidate.place, no.code, no.params)
            if not no.held:
                refused.append(refusal)
            elif _given_up(body, now):
                refused.append(replace(refusal, code="held-too-long", params=_awaited(no)))
            else:
                held.append(refusal)
            continue
        desk.remember(item)
        accepted.append(item)
    return Weighed(tuple(accepted), tuple(refused), tuple(held))


def _given_up(body: dict[str, Any] | None, now: str) -> bool:
    """True of a record stated so long ago that nobody will seal what it waits for."""
    stated = str(body["stated_at"]) if body else now
    return datetime.fromisoformat(stated) + PATIENCE < datetime.fromisoformat(now)


def _awaited(no: No) -> dict[str, Any]:
    """What a held record waited for, and how long."""
    return {"days": PATIENCE.days, "id": str(no.params.get("request", no.params.get("id", "-")))}


def _read(candidate: Candidate) -> tuple[Candidate, dict[str, Any] | None, No | None]:
    """The candidate with its body, or with why it has none."""
    try:
        return candidate, _parsed(candidate.data), None
    except No as no:
        return candidate, None, no


def _parsed(data: bytes) -> dict[str, Any]:
    """A record of the right form whose id fits its content; raises No for anything else."""
    if len(data) > LARGEST:
        raise No("unreadable", why="too-large", limit=LARGEST)
    try:
        body = json.loads(data, object_pairs_hook=_once)
        # The shape alone first, and only as far as it is told: each unknown key costs a search for the one meant.
        found = list(islice(complaints(body, records.SHAPE), TOLD)) or records.problems(body)[:TOLD]
    except (ValueError, RecursionError) as error:
        raise _unreadable(error) from error
    except Refused as error:
        raise No("unreadable", why="no-canonical-form", detail=error.code) from error
    if found:
        listed = [
            {
                "at": ".".join(map(str, place))[:200],
                "line": lines.line(body, place, data),
                "code": code,
                **clipped(params),
            }
            for place, code, params in found
        ]
        raise No("edited" if any(c["code"] == "edited" for c in listed) else "malformed", problems=listed)
    return dict(body)


def _unreadable(error: ValueError | RecursionError) -> No:
    """What stopped the reading: why is a key below `record-unreadable.`."""
    if isinstance(error, json.JSONDecodeError):
        return No("unreadable", why="json", line=error.lineno, column=error.colno, detail=error.msg)
    if isinstance(error, UnicodeDecodeError):
        return No("unreadable", why="not-text", detail=str(error)[:100])
    why = "nested" if isinstance(error, RecursionError) else "value"
    return No("unreadable", why=why, detail=str(error)[:100])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise No("unreadable", why="key-twice", key=key)
        found[key] = value
    return found


def _turn(read: tuple[Candidate, dict[str, Any] | None, No | None]) -> tuple[int, str, bytes, str]:
    candidate, body, _ = read
    if body is None:
        return 2 * len(_ORDER), "", candidate.data, candidate.place
    # A block or waiver comes before what confirms it, a request before what joins it.
    later = "confirms" in body or "joins" in body
    return 2 * _ORDER.index(body["verb"]) + later, body["id"], candidate.data, candidate.place


def _witness(body: dict[str, Any], desk: Desk) -> dict[str, Any]:
    """What the desk found true of an acceptable record; raises No for one that is not."""
    person = desk.people.get(body["person"]) or witnessed.guest(body, desk)
    if person is None:
        raise No("person-unknown", person=body["person"])
    key = _key(body, person, desk)
    if not person.here(desk.now):
        raise No("person-not-here", person=person.id, until=f"{person.start or '-'} .. {person.end or '-'}")
    if desk.ledger and body.get("ledger", desk.ledger) != desk.ledger:
        raise No("other-ledger", ledger=codec.short(body["ledger"]))
    # Folders and files are named by the first digits of an id; two ids that share them would share a file.
    other = desk.paths.get(codec.record_path(body))
    if other is not None:
        raise No("path-taken", id=other)
    stated = datetime.fromisoformat(body["stated_at"])
    if stated > datetime.fromisoformat(desk.now) + AHEAD:
        raise No("stated-in-future", stated=body["stated_at"])
    if "role" in body and body["role"] not in person.holds(desk.now):
        raise No("role-not-held", person=person.id, role=body["role"])
    return {"key": signatures.fingerprint(key), **VERBS[body["verb"]](body, person, desk)}


def _key(body: dict[str, Any], person: Person, desk: Desk) -> str:
    """The key that signed: the named person's own, or that of the machine which heard them at the forge; valid now. A
    git author or committer proves nothing."""
    try:
        key = signatures.verify(body["signature"]["value"], codec.signed_bytes(body), signatures.DECISION)
    except (Refused, ValueError, LookupError) as error:  # Whatever a hostile blob breaks, it breaks for itself alone.
        raise No("signature-wrong", person=person.id) from error
    if "witnessed" in body:
        witnessed.must_count(body, key, person, desk)
        return key
    now = desk.now
    own = [known for known in person.keys if known.key == key]
    if not own:
        raise No("key-not-theirs", person=person.id, key=signatures.fingerprint(key))
    why = history.key_problem(own, now)
    if why == "revoked":
        since = max(known.revoked for known in own)
        raise No("key-revoked", person=person.id, key=signatures.fingerprint(key), since=since)
    if why:
        ended = max((known.end for known in own), default="")
        raise No("key-not-valid", person=person.id, key=signatures.fingerprint(key), until=ended or "-")
    return key
