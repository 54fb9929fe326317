"""Weighing: the order of a batch never matters, nothing in a record breaks it, what waits is not lost."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings

from osgate.intake_desk.weigh import Candidate, Weighed, weigh
from osgate.ledger import codec
from osgate.ledger.fold import Sealed, State, fold
from osgate.testing import records
from osgate.testing.clock import START
from osgate.testing.policies import valid_policy

VALID = valid_policy()
PEOPLE = sorted(VALID.people)
ROLES = ("tech", "legal", "security", "incident")

REQUESTS = [
    records.request("wang.wu"),
    records.request("li.si", [records.subject("pkg:npm/is-odd", "vers:npm/*")]),
]
REQUESTS.append(records.request("wang.wu", reason="again", supersedes=[REQUESTS[0]["id"]]))
BLOCKS = [records.block("zhang.san"), records.block("li.si", [records.subject("pkg:npm/is-odd", "")])]
PAIRS = [(person, role) for person in PEOPLE for role in ROLES]
HOLDS = [records.suspend("zhao.liu", role="tech"), records.restrict("li.si", role="legal", projects=["payments"])]
WAIVERS = [records.waive("zhang.san"), records.waive("li.si", role="legal", rules=["OSG301"], projects=["payments"])]
REJECTS = [
    records.answer("reject", REQUESTS[0], "zhang.san", "tech"),
    records.answer("reject", REQUESTS[1], "zhao.liu", "legal"),
]
POOL: list[dict[str, Any]] = [
    *REQUESTS,
    *BLOCKS,
    *REJECTS,
    *HOLDS,
    *WAIVERS,
    *(records.undo("revoke", target, person, role) for target in (*HOLDS, *WAIVERS) for person, role in PAIRS[::3]),
    *(records.confirm(waiver, person, role) for waiver in WAIVERS for person in PEOPLE for role in ROLES[:2]),
    *(records.approve(request, person, role) for request in REQUESTS for person, role in PAIRS),
    *(
        records.undo("revoke", target, person, role)
        for target in (*REQUESTS[:1], *REJECTS)
        for person, role in PAIRS[4:8]
    ),
    *(records.undo("revoke", target, "zhao.liu", role) for target in (*REQUESTS[:1], *REJECTS) for role in ROLES),
    *(records.undo("unblock", block, person, "incident") for block in BLOCKS for person in PEOPLE),
    *(records.answer("assess", request, person, "security") for request in REQUESTS for person in PEOPLE),
]
DATA = [codec.printed(record) for record in POOL]
DATA += [codec.printed({**record, "signature": {"alg": "sshsig", "value": "AAAA"}}) for record in POOL[:12]]
DATA += [codec.printed({**record, "reason": "edited"}) for record in POOL[:12]]

# Half of the batches hold what competes: records that name one of these, by people who hold the role they name.
CONTESTED = (REQUESTS[0]["id"], HOLDS[0]["id"], WAIVERS[0]["id"])
RIVALS = [
    codec.printed(record)
    for record in POOL
    if {record.get("request"), record.get("revokes"), record.get("confirms")} & set(CONTESTED)
    and record["role"] in VALID.people[record["person"]].holds(START)
]
FIRST = [codec.printed(record) for record in POOL if record["id"] in CONTESTED]
batches = st.lists(st.sampled_from(DATA), max_size=30) | st.lists(st.sampled_from(RIVALS), max_size=8).map(
    lambda answers: [*answers, *FIRST]
)


def weighed(batch: Iterable[bytes], sealed: tuple[Sealed, ...] = (), serial: int = 1) -> Weighed:
    candidates = [Candidate(f"osgate/{n}", data) for n, data in enumerate(batch)]
    return weigh(candidates, sealed, VALID.policy, VALID.people, START, serial)


def subjects(found: Weighed) -> tuple[set[str], set[tuple[str, str]], set[tuple[str, str]]]:
    """What became of each record, without the places it came from."""
    return (
        {item.id for item in found.accepted},
        {(r.subject, r.code) for r in found.refused},
        {(r.subject, r.code) for r in found.held},
    )


@given(batches, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_any_order_of_a_batch_gives_the_same_decisions(batch: list[bytes], chance: Any) -> None:
    shuffled = list(batch)
    chance.shuffle(shuffled)
    one, two = weighed(batch), weighed(shuffled)
    assert subjects(one) == subjects(two)
    assert one.accepted == two.accepted
    assert fold(one.accepted) == fold(two.accepted)


@given(batches)
@settings(max_examples=40)
def test_every_approval_the_fold_counts_is_by_somebody_entitled_and_independent(batch: list[bytes]) -> None:
    state: State = fold(weighed(batch).accepted)
    for request in state.requests.values():
        persons = [str(c.body["person"]) for c in request.counted]
        assert len(persons) == len(set(persons))
        assert request.request.body["person"] not in persons
        for counted in request.counted:
            assert counted.body["role"] in VALID.people[counted.body["person"]].holds(START)
        if request.status == "approved":
            assert sorted(c.body["role"] for c in request.counted) == ["legal", "tech"]


@given(batches)
@settings(max_examples=40)
def test_every_waiver_in_force_has_two_persons_entitled_and_every_hold_lifted_another_one(batch: list[bytes]) -> None:
    state: State = fold(weighed(batch).accepted)
    for waiver in state.joint.values():
        for counted in waiver.counted:
            assert counted.body["role"] in VALID.people[counted.body["person"]].holds(START)
        if waiver.serial:
            assert sorted(c.body["role"] for c in waiver.counted) == ["legal", "tech"]
            assert len({c.body["person"] for c in waiver.counted}) == 2
    for hold in state.holds.values():
        if hold.lifted is not None:
            assert hold.lifted.body["person"] != hold.hold.body["person"]
            assert hold.lifted.body["role"] == hold.hold.body["role"]


@given(batches)
@settings(max_examples=40)
def test_weighing_again_what_was_held_and_refused_finds_nothing_twice(batch: list[bytes]) -> None:
    first = weighed(batch)
    second = weighed(batch, first.accepted, 2)
    assert {i.id for i in first.accepted}.isdisjoint(i.id for i in second.accepted)
    third = weighed(batch, (*first.accepted, *second.accepted), 3)
    assert {i.id for i in second.accepted}.isdisjoint(i.id for i in third.accepted)


@given(st.lists(st.sampled_from(DATA[: len(POOL)]), max_size=20, unique=True))
@settings(max_examples=40)
def test_an_answer_that_comes_before_its_request_counts_when_the_request_comes(batch: list[bytes]) -> None:
    requests = [data for data in batch if json.loads(data)["verb"] == "request"]
    answers = [data for data in batch if json.loads(data)["verb"] in ("approve", "assess", "reject")]
    early = weighed(answers)
    held = {r.subject for r in early.held}
    assert early.accepted == ()
    named = {json.loads(data)["request"] for data in requests if "request" in json.loads(data)}
    assert named == set()
    later = weighed([*answers, *requests], (), 2)
    there = {item.id for item in later.accepted if item.body["verb"] == "request"}
    for item in later.accepted:
        assert item.body["verb"] == "request" or (item.id in held and item.body["request"] in there)
    for data in answers:
        body = json.loads(data)
        if body["id"] in held and body["request"] not in there:
            assert body["id"] in {r.subject for r in later.held}


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["sha256:" + "0" * 64, START]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from(POOL), st.data())
@settings(max_examples=150)
def test_no_changed_field_breaks_it_or_counts(record: Mapping[str, Any], data: st.DataObject) -> None:
    body = dict(record)
    key = data.draw(st.sampled_from([*sorted(body), "unknown"]))
    body[key] = data.draw(values)
    text = json.dumps(body).encode("utf-8")
    before = tuple(records.sealed(request, 1) for request in REQUESTS[:2])
    found = weighed([text], before, 5)
    same = json.loads(text) == record or record["id"] in {s.id for s in before}
    assert same or found.accepted == ()


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_no_bytes_break_it(data: bytes) -> None:
    found = weighed([data])
    assert found.accepted == ()
    assert len(found.refused) == 1
