"""Requests, what answers them, and what takes them back: quorum is counted per request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from osgate.ledger.fold.sealed import Record, Sealed, in_role_order, needed, turn
from osgate.model.decision import Standing, Waiting
from osgate.model.record import record, replace


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


def folded(
    ordered: Iterable[Sealed], revokers: Mapping[str, list[Sealed]]
) -> tuple[dict[str, RequestState], list[Standing]]:
    """Return the state of every request by id, and what stands of them and their rejections.

    ordered: all records by `turn`; revokers: those that name another under `revokes`, by what they name.
    """
    records = list(ordered)
    answers: dict[str, list[Sealed]] = {}
    for sealed in records:
        if "request" in sealed.body:
            answers.setdefault(sealed.body["request"], []).append(sealed)
    open_ones = {s.id: _progress(s, answers.get(s.id, [])) for s in records if s.body["verb"] == "request"}
    rejects = [s for s in records if s.body["verb"] == "reject" and s.body["request"] in open_ones]
    # What is decided upon, with the request it is about: itself, or the one that was rejected.
    targets = {id: (state.request, state.request) for id, state in open_ones.items()}
    targets.update({reject.id: (reject, open_ones[reject.body["request"]].request) for reject in rejects})
    found = {id: revocation(target, revokers.get(id, ()), request) for id, (target, request) in targets.items()}
    revoked = {id: by for id, by in found.items() if by}
    superseded = _superseded(open_ones, targets)
    ended = {id: ("superseded", by) for id, by in superseded.items()}
    ended.update({id: ("revoked", by[-1].id) for id, by in revoked.items()})
    states = {id: _final(state, ended, answers.get(id, [])) for id, state in open_ones.items()}
    back = {id: by for id, by in revoked.items() if id in states and states[id].serial and id not in superseded}
    standing_rejects = [reject for reject in rejects if reject.id not in ended]
    return states, [*_approvals(states), *_rejections(states, standing_rejects), *_taken_back(states, back)]


def _progress(request: Sealed, answers: list[Sealed]) -> RequestState:
    """Count what answers one request before anybody rejects it, as if nothing ever ended it once complete.

    Approvals: of distinct persons, never the requester. Assessments: the first in each role asked for.
    """
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
    roles = tuple((role, given[role], count) for role, count in Counter(needed(request)).items())
    if missing or not roles or any(have < need for _, have, need in roles):
        status = "waiting" if stop is None else "rejected"
        return RequestState(request, status, roles, missing, tuple(counted))
    last = max([*counted, *(assessed[role] for role in wanted)], key=turn)
    expires = min(c.body["expires"] for c in counted)
    return RequestState(request, "approved", roles, (), tuple(counted), last.serial, last.sealed_at, expires)


def can_count(request: Sealed, counted: Iterable[Sealed], approval: Record) -> bool:
    """True if `approval` adds to the quorum of `request` beside those already counted."""
    others = list(counted)
    return (
        approval["person"] != request.body["person"]
        and all(other.body["person"] != approval["person"] for other in others)
        and sum(other.body["role"] == approval["role"] for other in others) < needed(request).count(approval["role"])
    )


def revocation_needs(target: Sealed, request: Sealed | None = None) -> list[str]:
    """The roles that must revoke `target`, one entry for each person needed.

    A request's whole tier; for a rejection its own role, as often as the tier of its `request` (if given) asks for it;
    for a suspension or restriction its own role, once.
    """
    if target.body["verb"] == "request":
        return needed(target)
    role = str(target.body["role"])
    times = needed(request).count(role) if request else 1
    return [role] * max(times, 1)


def revocation(target: Sealed, revokers: Iterable[Sealed], request: Sealed | None = None) -> tuple[Sealed, ...]:
    """Return the revocations that complete the quorum against `target`, in order; empty while it is incomplete.

    request: the one that was rejected, where `target` is a rejection. Whoever made the request, or the suspension or
    restriction that is to be lifted, never counts.
    """
    open_roles = revocation_needs(target, request)
    persons = {(request or target).body["person"]}
    counted = []
    for revoker in sorted(revokers, key=turn):
        body = revoker.body
        if body["verb"] == "revoke" and body["role"] in open_roles and body["person"] not in persons:
            open_roles.remove(body["role"])
            persons.add(body["person"])
            counted.append(revoker)
            if not open_roles:
                return tuple(counted)
    return ()


def components(item: Sealed, sealed: Mapping[str, Sealed]) -> set[str]:
    """The components a request is about, or a rejection's request: only who asks for all of them may supersede it."""
    request = sealed.get(str(item.body.get("request", ""))) if item.body["verb"] == "reject" else item
    return {subject["purl"] for subject in request.body.get("subjects", ())} if request else set()


def _superseded(requests: Mapping[str, RequestState], targets: Mapping[str, tuple[Sealed, Sealed]]) -> dict[str, str]:
    """What a complete request replaces: id -> the request that names it.

    What was complete once supersedes for ever: to reject or revoke it must not bring back what it replaced.
    """
    found: dict[str, str] = {}
    complete = [state for state in requests.values() if state.status == "approved"]
    for state in sorted(complete, key=lambda s: (s.serial, s.request.id)):
        held = Counter(c.body["role"] for c in state.counted)
        for named in state.request.body.get("supersedes", ()):
            if named not in targets:
                continue
            old, request = targets[named]
            same = components(request, {}) <= components(state.request, {})
            if same and turn(old) < turn(state.request) and Counter(revocation_needs(old, request)) <= held:
                found.setdefault(named, state.request.id)
    return found


def _final(state: RequestState, ended: Mapping[str, tuple[str, str]], answers: Iterable[Sealed]) -> RequestState:
    """The state with what ended it applied; a request rejected after it was approved counts as rejected."""
    reject = next((a.id for a in answers if a.body["verb"] == "reject"), "")
    how, by = ("rejected", reject) if reject else ended.get(state.request.id, ("", ""))
    return replace(state, status=how, ended_by=by) if how else state


def _approvals(states: Mapping[str, RequestState]) -> Iterator[Standing]:
    for id, state in states.items():
        if state.status != "approved":
            continue
        body = state.request.body
        persons = in_role_order((role for role, _, _ in state.roles), state.counted)
        for subject in body["subjects"]:
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
                tuple(body.get("environments", ())),
                str(body["reason"]),
                projects=tuple(body.get("projects", ())),
                classes=tuple(body.get("classes", ())),
            )


def _rejections(states: Mapping[str, RequestState], rejects: Iterable[Sealed]) -> Iterator[Standing]:
    for reject in rejects:
        yield from _against(states[reject.body["request"]].request, "reject", (reject,))


def _taken_back(states: Mapping[str, RequestState], revoked: Mapping[str, tuple[Sealed, ...]]) -> Iterator[Standing]:
    """What was approved once and is no more; without its limits, for the version itself was given up."""
    for id, by in revoked.items():
        yield from _against(states[id].request, "revoke", by)


def _against(request: Sealed, effect: str, decisions: tuple[Sealed, ...]) -> Iterator[Standing]:
    """What stands against the subjects of a request; the last of `decisions` made it so."""
    last = decisions[-1]
    for subject in request.body["subjects"]:
        yield Standing(
            effect,
            subject["purl"],
            subject["range"],
            last.id,
            request.id,
            last.serial,
            last.sealed_at,
            tuple(str(decision.body["person"]) for decision in decisions),
            digests=tuple(subject.get("digests", ())),
            reason=str(last.body["reason"]),
        )


def waiting(states: Mapping[str, RequestState]) -> Iterator[Waiting]:
    """What still needs deciding, by request and subject."""
    for id in sorted(states):
        state = states[id]
        if state.status != "waiting":
            continue
        request = state.request
        for subject in request.body["subjects"]:
            person = str(request.body["person"])
            yield Waiting(subject["purl"], subject["range"], id, person, request.sealed_at, state.roles, state.missing)
