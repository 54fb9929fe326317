"""`enforce` and `doctor` over a group of a GitLab."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from osgate import cli
from osgate.testing.gitlab.fake import FakeGitLab
from osgate.testing.gitlab.state import Project

POLICY, BELL = "bank/osgate-policy", "https://gitlab.example.test/api/v4/projects/9/ref/main/trigger/pipeline?token=t"
WHERE = ("gitlab", "--group", "bank", "--policy-project", POLICY, "--bell", BELL)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitLab]:
    """A bank with two applications, one of them in a subgroup, a policy project and a bell."""
    with FakeGitLab() as made:
        group = made.group("bank", {made.user("chen.ba"): 50})
        monkeypatch.setenv("OSGATE_FORGE_URL", made.web_url)
        monkeypatch.setenv("OSGATE_TOKEN", made.as_bot(group, 50))
        for path in ("bank/app", "bank/core/ledger", POLICY, "bank/osgate-bell"):
            made.project(path, {"README.md": b"hello\n"})
        yield made
        assert made.violations == []


def project(fake: FakeGitLab, path: str) -> Project:
    return next(one for one in fake.world.projects.values() if one.full_path == path)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = cli.main(list(words))
    found = capsys.readouterr()
    return code, found.out + found.err


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, dict[str, list[dict[str, str]]]]]:
    code = cli.main([*words, "--format", "json"])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return code, {row["path"]: row for row in rows}


def test_a_dry_run_shows_what_differs_and_writes_nothing(fake: FakeGitLab, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = said(capsys, "enforce", *WHERE, "--except", "*/osgate-bell", "--language", "en")
    assert code == 1
    assert f"+ application.yml@{POLICY}" in out
    assert "bank/core/ledger" in out
    assert "--write" in out
    assert not [call for call in fake.calls if call.method not in ("GET", "HEAD")]


def test_what_is_written_holds_and_is_found_again_when_it_drifts(
    fake: FakeGitLab, capsys: pytest.CaptureFixture[str]
) -> None:
    code, rows = told(capsys, "enforce", *WHERE, "--write")
    assert code == 0
    assert set(rows) == {"bank/app", "bank/core/ledger", "bank/osgate-bell"}, "the policy project is left alone"
    assert {one["weight"] for one in rows["bank/app"]["left"]} == {"advice"}
    app = project(fake, "bank/app")
    assert app.settings["ci_config_path"] == f"application.yml@{POLICY}"
    assert app.settings["only_allow_merge_if_pipeline_succeeds"] is True
    assert [level["access_level"] for level in app.protected["main"].push] == [0]
    assert [hook.url for hook in app.hooks] == [BELL]
    code, again = told(capsys, "enforce", *WHERE, "--write")
    assert (code, [row["written"] for row in again.values()]) == (0, [[], [], []])
    app.settings["only_allow_merge_if_pipeline_succeeds"] = False
    code, drifted = told(capsys, "doctor", *WHERE)
    assert code == 1
    assert [(one["place"], one["found"], one["wanted"]) for one in drifted["bank/app"]["left"]][:1] == [
        ("only_allow_merge_if_pipeline_succeeds", "false", "true")
    ]


def test_a_branch_is_never_left_open_by_a_failure(fake: FakeGitLab, capsys: pytest.CaptureFixture[str]) -> None:
    before = [level["access_level"] for level in project(fake, "bank/app").protected["main"].push]
    fake.fail("POST", r"/protected_branches", 500, times=1)
    code, rows = told(capsys, "enforce", *WHERE, "--only", "bank/app", "--write")
    assert code == 4
    assert "failed" in rows["bank/app"]
    assert [level["access_level"] for level in project(fake, "bank/app").protected["main"].push] == before


def test_one_projects_failure_is_its_own_and_a_run_can_go_on_behind_it(
    fake: FakeGitLab, capsys: pytest.CaptureFixture[str]
) -> None:
    id = project(fake, "bank/app").id
    fake.fail("GET", rf"/projects/{id}$", 404, times=9)
    code, rows = told(capsys, "enforce", *WHERE, "--write")
    assert code == 4
    assert "failed" in rows["bank/app"]
    assert rows["bank/core/ledger"]["written"]
    _, rows = told(capsys, "doctor", *WHERE, "--after", "bank/core/ledger")
    assert set(rows) == {POLICY, "bank/osgate-bell"}


def test_the_doctor_looks_at_the_policy_project_and_the_bell(
    fake: FakeGitLab, capsys: pytest.CaptureFixture[str]
) -> None:
    policy, bell = project(fake, POLICY), project(fake, "bank/osgate-bell")
    for place, key in ((policy, "OSGATE_TOKEN"), (bell, "TOKEN")):
        _write_variable(fake, place, key)
    code, rows = told(capsys, "doctor", *WHERE, "--bell-project", "bank/osgate-bell")
    assert code == 1
    found = {(one["code"], one["place"]) for one in rows[POLICY]["left"]}
    assert {("secret", "OSGATE_TOKEN"), ("schedule", "pipeline_schedules")} <= found
    assert ("bell-secret", "TOKEN") in {(one["code"], one["place"]) for one in rows["bank/osgate-bell"]["left"]}


def _write_variable(fake: FakeGitLab, place: Project, key: str) -> None:
    import urllib.request

    data = json.dumps({"key": key, "value": "secret-value", "protected": False}).encode()
    headers = {"PRIVATE-TOKEN": fake.as_user(fake.root_user), "Content-Type": "application/json"}
    address = f"{fake.api_url}/projects/{place.id}/variables"
    with urllib.request.urlopen(urllib.request.Request(address, data, headers)) as answer:
        assert answer.status == 201


def test_a_token_that_may_not_look_is_told_and_counts_as_a_hole(
    fake: FakeGitLab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OSGATE_TOKEN", fake.as_bot(fake.group("bank"), 30))
    code, out = said(capsys, "doctor", *WHERE, "--only", "bank/app", "--language", "en")
    assert code == 1
    assert "Maintainer" in out
    fake.fail("GET", r"/groups/.*", 401, times=9)
    assert cli.main(["doctor", *WHERE]) == 4


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("enforce",), "gitlab"),
        (("enforce", "gitlub", *WHERE[1:]), "gitlub"),
        (("doctor", "gitlab", "--group", "bank"), "--policy-project"),
        (("doctor", *WHERE, "--format", "xml"), "xml"),
    ],
)
def test_what_is_asked_wrong_is_told(
    fake: FakeGitLab, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str
) -> None:
    code, out = said(capsys, *words)
    assert code == 2
    assert says in out
