"""What must be set on GitHub, held against what is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.fleet import github_gate, github_ruleset
from osgate.fleet.github_gate import matches
from osgate.fleet.github_ruleset import Gate, wanted
from osgate.model.fleet_github import ORGANISATION, Organisation, Protection, Repository, Rule, Ruleset
from osgate.model.forge import Account
from osgate.model.record import replace

FLOW = ".github/workflows/osgate-gate.yml"
GATE = Gate(7, FLOW, "refs/heads/main", "osgate / intake")
BY_APP = replace(GATE, app=42)
REVIEWED = Rule("pull_request", {"dismiss_stale_reviews_on_push": True})
RUN = {"repository_id": 7, "path": FLOW, "ref": "refs/heads/main"}


def flow(level: str = ORGANISATION, **other: Any) -> Rule:
    return Rule("workflows", {"workflows": [{**RUN, **other}]}, level)


def check(source: int | None, name: str = "osgate / intake") -> Rule:
    return Rule("required_status_checks", {"required_status_checks": [{"context": name, "integration_id": source}]})


def found(gate: Gate, *rules: Rule, old: Protection | None = None) -> list[tuple[str, str]]:
    """(weight, code) of what differs on a branch that has these rules besides the usual ones."""
    usual = (Rule("deletion", {}), Rule("non_fast_forward", {}), REVIEWED)
    there = Repository("1", "bank/app", "main", "", rules=(("main", (*usual, *rules)),), protection=old)
    return [(one.weight, one.code) for one in github_gate.of_repository(gate, there)]


def test_the_policy_repositorys_workflow_run_by_the_organisation_is_the_gate() -> None:
    assert found(GATE, flow()) == []


@pytest.mark.parametrize(
    "rule",
    [
        flow("Repository"),
        flow(repository_id=8),
        flow(path=".github/workflows/other.yml"),
        flow(ref="refs/heads/attempt"),
        flow(sha="0" * 40),
        check(42),
        Rule("workflows", {}, ORGANISATION),
    ],
)
def test_another_workflow_or_one_from_elsewhere_is_not(rule: Rule) -> None:
    assert ("drift", "ungated") in found(GATE, rule)


def test_a_check_is_the_gate_only_from_the_institutions_app() -> None:
    assert found(BY_APP, check(42)) == []
    for rule, said in ((check(None), "forgeable"), (check(0), "forgeable"), (check(15368), "bound")):
        assert found(BY_APP, rule) == [("drift", "ungated"), ("advice", said)]
    assert found(BY_APP, check(42, "build")) == [("drift", "ungated")]
    assert found(BY_APP, flow()) == [("drift", "ungated")]


def test_protection_counts_where_administrators_are_held_to_it() -> None:
    held = Protection((("osgate / intake", 42),), admins=True)
    assert found(BY_APP, old=held) == []
    assert ("drift", "ungated") in found(BY_APP, old=replace(held, admins=False))
    assert ("drift", "ungated") in found(GATE, old=held), "a workflow is no check"


@pytest.mark.parametrize(
    ("rules", "old", "code"),
    [
        ((Rule("deletion", {}), REVIEWED), None, "force"),
        ((Rule("deletion", {}), REVIEWED), Protection(force=True), "force"),
        ((Rule("non_fast_forward", {}), REVIEWED), Protection(delete=True), "delete"),
        ((Rule("deletion", {}), Rule("non_fast_forward", {})), None, "direct"),
        ((Rule("deletion", {}), Rule("non_fast_forward", {}), Rule("pull_request", {})), None, "stale"),
    ],
)
def test_a_branch_that_can_be_rewritten_or_pushed_to_is_drift(
    rules: tuple[Rule, ...], old: Protection | None, code: str
) -> None:
    there = Repository("1", "bank/app", "main", "", rules=(("main", (*rules, flow())),), protection=old)
    assert [(one.weight, one.code) for one in github_gate.of_repository(GATE, there)] == [("drift", code)]


def test_administrators_are_named_but_for_the_organisations_own() -> None:
    keepers = (Account("1", "chen.ba"), Account("2", "li.si"), Account("3", "b", bot=True))
    (one,) = github_gate.of_repository(GATE, Repository("1", "bank/app", "", "", keepers=keepers), ("chen.ba",))
    assert (one.weight, dict(one.params)) == ("advice", {"count": "1", "names": "li.si"})


def there(gate: Gate, **more: Any) -> Ruleset:
    """Our ruleset as it stands after it was written."""
    made = wanted(gate, organisation=True)
    rules = tuple(Rule(row["type"], row.get("parameters", {})) for row in made["rules"])
    return replace(Ruleset(3, "osgate", ORGANISATION, "active", made["conditions"], rules, ()), **more)


def drift(gate: Gate, ruleset: Ruleset | None) -> list[str]:
    return [one.code for one in github_ruleset.of_ruleset(gate, ruleset, organisation=True)]


@pytest.mark.parametrize("gate", [GATE, BY_APP, replace(GATE, ref="a" * 40), replace(GATE, branches=("release/*",))])
def test_what_was_written_is_right(gate: Gate) -> None:
    assert drift(gate, there(gate)) == []
    assert drift(gate, None) == ["ruleset"]


def test_what_is_stricter_than_ours_stays() -> None:
    strict = {"required_approving_review_count": 2, "require_code_owner_review": True}
    checks = {
        "required_status_checks": [{"context": "build"}, {"context": "osgate / intake", "integration_id": 42}],
        "strict_required_status_checks_policy": True,
    }
    rules = [rule for rule in there(BY_APP).rules if rule.type not in ("pull_request", "required_status_checks")]
    more = Rule("pull_request", {**github_ruleset._CHANGES, **strict}), Rule("required_status_checks", checks)
    ruleset = there(BY_APP, rules=(*rules, *more, Rule("required_signatures", {})))
    assert drift(BY_APP, ruleset) == []
    made = {row["type"]: row.get("parameters", {}) for row in wanted(BY_APP, organisation=True, there=ruleset)["rules"]}
    assert made["pull_request"]["required_approving_review_count"] == 2
    assert made["required_status_checks"]["strict_required_status_checks_policy"] is True
    assert len(made["required_status_checks"]["required_status_checks"]) == 2
    assert "required_signatures" in made


def test_a_team_that_has_to_look_is_asked_for_and_kept() -> None:
    asked = replace(GATE, team=7, reviewers="bank/security")
    assert drift(asked, there(asked)) == []
    (one,) = github_ruleset.of_ruleset(asked, there(GATE), organisation=True)
    assert (one.code, one.place, one.found, dict(one.params)) == (
        "reviewers",
        "required_reviewers",
        "-",
        {"team": "bank/security"},
    )
    assert "package-lock.json" in one.wanted
    assert drift(GATE, there(asked)) == [], "who is asked for once stays, unless somebody takes it away"
    weak = github_ruleset.wanted(asked, organisation=True)["rules"]
    weak[2]["parameters"]["required_reviewers"][0]["minimum_approvals"] = 0
    rules = tuple(Rule(row["type"], row.get("parameters", {})) for row in weak)
    assert drift(asked, there(asked, rules=rules)) == ["reviewers"]


def test_a_team_that_may_not_write_is_told() -> None:
    place = Repository("1", "bank/app", "", "", weak=True)
    (one,) = github_gate.of_repository(replace(GATE, team=7, reviewers="bank/security"), place)
    assert (one.weight, one.code) == ("advice", "reviewers-weak")
    assert list(github_gate.of_repository(GATE, place)) == []


def test_what_the_server_adds_to_our_row_is_no_drift_and_a_pin_is() -> None:
    others = [rule for rule in there(GATE).rules if rule.type != "workflows"]
    said = {"do_not_enforce_on_create": False, "workflows": [{**RUN, "sha": None, "note": "x"}]}
    assert drift(GATE, there(GATE, rules=(*others, Rule("workflows", said)))) == []
    said = {"workflows": [{**RUN, "sha": "a" * 40}]}
    assert drift(GATE, there(GATE, rules=(*others, Rule("workflows", said)))) == ["rule"]


@pytest.mark.parametrize("gate", [GATE, BY_APP])
def test_new_branches_are_not_spared(gate: Gate) -> None:
    rules = [Rule(rule.type, {**rule.said, "do_not_enforce_on_create": True}) for rule in there(gate).rules[3:]]
    ruleset = there(gate, rules=(*there(gate).rules[:3], *rules))
    (one,) = github_ruleset.of_ruleset(gate, ruleset, organisation=True)
    assert (one.weight, one.code, one.place) == ("drift", "rule", rules[0].type)
    made = wanted(gate, organisation=True, there=ruleset)["rules"][3:]
    mended = there(gate, rules=(*there(gate).rules[:3], *(Rule(row["type"], row["parameters"]) for row in made)))
    assert made[0]["parameters"]["do_not_enforce_on_create"] is False
    assert drift(gate, mended) == []


@pytest.mark.parametrize(("gate", "rule"), [(GATE, flow()), (BY_APP, check(42))])
def test_the_gate_of_others_that_spares_new_branches_is_told(gate: Gate, rule: Rule) -> None:
    sparing = replace(rule, said={**rule.said, "do_not_enforce_on_create": True})
    assert found(gate, sparing) == [("drift", "new-open")]
    assert found(gate, sparing, rule) == [], "another rule asks for it of new ones, too"


def test_whom_it_reaches_is_widened_and_never_narrowed() -> None:
    first = replace(GATE, only=("app",), left_out=("osgate-policy",))
    second = replace(first, only=("core",))
    made = wanted(second, organisation=True, there=there(first))["conditions"]["repository_name"]
    assert made == {"include": ["core", "app"], "exclude": ["osgate-policy"]}
    every = wanted(replace(GATE, left_out=("osgate-policy",)), organisation=True, there=there(first))
    assert every["conditions"]["repository_name"] == {"include": ["~ALL"], "exclude": ["osgate-policy"]}
    assert drift(first, there(replace(first, only=("~ALL",)))) == []
    assert drift(first, there(replace(first, left_out=("osgate-policy", "core")))) == ["reach"]


def test_who_goes_past_it_is_drift_and_what_is_not_told_a_hole() -> None:
    assert drift(GATE, there(GATE, bypass=("Team 4 (always)",))) == ["bypass"]
    assert drift(GATE, there(GATE, enforcement="evaluate")) == ["ruleset-asleep"]
    assert drift(GATE, there(GATE, rules=there(GATE).rules[1:])) == ["rule"]
    (one,) = github_ruleset.of_ruleset(GATE, there(GATE, bypass=None), organisation=True)
    assert (one.weight, one.code, one.place) == ("hole", "unseen", "bypass_actors")


def test_a_plan_without_rulesets_is_a_hole_unless_an_app_checks() -> None:
    poor = Organisation("", "bank", offered=False)
    assert [one.weight for one in github_gate.of_organisation(GATE, poor)] == ["hole"]
    assert [one.weight for one in github_gate.of_organisation(BY_APP, poor)] == ["advice"]


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("release/*", "release/1", True),
        ("release/*", "release/1/2", False),
        ("release/**", "release/1/2", True),
        ("release/*", "prerelease/1", False),
        ("v*.x", "v1.x", True),
        ("v*.x", "v1zx", False),
    ],
)
def test_a_pattern_means_what_a_ruleset_means_by_it(pattern: str, name: str, expected: bool) -> None:
    assert matches(pattern, name) is expected


NAMES = st.text("ab/*.", min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.lists(NAMES, max_size=3), st.lists(NAMES, max_size=3), st.lists(NAMES, max_size=3))
def test_writing_twice_is_writing_once(branches: list[str], only: list[str], before: list[str]) -> None:
    gate = replace(GATE, branches=tuple(branches), only=tuple(only) or ("~ALL",))
    old = there(replace(GATE, branches=tuple(before), only=tuple(before) or ("~ALL",)))
    made = wanted(gate, organisation=True, there=old)
    rules = tuple(Rule(row["type"], row.get("parameters", {})) for row in made["rules"])
    assert drift(gate, replace(old, conditions=made["conditions"], rules=rules)) == []
