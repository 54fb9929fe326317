"""The state of a fake GitHub and what several themes ask of it: look-ups, ids, the clock, who may do what."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter, deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from osgate.testing.github.git import HubRepository
from osgate.testing.github.state import (
    ACTIONS_APP,
    ACTIONS_BOT,
    DEPENDABOT,
    GHOST,
    ROLES,
    App,
    Installation,
    Member,
    Org,
    PullRequest,
    Repo,
    Team,
    Token,
    User,
)
from osgate.testing.github.state_work import Delivery, Hook, Run

if TYPE_CHECKING:
    from osgate.testing.clock import Clock

# The first number of a kind; accounts share one row of numbers.
_FIRST = {"account": 1000, "repo": 5000, "issue": 90000, "comment": 700000, "run": 30000, "check": 40000}


class World:
    """Everything that is so. root: the folder of the repositories. web_url, api_url: without a slash at the end."""

    def __init__(self, root: str, clock: Clock, *, ghes: str = "") -> None:
        self.root, self.clock, self.ghes = root, clock, ghes
        self.web_url = self.api_url = ""
        self.users: dict[int, User] = {}
        self.repos: dict[int, Repo] = {}
        self.apps: dict[int, App] = {}
        self.installations: dict[int, Installation] = {}
        self.tokens: dict[str, Token] = {}
        self.redirects: dict[str, int] = {}
        self.deliveries: list[Delivery] = []
        self.waiting: deque[Callable[[], None]] = deque()
        self.runner: Callable[[Run], Any] | None = None
        self.limits = {"pat": 5000, "fine": 5000, "installation": 5000, "job": 1000, "app": 5000, "": 60}
        self._counts: Counter[str] = Counter()
        self.ghost = self._own(GHOST, "ghost", "User")
        self.actions = self._app(ACTIONS_APP, "github-actions", ACTIONS_BOT)
        self.dependabot = self._own(DEPENDABOT, "dependabot[bot]", "Bot")

    def _own(self, number: int, login: str, kind: str) -> User:
        mail = f"{number}+{login}@users.noreply.example.com"
        self.users[number] = User(number, login, login, mail, self.now, type=kind)
        return self.users[number]

    def _app(self, number: int, slug: str, bot: int) -> App:
        self.apps[number] = App(number, slug, slug, self.ghost, self._own(bot, f"{slug}[bot]", "Bot"), self.now)
        return self.apps[number]

    @property
    def now(self) -> str:
        """The moment as GitHub writes it."""
        return self.clock.now

    def next(self, kind: str) -> int:
        """Return a new id of a kind."""
        self._counts[kind] += 1
        return _FIRST.get(kind, 0) + self._counts[kind]

    def secret(self, prefix: str) -> str:
        """Return a value that looks like a token and is the same in every run."""
        drawn = hashlib.sha256(f"{prefix}{self.next('secret')}".encode()).hexdigest()[:36]
        return f"{prefix}_{drawn}"

    # Look-ups

    def user_named(self, login: str) -> User | None:
        """Return an account by its login of today, in any case of letters."""
        return next((u for u in self.users.values() if u.login.lower() == login.lower()), None)

    def org(self, login: str) -> Org | None:
        """Return an organisation."""
        found = self.user_named(login)
        return found if isinstance(found, Org) else None

    def repo_at(self, full_name: str) -> Repo | None:
        """Return a repository by its name of today."""
        return next((r for r in self.repos.values() if r.full_name.lower() == full_name.lower()), None)

    def app_named(self, slug: str) -> App | None:
        """Return an app by its slug."""
        return next((a for a in self.apps.values() if a.slug == slug), None)

    # Making

    def add_user(self, login: str, name: str = "", type: str = "User", **more: Any) -> User:
        """Make an account. more: fields of User."""
        number = self.next("account")
        mail = f"{login}@example.com"
        self.users[number] = User(number, login, name or login, mail, self.now, type=type, **more)
        return self.users[number]

    def add_org(self, login: str, **more: Any) -> Org:
        """Make an organisation. more: fields of Org."""
        number = self.next("account")
        org = Org(number, login, login, f"{login}@example.com", self.now, **more)
        self.users[number] = org
        return org

    def add_team(self, org: Org, name: str) -> Team:
        """Make a team."""
        team = Team(self.next("team"), org, name, slug_of(name), self.now)
        org.teams[team.id] = team
        return team

    def add_repo(self, full_name: str, **more: Any) -> Repo:
        """Make a repository with an empty bare one; its owner is made, as an organisation, where it is not there."""
        login, _, name = full_name.partition("/")
        owner = self.user_named(login) or self.add_org(login)
        number = self.next("repo")
        git = HubRepository(os.path.join(self.root, f"{number}.git"), lambda: self.clock.seconds)
        repo = Repo(number, owner, name, self.now, git, pushed_at=self.now, **more)
        git.create(repo.default_branch)
        self.repos[number] = repo
        self.redirects.pop(full_name.lower(), None)
        return repo

    def add_token(self, kind: str, user: User, **more: Any) -> Token:
        """Make a token. more: fields of Token."""
        prefix = {"pat": "ghp", "fine": "github_pat", "installation": "ghs", "job": "ghs"}[kind]
        token = Token(self.secret(prefix), kind, user, self.now, **more)
        self.tokens[token.value] = token
        return token

    def rename(self, repo: Repo, full_name: str) -> None:
        """Rename or transfer a repository; its old name leads to it until another takes its place."""
        self.redirects[repo.full_name.lower()] = repo.id
        login, _, repo.name = full_name.partition("/")
        repo.owner = self.user_named(login) or self.add_org(login)

    # Rights

    def role(self, user: User | None, repo: Repo) -> str:
        """Return what somebody is in a repository: the strongest of all that gives him a place."""
        if user is None or user.suspended or user.id not in self.users:
            return "none" if repo.private or user is not None else "read"
        found = ["none" if repo.private else "read", repo.collaborators.get(user.id, "none")]
        if user is repo.owner or user.site_admin:
            found.append("admin")
        if isinstance(repo.owner, Org):
            found += _by_org(repo.owner, user, repo)
        return max(found, key=ROLES.index)

    def in_team(self, user: User, team: Team) -> Member | None:
        """Return somebody's active place in a team or one below it."""
        below = [t for t in team.org.teams.values() if t.parent is team]
        rows = [t.members.get(user.id) for t in (team, *below)]
        return next((m for m in rows if m is not None and m.state == "active"), None)

    def current(self, expires_at: str | None) -> bool:
        """Whether something with this expiry still counts."""
        return expires_at is None or expires_at > self.now

    def pulls_from(self, repo: Repo) -> list[PullRequest]:
        """Return the pull requests, in any repository, whose head lives in `repo`."""
        return [p for place in self.repos.values() for p in place.pulls if p.head_repo is repo]

    def hooks_for(self, repo: Repo) -> list[Hook]:
        """Return the webhooks of a repository."""
        return [h for h in repo.hooks if h.active]


def _by_org(org: Org, user: User, repo: Repo) -> list[str]:
    place = org.members.get(user.id)
    found = ["none"]
    if place is not None and place.state == "active":
        found.append("admin" if place.role == "admin" else org.base)
    for team in org.teams.values():
        member = team.members.get(user.id)
        if member is not None and member.state == "active":
            above = team.parent.repos.get(repo.id, "none") if team.parent else "none"
            found += [team.repos.get(repo.id, "none"), above]
    return found


def slug_of(name: str) -> str:
    """Return the slug of a team's name."""
    return re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")
