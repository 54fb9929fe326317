"""What let something in past the usual way, as the ledger has it: waivers, and approvals that broke the glass. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from osgate.ledger.fold import RequestState, Sealed, State
from osgate.ledger.fold.jointly import JointState, keys
from osgate.ledger.fold.sealed import turn
from osgate.ledger.stages import stage_of

Row = dict[str, Any]
WAIVER, GLASS = "waiver", "break-glass"


def excused(state: State, now: str) -> list[Row]:
    """Return a row for each waiver and each emergency approval there ever was, as they were sealed.

    now: UTC instant. Each says what it is about, why, who answers for it and when it ends; `state` is where it stands.
    """
    waived = [one for id, one in state.joint.items() if one.first.id == id and one.first.body["verb"] == "waive"]
    broken = [(one, told) for told in state.requests.values() for one in told.broken]
    found = [(turn(one.first), _waiver(one, state, now)) for one in waived]
    found += [(turn(one), _glass(one, told, now)) for one, told in broken]
    return [row for _, row in sorted(found, key=lambda pair: pair[0])]


def _waiver(told: JointState, state: State, now: str) -> Row:
    body = told.first.body
    return {
        "kind": WAIVER,
        "id": told.first.id,
        "state": stage_of(told.first.id, state, now[:10]),
        "rules": list(body.get("rules", ())),
        "on": list(_about(keys(body))),
        "reason": body["reason"],
        "approvers": _persons(told.counted),
        "expires": told.ends,
        "incident": body.get("incident"),
        "ended_by": told.revoked.id if told.revoked else None,
    }


def _glass(one: Sealed, told: RequestState, now: str) -> Row:
    ends = str(one.body["expires_at"])
    over = told.status not in ("waiting", "approved")
    return {
        "kind": GLASS,
        "id": one.id,
        "state": told.status if over else "expired" if ends <= now else "in force",
        "rules": [],
        "on": list(_about(keys(told.request.body))),
        "reason": one.body["reason"],
        "approvers": _persons([one]),
        "expires": ends,
        "incident": one.body.get("incident"),
        "ended_by": told.ended_by or None,
    }


def _about(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    return (f"{component} {range}".strip() for component, range in dict.fromkeys(pairs))


def _persons(records: Iterable[Sealed]) -> list[Row]:
    return [
        {"person": one.body["person"], "role": one.body["role"], "on": one.sealed_at[:10], "record": one.id}
        for one in records
    ]
