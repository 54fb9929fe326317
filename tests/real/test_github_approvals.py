"""The whole of it at a fake GitHub: every workflow is run for real by act; only people and workflows act.

A pull request is blocked, its author asks by an issue, two reviewers approve there, and the same head turns green.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.kit import lockfile
from flow.house import FROM, PEOPLE, people_toml
from github_contract.contract import documents, rest
from osgate import wiring
from osgate.ledger.lock import Lock, printed
from osgate.model.policy import Key
from osgate.testing.clock import Clock
from osgate.testing.github import FakeGitHub
from osgate.testing.keys import SigningKey
from osgate.testing.policies import policy_files
from real import github_runner
from testing.github_house import ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from osgate.testing.github.state import PullRequest, User

pytestmark = pytest.mark.real

DEFAULT = {"include": ["~DEFAULT_BRANCH"], "exclude": []}
# The desk pushes to the policy repository's main, where a required workflow would stand in its way.
ALL_BUT_POLICY = {"include": ["~ALL"], "exclude": ["policy"]}


class Bank:
    """A GitHub with osgate as `docs/github.md` sets it up; only the snapshot is read from a folder, not from Pages."""

    def __init__(self, fake: FakeGitHub, runner: github_runner.Runner, folder: Path) -> None:
        self.fake, self.published = fake, folder / "published"
        self.instance = github_runner.Instance(fake, runner, folder)
        self.people = {id: fake.user(id) for id in PEOPLE}
        self.bot = fake.user("osgate-desk")
        self.org = fake.org("bank", dict.fromkeys((*self.people.values(), self.bot), "member"))
        common = {"install": "none", "python": sys.executable}
        lock = json.dumps(json.loads(printed(Lock((str(self.published),), (Key(SigningKey("desk").public),)))))
        everybody = dict.fromkeys(self.people.values(), "read")
        gate = {**common, "lock": lock, "branches": "main", "policy_url": f"{fake.web_url}/bank/policy"}
        person = {"token": "${{ secrets.OSGATE_TOKEN }}", "app_id": "", "app_key": "", "check": ""}
        desk = {**common, **person, "publish": str(self.published), "cache": str(folder / "cache")}
        self.policy = fake.repo(
            "bank/policy",
            {
                **self._policy(),
                ".github/workflows/osgate-gate.yml": github_runner.example("policy/osgate-gate", **gate),
                ".github/workflows/osgate-desk.yml": github_runner.example("policy/osgate-desk", **desk),
            },
            roles={**everybody, self.bot: "admin"},
        )
        self.app = fake.repo(
            "bank/app",
            {"package-lock.json": lockfile().encode()},
            roles={self.people["wang.wu"]: "write", self.people["zhao.liu"]: "maintain", self.bot: "write"},
        )
        self._rules()
        fake.on_workflow(self.instance)

    def _policy(self) -> dict[str, bytes]:
        machine, people = SigningKey("machine"), people_toml().decode()
        for id, user in self.people.items():
            mail = f'{{forge = "git", id = "{id}@bank.example"}}'
            people = people.replace(mail, f'{mail}, {{forge = "github", id = "{user.id}"}}')
        written = policy_files(address=str(self.published))
        table = f'\n[witness]\nforge = "github"\n[[witness.key]]\nkey = "{machine.public}"\nfrom = {FROM}\n'
        return {**written, "osgate.toml": written["osgate.toml"] + table.encode(), "people.toml": people.encode()}

    def _rules(self) -> None:
        """The organisation runs the policy repository's workflow in the application, and the desk has its keys."""
        self.gate = self.instance.workflow(self.policy, "osgate-gate")
        self.desk = self.instance.workflow(self.policy, "osgate-desk", "desk")
        where = {"repository_id": self.policy.id, "path": self.gate.path, "ref": "refs/heads/main"}
        rules = [{"type": "workflows", "parameters": {"workflows": [where]}}]
        self.fake.ruleset(self.org, rules, conditions={"ref_name": DEFAULT, "repository_name": ALL_BUT_POLICY})
        self.instance.secrets["bank/policy"] = {
            "OSGATE_TOKEN": self.fake.as_user(self.bot),
            "OSGATE_DESK_KEY": SigningKey("desk").private.decode(),
            "OSGATE_WITNESS_KEY": SigningKey("machine").private.decode(),
        }

    def round(self) -> github_runner.Ran:
        """Let what waits run, the desk among it; return how the first of its runs ended."""
        self.fake.forward(60)
        before = len(self.instance.ran)
        self.fake.settle()
        return next(ran for run, ran in self.instance.ran[before:] if run.workflow is self.desk)

    def newest(self, change: PullRequest) -> github_runner.Ran:
        """How the newest run of the gate on a pull request ended."""
        return [ran for run, ran in self.instance.ran if run.change is change and run.workflow is self.gate][-1]

    def merge(self, change: PullRequest, by: User) -> int:
        path = f"/repos/bank/app/pulls/{change.number}/merge"
        return ask(self.fake, "PUT", path, self.fake.as_user(by), {})[0]


@pytest.fixture
def bank(act: github_runner.Runner, tmp_path: Path) -> Iterator[Bank]:
    with FakeGitHub(contract=rest, graphql=documents, clock=Clock(wiring.now().instant)) as fake:
        yield Bank(fake, act, tmp_path)
        assert fake.violations == []


def test_X02_block_request_two_approvals_green_on_the_same_head(bank: Bank) -> None:
    fake, people = bank.fake, bank.people
    token = fake.as_user(bank.bot)
    path = "/repos/bank/policy/actions/workflows/osgate-desk.yml/dispatches"
    assert ask(fake, "POST", path, token, {"ref": "main"})[0] == 204
    first = bank.round()
    assert first.passed, first.said
    hostile = b"on: pull_request\njobs: {osgate: {name: osgate / intake, runs-on: x, steps: [{run: exit 0}]}}\n"
    files = {"package-lock.json": lockfile("left-pad@1.3.0").encode(), bank.gate.path: hostile}
    head = fake.push(bank.app, "fix", files, author=people["wang.wu"])
    change = fake.pull(bank.app, "fix", author=people["wang.wu"])
    fake.settle()
    blocked = bank.newest(change)
    assert blocked.jobs == {"osgate / intake": "failed"}, blocked.said
    assert "left-pad 1.3.0" in blocked.log
    assert f"{fake.web_url}/bank/policy/issues/new?" in blocked.log
    assert bank.merge(change, people["zhao.liu"]) == 405

    said = f"/osgate request bank/app#{change.number}\npurpose: padding\nalternatives: none\nreason: tables"
    asked = fake.issue(bank.policy, "left-pad", said, people["wang.wu"])
    heard = bank.round()
    assert heard.passed, heard.said
    for person, role in (("zhang.san", "tech"), ("li.si", "legal")):
        fake.comment(asked, people[person], f"/osgate approve role={role} reason: read")
    decided = bank.round()
    assert decided.passed, decided.said
    assert bank.newest(change).jobs == {"osgate / intake": "succeeded"}, bank.newest(change).said
    assert change.head == head
    assert b"manifest.json" in bank.policy.git.run("ls-tree", "--name-only", "gh-pages").split()
    assert "bank/app" not in bank.instance.secrets
    assert bank.merge(change, people["zhao.liu"]) == 200
