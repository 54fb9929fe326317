"""Everything a test can make in the fake, past all rules: accounts, repositories, changes, talk, tokens, workflows."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from osgate.testing.github import events, pulls, queue, running
from osgate.testing.github.routes import comments, issues, reviews, rulesets
from osgate.testing.github.state import (
    App,
    Comment,
    Installation,
    Issue,
    Json,
    Member,
    Org,
    PullRequest,
    Repo,
    Review,
    ReviewComment,
    Team,
    User,
)
from osgate.testing.github.state_work import Artifact, CheckRun, Hook, Ruleset, Run, Status, Workflow
from osgate.testing.github.world import World, slug_of


class Making:
    """The makers of FakeGitHub."""

    world: World
    lock: threading.RLock

    # Accounts

    def user(self, login: str, name: str = "", *, bot: bool = False) -> User:
        """Return an account, made where it is not there. A bot's login ends in `[bot]`."""
        with self.lock:
            found = self.world.user_named(login)
            return found or self.world.add_user(login, name, "Bot" if bot or login.endswith("[bot]") else "User")

    def org(self, login: str, members: Mapping[User, str] | None = None, **more: Any) -> Org:
        """Return an organisation with more members (user -> admin or member). more: fields of Org (plan, base)."""
        with self.lock:
            found = self.world.org(login) or self.world.add_org(login)
            for user, role in (members or {}).items():
                found.members[user.id] = Member(user, role)
            for name, value in more.items():
                setattr(found, name, value)
            return found

    def team(self, org: Org, name: str, members: Mapping[User, str] | None = None, **more: Any) -> Team:
        """Return a team with more members (user -> active or pending), who are members of the organisation too."""
        with self.lock:
            found = next((t for t in org.teams.values() if t.slug == slug_of(name)), None)
            found = found or self.world.add_team(org, name)
            for user, state in (members or {}).items():
                found.members[user.id] = Member(user, "member", state)
                org.members.setdefault(user.id, Member(user))
            for key, value in more.items():
                setattr(found, key, value)
            return found

    def rename(self, what: User | Team | Repo, name: str) -> None:
        """Rename: a login (which another may then take), a team (its slug with it), a repository (`owner/name`)."""
        with self.lock:
            if isinstance(what, User):
                what.login = name
            elif isinstance(what, Team):
                what.name, what.slug = name, slug_of(name)
            else:
                self.world.rename(what, name)

    def remove(self, what: User | Repo | Comment) -> None:
        """Delete an account (`ghost` stands where it wrote), a repository (what came from it has no head), a note."""
        with self.lock:
            if isinstance(what, User):
                del self.world.users[what.id]
            elif isinstance(what, Repo):
                for pull in self.world.pulls_from(what):
                    pull.head_repo = None
                del self.world.repos[what.id]
            else:
                rows: list[Any] = getattr(what.on, "notes" if isinstance(what, ReviewComment) else "comments")
                rows.remove(what)

    # Repositories

    def repo(
        self,
        full_name: str,
        files: Mapping[str, bytes] | None = None,
        *,
        roles: Mapping[User, str] | None = None,
        teams: Mapping[Team, str] | None = None,
        private: bool = True,
        **more: Any,
    ) -> Repo:
        """Make a repository, with `files` as the first commit of main.

        roles: user -> read, triage, write, maintain, admin; teams likewise. more: fields of Repo.
        """
        with self.lock:
            repo = self.world.add_repo(full_name, private=private, **more)
            for user, role in (roles or {}).items():
                repo.collaborators[user.id] = role
            for team, role in (teams or {}).items():
                team.repos[repo.id] = role
            if files is not None:
                self.push(repo, repo.default_branch, files, message="First commit")
            return repo

    def fork(self, repo: Repo, owner: User) -> Repo:
        """Make a fork with all branches."""
        with self.lock:
            fork = self.world.add_repo(f"{owner.login}/{repo.name}", parent=repo, private=repo.private)
            fork.git.run("fetch", "-q", repo.git.path, "+refs/heads/*:refs/heads/*")
            return fork

    def push(
        self,
        repo: Repo,
        branch: str,
        files: Mapping[str, bytes | None],
        *,
        parent: str | None = None,
        message: str = "Change",
        author: User | tuple[str, str] | None = None,
        modes: str = "100644",
    ) -> str:
        """Commit `files` (None deletes) to a branch past all rules; return the commit.

        parent: branch or commit to build on, by default the branch as it is, else the default branch; `""` for none. A
        branch that is there is moved, whatever it was.
        """
        with self.lock:
            git, old = repo.git, repo.git.tip(branch)
            base = old or git.tip(repo.default_branch) if parent is None else git.resolve(parent)
            who = (author.name, author.email) if isinstance(author, User) else author or ("Test", "test@example.com")
            made = git.write(files, message, who, base, modes)
            git.move(branch, made, old)
            actor = author if isinstance(author, User) else repo.owner
            pulls.refresh_all(self.world, repo, actor)
            events.push(self.world, repo, f"refs/heads/{branch}", old, made, actor)
            return made

    # Talk

    def pull(
        self, repo: Repo, head: str, base: str = "", author: User | None = None, *, fork: Repo | None = None,
        title: str = "", **more: Any,
    ) -> PullRequest:  # fmt: skip
        """Open a pull request. head: branch, of `fork` where it is given. more: fields of PullRequest (body, draft)."""
        with self.lock:
            place = (fork or repo, head)
            who = author or repo.owner
            target = base or repo.default_branch
            return pulls.open_pull(self.world, repo, who, title or f"Change {head}", place, target, **more)

    def issue(
        self, repo: Repo, title: str, body: str = "", author: User | None = None, labels: tuple[str, ...] = ()
    ) -> Issue:
        """Open an issue."""
        with self.lock:
            return issues.open_issue(self.world, repo, author or repo.owner, title, body, labels)

    def comment(self, on: Issue, author: User, body: str) -> Comment:
        """Write a comment."""
        with self.lock:
            return comments.add_comment(self.world, on, author, body)

    def edit(self, what: Comment | Issue, body: str, who: User | None = None) -> None:
        """Change a text as its author, or a maintainer `who`, does in the browser."""
        with self.lock:
            if isinstance(what, Comment):
                comments.edit(self.world, what, body, who or what.author)
                return
            what.body, what.edited_at, what.editor = body, self.world.now, who or what.author
            what.updated_at = self.world.now
            events.issue(self.world, what, "edited", who or what.author)

    def review(self, on: PullRequest, author: User, state: str = "APPROVED", body: str = "") -> Review:
        """Review the present head. state: APPROVED, CHANGES_REQUESTED, COMMENTED."""
        with self.lock:
            return reviews.add_review(self.world, on, author, state, body)

    def line_comment(self, on: PullRequest, author: User, path: str, line: int, body: str) -> ReviewComment:
        """Write on a line of the diff. Raises Refused (422) where the diff does not show it."""
        with self.lock:
            review = reviews.add_review(self.world, on, author, "COMMENTED")
            return pulls.comment_on_line(self.world, on, author, {"path": path, "line": line, "body": body}, review)

    # Apps, tokens

    def app(self, slug: str, permissions: Mapping[str, str] | None = None, owner: User | None = None) -> App:
        """Return an app with its bot `slug[bot]`, made where it is not there."""
        with self.lock:
            found = self.world.app_named(slug)
            if found is None:
                bot = self.world.add_user(f"{slug}[bot]", slug, "Bot")
                number = 2000 + self.world.next("app")
                found = App(number, slug, slug, owner or self.world.ghost, bot, self.world.now)
                self.world.apps[number] = found
            found.permissions |= permissions or {}
            return found

    def install(
        self, app: App, account: User, repos: tuple[Repo, ...] | None = None, **permissions: str
    ) -> Installation:
        """Install an app. permissions: at most these (`contents="write"`), by default all the app asks for."""
        with self.lock:
            number = self.world.next("installation")
            chosen = None if repos is None else {r.id for r in repos}
            made = Installation(number, app, account, self.world.now, permissions or dict(app.permissions), chosen)
            self.world.installations[number] = made
            return made

    def as_user(self, user: User | str, scopes: tuple[str, ...] = ("repo", "read:org", "workflow"), **more: Any) -> str:
        """Return a classic personal access token. more: fields of Token (expires_at)."""
        found = self.user(user) if isinstance(user, str) else user
        return self.world.add_token("pat", found, scopes=scopes, **more).value

    def as_fine(self, user: User, repos: tuple[Repo, ...], **permissions: str) -> str:
        """Return a fine-grained personal access token for some repositories."""
        chosen = {r.id for r in repos}
        return self.world.add_token("fine", user, repos=chosen, permissions=permissions).value

    def as_app(self, installation: Installation, **more: Any) -> str:
        """Return a token of an installation. more: fields of Token (permissions, expires_at)."""
        more.setdefault("permissions", dict(installation.permissions))
        app = installation.app
        made = self.world.add_token("installation", app.bot, app=app, installation=installation, **more)
        made.repos = installation.repos if made.repos is None else made.repos
        return made.value

    def as_run(self, run: Run) -> str:
        """Return the GITHUB_TOKEN of a run; it counts until the run is completed."""
        with self.lock:
            running.begin(self.world, run)
            return running.job_token(self.world, run).value

    # Workflows

    def workflow(self, repo: Repo, path: str = ".github/workflows/osgate.yml", **more: Any) -> Workflow:
        """Say that there is a workflow. more: fields of Workflow: on=(events), permissions={…}, name, job."""
        with self.lock:
            return running.own_workflow(self.world, repo, path, **more)

    def run_environment(self, run: Run) -> dict[str, str]:
        """Return what a job of a run sees: GITHUB_* and a GITHUB_TOKEN; its payload is `run.payload`."""
        return running.environment(self.world, run, self.as_run(run))

    def finish(self, run: Run, conclusion: str = "success") -> None:
        """Set a run's outcome."""
        with self.lock:
            running.finish(self.world, run, conclusion)

    def artifact(self, run: Run, name: str, content: bytes) -> Artifact:
        """Upload what a run has made. content: the bytes of a zip file."""
        made = Artifact(self.world.next("artifact"), name, content, run, self.world.now)
        run.artifacts.append(made)
        return made

    def replay(self, run: Run) -> Run:
        """Start a workflow once more for an event that was told already: another run, the same payload."""
        with self.lock:
            where = {"change": run.change, "ref": run.ref, "sha": run.sha, "required": run.required}
            return running.start(self.world, run.repo, run.workflow, run.event, run.payload, run.actor, **where)  # type: ignore[arg-type]

    def check(self, repo: Repo, sha: str, name: str, conclusion: str = "success", app: App | None = None) -> CheckRun:
        """Post a completed check run, by GitHub Actions unless another app is named."""
        with self.lock:
            suite = running.suite_for(self.world, repo, app or self.world.actions, sha)
            now = self.world.now
            made = CheckRun(self.world.next("check"), suite, name, "completed", conclusion, now, now)
            repo.checks.append(made)
            return made

    def status(self, repo: Repo, sha: str, context: str, who: User, state: str = "success") -> Status:
        """Set a commit status."""
        made = Status(self.world.next("status"), sha, state, context, None, None, who, self.world.now)
        repo.statuses.append(made)
        return made

    def merge(self, on: PullRequest, who: User | None = None) -> str:
        """Merge, whatever is in the way; return the commit. Raises GitFailed on a conflict."""
        with self.lock:
            return pulls.merge(self.world, on, who or on.author)

    def enqueue(self, on: PullRequest, who: User | None = None) -> Json:
        """Put a pull request into the merge queue; return the merge_group that the event tells of."""
        with self.lock:
            return queue.enter(self.world, on, who or on.author)

    # Rules

    def ruleset(self, place: Repo | Org, rules: list[Json], name: str = "gate", **more: Any) -> Ruleset:
        """Enter an active ruleset for the default branch (of all repositories). more: as of the interface."""
        names: Json = {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}}
        if isinstance(place, Org):
            names["repository_name"] = {"include": ["~ALL"], "exclude": []}
        given = {"name": name, "enforcement": "active", "conditions": names, "rules": rules, **more}
        with self.lock:
            return rulesets.add(self.world, place, given)

    def protect(self, repo: Repo, branch: str = "", **given: Any) -> None:
        """Protect a branch, as of `PUT …/protection`."""
        repo.protection[branch or repo.default_branch] = given

    def hook(self, repo: Repo, url: str, events: tuple[str, ...], secret: str = "") -> Hook:
        """Make a webhook."""
        made = Hook(self.world.next("hook"), url, [*events], secret, self.world.now)
        repo.hooks.append(made)
        return made
