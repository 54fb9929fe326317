"""The GitLab adapter's stage: the contract's words put into a fake GitLab that behaves like a real one."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.forges.gitlab.adapter import GitLab
from osgate.forges.session import Limits
from osgate.model.forge import Account, Change, Conversation, Project
from osgate.testing.gitlab import FakeGitLab
from osgate.testing.gitlab import state as gitlab
from osgate.testing.gitlab.git import FileDiff

# Pauses so short that tests need not wait for them; and patience so short that a test of it ends.
LIMITS = Limits(seconds=10, pause=0.05, tries=3, size=4 << 20)
HASTY = Limits(seconds=1, connect=0.3, read=0.3, pause=0.05, tries=3, size=4 << 20)
# What holds the notes of a conversation here: threads come by an address of their own.
NOTES = ("(comments|notes)", "(notes|discussions)")
FILES = {"package.json": b"".join(b"line %d\n" % n for n in range(1, 21))}
DEVELOPER, MAINTAINER = 30, 40


class GitLabStage:
    """A fake GitLab, and a group's bot in all its projects."""

    lacks: frozenset[str] = frozenset()

    def __init__(self, fake: FakeGitLab) -> None:
        self.fake = fake
        bot = fake.user("group_1_bot_osgate", "osgate", kind="group_bot")
        self._levels = {bot: MAINTAINER}
        self._bot, self._token = bot, fake.as_user(bot)
        self._numbers = itertools.count()
        self.secrets = (self._token,)
        self.forge = self._as_token(self._token)
        self.hasty = GitLab(fake.web_url, self._token, limits=HASTY)

    def person(self, login: str, *, maintainer: bool = False) -> Account:
        user = self.fake.user(login)
        self._levels[user] = MAINTAINER if maintainer else DEVELOPER
        for project in self.fake.world.projects.values():
            self.fake.member(project, user, self._levels[user])
        return Account(str(user.id), user.username, user.name)

    def as_user(self, account: Account) -> GitLab:
        return self._as_token(self.fake.as_user(self.fake.world.users[int(account.id)]))

    def project(self, path: str) -> Project:
        self.fake.project(path, FILES, members=self._levels)
        return self.forge.project(path)

    def change(
        self, project: Project, author: Account, authors: Iterable[str] = (), lines: Mapping[str, Iterable[int]] = {}
    ) -> Change:
        made = self._open(project, author, tuple(authors))
        for path, shown in lines.items():
            made.project.diffs[made.version.base, made.version.head] = [added(path, shown)]
        return self.forge.change(project.id, made.iid)

    def changes(self, project: Project, author: Account, count: int) -> set[int]:
        first = self._open(project, author)
        return {first.iid, *(copy.iid for copy in copies(first, count - 1))}

    def share(self, change: Change, target: str) -> int:
        where, author = self._projects(change.project), self.fake.world.users[int(change.author.id)]
        self.fake.push(where, target, {"release": b"1"}, parent="main")
        return self.fake.merge_request(where, change.branch, target, author=author).iid

    def push(self, change: Change) -> str:
        number = next(self._numbers)
        return self.fake.push(self._projects(change.project), change.branch, {"pushed": b"%d" % number})

    def close(self, change: Change) -> None:
        self._projects(change.project).merge_requests[change.number].state = "closed"

    def team(self, *members: Account) -> str:
        listed = {self.fake.world.users[int(account.id)]: DEVELOPER for account in members}
        self._team = self.fake.group("bank/legal", {**listed, self._bot: DEVELOPER})
        return "bank/legal"

    def leave(self, account: Account) -> None:
        del self._team.members[int(account.id)]

    def rename_team(self) -> None:
        self._team.path = "law"

    def say(self, at: Conversation, author: Account, bodies: Iterable[str]) -> None:
        project = self._projects(at.project)
        on = project.merge_requests[at.number] if at.kind == "change" else project.issues[at.number]
        for body in bodies:
            self.fake.note(on, self.fake.world.users[int(author.id)], body)

    def forward(self, seconds: int) -> str:
        return self.fake.forward(seconds)

    def block(self, account: Account) -> None:
        self.fake.world.users[int(account.id)].state = "blocked"

    def move(self, project: Project, path: str) -> None:
        self.fake.world.rename(self._projects(project.id), path)

    def hide(self, project: Project) -> None:
        self.fake.member(self._projects(project.id), self._bot, 0)

    def expire(self) -> None:
        self.fake.world.tokens[self._token].expires_at = "2020-01-01"

    def forbid(self) -> None:
        self.fake.world.tokens[self._token].scopes = ("read_api",)

    def status(self, project: Project, commit: str, name: str) -> str:
        jobs = [job for line in self._projects(project.id).pipelines if line.sha == commit for job in line.jobs]
        return {"failed": "failure"}.get(state := [job for job in jobs if job.name == name][-1].status, state)

    def fail(self, method: str, path: str, status: int = 500, times: int = 1, **more: Any) -> object:
        return self.fake.fail(method, path.replace(*NOTES), status, times, **more)

    def asked(self, method: str, path: str = "") -> int:
        return len(self.fake.called(method, path.replace(*NOTES)))

    def _open(self, project: Project, author: Account, authors: tuple[str, ...] = ()) -> gitlab.MergeRequest:
        number, where = next(self._numbers), self._projects(project.id)
        message = "Change\n\n" + "".join(f"Co-authored-by: Author <{address}>\n" for address in authors[1:])
        who = ("Author", authors[0] if authors else "author@example.com")
        branch = f"change-{number}"
        self.fake.push(where, branch, {f"{branch}.txt": b"x\n"}, parent="main", message=message, author=who)
        return self.fake.merge_request(where, branch, author=self.fake.world.users[int(author.id)])

    def _projects(self, id: str) -> gitlab.Project:
        return self.fake.world.projects[int(id)]

    def _as_token(self, token: str) -> GitLab:
        return GitLab(self.fake.web_url, token, limits=LIMITS)


def added(path: str, lines: Iterable[int]) -> FileDiff:
    """Return a diff that shows just these lines, each as an added one."""
    numbers = sorted(lines)
    text = "".join(f"@@ -{n},0 +{n} @@\n+added\n" for n in numbers)
    return FileDiff(path, path, "100644", "100644", "M", text, added=set(numbers))


def copies(first: gitlab.MergeRequest, many: int, **more: Any) -> list[gitlab.MergeRequest]:
    """Open many merge requests like `first`, without as many branches. more: fields."""
    start = 1 + max(first.project.merge_requests)
    fields = {**vars(first), "notes": [], **more}
    made = [gitlab.MergeRequest(**{**fields, "id": start + n, "iid": start + n}) for n in range(many)]
    first.project.merge_requests |= {copy.iid: copy for copy in made}
    return made


@contextlib.contextmanager
def stage() -> Iterator[GitLabStage]:
    """GitLab below a path."""
    with FakeGitLab(relative_url="/gitlab") as fake:
        yield GitLabStage(fake)
        assert fake.violations == []
