"""The records of a fake GitHub. Times are instants with `Z`; no id is given twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from osgate.testing.github.git import HubRepository

if TYPE_CHECKING:
    from osgate.testing.github.state_work import CheckRun, CheckSuite, Hook, Ruleset, Run, Status, Workflow

Json = dict[str, Any]
# What somebody may do in a repository, each including the ones before.
ROLES = ("none", "read", "triage", "write", "maintain", "admin")
# What node ids of accounts begin with.
NODES = {"User": "U", "Bot": "BOT", "Organization": "O"}
# Ids that github.com gave to its own.
ACTIONS_APP, GHOST, ACTIONS_BOT, DEPENDABOT = 15368, 10137, 41898282, 49699333


@dataclass(eq=False)
class User:
    """An account. type: User, Bot or Organization. suspended: by the site's administrators."""

    id: int
    login: str
    name: str
    email: str
    created_at: str
    type: str = "User"
    site_admin: bool = False
    suspended: bool = False

    @property
    def node_id(self) -> str:
        """Its id in GraphQL."""
        return f"{NODES[self.type]}_{self.id}"


@dataclass(eq=False)
class Member:
    """Somebody's place in an organisation or team. role: admin, maintainer or member; state: active or pending."""

    user: User
    role: str = "member"
    state: str = "active"


@dataclass(eq=False)
class Team:
    """A team. repos: repository id -> role. former: slugs it had."""

    id: int
    org: Org
    name: str
    slug: str
    created_at: str
    members: dict[int, Member] = field(default_factory=dict)
    repos: dict[int, str] = field(default_factory=dict)
    privacy: str = "closed"
    parent: Team | None = None


@dataclass(eq=False)
class Org(User):
    """An organisation. base: the role of its members in its repositories. plan: free, team or enterprise."""

    type: str = "Organization"
    members: dict[int, Member] = field(default_factory=dict)
    teams: dict[int, Team] = field(default_factory=dict)
    rulesets: dict[int, Ruleset] = field(default_factory=dict)
    base: str = "read"
    plan: str = "team"
    workflow_permissions: str = "read"
    may_approve: bool = False


@dataclass(eq=False)
class App:
    """A GitHub App with its bot. permissions: at most what its installations may."""

    id: int
    slug: str
    name: str
    owner: User
    bot: User
    created_at: str
    permissions: dict[str, str] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Installation:
    """An app in an account. repos: ids it may touch, None for all."""

    id: int
    app: App
    account: User
    created_at: str
    permissions: dict[str, str]
    repos: set[int] | None = None
    suspended: bool = False


@dataclass(eq=False)
class Token:
    """A credential. kind: pat (classic, with scopes), fine (fine-grained), installation, job (GITHUB_TOKEN), app (JWT).

    permissions: of all but pat, `contents` -> read or write. repos: ids it may touch, None for all. run: a job token's.
    """

    value: str
    kind: str
    user: User
    created_at: str
    scopes: tuple[str, ...] = ()
    permissions: dict[str, str] = field(default_factory=dict)
    repos: set[int] | None = None
    expires_at: str | None = None
    revoked: bool = False
    installation: Installation | None = None
    app: App | None = None
    run: Run | None = None


@dataclass(eq=False)
class Reaction:
    """An emoji under something."""

    id: int
    user: User
    content: str
    created_at: str


@dataclass(eq=False)
class Label:
    """A label of a repository."""

    id: int
    name: str
    color: str = "ededed"
    description: str | None = None


@dataclass(eq=False)
class Comment:
    """A comment under an issue or pull request. edited_at, editor: as GraphQL tells; minimized: why it is hidden.

    REST tells of an edit by `updated_at` alone.
    """

    id: int
    on: Issue
    author: User
    body: str
    created_at: str
    updated_at: str
    edited_at: str | None = None
    editor: User | None = None
    minimized: str = ""
    app: App | None = None
    reactions: list[Reaction] = field(default_factory=list)


@dataclass(eq=False)
class Issue:
    """An issue, or a pull request's half that is one."""

    id: int
    number: int
    repo: Repo
    title: str
    body: str
    author: User
    created_at: str
    updated_at: str
    state: str = "open"
    state_reason: str | None = None
    closed_at: str | None = None
    locked: bool = False
    labels: list[str] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    edited_at: str | None = None
    editor: User | None = None
    app: App | None = None


@dataclass(eq=False)
class ReviewComment(Comment):
    """A comment on a line of a diff. line, side: of commit; root: the comment that began its thread."""

    path: str = ""
    line: int | None = None
    side: str = "RIGHT"
    start_line: int | None = None
    commit: str = ""
    hunk: str = ""
    position: int | None = None
    review: Review | None = None
    root: ReviewComment | None = None
    resolved_by: User | None = None


@dataclass(eq=False)
class Review:
    """A review. state: PENDING, COMMENTED, APPROVED, CHANGES_REQUESTED or DISMISSED."""

    id: int
    author: User
    body: str
    state: str
    commit: str
    submitted_at: str
    edited_at: str | None = None
    editor: User | None = None


@dataclass(eq=False)
class PullRequest(Issue):
    """A pull request. head_repo None: the fork is gone. head, base: commits; merge: the test merge, if it works."""

    base_ref: str = "main"
    base: str = ""
    head_repo: Repo | None = None
    head_ref: str = ""
    head: str = ""
    head_owner: str = ""
    merge: str = ""
    draft: bool = False
    merged_at: str | None = None
    merged_by: User | None = None
    merge_commit: str = ""
    reviews: list[Review] = field(default_factory=list)
    notes: list[ReviewComment] = field(default_factory=list)
    queued: str = ""
    queued_at: str = ""

    @property
    def cross(self) -> bool:
        """Whether it comes from another repository."""
        return self.head_repo is not self.repo


@dataclass(eq=False)
class Repo:
    """A repository. git: the real one. protection: by branch, as written. verified: commits that GitHub has signed."""

    id: int
    owner: User
    name: str
    created_at: str
    git: HubRepository
    private: bool = True
    default_branch: str = "main"
    archived: bool = False
    parent: Repo | None = None
    pushed_at: str = ""
    collaborators: dict[int, str] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    statuses: list[Status] = field(default_factory=list)
    suites: list[CheckSuite] = field(default_factory=list)
    checks: list[CheckRun] = field(default_factory=list)
    workflows: list[Workflow] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    rulesets: dict[int, Ruleset] = field(default_factory=dict)
    protection: dict[str, Json] = field(default_factory=dict)
    hooks: list[Hook] = field(default_factory=list)
    sarifs: dict[str, Json] = field(default_factory=dict)
    diffs: dict[tuple[str, str], Any] = field(default_factory=dict)
    verified: set[str] = field(default_factory=set)
    workflow_permissions: str = "read"
    may_approve: bool = False
    code_security: bool = False
    numbers: int = 0

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner.login}/{self.name}"

    @property
    def pulls(self) -> list[PullRequest]:
        """Its pull requests, oldest first."""
        return [i for i in self.issues.values() if isinstance(i, PullRequest)]
