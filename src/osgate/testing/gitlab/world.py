"""The state of a fake GitLab and what several themes ask of it: look-ups, levels, ids, the clock."""

from __future__ import annotations

import hashlib
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from osgate.testing.gitlab.git import Repository
from osgate.testing.gitlab.state import (
    DEVELOPER,
    MAINTAINER,
    NO_ACCESS,
    OWNER,
    Delivery,
    Group,
    Json,
    Member,
    Pipeline,
    Project,
    Protected,
    Share,
    Token,
    User,
)

if TYPE_CHECKING:
    from osgate.testing.clock import Clock

PROJECT_SETTINGS: Json = {
    "ci_config_path": None,
    "only_allow_merge_if_pipeline_succeeds": False,
    "allow_merge_on_skipped_pipeline": None,
    "only_allow_merge_if_all_discussions_are_resolved": False,
    "remove_source_branch_after_merge": True,
    "merge_method": "merge",
    "squash_option": "default_off",
    "printing_merge_request_link_enabled": True,
    "request_access_enabled": True,
    "shared_runners_enabled": True,
    "auto_devops_enabled": False,
    "build_git_strategy": "fetch",
    "build_timeout": 3600,
    "public_jobs": True,
    "keep_latest_artifact": True,
    "ci_forward_deployment_enabled": True,
    "ci_job_token_scope_enabled": False,
    "ci_separated_caches": True,
    "ci_allow_fork_pipelines_to_run_in_parent_project": True,
    "ci_push_repository_for_job_token_allowed": False,
    "ci_pipeline_variables_minimum_override_role": "developer",
    "restrict_user_defined_variables": True,
    "autoclose_referenced_issues": True,
    "resolve_outdated_diff_discussions": False,
    "issues_access_level": "enabled",
    "merge_requests_access_level": "enabled",
    "builds_access_level": "enabled",
    "repository_access_level": "enabled",
    "forking_access_level": "enabled",
    "wiki_access_level": "enabled",
    "snippets_access_level": "enabled",
    "suggestion_commit_message": None,
    "merge_commit_template": None,
    "squash_commit_template": None,
}


class World:
    """Everything that is so. root: the folder of the repositories. web_url: without a slash at its end."""

    def __init__(self, root: str, clock: Clock, tier: str, version: str) -> None:
        self.root, self.clock, self.tier, self.version = root, clock, tier, version
        self.web_url = ""
        self.pipelines_on_push = False
        self.local_hooks = True
        self.users: dict[int, User] = {}
        self.groups: dict[int, Group] = {}
        self.projects: dict[int, Project] = {}
        self.tokens: dict[str, Token] = {}
        self.redirects: dict[str, int] = {}
        self.deliveries: list[Delivery] = []
        self.waiting: deque[Callable[[], None]] = deque()
        self.runner: Callable[[Pipeline], Any] | None = None
        self._counts: Counter[str] = Counter()

    @property
    def now(self) -> str:
        """The moment as GitLab writes it, with milliseconds."""
        return f"{self.clock.now[:-1]}.000Z"

    def next(self, kind: str) -> int:
        """Return a new id; ids of a kind count through the whole instance."""
        self._counts[kind] += 1
        return self._counts[kind]

    def secret(self, prefix: str) -> str:
        """Return a value that looks like a token and is the same in every run."""
        drawn = hashlib.sha256(f"{prefix}{self.next('secret')}".encode()).hexdigest()[:20]
        return f"{prefix}-{drawn}"

    def has(self, tier: str) -> bool:
        """Whether this instance's tier has what `tier` has."""
        order = ("free", "premium", "ultimate")
        return order.index(self.tier) >= order.index(tier)

    def user_named(self, username: str) -> User | None:
        """Return a user by login, in any case of letters."""
        return next((u for u in self.users.values() if u.username.lower() == username.lower()), None)

    def add_user(self, username: str, name: str, kind: str = "human", admin: bool = False) -> User:
        """Make a user, with a namespace of the same name."""
        mail = f"{username}@example.com"
        user = User(self.next("user"), username, name, mail, self.now, kind=kind, admin=admin)
        self.users[user.id] = user
        self.add_group(username, owner=user)
        return user

    def add_group(self, full_path: str, owner: User | None = None, visibility: str = "private") -> Group:
        """Return the group at a path, made with its parents where it is not there."""
        above, _, path = full_path.rpartition("/")
        parent = (self.group_at(above) or self.add_group(above, visibility=visibility)) if above else None
        group = Group(self.next("namespace"), path, path, self.now, parent, owner, visibility)
        self.groups[group.id] = group
        return group

    def group_at(self, full_path: str) -> Group | None:
        """Return a group or a user's namespace."""
        return next((g for g in self.groups.values() if g.full_path.lower() == full_path.lower()), None)

    def project_at(self, full_path: str) -> Project | None:
        """Return a project by its path of today."""
        return next((p for p in self.projects.values() if p.full_path.lower() == full_path.lower()), None)

    def add_project(self, full_path: str, creator: User, **more: Any) -> Project:
        """Make a project with an empty bare repository; its group is made where it is not there."""
        space, _, path = full_path.rpartition("/")
        namespace = self.group_at(space) or self.add_group(space)
        number = self.next("project")
        repo = Repository(os.path.join(self.root, f"{number}.git"), lambda: self.clock.seconds)
        project = Project(number, path, path, namespace, creator, self.now, repo, activity=self.now, **more)
        repo.create(project.default_branch or "main")
        project.settings = dict(PROJECT_SETTINGS)
        project.admits.add(number)
        self.projects[number] = project
        self.redirects.pop(full_path.lower(), None)
        return project

    def protect(self, project: Project, name: str, push: int = MAINTAINER, merge: int = MAINTAINER) -> Protected:
        """Protect a branch by role: the lowest level that may push and merge; 0 is nobody."""
        rows = [self.access_row(push)], [self.access_row(merge)]
        project.protected[name] = Protected(self.next("protected"), name, rows[0], rows[1])
        return project.protected[name]

    def access_row(self, level: int | None, user: int | None = None, group: int | None = None) -> Json:
        """Return one row of who may, as the API shows it."""
        words = {0: "No one", DEVELOPER: "Developers + Maintainers", MAINTAINER: "Maintainers", 60: "Administrators"}
        text = words.get(level or 0, "") if level is not None else ""
        named = {"user_id": user, "group_id": group} if self.has("premium") else {}
        return {
            "id": self.next("access"),
            "access_level": level if level is not None else MAINTAINER,
            "access_level_description": text or (self.users[user].name if user else ""),
            "deploy_key_id": None,
            **named,
        }

    def add_token(self, user: User, kind: str = "personal", scopes: tuple[str, ...] = ("api",), **more: Any) -> Token:
        """Make a token. more: fields of Token."""
        prefix = "glcbt-64" if kind == "job" else "glpat"
        token = Token(self.next("token"), self.secret(prefix), kind, user, scopes, self.now, **more)
        self.tokens[token.value] = token
        return token

    def level(self, user: User | None, place: Project | Group) -> int:
        """Return somebody's level, inherited and shared ones counted, expired ones not."""
        if user is None or user.state != "active":
            return NO_ACCESS
        found = self.membership(user, place)
        if isinstance(place, Project) and place.namespace.owner is user:
            return OWNER
        return found.level if found else NO_ACCESS

    def membership(self, user: User, place: Project | Group) -> Member | None:
        """Return somebody's strongest place, with its expiry."""
        rows = [m for m in self.members(place) if m.user is user]
        return max(rows, key=lambda m: m.level, default=None)

    def members(self, place: Project | Group, seen: tuple[int, ...] = ()) -> Iterator[Member]:
        """Yield all that count today: direct, of the groups above, of the groups invited."""
        yield from (m for m in place.members.values() if self.current(m.expires_at))
        for share in place.shares:
            if self.current(share.expires_at) and share.group.id not in seen:
                for member in self.members(share.group, (*seen, share.group.id)):
                    yield Member(member.user, min(member.level, share.level), _sooner(member, share))
        above = place.namespace if isinstance(place, Project) else place.parent
        if above:
            yield from self.members(above, seen)

    def current(self, expires_at: str | None) -> bool:
        """Whether something with this expiry still counts today."""
        return expires_at is None or expires_at > self.clock.today

    def below(self, group: Group) -> list[Project]:
        """Return the projects of a group and its subgroups."""
        return [p for p in self.projects.values() if group in line(p.namespace)]

    def rename(self, project: Project, full_path: str) -> None:
        """Move a project; its old path leads to it until another takes its place."""
        self.redirects[project.full_path.lower()] = project.id
        space, _, path = full_path.rpartition("/")
        project.namespace = self.group_at(space) or self.add_group(space)
        project.path = path


def _sooner(member: Member, share: Share) -> str | None:
    days = [day for day in (member.expires_at, share.expires_at) if day]
    return min(days, default=None)


def line(group: Group | None) -> Iterator[Group]:
    """Yield a group and all above it."""
    while group is not None:
        yield group
        group = group.parent
