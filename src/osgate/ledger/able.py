"""Who is left to decide: persons who hold a role at a moment and neither asked for it nor wrote the change. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from osgate.ledger.fold.quorum import Roles
from osgate.model.policy import Person

Body = Mapping[str, Any]


def authored(person: Person, request: Body, since: Iterable[str] = ()) -> str:
    """Return the account by which `person` is an author of the change of a request, empty where they are none.

    Authors are mail addresses, as commits name them, and accounts of a forge as `FORGE:ID`. since: who is one by now,
    beside those that the request names.
    """
    authors = {str(author).lower() for author in (*request.get("origin", {}).get("authors", ()), *since)}
    own = (id if forge == "git" else f"{forge}:{id}" for forge, id in _lower(person))
    return min((account for account in own if account in authors), default="")


def asked(person: Person, request: Body) -> bool:
    """True if `person` made a request: under their name, or with an account that is theirs today."""
    said = request.get("witnessed", {})
    return person.id == request["person"] or (said.get("forge"), said.get("account")) in person.accounts


def _lower(person: Person) -> Iterable[tuple[str, str]]:
    return ((forge, id.lower()) for forge, id in person.accounts)


def others(people: Iterable[Person], requests: Iterable[Body], besides: Iterable[str] = ()) -> list[Person]:
    """Return who made none of `requests`, is no author of their changes, and is not one of `besides` (ids)."""
    bodies, barred = list(requests), set(besides)
    return [one for one in people if one.id not in barred and not any(_in_it(one, body) for body in bodies)]


def _in_it(person: Person, request: Body) -> bool:
    return asked(person, request) or bool(authored(person, request))


def held(roles: Iterable[str], persons: Iterable[Person], now: str) -> tuple[str, ...]:
    """Return those of `roles` that one of `persons` holds at `now` (ISO date or UTC instant), each once."""
    there = {role for person in persons for role in person.holds(now)}
    return tuple(role for role in dict.fromkeys(roles) if role in there)


def lacking(
    roles: Roles, missing: Iterable[str], persons: Iterable[Person], spoken: Iterable[str], now: str
) -> tuple[str, ...]:
    """Return the roles that keep a request from being decided, because too few of `persons` hold them at `now`.

    roles, missing: as in RequestState; each open decision takes a person of its own, none of `spoken` (ids), who have
    decided already. Who may assess is not bound by that.
    """
    able, done, wanted = list(persons), set(spoken), list(missing)
    seats = [role for role, given, needed in roles for _ in range(needed - given)]
    free = {one.id: one.holds(now) for one in able if one.id not in done}
    there = held(wanted, able, now)
    return tuple(dict.fromkeys([*(role for role in wanted if role not in there), *_unfilled(seats, free)]))


def _unfilled(seats: list[str], free: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The seats that stay empty where as many as possible are taken, by augmenting paths (Kuhn 1955)."""
    sits: dict[str, int] = {}

    def seated(seat: int, seen: set[str]) -> bool:
        for id in (id for id, roles in free.items() if seats[seat] in roles and id not in seen):
            seen.add(id)
            if id not in sits or seated(sits[id], seen):
                sits[id] = seat
                return True
        return False

    return [seats[seat] for seat in range(len(seats)) if not seated(seat, set())]
