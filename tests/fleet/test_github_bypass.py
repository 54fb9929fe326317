"""Ways around the gate on GitHub, each against what `enforce` has written: none of them makes a change mergeable."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from github_contract.contract import rest
from osgate import cli
from osgate.testing.github import FakeGitHub, rules, running
from osgate.testing.github.state import PullRequest, User
from osgate.testing.github.state_work import Run

POLICY, FLOW, NAME = "bank/osgate-policy", ".github/workflows/osgate-gate.yml", "osgate / intake"


class Bank:
    """An organisation under a ruleset that `enforce` wrote, and a pull request that the gate blocks."""

    def __init__(self, fake: FakeGitHub, *, by_app: bool) -> None:
        self.fake, self.app = fake, fake.app("osgate-gate") if by_app else None
        self.zhang: User = fake.user("zhang.san")
        self.place = fake.repo("bank/app", {"README.md": b"hello\n"}, roles={self.zhang: "write"})
        policy = fake.repo(POLICY, {FLOW: b"on: [pull_request, merge_group]\n"})
        fake.workflow(policy, FLOW, name="gate", on=("pull_request",), job=NAME)
        words = ["enforce", "github", "--org", "bank", "--policy-project", POLICY, "--write", "--format", "json"]
        if self.app:
            fake.install(self.app, fake.org("bank"))
            fake.check(self.place, self.place.git.tip("main"), NAME, app=self.app)
            words += ["--app", str(self.app.id), "--check", NAME]
        assert cli.main(words) == 0
        self.verdict = "failure"
        fake.on_workflow(lambda run: self.verdict if run.required else "success")
        fake.push(self.place, "feature", {"package-lock.json": b"{}"}, author=self.zhang)
        self.change: PullRequest = fake.pull(self.place, "feature", author=self.zhang)
        fake.settle()

    @property
    def mergeable(self) -> bool:
        """Whether nothing is in the way of the change's present head."""
        return not rules.obstacles(self.fake.world, self.change)

    @property
    def gate(self) -> Run:
        """The newest run of the required workflow."""
        return [run for run in self.place.runs if run.required][-1]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[FakeGitHub]:
    with FakeGitHub(contract=rest, ghes="3.19.0") as made:
        owner = made.user("chen.ba")
        made.org("bank", {owner: "admin"})
        monkeypatch.setenv("OSGATE_FORGE_URL", made.web_url)
        monkeypatch.setenv("OSGATE_TOKEN", made.as_user(owner, ("repo", "admin:org")))
        yield made
        assert made.violations == []


def _own_job(bank: Bank) -> None:
    """A workflow of the pull request's own, with a job of the gate's name."""
    path = ".github/workflows/mine.yml"
    bank.fake.workflow(bank.place, path, on=("pull_request", "push"), job=NAME)
    bank.fake.push(bank.place, "feature", {path: b"on: [pull_request, push]\n"}, author=bank.zhang)
    bank.fake.settle()


def _edited_workflow(bank: Bank) -> None:
    """A file where the gate's stands, changed in the pull request."""
    bank.fake.push(bank.place, "feature", {FLOW: b"on: pull_request\njobs: {}\n"}, author=bank.zhang)
    bank.fake.settle()


def _posted(bank: Bank) -> None:
    """A check of the gate's name, posted on the head by a workflow of another branch."""
    bank.fake.push(bank.place, "other", {"x": b"1"}, author=bank.zhang)
    bank.fake.check(bank.place, bank.change.head, NAME)


def _status(bank: Bank) -> None:
    bank.fake.status(bank.place, bank.change.head, NAME, bank.zhang)


def _pushed_after(bank: Bank) -> None:
    """The gate passes; then the head is another one, by force, and its run is not over yet."""
    bank.verdict = "success"
    _let_pass(bank)
    assert bank.mergeable
    bank.verdict = "failure"
    bank.fake.push(bank.place, "feature", {"evil.json": b"{}"}, author=bank.zhang, parent="main")


def _replayed(bank: Bank) -> None:
    """What passed is run once more, after another head came."""
    bank.verdict = "success"
    _let_pass(bank)
    old, head = bank.gate if bank.app is None else None, bank.change.head
    bank.verdict = "failure"
    bank.fake.push(bank.place, "feature", {"evil.json": b"{}"}, author=bank.zhang)
    bank.fake.settle()
    bank.verdict = "success"
    if old is None:
        bank.fake.check(bank.place, head, NAME, app=bank.app)
    else:
        running.again(bank.fake.world, old)
    bank.fake.settle()


def _let_pass(bank: Bank) -> None:
    """The gate says yes: the required workflow, or the institution's app."""
    if bank.app is not None:
        bank.fake.check(bank.place, bank.change.head, NAME, app=bank.app)
        return
    running.again(bank.fake.world, bank.gate)
    bank.fake.settle()


WAYS = (_own_job, _edited_workflow, _posted, _status, _pushed_after, _replayed)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.strip("_"))
@pytest.mark.parametrize("by_app", [False, True], ids=["workflow", "app"])
def test_nobody_makes_a_blocked_change_mergeable(fake: FakeGitHub, by_app: bool, way: Callable[[Bank], None]) -> None:
    bank = Bank(fake, by_app=by_app)
    assert not bank.mergeable
    way(bank)
    assert not bank.mergeable


@pytest.mark.parametrize("by_app", [False, True], ids=["workflow", "app"])
def test_what_the_gate_itself_passes_is_mergeable(fake: FakeGitHub, by_app: bool) -> None:
    bank = Bank(fake, by_app=by_app)
    bank.verdict = "success"
    _let_pass(bank)
    assert bank.mergeable
