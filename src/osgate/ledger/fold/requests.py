"""Requests, what answers them, and what takes them back: quorum is counted per request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from osgate.ledger.fold import effects
from osgate.ledger.fold.quorum import (
    Renewals,
    Roles,
    can_count,
    complete,
    fresh,
    renewals,
    revocation,
    revocation_needs,
    roles_of,
)
from osgate.ledger.fold.sealed import Sealed, turn
from osgate.model.decision import Standing, Waiting
from osgate.model.record import record, replace

# Assessments by others that end on a day of their own, and what rests on them with it.
_ENDING = ("evaluation", "legal-opinion")
# What does not stand for the assessment that a tier asks for before anything is used.
_NO_ASSESSMENT = ("evaluation", "legal-opinion", "post-review")


@record
class RequestState:
    """Where one request stands.

    status: `waiting`, `approved`, `rejected`, `revoked`, `superseded` or `joined` (another one answers it). roles:
    (role, given, needed) in tier order. missing: assessments to come, by role. counted: the approvals that count, in
    order. serial, sealed_at: of the seal that completed it (0 and empty before), whatever ended it later. expires: the
    earliest of the counted approvals' dates, or of the renewal's, and no later than the reports it rests on. ended_by:
    id of the record that rejected, revoked, superseded or answers it. renewed: the renewals; None before it is
    complete. broken: approvals that break the glass, each by one person; reviewed: assessments of those, afterwards.
    assessed: all assessments, in order.
    """

    request: Sealed
    status: str
    roles: Roles
    missing: tuple[str, ...]
    counted: tuple[Sealed, ...]
    serial: int = 0
    sealed_at: str = ""
    expires: str = ""
    ended_by: str = ""
    renewed: Renewals | None = None
    broken: tuple[Sealed, ...] = ()
    reviewed: tuple[Sealed, ...] = ()
    assessed: tuple[Sealed, ...] = ()


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
    stands = [*effects.approvals(states), *effects.emergencies(states)]
    stands += [*effects.rejections(states, standing_rejects), *effects.taken_back(states, back)]
    return states, stands


def _progress(request: Sealed, answers: list[Sealed]) -> RequestState:
    """Count what answers one request before anybody rejects it, as if nothing ever ended it once complete.

    Approvals: of distinct persons, never the requester. Assessments: the first in each role, of what stands for one.
    """
    stop = min((a.serial for a in answers if a.body["verb"] == "reject"), default=None)
    heard = [a for a in answers if stop is None or a.serial < stop]
    assessed = tuple(a for a in heard if a.body["verb"] == "assess" and a.body["person"] != request.body["person"])
    first: dict[str, Sealed] = {}
    for one in filter(assesses, assessed):
        first.setdefault(one.body["role"], one)
    counted = _counted(request, heard)
    wanted = [str(role) for role in request.witness.get("assessments", ())]
    state = RequestState(
        request,
        "joined" if "joins" in request.body else "waiting" if stop is None else "rejected",
        roles_of(request, counted),
        tuple(role for role in wanted if role not in first),
        counted,
        ended_by=str(request.body.get("joins", "")),
        broken=tuple(a for a in heard if a.body["verb"] == "approve" and a.body.get("break_glass")),
        assessed=assessed,
    )
    state = replace(state, reviewed=_reviewed(state, answers))
    if state.missing or not complete(state.roles) or state.ended_by:
        return state
    last = max([*counted, *(first[role] for role in wanted)], key=turn)
    own = min(str(one.body["expires"]) for one in counted)
    renewed = renewals(request, (a for a in heard if a.body["verb"] == "renew"), own)
    return replace(
        state,
        status="approved",
        serial=last.serial,
        sealed_at=last.sealed_at,
        expires=_end(renewed.expires or own, assessed),
        renewed=renewed,
    )


def assesses(one: Sealed) -> bool:
    """True if an assessment stands for the one that a tier asks for before anything is used."""
    return one.body.get("type") not in _NO_ASSESSMENT


def _counted(request: Sealed, heard: Iterable[Sealed]) -> tuple[Sealed, ...]:
    """The approvals that add up to the quorum; those that break the glass are no part of it."""
    counted: list[Sealed] = []
    for one in (a for a in heard if a.body["verb"] == "approve" and not a.body.get("break_glass")):
        if complete(roles_of(request, counted)):
            break
        counted = fresh(counted, one)
        counted += [one] if can_count(request, counted, one.body) else []
    return tuple(counted)


def _reviewed(state: RequestState, answers: Iterable[Sealed]) -> tuple[Sealed, ...]:
    """Who looked at what broke the glass, also after the request was ended: neither requester nor who broke it."""
    looked = (a for a in answers if a.body.get("type") == "post-review")
    return tuple(one for one in looked if one.body["person"] not in _involved(state, one))


def _involved(state: RequestState, review: Sealed) -> set[str]:
    """The requester, and who had broken the glass when it was looked at; who breaks it later undoes no review."""
    broken = (one for one in state.broken if turn(one) <= turn(review))
    return {str(one.body["person"]) for one in (state.request, *broken)}


def _end(own: str, assessed: Iterable[Sealed]) -> str:
    """The day an approval ends: its own, or earlier the one of a report it rests on.

    Of several reports of one type the one that is valid longest counts.
    """
    latest: dict[str, str] = {}
    for one in assessed:
        type, day = str(one.body.get("type", "")), str(one.body.get("valid_until", ""))
        if type in _ENDING and day:
            latest[type] = max(day, latest.get(type, ""))
    return min([own, *latest.values()])


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
