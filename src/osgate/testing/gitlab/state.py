"""What a GitLab remembers: users, groups, projects, merge requests, notes, issues, pipelines, tokens. Plain records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from osgate.testing.gitlab.git import FileDiff, Repository

Json = dict[str, Any]

NO_ACCESS, MINIMAL, GUEST, PLANNER, REPORTER, DEVELOPER, MAINTAINER, OWNER = 0, 5, 10, 15, 20, 30, 40, 50
TIERS = ("free", "premium", "ultimate")


@dataclass(eq=False)
class User:
    """A person, a bot of a token (`kind` project_bot, group_bot) or a service account. state: active or blocked."""

    id: int
    username: str
    name: str
    email: str
    created_at: str
    state: str = "active"
    kind: str = "human"
    admin: bool = False

    @property
    def bot(self) -> bool:
        """Whether GitLab calls it a bot (service accounts included)."""
        return self.kind != "human"


@dataclass(eq=False)
class Member:
    """Somebody's place in a group or project. expires_at: ISO date, the day from which it no longer counts."""

    user: User
    level: int
    expires_at: str | None = None


@dataclass(eq=False)
class Share:
    """A group invited to a group or project, with at most `level`."""

    group: Group
    level: int
    expires_at: str | None = None


@dataclass(eq=False)
class Group:
    """A group, or (owner set) a user's own namespace."""

    id: int
    path: str
    name: str
    created_at: str
    parent: Group | None = None
    owner: User | None = None
    visibility: str = "private"
    members: dict[int, Member] = field(default_factory=dict)
    shares: list[Share] = field(default_factory=list)
    settings: Json = field(default_factory=dict)
    hooks: list[Hook] = field(default_factory=list)
    variables: dict[str, Json] = field(default_factory=dict)

    @property
    def full_path(self) -> str:
        """The path from the top."""
        return f"{self.parent.full_path}/{self.path}" if self.parent else self.path


@dataclass(eq=False)
class Award:
    """An emoji somebody put on something."""

    id: int
    name: str
    user: User
    created_at: str


@dataclass(eq=False)
class Note:
    """A comment. discussion: the hex id of its thread. position: where in the diff, for a DiffNote."""

    id: int
    body: str
    author: User
    created_at: str
    updated_at: str
    discussion: str
    system: bool = False
    kind: str | None = None
    position: Json | None = None
    resolved_by: User | None = None
    resolved_at: str | None = None
    internal: bool = False
    awards: list[Award] = field(default_factory=list)


@dataclass(eq=False)
class Version:
    """The diff of a merge request as it was after a push."""

    id: int
    base: str
    start: str
    head: str
    created_at: str


@dataclass(eq=False)
class Noteable:
    """What merge requests and issues share. owner: the project whose `iid` this is."""

    id: int
    iid: int
    project: Project
    title: str
    author: User
    created_at: str
    updated_at: str
    description: str | None = None
    state: str = "opened"
    labels: list[str] = field(default_factory=list)
    assignees: list[User] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    awards: list[Award] = field(default_factory=list)
    closed_by: User | None = None
    closed_at: str | None = None
    discussion_locked: bool | None = None


@dataclass(eq=False)
class MergeRequest(Noteable):
    """A merge request of `project` (the target). source_project None: the fork is gone."""

    source_project: Project | None = None
    source_branch: str = ""
    target_branch: str = ""
    versions: list[Version] = field(default_factory=list)
    reviewers: list[User] = field(default_factory=list)
    approvals: dict[int, str] = field(default_factory=dict)
    approval_rules: list[Json] = field(default_factory=list)
    merged_by: User | None = None
    merged_at: str | None = None
    merge_commit: str | None = None
    squash: bool = False
    remove_source_branch: bool | None = None
    check_responses: dict[int, Json] = field(default_factory=dict)

    @property
    def draft(self) -> bool:
        """Whether the title says so."""
        return self.title.lower().startswith(("draft:", "[draft]", "(draft)"))

    @property
    def version(self) -> Version:
        """The newest diff."""
        return self.versions[-1]


@dataclass(eq=False)
class Issue(Noteable):
    """An issue. links: (other, kind) pairs."""

    confidential: bool = False
    due_date: str | None = None
    links: list[tuple[int, Issue, str]] = field(default_factory=list)


@dataclass(eq=False)
class Job:
    """A CI job of a pipeline, or (external) a commit status. artifacts: path in the archive -> bytes."""

    id: int
    name: str
    stage: str
    status: str
    pipeline: Pipeline
    user: User
    created_at: str
    allow_failure: bool = False
    external: bool = False
    description: str | None = None
    target_url: str | None = None
    coverage: float | None = None
    finished_at: str | None = None
    retried: bool = False
    trace: str = ""
    artifacts: dict[str, bytes] = field(default_factory=dict)


@dataclass(eq=False)
class Pipeline:
    """A run for a commit. merge_request: of merge request pipelines. variables: what the trigger gave."""

    id: int
    iid: int
    project: Project
    sha: str
    ref: str
    source: str
    user: User
    created_at: str
    updated_at: str
    status: str = "created"
    merge_request: MergeRequest | None = None
    variables: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    inputs: Json = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)
    tag: bool = False
    finished_at: str | None = None
    token: Token | None = None


@dataclass(eq=False)
class Hook:
    """A webhook of a project or group. events: attribute name (`note_events`) -> on or off."""

    id: int
    url: str
    created_at: str
    token: str = ""
    events: dict[str, bool] = field(default_factory=dict)
    settings: Json = field(default_factory=dict)


@dataclass(eq=False)
class Delivery:
    """A webhook call that was made or waits. status 0: not yet, or refused."""

    id: int
    hook: Hook
    event: str
    body: bytes
    status: int = 0
    tries: int = 0


@dataclass(eq=False)
class Trigger:
    """A pipeline trigger token."""

    id: int
    description: str
    token: str
    owner: User
    created_at: str
    last_used: str | None = None


@dataclass(eq=False)
class Protected:
    """A protected branch (name or wildcard): rows of access_level, user_id, group_id for each kind of doing."""

    id: int
    name: str
    push: list[Json]
    merge: list[Json]
    unprotect: list[Json] = field(default_factory=list)
    allow_force_push: bool = False
    code_owner_approval_required: bool = False


@dataclass(eq=False)
class Project:
    """A project with its real bare repository."""

    id: int
    path: str
    name: str
    namespace: Group
    creator: User
    created_at: str
    repo: Repository
    description: str | None = None
    visibility: str = "private"
    default_branch: str | None = "main"
    archived: bool = False
    fork_of: Project | None = None
    members: dict[int, Member] = field(default_factory=dict)
    shares: list[Share] = field(default_factory=list)
    settings: Json = field(default_factory=dict)
    push_rule: Json | None = None
    labels: dict[str, Json] = field(default_factory=dict)
    merge_requests: dict[int, MergeRequest] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    pipelines: list[Pipeline] = field(default_factory=list)
    protected: dict[str, Protected] = field(default_factory=dict)
    protected_tags: dict[str, Json] = field(default_factory=dict)
    hooks: list[Hook] = field(default_factory=list)
    triggers: list[Trigger] = field(default_factory=list)
    schedules: list[Json] = field(default_factory=list)
    variables: dict[str, Json] = field(default_factory=dict)
    admits: set[int] = field(default_factory=set)
    admits_groups: set[int] = field(default_factory=set)
    limits_job_tokens: bool = True
    approval_settings: Json = field(default_factory=dict)
    approval_rules: list[Json] = field(default_factory=list)
    status_checks: list[Json] = field(default_factory=list)
    diffs: dict[tuple[str, str], list[FileDiff]] = field(default_factory=dict)
    activity: str = ""

    @property
    def full_path(self) -> str:
        """`group/subgroup/project`."""
        return f"{self.namespace.full_path}/{self.path}"


@dataclass(eq=False)
class Token:
    """What a caller proves itself with. kind: personal, project, group, job. place: the project or group it is of."""

    id: int
    value: str
    kind: str
    user: User
    scopes: tuple[str, ...]
    created_at: str
    name: str = ""
    expires_at: str | None = None
    revoked: bool = False
    level: int = 0
    place: Project | Group | None = None
    job: Job | None = None
    last_used_at: str | None = None
