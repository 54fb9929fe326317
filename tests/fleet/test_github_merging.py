"""`enforce` and `doctor` with a merge queue, and with a team that has to look, over an organisation of a GitHub."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from github_contract.contract import rest
from osgate import cli
from osgate.testing.github import FakeGitHub, queue, rules
from osgate.testing.github.state import Org, PullRequest, User
from osgate.testing.github.state_work import Run

POLICY, FLOW, NAME = "bank/osgate-policy", ".github/workflows/osgate-gate.yml", "osgate / intake"
WORDS = ("github", "--org", "bank", "--policy-project", POLICY)
Rows = dict[str, dict[str, list[dict[str, str]]]]


class Bank:
    """An organisation with an application, its owner's token, and a policy repository with the gate's workflow."""

    def __init__(self, fake: FakeGitHub, capsys: pytest.CaptureFixture[str]) -> None:
        self.fake, self.capsys = fake, capsys
        self.zhang, self.wang = fake.user("zhang.san"), fake.user("wang.wu")
        roles = {self.zhang: "write", self.wang: "write"}
        self.app = fake.repo("bank/app", {"README.md": b"hello\n"}, roles=roles)
        self.policy = fake.repo(POLICY, {FLOW: b"on: [pull_request, merge_group]\n"})
        fake.workflow(self.policy, FLOW, name="gate", on=("pull_request", "merge_group"), job=NAME)
        self.verdicts: dict[str, str] = {}
        fake.on_workflow(self.verdict)

    def verdict(self, run: Run) -> str:
        """What the gate says of an event; it passes unless told otherwise."""
        return self.verdicts.get(run.event, "success")

    @property
    def org(self) -> Org:
        """The organisation."""
        found = self.fake.world.org("bank")
        assert found is not None
        return found

    def run(self, command: str, *words: str) -> tuple[int, Rows]:
        """Run a command; return its exit code and what it says of each place."""
        code = cli.main([command, *WORDS, *words, "--format", "json"])
        rows = [json.loads(line) for line in self.capsys.readouterr().out.splitlines()]
        return code, {row["path"]: row for row in rows}

    def said(self, command: str, *words: str) -> tuple[int, str]:
        """Run a command for people; return its exit code and its words."""
        code = cli.main([command, *WORDS, *words, "--language", "en"])
        found = self.capsys.readouterr()
        return code, found.out + found.err

    def written(self) -> list[str]:
        """Return the paths that were written to, and forget them."""
        found = [f"{call.method} {call.path}" for call in self.fake.calls if call.method not in ("GET", "HEAD")]
        self.fake.calls.clear()
        return found

    def change(self, name: str, files: dict[str, bytes]) -> PullRequest:
        """Open a pull request, with the gate's verdict on it."""
        self.fake.push(self.app, name, files, author=self.zhang, parent="main")
        made = self.fake.pull(self.app, name, author=self.zhang)
        self.fake.settle()
        return made

    def open_to(self, change: PullRequest) -> list[str]:
        """What stands in the way of a change."""
        return rules.obstacles(self.fake.world, change)


@pytest.fixture
def ghes() -> str:
    """The version of the Enterprise Server; empty for github.com."""
    return "3.19.0"


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ghes: str) -> Iterator[Bank]:
    with FakeGitHub(contract=rest, ghes=ghes) as fake:
        owner = fake.user("chen.ba")
        fake.org("bank", {owner: "admin"})
        monkeypatch.setenv("OSGATE_FORGE_URL", fake.web_url)
        # As in a job there: the interface of github.com is not below its pages.
        monkeypatch.setenv("GITHUB_SERVER_URL", fake.web_url)
        monkeypatch.setenv("GITHUB_API_URL", fake.api_url)
        monkeypatch.setenv("OSGATE_TOKEN", fake.as_user(owner, ("repo", "admin:org")))
        yield Bank(fake, capsys)
        assert fake.violations == []


def codes(rows: Rows, path: str = "bank/app") -> set[str]:
    return {f"{one['weight']} {one['code']}" for one in rows[path]["left"]}


def queue_rule(**said: Any) -> dict[str, Any]:
    usual = dict.fromkeys(("max_entries_to_build", "max_entries_to_merge", "min_entries_to_merge"), 1)
    times = {"check_response_timeout_minutes": 30, "min_entries_to_merge_wait_minutes": 0}
    ways = {"grouping_strategy": "ALLGREEN", "merge_method": "MERGE"}
    return {"type": "merge_queue", "parameters": {**usual, **times, **ways, **said}}


def test_a_queue_is_shown_then_written_to_each_repository_and_found_again(bank: Bank) -> None:
    code, out = bank.said("enforce", "--merge-queue")
    assert (code, bank.written()) == (1, [])
    assert "grouping_strategy ALLGREEN" in out
    code, rows = bank.run("enforce", "--merge-queue", "--write")
    assert (code, [one["code"] for one in rows["bank/app"]["written"]]) == (0, ["queue"])
    assert bank.written() == ["POST /orgs/bank/rulesets", "POST /repos/bank/app/rulesets"]
    assert all("merge_queue" not in json.dumps(one.given) for one in bank.org.rulesets.values())
    code, rows = bank.run("enforce", "--merge-queue", "--write")
    assert (code, bank.written()) == (0, [])
    (ours,) = bank.app.rulesets.values()
    ours.given["enforcement"] = "disabled"
    assert codes(bank.run("doctor", "--merge-queue")[1]) >= {"drift queue", "advice asleep"}
    assert (bank.run("enforce", "--merge-queue", "--write")[0], ours.given["enforcement"]) == (0, "active")


def test_what_fails_in_the_queue_is_not_merged(bank: Bank) -> None:
    bank.run("enforce", "--merge-queue", "--write")
    good, bad = bank.change("good", {"a": b"1"}), bank.change("bad", {"b": b"2"})
    assert bank.open_to(good) == bank.open_to(bad) == []
    bank.fake.enqueue(good)
    bank.fake.settle()
    bank.verdicts["merge_group"] = "failure"
    bank.fake.enqueue(bad)
    bank.fake.settle()
    assert (good.merged_at is not None, bad.merged_at, bad.queued) == (True, None, "")


def test_a_queue_for_which_the_gate_does_not_start_is_not_written_and_is_told(bank: Bank) -> None:
    bank.fake.push(bank.policy, "main", {FLOW: b"on: pull_request\n"})
    bank.policy.workflows[0].on = ("pull_request",)
    assert bank.run("enforce", "--merge-queue", "--write")[0] == 2
    assert bank.written() == []
    bank.run("enforce", "--write")
    bank.fake.ruleset(bank.app, [queue_rule()])
    code, rows = bank.run("doctor")
    assert (code, "hole queue-deaf" in codes(rows)) == (1, True)
    assert "advice workflow-event" in codes(rows, POLICY)
    assert "hole workflow-event" in codes(bank.run("doctor", "--merge-queue")[1], POLICY)
    change = bank.change("feature", {"a": b"1"})
    bank.fake.enqueue(change)
    bank.fake.settle()
    bank.fake.forward(31 * 60)
    assert change.queued
    queue.advance(bank.fake.world, bank.app)
    assert (change.merged_at, change.queued) == (None, ""), "it has waited in vain"


def test_a_queue_is_refused_where_only_the_app_checks(bank: Bank) -> None:
    app = bank.fake.app("osgate-gate")
    words = ("--app", str(app.id), "--check", "osgate / desk")
    code, out = bank.said("enforce", *words, "--merge-queue", "--write")
    assert (code, bank.written()) == (2, [])
    assert "osgate / desk" in out
    assert bank.run("enforce", "--merge-queue", "--write")[0] == 0
    assert "hole queue-app" in codes(bank.run("doctor", *words)[1])


@pytest.mark.parametrize("plan", ["free", "team"])
def test_a_repository_with_a_queue_gets_no_check_that_the_queue_would_wait_for(bank: Bank, plan: str) -> None:
    bank.org.plan = plan
    app, free = bank.fake.app("osgate-gate"), bank.fake.repo("bank/free", {"a": b"1"})
    bank.fake.install(app, bank.org)
    bank.fake.check(free, free.git.tip("main"), NAME, app=app)
    bank.fake.ruleset(bank.app, [queue_rule()])
    code, rows = bank.run("enforce", "--app", str(app.id), "--check", NAME, "--write")
    assert code == 4
    assert "merge queue" in str(rows["bank/app"]["failed"]) or "queue-there" in str(rows["bank/app"]["failed"])
    assert {"drift ungated", "hole queue-app"} <= set(codes(rows))
    assert codes(rows, "bank/free") == set()
    assert bank.written() == ["POST /repos/bank/free/rulesets" if plan == "free" else "POST /orgs/bank/rulesets"]
    assert rules.required_checks(bank.fake.world, bank.app, "main") == []
    assert rules.required_checks(bank.fake.world, free, "main") == [(NAME, app.id)]


@pytest.mark.parametrize(
    ("said", "protection", "expected"),
    [
        ({}, {}, set()),
        ({"merge_method": "SQUASH"}, {}, {"advice queue-method"}),
        ({}, {"required_status_checks": {"strict": True, "checks": []}}, {"advice queue-strict"}),
    ],
)
def test_what_a_queue_starves_of_is_read_from_the_repository(
    bank: Bank, said: dict[str, Any], protection: dict[str, Any], expected: set[str]
) -> None:
    bank.fake.ruleset(bank.app, [queue_rule(**said)])
    bank.fake.protect(bank.app, **protection)
    assert {one for one in codes(bank.run("doctor")[1]) if "queue" in one} == expected


def test_a_queue_of_somebodys_own_is_left_alone_and_what_is_wrong_with_it_told(bank: Bank) -> None:
    checks = {"required_status_checks": [{"context": "build"}], "strict_required_status_checks_policy": True}
    strict = {"type": "required_status_checks", "parameters": checks}
    bank.run("enforce", "--write")
    bank.fake.ruleset(bank.app, [queue_rule(grouping_strategy="HEADGREEN"), strict])
    bank.written()
    code, rows = bank.run("enforce", "--merge-queue", "--write")
    assert (code, bank.written()) == (1, [])
    assert codes(rows) >= {"hole queue-head", "advice queue-strict"}
    first, second = (bank.change(name, {name: b"1"}) for name in ("first", "second"))
    for change in (first, second):
        bank.fake.check(bank.app, change.head, "build")
    assert bank.open_to(second) == []
    bank.fake.merge(first)
    assert bank.open_to(second) == ["The head branch is not up to date with the base branch."]


@pytest.mark.parametrize("ghes", [""])
def test_a_queue_that_the_plan_does_not_have_is_that_repositorys_failure_alone(bank: Bank) -> None:
    code, rows = bank.run("enforce", "--merge-queue", "--write")
    assert (code, "Invalid rule 'merge_queue'" in str(rows["bank/app"]["failed"])) == (4, True)
    assert [one["code"] for one in rows["bank"]["written"]] == ["ruleset"]


def security(bank: Bank, role: str = "write") -> User:
    """A member of the team bank/security, which has this role in the application."""
    found = bank.fake.user("li.si")
    bank.fake.team(bank.org, "security", {found: "active"}, repos={bank.app.id: role} if role else {})
    return found


def test_a_team_has_to_approve_what_changes_dependencies_and_nothing_else(bank: Bank) -> None:
    li = security(bank)
    assert "required_reviewers bank/security" in bank.said("enforce", "--reviewers", "bank/security")[1]
    bank.run("enforce", "--write")
    bank.written()
    code, rows = bank.run("enforce", "--reviewers", "bank/security")
    (drift,) = [one for one in rows["bank"]["left"] if one["weight"] == "drift"]
    assert (code, bank.written(), drift["code"], drift["found"]) == (1, [], "reviewers", "-")
    assert "package-lock.json" in drift["wanted"]
    assert bank.run("enforce", "--reviewers", "bank/security", "--write")[0] == 0
    (ours,) = bank.org.rulesets.values()
    assert bank.written() == [f"PUT /orgs/bank/rulesets/{ours.id}"]
    lock, docs = bank.change("lock", {"web/package-lock.json": b"{}"}), bank.change("docs", {"docs.md": b"x"})
    assert bank.open_to(docs) == []
    for who, left in ((bank.wang, 1), (li, 0)):
        bank.fake.review(lock, who)
        assert len(bank.open_to(lock)) == left
    code, rows = bank.run("enforce", "--reviewers", "bank/security", "--write")
    assert (code, bank.written(), codes(rows)) == (0, [], set())
    assert bank.run("enforce", "--write")[0] == 0
    assert bank.written() == [], "what was asked for once is not taken back"


def test_reviewers_of_a_team_that_may_not_write_do_not_count_and_that_is_told(bank: Bank) -> None:
    li = security(bank, "read")
    _, rows = bank.run("enforce", "--reviewers", "bank/security", "--write")
    assert "advice reviewers-weak" in codes(rows)
    lock = bank.change("lock", {"package-lock.json": b"{}"})
    bank.app.collaborators[li.id] = "write"
    bank.fake.review(lock, li)
    assert len(bank.open_to(lock)) == 1


@pytest.mark.parametrize("team", ["bank/nobody", "other/security", "security", "bank/"])
def test_a_team_that_is_not_there_is_an_error_before_anything_is_written(bank: Bank, team: str) -> None:
    security(bank)
    other = bank.fake.org("other", {bank.fake.user("chen.ba"): "admin"})
    bank.fake.team(other, "security")
    assert bank.run("enforce", "--reviewers", team, "--write")[0] == 2
    assert bank.written() == []


@pytest.mark.parametrize("ghes", ["3.16.0"])
def test_an_older_server_gets_the_rules_without_reviewers_and_is_named_for_it(bank: Bank) -> None:
    security(bank)
    words = ("enforce", "--reviewers", "bank/security", "--write")
    code, rows = bank.run(*words)
    assert (code, codes(rows, "bank")) == (0, {"advice owners", "advice reviewers-unknown"})
    (told,) = [one for one in rows["bank"]["left"] if one["code"] == "reviewers-unknown"]
    assert "not a permitted key" in told["why"]
    (ours,) = bank.org.rulesets.values()
    before = json.dumps(ours.given)
    assert {rule["type"] for rule in ours.given["rules"]} >= {"pull_request", "workflows"}
    assert (bank.run(*words)[0], json.dumps(ours.given)) == (0, before)
