"""The fake GitLab as tests hold it: start and stop, makers of everything, the log, faults, time."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self

from osgate.testing.clock import Clock
from osgate.testing.gitlab import answering, changes, gitserver, predefined, running, webhooks
from osgate.testing.gitlab.faults import Fault, Faults
from osgate.testing.gitlab.routes.issues import open_issue
from osgate.testing.gitlab.routes.merge_requests import open_merge_request
from osgate.testing.gitlab.routes.pipelines import make_trigger
from osgate.testing.gitlab.routes.tokens import make_bot_token
from osgate.testing.gitlab.server import Call, Handler, Server
from osgate.testing.gitlab.state import (
    DEVELOPER,
    TIERS,
    Delivery,
    Group,
    Issue,
    Job,
    Member,
    MergeRequest,
    Note,
    Pipeline,
    Project,
    Share,
    User,
)
from osgate.testing.gitlab.world import World

if TYPE_CHECKING:
    from osgate.testing.gitlab.router import Reply


class FakeGitLab:
    """A self-managed GitLab on a loopback port; a context manager. Its state is `world`.

    root: folder for the repositories; by default a temporary one. tier: free, premium, ultimate. relative_url:
    `/gitlab` for an installation below a path. Times are those of `clock`, which only `forward` moves.
    """

    def __init__(
        self,
        root: str | os.PathLike[str] = "",
        *,
        tier: str = "free",
        version: str = "18.5.1-ee",
        clock: Clock | None = None,
        relative_url: str = "",
    ) -> None:
        if tier not in TIERS:
            raise ValueError(f"tier is one of {', '.join(TIERS)}")
        self._own = "" if root else tempfile.mkdtemp(prefix="fake-gitlab-")
        self.clock = clock or Clock()
        self.world = World(os.fspath(root) or self._own, self.clock, tier, version)
        self.relative_url = relative_url.rstrip("/")
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.ignored: list[str] = []
        self.faults = Faults()
        self.lock = threading.RLock()
        self.closing = threading.Event()
        kind = type("GitLabHandler", (Handler,), {"fake": self})
        self._server = Server(("127.0.0.1", 0), kind)
        self.world.web_url = f"http://127.0.0.1:{self._server.server_port}{self.relative_url}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.root_user = self.world.add_user("root", "Administrator", admin=True)

    def __enter__(self) -> Self:
        """Return itself, already serving."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving."""
        self.close()

    def close(self) -> None:
        """Stop serving and remove the folder, if it was made here."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        if self._own:
            shutil.rmtree(self._own, ignore_errors=True)

    @property
    def web_url(self) -> str:
        """The address people see, without a slash at its end; the API is below `/api/v4`."""
        return self.world.web_url

    @property
    def api_url(self) -> str:
        """What a job has as CI_API_V4_URL."""
        return f"{self.world.web_url}/api/v4"

    # Requests

    def handle(
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes, fault: bool = False
    ) -> Reply:
        """Answer one REST request. path: below `/api/v4`, percent-encoded."""
        return answering.answer(self, method, path, query, headers, body, fault)

    def git(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Any:
        """Answer one request of git over HTTP (or any other page, with 404)."""
        return gitserver.answer(self, method, target, headers, body)

    def log(self, *given: Any, fault: bool = False) -> None:
        """Enter a request into the log: method, path, query, params, kind of token, user, status, route."""
        self.calls.append(answering.entry(*given, fault=fault))

    def called(self, method: str = "", path: str = "") -> list[Call]:
        """Return the logged calls of a method whose path the pattern finds."""
        return [c for c in self.calls if method in ("", c.method) and re.search(path, c.path)]

    def fail(self, method: str, path: str, status: int = 500, times: int = 1, **more: Any) -> Fault:
        """Let requests fail: see `faults.Fault`. path: pattern searched in the decoded path below `/api/v4`."""
        return self.faults.add(method, path, status, times, **more)

    # Time and what waits for it

    def forward(self, seconds: int = 0, *, days: int = 0) -> str:
        """Move the clock."""
        return self.clock.forward(days=days, seconds=seconds)

    def on_pipeline(self, runner: Callable[[Pipeline], Any]) -> None:
        """Run pipelines by `runner` when `settle` is called: it returns a status, True or False, or sets it itself."""
        self.world.runner = runner

    def settle(self, limit: int = 1000) -> int:
        """Do in this thread what GitLab does in the background: deliver webhooks, run pipelines; return how many.

        Raises RuntimeError when `limit` things did not bring it to rest: somebody answers his own answers.
        """
        for done in range(limit):
            if not self.world.waiting:
                return done
            self.world.waiting.popleft()()
        raise RuntimeError(f"not at rest after {limit} deliveries and pipelines")

    def redeliver(self, number: int) -> Delivery:
        """Send a webhook call once more, as it was."""
        return webhooks.redeliver(self.world, number)

    # Makers

    def user(self, username: str, name: str = "", *, kind: str = "human", admin: bool = False) -> User:
        """Return a user, made where it is not there. kind: human, project_bot, group_bot, service_account."""
        with self.lock:
            return self.world.user_named(username) or self.world.add_user(username, name or username, kind, admin)

    def group(self, full_path: str, members: Mapping[User, int] | None = None, visibility: str = "private") -> Group:
        """Return a group, made where it is not there, with more members (user -> level)."""
        with self.lock:
            found = self.world.group_at(full_path) or self.world.add_group(full_path, visibility=visibility)
            for user, level in (members or {}).items():
                self.member(found, user, level)
            return found

    def member(
        self, place: Project | Group, user: User, level: int = DEVELOPER, expires_at: str | None = None
    ) -> Member:
        """Give somebody a level, 0 to take it away."""
        member = Member(user, level, expires_at)
        if level:
            place.members[user.id] = member
        else:
            place.members.pop(user.id, None)
        return member

    def share(
        self, place: Project | Group, group: Group, level: int = DEVELOPER, expires_at: str | None = None
    ) -> Share:
        """Invite a group."""
        share = Share(group, level, expires_at)
        place.shares.append(share)
        return share

    def project(
        self,
        full_path: str,
        files: Mapping[str, bytes] | None = None,
        *,
        members: Mapping[User, int] | None = None,
        visibility: str = "private",
        **settings: Any,
    ) -> Project:
        """Make a project, with `files` as the first commit of main, which is protected as GitLab does by default.

        settings: as of `PUT /projects/:id`.
        """
        with self.lock:
            project = self.world.add_project(full_path, self.root_user, visibility=visibility)
            self.world.protect(project, "main")
            project.settings |= settings
            for user, level in (members or {}).items():
                self.member(project, user, level)
            if files is not None:
                self.push(project, "main", files, message="First commit")
            return project

    def fork(self, project: Project, namespace: str, owner: User | None = None) -> Project:
        """Make a fork with all branches."""
        with self.lock:
            fork = self.world.add_project(f"{namespace}/{project.path}", owner or self.root_user, fork_of=project)
            fork.visibility = project.visibility
            fork.repo.run("fetch", "-q", project.repo.path, "+refs/heads/*:refs/heads/*")
            if owner and fork.namespace.owner is not owner:
                self.member(fork, owner, 50)
            return fork

    def push(
        self,
        project: Project,
        branch: str,
        files: Mapping[str, bytes | None],
        *,
        parent: str | None = None,
        message: str = "Change",
        author: User | tuple[str, str] | None = None,
        modes: str = "100644",
    ) -> str:
        """Commit `files` (None deletes) to a branch past all protection; return the commit.

        parent: branch or commit to build on, by default the branch as it is, else the default branch; `""` for none. A
        branch that is there is moved, whatever it was.
        """
        with self.lock:
            repo, old = project.repo, project.repo.tip(branch)
            base = old or repo.tip(project.default_branch or "") if parent is None else repo.resolve(parent)
            who = (author.name, author.email) if isinstance(author, User) else author or ("Test", "test@example.com")
            made = repo.write(files, message, who, base, modes)
            repo.move(branch, made, old)
            changes.refresh_all(self.world, project)
            return made

    def merge_request(
        self, project: Project, source: str, target: str = "main", author: User | None = None, **more: Any
    ) -> MergeRequest:
        """Open a merge request. more: fields of MergeRequest; source_project for a fork."""
        with self.lock:
            title = more.pop("title", f"Change {source}")
            return open_merge_request(
                self.world, project, author or self.root_user, title, source_branch=source, target_branch=target, **more
            )

    def issue(self, project: Project, title: str, author: User | None = None, **more: Any) -> Issue:
        """Open an issue. more: fields of Issue."""
        with self.lock:
            return open_issue(self.world, project, author or self.root_user, title, **more)

    def note(self, on: MergeRequest | Issue, author: User, body: str) -> Note:
        """Write a comment; webhooks hear of it."""
        with self.lock:
            note = changes.add_note(self.world, on, author, body)
            webhooks.note_event(self.world, note, on, author)
            return note

    def edit(self, note: Note, body: str, editor: User | None = None) -> None:
        """Change a comment as its author or a maintainer does: only `updated_at` tells, and webhooks hear of it."""
        with self.lock:
            note.body, note.updated_at = body, self.world.now
            rows = (on for p in self.world.projects.values() for on in (*p.merge_requests.values(), *p.issues.values()))
            on = next(on for on in rows if note in on.notes)
            webhooks.note_event(self.world, note, on, editor or note.author, "update")

    def as_user(self, user: User | str, scopes: tuple[str, ...] = ("api",), **more: Any) -> str:
        """Return a personal access token's value. more: fields of Token (expires_at)."""
        found = self.user(user) if isinstance(user, str) else user
        return self.world.add_token(found, "personal", scopes, **more).value

    def as_bot(self, place: Project | Group, level: int = 30, name: str = "osgate", **more: Any) -> str:
        """Return the value of a project or group access token with a bot user of its own."""
        with self.lock:
            return make_bot_token(self.world, place, name, level, **more).value

    def as_job(self, pipeline: Pipeline, name: str = "osgate", user: User | None = None) -> str:
        """Return the token of a running job of a pipeline; `finish` ends it."""
        with self.lock:
            job = self.job(pipeline, name, "running")
            job.user = user or job.user
            return running.job_token(self.world, job).value

    def pipeline(self, on: MergeRequest | Project, ref: str = "", **more: Any) -> Pipeline:
        """Start a pipeline: of a merge request, or of a project's branch with `source` (push)."""
        with self.lock:
            if isinstance(on, MergeRequest):
                return running.start_merge_request_pipeline(self.world, on, on.author)
            branch = ref or on.default_branch or "main"
            source = more.pop("source", "push")
            return running.start(self.world, on, self.root_user, on.repo.tip(branch) or "", branch, source, **more)

    def job(self, pipeline: Pipeline, name: str, status: str = "success", **more: Any) -> Job:
        """Add a job to a pipeline. more: fields of Job (artifacts, allow_failure, trace)."""
        return running.add_job(self.world, pipeline, name, status, **more)

    def ci_variables(self, pipeline: Pipeline, name: str = "osgate") -> dict[str, str]:
        """Return what a running job of a pipeline sees in its environment, with a CI_JOB_TOKEN of its own.

        A file variable (TRIGGER_PAYLOAD) is here with its content instead of a path.
        """
        with self.lock:
            job = next((j for j in pipeline.jobs if j.name == name), None) or self.job(pipeline, name, "running")
            job.status = "running"
            return predefined.variables(self.world, job, running.job_token(self.world, job).value)

    def finish(self, pipeline: Pipeline, status: str = "success") -> None:
        """Set a pipeline's outcome."""
        running.set_status(self.world, pipeline, status)

    def trigger(self, project: Project, owner: User | None = None) -> str:
        """Return the value of a new pipeline trigger token."""
        return make_trigger(self.world, project, owner or self.root_user, "test").token
