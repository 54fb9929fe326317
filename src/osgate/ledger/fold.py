"""The fold: from the set of sealed records to what is in force. Pure; the order of the input never matters.

Nothing is edited. A later record that names an id revokes or supersedes it, and only when its own quorum is complete.
"Later" is by seal. Block stands above reject, reject above approve.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.model.decision import Standing, Waiting
from osgate.model.policy import UNBLOCK_QUORUM
from osgate.model.record import record, replace

Record = Mapping[str, Any]


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
    missing: assessments to come, by role. counted: the approvals that count, in order. serial, sealed_at: of the seal
    that completed it (0 and empty before), whatever ended it later. expires: earliest of the counted approvals' dates.
    ended_by: id of the record that rejected, revoked or superseded it.
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
class BlockState:
    """Where one emergency block stands.

    confirmed: the persons who confirmed it, lifting: those who unblocked it, in order. in_force: until the quorum of
    unblocks is complete. A block that confirms another one has no state of its own: it shares the other's fate.
    """

    block: Sealed
    confirmed: tuple[str, ...]
    lifting: tuple[str, ...]

    @property
    def in_force(self) -> bool:
        """True while too few persons have unblocked it."""
        return len(self.lifting) < UNBLOCK_QUORUM


@record
class State:
    """The ledger folded. requests by id; standings: everything in force, sorted; waiting: what still needs deciding.

    blocks: every emergency block by id, a confirming one with the state of the block it confirms.
    """

    requests: dict[str, RequestState]
    standings: tuple[Standing, ...]
    waiting: tuple[Waiting, ...]
    blocks: dict[str, BlockState]


def fold(records: Iterable[Sealed]) -> State:
    """Fold sealed records into a State. As-of a moment is a fold over those sealed until then."""
    ordered = sorted(records, key=_turn)
    answers: dict[str, list[Sealed]] = {}
    revokers: dict[str, list[Sealed]] = {}
    for sealed in ordered:
        if "request" in sealed.body:
            answers.setdefault(sealed.body["request"], []).append(sealed)
        if "revokes" in sealed.body:
            revokers.setdefault(sealed.body["revokes"], []).append(sealed)
    requests = {s.id: _progress(s, answers.get(s.id, [])) for s in ordered if s.body["verb"] == "request"}
    rejects = [s for s in ordered if s.body["verb"] == "reject" and s.body["request"] in requests]
    ended = _ended(requests, rejects, revokers)
    states = {id: _final(state, ended, answers.get(id, [])) for id, state in requests.items()}
    blocks = _block_states(ordered, revokers)
    standings = [*_approvals(states), *_rejections(states, rejects, ended), *_blocks(blocks)]
    standings.sort(key=lambda s: (s.component, s.effect, s.serial, s.record, s.range))
    waiting = tuple(w for id in sorted(states) for w in _waits(states[id]))
    return State(states, tuple(standings), waiting, blocks)


def _turn(sealed: Sealed) -> tuple[int, str]:
    """The order of records: by seal, and by id within one seal."""
    return sealed.serial, sealed.id


def _progress(request: Sealed, answers: list[Sealed]) -> RequestState:
    """Count what answers one request before anybody rejects it, as if nothing ever ended it once complete.

    Approvals: of distinct persons, never the requester. Assessments: the first in each role asked for.
    """
    needed = [str(role) for role in request.witness["roles"]]
    stop = min((a.serial for a in answers if a.body["verb"] == "reject"), default=None)
    counted: list[Sealed] = []
    assessed: dict[str, Sealed] = {}
    for answer in answers:
        if stop is not None and answer.serial >= stop:
            break
        if answer.body["verb"] == "approve" and can_count(request, counted, answer.body):
            counted.append(answer)
        elif answer.body["verb"] == "assess" and answer.body["person"] != request.body["person"]:
            assessed.setdefault(answer.body["role"], answer)
    wanted = [str(role) for role in request.witness.get("assessments", ())]
    missing = tuple(role for role in wanted if role not in assessed)
    given = Counter(c.body["role"] for c in counted)
    roles = tuple((role, given[role], count) for role, count in Counter(needed).items())
    if missing or not needed or any(have < need for _, have, need in roles):
        status = "waiting" if stop is None else "rejected"
        return RequestState(request, status, roles, missing, tuple(counted))
    last = max([*counted, *(assessed[role] for role in wanted)], key=_turn)
    expires = min(c.body["expires"] for c in counted)
    return RequestState(request, "approved", roles, (), tuple(counted), last.serial, last.sealed_at, expires)


def can_count(request: Sealed, counted: Iterable[Sealed], approval: Record) -> bool:
    """True if `approval` adds to the quorum of `request` beside those already counted."""
    others = list(counted)
    needed = list(request.witness["roles"]).count(approval["role"])
    return (
        approval["person"] != request.body["person"]
        and all(other.body["person"] != approval["person"] for other in others)
        and sum(other.body["role"] == approval["role"] for other in others) < needed
    )


def revocation_needs(target: Sealed, request: Sealed | None = None) -> list[str]:
    """The roles that must revoke `target`, one entry for each person needed.

    A request's whole tier; for a rejection its own role, as often as the tier of its `request` (if given) asks for it.
    """
    if target.body["verb"] == "request":
        return [str(role) for role in target.witness["roles"]]
    role = str(target.body["role"])
    times = list(request.witness["roles"]).count(role) if request else 1
    return [role] * max(times, 1)


def revoked_at(target: Sealed, revokers: Iterable[Sealed], request: Sealed | None = None) -> Sealed | None:
    """Return the revocation that completed the quorum against `target`, or None while it is incomplete.

    request: the one that was rejected, where `target` is a rejection. Whoever made the request never counts.
    """
    open_roles = revocation_needs(target, request)
    persons = {(request or target).body["person"]}
    for revoker in sorted(revokers, key=_turn):
        body = revoker.body
        if body["verb"] == "revoke" and body["role"] in open_roles and body["person"] not in persons:
            open_roles.remove(body["role"])
            persons.add(body["person"])
            if not open_roles:
                return revoker
    return None


def components(item: Sealed, sealed: Mapping[str, Sealed]) -> set[str]:
    """The components a request is about, or a rejection's request: only who asks for all of them may supersede it."""
    request = sealed.get(str(item.body.get("request", ""))) if item.body["verb"] == "reject" else item
    return {subject["purl"] for subject in request.body.get("subjects", ())} if request else set()


def _ended(
    requests: Mapping[str, RequestState], rejects: Iterable[Sealed], revokers: Mapping[str, list[Sealed]]
) -> dict[str, tuple[str, str]]:
    """What is no longer in force: id -> (`revoked` or `superseded`, by which record)."""
    ended: dict[str, tuple[str, str]] = {}
    targets = {id: (state.request, state.request) for id, state in requests.items()}
    targets.update({reject.id: (reject, requests[reject.body["request"]].request) for reject in rejects})
    for id, (target, request) in targets.items():
        done = revoked_at(target, revokers.get(id, []), request)
        if done is not None:
            ended[id] = ("revoked", done.id)
    # What was complete once supersedes for ever: to reject or revoke it must not bring back what it replaced.
    for state in sorted(
        (s for s in requests.values() if s.status == "approved"), key=lambda s: (s.serial, s.request.id)
    ):
        held = Counter(c.body["role"] for c in state.counted)
        for named in state.request.body.get("supersedes", ()):
            if named not in targets:
                continue
            old, request = targets[named]
            same = components(request, {}) <= components(state.request, {})
            if same and _turn(old) < _turn(state.request) and Counter(revocation_needs(old, request)) <= held:
                ended.setdefault(named, ("superseded", state.request.id))
    return ended


def _final(state: RequestState, ended: Mapping[str, tuple[str, str]], answers: Iterable[Sealed]) -> RequestState:
    """The state with what ended it applied; a request rejected after it was approved counts as rejected."""
    reject = next((a.id for a in answers if a.body["verb"] == "reject"), "")
    how, by = ("rejected", reject) if reject else ended.get(state.request.id, ("", ""))
    return replace(state, status=how, ended_by=by) if how else state


def _approvals(states: Mapping[str, RequestState]) -> Iterator[Standing]:
    for id, state in states.items():
        if state.status != "approved":
            continue
        order = [role for role, _, _ in state.roles]
        persons = tuple(c.body["person"] for c in sorted(state.counted, key=lambda c: order.index(c.body["role"])))
        environments = tuple(state.request.body.get("environments", ()))
        for subject in state.request.body["subjects"]:
            yield Standing(
                "approve",
                subject["purl"],
                subject["range"],
                state.counted[-1].id,
                id,
                state.serial,
                state.sealed_at,
                persons,
                state.expires,
                tuple(subject.get("digests", ())),
                tuple(subject.get("sources", ())),
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


def unblocks(revokers: Iterable[Sealed]) -> list[Sealed]:
    """Return those of `revokers` that lift a block: the first of each person, in order."""
    first: dict[str, Sealed] = {}
    for revoker in sorted(revokers, key=_turn):
        if revoker.body["verb"] == "unblock":
            first.setdefault(str(revoker.body["person"]), revoker)
    return list(first.values())


def why_not_confirmed(block: Record, target: Sealed | None, lifting: list[Sealed], serial: int) -> str:
    """Return why `block`, sealed by `serial`, does not confirm `target`; empty where it does.

    `confirms-nothing`: that is no block that stands by itself, or was lifted before; `confirms-own`: by the same
    person; `confirms-other-subjects`. lifting: the unblocks of `target`.
    """
    if target is None or target.body["verb"] != "block" or "confirms" in target.body or target.serial > serial:
        return "confirms-nothing"
    if len(lifting) >= UNBLOCK_QUORUM and lifting[UNBLOCK_QUORUM - 1].serial < serial:
        return "confirms-nothing"
    if target.body["person"] == block["person"]:
        return "confirms-own"
    return "" if _stopped(target.body) == _stopped(block) else "confirms-other-subjects"


def _stopped(block: Record) -> set[tuple[str, str, tuple[str, ...]]]:
    """What a block stops: its subjects, whatever their order."""
    return {(s["purl"], s.get("range", ""), tuple(sorted(s.get("digests", ())))) for s in block["subjects"]}


def _block_states(ordered: Iterable[Sealed], revokers: Mapping[str, list[Sealed]]) -> dict[str, BlockState]:
    """The state of each block. One that does not confirm what it names stands by itself; to unblock one that does is to
    unblock what it confirms."""
    blocks = {s.id: s for s in ordered if s.body["verb"] == "block"}
    first = {id: id for id in blocks}
    for id, block in blocks.items():
        named = str(block.body.get("confirms", ""))
        lifting = unblocks(revokers.get(named, ()))
        if named and not why_not_confirmed(block.body, blocks.get(named), lifting, block.serial):
            first[id] = named
    confirmed: dict[str, list[str]] = {id: [] for id in blocks}
    lifters: dict[str, list[Sealed]] = {id: [] for id in blocks}
    for id, block in blocks.items():
        lifters[first[id]] += revokers.get(id, ())
        if first[id] != id:
            confirmed[first[id]].append(str(block.body["person"]))
    states = {
        id: BlockState(
            blocks[id],
            tuple(dict.fromkeys(confirmed[id])),
            tuple(str(one.body["person"]) for one in unblocks(lifters[id])),
        )
        for id in blocks
    }
    return {id: states[first[id]] for id in blocks}


def _blocks(states: Mapping[str, BlockState]) -> Iterator[Standing]:
    for id, state in states.items():
        block = state.block
        if id != block.id or not state.in_force:
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
                (str(block.body["person"]), *state.confirmed),
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
