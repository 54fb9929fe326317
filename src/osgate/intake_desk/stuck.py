"""Requests that nobody could decide: told before they are signed, or not sent at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.errors import Refused
from osgate.intake_desk import joining
from osgate.intake_desk.verbs import asking
from osgate.intake_desk.verbs.context import No
from osgate.ledger import able, codec
from osgate.ledger.fold import RequestState, State, quorum
from osgate.ledger.fold.sealed import Sealed
from osgate.policy.valid import ValidPolicy
from osgate.text.translator import Translator
from osgate.text.width import printable

Body = Mapping[str, Any]


def must_stay_open(target: RequestState, body: Body, state: State, valid: ValidPolicy, now: str) -> None:
    """Raise Refused("request.locks") where `target` could be decided at `now`, and no more once `body` joins it.

    What nobody can decide anyhow is no worse for one more who asks.
    """
    asked = [one.body for one in (target.request, *joining.asked_by(state.requests.values(), target.request.id))]
    lost = _lacking(target, [*asked, body], valid, now)
    if lost and not _lacking(target, asked, valid, now):
        raise Refused("request.locks", id=codec.short(target.request.id), roles=", ".join(lost), role=lost[0])


def _lacking(target: RequestState, asked: Iterable[Body], valid: ValidPolicy, now: str) -> tuple[str, ...]:
    spoken = [str(one.body["person"]) for one in target.counted]
    free = able.others(valid.people.values(), asked)
    return able.lacking(target.roles, target.missing, free, spoken, now)


def lines(body: Body, valid: ValidPolicy, now: str, t: Translator) -> Iterator[str]:
    """Yield which roles nobody holds at `now` who could decide on the new request `body`, if there are any."""
    if "joins" in body:
        return
    try:
        tier = asking.tier_of(body, valid.policy)
    except No:  # The desk says so itself.
        return
    made = Sealed(body, 0, now, {"roles": list(tier.roles)})
    free = able.others(valid.people.values(), [body])
    lost = able.lacking(quorum.roles_of(made, ()), tier.assessments, free, (), now)
    if lost:
        yield printable("  " + t("request.stuck", roles=t("join.items").join(lost)))
