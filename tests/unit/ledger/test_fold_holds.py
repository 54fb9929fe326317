"""The fold of suspensions, restrictions and waivers: in force from when, limited to what, ended by whom."""

from __future__ import annotations

import pytest

from osgate.ledger.fold import State, fold
from osgate.testing.records import confirm, make, request, restrict, sealed, subject, suspend, undo, waive


def folded(*batches, **tier) -> State:
    """Fold batches of records, one seal each, from serial 1."""
    return fold(sealed(r, serial, **tier) for serial, batch in enumerate(batches, 1) for r in batch)


def effects(state: State) -> list[str]:
    return [s.effect for s in state.standings]


# -- holds


def test_a_suspension_stands_at_once_by_one_person():
    hold = suspend("zhao.liu", [subject(digests=["sha256:" + "0" * 64])], incident="INC-7")
    state = folded([hold])
    (standing,) = state.standings
    assert (standing.effect, standing.record, standing.request, standing.serial) == ("suspend", hold["id"], "", 1)
    assert (standing.persons, standing.reason, standing.incident) == (("zhao.liu",), "a fact moved", "INC-7")
    assert (standing.range, standing.digests) == ("vers:npm/>=1.3.0|<2.0.0", ("sha256:" + "0" * 64,))
    assert state.holds[hold["id"]].lifted is None


def test_a_restriction_stands_with_what_it_leaves():
    hold = restrict(
        subjects=[subject(range=""), subject("pkg:npm/a", scope=["dev", "test"])],
        projects=["payments"],
        classes=["tool"],
        environments=["pre prod"],
    )
    a, pad = folded([hold]).standings
    assert (a.component, a.scopes, pad.scopes) == ("pkg:npm/a", ("dev", "test"), ())
    for standing in (a, pad):
        limits = (standing.projects, standing.classes, standing.environments)
        assert limits == (("payments",), ("tool",), ("pre prod",))


@pytest.mark.parametrize("hold", [suspend(), restrict(projects=["payments"])], ids=lambda r: r["verb"])
def test_another_person_of_the_same_role_lifts_a_hold(hold):
    for revoke in (
        undo("revoke", hold, "zhao.liu", "security"),
        undo("revoke", hold, "chen.ba", "legal"),
        undo("unblock", hold, "chen.ba", "security"),
    ):
        assert effects(folded([hold], [revoke])) == [hold["verb"]]
    lifting = undo("revoke", hold, "chen.ba", "security")
    state = folded([hold], [lifting])
    assert state.standings == ()
    assert state.holds[hold["id"]].lifted is not None
    assert state.holds[hold["id"]].lifted.id == lifting["id"]


def test_holds_are_lifted_one_by_one():
    first, second = suspend(), suspend(reason="another fact")
    state = folded([first, second], [undo("revoke", first, "chen.ba", "security")])
    assert [s.record for s in state.standings] == [second["id"]]


# -- waivers


WAIVER = waive("zhang.san", rules=["OSG101", "OSG204"], classes=["tool"])
LEGAL = confirm(WAIVER, "li.si", "legal")


def test_a_waiver_waits_until_every_role_has_spoken():
    state = folded([WAIVER])
    assert state.standings == state.waiting == ()
    (waits,) = state.proposed
    assert (waits.component, waits.range, waits.request) == ("pkg:npm/left-pad", "", WAIVER["id"])
    assert (waits.person, waits.roles) == ("zhang.san", (("tech", 1, 1), ("legal", 0, 1)))
    assert (state.joint[WAIVER["id"]].status, state.joint[WAIVER["id"]].serial) == ("waiting", 0)


def test_the_last_word_puts_a_waiver_in_force():
    state = folded([WAIVER], [LEGAL])
    (standing,) = state.standings
    assert (standing.effect, standing.rules, standing.expires) == ("waive", ("OSG101", "OSG204"), "2027-01-01")
    assert (standing.record, standing.request, standing.serial) == (LEGAL["id"], WAIVER["id"], 2)
    assert (standing.persons, standing.classes, standing.reason) == (("zhang.san", "li.si"), ("tool",), "for now")
    assert state.proposed == ()
    assert state.joint[WAIVER["id"]].status == "in-force"
    assert state.joint[LEGAL["id"]] == state.joint[WAIVER["id"]]


def test_persons_of_a_waiver_are_told_by_role_order():
    by_legal = waive("li.si", role="legal")
    assert folded([by_legal], [confirm(by_legal, "zhang.san", "tech")]).standings[0].persons == ("zhang.san", "li.si")


@pytest.mark.parametrize(
    "second",
    [
        confirm(WAIVER, "zhang.san", "legal"),
        confirm(WAIVER, "zhao.liu", "tech"),
        confirm(WAIVER, "zhao.liu", "security"),
        make("waive", "li.si", {"confirms": request()["id"], "role": "legal", "reason": "agreed"}),
        confirm(LEGAL, "li.si", "legal"),
        waive("li.si", role="legal"),
    ],
    ids=["one person twice", "a role that has spoken", "a role not asked", "a request", "a confirmation", "another"],
)
def test_what_does_not_complete_a_waiver(second):
    state = folded([WAIVER], [second])
    assert state.standings == ()
    assert state.joint[WAIVER["id"]].status == "waiting"


def test_a_waiver_by_somebody_in_no_role_of_the_tier_never_counts_its_proposer():
    state = folded([WAIVER], [LEGAL], roles=("security", "legal"))
    assert state.joint[WAIVER["id"]].roles == (("security", 0, 1), ("legal", 1, 1))
    assert folded([WAIVER], [LEGAL], roles=()).standings == ()


def test_a_role_named_twice_needs_two_persons_for_a_waiver():
    two = {"roles": ("tech", "tech")}
    assert folded([WAIVER], [confirm(WAIVER, "zhang.san", "tech")], **two).standings == ()
    assert effects(folded([WAIVER], [confirm(WAIVER, "zhao.liu", "tech")], **two)) == ["waive"]


def test_one_person_revokes_a_waiver_for_good():
    revoke = undo("revoke", WAIVER, "wu.shi", "incident")
    state = folded([WAIVER], [LEGAL], [revoke])
    (back,) = state.standings
    assert (back.effect, back.rules, back.record, back.request) == (
        "revoke",
        ("OSG101", "OSG204"),
        revoke["id"],
        WAIVER["id"],
    )
    assert (back.persons, back.reason, back.serial) == (("wu.shi",), "no longer", 3)
    assert state.joint[WAIVER["id"]].status == "revoked"
    early = folded([WAIVER], [revoke])
    assert (early.standings, early.proposed, early.joint[WAIVER["id"]].status) == ((), (), "revoked")
    assert effects(folded([WAIVER], [revoke], [LEGAL])) == ["revoke"]


def test_a_waiver_without_subjects_stands_on_its_projects():
    files = waive(rules=["OSG301"], projects=["payments", "reports", "payments"])
    assert [w.component for w in folded([files]).proposed] == ["project:payments", "project:reports"]
    state = folded([files], [confirm(files, "li.si", "legal")])
    assert [(s.component, s.range, s.rules) for s in state.standings] == [
        ("project:payments", "", ("OSG301",)),
        ("project:reports", "", ("OSG301",)),
    ]


def test_what_names_nothing_changes_nothing():
    orphans = [LEGAL, undo("revoke", WAIVER, "li.si", "legal"), undo("revoke", suspend(), "chen.ba", "security")]
    assert folded(orphans) == State({}, (), (), {})
