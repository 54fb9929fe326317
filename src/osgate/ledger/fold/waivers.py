"""Waivers: proposed by one person, confirmed by others until each role of the tier has spoken, revoked by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from osgate.ledger.fold.sealed import Record, Sealed, in_role_order, needed, turn
from osgate.model.decision import Standing, Waiting
from osgate.model.record import record


@record
class WaiverState:
    """Where one waiver stands.

    waiver: the record that proposed it. status: `waiting`, `in-force` (until it expires) or `revoked`. roles: (role,
    given, needed) in tier order. counted: the records that count, the proposal first. serial, sealed_at: of the seal
    that completed it (0 and empty before), whatever ended it later. revoked: the revocation that did.
    """

    waiver: Sealed
    status: str
    roles: tuple[tuple[str, int, int], ...]
    counted: tuple[Sealed, ...]
    serial: int = 0
    sealed_at: str = ""
    revoked: Sealed | None = None


def folded(ordered: Iterable[Sealed], revokers: Mapping[str, list[Sealed]]) -> dict[str, WaiverState]:
    """Return the state of each waiver by id; a record that confirms one shares its state."""
    records = [sealed for sealed in ordered if sealed.body["verb"] == "waive"]
    confirming: dict[str, list[Sealed]] = {s.id: [] for s in records if "confirms" not in s.body}
    for sealed in records:
        if sealed.body.get("confirms") in confirming:
            confirming[sealed.body["confirms"]].append(sealed)
    states: dict[str, WaiverState] = {}
    for sealed in records:
        if sealed.id in confirming:
            state = _state(sealed, confirming[sealed.id], revokers.get(sealed.id, ()))
            states.update({one.id: state for one in (sealed, *confirming[sealed.id])})
    return states


def _state(waiver: Sealed, confirming: Iterable[Sealed], revokers: Iterable[Sealed]) -> WaiverState:
    counted: list[Sealed] = []
    for one in (waiver, *sorted(confirming, key=turn)):
        if not why_not_counted(waiver, counted, one.body):
            counted.append(one)
    given = Counter(one.body["role"] for one in counted)
    roles = tuple((role, given[role], count) for role, count in Counter(needed(waiver)).items())
    complete = bool(roles) and all(have == need for _, have, need in roles)
    last = counted[-1] if complete else None
    serial, sealed_at = (last.serial, last.sealed_at) if last else (0, "")
    revoked = min((r for r in revokers if r.body["verb"] == "revoke"), key=turn, default=None)
    status = "revoked" if revoked else "in-force" if complete else "waiting"
    return WaiverState(waiver, status, roles, tuple(counted), serial, sealed_at, revoked)


def why_not_counted(waiver: Sealed, counted: Sequence[Sealed], body: Record) -> str:
    """Return why the record `body` adds nothing to the quorum of `waiver` beside those counted; empty where it does.

    `already-decided`: by the same person; `role-not-needed`; `waiver-role-complete`: the role has spoken already.
    """
    wanted = needed(waiver).count(body["role"])
    if any(one.body["person"] == body["person"] for one in counted):
        return "already-decided"
    if not wanted:
        return "role-not-needed"
    return "waiver-role-complete" if sum(one.body["role"] == body["role"] for one in counted) >= wanted else ""


def keys(waiver: Record) -> Iterator[tuple[str, str]]:
    """Yield (component, range) of what a waiver stands on: its subjects; without any, `project:<id>` of each named."""
    for subject in waiver.get("subjects", ()):
        yield subject["purl"], subject.get("range", "")
    for project in dict.fromkeys(waiver.get("projects", ())) if "subjects" not in waiver else ():
        yield f"project:{project}", ""


def standings(states: Mapping[str, WaiverState]) -> Iterator[Standing]:
    """What is waived, and as `revoke` with its rules what was waived once and is no more."""
    for id, state in states.items():
        waiver, body, back = state.waiver, state.waiver.body, state.revoked
        if id != waiver.id or not state.serial:
            continue
        last = back or state.counted[-1]
        for component, range in keys(body):
            yield Standing(
                "revoke" if back else "waive",
                component,
                range,
                last.id,
                id,
                last.serial,
                last.sealed_at,
                (str(back.body["person"]),) if back else in_role_order(needed(waiver), state.counted),
                str(body["expires"]),
                reason=str((back or waiver).body["reason"]),
                projects=tuple(body.get("projects", ())),
                classes=tuple(body.get("classes", ())),
                rules=tuple(body["rules"]),
            )


def proposed(states: Mapping[str, WaiverState]) -> Iterator[Waiting]:
    """The waivers that wait for more persons, by waiver and component."""
    for id in sorted(states):
        state = states[id]
        if state.status == "waiting" and id == state.waiver.id:
            person, at = str(state.waiver.body["person"]), state.waiver.sealed_at
            for component, range in keys(state.waiver.body):
                yield Waiting(component, range, id, person, at, state.roles)
