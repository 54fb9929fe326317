"""Where a request, block, hold, waiver or import stands, a line each, for `desk` and `ledger show`."""

from __future__ import annotations

from datetime import datetime, timedelta

from osgate.ledger import codec
from osgate.ledger.fold import BlockState, HoldState, JointState, RequestState, State
from osgate.model.policy import UNBLOCK_QUORUM
from osgate.reports.detail import given
from osgate.text.translator import Translator

# A second person confirms an emergency block within this time; it stands meanwhile, and after it too.
CONFIRM_HOURS = 24


def state_line(id: str, state: State, t: Translator) -> str:
    """One line on the request, block, hold, waiver or import with this id; empty where it is none."""
    if id in state.requests:
        return request_line(state.requests[id], t)
    if id in state.holds:
        return hold_line(state.holds[id], t)
    if id in state.joint:
        return joint_line(state.joint[id], t)
    return block_line(state.blocks[id], t) if id in state.blocks else ""


def request_line(told: RequestState, t: Translator) -> str:
    """One line on a request: its status, approvals given and needed, assessments to come."""
    roles = [given(told.roles, t), *(t("need.assessment", role=role) for role in told.missing)]
    line = t(
        f"desk.request-{told.status}",
        id=codec.short(told.request.id),
        roles=t("join.items").join(roles),
        by=codec.short(told.ended_by),
    )
    if told.status == "approved" and told.renewed is not None and told.renewed.open:
        line += t("join.facts") + t("desk.renewing", roles=given(told.renewed.roles, t))
    broken = [one for one in told.broken if told.status == "waiting"]
    return line + "".join(
        t("join.facts") + t("desk.glass-broken", person=one.body["person"], until=one.body["expires_at"])
        for one in broken
    )


def block_line(told: BlockState, t: Translator) -> str:
    """One line on a block: confirmed or until when, lifted, or how many more persons it takes to lift it."""
    confirm_by = datetime.fromisoformat(told.block.sealed_at) + timedelta(hours=CONFIRM_HOURS)
    status = "confirmed" if told.confirmed else "unconfirmed"
    if told.lifting:
        status = "lifting" if told.in_force else "lifted"
    return t(
        f"desk.block-{status}",
        id=codec.short(told.block.id),
        until=confirm_by.strftime("%Y-%m-%d %H:%M UTC"),
        persons=t("join.names").join(told.lifting or told.confirmed),
        given=len(told.lifting),
        wanted=UNBLOCK_QUORUM,
    )


def hold_line(told: HoldState, t: Translator) -> str:
    """One line on a suspension, restriction or retirement: in force and who may lift it, or lifted by whom."""
    body = told.hold.body
    status = "lifted" if told.lifted is not None else "closed" if told.closed is not None else "stands"
    return t(
        f"desk.{body['verb']}-{status}",
        id=codec.short(told.hold.id),
        person=(told.lifted or told.closed or told.hold).body["person"],
        role=body["role"],
        by=body.get("by", ""),
    )


def joint_line(told: JointState, t: Translator) -> str:
    """One line on a waiver or import: who still has to confirm it, until when it is in force, or who revoked it."""
    return t(
        f"desk.{told.first.body['verb']}-{told.status}",
        id=codec.short(told.first.id),
        roles=given(told.roles, t),
        until=told.ends,
        person=(told.revoked or told.first).body["person"],
    )
