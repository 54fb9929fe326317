"""What is offered instead of what is stopped: the nearest version that would really pass, and what people name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.ledger.offers import named, offers, with_offers
from osgate.ledger.standing import judge
from osgate.model.decision import Judgement, LedgerView, Standing
from osgate.model.dependency import Dependency
from osgate.model.policy import Project
from rules import making

DAY = "2026-11-21"
HERE = Project("payments", class_="tool", environments=("prod",))
PAD = "pkg:npm/left-pad"
RANGE = "vers:npm/>=1.0.0|<2.0.0"
OLD = making.standing(PAD, range=RANGE, versions=("1.1.0", "1.3.0"), expires="2027-04-09")


def judged(dependency: Dependency, standings: Iterable[Standing]) -> Judgement:
    return judge(dependency, standings, DAY, HERE)


def offered(
    purl: str, *standings: Standing, others: LedgerView | None = None, later: bool = False, **more: Any
) -> list[dict[str, object]]:
    found = making.introduced(purl, **more).dependency
    return offers(found, standings, others or making.view(), judged, later=later)


def purls(*args: Any, **more: Any) -> list[object]:
    return [offer["purl"] for offer in offered(*args, **more)]


def test_an_upgrade_out_of_the_range_is_offered_the_newest_approved_version() -> None:
    assert offered(f"{PAD}@2.0.1", OLD) == [{"purl": f"{PAD}@1.3.0", "approved": True, "until": "2027-04-09"}]


def test_what_is_taken_away_is_offered_a_later_version_where_there_is_one() -> None:
    block = making.standing(PAD, "block", range="vers:npm/<1.2.0")
    newer = making.standing(PAD, range="vers:npm/>=3.0.0|<4.0.0", versions=("3.1.0",))
    assert purls(f"{PAD}@1.0.0", OLD, newer, block, later=True) == [f"{PAD}@1.3.0"]
    assert purls(f"{PAD}@1.4.0", OLD, newer, later=True) == [f"{PAD}@3.1.0"]
    assert purls(f"{PAD}@1.4.0", OLD, newer, later=False) == [f"{PAD}@1.3.0"]
    assert purls(f"{PAD}@4.0.0", OLD, later=True) == [f"{PAD}@1.3.0"]


NOTHING_PASSES = {
    "blocked": [making.standing(PAD, "block")],
    "suspended": [making.standing(PAD, "suspend", range=RANGE)],
    "retired": [making.standing(PAD, "retire", by="2027-01-01")],
    "restricted": [making.standing(PAD, "restrict", projects=["other"])],
    "rejected": [making.standing(PAD, "reject", range=RANGE)],
    "taken back": [making.standing(PAD, "revoke", range=RANGE)],
}


@pytest.mark.parametrize("taking", NOTHING_PASSES.values(), ids=NOTHING_PASSES.keys())
def test_what_is_itself_taken_away_is_never_offered(taking: list[Standing]) -> None:
    assert offered(f"{PAD}@2.0.1", OLD, *taking) == []


@pytest.mark.parametrize(
    "more",
    [
        {"expires": "2026-11-21"},
        {"scopes": ["dev"]},
        {"environments": ["test"]},
        {"projects": ["other"]},
        {"classes": ["critical"]},
        {"sources": ["https://elsewhere.example.com/x.tgz"]},
        {"incident": "INC-1"},
    ],
)
def test_what_would_not_pass_here_is_never_offered(more: dict[str, Any]) -> None:
    narrow = making.standing(PAD, range=RANGE, versions=("1.3.0",), **more)
    source = {"kind": "registry", "url": "https://packages.example.com/left-pad.tgz"}
    assert offered(f"{PAD}@2.0.1", narrow, source=source) == []


def test_a_pinned_version_is_offered_with_the_content_that_was_approved() -> None:
    pinned = making.standing(PAD, range=RANGE, versions=("1.3.0",), digests=["sha512:" + "a" * 128])
    assert purls(f"{PAD}@2.0.1", pinned, digests=["sha512:" + "b" * 128]) == [f"{PAD}@1.3.0"]


def test_without_versions_the_range_is_named_where_its_lowest_version_would_pass() -> None:
    whole = making.standing(PAD, range=RANGE)
    assert offered(f"{PAD}@2.0.1", whole) == [{"purl": PAD, "approved": True, "range": RANGE, "until": ""}]
    assert offered(f"{PAD}@2.0.1", whole, making.standing(PAD, "block", range="vers:npm/<1.5.0")) == []
    assert offered(f"{PAD}@2.0.1", making.standing(PAD, range=RANGE, expires="2026-01-01")) == []
    assert purls(f"{PAD}@2.0.1", making.standing(PAD, range="vers:npm/1.0.0|1.2.0")) == [f"{PAD}@1.2.0"]


def test_a_declared_range_is_offered_the_newest_approved_version() -> None:
    assert purls("pkg:pypi/requests", making.standing("pkg:pypi/requests", range="vers:pypi/2.1|2.9|2.10")) == [
        "pkg:pypi/requests@2.10"
    ]


def test_actions_are_offered_by_commit_only() -> None:
    tool, commit = "pkg:github/example-org/tool", "a" * 40
    tagged = making.standing(tool, range=f"vers:github/{commit}|v4", versions=("v4", commit), sources=["x"])
    said = offered(f"{tool}@v5", tagged, scope="action", mutable=True, source={"kind": "git"})
    assert [offer["purl"] for offer in said] == [f"{tool}@{commit}"]
    assert offered(f"{tool}@v5", making.standing(tool, range="vers:github/v4"), scope="action", mutable=True) == []


# -- what people name

PADSTART = "pkg:npm/lodash.padstart"
RETIRED = making.standing(PAD, "retire", by="2026-12-31", alternatives=[f"{PADSTART}@4.6.1", "the standard library"])


def test_the_successor_is_offered_with_the_end_of_its_approval() -> None:
    approved = making.standing(PADSTART, range="vers:npm/>=4.6.1|<5.0.0", versions=("4.6.1",), expires="2027-04-09")
    assert named([RETIRED, OLD]) == [PADSTART]
    assert offered(f"{PAD}@1.3.0", OLD, RETIRED, others=making.view([approved])) == [
        {"purl": f"{PADSTART}@4.6.1", "approved": True, "until": "2027-04-09"}
    ]


def test_a_successor_without_a_version_is_offered_in_its_newest_one() -> None:
    retired = making.standing(PAD, "retire", by="2026-12-31", alternatives=[PADSTART])
    approved = making.standing(PADSTART, range="vers:npm/>=4.6.1|<5.0.0", versions=("4.6.1", "4.10.0"))
    assert purls(f"{PAD}@1.3.0", retired, others=making.view([approved])) == [f"{PADSTART}@4.10.0"]
    whole = making.standing(PADSTART, range="vers:npm/*")
    assert purls(f"{PAD}@1.3.0", retired, others=making.view([whole])) == [PADSTART]


def test_a_successor_nobody_decided_on_is_named_as_such_and_one_that_was_taken_away_is_not() -> None:
    assert offered(f"{PAD}@1.3.0", RETIRED) == [{"purl": f"{PADSTART}@4.6.1", "approved": False}]
    for effect in ("block", "reject", "retire", "suspend"):
        taken = making.view([making.standing(PADSTART, effect, by="2027-01-01")])
        assert offered(f"{PAD}@1.3.0", RETIRED, others=taken) == []


def test_what_only_the_asker_thought_of_is_offered_once_it_is_approved() -> None:
    asked = making.standing(PAD, range=RANGE, alternatives=[f"{PADSTART}@4.6.1"], expires="2026-01-01")
    assert offered(f"{PAD}@1.3.0", asked) == []
    approved = making.view([making.standing(PADSTART, range="vers:npm/4.6.1")])
    assert purls(f"{PAD}@1.3.0", asked, others=approved) == [f"{PADSTART}@4.6.1"]


# -- the verdict


def test_a_verdict_gets_its_offers_and_nothing_else_changes() -> None:
    found = making.intake(
        [
            making.introduced(f"{PAD}@2.0.1", line=1),
            making.introduced("pkg:npm/new@1.0.0", line=2),
            making.introduced("pkg:github/example-org/tool@v4", line=3, mutable=True, source={"kind": "git"}),
        ]
    )
    ledger = making.view([OLD])
    before = making.decided(found, ledger)
    after = with_offers(before, ledger, lambda keys: making.view(), judged)
    offers_of = {(f.rule, f.purl): f.params.get("instead") for f in after.findings}
    assert offers_of[("OSG102", f"{PAD}@2.0.1")] == [{"purl": f"{PAD}@1.3.0", "approved": True, "until": "2027-04-09"}]
    assert offers_of[("OSG101", "pkg:npm/new@1.0.0")] == []
    assert all(found is None for (rule, _), found in offers_of.items() if not rule.startswith("OSG1"))
    assert any(not rule.startswith("OSG1") for rule, _ in offers_of)
    kept = [(f.rule, f.fingerprint, {**f.params, "instead": 0}) for f in after.findings]
    assert kept == [(f.rule, f.fingerprint, {**f.params, "instead": 0}) for f in before.findings]
    assert (after.outcome, after.introduced) == (before.outcome, before.introduced)


VERSIONS = st.sampled_from(["0.9.0", "1.0.0", "1.3.0", "1.3.1", "2.0.0", "2.0.0-rc.1", "3.0.0"])
EFFECTS = st.sampled_from(
    ["approve", "approve", "approve", "block", "reject", "suspend", "restrict", "retire", "revoke"]
)


@st.composite
def standings(draw: st.DrawFn) -> tuple[Standing, ...]:
    made = []
    for _ in range(draw(st.integers(1, 5))):
        low, high = sorted(draw(st.tuples(st.integers(0, 3), st.integers(1, 4))))
        range_ = f"vers:npm/>={low}.0.0|<{high}.0.0" if low < high else ""
        more = draw(st.sampled_from([{}, {"expires": "2026-01-01"}, {"projects": ["other"]}, {"scopes": ["dev"]}]))
        versions = tuple(draw(st.lists(VERSIONS, max_size=3)))
        effect = draw(EFFECTS)
        range_ = range_ or ("vers:npm/*" if effect == "approve" else "")
        made.append(making.standing(PAD, effect, range=range_, versions=versions, by="2027-01-01", **more))
    return tuple(made)


@given(standings(), VERSIONS, st.booleans())
@settings(max_examples=100, deadline=None)
def test_every_version_offered_passes(stands: tuple[Standing, ...], version: str, later: bool) -> None:
    for offer in offered(f"{PAD}@{version}", *stands, later=later):
        if "range" not in offer:
            item = making.introduced(str(offer["purl"])).dependency
            assert judged(item, stands).kind == "approved"
            assert item.version != version


@pytest.mark.parametrize(("block", "expected"), [([], "1.3.0"), (["vers:npm/2.0.0"], "3.1.0")])
def test_a_later_version_comes_first_where_this_one_was_taken_away(block: list[str], expected: str) -> None:
    newer = making.standing(PAD, range="vers:npm/>=3.0.0|<4.0.0", versions=("3.1.0",))
    ledger = making.view([OLD, newer, *(making.standing(PAD, "block", range=range) for range in block)])
    before = making.decided(making.intake([making.introduced(f"{PAD}@2.0.0")]), ledger)
    (finding,) = with_offers(before, ledger, lambda keys: making.view(), judged).findings
    made: Any = finding.params["instead"]
    assert [offer["purl"] for offer in made] == [f"{PAD}@{expected}"]


def test_approvals_that_have_ended_hide_no_older_version_that_is_approved() -> None:
    ended = [
        making.standing(PAD, range=f"vers:npm/1.4.{n}", versions=(f"1.4.{n}",), expires="2026-11-20") for n in range(40)
    ]
    assert purls(f"{PAD}@2.0.1", OLD, *ended) == [f"{PAD}@1.3.0"]


def test_only_the_nearest_versions_are_tried() -> None:
    asked = tuple(f"1.4.{n}" for n in range(5000))
    block = making.standing(PAD, "block", range="vers:npm/>=1.4.0")
    tried: list[str] = []

    def judge_one(dependency: Dependency, standings: Iterable[Standing]) -> Judgement:
        tried.append(dependency.version)
        return judged(dependency, standings)

    found = making.introduced(f"{PAD}@2.0.1").dependency
    standings = (making.standing(PAD, range=RANGE, versions=asked), block)
    assert offers(found, standings, making.view(), judge_one, later=False) == []
    assert tried == [f"1.4.{n}" for n in range(4999, 4979, -1)]
