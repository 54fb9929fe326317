"""Weighing what waits: which records count, which are set aside and why, which wait for another. Pure.

A record counts when its bytes are what its id says, its signature is by a key of the person it names, valid now, and the
person may do what it says: holds the role, is not the requester and not an author of the change, decides once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from osgate.errors import Refused
from osgate.ledger import codec, fold, records, signatures
from osgate.ledger.fold import Sealed
from osgate.model.policy import Person, Policy
from osgate.model.record import record

# A stated time may lie this far ahead of ours: clocks differ, time zones are forgotten.
AHEAD = timedelta(hours=24)
# Requests come before what answers them, so that a batch may hold both.
_ORDER = ("request", "block", "assess", "reject", "approve", "revoke", "unblock")


@record
class Candidate:
    """A record that waits. place: branch and path it came from, for messages."""

    place: str
    data: bytes


@record
class Refusal:
    """A candidate that does not count. subject: its id or place; code: key below `refusal.`."""

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


class _No(Exception):
    """Why a record does not count; held: not yet."""

    def __init__(self, code: str, held: bool = False, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.held = held
        self.params = params


@record
class _Desk:
    """What the rules for one record look at. sealed: everything sealed or accepted so far, by id."""

    policy: Policy
    people: Mapping[str, Person]
    sealed: dict[str, Sealed]
    by_request: dict[str, list[Sealed]]
    by_target: dict[str, list[Sealed]]
    now: str


def weigh(
    candidates: Iterable[Candidate],
    sealed: Iterable[Sealed],
    policy: Policy,
    people: Mapping[str, Person],
    now: str,
    serial: int,
) -> Weighed:
    """Weigh `candidates` against what is sealed. now: UTC instant of the seal that is being made; serial: its number."""
    desk = _Desk(policy, people, {}, {}, {}, now)
    for item in sealed:
        _remember(desk, item)
    accepted: list[Sealed] = []
    refused: list[Refusal] = []
    held: list[Refusal] = []
    read = [_read(candidate) for candidate in candidates]
    for candidate, body, problem in sorted(read, key=_turn):
        subject = str(body["id"]) if body and isinstance(body.get("id"), str) else candidate.place
        if subject in desk.sealed and problem is None:
            continue
        try:
            if problem is not None or body is None:
                raise problem or _No("unreadable")
            item = Sealed(body, serial, now, _witness(body, desk))
        except _No as no:
            (held if no.held else refused).append(Refusal(subject, candidate.place, no.code, no.params))
            continue
        _remember(desk, item)
        accepted.append(item)
    return Weighed(tuple(accepted), tuple(refused), tuple(held))


def _read(candidate: Candidate) -> tuple[Candidate, dict[str, Any] | None, _No | None]:
    try:
        body = json.loads(candidate.data, object_pairs_hook=_once)
    except _No as no:
        return candidate, None, no
    except (ValueError, RecursionError) as error:
        return candidate, None, _No("unreadable", detail=str(error)[:100])
    try:
        complaints = records.problems(body)
    except Refused as error:
        return candidate, None, _No("unreadable", detail=error.code)
    if complaints:
        edited = any(code == "edited" for _, code, _ in complaints)
        listed = [{"at": ".".join(map(str, place)), "code": code, **params} for place, code, params in complaints]
        return (
            candidate,
            body if isinstance(body, dict) else None,
            _No("edited" if edited else "malformed", problems=listed),
        )
    return candidate, body, None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _No("unreadable", detail="a key stands twice")
    return found


def _turn(read: tuple[Candidate, dict[str, Any] | None, _No | None]) -> tuple[int, str]:
    candidate, body, problem = read
    if problem is not None or body is None:
        return len(_ORDER), candidate.place
    return _ORDER.index(body["verb"]), str(body["id"])


def _remember(desk: _Desk, item: Sealed) -> None:
    desk.sealed[item.id] = item
    if "request" in item.body:
        desk.by_request.setdefault(str(item.body["request"]), []).append(item)
    if "revokes" in item.body:
        desk.by_target.setdefault(str(item.body["revokes"]), []).append(item)


def _witness(body: dict[str, Any], desk: _Desk) -> dict[str, Any]:
    """What the desk found true of an acceptable record; raises _No for one that is not."""
    person = desk.people.get(body["person"])
    if person is None:
        raise _No("person-unknown", person=body["person"])
    key = _key(body, person, desk.now)
    stated = datetime.fromisoformat(body["stated_at"])
    if stated > datetime.fromisoformat(desk.now) + AHEAD:
        raise _No("stated-in-future", stated=body["stated_at"])
    if "role" in body and body["role"] not in person.holds(desk.now):
        raise _No("role-not-held", person=person.id, role=body["role"])
    return {"key": signatures.fingerprint(key), **_VERBS[body["verb"]](body, person, desk)}


def _key(body: dict[str, Any], person: Person, now: str) -> str:
    """The key that signed; it must be the named person's own and valid now. A git author or committer proves nothing."""
    try:
        key = signatures.verify(body["signature"]["value"], codec.signed_bytes(body), signatures.DECISION)
    except Refused as error:
        raise _No("signature-wrong", person=person.id, detail=error.code) from error
    own = [known for known in person.keys if known.key == key]
    if not own:
        raise _No("key-not-theirs", person=person.id, key=signatures.fingerprint(key))
    if not any(known.valid(now) for known in own):
        ended = max((known.end for known in own), default="")
        raise _No("key-not-valid", person=person.id, key=signatures.fingerprint(key), until=ended or "-")
    return key


def _request(body: dict[str, Any], person: Person, desk: _Desk) -> dict[str, Any]:
    for id in body.get("supersedes", ()):
        if id not in desk.sealed:
            raise _No("names-nothing", id=id)
    tier = desk.policy.tiers[desk.policy.default_tier]
    return {"tier": tier.name, "roles": list(tier.roles), "assessments": list(tier.assessments)}


def _named_request(body: dict[str, Any], desk: _Desk) -> Sealed:
    request = desk.sealed.get(body["request"])
    if request is None:
        raise _No("waits-for-request", held=True, request=body["request"])
    if request.body["verb"] != "request":
        raise _No("not-a-request", request=body["request"])
    return request


def _answer(body: dict[str, Any], desk: _Desk) -> tuple[Sealed, list[Sealed]]:
    request = _named_request(body, desk)
    answers = desk.by_request.get(request.id, [])
    if any(a.body["verb"] == "reject" for a in answers):
        raise _No("request-ended", request=request.id)
    return request, answers


def _approve(body: dict[str, Any], person: Person, desk: _Desk) -> dict[str, Any]:
    request, answers = _answer(body, desk)
    counted = [a for a in answers if a.body["verb"] == "approve"]
    if person.id == request.body["person"]:
        raise _No("is-requester", person=person.id)
    authors = {str(a).lower() for a in request.body.get("origin", {}).get("authors", ())}
    own = {id.lower() for forge, id in person.accounts if forge == "git"} & authors
    if own:
        raise _No("is-author", person=person.id, account=min(own))
    if any(c.body["person"] == person.id for c in counted):
        raise _No("already-decided", person=person.id)
    if body["role"] not in request.witness["roles"]:
        raise _No("role-not-needed", role=body["role"], needed=", ".join(request.witness["roles"]))
    if not fold.can_count(request, counted, body):
        raise _No("role-complete", role=body["role"])
    latest = (date.fromisoformat(desk.now[:10]) + timedelta(days=desk.policy.approval_days)).isoformat()
    if not desk.now[:10] < body["expires"] <= latest:
        raise _No("expiry-out-of-bounds", expires=body["expires"], latest=latest)
    return {}


def _reject(body: dict[str, Any], person: Person, desk: _Desk) -> dict[str, Any]:
    request = _named_request(body, desk)
    if body["role"] not in [*request.witness["roles"], *request.witness.get("assessments", ())]:
        raise _No("role-not-needed", role=body["role"], needed=", ".join(request.witness["roles"]))
    return {}


def _assess(body: dict[str, Any], person: Person, desk: _Desk) -> dict[str, Any]:
    request, _ = _answer(body, desk)
    if person.id == request.body["person"]:
        raise _No("is-requester", person=person.id)
    return {}


def _revoke(body: dict[str, Any], person: Person, desk: _Desk) -> dict[str, Any]:
    target = desk.sealed.get(body["revokes"])
    if target is None or target.body["verb"] not in ("request", "reject"):
        raise _No("names-nothing", id=body["revokes"])
    needed = fold.revocation_needs(target)
    if body["role"] not in needed:
        raise _No("role-not-needed", role=body["role"], needed=", ".join(needed))
    if any(r.body["person"] == person.id for r in desk.by_target.get(target.id, [])):
        raise _No("already-decided", person=person.id)
    return {}


def _incident(body: dict[str, Any], person: Person, desk: _Desk) -> dict[str, Any]:
    if body["role"] not in desk.policy.incident_roles:
        raise _No("role-not-needed", role=body["role"], needed=", ".join(desk.policy.incident_roles))
    return {}


def _unblock(body: dict[str, Any], person: Person, desk: _Desk) -> dict[str, Any]:
    target = desk.sealed.get(body["revokes"])
    if target is None or target.body["verb"] != "block":
        raise _No("names-nothing", id=body["revokes"])
    if any(r.body["person"] == person.id for r in desk.by_target.get(target.id, [])):
        raise _No("already-decided", person=person.id)
    return _incident(body, person, desk)


_VERBS: dict[str, Callable[[dict[str, Any], Person, _Desk], dict[str, Any]]] = {
    "request": _request,
    "approve": _approve,
    "reject": _reject,
    "assess": _assess,
    "revoke": _revoke,
    "block": _incident,
    "unblock": _unblock,
}
