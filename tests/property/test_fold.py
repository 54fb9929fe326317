"""The fold over arbitrary ledgers: order, quorum, precedence, as-of, and that taking away never gives."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.ledger.fold import fold
from osgate.ledger.standing import judge
from osgate.model.dependency import Dependency
from osgate.testing.records import sealed, subject

PERSONS = ("a", "b", "c", "d")
ROLES = ("tech", "legal", "security")
VERSIONS = ("0.9.0", "1.0.0", "1.5.0", "2.0.0", "2.5.0-beta.1")
RANGES = ("vers:npm/*", "vers:npm/>=1.0.0|<2.0.0", "vers:npm/2.0.0")
TODAY = "2026-11-21"


def made(name: str, verb: str, person: str, fields: dict) -> dict:
    """A record whose id is its name, so that ledgers shrink to something readable; the fold looks no further."""
    return {"id": name, "verb": verb, "person": person, "reason": "r", **fields}


@st.composite
def ledgers(draw):
    """Sealed records: a few requests over one component, answers, revocations, blocks, in any seal."""
    records = []
    requests, targets, blocks = [], [], []
    for index in range(draw(st.integers(1, 12))):
        verbs = ["request", "request", "block"] + (["approve"] * 6 + ["reject", "assess"] if requests else [])
        verb = draw(st.sampled_from(verbs + (["revoke"] * 2 if targets else []) + (["unblock"] * 2 if blocks else [])))
        fields: dict = {"role": draw(st.sampled_from(ROLES))}
        name = f"{index:02d}-{verb}"
        if verb == "request":
            fields = {"subjects": [subject("pkg:npm/x", draw(st.sampled_from(RANGES)))]}
            if targets and draw(st.booleans()):
                fields["supersedes"] = [draw(st.sampled_from(targets))]
            requests.append(name)
        elif verb == "block":
            fields["subjects"] = [subject("pkg:npm/x", draw(st.sampled_from(("", *RANGES))))]
            if blocks and draw(st.booleans()):
                fields["confirms"] = draw(st.sampled_from(blocks))
            blocks.append(name)
        elif verb in ("approve", "reject", "assess"):
            fields["request"] = draw(st.sampled_from(requests))
            fields["expires"] = draw(st.sampled_from(("2026-11-21", "2027-01-01", "2027-06-01")))
        else:
            fields["revokes"] = draw(st.sampled_from(targets if verb == "revoke" else blocks))
        if verb in ("request", "reject"):
            targets.append(name)
        roles = draw(st.sampled_from((("tech",), ("tech", "legal"), ("tech", "tech"))))
        assessments = draw(st.sampled_from(((), (), ("security",))))
        record = made(name, verb, draw(st.sampled_from(PERSONS)), fields)
        records.append(sealed(record, 1 + index // 2, roles, assessments))
    return records


def judged(state, version: str) -> str:
    dependency = Dependency("pkg:npm/x", version, f"pkg:npm/x@{version}", "package-lock.json")
    return judge(dependency, state.standings, TODAY).kind


@settings(max_examples=80)
@given(ledgers(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_never_matters(records, random):
    shuffled = list(records)
    random.shuffle(shuffled)
    assert fold(shuffled) == fold(records)


@settings(max_examples=80)
@given(ledgers())
def test_only_a_complete_quorum_of_distinct_persons_approves(records):
    for state in fold(records).requests.values():
        persons = [c.body["person"] for c in state.counted]
        assert len(set(persons)) == len(persons)
        assert state.request.body["person"] not in persons
        needed = Counter(state.request.witness["roles"])
        given = Counter(c.body["role"] for c in state.counted)
        assert given <= needed
        assert state.roles == tuple((role, given[role], needed[role]) for role in needed)
        assert all(c.body["request"] == state.request.id and c.body["verb"] == "approve" for c in state.counted)
        if state.serial:
            assert (given, state.missing) == (needed, ())
            assert state.expires == min(c.body["expires"] for c in state.counted)


@settings(max_examples=80)
@given(ledgers())
def test_only_complete_quorums_revoke_and_supersede(records):
    state = fold(records)
    by_id = {item.id: item for item in records}
    for found in state.requests.values():
        assert bool(found.ended_by) == (found.status in ("rejected", "revoked", "superseded"))
        if found.status == "revoked":
            against = [r.body for r in records if r.body["verb"] == "revoke" and r.body["revokes"] == found.request.id]
            persons = {r["person"] for r in against} - {found.request.body["person"]}
            assert len(persons) >= len(found.request.witness["roles"])
            assert {r["role"] for r in against} >= set(found.request.witness["roles"])
        if found.status == "superseded":
            newer = state.requests[found.ended_by]
            assert newer.serial
            assert found.request.id in newer.request.body["supersedes"]
            assert newer.request.serial >= found.request.serial
        if found.status == "rejected":
            assert by_id[found.ended_by].body["verb"] == "reject"


@settings(max_examples=80)
@given(ledgers())
def test_as_of_is_the_fold_over_what_was_sealed_until_then(records):
    """What the whole ledger says was complete at a seal, was complete in the fold over the seals until then, and not
    before."""
    whole = fold(records)
    for id, state in whole.requests.items():
        for serial in range(state.request.serial, 8):
            then = fold([r for r in records if r.serial <= serial]).requests[id]
            assert bool(then.serial) == bool(state.serial and serial >= state.serial)
            if then.serial:
                assert (then.serial, then.counted, then.expires) == (state.serial, state.counted, state.expires)


@settings(max_examples=80)
@given(ledgers(), st.sampled_from(VERSIONS))
def test_block_stands_above_reject_and_reject_above_approve(records, version):
    state = fold(records)
    kinds = {effect: judged_alone(state, effect, version) for effect in ("block", "reject", "approve")}
    strongest = next((k for k in (kinds["block"], kinds["reject"]) if k in ("blocked", "rejected")), kinds["approve"])
    assert judged(state, version) == strongest


def judged_alone(state, effect, version):
    dependency = Dependency("pkg:npm/x", version, f"pkg:npm/x@{version}", "package-lock.json")
    return judge(dependency, [s for s in state.standings if s.effect == effect], TODAY).kind


@settings(max_examples=80)
@given(ledgers(), st.data())
def test_one_more_approval_never_removes_a_block_or_a_live_rejection(records, data):
    """But for the rejection that the request it completes names."""
    requests = [r for r in records if r.body["verb"] == "request"]
    if not requests:
        return
    asked = data.draw(st.sampled_from(requests))
    fields = {"request": asked.id, "role": data.draw(st.sampled_from(ROLES)), "expires": "2027-06-01"}
    more = sealed(made("zz-approve", "approve", data.draw(st.sampled_from(PERSONS)), fields), 9)
    before, after = fold(records), fold([*records, more])
    named = set(asked.body.get("supersedes", ()))
    taken = [s for s in before.standings if s.effect != "approve" and s.record not in named]
    assert set(taken) <= set(after.standings)


@settings(max_examples=80)
@given(ledgers())
def test_a_block_stands_until_two_persons_lift_it_and_confirming_adds_nothing_to_lift(records):
    """What is blocked without the confirming records is blocked with them, and no block needs more to be lifted."""
    state = fold(records)
    by_id = {item.id: item for item in records}
    for id, found in state.blocks.items():
        group = {other for other, told in state.blocks.items() if told.block.id == found.block.id}
        lifting = {r.body["person"] for r in records if r.body["verb"] == "unblock" and r.body["revokes"] in group}
        assert set(found.lifting) == lifting
        assert found.in_force == (len(lifting) < 2)
        assert {s.record for s in state.standings if s.record in group} == (
            {found.block.id} if found.in_force else set()
        )
        if id != found.block.id:
            assert by_id[id].body["confirms"] == found.block.id
            assert by_id[id].body["person"] in found.confirmed
            assert by_id[id].body["person"] != found.block.body["person"]
            assert by_id[id].body["subjects"] == found.block.body["subjects"]


@settings(max_examples=80)
@given(ledgers(), st.data(), st.sampled_from(VERSIONS))
def test_one_more_record_that_takes_away_never_lets_anything_in(records, data, version):
    """A later block, rejection or revocation of a request."""
    requests = [r.id for r in records if r.body["verb"] == "request"]
    verb = data.draw(st.sampled_from(("block", "reject", "revoke") if requests else ("block",)))
    fields: dict = {"role": data.draw(st.sampled_from(ROLES))}
    if verb == "block":
        fields["subjects"] = [subject("pkg:npm/x", data.draw(st.sampled_from(RANGES)))]
    else:
        fields["request" if verb == "reject" else "revokes"] = data.draw(st.sampled_from(requests))
    more = sealed(made("zz", verb, data.draw(st.sampled_from(PERSONS)), fields), 9)
    if judged(fold(records), version) != "approved":
        assert judged(fold([*records, more]), version) != "approved"


@settings(max_examples=80)
@given(ledgers())
def test_what_waits_can_still_be_decided_and_what_is_decided_does_not_wait(records):
    state = fold(records)
    waiting = {w.request for w in state.waiting}
    assert waiting == {id for id, s in state.requests.items() if s.status == "waiting"}
    assert {s.request for s in state.standings if s.effect == "approve"} == {
        id for id, s in state.requests.items() if s.status == "approved"
    }
    assert list(state.standings) == sorted(
        state.standings, key=lambda s: (s.component, s.effect, s.serial, s.record, s.range)
    )
