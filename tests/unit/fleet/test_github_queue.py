"""The merge queue of a repository: what is written, and what would keep it from merging."""

from __future__ import annotations

from typing import Any

import pytest

from github_contract.contract import rest
from osgate.fleet import github_queue
from osgate.fleet.github_ruleset import Gate
from osgate.model.fleet_github import Protection, Repository, Rule, Ruleset
from osgate.model.record import replace

GATE = Gate(7, ".github/workflows/osgate-gate.yml", "refs/heads/main", "osgate / intake", queue=True)
PLAIN = Repository("1", "bank/app", "main", "")


def queue(level: str = "Repository", ruleset: int = 0, **said: Any) -> Rule:
    return Rule("merge_queue", {"merge_method": "MERGE", "grouping_strategy": "ALLGREEN", **said}, level, ruleset)


def found(*rules: Rule, gate: Gate = GATE, branch: str = "main", heard: bool = True, **more: Any) -> list[str]:
    """`weight code` of what is told of a branch with these rules."""
    place = replace(PLAIN, rules=((branch, rules),), **more)
    return [f"{d.weight} {d.code}" for d in github_queue.of_branch(gate, place, branch, rules, heard=heard)]


def test_what_is_written_is_a_ruleset_as_github_describes_it_and_only_for_repositories() -> None:
    body = github_queue.wanted(GATE, PLAIN)
    assert rest("POST /repos/{owner}/{repo}/rulesets", "body", body) == []
    names = {"repository_name": {"include": ["~ALL"], "exclude": []}}
    of_all = {**body, "conditions": {**body["conditions"], **names}}
    assert rest("POST /orgs/{org}/rulesets", "body", of_all) != []
    assert rest("POST /orgs/{org}/rulesets", "body", {**of_all, "rules": []}) == []


def test_a_queue_is_for_the_default_branch_and_for_branches_by_name() -> None:
    gate = replace(GATE, branches=("release/*", "next"))
    body = github_queue.wanted(gate, PLAIN)
    assert body["conditions"]["ref_name"]["include"] == ["~DEFAULT_BRANCH", "refs/heads/next"]
    assert [found(gate=gate, branch=name) for name in ("main", "next", "release/1")] == [
        ["drift queue"],
        ["drift queue"],
        [],
    ]
    assert found(gate=replace(GATE, queue=False)) == []


def test_what_somebody_has_set_stays_but_that_each_entry_has_to_pass() -> None:
    said = {"grouping_strategy": "HEADGREEN", "merge_method": "SQUASH", "max_entries_to_build": 2}
    conditions = {"ref_name": {"include": ["refs/heads/old"], "exclude": []}}
    there = Ruleset(4, "osgate-queue", "Repository", "active", conditions, (Rule("merge_queue", said),))
    body = github_queue.wanted(GATE, replace(PLAIN, queue=there))
    (rule,) = body["rules"]
    assert rule["parameters"] == {**rule["parameters"], **said, "grouping_strategy": "ALLGREEN"}
    assert body["conditions"]["ref_name"]["include"] == ["~DEFAULT_BRANCH", "refs/heads/old"]
    assert found(queue(ruleset=4, grouping_strategy="HEADGREEN"), queue=there) == ["drift queue-head"]
    assert found(queue(ruleset=5, grouping_strategy="HEADGREEN"), queue=there) == ["hole queue-head"]


@pytest.mark.parametrize(
    ("methods", "rules", "expected"),
    [
        ((), (), "MERGE"),
        (("SQUASH", "REBASE"), (), "SQUASH"),
        ((), (Rule("required_linear_history", {}),), "SQUASH"),
        ((), (Rule("pull_request", {"allowed_merge_methods": ["rebase"]}),), "REBASE"),
        (("MERGE",), (Rule("required_linear_history", {}),), "MERGE"),
    ],
)
def test_the_queue_merges_in_a_way_that_is_allowed(
    methods: tuple[str, ...], rules: tuple[Rule, ...], expected: str
) -> None:
    body = github_queue.wanted(GATE, replace(PLAIN, methods=methods, rules=(("main", rules),)))
    assert body["rules"][0]["parameters"]["merge_method"] == expected


STRICT = Rule("required_status_checks", {"strict_required_status_checks_policy": True})


@pytest.mark.parametrize(
    ("rules", "more", "expected"),
    [
        ((queue(),), {}, []),
        ((queue(),), {"heard": False}, ["hole queue-deaf"]),
        ((queue(),), {"gate": replace(GATE, app=42)}, ["hole queue-app"]),
        ((queue(), STRICT), {}, ["advice queue-strict"]),
        ((queue(),), {"protection": Protection(strict=True)}, ["advice queue-strict"]),
        ((queue(), Rule("required_linear_history", {})), {}, ["advice queue-method"]),
        ((queue(),), {"methods": ("SQUASH",)}, ["advice queue-method"]),
        ((STRICT,), {"gate": replace(GATE, queue=False), "heard": False}, []),
    ],
)
def test_what_keeps_a_queue_from_merging_is_told(
    rules: tuple[Rule, ...], more: dict[str, Any], expected: list[str]
) -> None:
    assert found(*rules, **more) == expected
