"""The way of the data with a ledger made of plain objects: when it is asked, refreshed, overlaid, and done without."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osgate import pipeline
from osgate.errors import Undecided
from osgate.ledger import manifest
from osgate.ledger.snapshot_cache import Opened
from osgate.model.change import Blob, ChangedFile, ChangeSet
from osgate.model.gap import Gap
from osgate.model.policy import MODES, Project
from osgate.model.verdict import Stamp
from osgate.pipeline import Asked, Ledger, check, strictest
from osgate.policy.local_config import LocalConfig
from rules import making

ADDRESS = "https://policy.example.com/snapshots"
OURS = "pkg:pypi/requests"
# What a retirement names in its place.
SUCCESSOR = "pkg:pypi/httpx"
APPROVED = making.view([making.standing(OURS, range="vers:pypi/>=2|<3")])


def change(text: str = "requests==2.31.0\n") -> ChangeSet:
    file = ChangedFile("requirements.txt", None, Blob("file", text.encode()))
    return ChangeSet("HEAD", "index", (file,), lambda path: None, lambda path: None)


class World:
    """A ledger that answers from memory and counts what is asked of it.

    says: the views one after another, the last one again; an Undecided is raised. refreshing: what a refresh raises.
    """

    def __init__(self, *says: Any, refreshing: Undecided | None = None, age: int = 0, **more: Any) -> None:
        self.says, self.refreshing, self.age, self.more = list(says), refreshing, age, more
        self.opened = self.refreshed = 0
        self.path = "/cache/7-abc.sqlite"

    def ledger(self, *, eager: bool = False, offline: bool = False) -> Ledger:
        return Ledger(self.open, None if offline else self.refresh, eager, (ADDRESS,))

    def open(self) -> Opened:
        self.opened += 1
        self.now = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if isinstance(self.now, Undecided):
            raise self.now
        stamp = Stamp(7, "sha256:1", "sha256:2", "2026-11-20T00:00:00Z", "2026-12-20T00:00:00Z", self.age)
        snapshot: Any = self
        return Opened(snapshot, stamp, self.more.get("takeaway"), self.more.get("takeaway_age", 0))

    def refresh(self) -> None:
        self.refreshed += 1
        if self.refreshing is not None:
            raise self.refreshing

    def policy(self, project: str) -> making.Policy:
        projects = {project: Project(project, mode=self.more.get("project_mode", ""))}
        return making.policy(mode=self.more.get("mode", "enforce-new"), projects=projects)

    def view(self, components: list[str]) -> making.LedgerView:
        if components == [SUCCESSOR]:
            return making.view()
        assert components in ([OURS, "project:payments/app"], [])
        return self.now


def asked(mode: str = "", own: str = "", **fields: Any) -> Asked:
    return Asked(making.TODAY, LocalConfig("payments/app", mode=own), mode, **fields)


def none_yet() -> Undecided:
    return Undecided("snapshot.none", addresses=ADDRESS)


def expired() -> Undecided:
    return Undecided("snapshot.expired", address="/cache", serial=7, expires="2026-11-01T00:00:00Z")


def slow() -> Undecided:
    return Undecided("fetch.slow", address=ADDRESS, seconds=2)


# When the network is asked


def test_a_pass_on_a_fresh_snapshot_asks_nobody() -> None:
    world = World(APPROVED, age=3600)
    verdict = check(change(), world.ledger(), asked())
    assert (verdict.outcome, world.opened, world.refreshed) == ("pass", 1, 0)
    assert verdict.stamp is not None
    assert verdict.stamp.serial == 7


@pytest.mark.parametrize("age", [3601, -1])
def test_a_pass_on_an_old_snapshot_or_one_from_the_future_is_confirmed(age: int) -> None:
    world = World(APPROVED, age=age)
    assert check(change(), world.ledger(), asked()).outcome == "pass"
    assert world.refreshed == 1


def test_a_block_is_decided_again_after_one_refresh() -> None:
    world = World(making.view(), APPROVED)
    verdict = check(change(), world.ledger(), asked())
    assert (verdict.outcome, world.opened, world.refreshed) == ("pass", 2, 1)


def test_a_block_stays_where_the_newest_says_the_same() -> None:
    world = World(making.view())
    verdict = check(change(), world.ledger(), asked())
    assert (verdict.outcome, world.refreshed, verdict.gaps) == ("block", 1, ())


def test_a_first_snapshot_is_fetched_by_the_check_itself() -> None:
    world = World(none_yet(), APPROVED)
    verdict = check(change(), world.ledger(), asked())
    assert (verdict.outcome, verdict.missing, world.refreshed) == ("pass", (), 1)


def test_nothing_introduced_asks_for_nothing() -> None:
    world = World(APPROVED, age=999_999)
    assert check(change("# nothing\n"), world.ledger(), asked()).outcome == "pass"
    assert world.refreshed == 0


def test_offline_nothing_is_fetched_and_that_is_no_gap() -> None:
    world = World(making.view(), age=999_999)
    verdict = check(change(), world.ledger(offline=True), asked())
    assert (verdict.outcome, verdict.gaps, world.refreshed) == ("block", (), 0)


def test_a_pipeline_fetches_first_and_once() -> None:
    world = World(making.view(), age=999_999)
    verdict = check(change(), world.ledger(eager=True), asked())
    assert (verdict.outcome, world.opened, world.refreshed) == ("block", 1, 1)


# What is told when it does not work


def test_a_refresh_that_fails_is_a_gap_and_the_last_good_snapshot_decides() -> None:
    world = World(APPROVED, age=7200, refreshing=slow())
    verdict = check(change(), world.ledger(), asked())
    assert verdict.outcome == "pass"
    assert verdict.gaps == (Gap("snapshot", "not-refreshed:fetch.slow", (("address", ADDRESS), ("seconds", "2"))),)


def test_every_address_that_failed_is_told() -> None:
    both = Undecided("sync.failed", count=2, failures=(slow(), Undecided("fetch.missing", address="/other")))
    verdict = check(change(), World(making.view(), refreshing=both).ledger(eager=True), asked())
    assert [gap.reason for gap in verdict.gaps] == ["not-refreshed:fetch.slow", "not-refreshed:fetch.missing"]


def test_missing_data_is_undecided_and_names_the_address_people_know() -> None:
    verdict = check(change(), World(expired(), refreshing=slow()).ledger(), asked())
    assert verdict.outcome == "undecided"
    (gap,) = verdict.missing
    assert (gap.reason, dict(gap.params)["address"]) == ("snapshot.expired", ADDRESS)
    assert [g.reason for g in verdict.gaps] == ["not-refreshed:fetch.slow"]
    assert verdict.stamp is None


def test_the_gaps_of_the_question_stay() -> None:
    own = Gap(".osgate", "not-committed")
    verdict = check(change(), World(APPROVED).ledger(), asked(gaps=(own,)))
    assert verdict.gaps == (own,)


# The taking-away file


def takeaway(effect: str = "block", component: str = OURS) -> dict[str, Any]:
    taken = making.standing(component, effect, by="2026-12-31", alternatives=[SUCCESSOR])
    return manifest.takeaway(8, "2026-11-21T00:00:00Z", "2026-11-28T00:00:00Z", (taken,))


@pytest.mark.parametrize(("effect", "rule"), [("block", "OSG105"), ("reject", "OSG104"), ("retire", "OSG113")])
def test_what_was_taken_away_after_the_snapshot_counts(effect: str, rule: str) -> None:
    verdict = check(change(), World(APPROVED, takeaway=takeaway(effect)).ledger(), asked())
    assert [finding.rule for finding in verdict.findings] == [rule]


def test_a_retirement_that_is_newer_than_the_snapshot_has_its_date_and_its_successor() -> None:
    (finding,) = check(change(), World(APPROVED, takeaway=takeaway("retire")).ledger(), asked()).findings
    assert (finding.params["until"], finding.params["alternatives"]) == ("2026-12-31", [SUCCESSOR])


@pytest.mark.parametrize(("now", "outcome"), [("2026-11-21T05:59:59Z", "pass"), ("2026-11-21T06:00:00Z", "block")])
def test_a_glass_is_broken_until_the_instant(now: str, outcome: str) -> None:
    broken = making.standing(OURS, range="vers:pypi/>=2", expires="2026-11-21T06:00:00Z", incident="INC-1")
    verdict = check(change(), World(making.view([broken])).ledger(), Asked(now, LocalConfig("payments/app")))
    assert verdict.outcome == outcome
    assert [passed.how for passed in verdict.passed] == (["break-glass"] if outcome == "pass" else [])


def test_what_was_taken_away_elsewhere_changes_nothing() -> None:
    verdict = check(change(), World(APPROVED, takeaway=takeaway(component="pkg:pypi/other")).ledger(), asked())
    assert verdict.outcome == "pass"


@pytest.mark.parametrize("broken", [{}, {"entries": [{}]}, {"entries": 3}, {"entries": ["x"]}])
def test_a_taking_away_file_that_was_changed_is_missing_data(broken: dict[str, Any]) -> None:
    verdict = check(change(), World(APPROVED, takeaway=broken).ledger(offline=True), asked())
    assert verdict.outcome == "undecided"
    assert [gap.reason for gap in verdict.missing] == ["snapshot.damaged"]


@pytest.mark.parametrize(("seconds", "told"), [(86399, ()), (90000, ("25",))])
def test_an_old_taking_away_file_is_mentioned(seconds: int, told: tuple[str, ...]) -> None:
    verdict = check(change(), World(APPROVED, takeaway_age=seconds).ledger(), asked())
    assert tuple(dict(gap.params)["hours"] for gap in verdict.gaps) == told


# Who sets the mode


def test_without_a_trust_root_a_check_observes_and_says_why() -> None:
    verdict = check(change(), None, asked())
    assert (verdict.outcome, verdict.would, verdict.mode) == ("pass", "block", "observe")
    assert [gap.reason for gap in verdict.gaps] == ["no-trust-root"]
    assert verdict.project == "payments/app"


@pytest.mark.parametrize("where", [{"mode": "enforce-new"}, {"own": "enforce-all"}])
def test_without_a_trust_root_a_check_may_be_made_to_enforce(where: dict[str, str]) -> None:
    assert check(change(), None, asked(**where)).outcome == "block"


def test_a_project_may_be_observed_while_it_is_rolled_out() -> None:
    verdict = check(change(), World(making.view(), project_mode="observe").ledger(), asked())
    assert (verdict.outcome, verdict.would) == ("pass", "block")


@given(st.sampled_from(MODES), st.lists(st.sampled_from([*MODES, "", "nonsense"]), max_size=3))
def test_a_local_file_or_flag_can_only_tighten(central: str, others: list[str]) -> None:
    chosen = strictest(central, *others)
    assert MODES.index(chosen) >= MODES.index(central)
    assert chosen in (central, *others)
    assert strictest(central, *others, central) == chosen


SEVERITY = {"pass": 0, "warn": 1, "undecided": 2, "block": 3}


@given(st.sampled_from(MODES), st.sampled_from(["", *MODES]), st.sampled_from(["", *MODES]), st.booleans())
def test_adding_a_local_setting_never_turns_a_block_into_a_pass(
    central: str, own: str, flag: str, blocked: bool
) -> None:
    def outcome(**local: str) -> str:
        world = World(making.view() if blocked else APPROVED, mode=central)
        return check(change(), world.ledger(offline=True), asked(**local)).outcome

    assert SEVERITY[outcome(own=own, mode=flag)] >= SEVERITY[outcome()]


def test_an_hour_is_what_a_pass_is_believed() -> None:
    assert pipeline.FRESH == 3600


# Further indexes


@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("pip.conf", {"pip.conf": b"[global]\nextra-index-url = https://packages.example.com/more\n"}),
        (
            "deps/x",
            {"requirements.txt": b"-r deps/x\n", "deps/x": b"\n--extra-index-url https://packages.example.com/more"},
        ),
    ],
)
def test_an_index_is_told_of_files_that_are_no_manifests_themselves(path: str, files: dict[str, bytes]) -> None:
    changed = tuple(ChangedFile(p, None, Blob("file", data)) for p, data in files.items() if p == "requirements.txt")
    indexes = tuple(p for p in files if p == "pip.conf")
    told = ChangeSet("HEAD", "index", changed, lambda path: None, files.get, indexes=indexes)
    verdict = check(told, None, asked())
    assert [(f.rule, f.path, f.line) for f in verdict.findings] == [("OSG210", path, 2)]
