"""What a pipeline checks, from its variables; and that no variable matters where branches are guarded."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.cli import ci_form
from osgate.cli.ci_form import REMOTE, Form, event_words, guarding, told
from osgate.errors import UsageError
from osgate.surfaces_gitlab import jobs

ZERO, OLD, NEW = "0" * 40, "1" * 40, "2" * 40
GITLAB = {"CI_PIPELINE_SOURCE": "push", "CI_DEFAULT_BRANCH": "main", "CI_PROJECT_ID": "7", "CI_COMMIT_BEFORE_SHA": ZERO}
CHANGE = {
    **GITLAB,
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_MERGE_REQUEST_IID": "4",
    "CI_MERGE_REQUEST_PROJECT_ID": "7",
    "CI_MERGE_REQUEST_PROJECT_PATH": "bank/app",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "release/1",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA": OLD,
}
GITHUB = {"GITHUB_EVENT_NAME": "push", "GITHUB_REF_TYPE": "branch", "event.repository.default_branch": "main"}
PULL = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main", "GITHUB_REPOSITORY": "bank/app"}
CASES = {
    "a merge request": (CHANGE, "gitlab.change", REMOTE + "release/1"),
    "a merged result": (
        {**CHANGE, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": NEW, "CI_MERGE_REQUEST_EVENT_TYPE": "merged_result"},
        "gitlab.merged",
        NEW,
    ),
    "a merge train": (
        {**CHANGE, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": NEW, "CI_MERGE_REQUEST_EVENT_TYPE": "merge_train"},
        "gitlab.merged",
        NEW,
    ),
    "a fork's, run in the fork": ({**CHANGE, "CI_PROJECT_ID": "9"}, "gitlab.fork", OLD),
    "a merge request's child pipeline": (
        {**CHANGE, "CI_PIPELINE_SOURCE": "parent_pipeline"},
        "gitlab.change",
        REMOTE + "release/1",
    ),
    "a branch": ({**GITLAB, "CI_COMMIT_BRANCH": "fix"}, "gitlab.branch", REMOTE + "main"),
    "a new branch": ({**GITLAB, "CI_COMMIT_BRANCH": "fix"}, "gitlab.branch", REMOTE + "main"),
    "a push to the default branch": (
        {**GITLAB, "CI_COMMIT_BRANCH": "main", "CI_COMMIT_BEFORE_SHA": OLD},
        "gitlab.default",
        OLD,
    ),
    "the first push": ({**GITLAB, "CI_COMMIT_BRANCH": "main"}, "gitlab.whole", ""),
    "a tag": ({**GITLAB, "CI_COMMIT_TAG": "v1"}, "gitlab.tag", REMOTE + "main"),
    "a schedule": ({**GITLAB, "CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main"}, "gitlab.schedule", ""),
    "a schedule elsewhere": (
        {**GITLAB, "CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "fix"},
        "gitlab.schedule",
        "",
    ),
    "a trigger": ({**GITLAB, "CI_PIPELINE_SOURCE": "trigger", "CI_COMMIT_BRANCH": "main"}, "gitlab.whole", ""),
    "by hand": ({**GITLAB, "CI_PIPELINE_SOURCE": "web", "CI_COMMIT_BRANCH": "fix"}, "gitlab.branch", REMOTE + "main"),
    "by the API": ({**GITLAB, "CI_PIPELINE_SOURCE": "api", "CI_COMMIT_BRANCH": "main"}, "gitlab.whole", ""),
    "a pull request": (PULL, "github.change", REMOTE + "main"),
    "a merge queue": ({"GITHUB_EVENT_NAME": "merge_group", "event.merge_group.base_sha": NEW}, "github.queue", NEW),
    "a branch of Gitea": ({**GITHUB, "GITHUB_REF_NAME": "fix"}, "github.branch", REMOTE + "main"),
    "its default branch": ({**GITHUB, "GITHUB_REF_NAME": "main", "event.before": OLD}, "github.default", OLD),
    "its first push": ({**GITHUB, "GITHUB_REF_NAME": "main", "event.before": ZERO}, "github.whole", ""),
    "its tag": ({**GITHUB, "GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v1"}, "github.tag", REMOTE + "main"),
    "its schedule": ({**GITHUB, "GITHUB_EVENT_NAME": "schedule"}, "github.schedule", ""),
}


def anything(_rev: str) -> bool:
    return True


@pytest.mark.parametrize("case", CASES)
def test_each_kind_of_pipeline_has_its_base(case, no_io):
    environ, row, base = CASES[case]
    found = told(environ, anything)
    assert (found.id, found.base) == (row, base)


def test_the_change_is_named_as_its_forge_names_it(no_io):
    assert told(CHANGE, anything).change == "bank/app!4"
    assert told({**PULL, "event.pull_request.number": "12"}, anything).change == "bank/app#12"
    gitea = told({**PULL, "event.pull_request.number": "12", "GITEA_ACTIONS": "true"}, anything)
    assert (gitea.kind, gitea.change) == ("gitea", "bank/app#12")
    assert told({**CHANGE, "CI_MERGE_REQUEST_IID": "4; rm"}, anything).change == ""


def test_the_target_branch_comes_first_and_the_merge_base_where_it_was_not_fetched(no_io):
    assert told(CHANGE, lambda rev: rev == OLD).base == OLD
    with pytest.raises(UsageError) as raised:
        told(CHANGE, lambda rev: False)
    assert (raised.value.code, raised.value.params["base"]) == ("ci.missing", REMOTE + "release/1")


@pytest.mark.parametrize("environ", [{}, {"CI": "true"}])
def test_what_is_no_pipeline_we_know_is_refused(environ, no_io):
    with pytest.raises(UsageError) as raised:
        told(environ, anything)
    assert raised.value.code == "ci.unknown"


EVENTS = ("pull_request_target", "workflow_run", "issue_comment", "pull_request_review", "repository_dispatch")


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_that_is_about_something_else_than_what_is_checked_out_is_refused(event, no_io):
    with pytest.raises(UsageError) as raised:
        told({**PULL, "GITHUB_EVENT_NAME": event}, anything)
    assert (raised.value.code, raised.value.params) == ("ci.event", {"event": event})


def test_a_variable_that_is_missing_names_itself(no_io):
    with pytest.raises(UsageError) as raised:
        told({"GITHUB_EVENT_NAME": "merge_group"}, anything)
    assert raised.value.params["base"] == "event.merge_group.base_sha"


TIPS = ("fix", "main", "release/1", "release/1/x")
OUTSIDE = Form("gitlab.schedule", "gitlab", "")


@pytest.mark.parametrize(
    ("names", "target", "base"),
    [
        (["main"], "", "main"),
        (["main"], "fix", "main"),
        (["main", "release/*"], "release/1", "release/1"),
        (["main", "release/*"], "release/1/x", "main"),
        (["release/*", "main"], "fix", "release/1"),
    ],
)
def test_a_change_is_held_against_a_guarded_branch_whatever_it_says(names, target, base, no_io):
    found = guarding(OUTSIDE, names, TIPS, target, lambda ref: False)
    assert (found.id, found.base) == ("guarded", REMOTE + base)


def test_what_a_guarded_branch_has_already_is_looked_at_as_the_pipeline_says(no_io):
    assert guarding(OUTSIDE, ["main"], TIPS, "", lambda ref: ref == REMOTE + "main") is OUTSIDE
    assert guarding(OUTSIDE, ["main"], TIPS, "", lambda ref: ref == REMOTE + "fix").base == REMOTE + "main"


def test_without_a_guarded_branch_here_there_is_no_verdict(no_io):
    with pytest.raises(UsageError) as raised:
        guarding(OUTSIDE, ["trunk", "mai"], TIPS, "", anything)
    assert raised.value.code == "ci.unguarded"


NAMES = sorted({name for environ, _, _ in CASES.values() for name in environ})
VALUES = st.sampled_from(["", ZERO, OLD, "main", "fix", "schedule", "merge_request_event", "7", "9", "--x", "HEAD"])


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_no_variable_takes_a_change_past_its_guarded_branch(environ):
    """Property: the base is a guarded branch, whatever the variables say."""
    try:
        found = told(environ, anything)
    except UsageError:
        found = OUTSIDE
    target = ci_form.target_of(environ)
    assert guarding(found, ["main"], TIPS, target, lambda ref: False).base == REMOTE + "main"


def test_what_waits_in_a_queue_goes_to_the_branch_that_its_event_names(no_io):
    event = {"merge_group": {"base_ref": "refs/heads/release/1", "base_sha": NEW, "head_ref": "x"}}
    environ = {"GITHUB_EVENT_NAME": "merge_group", **event_words(event)}
    assert (told(environ, anything).base, ci_form.target_of(environ)) == (NEW, "release/1")
    assert guarding(OUTSIDE, ["main", "release/*"], TIPS, "release/1", lambda ref: False).base == REMOTE + "release/1"
    assert ci_form.target_of({**PULL}) == "main"


def test_of_an_event_only_what_counts_is_taken(no_io):
    event = {"before": OLD, "pull_request": {"number": 3, "title": "x"}, "repository": {"default_branch": ["main"]}}
    assert event_words(event) == {"event.before": OLD, "event.pull_request.number": "3"}
    for hostile in (None, [], 7, {"before": {}}, {"pull_request": [1]}, {"pull_request": {"number": True}}):
        assert event_words(hostile) == {}


def test_the_template_hands_in_every_variable_that_is_read(no_io):
    used = {name for row in ci_form.ROWS if row.id.startswith("gitlab") for name, _ in row.when}
    used |= {name for row in ci_form.ROWS if row.id.startswith("gitlab") for name in row.number}
    for row in ci_form.ROWS:
        if row.id.startswith("gitlab"):
            used |= {want[1:] for _, want in row.when if want.startswith("!")}
            used |= {found for base in row.bases for found in ci_form._PLACE.findall(base)}
    assert used - {""} - set(jobs.TOLD) == set()
    assert {name for name in jobs.TOLD if name.startswith("CI_MERGE")} <= used
