"""`enforce` and `doctor` over an organisation of a GitHub."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from github_contract.contract import rest
from osgate import cli
from osgate.testing.github import FakeGitHub, rules
from osgate.testing.github.state import App, Org, PullRequest, Repo

POLICY = "bank/osgate-policy"
WHERE = ("github", "--org", "bank", "--policy-project", POLICY)
GATE = b"""\
on: {pull_request: {types: [opened, synchronize, reopened, edited]}, merge_group: }
jobs:
  osgate:
    name: osgate / intake
    steps: [{uses: "oss/osgate/actions/check@%s", with: {branches: main, lock: /etc/osgate.lock}}]
""" % (b"0" * 40)
FLOW = ".github/workflows/osgate-gate.yml"
Rows = dict[str, dict[str, list[dict[str, str]]]]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitHub]:
    """A bank with two applications and a policy repository, and its owner's token."""
    with FakeGitHub(contract=rest, ghes="3.19.0") as made:
        owner = made.user("chen.ba")
        made.org("bank", {owner: "admin"})
        for path in ("bank/app", "bank/core"):
            made.repo(path, {"README.md": b"hello\n"})
        made.repo(POLICY, {FLOW: GATE})
        made.workflow(repo(made, POLICY), FLOW, name="osgate", on=("pull_request",), job="osgate / intake")
        monkeypatch.setenv("OSGATE_FORGE_URL", made.web_url)
        monkeypatch.setenv("OSGATE_TOKEN", made.as_user(owner, ("repo", "admin:org")))
        yield made
        assert made.violations == []


def repo(fake: FakeGitHub, path: str) -> Repo:
    return next(one for one in fake.world.repos.values() if one.full_name == path)


def bank(fake: FakeGitHub) -> Org:
    found = fake.world.org("bank")
    assert found is not None
    return found


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = cli.main(list(words))
    found = capsys.readouterr()
    return code, found.out + found.err


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Rows]:
    code = cli.main([*words, "--format", "json"])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return code, {row["path"]: row for row in rows}


def codes(rows: Rows, path: str, weight: str) -> list[str]:
    return [one["code"] for one in rows[path]["left"] if one["weight"] == weight]


def posting(fake: FakeGitHub) -> App:
    """An app of the bank's that has posted its check."""
    app, place = fake.app("osgate-gate"), repo(fake, "bank/app")
    fake.install(app, bank(fake))
    fake.check(place, place.git.tip("main"), "osgate / intake", app=app)
    return app


def of(app: App) -> tuple[str, ...]:
    return "--app", str(app.id), "--check", "osgate / intake"


def written(fake: FakeGitHub) -> list[str]:
    return [call.path for call in fake.calls if call.method not in ("GET", "HEAD")]


def test_a_dry_run_shows_the_ruleset_and_writes_nothing(fake: FakeGitHub, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = said(capsys, "enforce", *WHERE, "--language", "en")
    assert code == 1
    assert 'there is no ruleset "osgate"\n      - nothing\n' in out
    assert "the gate is not required on main" in out
    assert "--write" in out
    assert written(fake) == []


def test_one_ruleset_of_the_organisation_sets_all_repositories_right(
    fake: FakeGitHub, capsys: pytest.CaptureFixture[str]
) -> None:
    code, rows = told(capsys, "enforce", *WHERE, "--write")
    assert code == 0
    assert set(rows) == {"bank", "bank/app", "bank/core"}, "the policy repository is left alone"
    assert written(fake) == ["/orgs/bank/rulesets"]
    (ruleset,) = bank(fake).rulesets.values()
    assert ruleset.given["conditions"]["repository_name"] == {"include": ["~ALL"], "exclude": ["osgate-policy"]}
    assert [flow.repo.full_name for flow in rules.required_workflows(fake.world, repo(fake, "bank/app"), "main")] == [
        POLICY
    ]
    code, again = told(capsys, "enforce", *WHERE, "--write")
    assert (code, [row["written"] for row in again.values()]) == (0, [[], [], []])


def test_what_drifts_in_the_ruleset_is_found_and_mended(fake: FakeGitHub, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "enforce", *WHERE, "--write")
    (ruleset,) = bank(fake).rulesets.values()
    role = {"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}
    main = {"ref_name": {"include": ["refs/heads/main"], "exclude": []}}
    reach = {**main, "repository_name": {"include": ["~ALL"], "exclude": []}}
    ruleset.given |= {"enforcement": "disabled", "bypass_actors": [role], "conditions": reach, "rules": []}
    code, rows = told(capsys, "doctor", *WHERE)
    assert code == 1
    found = set(codes(rows, "bank", "drift"))
    assert found == {"ruleset-asleep", "bypass", "reach", "rule"}
    code, rows = told(capsys, "enforce", *WHERE, "--write")
    assert code == 0
    assert {one["code"] for one in rows["bank"]["written"]} == found
    assert set(ruleset.given["conditions"]["ref_name"]["include"]) == {"~DEFAULT_BRANCH", "refs/heads/main"}


def test_a_check_that_anybody_may_post_is_advice_in_words(fake: FakeGitHub, capsys: pytest.CaptureFixture[str]) -> None:
    checks = {
        "required_status_checks": [{"context": "osgate / intake"}],
        "strict_required_status_checks_policy": False,
    }
    fake.ruleset(repo(fake, "bank/app"), [{"type": "required_status_checks", "parameters": checks}])
    code, rows = told(capsys, "doctor", *WHERE)
    assert code == 1
    assert "forgeable" in codes(rows, "bank/app", "advice")
    assert "ungated" in codes(rows, "bank/app", "drift")
    _, out = said(capsys, "doctor", *WHERE, "--language", "en")
    assert "whoever may push can post it himself, so it is advice" in out


def test_a_check_that_an_app_has_to_post_is_not_called_anybodys(
    fake: FakeGitHub, capsys: pytest.CaptureFixture[str]
) -> None:
    check = {"context": "osgate / intake", "integration_id": 4242}
    checks = {"required_status_checks": [check], "strict_required_status_checks_policy": False}
    fake.ruleset(repo(fake, "bank/app"), [{"type": "required_status_checks", "parameters": checks}])
    _, rows = told(capsys, "doctor", *WHERE)
    assert {"bound", "forgeable"} & set(codes(rows, "bank/app", "advice")) == {"bound"}
    _, out = said(capsys, "doctor", *WHERE, "--language", "en")
    assert "the check osgate / intake is required on main from app 4242; say --app 4242" in out


def test_with_an_app_the_check_has_to_be_named(fake: FakeGitHub, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("enforce",), ("doctor",), ("report", "bypass", "--since", "2026-11-01")):
        how = WHERE[1:] if words[0] == "report" else WHERE
        more = ("--forge", "github") if words[0] == "report" else ()
        code, out = said(capsys, *words, *more, *how, "--app", "7", "--language", "en")
        assert (code, "--check is missing" in out) == (2, True)
    assert fake.calls == []


def test_a_check_that_nobody_posts_is_not_required(fake: FakeGitHub, capsys: pytest.CaptureFixture[str]) -> None:
    app, place = fake.app("osgate-gate"), repo(fake, "bank/app")
    words = (*WHERE, "--app", str(app.id), "--check", "osgate / report")

    def refused(code: str) -> bool:
        """Whether this stands in the way: told by the doctor and a dry run, and nothing is written."""
        told_of = ("hole", code) in {
            (one["weight"], one["code"])
            for command in ("doctor", "enforce")
            for one in told(capsys, command, *words)[1]["bank"]["left"]
        }
        return told_of and said(capsys, "enforce", *words, "--write")[0] == 2 and written(fake) == []

    assert refused("app-missing")
    fake.install(app, bank(fake), (place,))
    assert refused("check-unseen")
    assert "app-selected" in codes(told(capsys, "doctor", *words)[1], "bank", "advice")
    change = _merged(fake, place, "green")
    fake.check(place, change.head, "osgate / report")
    assert refused("check-unseen"), "another app's check of that name is another check"
    fake.check(place, change.head, "osgate / report", app=app)
    assert told(capsys, "enforce", *words, "--write")[0] == 0
    assert written(fake) == ["/orgs/bank/rulesets"]


def test_rules_that_are_only_tried_out_hold_nothing(fake: FakeGitHub, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "enforce", *WHERE, "--write")
    bank(fake).plan = "enterprise"
    next(iter(bank(fake).rulesets.values())).given["enforcement"] = "evaluate"
    _, rows = told(capsys, "doctor", *WHERE)
    assert "asleep" in codes(rows, "bank/app", "advice")
    assert "ungated" in codes(rows, "bank/app", "drift")


def test_without_rulesets_of_the_organisation_each_repository_asks_for_the_apps_check(
    fake: FakeGitHub, capsys: pytest.CaptureFixture[str]
) -> None:
    bank(fake).plan = "free"
    code, out = said(capsys, "enforce", *WHERE, "--write", "--language", "en")
    assert code == 2
    assert "--app" in out
    app = posting(fake)
    words = (*WHERE, *of(app), "--only", "bank/app")
    code, rows = told(capsys, "enforce", *words, "--write")
    assert (code, codes(rows, "bank/app", "drift")) == (0, [])
    assert written(fake) == ["/repos/bank/app/rulesets"]
    assert rules.required_checks(fake.world, repo(fake, "bank/app"), "main") == [("osgate / intake", app.id)]
    _, rows = told(capsys, "doctor", *words)
    assert codes(rows, "bank/app", "drift") == []


def test_protection_that_names_the_app_and_holds_administrators_is_as_good(
    fake: FakeGitHub, capsys: pytest.CaptureFixture[str]
) -> None:
    app, place = fake.app("osgate-gate"), repo(fake, "bank/app")
    given: dict[str, Any] = {
        "required_status_checks": {"strict": False, "checks": [{"context": "osgate / intake", "app_id": app.id}]},
        "required_pull_request_reviews": {"dismiss_stale_reviews": True, "required_approving_review_count": 0},
        "enforce_admins": True,
    }
    fake.protect(place, **given)
    words = (*WHERE, *of(app), "--only", "bank/app")
    assert codes(told(capsys, "doctor", *words)[1], "bank/app", "drift") == []
    fake.protect(place, **{**given, "enforce_admins": False})
    assert codes(told(capsys, "doctor", *words)[1], "bank/app", "drift") == ["ungated"]


def test_further_branches_are_guarded_by_pattern(fake: FakeGitHub, capsys: pytest.CaptureFixture[str]) -> None:
    fake.push(repo(fake, "bank/app"), "release/1", {"x": b"1"})
    told(capsys, "enforce", *WHERE, "--write")
    words = (*WHERE, "--branches", "release/*")
    _, rows = told(capsys, "doctor", *words)
    open_to_all = {one["branch"] for one in rows["bank/app"]["left"] if one["code"] == "ungated"}
    assert open_to_all == {"release/1", "release/osgate-probe"}
    _, out = said(capsys, "doctor", *words, "--language", "en")
    assert "a new branch that fits release/* (tried: release/osgate-probe)" in out
    assert told(capsys, "enforce", *words, "--write")[0] == 0


def _merged(fake: FakeGitHub, place: Repo, name: str) -> PullRequest:
    fake.push(place, name, {f"{name}.txt": b"x\n"})
    return fake.pull(place, name)


def test_A06_a_merge_whose_head_had_no_passing_check_is_told(
    fake: FakeGitHub, capsys: pytest.CaptureFixture[str]
) -> None:
    place, day = repo(fake, "bank/app"), fake.world.now[:10]
    app = fake.app("osgate-gate")
    green, red, none, forged, late = [_merged(fake, place, n) for n in ("green", "red", "none", "forged", "late")]
    fake.check(place, green.head, "osgate / intake", app=app)
    fake.check(place, red.head, "osgate / intake", "failure", app=app)
    fake.check(place, forged.head, "osgate / intake")
    for change in (green, red, none, forged, late):
        fake.merge(change)
    fake.forward(60)
    fake.check(place, late.head, "osgate / intake", app=app)
    words = (*WHERE, *of(app), "--only", "bank/app", "--merged-since", day)
    code, rows = told(capsys, "doctor", *words)
    assert code == 1
    merged = {one["number"]: one["code"] for one in rows["bank/app"]["left"] if one["code"].startswith("merged")}
    assert merged == {
        f"#{red.number}": "merged-red",
        f"#{none.number}": "merged",
        f"#{forged.number}": "merged",
        f"#{late.number}": "merged-late",
    }


def test_the_doctor_reads_owners_workflows_and_the_policy_repository(
    fake: FakeGitHub, capsys: pytest.CaptureFixture[str]
) -> None:
    place, policy = repo(fake, "bank/app"), repo(fake, POLICY)
    old = policy.git.tip("main")
    fake.push(policy, "main", {".github/workflows/osgate-check.yml": b"on: workflow_call\n"})
    calls = f"on: pull_request\njobs:\n  a:\n    uses: {POLICY}/.github/workflows/osgate-check.yml@main\n"
    calls += f"  b:\n    uses: {POLICY}/.github/workflows/osgate-check.yml@{old}\n"
    path = ".github/workflows/osgate.yml"
    fake.push(place, "main", {path: calls.encode(), ".github/CODEOWNERS": b"/.osgate/ @nobody-there\n"})
    fake.workflow(place, path)
    fake.push(policy, "main", {FLOW: b"on:\n  pull_request:\n    paths: [src/**]\n"})
    _, rows = told(capsys, "doctor", *WHERE, "--only", "bank/app")
    assert {"flow-moving", "flow-behind", "unowned"} <= set(codes(rows, "bank/app", "advice"))
    assert [one["file"] for one in rows["bank/app"]["left"] if one["code"] == "unowned"] == ["package-lock.json"]
    assert "owners-unknown" in codes(rows, "bank/app", "hole")
    assert {"workflow-filter", "policy-open"} <= set(codes(rows, POLICY, "hole"))
    assert "workflow-event" in codes(rows, POLICY, "advice")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--workflow", ".github/workflows/none.yml"), "none.yml"),
        (("--policy-project", "bank/nowhere"), "bank/nowhere"),
        (("--org", "bnak"), "bnak"),
        (("--app", "gate"), "gate"),
        (("--group", "bank"), "--group"),
    ],
)
def test_what_would_let_nothing_merge_is_not_written(
    fake: FakeGitHub, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str
) -> None:
    given = dict(zip(WHERE[1::2], WHERE[2::2], strict=True)) | dict(zip(words[::2], words[1::2], strict=True))
    code, out = said(capsys, "enforce", "github", *(w for pair in given.items() for w in pair), "--write")
    assert code == 2
    assert says in out
    assert written(fake) == []


def test_a_token_that_may_not_look_is_told_and_counts_as_a_hole(
    fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys, "enforce", *WHERE, "--write")
    fake.forward(1)
    plain = fake.user("li.si")
    fake.org("bank", {plain: "member"})
    monkeypatch.setenv("OSGATE_TOKEN", fake.as_user(plain))
    code, rows = told(capsys, "doctor", *WHERE, "--only", "bank/app")
    assert code == 1
    assert "unseen" in codes(rows, "bank", "hole")
    fake.fail("GET", r"/repos/bank/app$", 404, times=9)
    code, rows = told(capsys, "doctor", *WHERE)
    assert code == 4
    assert "failed" in rows["bank/app"]
    assert rows["bank/core"]["left"] is not None


@pytest.mark.parametrize("prefix", ["", "bank/"], ids=["name", "path"])
def test_repositories_are_named_by_path_or_by_name_in_the_list_and_in_the_ruleset(
    fake: FakeGitHub, capsys: pytest.CaptureFixture[str], prefix: str
) -> None:
    fake.repo("bank/old-app", {"README.md": b"hello\n"})
    words = ("--only", f"{prefix}*app, {prefix}core", "--except", f"{prefix}old-*")
    code, rows = told(capsys, "enforce", *WHERE, *words, "--write")
    assert (code, set(rows)) == (0, {"bank", "bank/app", "bank/core"})
    (ruleset,) = bank(fake).rulesets.values()
    reach = {"include": ["*app", "core"], "exclude": ["old-*", "osgate-policy"]}
    assert ruleset.given["conditions"]["repository_name"] == reach


def test_of_several_places_a_table_comes_first(fake: FakeGitHub, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "enforce", *WHERE, "--write", "--only", "app")
    fake.fail("GET", r"/repos/bank/core$", 404, times=9)
    code, out = said(capsys, "doctor", *WHERE, "--language", "en")
    assert code == 4
    head, *rows = out.partition("\n\n")[0].splitlines()[-5:]
    assert head.split() == ["place", "state", "drift", "holes", "advice"]
    state = {row.split()[0]: row for row in rows}
    assert "not looked at" in state["bank/core"]
    assert "open" in state[POLICY], "its history can be rewritten"
    assert "as it must be" in state["bank/app"]


def test_what_was_looked_at_is_told_although_somebody_interrupts(
    fake: FakeGitHub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from osgate.fleet.github_work import RepositoryRecipe

    found = RepositoryRecipe.found

    def interrupted(self: RepositoryRecipe, id: str) -> Any:
        if id == "bank/core":
            raise KeyboardInterrupt
        return found(self, id)

    monkeypatch.setattr(RepositoryRecipe, "found", interrupted)
    code, out = said(capsys, "doctor", *WHERE, "--language", "en")
    assert code == 130
    assert "the gate is not required on main" in out.partition("bank/app\n")[2]
