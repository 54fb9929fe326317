"""Who is left to decide, against trying every way to seat people."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.ledger import able
from osgate.model.policy import Person

NOW = "2026-11-23T08:00:00Z"
ROLES = ("tech", "legal", "security")


def person(id: str, *roles: str, account: str = "", until: str = "") -> Person:
    return Person(id, id, "", (("git", account),) if account else (), (), tuple((role, "", until) for role in roles))


@settings(max_examples=150, deadline=None)
@given(
    seats=st.lists(st.sampled_from(ROLES), max_size=4),
    held=st.lists(st.sets(st.sampled_from(ROLES)), max_size=4),
)
def test_a_role_lacks_somebody_exactly_where_no_way_to_seat_people_fills_it(
    seats: list[str], held: list[set[str]]
) -> None:
    people = [person(f"p{number}", *sorted(roles)) for number, roles in enumerate(held)]
    roles = tuple((role, 0, seats.count(role)) for role in dict.fromkeys(seats))
    wanted = [role for role, _, count in roles for _ in range(count)]
    orders = permutations([*held, *(set[str]() for _ in wanted)], len(wanted))
    fits = any(all(role in sits for role, sits in zip(wanted, order, strict=True)) for order in orders)
    lost = able.lacking(roles, (), people, (), NOW)
    assert (lost == ()) == fits
    assert set(lost) <= set(wanted)


def test_who_asked_wrote_or_decided_is_not_left_and_an_assessor_may_approve_as_well() -> None:
    people = [
        person("wang.wu", "tech"),
        person("li.si", "tech", account="Li.Si@bank.example"),
        person("zhao.liu", "tech", "legal"),
        person("sun.qi", "tech", until="2026-11-20"),
    ]
    request = {"person": "wang.wu", "origin": {"authors": ["li.si@bank.example"]}}
    free = able.others(people, [request])
    assert [one.id for one in free] == ["zhao.liu", "sun.qi"]
    assert able.held(("legal", "tech", "none", "tech"), free, NOW) == ("legal", "tech")
    assert able.lacking((("tech", 0, 1),), ("legal",), free, (), NOW) == ()
    assert able.lacking((("tech", 0, 1),), ("legal",), free, ("zhao.liu",), NOW) == ("tech",)
    assert able.lacking((("tech", 1, 1), ("legal", 0, 1)), (), free, ("zhao.liu",), NOW) == ("legal",)


@pytest.mark.parametrize(("account", "found"), [("Li.Si@bank.example", "li.si@bank.example"), ("x@y.example", "")])
def test_an_author_is_known_by_any_spelling_of_an_account(account: str, found: str) -> None:
    body = {"person": "wang.wu", "origin": {"authors": ["LI.SI@bank.example"]}}
    assert able.authored(person("li.si", account=account), body) == found
