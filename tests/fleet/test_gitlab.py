"""`enforce` and `doctor` over a group of a GitLab."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from osgate import cli
from osgate.testing.gitlab.fake import FakeGitLab
from osgate.testing.gitlab.state import Group, MergeRequest, Project

POLICY, BELL = "bank/osgate-policy", "https://gitlab.example.test/api/v4/projects/9/ref/main/trigger/pipeline?token=t"
WHERE = ("gitlab", "--group", "bank", "--policy-project", POLICY, "--bell", BELL)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitLab]:
    """A bank with two applications, one of them in a subgroup, a policy project and a bell."""
    with FakeGitLab() as made:
        group = made.group("bank", {made.user("chen.ba"): 50})
        monkeypatch.setenv("OSGATE_FORGE_URL", made.web_url)
        monkeypatch.setenv("OSGATE_TOKEN", made.as_bot(group, 50))
        for path in ("bank/app", "bank/core/ledger", "bank/osgate-bell"):
            made.project(path, {"README.md": b"hello\n"})
        made.project(POLICY, {"application.yml": b"include: []\n"})
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
    assert set(rows) == {POLICY, "bank/osgate-bell"}, "groups are told only where something is wrong with them"


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
    assert ("secret-missing", "OSGATE_DESK_KEY") in found
    assert ("setting-by-hand", "ci_pipeline_variables_minimum_override_role") in found
    assert ("bell-secret", "TOKEN") in {(one["code"], one["place"]) for one in rows["bank/osgate-bell"]["left"]}


def _write_variable(fake: FakeGitLab, place: Project | Group, key: str) -> None:
    import urllib.request

    kind = "projects" if isinstance(place, Project) else "groups"
    data = json.dumps({"key": key, "value": "secret-value", "protected": False}).encode()
    headers = {"PRIVATE-TOKEN": fake.as_user(fake.root_user), "Content-Type": "application/json"}
    address = f"{fake.api_url}/{kind}/{place.id}/variables"
    with urllib.request.urlopen(urllib.request.Request(address, data, headers)) as answer:
        assert answer.status == 201


def test_a_token_that_may_not_look_is_told_and_counts_as_a_hole(
    fake: FakeGitLab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OSGATE_TOKEN", fake.as_bot(fake.group("bank"), 30))
    code, out = said(capsys, "doctor", *WHERE, "--only", "bank/app", "--language", "en")
    assert code == 1
    assert "protected_branches" in out
    fake.fail("GET", r"/groups/.*", 401, times=9)
    assert cli.main(["doctor", *WHERE]) == 4


@pytest.mark.parametrize("command", ["enforce", "doctor"])
def test_a_group_that_is_not_there_is_told_so(
    fake: FakeGitLab, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    code, out = said(capsys, command, "gitlab", "--group", "bnak", "--policy-project", POLICY, "--language", "en")
    assert code == 2
    assert "bnak" in out
    assert "/projects" not in out


@pytest.mark.parametrize("config", ["missing.yml", "application.yml@bank/nowhere", f"application.yml@{POLICY}:v9"])
def test_nothing_is_written_where_no_pipeline_would_start(
    fake: FakeGitLab, capsys: pytest.CaptureFixture[str], config: str
) -> None:
    code, out = said(capsys, "enforce", *WHERE, "--config", config, "--write", "--language", "en")
    assert code == 2
    assert config.partition("@")[2].partition(":")[0] in out
    assert not [call for call in fake.calls if call.method not in ("GET", "HEAD")]
    code, rows = told(capsys, "doctor", *WHERE, "--config", config)
    assert code == 1
    assert rows[POLICY]["left"][0]["code"] in ("no-config", "no-policy-project")


def test_the_configuration_may_stand_at_a_ref(fake: FakeGitLab, capsys: pytest.CaptureFixture[str]) -> None:
    fake.push(project(fake, POLICY), "next", {"application.yml": b"include: []\n"})
    config = f"application.yml@{POLICY}:next"
    assert told(capsys, "enforce", *WHERE, "--config", config, "--write")[0] == 0
    assert project(fake, "bank/app").settings["ci_config_path"] == config


def test_further_branches_are_protected_as_the_default_one(
    fake: FakeGitLab, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (*WHERE, "--only", "bank/app", "--branches", "release/*,hotfix/*")
    assert told(capsys, "enforce", *words, "--write")[0] == 0
    protected = project(fake, "bank/app").protected
    assert {name: protected[name].push[0]["access_level"] for name in protected} == dict.fromkeys(
        ("main", "release/*", "hotfix/*"), 0
    )
    protected["release/*"].push = [fake.world.access_row(30)]
    code, rows = told(capsys, "doctor", *words)
    assert code == 1
    assert [one["branch"] for one in rows["bank/app"]["left"] if one["weight"] == "drift"] == ["release/*"]


def test_variables_that_outrank_the_gates_own_are_named(fake: FakeGitLab, capsys: pytest.CaptureFixture[str]) -> None:
    _write_variable(fake, project(fake, "bank/app"), "BASH_ENV")
    _write_variable(fake, project(fake, "bank/app"), "DEPLOY_HOST")
    _write_variable(fake, fake.group("bank/core"), "GIT_STRATEGY")
    _, rows = told(capsys, "doctor", *WHERE)
    keys = {path: [one["key"] for one in row["left"] if one["code"] == "bending"] for path, row in rows.items()}
    assert {path: found for path, found in keys.items() if found} == {
        "bank/app": ["BASH_ENV"],
        "bank/core": ["GIT_STRATEGY"],
    }


def test_the_doctor_names_the_command_that_mends_and_what_is_written_by_hand(
    fake: FakeGitLab, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out = said(capsys, "doctor", *WHERE, "--language", "en")
    assert "osgate enforce gitlab … --write sets" in out
    assert "say --write" not in out
    assert "Pipelines must succeed (only_allow_merge_if_pipeline_succeeds)" in out
    assert "by hand" in out
    assert "tier ?" not in out
    _, out = said(capsys, "enforce", *WHERE, "--only", "bank/app", "--write", "--language", "en")
    assert "Pipelines must succeed (only_allow_merge_if_pipeline_succeeds): now as it must be: true" in out
    assert "1 place:" in out


def _merged(fake: FakeGitLab, app: Project, name: str) -> MergeRequest:
    """Open a merge request that is merged by whoever tells, whatever its pipelines say."""
    fake.push(app, name, {f"{name}.txt": b"x\n"})
    return fake.merge_request(app, name)


def _merge(fake: FakeGitLab, found: MergeRequest) -> None:
    found.state, found.merged_at, found.updated_at = "merged", fake.world.now, fake.world.now


def test_A06_a_merge_whose_head_had_no_passing_gate_is_told(
    fake: FakeGitLab, capsys: pytest.CaptureFixture[str]
) -> None:
    app = project(fake, "bank/app")
    day = fake.world.now[:10]
    green, red, none, other, stale, late = [
        _merged(fake, app, name) for name in ("green", "red", "none", "other", "stale", "late")
    ]
    for change, job, status in (
        *((green, "osgate", "success"), (red, "osgate", "failed")),
        *((other, "build", "success"), (stale, "osgate", "success")),
    ):
        pipeline = fake.pipeline(change)
        fake.job(pipeline, job, "running")
        fake.finish(pipeline, status)
    fake.push(app, "stale", {"more.txt": b"y\n"})
    for change in (green, red, none, other, stale, late):
        _merge(fake, change)
    afterwards = fake.pipeline(late)
    fake.job(afterwards, "osgate", "running", finished_at=fake.forward(60))
    fake.finish(afterwards)
    code, rows = told(capsys, "doctor", *WHERE, "--only", "bank/app", "--merged-since", day)
    assert code == 1
    merged = {one["number"]: one["code"] for one in rows["bank/app"]["left"] if one["code"].startswith("merged")}
    assert merged == {
        f"!{red.iid}": "merged-red",
        f"!{none.iid}": "merged",
        f"!{other.iid}": "merged",
        f"!{stale.iid}": "merged",
        f"!{late.iid}": "merged-late",
    }
    fake.forward(days=2)
    _, rows = told(capsys, "doctor", *WHERE, "--only", "bank/app", "--merged-since", fake.world.now[:10])
    assert not [one for one in rows["bank/app"]["left"] if one["code"].startswith("merged")]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("enforce",), "gitlab"),
        (("enforce", "gitlub", *WHERE[1:]), "gitlub"),
        (("doctor", "gitlab", "--group", "bank"), "--policy-project"),
        (("doctor", *WHERE, "--format", "xml"), "xml"),
        (("doctor", *WHERE, "--merged-since", "yesterday"), "yesterday"),
        (("enforce", *WHERE, "--org", "bank"), "--org"),
        (("enforce", *WHERE, "--forge-url", "https://gitlab.example.test"), "--forge-url"),
    ],
)
def test_what_is_asked_wrong_is_told(
    fake: FakeGitLab, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str
) -> None:
    code, out = said(capsys, *words)
    assert code == 2
    assert says in out


def test_approval_rules_of_a_paid_tier_are_told_and_missed_nowhere(
    fake: FakeGitLab, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("doctor", *WHERE, "--only", "bank/app")
    _, rows = told(capsys, *words)
    assert "approval-rules" not in {one["code"] for one in rows["bank/app"]["left"]}
    fake.world.tier = "premium"
    for name, count in (("Security", 2), ("Everybody", 0)):
        rule = {"id": count + 1, "name": name, "approvals_required": count, "user_ids": []}
        project(fake, "bank/app").approval_rules.append(rule)
    _, out = said(capsys, *words, "--language", "en")
    assert "Security (2)" in out
    assert "Everybody" not in out
