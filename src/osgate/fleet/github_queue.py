"""The merge queue: what a repository needs to have one, and what would keep it from ever merging. Pure.

The rule stands in a ruleset of the repository, for GitHub takes none in an organisation's ("Available rules for
rulesets": not available at the organisation level; the REST description's list for organisations lacks it too). It is a
ruleset of its own, on the default branch and on branches by name: GitHub's pages say of branch protection that a queue
takes no patterns, and nothing of rulesets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from osgate.fleet.github_ruleset import DEFAULT, Gate, active, text, widened
from osgate.model.fleet import ADVICE, DRIFT, HOLE, Difference
from osgate.model.fleet_github import Protection, Repository, Rule, Ruleset

NAME, RULE = "osgate-queue", "merge_queue"
_METHODS = ("MERGE", "SQUASH", "REBASE")
_GROUPING, _EACH = "grouping_strategy", "ALLGREEN"
_STRICT = "strict_required_status_checks_policy"
# What GitHub's own form offers; the description requires all of them.
_USUAL: dict[str, Any] = {
    "check_response_timeout_minutes": 60,
    "max_entries_to_build": 5,
    "max_entries_to_merge": 5,
    "min_entries_to_merge": 1,
    "min_entries_to_merge_wait_minutes": 5,
}


def wanted(gate: Gate, found: Repository) -> dict[str, Any]:
    """Return the queue's ruleset as REST takes it. What somebody has set in the one that is there stays, but that each
    entry has to pass."""
    rules = [rule for name, rules in found.rules if name == found.branch for rule in rules]
    there = next((rule.said for rule in found.queue.rules if rule.type == RULE), {}) if found.queue else {}
    said = {**_USUAL, "merge_method": _method(found, rules), **there, _GROUPING: _EACH}
    included = [DEFAULT, *(f"refs/heads/{name}" for name in gate.branches if _plain(name))]
    conditions = {"ref_name": widened(found.queue, "ref_name", included, ())}
    return active(NAME, conditions, [{"type": RULE, "parameters": said}])


def _plain(branch: str) -> bool:
    return not set(branch) & set("*?[")


def _method(found: Repository, rules: Iterable[Rule]) -> str:
    able = _able(found, rules)
    return able[0] if able else _METHODS[0]


def _able(found: Repository, rules: Iterable[Rule]) -> list[str]:
    """The ways to merge that neither the repository nor a rule rules out; all of them where nobody tells."""
    able = [name for name in _METHODS if name in found.methods or not found.methods]
    for rule in rules:
        if rule.type == "required_linear_history":
            able = [name for name in able if name != "MERGE"]
        allowed = rule.said.get("allowed_merge_methods") if rule.type == "pull_request" else None
        if allowed:
            able = [name for name in able if name.lower() in allowed]
    return able


def of_branch(
    gate: Gate, found: Repository, branch: str, rules: tuple[Rule, ...], *, heard: bool
) -> Iterator[Difference]:
    """Yield where a branch should have a queue, or has one that merges too much or nothing. heard: the gate's workflow
    starts for what a queue builds."""
    about = (("branch", branch),)
    queues = [rule for rule in rules if rule.type == RULE]
    if not queues:
        if gate.queue and _meant(gate, found, branch):
            yield Difference("queue", DRIFT, RULE, "-", text(wanted(gate, found)["rules"][0]["parameters"]), about)
        return
    for rule in queues:
        if rule.said.get(_GROUPING) != _EACH:
            weight = DRIFT if gate.queue and _ours(rule, found.queue) else HOLE
            yield Difference("queue-head", weight, _GROUPING, str(rule.said.get(_GROUPING)), _EACH, about)
    yield from _starving(gate, found, branch, rules, heard=heard)


def _meant(gate: Gate, found: Repository, branch: str) -> bool:
    return branch == found.branch or branch in filter(_plain, gate.branches)


def _ours(rule: Rule, queue: Ruleset | None) -> bool:
    return queue is not None and rule.ruleset == queue.id


def _starving(
    gate: Gate, found: Repository, branch: str, rules: tuple[Rule, ...], *, heard: bool
) -> Iterator[Difference]:
    """What keeps a queue from merging, or changes from getting into it."""
    about = (("branch", branch),)
    if gate.app:
        yield Difference("queue-app", HOLE, RULE, params=(*about, ("check", gate.check)))
    elif not heard:
        yield Difference("queue-deaf", HOLE, RULE, params=(*about, ("file", gate.path)))
    if _strict(rules, found.protection if branch == found.branch else None):
        yield Difference("queue-strict", ADVICE, _STRICT, "true", "false", about)
    able = _able(found, rules)
    for method in {str(rule.said.get("merge_method")) for rule in rules if rule.type == RULE}:
        if method not in able:
            yield Difference("queue-method", ADVICE, "merge_method", method, ", ".join(able) or "-", about)


def _strict(rules: Iterable[Rule], old: Protection | None) -> bool:
    asked = any(rule.type == "required_status_checks" and rule.said.get(_STRICT) is True for rule in rules)
    return asked or bool(old and old.strict)
