"""Who counts: the arithmetic of roles and distinct persons behind requests, renewals and revocations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from osgate.ledger.fold.sealed import Record, Sealed, needed, turn
from osgate.model.record import record

# (role, given, needed), in the tier's order.
Roles = tuple[tuple[str, int, int], ...]


def can_count(request: Sealed, counted: Iterable[Sealed], approval: Record) -> bool:
    """True if `approval` adds to the quorum of `request` beside those already counted."""
    others = list(counted)
    return (
        approval["person"] != request.body["person"]
        and all(other.body["person"] != approval["person"] for other in others)
        and sum(other.body["role"] == approval["role"] for other in others) < needed(request).count(approval["role"])
    )


def roles_of(request: Sealed, counted: Iterable[Sealed]) -> Roles:
    """Return how far the quorum of `request` is with those counted."""
    given = Counter(one.body["role"] for one in counted)
    return tuple((role, given[role], count) for role, count in Counter(needed(request)).items())


def complete(roles: Roles) -> bool:
    """True if each role has given as many decisions as it must."""
    return bool(roles) and all(have >= need for _, have, need in roles)


@record
class Renewals:
    """How often an approval was renewed, and how far the next time is.

    expires: ISO date until which the last complete round renewed it, empty without one; counted: who made that round.
    open: those of the round that is under way; roles: how far that one is.
    """

    expires: str
    counted: tuple[Sealed, ...]
    open: tuple[Sealed, ...]
    roles: Roles


def fresh(counted: Iterable[Sealed], newer: Sealed) -> list[Sealed]:
    """Return those of an open round that have not ended by themselves when `newer` was sealed."""
    return [one for one in counted if str(one.body["expires"]) > newer.sealed_at[:10]]


def renewals(request: Sealed, renews: Iterable[Sealed], end: str) -> Renewals:
    """Return what the `renew` records of an approved request come to: each round takes the whole quorum again.

    end: ISO date on which the approval ends without them; no renewal makes it shorter.
    """
    expires, done = "", tuple[Sealed, ...]()
    counted: list[Sealed] = []
    for one in sorted(renews, key=turn):
        counted = fresh(counted, one)
        if can_count(request, counted, one.body):
            counted.append(one)
            if complete(roles_of(request, counted)):
                expires = max(expires or end, min(str(each.body["expires"]) for each in counted))
                done, counted = tuple(counted), []
    return Renewals(expires, done, tuple(counted), roles_of(request, counted))


def revocation_needs(target: Sealed, request: Sealed | None = None) -> list[str]:
    """The roles that must revoke `target`, one entry for each person needed.

    A request's whole tier; for a rejection its own role, as often as the tier of its `request` (if given) asks for it;
    for a suspension, restriction or retirement its own role, once.
    """
    if target.body["verb"] == "request":
        return needed(target)
    role = str(target.body["role"])
    times = needed(request).count(role) if request else 1
    return [role] * max(times, 1)


def revocation(target: Sealed, revokers: Iterable[Sealed], request: Sealed | None = None) -> tuple[Sealed, ...]:
    """Return the revocations that complete the quorum against `target`, in order; empty while it is incomplete.

    request: the one that was rejected, where `target` is a rejection. Whoever made the request, or the suspension,
    restriction or retirement that is to be lifted, never counts.
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
