"""The records of work on commits: statuses, checks, workflows and their runs; and rules, webhooks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from osgate.testing.github.state import App, Json, PullRequest, Repo, User


@dataclass(eq=False)
class Status:
    """A commit status."""

    id: int
    sha: str
    state: str
    context: str
    description: str | None
    target_url: str | None
    creator: User
    created_at: str


@dataclass(eq=False)
class CheckSuite:
    """The check runs of one app on one commit. run: the workflow run it stands for."""

    id: int
    repo: Repo
    sha: str
    branch: str | None
    app: App
    created_at: str
    run: Run | None = None
    rerequested: int = 0


@dataclass(eq=False)
class CheckRun:
    """A check. output: title, summary, text as sent; annotations: all that were sent."""

    id: int
    suite: CheckSuite
    name: str
    status: str
    conclusion: str | None
    started_at: str | None
    completed_at: str | None = None
    details_url: str | None = None
    external_id: str = ""
    output: Json = field(default_factory=dict)
    annotations: list[Json] = field(default_factory=list)
    actions: list[Json] = field(default_factory=list)


@dataclass(eq=False)
class Workflow:
    """A workflow file. on: events it runs for. permissions: of its GITHUB_TOKEN, None for the repository's default."""

    id: int
    repo: Repo
    path: str
    name: str
    on: tuple[str, ...]
    created_at: str
    permissions: dict[str, str] | None = None
    job: str = "osgate"
    state: str = "active"


@dataclass(eq=False)
class Artifact:
    """What a run has uploaded. content: the bytes of a zip file."""

    id: int
    name: str
    content: bytes
    run: Run
    created_at: str
    expired: bool = False


@dataclass(eq=False)
class Run:
    """A workflow run. event: its name; payload: what GITHUB_EVENT_PATH holds; ref: GITHUB_REF; required: by a ruleset.

    forked: its token reads only, and it has no secrets. attempt: counted from 1.
    """

    id: int
    repo: Repo
    workflow: Workflow
    event: str
    payload: Json
    sha: str
    ref: str
    actor: User
    created_at: str
    updated_at: str
    number: int = 1
    attempt: int = 1
    status: str = "queued"
    conclusion: str | None = None
    change: PullRequest | None = None
    head_sha: str = ""
    head_branch: str = ""
    forked: bool = False
    required: bool = False
    jobs: list[CheckRun] = field(default_factory=list)
    artifacts: list[Artifact] = field(default_factory=list)


@dataclass(eq=False)
class Ruleset:
    """A ruleset as it was written. source_type: Repository or Organization."""

    id: int
    source: str
    source_type: str
    given: Json
    created_at: str
    updated_at: str


@dataclass(eq=False)
class Hook:
    """A webhook."""

    id: int
    url: str
    events: list[str]
    secret: str
    created_at: str
    active: bool = True


@dataclass(eq=False)
class Delivery:
    """One call of a webhook; status 0: nobody answered, or it was never sent."""

    id: int
    guid: str
    hook: Hook
    event: str
    action: str | None
    body: bytes
    delivered_at: str
    status: int = 0
    again: bool = False
