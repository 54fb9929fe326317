"""What workflows and CODEOWNERS say that bears on the gate; what was merged past it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.fleet.github_files import of_flows, owned
from osgate.fleet.merged import unchecked
from osgate.model.fleet import Checked, Merge
from osgate.model.fleet_github import Flow

POLICY, COMMIT = "bank/osgate-policy", "a" * 40


@pytest.mark.parametrize(
    ("uses", "same", "expected"),
    [
        (f"{POLICY}/.github/workflows/check.yml@{COMMIT}", True, []),
        (f"{POLICY}/.github/workflows/check.yml@{COMMIT}", False, ["flow-behind"]),
        (f"Bank/osgate-policy/.github/workflows/check.yml@{COMMIT}", False, ["flow-behind"]),
        (f"{POLICY}/.github/workflows/check.yml@main", True, ["flow-moving"]),
        (f"{POLICY}/.github/workflows/check.yml@aaaaaaa", True, ["flow-moving"]),
        ("other/osgate-policy/.github/workflows/check.yml@main", False, []),
        ("./local", False, []),
    ],
)  # fmt: skip
def test_a_call_of_the_policys_workflow_is_pinned_and_as_it_is_now(uses: str, same: bool, expected: list[str]) -> None:
    flow = Flow(".github/workflows/osgate.yml", f"on: push\njobs:\n  a:\n    uses: {uses}\n")
    assert [one.code for one in of_flows([flow], POLICY, lambda path, ref: same)] == expected


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=80))
def test_whatever_stands_in_a_file_is_read_without_failing(text: str) -> None:
    assert isinstance(list(of_flows([Flow("x", text)], POLICY, lambda path, ref: True)), list)
    assert owned(text, ".osgate/osgate.lock") in (True, False)


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("* @bank/platform", ".osgate/osgate.lock", True),
        ("/.osgate/ @bank/platform", ".osgate/osgate.lock", True),
        (".osgate @bank/platform", ".osgate/osgate.lock", True),
        ("/osgate/ @bank/platform", ".osgate/osgate.lock", False),
        ("*-lock.json @bank/platform", "sub/package-lock.json", True),
        ("/package-lock.json @bank/platform", "sub/package-lock.json", False),
        ("**/package-lock.json @bank/platform", "a/b/package-lock.json", True),
        ("docs/* @x", "docs/a/b", False),
        ("* @bank/platform\n/.osgate/", ".osgate/osgate.lock", False),
        ("/.osgate/\n* @bank/platform", ".osgate/osgate.lock", True),
        ("# * @bank/platform", "x", False),
        ("", "x", False),
    ],
)
def test_the_last_line_that_means_a_file_names_its_owner(text: str, path: str, expected: bool) -> None:
    assert owned(text, path) is expected


def run(began: str, ended: str, passed: bool = True) -> Checked:
    """A run on the head, by the time of the day; without an end it did not pass."""
    began, ended = (told and f"2026-11-21T{told}:00Z" for told in (began, ended))
    return Checked("h", passed and bool(ended), ended, began=began)


@pytest.mark.parametrize(
    ("checks", "code"),
    [
        ((Checked("h", True, "2026-11-21T06:00:00Z"),), None),
        ((Checked("h", True),), None),
        ((Checked("m", True, "", ("h", "t")),), None),
        ((Checked("h", True, "2026-11-21T07:00:00Z"),), None),
        ((), "merged"),
        ((Checked("other", True),), "merged"),
        ((Checked("h", False),), "merged-red"),
        ((Checked("h", True, "2026-11-21T07:00:01Z"),), "merged-late"),
        ((run("05:00", "05:10", False), run("06:00", "06:10")), None),
        ((run("06:00", "06:10"), run("05:00", "05:10", False)), None),
        ((run("05:00", "05:10"), run("06:00", "06:10", False)), "merged-red"),
        ((run("05:00", "06:30"), run("06:00", "06:10", False)), "merged-red"),
        ((run("05:00", "05:10"), run("06:50", "07:10")), "merged-late"),
        ((run("05:00", "05:10"), run("06:50", "")), "merged-red"),
        ((run("05:00", "05:10"), run("07:10", "07:20", False)), None),
        ((run("05:00", "05:10", False), run("07:10", "07:20")), "merged-red"),
        ((run("06:00", "06:10"), run("06:00", "06:10", False)), "merged-red"),
    ],
)
def test_what_counts_is_the_newest_run_on_the_head_that_began_before_the_merge(
    checks: tuple[Checked, ...], code: str | None
) -> None:
    merge = Merge(12, "h", "2026-11-21T07:00:00Z", "https://forge.example.test/12", checks)
    told = list(unchecked([merge], "osgate", "!"))
    assert [one.code for one in told] == ([code] if code else [])
    assert all(dict(one.params)["number"] == "!12" for one in told)


def test_a_merge_without_a_head_had_no_check() -> None:
    assert [one.code for one in unchecked([Merge(1, "", "2026-11-21T07:00:00Z", "", (Checked("", True),))], "j", "!")]
