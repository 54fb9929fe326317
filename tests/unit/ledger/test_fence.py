"""The fence: what is held, what is broken, what cannot be told, and what this place has no means to tell."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osgate.decide import Law, decide
from osgate.intake_desk.composing import subjects
from osgate.intake_desk.verbs import Outside
from osgate.intake_desk.weigh import Candidate, weigh
from osgate.ledger import codec, fence
from osgate.ledger.fold import fold
from osgate.ledger.standing import judge
from osgate.model.change import Intake, Introduced
from osgate.model.decision import LedgerView, Post, Standing, Told
from osgate.model.dependency import Dependency
from osgate.model.policy import Project
from osgate.model.record import replace
from osgate.testing import records
from osgate.testing.clock import START
from osgate.testing.facts import Facts
from osgate.testing.policies import valid_policy

LEFT_PAD = records.LEFT_PAD
PROJECT = Project("payments", class_="normal")
FENCE = (Post("licence", "MIT", "package-lock.json"), Post("install-code", "no", "package-lock.json"))
APPROVED = Standing(
    "approve", LEFT_PAD, "vers:npm/>=1.3.0|<2.0.0", "sha256:1", "sha256:2", 1, START, expires="2027-01-01", fence=FENCE
)


def dependency(
    licence: str | None = "MIT", install_code: bool | None = False, path: str = "package-lock.json", **more: str
) -> Dependency:
    version = more.get("version", "1.3.0")
    return Dependency(LEFT_PAD, version, f"{LEFT_PAD}@{version}", path, 4, install_code=install_code, licence=licence)


def states(found: Iterable[Told]) -> dict[str, str]:
    return {one.fact: one.state for one in found}


@pytest.mark.parametrize(
    ("now", "tells", "store", "state"),
    [
        ([Post("licence", "MIT")], (), False, "held"),
        ([Post("licence", "mit")], (), False, "held"),
        ([Post("licence", "GPL-3.0-only", "x")], (), False, "broken"),
        ([Post("licence", "MIT"), Post("licence", "BUSL-1.1")], (), False, "broken"),
        ([], ("licence",), False, "unknown"),
        ([], (), True, "unknown"),
        ([], (), False, "not-evaluated"),
    ],
)
def test_a_post_is_held_broken_or_cannot_be_told(now, tells, store, state):
    assert states(fence.compare([Post("licence", "MIT")], now, tells, store)) == {"licence": state}


def test_of_several_values_seen_any_holds():
    several = [Post("licence", "MIT"), Post("licence", "ISC")]
    assert states(fence.compare(several, [Post("licence", "ISC")], ())) == {"licence": "held"}
    (told,) = fence.compare(several, [Post("licence", "WTFPL", "b")], ())
    assert (told.before, told.now, told.seen) == ("MIT, ISC", "WTFPL", "b")


@pytest.mark.parametrize(
    ("before", "now", "held"),
    [
        ("install-code:yes", "install-code:no", True),
        ("install-code:no", "install-code:yes", False),
        ("severity:high", "severity:low", True),
        ("severity:low", "severity:critical", False),
        ("severity:none", "severity:dreadful", False),
        ("publisher:a", "publisher:b", False),
    ],
)
def test_what_gets_better_breaks_nothing(before, now, held):
    posts = [Post(*before.split(":"))], [Post(*now.split(":"))]
    (told,) = fence.compare(*posts, ())
    assert told.state == ("held" if held else "broken")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("MIT", " mit ", True),
        ("(MIT OR Apache-2.0)", "Apache-2.0 or MIT", True),
        ("GPL-2.0", "GPL-2.0-only", True),
        ("LGPL-2.1+", "LGPL-2.1-or-later", True),
        ("GPL-2.0", "GPL-2.0-or-later", False),
        ("MIT AND ISC", "MIT OR ISC", False),
        ("(MIT OR ISC) AND BSD-3-Clause", "MIT OR (ISC AND BSD-3-Clause)", False),
        ("Apache-2.0", "BUSL-1.1", False),
        ("SEE LICENSE IN LICENSE.txt", "see license in license.txt", True),
    ],
)
def test_one_licence_has_several_spellings(one, other, same):
    assert (fence.licence_key(one) == fence.licence_key(other)) is same


FACTS = st.sampled_from(["licence", "install-code", "publisher", "severity"])
POSTS = st.lists(st.builds(Post, FACTS, st.sampled_from(["a", "b", "no", "yes", "low", "high", "MIT"])), max_size=6)


@given(POSTS, POSTS, st.data())
def test_a_fact_that_is_told_no_more_is_never_held(before, now, data):
    gone = data.draw(FACTS)
    left = [post for post in now if post.fact != gone]
    after = states(fence.compare(before, left, (), store=True))
    assert after.get(gone, "unknown") == "unknown"
    whole = states(fence.compare(before, now, (), store=True))
    assert {fact: state for fact, state in after.items() if fact != gone} == {
        fact: state for fact, state in whole.items() if fact != gone
    }


@given(st.sampled_from(["MIT", "Apache-2.0", "(MIT OR ISC)", None, "UNLICENSED"]), st.sampled_from([True, False, None]))
def test_what_was_asked_for_is_always_held(licence, install_code):
    asked = dependency(licence, install_code)
    (subject,) = subjects([asked])
    request = records.sealed(records.request("wang.wu", [subject]), 1)
    approvals = [
        records.sealed(records.approve(request.body, p, r), 2) for p, r in (("zhang.san", "tech"), ("li.si", "legal"))
    ]
    (standing,) = fold([request, *approvals]).standings
    assert judge(asked, [standing], START, PROJECT).kind == "approved"


def test_an_approval_does_not_cover_a_version_that_breaks_its_fence():
    found = judge(dependency("GPL-3.0-only", True), [APPROVED], START, PROJECT)
    assert (found.kind, found.why) == ("fence-broken", "licence")
    assert judge(
        dependency("GPL-3.0-only"), [APPROVED, replace(APPROVED, fence=(), serial=2)], START, PROJECT
    ).kind == ("approved")
    assert judge(dependency(None, None), [APPROVED], START, PROJECT).kind == "approved"


def verdict(*found: Dependency, known=lambda d: None, standing=APPROVED):
    law = Law(LedgerView({LEFT_PAD: (standing,)}, {}), valid_policy().policy, PROJECT, START, "enforce-new", {}, known)
    return decide(Intake(introduced=tuple(Introduced("added", d) for d in found)), law)


def test_a_broken_fence_blocks_and_tells_old_and_new():
    said = verdict(dependency("BUSL-1.1"))
    (finding,) = said.findings
    assert (said.outcome, finding.rule) == ("block", "OSG112")
    assert finding.params["posts"] == [["licence", "MIT", "BUSL-1.1", "package-lock.json", "package-lock.json"]]


def test_a_licence_that_nobody_can_tell_any_more_leaves_it_undecided():
    said = verdict(dependency(""))
    assert said.outcome == "undecided"
    assert [gap.reason for gap in said.missing] == ["fence-unknown"]


def test_what_weighs_less_is_only_said():
    standing = replace(APPROVED, fence=(Post("publisher", "a", "store"),))
    said = verdict(dependency(), known=lambda d: (), standing=standing)
    assert said.outcome == "pass"
    assert [(gap.reason, dict(gap.params)["fact"]) for gap in said.gaps] == [("fence-unknown", "publisher")]


def test_who_asked_again_is_not_held_to_the_older_fence():
    newer = replace(APPROVED, serial=9, fence=(Post("install-code", "no", ""),))
    assert judge(dependency(""), [APPROVED, newer], START, PROJECT).standing == newer
    assert judge(dependency(""), [newer, APPROVED], START, PROJECT).standing == newer


def test_what_a_kind_of_file_never_tells_is_not_evaluated_and_changes_nothing():
    said = verdict(*(dependency(None, None, "pnpm-lock.yaml", version=f"1.3.{n}") for n in range(3)))
    assert said.outcome == "pass"
    assert [(gap.reason, dict(gap.params)) for gap in said.gaps] == [
        ("fence-not-evaluated", {"fact": "install-code", "count": "3"}),
        ("fence-not-evaluated", {"fact": "licence", "count": "3"}),
    ]


def test_what_the_desk_knew_is_part_of_the_fence_and_asked_for_again():
    store = Facts({(LEFT_PAD, "1.3.0"): {"publisher": "a", "severity": "none"}})
    request = records.request("wang.wu", [records.subject(versions=["1.3.0"])])
    valid = valid_policy()
    batch = [request, records.approve(request, "zhang.san", "tech"), records.approve(request, "li.si", "legal")]
    candidates = [Candidate("", codec.printed(one)) for one in batch]
    sealed = weigh(candidates, (), valid.policy, valid.people, START, 1, outside=Outside(facts=store.of)).accepted
    (standing,) = fold(sealed).standings
    assert [(post.fact, post.value, post.source) for post in standing.fence] == [
        ("publisher", "a", "store"),
        ("severity", "none", "store"),
    ]
    moved = dependency(version="1.4.0")
    assert verdict(moved, known=store.known, standing=standing).outcome == "undecided"
    store.tell(LEFT_PAD, "1.4.0", publisher="b", severity="none")
    said = verdict(moved, known=store.known, standing=standing)
    assert said.findings[0].params["posts"] == [["publisher", "a", "b", "store", "store"]]
    store.tell(LEFT_PAD, "1.4.0", publisher="a")
    assert verdict(moved, known=store.known, standing=standing).outcome == "pass"
