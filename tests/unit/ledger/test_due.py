"""What is due: each kind of item, when it comes, when it is overdue, and when nobody needs to be asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import audit
from osgate.ledger import calendar, due
from osgate.ledger.due.people import runs_until
from osgate.ledger.fold import Sealed, fold
from osgate.model.agenda import KINDS, Agenda, Item
from osgate.model.policy import Key, Person, PreApproval, Terms
from osgate.model.record import replace
from osgate.model.usage import Use
from osgate.policy.build import ValidPolicy
from osgate.testing import records as make
from osgate.testing.keys import SigningKey
from osgate.testing.policies import valid_policy

VALID = valid_policy()
REQUEST = make.request()
# A Monday.
MONDAY = "2026-11-23T08:00:00Z"


def told(
    *items: Sealed, now: str, days: int = 30, valid: ValidPolicy = VALID, usage: Mapping[str, bool] | None = None
) -> Agenda:
    """The agenda of a ledger that holds `items`. usage: component -> whether it is used; of others nobody can tell."""

    def uses(component: str, range: str) -> tuple[Use, ...] | None:
        known = (usage or {}).get(component)
        return None if known is None else (Use("app", component),) * known

    with audit.no_io():
        return due.agenda(fold(items), valid, now, days, uses)


def only(agenda: Agenda) -> Item:
    (item,) = agenda.items
    return item


def approved(
    request: Mapping[str, Any] = REQUEST, expires: str = make.EXPIRES, serial: int = 1, at: str = MONDAY
) -> list[Sealed]:
    return [
        make.sealed(request, serial, sealed_at=at),
        make.sealed(make.approve(request, "zhang.san", "tech", expires), serial + 1, sealed_at=at),
        make.sealed(make.approve(request, "li.si", "legal", expires), serial + 2, sealed_at=at),
    ]


def terms(valid: ValidPolicy = VALID, **changes: Any) -> ValidPolicy:
    return replace(valid, policy=replace(valid.policy, terms=Terms(**changes)))


# What waits


def test_a_request_waits_for_its_roles_within_its_tier_s_working_days() -> None:
    request = make.sealed(REQUEST, 1, sealed_at=MONDAY)
    item = only(told(request, now=MONDAY))
    assert (item.kind, item.until, item.left, item.overdue, item.days) == ("waiting", "2026-11-25", 2, False, 0)
    assert item.roles == (("tech", 0, 1), ("legal", 0, 1))
    assert (item.asks, item.turn) == (("tech", "legal"), ("tech", "legal"))
    assert item.subjects == ("pkg:npm/left-pad vers:npm/>=1.3.0|<2.0.0",)
    assert not only(told(request, now="2026-11-25T23:00:00Z")).overdue
    late = only(told(request, now="2026-11-26T00:00:00Z"))
    assert (late.overdue, late.left, late.days) == (True, -1, 3)


def test_freeze_days_and_weekends_are_not_counted_against_whoever_decides() -> None:
    request = make.sealed(REQUEST, 1, sealed_at="2026-11-20T08:00:00Z")
    frozen = terms(freeze=(("2026-11-24", "2026-11-30"),))
    assert only(told(request, now=MONDAY)).until == "2026-11-24"
    assert only(told(request, now=MONDAY, valid=frozen)).until == "2026-12-01"


def test_once_a_role_has_spoken_it_is_not_asked_again_and_assessments_come_first() -> None:
    request = make.sealed(REQUEST, 1, roles=("tech", "legal"), assessments=("security",))
    item = only(told(request, make.sealed(make.approve(REQUEST, "li.si", "legal"), 2), now=MONDAY))
    assert (item.asks, item.turn, item.missing) == (("security", "tech"), ("security",), ("security",))
    assert item.do[:2] == ("osgate", "assess")
    assessed = make.sealed(make.answer("assess", REQUEST, "zhao.liu", "security"), 3)
    item = only(told(request, assessed, make.sealed(make.approve(REQUEST, "li.si", "legal"), 4), now=MONDAY))
    assert (item.turn, item.do[:2]) == (("tech",), ("osgate", "approve"))


def test_who_joined_is_named_and_counts_for_no_item_of_its_own() -> None:
    joining = [make.request(person, joins=REQUEST["id"]) for person in ("sun.qi", "zhou.ba")]
    item = only(told(make.sealed(REQUEST, 1), *(make.sealed(one, 2) for one in joining), now=MONDAY))
    assert (item.person, sorted(item.others)) == ("wang.wu", ["sun.qi", "zhou.ba"])


def test_a_request_that_nobody_is_left_to_decide_names_the_role() -> None:
    joins = [make.sealed(make.request(person, joins=REQUEST["id"]), 2) for person in ("zhang.san", "zhao.liu")]
    request = make.sealed(REQUEST, 1)
    assert only(told(request, joins[0], now=MONDAY)).stuck == ()
    item = only(told(request, *joins, now=MONDAY))
    assert (item.stuck, item.turn, item.do[:2]) == (("tech",), ("legal",), ("osgate", "approve"))
    spoken = make.sealed(make.approve(REQUEST, "li.si", "legal"), 3)
    item = only(told(request, *joins, spoken, now=MONDAY))
    assert (item.stuck, item.turn, item.do) == (("tech",), (), ())


def test_a_review_is_asked_of_a_role_that_somebody_else_holds_now() -> None:
    glass = make.sealed(make.break_glass(REQUEST), 2, sealed_at=MONDAY)

    def review(*items: Sealed, valid: ValidPolicy = VALID) -> Item:
        agenda = told(make.sealed(REQUEST, 1), glass, *items, now=MONDAY, valid=valid)
        return next(item for item in agenda.items if item.kind == "review")

    assert review().turn == ("tech", "legal")
    joined = make.sealed(make.request("zhao.liu", joins=REQUEST["id"]), 2)
    assert review(joined).turn == ("legal",)
    both = make.sealed(make.request("li.si", joins=REQUEST["id"]), 2)
    nobody = review(joined, both)
    assert (nobody.turn, nobody.do, nobody.asks) == ((), (), ("tech", "legal"))
    only_incident = {**VALID.people, "li.si": replace(VALID.people["li.si"], roles=(("incident", "", ""),))}
    assert review(joined, valid=replace(VALID, people=only_incident)).turn == ("incident",)


def test_a_waiver_and_an_import_wait_for_more_persons_and_end_as_one_item_each() -> None:
    waiver, taken = make.waive(), make.take_over()
    agenda = told(make.sealed(waiver, 1), make.sealed(taken, 2), now=MONDAY)
    assert {item.verb: item.do[:3] for item in agenda.items} == {
        "waive": ("osgate", "waive", item_id(waiver)),
        "import": ("osgate", "ledger", "import"),
    }
    assert {item.asks for item in agenda.items} == {("legal",)}
    both = [make.sealed(make.confirm(one, "li.si", "legal"), 3) for one in (waiver, taken)]
    agenda = told(make.sealed(waiver, 1), make.sealed(taken, 2), *both, now="2026-12-28T00:00:00Z", days=200)
    assert [(item.kind, item.until) for item in agenda.items] == [
        ("waiver", "2027-01-01"),
        ("taken-over", "2027-06-30"),
    ]


def item_id(record: Mapping[str, Any]) -> str:
    return str(record["id"]).partition(":")[2][:12]


def test_an_emergency_block_is_to_be_confirmed_within_24_hours() -> None:
    block = make.block(subjects=[make.subject("pkg:npm/x", "vers:npm/<2.0.0")], incident="INC-7")
    sealed = make.sealed(block, 1, sealed_at=MONDAY)
    item = only(told(sealed, now=MONDAY))
    assert (item.kind, item.until, item.overdue) == ("block", "2026-11-24T08:00:00Z", False)
    assert (item.asks, item.name) == (("incident",), "INC-7")
    words = ("osgate", "block", "pkg:npm/x", "--range", "vers:npm/<2.0.0", "--confirms", item_id(block))
    assert item.do == (*words, "--role", "", "--reason")
    assert not only(told(sealed, now="2026-11-24T08:00:00Z")).overdue
    assert only(told(sealed, now="2026-11-24T08:00:01Z")).overdue
    second = make.block("li.si", subjects=block["subjects"], confirms=block["id"])
    assert told(sealed, make.sealed(second, 2), now=MONDAY).items == ()
    lifting = [make.sealed(make.undo("unblock", block, person, "incident"), 2) for person in ("li.si", "zhang.san")]
    assert told(sealed, *lifting, now=MONDAY).items == ()


@pytest.mark.parametrize(
    "subjects",
    [
        [make.subject("pkg:npm/x", "vers:npm/1.0.0"), make.subject("pkg:npm/y", "")],
        [make.subject("pkg:npm/x", "", digests=["sha256:" + "0" * 64])],
        [make.subject(f"pkg:npm/x{number}", "") for number in range(6)],
    ],
)
def test_a_block_that_no_line_can_say_is_shown_first(subjects: list[dict[str, Any]]) -> None:
    block = make.block(subjects=subjects)
    assert only(told(make.sealed(block, 1), now=MONDAY)).do == ("osgate", "ledger", "show", item_id(block))


def test_a_broken_glass_is_looked_at_within_five_working_days_whatever_becomes_of_it() -> None:
    broken = make.sealed(make.break_glass(REQUEST), 4, sealed_at=MONDAY)
    items = {item.kind: item for item in told(make.sealed(REQUEST, 1), broken, now=MONDAY).items}
    review = items["review"]
    assert (review.until, review.name, review.person) == ("2026-11-30", "INC-1", "zhang.san")
    assert review.do[2:5] == (item_id(REQUEST), "--type", "post-review")
    later = {item.kind: item for item in told(*approved(), broken, now="2026-12-01T00:00:00Z").items}
    assert later["review"].overdue
    looked = make.sealed(make.answer("assess", REQUEST, "li.si", "legal", type="post-review"), 5)
    assert told(*approved(), broken, looked, now="2026-12-01T00:00:00Z").items == ()
    again = make.sealed(make.break_glass(REQUEST, reason="once more"), 6)
    assert only(told(*approved(), broken, looked, again, now=MONDAY)).id == again.id


# What ends


def test_an_approval_is_told_from_thirty_days_before_it_ends_until_somebody_acts() -> None:
    assert told(*approved(), now="2027-10-21T12:00:00Z").items == ()
    item = only(told(*approved(), now="2027-10-22T12:00:00Z"))
    assert (item.kind, item.until, item.left, item.overdue) == ("approval", "2027-11-21", 30, False)
    assert item.do == ("osgate", "renew", item_id(REQUEST), "--role", "", "--reason")
    assert (item.grace, item.blocked) == ("2027-12-05", False)
    ended = only(told(*approved(), now="2027-11-21T00:00:00Z"))
    assert (ended.overdue, ended.left, ended.blocked) == (True, 0, False)
    assert only(told(*approved(), now="2027-12-05T00:00:00Z")).blocked
    assert only(told(*approved(), now="2029-01-01T00:00:00Z")).overdue
    revoking = [
        make.sealed(make.undo("revoke", REQUEST, person, role), 9)
        for person, role in (("zhang.san", "tech"), ("li.si", "legal"))
    ]
    assert told(*approved(), *revoking, now="2027-11-22T00:00:00Z").items == ()


def test_a_renewal_under_way_names_the_roles_that_are_missing_and_moves_the_end_when_it_is_complete() -> None:
    one = make.sealed(make.renew(REQUEST, "zhang.san", "tech", "2028-11-01"), 5)
    item = only(told(*approved(), one, now=MONDAY))
    assert (item.kind, item.roles, item.asks) == ("renewing", (("tech", 1, 1), ("legal", 0, 1)), ("legal",))
    other = make.sealed(make.renew(REQUEST, "li.si", "legal", "2028-11-01"), 6)
    assert told(*approved(), one, other, now="2027-11-20T00:00:00Z").items == ()
    assert only(told(*approved(), one, other, now="2028-10-31T00:00:00Z")).kind == "approval"


def test_what_is_certainly_unused_is_counted_and_what_nobody_knows_is_asked_about() -> None:
    soon = "2027-11-20T00:00:00Z"
    assert only(told(*approved(), now=soon, usage={make.LEFT_PAD: True})).kind == "approval"
    assert told(*approved(), now=soon, usage={make.LEFT_PAD: False}) == Agenda((), 1)
    both = make.request(subjects=[make.subject(), make.subject("pkg:npm/other", "vers:npm/*")])
    agenda = told(*approved(both), now=soon, usage={make.LEFT_PAD: False})
    assert (only(agenda).subjects, agenda.unused) == (("pkg:npm/other vers:npm/*",), 0)


@pytest.mark.parametrize(
    ("own", "other", "settled"),
    [
        ({}, {}, True),
        ({}, {"range": "vers:npm/*"}, True),
        ({"range": "vers:npm/1.3.0|1.4.0"}, {}, True),
        ({"range": "vers:npm/1.3.0|2.1.0"}, {}, False),
        ({}, {"range": "vers:npm/>=1.4.0|<2.0.0"}, False),
        ({}, {"scope": ["dev"]}, False),
        ({"scope": ["dev"]}, {}, True),
        ({}, {"digests": ["sha256:" + "0" * 64]}, False),
        ({"sources": ["https://a.example.test/x"]}, {"sources": ["https://a.example.test/y"]}, True),
        ({"sources": ["https://a.example.test/x"]}, {"sources": ["git+ssh://b.example.test/y"]}, False),
    ],
)
def test_an_approval_that_another_one_answers_for_longer_is_not_told(
    own: dict[str, Any], other: dict[str, Any], settled: bool
) -> None:
    old = make.request(subjects=[make.subject(**own)])
    new = make.request(subjects=[make.subject(**other)], reason="asked anew")
    agenda = told(*approved(old, "2026-12-01"), *approved(new, "2027-11-01", 4), now="2026-12-02T00:00:00Z")
    assert agenda.items == () if settled else only(agenda).id == old["id"]
    # Of two that end, the one that ends later is told.
    both = told(*approved(old, "2026-12-01"), *approved(new, "2026-12-02", 4), now="2026-12-03T00:00:00Z")
    assert {item.id for item in both.items} == ({new["id"]} if settled else {old["id"], new["id"]})


@pytest.mark.parametrize("limit", [{"projects": ["a"]}, {"environments": ["prod"]}, {"distribution": "internal"}])
def test_a_narrower_approval_answers_for_nothing(limit: dict[str, Any]) -> None:
    new = make.request(reason="asked anew", **limit)
    agenda = told(*approved(expires="2026-12-01"), *approved(new, "2027-11-01", 4), now="2026-12-02T00:00:00Z")
    assert only(agenda).id == REQUEST["id"]


def test_what_is_being_retired_needs_no_renewal_and_is_told_by_its_own_day() -> None:
    retire = make.retire(by="2027-11-25")
    agenda = told(*approved(), make.sealed(retire, 5), now="2027-11-20T00:00:00Z")
    assert (only(agenda).kind, only(agenda).left) == ("retirement", 5)
    # While nobody can tell whether it is used, or it is, it cannot be closed.
    assert (only(agenda).do, only(agenda).asks) == ((), ("tech",))
    sealed = make.sealed(retire, 5)
    using = {True: (), False: ("osgate", "retire", "--close", item_id(retire), "--role", "", "--reason")}
    for used, do in using.items():
        found = told(*approved(), sealed, now="2027-11-20T00:00:00Z", usage={make.LEFT_PAD: used})
        item = next(item for item in found.items if item.kind == "retirement")
        assert item.do == do
    # Another person than zhang.san, who made it, closes it, in any role that decides.
    assert item.turn == ("tech", "legal", "security", "incident")
    closing = make.sealed(make.confirm(retire, "li.si", "legal"), 6)
    assert told(*approved(), make.sealed(retire, 5), closing, now="2027-11-20T00:00:00Z").items == ()


def test_an_ended_waiver_is_told_for_the_days_of_grace() -> None:
    waiver = make.waive(subjects=[make.subject(range="")], expires="2027-01-01")
    both = [make.sealed(waiver, 1), make.sealed(make.confirm(waiver, "li.si", "legal"), 2)]
    item = only(told(*both, now="2027-01-14T00:00:00Z"))
    assert (item.kind, item.overdue, item.grace) == ("waiver", True, "")
    assert item.do[:7] == ("osgate", "waive", make.LEFT_PAD, "--rule", "OSG101", "--until", "DATE")
    assert told(*both, now="2027-01-15T00:00:00Z").items == ()


def test_a_waiver_of_files_names_its_projects_and_a_long_one_is_shown() -> None:
    files = make.waive(rules=["OSG401"], projects=["a", "b"], expires="2027-01-01")
    long = make.waive(subjects=[make.subject(f"pkg:npm/x{n}", "") for n in range(6)], expires="2027-01-02")
    items = [make.sealed(one, 1) for one in (files, long)]
    items += [make.sealed(make.confirm(one, "li.si", "legal"), 2) for one in (files, long)]
    first, second = told(*items, now="2026-12-31T00:00:00Z").items
    assert (first.subjects, first.do[2:4]) == (("project:a", "project:b"), ("--project", "a,b"))
    assert second.do == ("osgate", "ledger", "show", item_id(long))


def test_what_was_taken_over_is_asked_for_anew_as_far_as_nobody_did() -> None:
    subjects = [make.subject(f"pkg:npm/x{n}", f"vers:npm/1.{n}.0", row=n + 2) for n in range(7)]
    taken = make.take_over(subjects=subjects, review_by="2027-01-10")
    both = [make.sealed(taken, 1), make.sealed(make.confirm(taken, "li.si", "legal"), 2)]
    item = only(told(*both, now="2027-01-01T00:00:00Z"))
    assert (item.kind, len(item.subjects), item.do[1:3]) == ("taken-over", 7, ("ledger", "show"))
    anew = make.request(subjects=[make.subject(f"pkg:npm/x{n}", "vers:npm/>=1.0.0|<2.0.0") for n in range(5)])
    item = only(told(*both, *approved(anew, "2027-11-01", 3), now="2027-01-11T00:00:00Z"))
    assert item.subjects == ("pkg:npm/x5 vers:npm/1.5.0", "pkg:npm/x6 vers:npm/1.6.0")
    assert item.do[1:3] == ("ledger", "show")
    anew = make.request(subjects=[make.subject(f"pkg:npm/x{n}", "vers:npm/>=1.0.0|<2.0.0") for n in range(6)])
    item = only(told(*both, *approved(anew, "2027-11-01", 3), now="2027-01-11T00:00:00Z"))
    bounds = ("--range", "vers:npm/1.6.0", "--channel", "community")
    assert item.do == ("osgate", "request", "pkg:npm/x6", *bounds, "--reason")
    assert (item.grace, item.overdue) == ("2027-01-24", True)


def test_of_each_type_the_paper_that_is_valid_longest_is_told() -> None:
    papers = [
        make.answer("assess", REQUEST, "li.si", "legal", type=type, issuer="A Firm", valid_until=until)
        for type, until in (
            ("legal-opinion", "2026-12-10"),
            ("legal-opinion", "2026-12-12"),
            ("evaluation", "2028-01-01"),
        )
    ]
    agenda = told(*approved(), *(make.sealed(one, 5) for one in papers), now=MONDAY)
    found = {item.kind: item for item in agenda.items}
    # The approval ends with the opinion it rests on.
    assert {kind: item.until for kind, item in found.items()} == {"paper": "2026-12-12", "approval": "2026-12-12"}
    assert found["paper"].do[2:6] == (item_id(REQUEST), "--type", "legal-opinion", "--valid-until")
    rejected = make.sealed(make.answer("reject", REQUEST, "li.si", "legal"), 6)
    assert told(*approved(), *(make.sealed(one, 5) for one in papers), rejected, now=MONDAY).items == ()


def test_a_pre_approval_of_the_policy_ends_too() -> None:
    one = PreApproval("pkg:npm/%40own/*", "", "2026-12-01", "ours", origin="policy/base.toml:7")
    valid = replace(VALID, policy=replace(VALID.policy, pre_approvals=(one, replace(one, expires="2028-01-01"))))
    item = only(told(now=MONDAY, valid=valid))
    assert (item.kind, item.id, item.subjects) == ("pre-approval", "policy/base.toml:7", ("pkg:npm/%40own/*",))


# People and keys


def person(id: str = "zhang.san", **more: Any) -> Person:
    given: dict[str, Any] = {"accounts": (), "keys": (), "roles": ()}
    return Person(id, id, "", **{**given, **more})


def people(*persons: Person, keys: Iterable[Key] = ()) -> ValidPolicy:
    return replace(VALID, people={one.id: one for one in persons}, keys=tuple(keys) or VALID.keys)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (person(end="2026-12-01"), [("person", "2026-12-01", "")]),
        (person(end="2026-11-23"), []),
        (person(end="2027-12-01"), []),
        (person(roles=(("tech", "", "2026-12-01"), ("legal", "", ""))), [("role", "2026-12-01", "tech")]),
        (person(roles=(("tech", "", "2026-12-01"), ("tech", "2026-12-01", ""))), []),
        (person(roles=(("tech", "", "2026-12-01"), ("tech", "2026-12-02", ""))), [("role", "2026-12-01", "tech")]),
        (person(roles=(("tech", "", "2026-11-01"),)), []),
        (person(roles=(("tech", "", "2026-12-01"),), end="2026-12-01"), [("person", "2026-12-01", "")]),
        (person(roles=(("tech", "", "2026-12-01"),), end="2026-12-20"), "both"),
    ],
)
def test_who_leaves_and_which_role_ends_is_told_once(who: Person, expected: Any) -> None:
    found = [(item.kind, item.until, item.name) for item in told(now=MONDAY, valid=people(who)).items]
    both = [("role", "2026-12-01", "tech"), ("person", "2026-12-20", "")]
    assert found == (both if expected == "both" else expected)


def test_a_key_without_a_successor_is_told_of_people_and_of_the_desk() -> None:
    old, new = SigningKey("old").public, SigningKey("new").public
    alone = people(person(keys=(Key(old, "", "2026-12-01"),)))
    assert [(item.kind, item.until) for item in told(now=MONDAY, valid=alone).items] == [("key", "2026-12-01")]
    followed = people(person(keys=(Key(old, "", "2026-12-01"), Key(new, "2026-11-30"))))
    assert told(now=MONDAY, valid=followed).items == ()
    stolen = people(person(keys=(Key(old), Key(new, "", "", "2026-12-05"))))
    assert told(now=MONDAY, valid=stolen).items == ()
    desk = people(keys=[Key(old, "", "2026-12-01")])
    assert (only(told(now=MONDAY, valid=desk)).kind, only(told(now=MONDAY, valid=desk)).overdue) == ("desk-key", False)
    assert only(told(now="2027-01-01T00:00:00Z", valid=desk)).overdue
    assert told(now=MONDAY, valid=people(keys=[Key(old, "", "2026-12-01"), Key(new)])).items == ()


PERIODS = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 10) | st.none()), max_size=6)


@settings(max_examples=80)
@given(PERIODS, st.integers(0, 20))
def test_what_runs_on_is_covered_every_day_until_the_one_that_is_told(
    spans: list[tuple[int, int | None]], start: int
) -> None:
    def day(number: int) -> str:
        return calendar.later("2026-11-01", number)

    periods = [(day(first), "" if length is None else day(first + length)) for first, length in spans]
    covered = [any(a <= day(n) and (not b or day(n) < b) for a, b in periods) for n in range(60)]
    gap = next((n for n in range(start, 60) if not covered[n]), None)
    assert runs_until(periods, day(start)) == ("" if gap is None else day(gap))


# All of it


def test_what_is_overdue_comes_first_then_by_day_and_every_kind_is_known() -> None:
    waiting = make.request("sun.qi", [make.subject("pkg:npm/later", "vers:npm/*")])
    items = [
        *approved(expires="2026-12-20"),
        make.sealed(make.block(), 4, sealed_at="2026-11-20T00:00:00Z"),
        make.sealed(waiting, 5, sealed_at=MONDAY),
        make.sealed(make.retire(by="2026-12-01"), 6),
    ]
    found = told(*items, now=MONDAY).items
    assert [item.kind for item in found] == ["block", "waiting", "retirement"]
    found = told(*items[:5], now=MONDAY).items
    assert [item.kind for item in found] == ["block", "waiting", "approval"]
    assert {item.kind for item in found} <= set(KINDS)


def test_how_far_ahead_is_what_the_policy_warns_of_first() -> None:
    assert due.horizon(VALID) == 30
    assert due.horizon(terms(warn=(14, 60))) == 60
    assert due.horizon(terms(warn=())) == 30
