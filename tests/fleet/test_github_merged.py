"""Which run of the gate counts for what was merged, where a ruleset runs the policy repository's workflow."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from github_contract.contract import rest
from osgate import cli
from osgate.testing.github import FakeGitHub
from osgate.testing.github.state import PullRequest

POLICY, FLOW, NAME = "bank/osgate-policy", ".github/workflows/osgate-gate.yml", "osgate / intake"
WHERE = ("github", "--org", "bank", "--policy-project", POLICY, "--format", "json")


class Bank:
    """An organisation under a ruleset that `enforce` wrote, whose gate says `verdict`, and a pull request."""

    def __init__(self, fake: FakeGitHub) -> None:
        self.fake, self.verdict = fake, "success"
        self.zhang = fake.user("zhang.san")
        self.place = fake.repo("bank/app", {"README.md": b"hello\n"}, roles={self.zhang: "write"})
        policy = fake.repo(POLICY, {FLOW: b"on: [pull_request, merge_group]\n"})
        fake.workflow(policy, FLOW, name="gate", on=("pull_request",), job=NAME)
        assert cli.main(["enforce", *WHERE, "--write"]) == 0
        fake.on_workflow(lambda run: self.verdict if run.required else "success")

    def change(self) -> PullRequest:
        """Open a pull request, and have all run that runs for it."""
        self.fake.push(self.place, "feature", {"package-lock.json": b"{}"}, author=self.zhang)
        made = self.fake.pull(self.place, "feature", author=self.zhang)
        self.settle()
        return made

    def settle(self) -> None:
        self.fake.settle()
        self.fake.forward(60)


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Bank]:
    with FakeGitHub(contract=rest, ghes="3.19.0") as made:
        owner = made.user("chen.ba")
        made.org("bank", {owner: "admin"})
        monkeypatch.setenv("OSGATE_FORGE_URL", made.web_url)
        monkeypatch.setenv("OSGATE_TOKEN", made.as_user(owner, ("repo", "admin:org")))
        bank = Bank(made)
        capsys.readouterr()
        yield bank
        assert made.violations == []


def told(bank: Bank, capsys: pytest.CaptureFixture[str], change: PullRequest, *words: str) -> list[str]:
    """What is told of a change that is merged now, whatever is in the way."""
    day = bank.fake.world.now[:10]
    bank.fake.merge(change)
    bank.fake.forward(60)
    cli.main(["doctor", *WHERE, "--only", "bank/app", "--merged-since", day, *words])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (left,) = [row["left"] for row in rows if row["path"] == "bank/app"]
    return [one["code"] for one in left if one["code"].startswith("merged")]


@pytest.mark.parametrize(("verdict", "codes"), [("success", []), ("failure", ["merged-red"])])
def test_the_run_of_the_required_workflow_counts(
    bank: Bank, capsys: pytest.CaptureFixture[str], verdict: str, codes: list[str]
) -> None:
    bank.verdict = verdict
    assert told(bank, capsys, bank.change()) == codes


@pytest.mark.parametrize(
    ("verdicts", "codes"), [(("success", "failure"), ["merged-red"]), (("failure", "success"), [])]
)
def test_the_newest_check_before_the_merge_counts(
    bank: Bank, capsys: pytest.CaptureFixture[str], verdicts: tuple[str, ...], codes: list[str]
) -> None:
    change, app = bank.change(), bank.fake.app("osgate-gate")
    for verdict in verdicts:
        bank.fake.check(bank.place, change.head, NAME, verdict, app=app)
        bank.fake.forward(60)
    assert told(bank, capsys, change, "--app", str(app.id), "--check", NAME) == codes


def _own_job(bank: Bank) -> PullRequest:
    """A workflow of the repository's own has a job of the gate's name."""
    bank.fake.workflow(bank.place, ".github/workflows/mine.yml", on=("pull_request",), job=NAME)
    return bank.change()


def _own_file(bank: Bank) -> PullRequest:
    """So has one that is called as the gate's."""
    bank.fake.workflow(bank.place, FLOW, on=("pull_request",), job=NAME)
    return bank.change()


def _posted(bank: Bank) -> PullRequest:
    """A job posts a check of the gate's name, after the gate."""
    change = bank.change()
    bank.fake.check(bank.place, change.head, NAME)
    bank.fake.forward(60)
    return change


@pytest.mark.parametrize("way", [_own_job, _own_file, _posted], ids=lambda way: way.__name__.strip("_"))
def test_a_check_of_the_gates_name_from_elsewhere_does_not_count(
    bank: Bank, capsys: pytest.CaptureFixture[str], way: Callable[[Bank], PullRequest]
) -> None:
    bank.verdict = "failure"
    change = way(bank)
    bank.place.checks = [one for one in bank.place.checks if one.conclusion == "success"]
    assert told(bank, capsys, change) == ["merged"]


def test_a_check_of_another_app_does_not_count(bank: Bank, capsys: pytest.CaptureFixture[str]) -> None:
    bank.verdict = "failure"
    change = bank.change()
    bank.fake.check(bank.place, change.head, NAME, app=bank.fake.app("some-app"))
    bank.fake.forward(60)
    assert told(bank, capsys, change) == ["merged-red"]


def test_where_no_run_is_told_any_more_a_check_of_actions_counts(
    bank: Bank, capsys: pytest.CaptureFixture[str]
) -> None:
    change = bank.change()
    bank.place.runs.clear()
    assert told(bank, capsys, change) == []
