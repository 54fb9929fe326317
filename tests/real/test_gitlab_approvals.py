"""The whole of it at a fake GitLab, tier Free: every pipeline is run for real; only people and pipelines act.

A merge request is blocked, its author asks by an issue, two reviewers approve there, and the same head turns green.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.kit import lockfile
from flow.house import FROM, PEOPLE, people_toml
from osgate import wiring
from osgate.ledger.lock import Lock, printed
from osgate.model.policy import Key
from osgate.testing.clock import Clock
from osgate.testing.gitlab import FakeGitLab
from osgate.testing.keys import SigningKey
from osgate.testing.policies import policy_files
from real import gitlab_runner
from real.test_gitlab_flow import including
from testing.gitlab_house import ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from osgate.testing.gitlab.state import MergeRequest, User

pytestmark = pytest.mark.real

TEMPLATES = Path(__file__).resolve().parents[2] / "gitlab-templates"
DEVELOPER, MAINTAINER = 30, 40


class Bank:
    """A GitLab with osgate as `docs/gitlab.md` sets it up; only the snapshot is read from a folder, not from Pages."""

    def __init__(self, fake: FakeGitLab, runner: gitlab_runner.Runner, folder: Path) -> None:
        self.fake, self.published = fake, folder / "published"
        self.instance = gitlab_runner.Instance(fake, runner, folder)
        self.people = {id: fake.user(id) for id in PEOPLE}
        self.bot = fake.user("osgate-desk", kind="service_account")
        path = gitlab_runner.search_path(folder)
        files = {found.relative_to(TEMPLATES).as_posix(): found.read_bytes() for found in TEMPLATES.rglob("*.yml")}
        fake.project("oss/osgate", files, visibility="public")
        lock = json.dumps(json.loads(printed(Lock((str(self.published),), (Key(SigningKey("desk").public),)))))
        everybody = dict.fromkeys(self.people.values(), 20)
        self.policy = fake.project(
            "oss/policy",
            {
                **self._policy(),
                "application.yml": including(
                    "check", path, lock=lock, branches="main", policy_url=f"{fake.web_url}/oss/policy"
                ),
                ".gitlab-ci.yml": including("desk", path, group="bank", publish=str(self.published), pages=False),
            },
            members={**everybody, self.bot: MAINTAINER},
            visibility="public",
        )
        self.app = fake.project(
            "bank/app",
            {"package-lock.json": lockfile().encode()},
            members={self.people["wang.wu"]: DEVELOPER, self.people["zhao.liu"]: MAINTAINER},
            visibility="public",
            ci_config_path="application.yml@oss/policy",
            only_allow_merge_if_pipeline_succeeds=True,
        )
        fake.member(fake.group("bank"), self.bot, DEVELOPER)
        self._secrets(folder)
        fake.on_pipeline(self.instance)

    def _policy(self) -> dict[str, bytes]:
        machine, people = SigningKey("machine"), people_toml().decode()
        for id, user in self.people.items():
            mail = f'{{forge = "git", id = "{id}@bank.example"}}'
            people = people.replace(mail, f'{mail}, {{forge = "gitlab", id = "{user.id}"}}')
        written = policy_files(address=str(self.published))
        table = f'\n[witness]\nforge = "gitlab"\n[[witness.key]]\nkey = "{machine.public}"\nfrom = {FROM}\n'
        return {**written, "osgate.toml": written["osgate.toml"] + table.encode(), "people.toml": people.encode()}

    def _secrets(self, folder: Path) -> None:
        """The protected variables of the policy project."""
        token = self.fake.as_user(self.bot, ("api", "write_repository"))
        for key, value, kind in (
            ("OSGATE_TOKEN", token, "env_var"),
            ("OSGATE_DESK_KEY", SigningKey("desk").private.decode(), "file"),
            ("OSGATE_WITNESS_KEY", SigningKey("machine").private.decode(), "file"),
            ("OSGATE_CACHE", str(folder / "cache"), "env_var"),
        ):
            row = {"key": key, "value": value, "variable_type": kind, "protected": True}
            status, _, said = ask(
                self.fake, "POST", f"/projects/{self.policy.id}/variables", self.fake.as_user(self.fake.root_user), row
            )
            assert status == 201, said

    def scheduled(self) -> gitlab_runner.Ran:
        """The schedule of the policy project, and whatever it sets going."""
        self.fake.clock.forward(seconds=60)
        self.fake.pipeline(self.policy, source="trigger")
        before = len(self.instance.ran)
        self.fake.settle()
        return self.instance.ran[before][1]

    def newest(self, change: MergeRequest) -> gitlab_runner.Ran:
        """How the newest pipeline of a merge request ended."""
        return [ran for pipeline, ran in self.instance.ran if pipeline.merge_request is change][-1]

    def merge(self, change: MergeRequest, by: User) -> int:
        path = f"/projects/{change.project.id}/merge_requests/{change.iid}/merge"
        return ask(self.fake, "PUT", path, self.fake.as_user(by), {})[0]


@pytest.fixture
def bank(runner, tmp_path: Path) -> Iterator[Bank]:
    with FakeGitLab(tier="free", clock=Clock(wiring.now().instant)) as fake:
        yield Bank(fake, runner, tmp_path)
        assert fake.violations == []


def test_X08_free_block_request_two_approvals_green_on_the_same_head(bank: Bank) -> None:
    fake, people = bank.fake, bank.people
    first = bank.scheduled()
    assert first.passed, first.said
    files = {"package-lock.json": lockfile("left-pad@1.3.0").encode()}
    head = fake.push(bank.app, "fix", files, author=people["wang.wu"])
    change = fake.merge_request(bank.app, "fix", author=people["wang.wu"])
    fake.pipeline(change)
    fake.settle()
    assert bank.newest(change).jobs == {"osgate": "FAIL"}, bank.newest(change).said
    assert "left-pad 1.3.0" in bank.newest(change).log("osgate")
    assert bank.merge(change, people["zhao.liu"]) == 405

    asked = fake.issue(
        bank.policy,
        "left-pad",
        people["wang.wu"],
        description=f"/osgate request bank/app!{change.iid}\npurpose: padding\nalternatives: none\nreason: tables",
    )
    heard = bank.scheduled()
    assert heard.passed, heard.said
    for person, role in (("zhang.san", "tech"), ("li.si", "legal")):
        fake.note(asked, people[person], f"/osgate approve role={role} reason: read")
    decided = bank.scheduled()
    assert decided.passed, decided.said
    assert bank.newest(change).jobs == {"osgate": "PASS"}, decided.said + bank.newest(change).said
    assert change.version.head == head
    assert bank.app.variables == {}
    assert bank.merge(change, people["zhao.liu"]) == 200
