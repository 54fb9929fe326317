"""The fold, sentence by sentence of the design: who must decide, what ends what, what stands above what."""

from __future__ import annotations

import pytest

from osgate.ledger.fold import RequestState, State, fold
from osgate.ledger.fold.requests import revocation_needs
from osgate.testing.records import answer, approve, block, break_glass, renew, request, sealed, subject, undo

REQUEST = request("wang.wu")
TECH = approve(REQUEST, "zhang.san", "tech", "2027-11-21")
LEGAL = approve(REQUEST, "li.si", "legal", "2027-05-01")
STRICT = {"roles": ("tech", "security", "legal"), "assessments": ("security",)}


def folded(*batches, **tier) -> State:
    """Fold batches of records, one seal each, from serial 1."""
    return fold(sealed(r, serial, **tier) for serial, batch in enumerate(batches, 1) for r in batch)


def told(state: State, asked=REQUEST) -> RequestState:
    return state.requests[asked["id"]]


def effects(state: State) -> list[str]:
    return [s.effect for s in state.standings]


def test_a_request_waits_until_every_role_has_decided():
    state = folded([REQUEST], [TECH])
    (waits,) = state.waiting
    assert waits.component == "pkg:npm/left-pad"
    assert waits.roles == (("tech", 1, 1), ("legal", 0, 1))
    assert (waits.request, waits.person, waits.missing) == (REQUEST["id"], "wang.wu", ())
    assert told(state).status == "waiting"
    assert told(state).serial == 0
    assert state.standings == ()


def test_the_last_decision_makes_it_stand_from_its_seal_until_the_earliest_expiry():
    state = folded([REQUEST], [LEGAL], [TECH])
    (standing,) = state.standings
    assert (standing.effect, standing.component, standing.range) == (
        "approve",
        "pkg:npm/left-pad",
        "vers:npm/>=1.3.0|<2.0.0",
    )
    assert (standing.record, standing.request, standing.serial) == (TECH["id"], REQUEST["id"], 3)
    assert standing.sealed_at == told(state).sealed_at == "2026-11-21T00:03:00Z"
    assert standing.persons == ("zhang.san", "li.si"), "by role order, not by seal"
    assert standing.expires == "2027-05-01"
    assert state.waiting == ()


def test_one_batch_may_hold_everything():
    assert effects(folded([TECH, LEGAL, REQUEST])) == ["approve"]


def test_every_subject_stands_with_its_own_terms():
    closure = request(
        subjects=[
            subject("pkg:npm/a", digests=["sha256:" + "0" * 64], scope=["dev"]),
            subject("pkg:npm/b", "vers:npm/2.0.0"),
        ],
        environments=["test", "pre prod"],
        projects=["payments"],
        classes=["tool", "core"],
    )
    a, b = folded([closure], [approve(closure, "zhang.san", "tech"), approve(closure, "li.si", "legal")]).standings
    assert (a.component, a.digests, a.scopes) == ("pkg:npm/a", ("sha256:" + "0" * 64,), ("dev",))
    assert (b.component, b.range, b.digests, b.scopes) == ("pkg:npm/b", "vers:npm/2.0.0", (), ())
    assert a.environments == b.environments == ("test", "pre prod")
    assert (b.projects, b.classes) == (("payments",), ("tool", "core"))
    assert a.reason == "needed"


@pytest.mark.parametrize(
    "second",
    [
        approve(REQUEST, "zhang.san", "legal"),
        approve(REQUEST, "wang.wu", "legal"),
        approve(REQUEST, "li.si", "tech"),
        approve(REQUEST, "li.si", "security"),
        answer("assess", REQUEST, "li.si", "legal"),
        approve(request("wang.wu", reason="another"), "li.si", "legal"),
    ],
    ids=["one person twice", "the requester", "a complete role", "a role not asked", "an assessment", "elsewhere"],
)
def test_what_does_not_complete_the_quorum(second):
    state = folded([REQUEST], [TECH], [second])
    assert told(state).status == "waiting"
    assert told(state).roles == (("tech", 1, 1), ("legal", 0, 1))
    assert effects(state) == []


def test_a_role_named_twice_needs_two_persons():
    two = {"roles": ("tech", "tech")}
    assert told(folded([REQUEST], [TECH], **two)).roles == (("tech", 1, 2),)
    again = approve(REQUEST, "zhang.san", "tech", reason="looked again")
    assert told(folded([REQUEST], [TECH], [again], **two)).status == "waiting"
    assert told(folded([REQUEST], [TECH], [approve(REQUEST, "li.si", "tech")], **two)).status == "approved"


def test_a_tier_without_roles_never_completes():
    assert told(folded([REQUEST], roles=())).status == "waiting"


def strict(*more):
    approvals = [approve(REQUEST, p, r) for p, r in (("a", "tech"), ("b", "security"), ("c", "legal"))]
    return folded([REQUEST], approvals, *more, **STRICT)


def test_the_strict_tier_needs_the_security_assessment():
    state = strict()
    assert told(state).status == "waiting"
    assert told(state).missing == state.waiting[0].missing == ("security",)
    assert told(strict([answer("assess", REQUEST, "d", "tech")])).status == "waiting", "in another role"
    assert told(strict([answer("assess", REQUEST, "wang.wu", "security")])).status == "waiting", "the requester's own"
    done = strict([answer("assess", REQUEST, "d", "security")])
    assert (told(done).status, told(done).serial) == ("approved", 3)
    assert done.standings[0].serial == 3


def test_an_assessment_that_comes_later_changes_nothing_of_what_is_complete():
    first = [answer("assess", REQUEST, "d", "security")]
    more = [answer("assess", REQUEST, "e", "security"), answer("assess", REQUEST, "e", "tech")]
    assert strict(first, more).standings == strict(first).standings


def test_a_reject_by_one_ends_the_request_and_stands():
    state = folded([REQUEST], [TECH], [answer("reject", REQUEST, "li.si", "legal")], [LEGAL])
    assert told(state).status == "rejected"
    (standing,) = state.standings
    assert (standing.effect, standing.persons, standing.serial) == ("reject", ("li.si",), 3)
    assert (standing.range, standing.request) == ("vers:npm/>=1.3.0|<2.0.0", REQUEST["id"])
    assert state.waiting == ()


def test_in_one_seal_a_reject_counts_before_an_approval():
    reject = answer("reject", REQUEST, "zhao.liu", "legal")
    assert effects(folded([REQUEST], [TECH, LEGAL, reject])) == ["reject"]


def test_a_reject_after_approval_ends_the_approval_too():
    reject = answer("reject", REQUEST, "zhao.liu", "legal")
    state = folded([REQUEST], [TECH, LEGAL], [reject])
    assert (told(state).status, told(state).ended_by, told(state).serial) == ("rejected", reject["id"], 2)
    assert effects(state) == ["reject"]
    lifted = folded([REQUEST], [TECH, LEGAL], [reject], [undo("revoke", reject, "li.si", "legal")])
    assert effects(lifted) == [], "what was ended does not come back by itself"


def test_a_reject_stands_until_its_role_revokes_it():
    reject = answer("reject", REQUEST, "li.si", "legal")
    for revoke, left in (
        (undo("revoke", reject, "zhang.san", "tech"), ["reject"]),
        (undo("revoke", reject, "wang.wu", "legal"), ["reject"]),
        (undo("unblock", reject, "zhao.liu", "legal"), ["reject"]),
        (undo("revoke", reject, "zhao.liu", "legal"), []),
    ):
        state = folded([REQUEST], [reject], [revoke])
        assert effects(state) == left
        assert told(state).status == "rejected"


def test_a_role_that_needs_two_needs_two_to_revoke_its_reject():
    two = {"roles": ("tech", "tech", "legal")}
    reject = answer("reject", REQUEST, "zhang.san", "tech")
    first, same = (undo("revoke", reject, "li.si", "tech", reason=reason) for reason in ("no longer", "really"))
    assert effects(folded([REQUEST], [reject], [first], [same], **two)) == ["reject"]
    assert effects(folded([REQUEST], [reject], [first], [undo("revoke", reject, "zhao.liu", "tech")], **two)) == []


def test_a_reject_by_an_assessing_role_needs_one_of_that_role():
    reject = answer("reject", REQUEST, "d", "audit")
    target = sealed(reject, 2)
    assert revocation_needs(target, sealed(REQUEST)) == revocation_needs(target) == ["audit"]
    assert effects(folded([REQUEST], [reject], [undo("revoke", reject, "e", "audit")])) == []


def asks_again(reject, *, roles_of=("tech", "legal"), supersedes=True):
    more = {"supersedes": [reject["id"]]} if supersedes else {}
    again = request("wang.wu", reason="asked again", **more)
    approvals = [approve(again, p, r) for p, r in zip(("zhang.san", "li.si"), roles_of, strict=False)]
    old = [sealed(REQUEST, 1), sealed(reject, 2, (), ())]
    return fold([*old, sealed(again, 3, roles_of), *(sealed(a, 4) for a in approvals)])


def test_a_later_request_that_names_a_reject_and_completes_with_its_role_lifts_it():
    reject = answer("reject", REQUEST, "li.si", "legal")
    assert effects(asks_again(reject)) == ["approve"]
    assert effects(asks_again(reject, supersedes=False)) == ["approve", "reject"]
    assert effects(asks_again(reject, roles_of=("tech",))) == ["approve", "reject"], "completes without legal"


def test_a_request_that_names_it_lifts_nothing_before_it_is_complete():
    reject = answer("reject", REQUEST, "li.si", "legal")
    again = request("wang.wu", reason="asked again", supersedes=[reject["id"]])
    assert effects(folded([REQUEST], [reject], [again], [approve(again, "zhang.san", "tech")])) == ["reject"]


def test_an_approval_is_revoked_by_its_whole_tier_only():
    tech, legal = undo("revoke", REQUEST, "zhang.san", "tech"), undo("revoke", REQUEST, "li.si", "legal")
    approved = ([REQUEST], [TECH, LEGAL])
    assert told(folded(*approved, [tech])).status == "approved"
    for wrong in (
        undo("revoke", REQUEST, "zhang.san", "legal"),
        undo("revoke", REQUEST, "wang.wu", "legal"),
        undo("revoke", REQUEST, "li.si", "tech"),
    ):
        assert effects(folded(*approved, [tech], [wrong])) == ["approve"]
    state = folded(*approved, [tech], [legal])
    assert (told(state).status, told(state).ended_by) == ("revoked", legal["id"])
    (back,) = state.standings
    assert (back.effect, back.record, back.request, back.serial) == ("revoke", legal["id"], REQUEST["id"], 4)
    assert (back.persons, back.range, back.reason) == (("zhang.san", "li.si"), "vers:npm/>=1.3.0|<2.0.0", "no longer")


def test_a_request_that_was_revoked_while_it_waited_never_comes_into_force():
    both = [undo("revoke", REQUEST, "a", "tech"), undo("revoke", REQUEST, "b", "legal")]
    state = folded([REQUEST], both)
    assert (told(state).status, state.waiting) == ("revoked", ())
    assert effects(folded([REQUEST], both, [TECH, LEGAL])) == ["revoke"], "complete, and taken back"


def superseding(*, also=(), status="superseded"):
    wide = request("wang.wu", [subject(range="vers:npm/*")], reason="wide")
    narrow = request("wang.wu", [subject(range="vers:npm/1.3.0")], reason="narrow", supersedes=[wide["id"]])
    done = [approve(asked, p, r) for asked in (wide, narrow) for p, r in (("a", "tech"), ("b", "legal"))]
    later = [make(narrow) for make in also]
    state = folded([wide], done[:2], [narrow], done[2:], *[[r] for r in later])
    assert (told(state, wide).status, told(state, wide).ended_by) == (status, narrow["id"])
    return state


def test_a_complete_request_supersedes_the_one_it_names():
    assert [s.range for s in superseding().standings] == ["vers:npm/1.3.0"]


def test_taking_away_the_newer_one_never_brings_back_the_older():
    assert effects(superseding(also=[lambda new: answer("reject", new, "c", "legal")])) == ["reject"]
    revoking = [lambda new: undo("revoke", new, "c", "legal"), lambda new: undo("revoke", new, "d", "tech")]
    assert effects(superseding(also=revoking)) == ["revoke"], "the newer one's own"


def test_what_was_revoked_and_then_superseded_is_no_longer_told_as_revoked():
    both = [undo("revoke", REQUEST, "c", "tech"), undo("revoke", REQUEST, "d", "legal")]
    again = request("wang.wu", reason="asked again", supersedes=[REQUEST["id"]])
    done = [approve(again, person, role) for person, role in (("zhang.san", "tech"), ("li.si", "legal"))]
    assert effects(folded([REQUEST], [TECH, LEGAL], both, [again])) == ["revoke"]
    state = folded([REQUEST], [TECH, LEGAL], both, [again], done)
    assert (effects(state), told(state).status) == (["approve"], "revoked")


def test_superseding_needs_every_person_that_revoking_needs():
    old = request("wang.wu", reason="old")
    new = request("wang.wu", reason="new", supersedes=[old["id"], "sha256:" + "0" * 64])
    approvals = [sealed(approve(asked, p, "tech"), 5) for asked in (old, new) for p in ("a", "b")]
    state = fold([sealed(old, 1, ("tech", "tech")), sealed(new, 2, ("tech",)), *approvals])
    assert [state.requests[r["id"]].status for r in (old, new)] == ["approved", "approved"]


def test_only_what_is_sealed_later_supersedes():
    old = request("wang.wu", reason="old")
    new = request("wang.wu", reason="new", supersedes=[old["id"]])
    approvals = [sealed(approve(asked, "a", "tech"), 9) for asked in (old, new)]
    state = fold([sealed(old, 2, ("tech",)), sealed(new, 1, ("tech",)), *approvals])
    assert effects(state) == ["approve", "approve"]


def test_a_block_stands_at_once_for_all_versions_or_a_range():
    every = block("zhang.san", incident="INC-7")
    some = block("li.si", [subject("pkg:npm/a", digests=["sha256:" + "1" * 64])])
    first, second = folded([every, some]).standings
    assert (first.effect, first.component, first.range) == ("block", "pkg:npm/a", "vers:npm/>=1.3.0|<2.0.0")
    assert first.digests == ("sha256:" + "1" * 64,)
    assert (second.range, second.persons, second.incident) == ("", ("zhang.san",), "INC-7")


def test_unblocking_needs_two_persons():
    blocked = block("zhang.san")
    one = undo("unblock", blocked, "li.si", "incident")
    again = undo("unblock", blocked, "li.si", "incident", reason="again")
    other = undo("unblock", blocked, "zhao.liu", "incident")
    assert effects(folded([blocked], [one])) == ["block"]
    assert effects(folded([blocked], [one], [again])) == ["block"]
    assert effects(folded([blocked], [one], [undo("revoke", blocked, "zhao.liu", "incident")])) == ["block"]
    assert effects(folded([blocked], [one], [other])) == []


def test_blocks_are_lifted_one_by_one():
    first, second = block("zhang.san"), block("li.si", reason="confirmed")
    lifted = [undo("unblock", first, person, "incident") for person in ("a", "b")]
    (left,) = folded([first], [second], lifted).standings
    assert left.record == second["id"]


def test_a_confirming_block_shares_the_fate_of_the_first():
    first = block("zhang.san")
    second = block("li.si", confirms=first["id"])
    state = folded([first], [second])
    (standing,) = state.standings
    assert (standing.record, standing.persons) == (first["id"], ("zhang.san", "li.si"))
    assert state.blocks[first["id"]] == state.blocks[second["id"]]
    assert (state.blocks[first["id"]].confirmed, folded([first]).blocks[first["id"]].confirmed) == (("li.si",), ())
    for one, other in ((first, first), (second, second), (first, second)):
        lifted = [undo("unblock", one, "a", "incident"), undo("unblock", other, "b", "incident")]
        assert effects(folded([first], [second], lifted[:1])) == ["block"]
        assert effects(folded([first], [second], lifted)) == []


@pytest.mark.parametrize(
    ("changed", "person"),
    [
        ({}, "zhang.san"),
        ({"subjects": [subject("pkg:npm/other", range="")]}, "li.si"),
        ({"confirms": REQUEST["id"]}, "li.si"),
        ({"confirms": "sha256:" + "0" * 64}, "li.si"),
    ],
    ids=["same person", "other subjects", "no block", "nothing"],
)
def test_a_block_that_confirms_nothing_stands_by_itself(changed, person):
    first = block("zhang.san")
    second = block(person, **{"confirms": first["id"], **changed})
    lifted = [undo("unblock", first, who, "incident") for who in ("a", "b")]
    state = folded([REQUEST], [first], [second], lifted)
    assert [s.record for s in state.standings] == [second["id"]]
    assert state.blocks[first["id"]].confirmed == ()


def test_what_was_lifted_already_is_not_confirmed_but_blocked_anew():
    first = block("zhang.san")
    second = block("li.si", confirms=first["id"])
    lifted = [undo("unblock", first, who, "incident") for who in ("a", "b")]
    assert effects(folded([first], lifted, [second])) == ["block"]
    assert effects(folded([first], [second, *lifted])) == []


def test_what_names_nothing_changes_nothing():
    orphans = [
        TECH,
        answer("reject", REQUEST, "li.si", "legal"),
        undo("revoke", REQUEST, "li.si", "legal"),
        undo("unblock", block(), "li.si", "incident"),
    ]
    assert folded(orphans) == State({}, (), (), {})


# -- broken glass, renewals, reports


def test_who_breaks_the_glass_later_undoes_no_review():
    first = [break_glass(REQUEST, "zhang.san")]
    review = [answer("assess", REQUEST, "li.si", "legal", type="post-review")]
    again = [break_glass(REQUEST, "li.si", reason="again")]
    assert [one.body["person"] for one in told(folded([REQUEST], first, review, again)).reviewed] == ["li.si"]
    assert told(folded([REQUEST], first, again, review)).reviewed == ()
    own = [answer("assess", REQUEST, "zhang.san", "tech", type="post-review")]
    assert told(folded([REQUEST], first, own)).reviewed == ()


def test_a_broken_glass_is_no_part_of_the_quorum_and_stands_beside_it():
    both = [approve(REQUEST, "li.si", "legal")]
    state = folded([REQUEST], [break_glass(REQUEST, "zhang.san", role="tech")], both)
    assert told(state).status == "waiting"
    (stands,) = state.standings
    assert (stands.effect, stands.expires, stands.incident) == ("approve", "2026-11-23T06:00:00Z", "INC-1")


def test_a_renewal_takes_every_role_again_and_an_open_round_changes_nothing():
    quorum = [approve(REQUEST, "zhang.san", "tech", "2026-12-31"), approve(REQUEST, "li.si", "legal", "2026-12-31")]
    one = [renew(REQUEST, "zhang.san", "tech", "2027-06-30")]
    open_round = told(folded([REQUEST], quorum, one))
    assert (open_round.expires, open_round.renewed.roles) == ("2026-12-31", (("tech", 1, 1), ("legal", 0, 1)))
    other = [renew(REQUEST, "li.si", "legal", "2027-05-31")]
    assert told(folded([REQUEST], quorum, one, other)).expires == "2027-05-31"
    assert told(folded([REQUEST], quorum, one, other, [renew(REQUEST, "li.si", "legal", "2027-12-31")])).expires == (
        "2027-05-31"
    )


def test_what_rests_on_a_report_ends_with_it_and_the_longest_of_one_type_counts():
    quorum = [approve(REQUEST, "zhang.san", "tech"), approve(REQUEST, "li.si", "legal")]

    def report(until: str, type: str = "evaluation", **more):
        return answer("assess", REQUEST, "zhao.liu", "security", type=type, valid_until=until, **more)

    def end(*reports) -> str:
        return told(folded([REQUEST], list(reports), quorum)).expires

    assert end(report("2027-03-01")) == "2027-03-01"
    assert end(report("2027-03-01"), report("2027-09-01", reason="newer")) == "2027-09-01"
    assert end(report("2027-09-01"), report("2027-02-01", "legal-opinion")) == "2027-02-01"
    assert end(report("2027-03-01", "technical")) == "2027-11-21"
