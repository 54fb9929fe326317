"""`osgate bell --forge github`: which events wake the desk, what goes out, and that nothing hostile does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.cli.bell_github import SAID, event_of, ring, worth
from osgate.errors import UsageError
from osgate.io.sending import NotSent
from osgate.testing.github import FakeGitHub

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = {"repository": {"id": 7}}
COMMAND = {"body": "thanks\n/osgate approve 4be1a2c3d4e5"}


def comment(body: Any = COMMAND["body"], action: str = "created", **issue: Any) -> dict[str, Any]:
    return {**HERE, "action": action, "comment": {"body": body}, "issue": {"number": 4, **issue}}


CHANGE = {"pull_request": {"url": "x"}}


def review(event: str, **more: Any) -> tuple[str, dict[str, Any]]:
    action, holder = ("submitted", "review") if event == "pull_request_review" else ("created", "comment")
    return event, {**HERE, "action": action, holder: COMMAND, "pull_request": {"number": 4}, **more}


def edited(**changes: Any) -> tuple[str, dict[str, Any]]:
    return "pull_request", {**HERE, "action": "edited", "pull_request": {"number": 4}, "changes": changes}


WORTH = [
    ("issue_comment", comment(**CHANGE), "7!4"),
    ("issue_comment", comment(), "7#4"),
    ("issues", {**HERE, "action": "opened", "issue": {"number": 9, **COMMAND}}, "7#9"),
    ("issues", {**HERE, "action": "reopened", "issue": {"number": 9, **COMMAND}}, "7#9"),
    ("pull_request", {**HERE, "action": "synchronize", "pull_request": {"number": 4}}, "7!4"),
    (*edited(base={"ref": {"from": "main"}}), "7!4"),
    (*review("pull_request_review"), "7!4"),
    (*review("pull_request_review_comment"), "7!4"),
    ("issue_comment", comment("／osgate 批准 4be1a2c3d4e5"), "7#4"),
    ("issue_comment", comment("/OSGATE help"), "7#4"),
    ("workflow_dispatch", {"inputs": {"rung": "7!4"}}, "7!4"),
    ("workflow_dispatch", {"inputs": {"rung": "7#4"}}, "7#4"),
]
NOT_WORTH = [
    ("issue_comment", comment("looks fine to me")),
    ("issue_comment", comment(action="edited")),
    ("issue_comment", comment(action="deleted")),
    ("issue_comment", comment("<!-- osgate:answer note=3 -->\n`/osgate approve`")),
    ("issues", {**HERE, "action": "closed", "issue": {"number": 9, **COMMAND}}),
    ("issues", {**HERE, "action": "opened", "issue": {"number": 9, "body": None}}),
    ("pull_request", {**HERE, "action": "labeled", "pull_request": {"number": 4}}),
    ("push", HERE),
    edited(title={"from": "x"}),
    review("pull_request_review", action="edited"),
    review("pull_request_review_comment", comment={"body": "fine"}),
    review("pull_request_review", pull_request={"number": "4"}),
    *(("workflow_dispatch", {"inputs": {"rung": rung}}) for rung in ("", "7!4,7!5", "7!4\n", "७!4", "0!4", 7, None)),
    ("workflow_dispatch", {"inputs": "7!4"}),
    ("issue_comment", {**comment(), "repository": {"id": "7; rm -rf /"}}),
    ("issue_comment", {**comment(), "repository": [7]}),
    ("issue_comment", comment(number=True)),
    ("issue_comment", comment(number=-1)),
    ("issue_comment", comment(number=10**30)),
    ("issue_comment", comment({"a": 1})),
    ("issue_comment", None),
]


@pytest.mark.parametrize(("event", "payload", "rang"), WORTH)
def test_what_wakes_the_desk(event, payload, rang, no_io):
    assert worth(event, payload) == rang


@pytest.mark.parametrize(("event", "payload"), NOT_WORTH)
def test_what_does_not(event, payload, no_io):
    assert worth(event, payload) == ""


KEYS = "action comment issue body number id repository pull_request review inputs rung"
WORDS = ["/osgate", "created", "opened", "submitted", "x!1", "3!1"]
PARTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(WORDS),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(KEYS.split()),
            inner,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([*SAID, "issues", "pull_request", "workflow_dispatch"]), PARTS)
def test_nothing_but_numbers_comes_out(event, payload):
    """Property: whatever a payload holds, what goes on is empty or two numbers with a sign between them."""
    assert set(worth(event, payload)) <= set("0123456789!#")


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as made:
        yield made
        assert made.violations == []


def test_the_bell_starts_the_desks_workflow_and_its_token_may_do_no_more(fake):
    bot = fake.user("osgate-bell")
    policy = fake.repo("bank/policy", {"a": b"x"}, roles={bot: "write"})
    flow = fake.workflow(policy, ".github/workflows/osgate-desk.yml", on=("workflow_dispatch",))
    told = {"GITHUB_API_URL": fake.api_url, "OSGATE_TOKEN": fake.as_fine(bot, (policy,), actions="write")}
    ring("bank/policy", "osgate-desk.yml", "main", "7!4", told)
    (run,) = policy.runs
    assert (run.workflow, run.payload["inputs"]) == (flow, {"rung": "7!4"})
    with pytest.raises(NotSent):
        ring("bank/policy", "../../../contents/people.toml", "main", "7!4", told)
    with pytest.raises(NotSent):
        ring("bank/policy", "osgate-desk.yml", "main", "7!4", {**told, "OSGATE_TOKEN": "wrong"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"OSGATE_TOKEN": ""},
        {"OSGATE_TOKEN": "a\r\nX-Other: b"},
        {"GITHUB_API_URL": ""},
    ],
)
def test_a_bell_that_lacks_something_says_so_and_sends_nothing(wrong, no_io):
    told = {"GITHUB_API_URL": "https://git.example.com/api/v3", "OSGATE_TOKEN": "t", **wrong}
    with pytest.raises(UsageError) as raised:
        ring("bank/policy", "osgate-desk.yml", "main", "7!4", told)
    assert raised.value.code == "bell.dispatch"


def test_a_bell_outside_of_a_job_says_so(no_io):
    with pytest.raises(UsageError) as raised:
        event_of({"GITHUB_EVENT_NAME": json.dumps("x")})
    assert raised.value.code == "bell.event"
