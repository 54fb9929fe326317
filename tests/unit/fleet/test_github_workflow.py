"""What in a required workflow would let a change in that nobody looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.fleet.github_workflow import hears_queue, of_workflow

COMMIT, CALLED = "a" * 40, "bank/policy/.github/workflows/osgate-check.yml"
MOMENTS = "types: [opened, synchronize, reopened, edited]"
ON = f"""\
on:
  pull_request:
    {MOMENTS}
  merge_group:
"""
STEP = f"""\
      - uses: oss/osgate/actions/check@{COMMIT}
        with: {{branches: main, lock: /etc/osgate.lock}}
"""
JOBS = f"""\
jobs:
  osgate:
    runs-on: x
    steps:
{STEP}"""
WHOLE = ON + JOBS
REUSED = f"""\
jobs:
  osgate:
    uses: {CALLED}@{COMMIT}
    with: {{branches: main, lock: /etc/osgate.lock}}
"""
ROOT = Path(__file__).parents[3]


def told(text: str, **more: object) -> list[tuple[str, str]]:
    return [(one.weight, one.code) for one in of_workflow("gate.yml", text, **more)]  # type: ignore[arg-type]


def filtered(line: str) -> str:
    return WHOLE.replace(f"    {MOMENTS}\n", f"    {MOMENTS}\n    {line}\n")


def jobbed(line: str) -> str:
    return WHOLE.replace("    runs-on: x\n", f"    runs-on: x\n    {line}\n")


def stepped(line: str) -> str:
    return f"{WHOLE}        {line}\n"


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        ON + REUSED,
        ON + REUSED.replace(f"{CALLED}@{COMMIT}", "./.github/workflows/check.yaml"),
        jobbed("if: ${{ always() }}"),
        stepped("if: always()"),
        jobbed("continue-on-error: false"),
        jobbed("needs: build\n    if: always()"),
        filtered('branches: ["**"]'),
        filtered("branches-ignore: [gh-pages]"),
        WHOLE + JOBS.replace("jobs:\n  osgate:", "  other:").replace("    runs-on: x", "    runs-on: x\n    if: false"),
    ],
)  # fmt: skip
def test_a_whole_gate_has_nothing_to_be_told(text: str) -> None:
    assert told(text, branches=("release/*",)) == []


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (jobbed("if: false"), ["workflow-if"]),
        (jobbed("if: github.actor != 'bot'"), ["workflow-if"]),
        (jobbed("if: always() && false"), ["workflow-if"]),
        (stepped("if: ${{ !github.event.pull_request.draft }}"), ["workflow-if"]),
        (jobbed("needs: [build]"), ["workflow-needs"]),
        (jobbed("continue-on-error: true"), ["workflow-lenient"]),
        (stepped("continue-on-error: ${{ vars.LENIENT }}"), ["workflow-lenient"]),
        (WHOLE.replace(COMMIT, "main"), ["workflow-moving"]),
        (WHOLE.replace(f"@{COMMIT}", ""), ["workflow-moving"]),
        (ON + REUSED.replace(COMMIT, "v1"), ["workflow-moving"]),
        (WHOLE.replace("branches: main, ", ""), ["workflow-branches"]),
        (WHOLE.replace("branches: main, ", "branches: '', "), ["workflow-branches"]),
        (WHOLE.replace(", lock: /etc/osgate.lock", ""), ["workflow-lock"]),
        (ON + "jobs:\n  x: {runs-on: x, steps: [{run: 'true'}]}\n", ["workflow-no-gate"]),
        (WHOLE.replace("actions/check", "actions/comment"), ["workflow-no-gate"]),
        (ON + "jobs: none\n", ["workflow-no-gate"]),
        (ON, ["workflow-no-gate"]),
        (filtered("paths: [src/**]"), ["workflow-filter"]),
        (filtered("paths-ignore: [docs/**]"), ["workflow-filter"]),
        (filtered("branches: [nothing]"), ["workflow-left-out"]),
        (filtered('branches: ["*"]'), ["workflow-left-out"]),
        (filtered('branches: ["**", "!release/**"]'), ["workflow-left-out"]),
        (filtered('branches-ignore: ["**"]'), ["workflow-left-out"]),
        (filtered("branches-ignore: main"), ["workflow-left-out"]),
        (WHOLE.replace("merge_group:", "merge_group: {branches: [main]}"), ["workflow-left-out"]),
        (WHOLE.replace(", reopened", ""), ["workflow-types"]),
        (WHOLE.replace(MOMENTS, "types: opened"), ["workflow-types", "workflow-retarget"]),
        (WHOLE.replace(", edited", ""), ["workflow-retarget"]),
        (WHOLE.replace("  merge_group:", "  merge_group:\n  pull_request_target:"), ["workflow-target"]),
        (WHOLE.replace("pull_request:", "pull_request_target:"), ["workflow-target", "workflow-event"]),
        ("on: [", ["workflow-unreadable"]),
    ],
)  # fmt: skip
def test_what_lets_something_past_is_a_hole(text: str, codes: list[str]) -> None:
    assert told(text, branches=("release/*",)) == [("hole", code) for code in codes]


def test_github_starts_nothing_for_another_target_unless_it_is_told_to() -> None:
    assert told("on: [pull_request, merge_group]\n" + JOBS) == [("advice", "workflow-retarget")]


@pytest.mark.parametrize(("queue", "weight"), [(False, "advice"), (True, "hole")])
def test_what_a_queue_needs_weighs_more_where_there_is_one(queue: bool, weight: str) -> None:
    assert told(WHOLE.replace("  merge_group:\n", ""), queue=queue) == [(weight, "workflow-event")]


@pytest.mark.parametrize("text", ["- on", "jobs: {}", "", "text"])
def test_what_is_no_workflow_starts_for_nothing_and_looks_at_nothing(text: str) -> None:
    expected = [("hole", "workflow-event"), ("advice", "workflow-event"), ("hole", "workflow-no-gate")]
    assert told(text) == expected


def test_the_example_has_no_hole_and_no_advice() -> None:
    path = ROOT / "examples/github/policy/.github/workflows/osgate-gate.yml"
    assert told(path.read_text(encoding="utf-8"), queue=True, branches=("release/*",)) == []


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("on: [pull_request, merge_group]", True),
        ("on:\n  merge_group:\n    types: [checks_requested]", True),
        ("on: merge_group", True),
        ("on: pull_request # merge_group", False),
        ("jobs:\n  merge_group: {}", False),
        ("on: [", False),
    ],
)
def test_a_workflow_that_does_not_start_for_a_queue_lets_it_wait(on: str, expected: bool) -> None:
    assert hears_queue(f"{on}\n") is expected


@settings(max_examples=50, deadline=None)
@given(st.one_of(st.text(max_size=80), st.tuples(st.sampled_from(WHOLE.split("\n")), st.text(max_size=12))))
def test_whatever_stands_in_it_is_read_without_failing(drawn: str | tuple[str, str]) -> None:
    text = drawn if isinstance(drawn, str) else WHOLE.replace(*drawn)
    assert all(one.code for one in of_workflow("x", text))
    assert hears_queue(text) in (True, False)
