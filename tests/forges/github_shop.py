"""A pull request in a fake GitHub, an app that may do everything there, and the adapter as it."""

from __future__ import annotations

from forges.stage_github import adapter
from forges.stage_gitlab import FILES
from github_contract.contract import documents, rest
from osgate.forges.github.adapter import GitHub
from osgate.model.forge import Change, Conversation
from osgate.testing.github import FakeGitHub
from osgate.testing.github.state import User

MAY = dict.fromkeys(("contents", "issues", "pull_requests", "statuses", "checks", "actions"), "write")


class Shop:
    """`bank/till`, with a change by zhang.san that li.si maintains; line 11 of package.json is new."""

    def __init__(self, fake: FakeGitHub) -> None:
        self.fake = fake
        self.zhang, self.li = fake.user("zhang.san"), fake.user("li.si")
        self.org = fake.org("bank", {self.li: "member"})
        self.repo = fake.repo("bank/till", FILES, roles={self.zhang: "read", self.li: "maintain"})
        self.app = fake.app("osgate", {**MAY, "members": "read"})
        self.installed = fake.install(self.app, self.org)
        fake.push(self.repo, "pad", {"package.json": FILES["package.json"] + b"left-pad\n"}, author=self.zhang)
        self.opened = fake.pull(self.repo, "pad", author=self.zhang)
        self.id, self.number = str(self.repo.id), self.opened.number
        self.at = Conversation(self.id, self.number)
        self.line = FILES["package.json"].count(b"\n") + 1
        self.forge = self.as_token(fake.as_app(self.installed))

    def as_token(self, token: str) -> GitHub:
        """Return the adapter with another identity."""
        return adapter(self.fake, token)

    def as_user(self, user: User) -> GitHub:
        """Return the adapter as somebody."""
        return self.as_token(self.fake.as_user(user))

    def change(self) -> Change:
        """Return the pull request as the adapter reads it."""
        return self.forge.change(self.id, self.number)

    def sent(self, method: str = "", path: str = "") -> list[str]:
        """Return the paths of the requests so far."""
        return [call.path for call in self.fake.called(method, path)]


def shop_of(ghes: str = "") -> FakeGitHub:
    """Return a fake that holds all that is asked and answered against GitHub's descriptions of its interfaces."""
    return FakeGitHub(contract=rest, graphql=documents, ghes=ghes)
