"""The GitHub adapter's stage: the contract's words put into a fake GitHub that behaves like a real one."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from forges.stage_gitlab import FILES, added
from github_contract.contract import documents, rest
from osgate.forges.github import connect
from osgate.forges.github.adapter import GitHub
from osgate.forges.session import Limits
from osgate.model.forge import Account, Change, Conversation, Project
from osgate.testing.github import FakeGitHub
from osgate.testing.github import state as github

# Pauses so short that tests need not wait for them; and patience so short that a test of it ends.
LIMITS = Limits(seconds=10, pause=0.05, tries=3, size=4 << 20)
HASTY = Limits(seconds=1, connect=0.3, read=0.3, pause=0.05, tries=3, size=4 << 20)
# What the contract calls the list of notes; here it is a question in GraphQL.
NOTES, QUESTION = "/(comments|notes)$", "/graphql$"
EVERYTHING = dict.fromkeys(("contents", "issues", "pull_requests", "statuses", "checks", "actions"), "write")
EVERYTHING["members"] = "read"


def adapter(fake: FakeGitHub, token: str, limits: Limits = LIMITS) -> GitHub:
    """Return the adapter with an identity, and no pause between two changes."""
    to = connect.server(fake.web_url, fake.api_url, fake.graphql_url)
    return GitHub(fake.web_url, connect.by_token(to, token, connect.way(to, limits, between=0)))


class GitHubStage:
    """A fake GitHub, and a bot in all its repositories."""

    lacks: frozenset[str] = frozenset()

    def __init__(self, fake: FakeGitHub) -> None:
        self.fake = fake
        self._bot = fake.user("osgate[bot]")
        self._roles = {self._bot: "admin"}
        self._token = fake.world.add_token("fine", self._bot, permissions=dict(EVERYTHING))
        self._numbers = itertools.count()
        self.secrets = (self._token.value,)
        self.forge = adapter(fake, self._token.value)
        self.hasty = adapter(fake, self._token.value, HASTY)

    def person(self, login: str, *, maintainer: bool = False) -> Account:
        user = self.fake.user(login)
        self._roles[user] = "maintain" if maintainer else "read"
        for repo in self.fake.world.repos.values():
            repo.collaborators[user.id] = self._roles[user]
        return Account(str(user.id), user.login)

    def as_user(self, account: Account) -> GitHub:
        return adapter(self.fake, self.fake.as_user(self._user(account)))

    def project(self, path: str) -> Project:
        self.fake.repo(path, FILES, roles=self._roles)
        return self.forge.project(path)

    def change(
        self, project: Project, author: Account, authors: Iterable[str] = (), lines: Mapping[str, Iterable[int]] = {}
    ) -> Change:
        made = self._open(project, author, tuple(authors))
        for path, shown in lines.items():
            made.repo.diffs[made.base, made.head] = [added(path, shown)]
        return self.forge.change(project.id, made.number)

    def changes(self, project: Project, author: Account, count: int) -> set[int]:
        first = self._open(project, author)
        start = 1 + first.number
        for number in range(start, start + count - 1):
            first.repo.issues[number] = github.PullRequest(
                **{**vars(first), "id": 70_000 + number, "number": number, "comments": [], "notes": [], "reviews": []}
            )
        first.repo.numbers += count - 1
        return {change.number for change in first.repo.pulls}

    def share(self, change: Change, target: str) -> int:
        """From a fork: what GitHub answers for a commit leaves those out."""
        repo, other = self._repo(change.project), self.fake.user(f"fork-{next(self._numbers)}")
        fork = self.fake.fork(repo, other)
        self.fake.push(repo, target, {"release": b"1"}, parent="main")
        return self.fake.pull(repo, change.branch, base=target, author=other, fork=fork).number

    def push(self, change: Change) -> str:
        return self.fake.push(self._repo(change.project), change.branch, {"pushed": b"%d" % next(self._numbers)})

    def close(self, change: Change) -> None:
        self._repo(change.project).issues[change.number].state = "closed"

    def team(self, *members: Account) -> str:
        org = self.fake.org("bank", dict.fromkeys((self._bot, *map(self._user, members)), "member"))
        self._team = self.fake.team(org, "legal", dict.fromkeys(map(self._user, members), "active"))
        return "bank/legal"

    def leave(self, account: Account) -> None:
        del self._team.members[int(account.id)]

    def rename_team(self) -> None:
        self.fake.rename(self._team, "law")

    def say(self, at: Conversation, author: Account, bodies: Iterable[str]) -> None:
        on = self._repo(at.project).issues[at.number]
        for body in bodies:
            self.fake.comment(on, self._user(author), body)

    def forward(self, seconds: int) -> str:
        return self.fake.forward(seconds)

    def block(self, account: Account) -> None:
        self._user(account).suspended = True

    def move(self, project: Project, path: str) -> None:
        self.fake.rename(self._repo(project.id), path)

    def hide(self, project: Project) -> None:
        del self._repo(project.id).collaborators[self._bot.id]

    def expire(self) -> None:
        self._token.expires_at = "2020-01-01T00:00:00Z"

    def forbid(self) -> None:
        self._token.permissions |= {"issues": "read", "pull_requests": "read"}

    def status(self, project: Project, commit: str, name: str) -> str:
        found = [one for one in self._repo(project.id).statuses if (one.sha, one.context) == (commit, name)]
        return found[-1].state

    def fail(self, method: str, path: str, status: int = 500, times: int = 1, **more: Any) -> object:
        if path == NOTES and method != "POST":
            method, path = ("POST", QUESTION) if method == "GET" else (method, "/(comments|graphql)$")
        return self.fake.fail(method, path, status, times, **more)

    def asked(self, method: str, path: str = "") -> int:
        if (method, path) == ("GET", NOTES):
            return len(self.fake.called("POST", QUESTION))
        return len([call for call in self.fake.called(method, path) if not call.path.endswith("/graphql")])

    def _open(self, project: Project, author: Account, authors: tuple[str, ...] = ()) -> github.PullRequest:
        number, repo = next(self._numbers), self._repo(project.id)
        message = "Change\n\n" + "".join(f"Co-authored-by: Author <{address}>\n" for address in authors[1:])
        who = ("Author", authors[0] if authors else "author@example.com")
        branch = f"change/{number}"
        self.fake.push(repo, branch, {f"change-{number}.txt": b"x\n"}, parent="main", message=message, author=who)
        return self.fake.pull(repo, branch, author=self._user(author))

    def _repo(self, id: str) -> github.Repo:
        return self.fake.world.repos[int(id)]

    def _user(self, account: Account) -> github.User:
        return self.fake.world.users[int(account.id)]


@contextlib.contextmanager
def stage() -> Iterator[GitHubStage]:
    """An Enterprise Server."""
    with FakeGitHub(contract=rest, graphql=documents, ghes="3.19.0") as fake:
        yield GitHubStage(fake)
        assert fake.violations == []
