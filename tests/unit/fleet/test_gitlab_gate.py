"""What must be set on GitLab, held against what is."""

from __future__ import annotations

from typing import Any

import pytest

from osgate.fleet import gitlab_policy
from osgate.fleet.gitlab_gate import BELL_EVENTS, Gate, differences, wanted_settings
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
        ((Guarded("main", (NOBODY,), (DEVELOPER,)), Guarded("*", (DEVELOPER,), (DEVELOPER,))), "hole"),
    ],
)
def test_the_default_branch_takes_merges_only(guards: tuple[Guarded, ...], weight: str) -> None:
    assert found(guarded=guards) == [(weight, "branch", "protected_branches")]


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
    right = replace(
        RIGHT,
        settings={"visibility": "private", "public_jobs": False},
        guarded=(Guarded("main", (MAINTAINER,), (MAINTAINER,)),),
        variables=(Variable("OSGATE_TOKEN", True), Variable("OTHER", False)),
        keepers=(Account("12", "li.si"), Account("5", "desk", bot=True)),
        schedules=1,
    )

    def told(**more: Any) -> list[tuple[str, str]]:
        listed = gitlab_policy.of_policy(replace(right, **more), [person], "gitlab")
        return [(one.weight, one.place) for one in listed]

    assert told() == []
    assert told(settings={"visibility": "public", "public_jobs": True}) == [
        ("drift", "public_jobs"),
        ("hole", "visibility"),
    ]
    assert told(variables=(Variable("OSGATE_DESK_KEY"),)) == [("hole", "OSGATE_DESK_KEY")]
    assert told(schedules=0) == [("hole", "pipeline_schedules")]
    assert told(guarded=()) == [("hole", "protected_branches")]
    assert told(guarded=(Guarded("main", (40,), (40,), True),)) == [("hole", "protected_branches")]
    assert told(keepers=(Account("13", "chen.ba"),)) == [("advice", "members")]


def test_the_bell_has_nothing_to_take() -> None:
    bell = replace(RIGHT, variables=(Variable("TOKEN", True, True),))
    assert [(one.weight, one.place) for one in gitlab_policy.of_bell(bell)] == [("hole", "TOKEN")]
    assert list(gitlab_policy.of_bell(RIGHT)) == []
