"""Where a record is in the lifecycle: the state of what it made, by the fold and the clock."""

from __future__ import annotations

from osgate.ledger.fold import BlockState, HoldState, JointState, RequestState, State


def stage_of(id: str, state: State, today: str) -> str:
    """Return where the request, rejection, hold, block, waiver or import `id` is; empty for what the fold has not.

    today: ISO date, UTC.
    """
    if id in state.requests:
        return _request(state.requests[id], today)
    if id in state.holds:
        return _hold(state.holds[id], today)
    if id in state.joint:
        return _joint(state.joint[id], today)
    return _block(state.blocks[id]) if id in state.blocks else ""


def _request(told: RequestState, today: str) -> str:
    if told.status == "waiting":
        return "assessing" if told.counted or told.assessed else "requested"
    if told.status != "approved":
        return told.status
    if told.expires <= today:
        return "expired"
    return "conditional" if limited(told) else "approved"


def limited(told: RequestState) -> bool:
    """True if the request or one of its approvals leaves some use out."""
    said = (told.request.body, *(one.body for one in told.counted))
    named = any(one.get(name) for one in said for name in ("environments", "projects", "classes", "distribution"))
    return named or any(subject.get("scope") for subject in told.request.body["subjects"])


def _hold(told: HoldState, today: str) -> str:
    if told.lifted is not None:
        return "lifted"
    if told.hold.body["verb"] == "retire":
        return "retired" if told.closed is not None or str(told.hold.body["by"]) <= today else "retiring"
    return {"suspend": "suspended", "restrict": "restricted"}[str(told.hold.body["verb"])]


def _block(told: BlockState) -> str:
    return "blocked" if told.in_force else "lifted"


def _joint(told: JointState, today: str) -> str:
    if told.status == "in-force" and told.ends <= today:
        return "expired"
    return {"waiting": "proposed", "in-force": "in force", "revoked": "revoked"}[told.status]
