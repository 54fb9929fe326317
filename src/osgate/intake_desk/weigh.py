"""Weighing what waits: which records count, which are set aside and why, which wait for another. Pure.

A record counts when its bytes are what its id says, its signature is by a key of the person it names, valid now, and
the person may do what it says: holds the role, is not the requester and not an author of the change, decides once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from osgate.errors import Refused
from osgate.ledger import codec, fold, lines, records, signatures
from osgate.ledger.fold import Sealed
from osgate.model.policy import Person, Policy
from osgate.model.record import record
from osgate.policy.shape import complaints

# A stated time may lie this far ahead of ours: clocks differ, time zones are forgotten.
AHEAD = timedelta(hours=24)
# Bytes of the largest record: a closure of ten thousand components takes about half.
LARGEST = 4 << 20
# Of what is wrong with one record this much is told; a hostile one may have hundreds of thousands of mistakes.
TOLD = 20
# Refusals of a record that nobody is known to have signed: its id is not to be believed either.
_UNPROVEN = frozenset(("unreadable", "malformed", "edited", "person-unknown", "signature-wrong", "key-not-theirs"))
# Requests come before what answers them, so that a batch may hold both.
_ORDER = ("request", "block", "assess", "reject", "approve", "revoke", "unblock")


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


class _No(Exception):
    """Why a record does not count; held: not yet."""

    def __init__(self, code: str, held: bool = False, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.held = held
        self.params = _clipped(params)


@record
class _Desk:
    """What the rules for one record look at. sealed: everything sealed or accepted so far, by id."""

    policy: Policy
    people: Mapping[str, Person]
    sealed: dict[str, Sealed]
    by_request: dict[str, list[Sealed]]
    by_target: dict[str, list[Sealed]]
    paths: dict[str, str]
    now: str
    serial: int
    ledger: str


def weigh(
    candidates: Iterable[Candidate],
    sealed: Iterable[Sealed],
    policy: Policy,
    people: Mapping[str, Person],
    now: str,
    serial: int,
    ledger: str = "",
) -> Weighed:
    """Weigh `candidates` against what is sealed. now: UTC instant of the seal that is being made; serial: its number.

    ledger: digest of the first seal, which tells this ledger from others with the same people; empty before there is
    one. The order of `candidates` never matters, and no content of theirs raises.
    """
    desk = _Desk(policy, people, {}, {}, {}, {}, now, serial, ledger)
    for item in sealed:
        _remember(desk, item)
    accepted: list[Sealed] = []
    refused: list[Refusal] = []
    held: list[Refusal] = []
    for candidate, body, problem in sorted(map(_read, candidates), key=_turn):
        if body is not None and body["id"] in desk.sealed:
            continue
        try:
            if body is None:
                raise problem or _No("unreadable")
            item = Sealed(body, serial, now, _witness(body, desk))
        except _No as no:
            proven = body is not None and no.code not in _UNPROVEN
            subject = str(body["id"]) if body is not None and proven else codec.digest(candidate.data)
            (held if no.held else refused).append(Refusal(subject, candidate.place, no.code, no.params))
            continue
        _remember(desk, item)
        accepted.append(item)
    return Weighed(tuple(accepted), tuple(refused), tuple(held))


def _read(candidate: Candidate) -> tuple[Candidate, dict[str, Any] | None, _No | None]:
    """The candidate with its body, or with why it has none."""
    try:
        return candidate, _parsed(candidate.data), None
    except _No as no:
        return candidate, None, no


def _parsed(data: bytes) -> dict[str, Any]:
    """A record of the right form whose id fits its content; raises _No for anything else."""
    if len(data) > LARGEST:
        raise _No("unreadable", why="too-large", limit=LARGEST)
    try:
        body = json.loads(data, object_pairs_hook=_once)
        # The shape alone first, and only as far as it is told: each unknown key costs a search for the one meant.
        found = list(islice(complaints(body, records.SHAPE), TOLD)) or records.problems(body)[:TOLD]
    except (ValueError, RecursionError) as error:
        raise _unreadable(error) from error
    except Refused as error:
        raise _No("unreadable", why="no-canonical-form", detail=error.code) from error
    if found:
        listed = [
            {
                "at": ".".join(map(str, place))[:200],
                "line": lines.line(body, place, data),
                "code": code,
                **_clipped(params),
            }
            for place, code, params in found
        ]
        raise _No("edited" if any(c["code"] == "edited" for c in listed) else "malformed", problems=listed)
    return dict(body)


def _unreadable(error: ValueError | RecursionError) -> _No:
    """What stopped the reading: why is a key below `record-unreadable.`."""
    if isinstance(error, json.JSONDecodeError):
        return _No("unreadable", why="json", line=error.lineno, column=error.colno, detail=error.msg)
    if isinstance(error, UnicodeDecodeError):
        return _No("unreadable", why="not-text", detail=str(error)[:100])
    why = "nested" if isinstance(error, RecursionError) else "value"
    return _No("unreadable", why=why, detail=str(error)[:100])


def _clipped(params: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value[:200] if isinstance(value, str) else value for key, value in params.items()}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _No("unreadable", why="key-twice", key=key)
        found[key] = value
    return found


def _turn(read: tuple[Candidate, dict[str, Any] | None, _No | None]) -> tuple[int, str, bytes, str]:
    candidate, body, _ = read
    if body is None:
        return 2 * len(_ORDER), "", candidate.data, candidate.place
    # A block comes before the one that confirms it.
    return 2 * _ORDER.index(body["verb"]) + ("confirms" in body), body["id"], candidate.data, candidate.place


def _remember(desk: _Desk, item: Sealed) -> None:
    desk.sealed[item.id] = item
    desk.paths[codec.record_path(dict(item.body))] = item.id
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
    if desk.ledger and body.get("ledger", desk.ledger) != desk.ledger:
        raise _No("other-ledger", ledger=codec.short(body["ledger"]))
    # Folders and files are named by the first digits of an id; two ids that share them would share a file.
    other = desk.paths.get(codec.record_path(body))
    if other is not None:
        raise _No("path-taken", id=other)
    stated = datetime.fromisoformat(body["stated_at"])
    if stated > datetime.fromisoformat(desk.now) + AHEAD:
        raise _No("stated-in-future", stated=body["stated_at"])
    if "role" in body and body["role"] not in person.holds(desk.now):
        raise _No("role-not-held", person=person.id, role=body["role"])
    return {"key": signatures.fingerprint(key), **_VERBS[body["verb"]](body, person, desk)}


def _key(body: dict[str, Any], person: Person, now: str) -> str:
    """The key that signed: the named person's own, and valid now. A git author or committer proves nothing."""
    try:
        key = signatures.verify(body["signature"]["value"], codec.signed_bytes(body), signatures.DECISION)
    except (Refused, ValueError, LookupError) as error:  # Whatever a hostile blob breaks, it breaks for itself alone.
        raise _No("signature-wrong", person=person.id) from error
    own = [known for known in person.keys if known.key == key]
    if not own:
        raise _No("key-not-theirs", person=person.id, key=signatures.fingerprint(key))
    if not any(known.valid(now) for known in own):
        ended = max((known.end for known in own), default="")
        raise _No("key-not-valid", person=person.id, key=signatures.fingerprint(key), until=ended or "-")
    return key


def _request(body: dict[str, Any], person: Person, desk: _Desk) -> dict[str, Any]:
    for id in body.get("supersedes", ()):
        # "Later" is by seal: what is taken in only now can be superseded from the next seal on.
        if id not in desk.sealed or desk.sealed[id].serial >= desk.serial:
            raise _No("names-nothing", held=True, id=id)
        if not fold.components(desk.sealed[id], desk.sealed) <= {subject["purl"] for subject in body["subjects"]}:
            raise _No("supersedes-other", id=id)
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


def _independent(person: Person, request: Sealed) -> None:
    """Who asked, and who wrote the change, does not judge it. What a commit says of its authors may only exclude."""
    if person.id == request.body["person"]:
        raise _No("is-requester", person=person.id)
    authors = {str(a).lower() for a in request.body.get("origin", {}).get("authors", ())}
    own = {id.lower() for forge, id in person.accounts if forge == "git"} & authors
    if own:
        raise _No("is-author", person=person.id, account=min(own))


def _approve(body: dict[str, Any], person: Person, desk: _Desk) -> dict[str, Any]:
    request, answers = _answer(body, desk)
    counted = [a for a in answers if a.body["verb"] == "approve"]
    _independent(person, request)
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
    _independent(person, request)
    return {}


def _target(body: dict[str, Any], desk: _Desk, verbs: tuple[str, ...]) -> Sealed:
    """What is to be taken back; a record that is not sealed yet may still come."""
    target = desk.sealed.get(body["revokes"])
    if target is None or target.body["verb"] not in verbs:
        raise _No("names-nothing", held=target is None, id=body["revokes"])
    return target


def _revoke(body: dict[str, Any], person: Person, desk: _Desk) -> dict[str, Any]:
    target = _target(body, desk, ("request", "reject"))
    request = desk.sealed.get(str(target.body.get("request")), target)
    given = [r.body for r in desk.by_target.get(target.id, [])]
    needed = fold.revocation_needs(target, request)
    if person.id == request.body["person"]:
        raise _No("is-requester", person=person.id)
    if any(r["person"] == person.id for r in given):
        raise _No("already-decided", person=person.id)
    if body["role"] not in needed:
        raise _No("role-not-needed", role=body["role"], needed=", ".join(needed))
    if sum(r["role"] == body["role"] for r in given) >= needed.count(body["role"]):
        raise _No("role-complete", role=body["role"])
    return {}


def _incident(body: dict[str, Any], person: Person, desk: _Desk) -> dict[str, Any]:
    if body["role"] not in desk.policy.incident_roles:
        raise _No("role-not-needed", role=body["role"], needed=", ".join(desk.policy.incident_roles))
    return {}


def _block(body: dict[str, Any], person: Person, desk: _Desk) -> dict[str, Any]:
    found = _incident(body, person, desk)
    named = str(body.get("confirms", ""))
    if named:
        target = desk.sealed.get(named)
        if target is None:
            raise _No("names-nothing", held=True, id=named)
        lifting = fold.unblocks(desk.by_target.get(named, ()))
        why = fold.why_not_confirmed(body, target, lifting, desk.serial)
        if why:
            raise _No(why, person=person.id, id=named)
    return found


def _unblock(body: dict[str, Any], person: Person, desk: _Desk) -> dict[str, Any]:
    target = _target(body, desk, ("block",))
    if any(r.body["person"] == person.id for r in desk.by_target.get(target.id, [])):
        raise _No("already-decided", person=person.id)
    return _incident(body, person, desk)


_VERBS: dict[str, Callable[[dict[str, Any], Person, _Desk], dict[str, Any]]] = {
    "request": _request,
    "approve": _approve,
    "reject": _reject,
    "assess": _assess,
    "revoke": _revoke,
    "block": _block,
    "unblock": _unblock,
}
