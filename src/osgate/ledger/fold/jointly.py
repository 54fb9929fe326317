"""What several persons decide together: waivers, and ledgers taken over from elsewhere.

Proposed by one person, confirmed by others until each role of the tier has spoken, revoked by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from osgate.ledger.fold.effects import NOTHING
from osgate.ledger.fold.sealed import Record, Sealed, in_role_order, needed, turn
from osgate.model.decision import Standing, Waiting
from osgate.model.record import record

VERBS = ("waive", "import")


@record
class JointState:
    """Where one waiver or import stands.

    first: the record that proposed it. status: `waiting`, `in-force` (until it expires) or `revoked`. roles: (role,
    given, needed) in tier order. counted: the records that count, the first one first. serial, sealed_at: of the seal
    that completed it (0 and empty before), whatever ended it later. revoked: the revocation that did.
    """

    first: Sealed
    status: str
    roles: tuple[tuple[str, int, int], ...]
    counted: tuple[Sealed, ...]
    serial: int = 0
    sealed_at: str = ""
    revoked: Sealed | None = None

    @property
    def ends(self) -> str:
        """The day (ISO) on which it ends: of a waiver its own, of an import the one by which it is looked at again."""
        return str(self.first.body.get("expires") or self.first.body["review_by"])


def folded(ordered: Iterable[Sealed], revokers: Mapping[str, list[Sealed]]) -> dict[str, JointState]:
    """Return the state of each waiver and import by id; a record that confirms one shares its state."""
    records = [sealed for sealed in ordered if sealed.body["verb"] in VERBS]
    confirming: dict[str, list[Sealed]] = {s.id: [] for s in records if "confirms" not in s.body}
    for sealed in records:
        if sealed.body.get("confirms") in confirming:
            confirming[sealed.body["confirms"]].append(sealed)
    states: dict[str, JointState] = {}
    for sealed in records:
        if sealed.id in confirming:
            others = [one for one in confirming[sealed.id] if one.body["verb"] == sealed.body["verb"]]
            state = _state(sealed, others, revokers.get(sealed.id, ()))
            states.update({one.id: state for one in (sealed, *others)})
    return states


def _state(first: Sealed, confirming: Iterable[Sealed], revokers: Iterable[Sealed]) -> JointState:
    counted: list[Sealed] = []
    for one in (first, *sorted(confirming, key=turn)):
        if not why_not_counted(first, counted, one.body):
            counted.append(one)
    given = Counter(one.body["role"] for one in counted)
    roles = tuple((role, given[role], count) for role, count in Counter(needed(first)).items())
    complete = bool(roles) and all(have == need for _, have, need in roles)
    last = counted[-1] if complete else None
    serial, sealed_at = (last.serial, last.sealed_at) if last else (0, "")
    revoked = min((r for r in revokers if r.body["verb"] == "revoke"), key=turn, default=None)
    status = "revoked" if revoked else "in-force" if complete else "waiting"
    return JointState(first, status, roles, tuple(counted), serial, sealed_at, revoked)


def why_not_counted(first: Sealed, counted: Sequence[Sealed], body: Record) -> str:
    """Return why the record `body` adds nothing to the quorum of `first` beside those counted; empty where it does.

    `already-decided`: by the same person; `role-not-needed`; `waiver-role-complete`: the role has spoken already.
    """
    wanted = needed(first).count(body["role"])
    if any(one.body["person"] == body["person"] for one in counted):
        return "already-decided"
    if not wanted:
        return "role-not-needed"
    return "waiver-role-complete" if sum(one.body["role"] == body["role"] for one in counted) >= wanted else ""


def keys(body: Record) -> Iterator[tuple[str, str]]:
    """Yield (component, range) of what it stands on: its subjects; without any, `project:<id>` of each named."""
    for subject in body.get("subjects", ()):
        yield subject["purl"], subject.get("range", "")
    for project in dict.fromkeys(body.get("projects", ())) if "subjects" not in body else ():
        yield f"project:{project}", ""


def standings(states: Mapping[str, JointState]) -> Iterator[Standing]:
    """What is waived or taken over, and as `revoke` what was once and is no more (of a waiver with its rules)."""
    for id, state in states.items():
        first, body, back = state.first, state.first.body, state.revoked
        if id != first.id or not state.serial:
            continue
        last = back or state.counted[-1]
        effect = "revoke" if back else "waive" if body["verb"] == "waive" else "approve"
        for component, range in dict.fromkeys(keys(body)):
            yield Standing(
                effect,
                component,
                range,
                last.id,
                id,
                last.serial,
                last.sealed_at,
                (str(back.body["person"]),) if back else in_role_order(needed(first), state.counted),
                state.ends,
                reason=str((back or first).body["reason"]),
                projects=tuple(body.get("projects", ())),
                classes=() if back and body["verb"] == "import" else classes(first),
                rules=tuple(body.get("rules", ())),
            )


def classes(first: Sealed) -> tuple[str, ...]:
    """Return the classes of projects it counts for, empty for all: of a waiver those it names, of an import those that
    its tier is enough for (NOTHING where that is none)."""
    if first.body["verb"] == "import":
        return (tuple(first.witness["classes"]) or NOTHING) if "classes" in first.witness else ()
    return tuple(first.body.get("classes", ()))


def proposed(states: Mapping[str, JointState]) -> Iterator[Waiting]:
    """What waits for more persons, by first record and component."""
    for id in sorted(states):
        state = states[id]
        if state.status == "waiting" and id == state.first.id:
            person, at = str(state.first.body["person"]), state.first.sealed_at
            for component, range in dict.fromkeys(keys(state.first.body)):
                yield Waiting(component, range, id, person, at, state.roles)
