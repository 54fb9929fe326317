"""What ends: approvals, what was taken over, waivers, papers, retirements, what the policy approves in advance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.ledger import able, calendar, codec
from osgate.ledger.due.anew import Anew
from osgate.ledger.due.asked import NAMED, Asked, named, spelled
from osgate.ledger.fold import JointState, RequestState, Sealed
from osgate.model.agenda import Item

# How a renewal, a request and a waiver are asked for; an empty word is the role.
_ROLE = ("--role", "", "--reason")


def items(asked: Asked) -> tuple[list[Item], int]:
    """Return what ends soon or has ended, and how many endings nobody is asked about because nothing uses them."""
    anew = Anew(asked.state.standings)
    found: list[Item] = []
    unused = 0
    states: list[RequestState | JointState] = [*asked.state.requests.values()]
    states += [told for id, told in asked.state.joint.items() if id == told.first.id]
    for told in states:
        subjects, until = _ending(told, asked)
        needed = [subject for subject in subjects if not anew.settles(subject, _id(told), until)]
        used = [subject for subject in needed if asked.usage(subject["purl"], subject.get("range", "")) != ()]
        if used or (until and not subjects):
            found.append(_item(told, used, until, asked))
        unused += bool(needed and not used)
    found += [*_papers(asked), *_retirements(asked), *_pre_approvals(asked)]
    return found, unused


def _id(told: RequestState | JointState) -> str:
    return told.request.id if isinstance(told, RequestState) else told.first.id


def _ending(told: RequestState | JointState, asked: Asked) -> tuple[Iterable[Mapping[str, Any]], str]:
    """The subjects of what ends or is being renewed, and when; an empty day for what does neither."""
    if isinstance(told, RequestState):
        going = told.renewed is not None and told.renewed.open
        wanted = told.status == "approved" and (going or asked.soon(told.expires))
        return (told.request.body["subjects"], told.expires) if wanted else ((), "")
    waiver = told.first.body["verb"] == "waive"
    # What a waiver lifted is found again once it has ended; after the days of grace nobody is reminded any more.
    over = waiver and calendar.later(told.ends, asked.valid.policy.terms.grace) <= asked.today
    if told.status != "in-force" or over or not asked.soon(told.ends):
        return (), ""
    return told.first.body.get("subjects", ()), told.ends


def _item(told: RequestState | JointState, used: list[Mapping[str, Any]], until: str, asked: Asked) -> Item:
    if isinstance(told, RequestState):
        return _approval(told, used, asked)
    first, roles = told.first, tuple((role, 0, needed) for role, _, needed in told.roles)
    taken_over = first.body["verb"] == "import"
    asks = tuple(role for role, _, _ in roles)
    return asked.ends(
        "taken-over" if taken_over else "waiver",
        first.id,
        until,
        since=told.sealed_at,
        verb=str(first.body["verb"]),
        subjects=spelled(used) or named(first.body),
        person=str(first.body["person"]),
        reason=str(first.body["reason"]),
        grace=calendar.later(until, asked.valid.policy.terms.grace) if taken_over else "",
        roles=roles,
        asks=asks,
        turn=asks,
        do=_asking(used, codec.short(first.id)) if taken_over else _waiving(first.body, codec.short(first.id)),
    )


def _approval(told: RequestState, used: list[Mapping[str, Any]], asked: Asked) -> Item:
    roles = told.renewed.roles if told.renewed else told.roles
    asks = tuple(role for role, given, needed in roles if given < needed)
    going = bool(told.renewed and told.renewed.open)
    return asked.ends(
        "renewing" if going else "approval",
        told.request.id,
        told.expires,
        since=told.renewed.open[0].sealed_at if told.renewed and going else told.sealed_at,
        verb="request",
        subjects=spelled(used),
        person=str(told.request.body["person"]),
        reason=str(told.request.body["reason"]),
        grace=calendar.later(told.expires, asked.valid.policy.terms.grace),
        roles=roles,
        asks=asks,
        turn=asks,
        do=("osgate", "renew", codec.short(told.request.id), *_ROLE),
    )


def _asking(subjects: Iterable[Mapping[str, Any]], id: str) -> tuple[str, ...]:
    """How what was taken over is asked for anew; where one line cannot ask for it, how it is shown."""
    taken = list(subjects)
    purls = list(dict.fromkeys(str(subject["purl"]) for subject in taken))
    ranges = {str(subject.get("range", "")) for subject in taken}
    kinds = {str(subject.get("kind", "component")) for subject in taken}
    if len(purls) > NAMED or len(ranges) != 1 or "" in ranges or kinds != {"component"}:
        return "osgate", "ledger", "show", id
    # The file it came from does not tell how a thing comes in; most come from a community, and a person can say else.
    return "osgate", "request", *purls, "--range", *ranges, "--channel", "community", "--reason"


def _waiving(body: Mapping[str, Any], id: str) -> tuple[str, ...]:
    purls = [str(subject["purl"]) for subject in body.get("subjects", ())]
    projects = ("--project", ",".join(body["projects"])) if body.get("projects") else ()
    if len(purls) > NAMED:
        return "osgate", "ledger", "show", id
    return ("osgate", "waive", *purls, *projects, "--rule", ",".join(body["rules"]), "--until", "DATE", *_ROLE)


def _papers(asked: Asked) -> Iterator[Item]:
    """Of each type the paper that is valid longest; the others rest on it."""
    for id, told in asked.state.requests.items():
        longest: dict[str, Any] = {}
        for one in told.assessed if told.status in ("waiting", "approved") else ():
            type = str(one.body.get("type", ""))
            if one.body.get("valid_until", "") > (longest[type].body["valid_until"] if type in longest else ""):
                longest[type] = one
        for type, one in longest.items():
            if asked.soon(one.body["valid_until"]):
                yield asked.ends(
                    "paper",
                    id,
                    str(one.body["valid_until"]),
                    name=type,
                    since=one.sealed_at,
                    verb="assess",
                    subjects=named(told.request.body),
                    person=str(one.body["person"]),
                    reason=str(one.body["reason"]),
                    asks=(str(one.body["role"]),),
                    turn=(str(one.body["role"]),),
                    do=(
                        *("osgate", "assess", codec.short(id), *(("--type", type) if type else ())),
                        *("--valid-until", "DATE", *_ROLE),
                    ),
                )


def _retirements(asked: Asked) -> Iterator[Item]:
    for id, told in asked.state.holds.items():
        body = told.hold.body
        open_one = id == told.hold.id and body["verb"] == "retire" and told.lifted is None and told.closed is None
        if open_one and asked.soon(str(body["by"])):
            turn, do = _closing(told.hold, asked)
            yield asked.ends(
                "retirement",
                id,
                str(body["by"]),
                since=told.hold.sealed_at,
                verb="retire",
                subjects=named(body),
                person=str(body["person"]),
                reason=str(body["reason"]),
                asks=tuple(dict.fromkeys((str(body["role"]), *turn))),
                turn=turn,
                do=do,
            )


def _closing(hold: Sealed, asked: Asked) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who can close a retirement and how, where it is certain that nothing uses it: in words otherwise."""
    body, policy = hold.body, asked.valid.policy
    if any(asked.usage(subject["purl"], subject.get("range", "")) != () for subject in body["subjects"]):
        return (), ()
    deciding = [role for tier in policy.tiers.values() for role in (*tier.roles, *tier.assessments)]
    roles = (str(body["role"]), *deciding, *policy.incident_roles)
    turn = able.held(roles, asked.others([hold]), asked.now)
    return (turn, ("osgate", "retire", "--close", codec.short(hold.id), *_ROLE)) if turn else ((), ())


def _pre_approvals(asked: Asked) -> Iterator[Item]:
    for one in asked.valid.policy.pre_approvals:
        if asked.soon(one.expires):
            said = f"{one.purl} {one.range}".rstrip()
            yield asked.ends("pre-approval", one.origin, one.expires, subjects=(said,), reason=one.reason)
