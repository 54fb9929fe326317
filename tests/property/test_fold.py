"""The fold over arbitrary ledgers: order, quorum, precedence, as-of, and that taking away never gives."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.ledger.fold import fold
from osgate.ledger.standing import judge, waived
from osgate.model.decision import KINDS, Standing
from osgate.model.dependency import Dependency
from osgate.model.policy import Project
from osgate.testing.records import sealed, subject

PERSONS = ("a", "b", "c", "d")
ROLES = ("tech", "legal", "security")
VERSIONS = ("0.9.0", "1.0.0", "1.5.0", "2.0.0", "2.5.0-beta.1")
RANGES = ("vers:npm/*", "vers:npm/>=1.0.0|<2.0.0", "vers:npm/2.0.0")
TODAY = "2026-11-21"
HERE = Project("payments", class_="tool", environments=("prod",))
LIMITS = (
    {},
    {"projects": ["payments"]},
    {"projects": ["other"]},
    {"classes": ["tool"]},
    {"classes": ["core"]},
    {"environments": ["dev"]},
)


def made(name: str, verb: str, person: str, fields: dict) -> dict:
    """A record whose id is its name, so that ledgers shrink to something readable; the fold looks no further."""
    return {"id": name, "verb": verb, "person": person, "reason": "r", **fields}


@st.composite
def ledgers(draw):
    """Sealed records: a few requests over one component, answers, revocations, blocks, holds, waivers, in any seal."""
    records = []
    named: dict[str, list[str]] = {verb: [] for verb in ("request", "reject", "block", "hold", "waive")}
    for index in range(draw(st.integers(1, 14))):
        verb = draw(st.sampled_from(possible(named)))
        name = f"{index:02d}-{verb}"
        fields = draw(terms(verb, named))
        if "confirms" not in fields or verb == "block":
            named.get("hold" if verb in ("suspend", "restrict") else verb, []).append(name)
        roles = draw(st.sampled_from((("tech",), ("tech", "legal"), ("tech", "tech"))))
        assessments = draw(st.sampled_from(((), (), ("security",))))
        record = made(name, verb, draw(st.sampled_from(PERSONS)), fields)
        records.append(sealed(record, 1 + index // 2, roles, assessments))
    return records


def possible(named) -> list[str]:
    """The verbs that have something to act on, the likelier ones several times."""
    verbs = ["request", "request", "block", "suspend", "restrict", "waive"]
    verbs += ["approve"] * 6 + ["reject", "assess"] if named["request"] else []
    verbs += ["revoke"] * 3 if any(named.values()) else []
    return verbs + (["unblock"] * 2 if named["block"] else []) + (["waive"] * 2 if named["waive"] else [])


@st.composite
def terms(draw, verb, named):
    """What a record of `verb` says. named: the records that may be named, by verb."""
    fields: dict = {"role": draw(st.sampled_from(ROLES))}
    range = draw(st.sampled_from(RANGES if verb == "request" else ("", *RANGES)))
    here = [subject("pkg:npm/x", range)]
    targets = [*named["request"], *named["reject"]]
    if verb == "request":
        fields = {"subjects": here, **draw(st.sampled_from((*[{}] * 4, *LIMITS)))}
        if targets and draw(st.booleans()):
            fields["supersedes"] = [draw(st.sampled_from(targets))]
    elif verb == "block":
        fields["subjects"] = here
        if named["block"] and draw(st.booleans()):
            fields["confirms"] = draw(st.sampled_from(named["block"]))
    elif verb in ("suspend", "restrict"):
        fields["subjects"] = here
        fields.update(draw(st.sampled_from(LIMITS[1:])) if verb == "restrict" else {})
    elif verb == "waive" and named["waive"] and draw(st.integers(0, 3)):
        fields["confirms"] = draw(st.sampled_from(named["waive"]))
    elif verb == "waive":
        fields.update(subjects=here, rules=["OSG101"], expires="2027-01-01")
    elif verb in ("approve", "reject", "assess"):
        fields["request"] = draw(st.sampled_from(named["request"]))
        fields["expires"] = draw(st.sampled_from(("2026-11-21", "2027-01-01", "2027-06-01")))
    else:
        others = [*targets, *targets, *named["hold"], *named["waive"]]
        fields["revokes"] = draw(st.sampled_from(named["block"] if verb == "unblock" else others or named["block"]))
    return fields


def judged(state, version: str) -> str:
    dependency = Dependency("pkg:npm/x", version, f"pkg:npm/x@{version}", "package-lock.json")
    return judge(dependency, state.standings, TODAY, HERE).kind


@settings(max_examples=60)
@given(ledgers(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_never_matters(records, random):
    shuffled = list(records)
    random.shuffle(shuffled)
    assert fold(shuffled) == fold(records)


@settings(max_examples=60)
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


@settings(max_examples=60)
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


@settings(max_examples=60)
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


@settings(max_examples=60)
@given(ledgers(), st.sampled_from(VERSIONS))
def test_the_strongest_of_what_each_standing_says_alone_is_told(records, version):
    state = fold(records)
    dependency = Dependency("pkg:npm/x", version, f"pkg:npm/x@{version}", "package-lock.json")
    kinds = [judge(dependency, [standing], TODAY, HERE).kind for standing in state.standings]
    assert judged(state, version) == min(kinds, key=KINDS.index, default="unapproved")


@settings(max_examples=60)
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
    kept = ("block", "suspend", "reject", "restrict", "waive")
    taken = [s for s in before.standings if s.effect in kept and s.record not in named]
    assert set(taken) <= set(after.standings)


@settings(max_examples=60)
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


@settings(max_examples=60)
@given(ledgers(), st.data(), st.sampled_from(VERSIONS))
def test_one_more_record_that_takes_away_never_lets_anything_in(records, data, version):
    """A later block, suspension, restriction or rejection, or revocation of a request or waiver."""
    requests = [r.id for r in records if r.body["verb"] in ("request", "waive")]
    at_once = ("block", "suspend", "restrict")
    verb = data.draw(st.sampled_from((*at_once, "reject", "revoke") if requests else at_once))
    fields: dict = {"role": data.draw(st.sampled_from(ROLES))}
    if verb in at_once:
        fields["subjects"] = [subject("pkg:npm/x", data.draw(st.sampled_from(RANGES)))]
        fields.update(data.draw(st.sampled_from(LIMITS)))
    else:
        fields["request" if verb == "reject" else "revokes"] = data.draw(st.sampled_from(requests))
    more = sealed(made("zz", verb, data.draw(st.sampled_from(PERSONS)), fields), 9)
    before, after = fold(records), fold([*records, more])
    if judged(before, version) != "approved":
        assert judged(after, version) != "approved"
    if not lifted(before, version):
        assert not lifted(after, version)


def lifted(state, version: str) -> bool:
    dependency = Dependency("pkg:npm/x", version, f"pkg:npm/x@{version}", "package-lock.json")
    return waived(state.standings, "OSG101", dependency, HERE, TODAY) is not None


@settings(max_examples=60)
@given(ledgers(), st.data(), st.sampled_from(VERSIONS))
def test_a_standing_that_takes_away_never_lets_in_and_one_that_gives_never_takes(records, data, version):
    state = fold(records)
    dependency = Dependency("pkg:npm/x", version, f"pkg:npm/x@{version}", "package-lock.json")
    limits = {key: tuple(value) for key, value in data.draw(st.sampled_from(LIMITS)).items()}
    effect = data.draw(st.sampled_from(("block", "suspend", "reject", "restrict", "revoke", "approve")))
    range = data.draw(st.sampled_from(RANGES))
    more = Standing(effect, "pkg:npm/x", range, "zz", "zz", 9, "2026-11-21T00:00:00Z", **limits)
    before, after = (
        judge(dependency, found, TODAY, HERE).kind for found in (state.standings, [*state.standings, more])
    )
    if effect == "approve":
        assert after == before or KINDS.index(after) < KINDS.index(before)
        assert after not in ("blocked", "suspended", "rejected", "restricted") or after == before
    else:
        assert (after == "approved") <= (before == "approved")


@settings(max_examples=60)
@given(ledgers())
def test_a_hold_ends_with_one_other_person_of_its_role_and_with_nothing_else(records):
    state = fold(records)
    for id, found in state.holds.items():
        body = found.hold.body
        others = [r for r in records if r.body["verb"] == "revoke" and r.body["revokes"] == id]
        lifting = [r for r in others if r.body["role"] == body["role"] and r.body["person"] != body["person"]]
        assert bool(lifting) == (found.lifted is not None)
        assert [s.record for s in state.standings if s.record == id] == ([] if lifting else [id])


@settings(max_examples=60)
@given(ledgers())
def test_only_a_complete_quorum_of_at_least_its_roles_waives(records):
    state = fold(records)
    for id, found in state.joint.items():
        if id != found.first.id:
            assert next(r for r in records if r.id == id).body["confirms"] == found.first.id
            continue
        persons = [c.body["person"] for c in found.counted]
        needed = Counter(found.first.witness["roles"])
        given = Counter(c.body["role"] for c in found.counted)
        assert len(set(persons)) == len(persons)
        assert given <= needed
        assert bool(found.serial) == (given == needed)
        revoked = any(r.body["verb"] == "revoke" and r.body["revokes"] == id for r in records)
        assert found.status == ("revoked" if revoked else "in-force" if found.serial else "waiting")
        effects = [s.effect for s in state.standings if s.request == id]
        assert effects == (["revoke" if revoked else "waive"] if found.serial else [])
        assert [w.request for w in state.proposed if w.request == id] == ([id] if found.status == "waiting" else [])


@settings(max_examples=60)
@given(ledgers())
def test_the_fold_of_all_is_the_union_of_the_folds_of_the_groups(records):
    """Records that name each other form a group; what is folded apart fits together again."""
    states = [fold(group) for group in groups(records)]
    whole = fold(records)
    for name in ("requests", "blocks", "holds", "joint"):
        parts = [getattr(state, name) for state in states]
        assert getattr(whole, name) == {id: found for part in parts for id, found in part.items()}
    together = [s for state in states for s in state.standings]
    assert sorted(together, key=lambda s: (s.component, s.effect, s.serial, s.record, s.range)) == list(whole.standings)
    for name in ("waiting", "proposed"):
        parts = [waits for state in states for waits in getattr(state, name)]
        assert sorted(parts, key=lambda w: w.request) == list(getattr(whole, name))


def groups(records) -> list[list]:
    """The records by what names what, in any direction."""
    group = {r.id: {r.id} for r in records}
    for r in records:
        names = [r.body.get(key) for key in ("request", "revokes", "confirms")] + r.body.get("supersedes", [])
        for other in (name for name in names if name in group):
            joined = group[r.id] | group[other]
            group.update(dict.fromkeys(joined, joined))
    return [[r for r in records if r.id in ids] for ids in {min(ids): ids for ids in group.values()}.values()]


@settings(max_examples=60)
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
