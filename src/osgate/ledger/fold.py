"""The fold: from the set of sealed records to what is in force. Pure; the order of the input never matters.

Nothing is edited. A later record that names an id revokes or supersedes it, and only when its own quorum is complete.
"Later" is by seal. Block stands above reject, reject above approve.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.model.decision import Standing, Waiting
from osgate.model.record import record

Record = Mapping[str, Any]
# An unblock needs this many distinct persons (design: emergency block by one, lifted by two).
UNBLOCK_QUORUM = 2


@record
class Sealed:
    """A record with what its seal says of it.

    serial, sealed_at: the seal. witness: what the desk found true at that moment: for a request `tier`, `roles` (one
    entry for each decision needed) and `assessments`; for others nothing.
    """

    body: Record
    serial: int
    sealed_at: str
    witness: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The record's id."""
        return str(self.body["id"])


@record
class RequestState:
    """Where one request stands.

    status: `waiting`, `approved`, `rejected`, `revoked` or `superseded`. roles: (role, given, needed) in tier order.
    missing: assessments to come, by role. counted: ids of the approvals that count, in order. serial, sealed_at: of the
    seal that completed it (0 and empty before). expires: earliest of the counted approvals' dates.
    """

    request: Sealed
    status: str
    roles: tuple[tuple[str, int, int], ...]
    missing: tuple[str, ...]
    counted: tuple[Sealed, ...]
    serial: int = 0
    sealed_at: str = ""
    expires: str = ""
    ended_by: str = ""


@record
class State:
    """The ledger folded. requests by id; standings: everything in force, sorted; waiting: what still needs deciding."""

    requests: dict[str, RequestState]
    standings: tuple[Standing, ...]
    waiting: tuple[Waiting, ...]


def fold(records: Iterable[Sealed]) -> State:
    """Fold sealed records into a State. As-of a moment is a fold over those sealed until then."""
    ordered = sorted(records, key=lambda s: (s.serial, s.id))
    by_id = {sealed.id: sealed for sealed in ordered}
    answers: dict[str, list[Sealed]] = {}
    revokers: dict[str, list[Sealed]] = {}
    for sealed in ordered:
        if "request" in sealed.body:
            answers.setdefault(sealed.body["request"], []).append(sealed)
        if "revokes" in sealed.body:
            revokers.setdefault(sealed.body["revokes"], []).append(sealed)
    requests = {
        id: _progress(sealed, answers.get(id, [])) for id, sealed in by_id.items() if sealed.body["verb"] == "request"
    }
    rejects = [sealed for sealed in ordered if sealed.body["verb"] == "reject" and sealed.body["request"] in requests]
    ended = _ended(requests, rejects, revokers)
    states = {id: _final(state, ended) for id, state in requests.items()}
    standings = [*_approvals(states), *_rejections(states, rejects, ended), *_blocks(ordered, revokers)]
    standings.sort(key=lambda s: (s.component, s.effect, s.serial, s.record, s.range))
    waiting = tuple(w for id in sorted(states) for w in _waits(states[id]))
    return State(states, tuple(standings), waiting)


def _progress(request: Sealed, answers: list[Sealed]) -> RequestState:
    """Count the approvals of one request: distinct persons, never the requester, none at or after a rejection."""
    needed = [str(role) for role in request.witness["roles"]]
    assessed = {a.body["role"]: a.serial for a in reversed(answers) if a.body["verb"] == "assess"}
    stop = min((a.serial for a in answers if a.body["verb"] == "reject"), default=None)
    counted: list[Sealed] = []
    for answer in answers:
        if answer.body["verb"] != "approve" or (stop is not None and answer.serial >= stop):
            continue
        if can_count(request, counted, answer.body):
            counted.append(answer)
    missing = tuple(r for r in request.witness.get("assessments", ()) if r not in assessed)
    roles = tuple(
        (role, sum(c.body["role"] == role for c in counted), needed.count(role)) for role in dict.fromkeys(needed)
    )
    complete = not missing and all(given >= wanted for _, given, wanted in roles)
    if stop is not None and not complete:
        return RequestState(request, "rejected", roles, missing, tuple(counted))
    if not complete:
        return RequestState(request, "waiting", roles, missing, tuple(counted))
    last = max([*counted, *(a for a in answers if a.body["verb"] == "assess")], key=lambda s: s.serial, default=request)
    if stop is not None and last.serial >= stop:
        return RequestState(request, "rejected", roles, missing, tuple(counted))
    expires = min((c.body["expires"] for c in counted), default="")
    return RequestState(request, "approved", roles, missing, tuple(counted), last.serial, last.sealed_at, expires)


def can_count(request: Sealed, counted: Iterable[Sealed], approval: Record) -> bool:
    """True if `approval` adds to the quorum of `request` beside those already counted."""
    others = list(counted)
    needed = list(request.witness["roles"]).count(approval["role"])
    return (
        approval["person"] != request.body["person"]
        and all(other.body["person"] != approval["person"] for other in others)
        and sum(other.body["role"] == approval["role"] for other in others) < needed
    )


def revocation_needs(target: Sealed) -> list[str]:
    """The roles that must revoke `target`: a request's whole tier, a rejection's own role."""
    return [str(r) for r in target.witness["roles"]] if target.body["verb"] == "request" else [str(target.body["role"])]


def revoked_at(target: Sealed, revokers: Iterable[Sealed]) -> Sealed | None:
    """Return the revocation that completed the quorum against `target`, or None while it is incomplete."""
    open_roles = revocation_needs(target)
    persons: set[str] = set()
    for revoker in sorted(revokers, key=lambda s: (s.serial, s.id)):
        body = revoker.body
        if body["verb"] == "revoke" and body["role"] in open_roles and body["person"] not in persons:
            open_roles.remove(body["role"])
            persons.add(body["person"])
            if not open_roles:
                return revoker
    return None


def _ended(
    requests: Mapping[str, RequestState], rejects: Iterable[Sealed], revokers: Mapping[str, list[Sealed]]
) -> dict[str, tuple[str, str]]:
    """What is no longer in force: id -> (`revoked` or `superseded`, by which record)."""
    ended: dict[str, tuple[str, str]] = {}
    targets: dict[str, Sealed] = {id: state.request for id, state in requests.items() if state.status == "approved"}
    targets.update({reject.id: reject for reject in rejects})
    for id, target in targets.items():
        done = revoked_at(target, revokers.get(id, []))
        if done is not None:
            ended[id] = ("revoked", done.id)
    for id, state in sorted(requests.items()):
        if state.status != "approved":
            continue
        held = {role for role, _, _ in state.roles}
        for named in state.request.body.get("supersedes", ()):
            old = targets.get(named)
            later = old is not None and (old.serial, old.id) < (state.request.serial, id)
            if old is not None and later and named not in ended and set(revocation_needs(old)) <= held:
                ended[named] = ("superseded", id)
    return ended


def _final(state: RequestState, ended: Mapping[str, tuple[str, str]]) -> RequestState:
    """The state with what ended it applied; a request rejected after it was approved counts as rejected."""
    how, by = ended.get(state.request.id, ("", ""))
    if how and state.status == "approved":
        return RequestState(
            state.request,
            how,
            state.roles,
            state.missing,
            state.counted,
            state.serial,
            state.sealed_at,
            state.expires,
            by,
        )
    return state


def _approvals(states: Mapping[str, RequestState]) -> Iterator[Standing]:
    for id, state in states.items():
        if state.status != "approved":
            continue
        persons = tuple(c.body["person"] for c in state.counted)
        environments = tuple(state.request.body.get("environments", ()))
        for subject in state.request.body["subjects"]:
            yield Standing(
                "approve",
                subject["purl"],
                subject["range"],
                state.counted[-1].id if state.counted else id,
                id,
                state.serial,
                state.sealed_at,
                persons,
                state.expires,
                tuple(subject.get("digests", ())),
                tuple(subject.get("scope", ())),
                environments,
                str(state.request.body["reason"]),
            )


def _rejections(
    states: Mapping[str, RequestState], rejects: Iterable[Sealed], ended: Mapping[str, tuple[str, str]]
) -> Iterator[Standing]:
    for reject in rejects:
        if reject.id in ended:
            continue
        body = reject.body
        for subject in states[body["request"]].request.body["subjects"]:
            yield Standing(
                "reject",
                subject["purl"],
                subject["range"],
                reject.id,
                str(body["request"]),
                reject.serial,
                reject.sealed_at,
                (str(body["person"]),),
                digests=tuple(subject.get("digests", ())),
                reason=str(body["reason"]),
            )


def _blocks(ordered: Iterable[Sealed], revokers: Mapping[str, list[Sealed]]) -> Iterator[Standing]:
    for block in ordered:
        if block.body["verb"] != "block":
            continue
        lifting = {r.body["person"] for r in revokers.get(block.id, []) if r.body["verb"] == "unblock"}
        if len(lifting) >= UNBLOCK_QUORUM:
            continue
        for subject in block.body["subjects"]:
            yield Standing(
                "block",
                subject["purl"],
                subject.get("range", ""),
                block.id,
                "",
                block.serial,
                block.sealed_at,
                (str(block.body["person"]),),
                digests=tuple(subject.get("digests", ())),
                reason=str(block.body["reason"]),
                incident=str(block.body.get("incident", "")),
            )


def _waits(state: RequestState) -> Iterator[Waiting]:
    if state.status != "waiting":
        return
    body = state.request.body
    for subject in body["subjects"]:
        yield Waiting(
            subject["purl"],
            subject["range"],
            state.request.id,
            str(body["person"]),
            state.request.sealed_at,
            state.roles,
            state.missing,
        )
