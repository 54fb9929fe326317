"""What waits for people: requests, waivers and imports to decide, blocks to confirm, broken glass to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from osgate.ledger import able, codec
from osgate.ledger.due.asked import CONFIRM_HOURS, NAMED, Asked
from osgate.ledger.fold import RequestState, Sealed
from osgate.model.agenda import Item
from osgate.model.policy import Tier


def items(asked: Asked) -> Iterator[Item]:
    """Yield everything that waits for somebody."""
    yield from _requests(asked)
    yield from _joint(asked)
    yield from _blocks(asked)
    joined = _joined(asked)
    for id, told in asked.state.requests.items():
        yield from _reviews(told, joined.get(id, []), asked)


def _joined(asked: Asked) -> dict[str, list[Sealed]]:
    """By request those that joined it."""
    found: dict[str, list[Sealed]] = {}
    for told in asked.state.requests.values():
        if told.status == "joined":
            found.setdefault(told.ended_by, []).append(told.request)
    return found


def _requests(asked: Asked) -> Iterator[Item]:
    joined = _joined(asked)
    for id, told in asked.state.requests.items():
        if told.status != "waiting":
            continue
        joins = joined.get(id, [])
        spoken = [str(one.body["person"]) for one in told.counted]
        free = asked.others([told.request, *joins])
        stuck = able.lacking(told.roles, told.missing, free, spoken, asked.now)
        # Until what must be assessed is, no approval counts.
        verb, turn = ("assess", told.missing) if told.missing else ("approve", _open(told.roles))
        turn = tuple(role for role in turn if role not in stuck)
        yield asked.due(
            "waiting",
            told.request,
            asked.workdays(told.request.sealed_at, _tier(told.request, asked).days),
            roles=told.roles,
            missing=told.missing,
            asks=tuple(dict.fromkeys((*told.missing, *_open(told.roles)))),
            turn=turn,
            others=tuple(dict.fromkeys(str(one.body["person"]) for one in joins)),
            alternatives=tuple(told.request.body.get("alternatives", ())),
            stuck=stuck,
            do=("osgate", verb, codec.short(id), "--role", "", "--reason") if turn else (),
        )


def _joint(asked: Asked) -> Iterator[Item]:
    commands = {"waive": ("osgate", "waive"), "import": ("osgate", "ledger", "import", "--confirm")}
    for id, told in asked.state.joint.items():
        if told.status != "waiting" or id != told.first.id:
            continue
        asks = _open(told.roles)
        until = asked.workdays(told.first.sealed_at, _tier(told.first, asked).days)
        do = (*commands[told.first.body["verb"]], codec.short(id), "--role", "", "--reason")
        yield asked.due("waiting", told.first, until, roles=told.roles, asks=asks, turn=asks, do=do)


def _open(roles: tuple[tuple[str, int, int], ...]) -> tuple[str, ...]:
    return tuple(role for role, given, needed in roles if given < needed)


def _tier(made: Sealed, asked: Asked) -> Tier:
    """The tier that decides on a record; the default one where its own is no more."""
    policy = asked.valid.policy
    return policy.tiers.get(str(made.witness.get("tier"))) or policy.tiers[policy.default_tier]


def _blocks(asked: Asked) -> Iterator[Item]:
    roles = asked.valid.policy.incident_roles
    for id, told in asked.state.blocks.items():
        if id != told.block.id or told.confirmed or not told.in_force:
            continue
        until = datetime.fromisoformat(told.block.sealed_at) + timedelta(hours=CONFIRM_HOURS)
        yield asked.due(
            "block",
            told.block,
            until.strftime("%Y-%m-%dT%H:%M:%SZ"),
            name=str(told.block.body.get("incident", "")),
            asks=roles,
            turn=roles,
            do=_confirming(told.block.body),
        )


def _confirming(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The command that confirms a block: one of the same; of one that no line can say, what shows it."""
    ranges = {subject.get("range", "") for subject in body["subjects"]}
    digests = any(subject.get("digests") for subject in body["subjects"])
    id = codec.short(body["id"])
    if len(ranges) > 1 or digests or len(body["subjects"]) > NAMED:
        return "osgate", "ledger", "show", id
    range = ranges.pop()
    words = ("osgate", "block", *(subject["purl"] for subject in body["subjects"]), *(("--range", range) * bool(range)))
    return (*words, "--confirms", id, "--role", "", "--reason")


def _reviews(told: RequestState, joins: list[Sealed], asked: Asked) -> Iterator[Item]:
    """Each broken glass until somebody looked at it; one look is for all that were sealed before it."""
    last = max((one.serial for one in told.reviewed), default=0)
    waits = [one for one in told.broken if one.serial >= last]
    asks, turn = _reviewers(told, joins, asked) if waits else ((), ())
    for one in waits:
        yield asked.due(
            "review",
            one,
            asked.workdays(one.sealed_at, asked.valid.policy.terms.review),
            name=str(one.body.get("incident", "")),
            subjects=tuple(f"{s['purl']} {s['range']}" for s in told.request.body["subjects"]),
            asks=asks,
            turn=turn,
            do=(
                *("osgate", "assess", codec.short(told.request.id), "--type", "post-review"),
                *("--role", "", "--reason"),
            )
            if turn
            else (),
        )


def _reviewers(told: RequestState, joins: list[Sealed], asked: Asked) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The roles asked to look at a broken glass, and those that can: held now by who neither asked for it nor broke it.

    Any role may; the request's own come first, then those that decide on others, then those of incidents.
    """
    witness, policy = told.request.witness, asked.valid.policy
    own = (*witness.get("roles", ()), *witness.get("assessments", ()))
    deciding = [role for tier in policy.tiers.values() for role in (*tier.roles, *tier.assessments)]
    free = asked.others([told.request, *joins], (str(one.body["person"]) for one in told.broken))
    found = able.held(own, free, asked.now) or able.held([*deciding, *policy.incident_roles], free, asked.now)
    return found or tuple(dict.fromkeys(own)), found
