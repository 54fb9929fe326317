"""Who fills which role of a policy's quorum, and whose word does not count."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.intake_desk.endorsing import Guard, endorsed, filled, genuine, since, unfilled, vacant
from osgate.intake_desk.verbs import Outside
from osgate.intake_desk.weigh import Candidate, weigh
from osgate.ledger import codec
from osgate.ledger.fold import Sealed
from osgate.model.finding import SLUGS
from osgate.model.policy import Key, Person
from osgate.model.record import replace
from osgate.policy.valid import validate
from osgate.testing import records
from osgate.testing.clock import START
from osgate.testing.keys import SigningKey
from osgate.testing.policies import PEOPLE, policy_files

OLD, NEW = "sha256:" + "1" * 64, "sha256:" + "2" * 64
VALID = validate(policy_files(governance=("tech", "legal")), SLUGS)
GUARD = Guard(("tech", "legal"), VALID.people)


def word(person: str, role: str, previous: str = OLD, serial: int = 2) -> Sealed:
    """A sealed endorsement of NEW."""
    return records.sealed(records.endorse(NEW, person, role, previous=previous), serial)


def missing(*items: Sealed, authors: tuple[str, ...] = (), guard: Guard = GUARD) -> tuple[str, ...]:
    return endorsed(guard, items, OLD, authors, START).missing


def test_a_role_that_ended_or_has_no_second_person_is_vacant_on_that_day() -> None:
    ended = replace(VALID.people["li.si"], end="2026-06-01")
    alone = replace(VALID.people["zhang.san"], roles=(("tech", "", ""), ("legal", "", "")))
    assert unfilled(Guard(("tech", "legal"), {"a": alone, "b": ended}), START) == ("legal",)
    assert unfilled(Guard(("tech", "legal"), {"a": alone, "b": ended}), "2026-05-01T00:00:00Z") == ()
    assert unfilled(GUARD, START) == ()
    assert vacant(VALID.policy, [alone], START) == ("incident",)
    assert vacant(VALID.policy, VALID.people.values(), START) == ()


def test_each_role_takes_another_person() -> None:
    assert missing() == ("tech", "legal")
    assert missing(word("zhang.san", "tech")) == ("legal",)
    assert missing(word("zhang.san", "tech"), word("li.si", "legal")) == ()
    assert len(missing(word("zhao.liu", "tech"), word("zhao.liu", "legal"))) == 1


def test_a_person_who_spoke_in_two_roles_is_put_where_the_others_leave_a_gap() -> None:
    items = (word("zhao.liu", "tech"), word("zhao.liu", "legal"), word("zhang.san", "tech"))
    for order in permutations(items):
        found = endorsed(GUARD, order, OLD, (), START)
        assert found.missing == ()
        assert set(found.given) == {("tech", "zhang.san"), ("legal", "zhao.liu")}


def test_a_role_that_is_named_twice_takes_two_persons() -> None:
    guard = Guard(("tech", "tech"), VALID.people)
    assert missing(word("zhang.san", "tech"), guard=guard) == ("tech",)
    assert missing(word("zhang.san", "tech"), word("zhao.liu", "tech"), guard=guard) == ()


def test_an_author_never_counts_by_whatever_address_git_knows_them() -> None:
    items = (word("zhang.san", "tech"), word("li.si", "legal"))
    people = dict(VALID.people)
    people["li.si"] = replace(people["li.si"], accounts=(("git", "Li.Si@Bank.example"), ("gitlab", "7")))
    guard = Guard(GUARD.roles, people)
    found = endorsed(guard, items, OLD, ("li.si@bank.example",), START)
    assert (found.missing, found.authors) == (("legal",), ("li.si",))
    assert found.able == {"legal": ("zhao.liu",)}
    assert missing(*items, authors=("nobody@bank.example",), guard=guard) == ()


def test_what_was_said_of_another_policy_and_by_whom_does_not_hold_the_role_does_not_count() -> None:
    legal = word("li.si", "legal")
    assert missing(word("zhang.san", "tech", previous=NEW), legal) == ("tech",)
    assert missing(records.sealed(records.endorse(NEW, "zhang.san", "tech"), 2), legal) == ("tech",)
    assert missing(word("wang.wu", "tech"), legal) == ("tech",)
    assert missing(word("nobody", "tech"), legal) == ("tech",)
    ended = replace(VALID.people["zhang.san"], end="2026-11-21")
    assert missing(
        word("zhang.san", "tech"), legal, guard=Guard(GUARD.roles, {**VALID.people, "zhang.san": ended})
    ) == ("tech",)


@given(
    st.lists(st.sampled_from("abc"), max_size=4),
    st.dictionaries(st.sampled_from("uvwxyz"), st.sets(st.sampled_from("abcd")), max_size=5),
)
@settings(max_examples=60, deadline=None)
def test_as_many_roles_are_filled_as_can_be_each_by_another_person(roles: list[str], held: dict[str, set[str]]) -> None:
    found = filled(roles, held)
    persons = [person for _, person in found]
    assert len(set(persons)) == len(persons)
    assert all(role in held[person] for role, person in found)
    assert sorted(role for role, _ in found) == sorted(
        role for role in {*roles} for _ in range(sum(r == role for r, _ in found))
    )
    assert len(found) == most(roles, held)


def most(roles: list[str], held: dict[str, set[str]]) -> int:
    """How many of `roles` can be filled, by trying everything."""
    if not roles:
        return 0
    rest = roles[1:]
    tried = [
        1 + most(rest, {p: h for p, h in held.items() if p != person}) for person in held if roles[0] in held[person]
    ]
    return max([most(rest, held), *tried])


def test_a_forged_word_and_one_by_a_revoked_key_are_not_genuine() -> None:
    def signed(record: dict[str, object], person: str) -> Sealed:
        found = weigh(
            [Candidate("", codec.printed(record))], (), VALID.policy, VALID.people, START, 1, "", Outside(policy=OLD)
        )
        witness = found.accepted[0].witness if found.accepted else {"key": "-"}
        return Sealed(record, 1, START, witness)

    good = signed(records.endorse(NEW, "zhang.san", "tech", previous=OLD), "zhang.san")
    forged = signed(records.endorse(NEW, "li.si", "legal", previous=OLD, key=SigningKey("zhang.san")), "zhang.san")
    assert genuine([good, forged], VALID.people) == (good,)
    person = VALID.people["zhang.san"]
    revoked = replace(person, keys=(replace(person.keys[0], revoked="2026-11-01"),))
    assert genuine([good], {**VALID.people, "zhang.san": revoked}) == ()


def test_since_when_a_policy_has_been_in_force_without_a_break() -> None:
    seals = {1: OLD, 2: NEW, 3: OLD, 4: OLD}
    assert since(seals, 4, OLD) == 3
    assert since(seals, 4, NEW) == 5
    assert since({1: OLD, 2: OLD}, 2, OLD) == 1
    assert since({3: OLD, 4: OLD}, 4, OLD) == 3


# -- what the desk asks of the record itself


def refusal(record: dict[str, object], *, guarded: bool = True, policy: str = OLD, **people: Person) -> str:
    """Why the record does not count; empty where it does."""
    valid = VALID if guarded else validate(policy_files(PEOPLE), SLUGS)
    staff = {**valid.people, **{person.id: person for person in people.values()}}
    found = weigh([Candidate("", codec.printed(record))], (), valid.policy, staff, START, 5, "", Outside(policy=policy))
    return next((one.code for one in found.refused), "")


def test_what_an_endorsement_is_refused_for() -> None:
    good = records.endorse(NEW, previous=OLD)
    assert refusal(good) == ""
    assert refusal(good, guarded=False) == "nobody-guards"
    assert refusal(good, policy=NEW) == "in-force-already"
    assert refusal(records.endorse(NEW, previous=NEW)) == "other-policy"
    assert refusal(records.endorse(NEW)) == "other-policy"
    assert refusal(records.endorse(NEW, "zhao.liu", "security", previous=OLD)) == "role-not-needed"
    assert refusal(records.endorse(NEW, "wang.wu", "tech", previous=OLD)) == "role-not-held"


# -- persons, roles and keys that ended


def test_who_has_left_lost_the_role_or_whose_key_is_revoked_is_told_which() -> None:
    person = VALID.people["zhang.san"]
    request = records.request("zhang.san")
    key = person.keys[0]
    assert refusal(request, a=replace(person, end="2026-11-21")) == "person-not-here"
    assert refusal(request, a=replace(person, start="2026-11-22")) == "person-not-here"
    assert refusal(request, a=replace(person, end="2026-11-22")) == ""
    assert refusal(request, a=replace(person, keys=(replace(key, end="2026-11-21"),))) == "key-not-valid"
    assert refusal(request, a=replace(person, keys=(replace(key, revoked="2026-11-21"),))) == "key-revoked"
    assert refusal(request, a=replace(person, keys=(replace(key, revoked="2026-11-22"),))) == ""
    # A key that ended and was entered again counts by the period that is open.
    again = (replace(key, end="2026-10-01"), Key(key.key, "2026-11-01"))
    assert refusal(request, a=replace(person, keys=again)) == ""
    endorsement = records.endorse(NEW, previous=OLD)
    ended = replace(person, roles=(("tech", "2026-01-01", "2026-11-21"),))
    assert refusal(endorsement, a=ended) == "role-not-held"
