"""What takes away takes away: nothing more of the kind lets anything through, and no pre-approval undoes it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.ledger.standing import judge
from osgate.model.finding import NEVER_EXCUSED
from osgate.model.policy import MODES, Project
from osgate.model.record import replace
from osgate.model.verdict import Verdict
from osgate.policy.baseline import Entry
from rules import making, strategies

HERE = Project("payments/app", class_="tool", environments=("prod",), distribution="service")
NAME = "pkg:npm/left-pad"
GRAVER = ("pass", "warn", "undecided", "block")
RANGES = st.sampled_from(["vers:npm/*", "vers:npm/1.3.0", "vers:npm/>=2.0.0"])
PROJECTS = st.sampled_from([[], [], ["other"], ["payments/app"]])
REQUESTS = st.sampled_from([making.record_id(word) for word in ("aa", "bb", "cc")])
APPROVING = st.builds(
    making.standing,
    st.just(NAME),
    range=RANGES,
    expires=st.sampled_from(["", "2026-11-01", "2026-11-20", "2026-11-22T06:00:00Z"]),
    incident=st.sampled_from(["", "", "INC-1"]),
    projects=PROJECTS,
    request=REQUESTS,
    distribution=st.sampled_from(["", "", "internal"]),
)
TAKING = st.builds(
    making.standing,
    st.just(NAME),
    st.sampled_from(["block", "suspend", "reject", "retire", "retire", "restrict", "quarantine"]),
    range=st.one_of(st.just(""), RANGES),
    by=st.sampled_from(["2026-11-01", "2026-11-21", "2026-12-31"]),
    projects=PROJECTS,
    request=st.just(making.record_id("ff")),
)
WAIVING = st.builds(
    making.standing,
    st.just(NAME),
    st.just("waive"),
    rules=st.lists(st.sampled_from(["OSG101", "OSG103", "OSG106", "OSG109", "OSG113"]), min_size=1, unique=True),
    request=st.just(making.record_id("ee")),
)
STANDINGS = st.lists(st.one_of(APPROVING, APPROVING, TAKING, WAIVING), max_size=4)
ITEMS = st.builds(making.introduced, st.sampled_from([f"{NAME}@1.3.0", f"{NAME}@1.3.0", f"{NAME}@2.0.0-rc.1", NAME]))
PRE = st.lists(
    st.builds(
        making.pre_approval,
        st.sampled_from(["pkg:npm/*", NAME, "pkg:npm/%40corp/*"]),
        range=st.one_of(st.just(""), RANGES),
        expires=st.sampled_from(["2026-11-20", "2027-11-21", "2027-11-21"]),
        classes=st.sampled_from([[], ["tool"], ["critical"]]),
    ).map(lambda one: (one,)),
    max_size=1,
).map(lambda found: found[0] if found else ())
ENTRIES = st.builds(
    lambda rules: Entry(f"{NAME}@1.3.0", "package-lock.json", tuple(rules), "li.si", "2027-06-30", 4),
    st.lists(st.sampled_from(["OSG101", "OSG102", "OSG103", "OSG106", "OSG110", "OSG113"]), min_size=1, unique=True),
)
WORLDS = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(["enforce-new", "enforce-all"]),
        "today": st.sampled_from(["2026-11-21T06:00:00Z", "2027-01-15"]),
        "project": st.just(HERE),
        "policy": PRE.map(lambda pre: making.policy(pre_approvals=pre)),
        "baseline": st.lists(ENTRIES, max_size=1).map(lambda listed: {entry.key: entry for entry in listed}),
    }
)


def decided(
    item: making.Introduced, standings: Iterable[making.Standing], whole: bool, world: dict[str, Any]
) -> Verdict:
    return making.decided(making.intake([item], whole=whole), making.view(list(standings)), **world)


def grave(verdict: Verdict) -> int:
    return GRAVER.index(verdict.would or verdict.outcome)


@settings(max_examples=250, deadline=None)
@given(ITEMS, st.sampled_from([True, True, False]), STANDINGS, TAKING, WORLDS)
def test_one_more_that_takes_away_never_lets_more_through(item, whole, standings, taking, world) -> None:
    before, after = (decided(item, known, whole, world) for known in (standings, [*standings, taking]))
    assert grave(after) >= grave(before)


@settings(max_examples=120, deadline=None)
@given(ITEMS, st.booleans(), STANDINGS, APPROVING, WORLDS)
def test_to_take_back_an_approval_never_lets_more_through(item, whole, standings, approval, world) -> None:
    """Of the rules that approvals answer to; a waiver or a baseline may know one of these and not another."""
    known = [*(standing for standing in standings if standing.effect != "waive"), approval]
    back = replace(approval, effect="revoke", expires="", projects=(), incident="", distribution="")
    before, after = (decided(item, said, whole, {**world, "baseline": {}}) for said in (known, [*known, back]))
    assert grave(after) >= grave(before)


@settings(max_examples=120, deadline=None)
@given(ITEMS, STANDINGS, PRE, st.sampled_from(["2026-11-21T06:00:00Z", "2027-01-15"]))
def test_no_pre_approval_turns_what_was_taken_away_into_a_pass(item, standings, pre, now) -> None:
    without, beside = (judge(item.dependency, standings, now, HERE, known) for known in ((), pre))
    taken = {"blocked", "suspended", "rejected", "retired", "restricted", "revoked", "fence-broken"}
    if without.kind in taken or without.kind == "approved":
        assert beside == without
    assert beside == without or (beside.kind == "approved" and beside.standing and beside.standing.serial == 0)


@settings(max_examples=120, deadline=None)
@given(ITEMS, st.booleans(), STANDINGS, WORLDS)
def test_neither_waiver_nor_baseline_covers_what_was_taken_away(item, whole, standings, world) -> None:
    verdict = decided(item, standings, whole, world)
    assert not any(finding.waived for finding in verdict.findings if finding.rule in NEVER_EXCUSED)
    excused = [finding for finding in verdict.baselined if finding.rule in NEVER_EXCUSED]
    assert all(whole and finding.rule == "OSG113" and finding.params["existing"] == "warn" for finding in excused)


@settings(max_examples=60, deadline=None)
@given(strategies.intakes(), strategies.views(), st.sampled_from(MODES))
def test_a_whole_tree_is_blocked_by_no_more_than_the_same_brought_in_as_a_change(found, view, mode) -> None:
    tree, change = (making.decided(replace(found, whole=known), view, mode=mode) for known in (True, False))
    assert grave(tree) <= grave(change)
