"""Whether enough persons stand behind a written policy, judged by the policy that was in force before it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from osgate.ledger import history
from osgate.ledger.fold import Sealed
from osgate.model.policy import Person, Policy
from osgate.model.record import record


@record
class Guard:
    """Who guards a written policy. roles: each must be filled by another person; empty where nobody has to be asked.

    people: by id, with the roles they hold.
    """

    roles: tuple[str, ...]
    people: Mapping[str, Person]


@record
class Endorsed:
    """How far a written policy is. given: (role, person) of those that count; missing: roles that nobody fills.

    authors: persons who wrote the change, and so never count. able: role that is missing -> who could fill it.
    """

    given: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    authors: tuple[str, ...]
    able: Mapping[str, tuple[str, ...]]


def endorsed(guard: Guard, items: Iterable[Sealed], previous: str, addresses: Iterable[str], now: str) -> Endorsed:
    """Return how far the quorum of `guard` is with the endorsements `items` of one written policy.

    Counted are those that name the policy in force, `previous` (digest), by persons who held the role when it was
    sealed and are no git authors of the change. addresses: of its authors and committers, lower case: what a commit
    says of them may only exclude. now: UTC instant, for who could still endorse.
    """
    authors = {person.id for person in guard.people.values() if _own(person) & set(addresses)}
    held: dict[str, set[str]] = {}
    for item in items:
        body = item.body
        person = guard.people.get(body["person"])
        fits = body["verb"] == "endorse" and body.get("previous") == previous
        if fits and person and person.id not in authors and body["role"] in person.holds(item.sealed_at):
            held.setdefault(person.id, set()).add(body["role"])
    given = filled(guard.roles, held)
    taken = {person for _, person in given}
    missing = list(guard.roles)
    for role, _ in given:
        missing.remove(role)
    free = [person for person in guard.people.values() if person.id not in authors | taken]
    able = {role: tuple(sorted(p.id for p in free if role in p.holds(now))) for role in missing}
    return Endorsed(given, tuple(missing), tuple(sorted(authors)), able)


def unfilled(guard: Guard, now: str) -> tuple[str, ...]:
    """Return the roles of `guard` that cannot be filled at `now` (UTC instant), each by another person."""
    missing = list(guard.roles)
    for role, _ in filled(guard.roles, {person.id: person.holds(now) for person in guard.people.values()}):
        missing.remove(role)
    return tuple(missing)


def vacant(policy: Policy, people: Iterable[Person], now: str) -> tuple[str, ...]:
    """Return the roles, sorted, that nobody holds at `now` (UTC instant) though the everyday work of the policy takes
    them: changes of the policy, requests of the default tier, incidents."""
    tier = policy.tiers[policy.default_tier]
    needed = {*policy.governance, *tier.roles, *tier.assessments, *policy.incident_roles}
    return tuple(sorted(needed.difference(*(person.holds(now) for person in people))))


def _own(person: Person) -> set[str]:
    return {id.lower() for forge, id in person.accounts if forge == "git"}


def filled(roles: Iterable[str], held: Mapping[str, Iterable[str]]) -> tuple[tuple[str, str], ...]:
    """Return (role, person) for as many of `roles` as can be filled, each person once.

    held: person -> roles they spoke in. A person who spoke in two roles is put where the others leave a gap (augmenting
    paths in a bipartite graph, Kuhn 1955).
    """
    slots = list(roles)
    able = {person: set(spoken) for person, spoken in held.items()}
    by: dict[int, str] = {}

    def place(person: str, tried: set[int]) -> bool:
        for slot, role in enumerate(slots):
            if role in able[person] and slot not in tried:
                tried.add(slot)
                if slot not in by or place(by[slot], tried):
                    by[slot] = person
                    return True
        return False

    for person in able:
        place(person, set())
    return tuple((slots[slot], by[slot]) for slot in sorted(by))


def genuine(items: Iterable[Sealed], people: Mapping[str, Person]) -> tuple[Sealed, ...]:
    """Return those of `items` that are signed by the person they name, with a key that counted when it was sealed."""
    listed = tuple(items)
    problems = (*history.check_signatures(listed), *history.check_signers(listed, people))
    wrong = {problem.params.get("id") for problem in problems}
    return tuple(item for item in listed if item.id not in wrong)


def since(seals: Mapping[int, str], newest: int, policy: str) -> int:
    """Return the serial of the seal since which `policy` has been in force without a break, `newest` + 1 if it is not.

    seals: serial -> digest of the policy it names; one that is missing is a break. An endorsement sealed before that
    spoke of another change: a policy that was in force once does not come back by what was said of it then.
    """
    first = newest + 1
    while first > 1 and seals.get(first - 1) == policy:
        first -= 1
    return first
