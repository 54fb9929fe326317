"""Everything that enforce and doctor can say has words, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import osgate.fleet
from osgate.cli.fleet import _worded
from osgate.fleet import github_ruleset, github_workflow, gitlab_gate, gitlab_policy
from osgate.fleet.github_ruleset import Gate
from osgate.model.fleet import Found
from osgate.text.translator import LOCALES, Translator

PARAMS = ("place", "name", "wanted", "why", "branch", "key", "count", "names", "number", "head", "job", "url", "file")
MORE = (
    "team",
    "project",
    "ref",
    "check",
    "ruleset",
    "enforcement",
    "uses",
    "event",
    "filter",
    "types",
    "said",
    "needs",
    "app",
    "org",
)
LAST = ("branches",)
SOURCES = [path.read_text("utf-8") for path in Path(osgate.fleet.__file__).parent.glob("*.py")]
SOURCES.append((Path(osgate.fleet.__file__).parents[1] / "cli" / "fleet_gitlab.py").read_text("utf-8"))


def said(pattern: str) -> set[str]:
    return {found for text in SOURCES for found in re.findall(pattern, text)}


@pytest.mark.parametrize("locale", LOCALES)
def test_each_difference_has_a_sentence_and_what_can_be_written_one_for_when_it_was(locale: str) -> None:
    t, given = Translator(locale), {**dict.fromkeys((*PARAMS, *MORE, *LAST), "x"), "count": "2"}
    codes = said(r'Difference\(\s*"([a-z-]+)"') | {"merged", "merged-red", "merged-late", "branch-other", "setting"}
    codes |= {code for _, code in github_workflow._NEEDED}
    mended = said(r'Difference\(\s*"([a-z-]+)", DRIFT') | {"branch", "queue-head"}
    assert len(codes) > 30
    assert len(mended) > 10
    counted = {
        "owners",
        "keepers",
        "hub-keepers",
        "policy-keepers",
        "hub-policy-keepers",
        "owners-unknown",
        "approval-rules",
    }
    assert counted <= codes
    assert all(_worded(t, f"fleet.{code}", given) for code in counted)
    del given["count"]
    assert all(_worded(t, f"fleet.{code}", given) for code in codes - counted)
    assert all(_worded(t, f"fleet.{code}-done", given) for code in mended)


@pytest.mark.parametrize("locale", LOCALES)
def test_each_setting_goes_by_the_interfaces_name(locale: str) -> None:
    t = Translator(locale)
    found = Found("1", "bank/app", "main", "", dict.fromkeys(("allow_merge_on_skipped_pipeline", *NAMES)))
    names = {*gitlab_gate.wanted_settings(gitlab_gate.Gate("a@b"), found), *gitlab_policy._SETTINGS, *NAMES}
    names |= {row["type"] for row in github_ruleset.wanted(Gate(1, "f", "r", "c"), organisation=True)["rules"]}
    assert all(t(f"fleet.name.{name}") for name in names)


NAMES = (
    *("ci_config_path", "only_allow_merge_if_pipeline_succeeds", "auto_devops_enabled", "protected_branches", "hooks"),
    *("ci_pipeline_variables_minimum_override_role", "restrict_user_defined_variables", "variables", "members"),
    *("pipeline_schedules", "merge_requests", "visibility", "rulesets", "rules", "bypass_actors", "enforcement"),
    *("merge_queue", "grouping_strategy", "merge_method", "strict_required_status_checks_policy", "teams"),
    *("required_reviewers",),
    *("required_status_checks", "workflows", "repository_name", "ref_name", "dismiss_stale_reviews_on_push", "pulls"),
    *("protection", "collaborators", "actions", "branches", "CODEOWNERS"),
)
