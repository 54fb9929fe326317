"""What must be set on GitLab, held against what is."""

from __future__ import annotations

from typing import Any

import pytest

from osgate.fleet import gitlab_policy
from osgate.fleet.gitlab_gate import BELL_EVENTS, Gate, covers, differences, wanted_settings
from osgate.model.fleet import DEVELOPER, MAINTAINER, NOBODY, Found, Guarded, Hook, Variable
from osgate.model.forge import Account
from osgate.model.policy import Person
from osgate.model.record import replace

GATE = Gate("application.yml@bank/policy", "https://gitlab.example.test/api/v4/projects/9/ref/main/trigger/pipeline")
SETTINGS: dict[str, Any] = {
    "ci_config_path": GATE.config,
    "only_allow_merge_if_pipeline_succeeds": True,
    "allow_merge_on_skipped_pipeline": False,
    "auto_devops_enabled": False,
    "ci_pipeline_variables_minimum_override_role": "no_one_allowed",
}
RIGHT = Found(
    "1",
    "bank/app",
    "main",
    "https://gitlab.example.test/bank/app",
    SETTINGS,
    (Guarded("main", (NOBODY,), (DEVELOPER,)),),
    (Hook("3", f"{GATE.bell}?token=secret", BELL_EVENTS),),
)


def found(**more: Any) -> list[tuple[str, str, str]]:
    """(weight, code, place) of what differs where `more` is not as it must be."""
    return [(one.weight, one.code, one.place) for one in differences(GATE, replace(RIGHT, **more))]


def test_nothing_is_said_of_what_is_right() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ci_config_path", ""),
        ("ci_config_path", None),
        ("ci_config_path", ".gitlab-ci.yml"),
        ("only_allow_merge_if_pipeline_succeeds", False),
        ("allow_merge_on_skipped_pipeline", True),
        ("auto_devops_enabled", True),
        ("ci_pipeline_variables_minimum_override_role", "developer"),
    ],
)
def test_each_setting_that_lets_past_is_drift(name: str, value: object) -> None:
    assert found(settings={**SETTINGS, name: value}) == [("drift", "setting", name)]


def test_an_older_server_knows_the_older_setting() -> None:
    older = {name: value for name, value in SETTINGS.items() if "override_role" not in name}
    assert found(settings=older) == []
    told = found(settings={**older, "restrict_user_defined_variables": False})
    assert told == [("drift", "setting", "restrict_user_defined_variables")]


def test_a_setting_the_server_does_not_tell_is_not_written() -> None:
    bare = replace(RIGHT, settings={})
    assert wanted_settings(GATE, bare) == {"ci_config_path": GATE.config}


@pytest.mark.parametrize(
    ("guards", "weight"),
    [
        ((), "drift"),
        ((Guarded("main", (MAINTAINER,), (DEVELOPER,)),), "drift"),
        ((Guarded("main", (NOBODY,), (DEVELOPER,), True),), "drift"),
        ((Guarded("main", (-1,), (DEVELOPER,)),), "drift"),
        ((Guarded("release/*", (NOBODY,), (DEVELOPER,)),), "drift"),
    ],
)
def test_the_default_branch_takes_merges_only(guards: tuple[Guarded, ...], weight: str) -> None:
    assert found(guarded=guards) == [(weight, "branch", "protected_branches")]


def test_another_protection_that_lets_push_into_it_is_a_hole() -> None:
    guards = (*RIGHT.guarded, Guarded("*", (DEVELOPER,), (DEVELOPER,)))
    assert found(guarded=guards) == [("hole", "branch-other", "protected_branches")]


@pytest.mark.parametrize(
    ("guards", "expected"),
    [
        ((), [("drift", "branch", "release/*")]),
        ((Guarded("release/*", (NOBODY,), (DEVELOPER,)),), []),
        ((Guarded("*", (NOBODY,), (DEVELOPER,)),), []),
        ((Guarded("release/1.*", (NOBODY,), (DEVELOPER,)),), [("drift", "branch", "release/*")]),
        ((Guarded("release/*", (MAINTAINER,), (DEVELOPER,)),), [("drift", "branch", "release/*")]),
        (
            (Guarded("release/*", (NOBODY,), (DEVELOPER,)), Guarded("release/1.*", (DEVELOPER,), (DEVELOPER,))),
            [("hole", "branch-other", "release/1.*")],
        ),
        ((Guarded("release/*", (NOBODY,), (DEVELOPER,)), Guarded("feature/*", (DEVELOPER,), (DEVELOPER,))), []),
    ],
)
def test_each_further_branch_that_is_named_takes_merges_only(
    guards: tuple[Guarded, ...], expected: list[tuple[str, str, str]]
) -> None:
    gate = replace(GATE, branches=("release/*",))
    there = differences(gate, replace(RIGHT, guarded=(*RIGHT.guarded, *guards)))
    assert [(one.weight, one.code, dict(one.params)["branch"]) for one in there] == expected


@pytest.mark.parametrize(
    ("pattern", "branch", "expected"),
    [
        ("main", "main", True),
        ("main", "maine", False),
        ("release/*", "release/1/2", True),
        ("*-stable", "v1-stable", True),
        ("re[l]ease", "release", False),
        ("a.c", "abc", False),
        ("*", "release/*", True),
    ],
)
def test_a_protection_covers_what_gitlab_says(pattern: str, branch: str, expected: bool) -> None:
    assert covers(pattern, branch) is expected


@pytest.mark.parametrize(
    ("config", "source"),
    [
        ("application.yml@bank/policy", ("application.yml", "bank/policy", "HEAD")),
        ("ci/a@b.yml@bank/policy:v1.2", ("ci/a@b.yml", "bank/policy", "v1.2")),
    ],
)
def test_the_configuration_names_file_project_and_ref(config: str, source: tuple[str, str, str]) -> None:
    assert Gate(config).source == source


@pytest.mark.parametrize(
    "key",
    [*("GIT_STRATEGY", "BASH_ENV", "ENV", "LD_PRELOAD", "PATH", "CI_DEBUG_TRACE", "FF_USE_NEW_BASH_EVAL_STRATEGY"),
     *("PYTHONPATH", "PYTHONSTARTUP", "OSGATE_MODE", "HOME")],
)  # fmt: skip
def test_a_variable_that_bends_a_job_is_named(key: str) -> None:
    (one,) = differences(GATE, replace(RIGHT, variables=(Variable(key, True, True), Variable("DEPLOY_HOST"))))
    assert (one.weight, one.code, dict(one.params)) == ("hole", "bending", {"key": key})


@pytest.mark.parametrize("key", ["DEPLOY_HOST", "MY_PATH", "ENVIRONMENT", "GITOPS", "CIRCLE", "env"])
def test_a_variable_that_bends_nothing_is_left_alone(key: str) -> None:
    assert found(variables=(Variable(key),)) == []


def test_the_bell_is_rung_by_everything_the_desk_hears() -> None:
    assert found(hooks=()) == [("drift", "bell", "hooks")]
    assert found(hooks=(Hook("3", GATE.bell, ("note_events",)),)) == [("drift", "bell", "hooks")]
    assert found(hooks=(Hook("3", "https://elsewhere.example.test/", BELL_EVENTS),)) == [("drift", "bell", "hooks")]


def test_whoever_can_undo_it_is_named_as_advice() -> None:
    keepers = (Account("1", "chen.ba"), Account("2", "bot", bot=True), Account("3", "gone", active=False))
    (one,) = differences(GATE, replace(RIGHT, keepers=keepers))
    assert (one.weight, dict(one.params)) == ("advice", {"count": "1", "names": "chen.ba"})


def test_what_could_not_be_seen_is_no_drift_and_never_passed_over() -> None:
    unseen = (("protected_branches", "HTTP 403"), ("hooks", "HTTP 403"))
    told = found(guarded=(), hooks=(), unseen=unseen)
    assert told == [("hole", "unseen", "protected_branches"), ("hole", "unseen", "hooks")]


def test_the_policy_project_keeps_its_secrets_and_its_keepers() -> None:
    person = Person("li.si", "", "", (("gitlab", "12"),), (), ())
    role = "ci_pipeline_variables_minimum_override_role"
    private = {"visibility": "private", "public_jobs": False, role: "no_one_allowed"}
    secrets = tuple(Variable(key, True) for key in gitlab_policy.SECRETS)
    right = replace(
        RIGHT,
        settings=private,
        guarded=(Guarded("main", (MAINTAINER,), (MAINTAINER,)),),
        variables=(*secrets, Variable("OTHER", False)),
        keepers=(Account("12", "li.si"), Account("5", "desk", bot=True)),
        schedules=1,
    )

    def told(**more: Any) -> list[tuple[str, str, str]]:
        listed = gitlab_policy.of_policy(replace(right, **more), [person], "gitlab")
        return [(one.weight, one.code, one.place) for one in listed]

    assert told() == []
    assert told(settings={**private, "visibility": "public", "public_jobs": True}) == [
        ("hole", "setting-by-hand", "public_jobs"),
        ("hole", "public", "visibility"),
    ]
    assert told(settings={**private, role: "developer"}) == [("hole", "setting-by-hand", role)]
    assert told(variables=(*secrets[:2], Variable("OSGATE_WITNESS_KEY"))) == [("hole", "secret", "OSGATE_WITNESS_KEY")]
    assert told(variables=(*secrets, Variable("OSGATE_ENFORCE_TOKEN"))) == [("hole", "secret", "OSGATE_ENFORCE_TOKEN")]
    assert told(variables=()) == [("hole", "secret-missing", key) for key in gitlab_policy.SECRETS]
    assert told(variables=(*secrets, Variable("PATH", True))) == [("hole", "bending", "variables")]
    assert told(variables=(), unseen=(("variables", "HTTP 403"),)) == [("hole", "unseen", "variables")]
    assert told(schedules=0) == [("hole", "schedule", "pipeline_schedules")]
    assert told(guarded=()) == [("hole", "branch", "protected_branches")]
    assert told(guarded=(Guarded("main", (40,), (40,), True),)) == [("hole", "branch", "protected_branches")]
    assert told(keepers=(Account("13", "chen.ba"),)) == [("advice", "policy-keepers", "members")]


def test_the_bell_has_nothing_to_take_and_is_brought_nothing() -> None:
    bell = replace(RIGHT, variables=(Variable("TOKEN", True, True),))
    assert [(one.weight, one.place) for one in gitlab_policy.of_bell(bell)] == [("hole", "TOKEN")]
    assert list(gitlab_policy.of_bell(RIGHT)) == []
    role = "ci_pipeline_variables_minimum_override_role"
    (open_to_all,) = gitlab_policy.of_bell(replace(RIGHT, settings={role: "developer"}))
    assert (open_to_all.weight, open_to_all.place, open_to_all.wanted) == ("advice", role, "no_one_allowed")
