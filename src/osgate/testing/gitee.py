"""A Gitee on a loopback port: the part of `/api/v5` that osgate uses, over a `World`.

    with FakeGitee() as fake:
        bot = fake.world.add_account("osgate", bot=True)
        forge = Gitee(fake.address, fake.as_user(bot))

Like Gitee, it takes the token as a parameter, calls issues by letters, tells times of China, finds accounts by login
alone, places a comment on a line by its position in the diff, and has check runs where others have commit statuses.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from osgate.forges.links import ident, numbered
from osgate.forges.patches import shown
from osgate.model.forge import CHANGE, ISSUE, OPEN, Account, Change, Conversation, Issue, Note, Project
from osgate.testing.clock import Clock
from osgate.testing.gitea import COMMIT, SAID, commit, hunks
from osgate.testing.gitlab.router import Reply
from osgate.testing.rest_server import Ask, Halt, RestServer, route
from osgate.testing.shapes import INSTANT, NUMBER, SHA, TEXT, given, many, maybe, shape

_MOST = 100
# The number of the issue before the first.
_BEFORE = numbered("IC0000")
_CHINA = timezone(timedelta(hours=8))
_REPO = "/repos/{owner}/{repo}"
USER = shape(id=NUMBER, login=TEXT, name=TEXT, type=TEXT)
REPO = shape(id=NUMBER, full_name=TEXT, html_url=TEXT, default_branch=TEXT)
SIDE = shape(label=TEXT, ref=TEXT, sha=SHA, repo=maybe(shape(full_name=TEXT)))
PULL = shape(
    id=NUMBER, number=NUMBER, title=TEXT, state=TEXT, user=USER, html_url=TEXT, head=SIDE, base=SIDE, updated_at=INSTANT
)
ISSUE_SHAPE = shape(
    id=NUMBER, number=TEXT, title=TEXT, body=maybe(TEXT), state=TEXT, user=USER, html_url=TEXT, created_at=INSTANT,
    updated_at=INSTANT, labels=many(shape(id=NUMBER, name=TEXT)),
)  # fmt: skip
COMMENT = shape(id=NUMBER, user=USER, body=TEXT, created_at=INSTANT, updated_at=INSTANT, html_url=TEXT)
RUN = shape(id=NUMBER, name=TEXT, head_sha=SHA, status=TEXT)
FILE = shape(filename=TEXT, status=maybe(TEXT), patch=shape(diff=TEXT))
RUN_SAID = given(
    "name", "head_sha", name=TEXT, head_sha=SHA, details_url=TEXT,
    status={"enum": ["queued", "in_progress", "completed"]}, conclusion={"enum": ["success", "failure"]},
    output=shape(title=TEXT, summary=TEXT),
)  # fmt: skip


class FakeGitee(RestServer):
    """The fake. checks: whether there are check runs; runs: by number."""

    prefix = "/api/v5"

    def __init__(self, clock: Clock | None = None, *, below: str = "", checks: bool = True) -> None:
        super().__init__(clock, below=below)
        self.checks, self.runs = checks, dict[int, dict[str, Any]]()
        self._run_ids = itertools.count(1)

    def secret_in(self, headers: Mapping[str, str], query: dict[str, str], said: dict[str, Any]) -> tuple[str, str]:
        """Return the token of the query or the body."""
        for where, place in (("query", query), ("body", said)):
            if "access_token" in place:
                return str(place.pop("access_token")), where
        return "", ""

    @route("GET", "/user", USER)
    def read_me(self, ask: Ask) -> Any:
        """Say who asks."""
        return self._user(self.forge(ask).me())

    @route("GET", "/users/{login}", USER)
    def read_user(self, ask: Ask) -> Any:
        """Find an account by login."""
        found = [one for one in self.world.accounts.values() if one.login == ask.place["login"]]
        if not found:
            raise Halt(404)
        return self._user(found[0])

    @route("GET", "/user/repos", many(REPO))
    def list_repos(self, ask: Ask) -> Any:
        """List what the asker sees."""
        return self._repos(ask, "")

    @route("GET", "/orgs/{org}/repos", many(REPO))
    def list_org(self, ask: Ask) -> Any:
        """List the projects of an organisation."""
        return self._repos(ask, ask.place["org"])

    @route("GET", "/orgs/{org}/members", many(USER))
    def list_members(self, ask: Ask) -> Any:
        """List who is in an organisation, to who may ask."""
        self.forge(ask).in_team(ask.who.id, ask.place["org"])
        rows = [self._user(self.world.accounts[id]) for id in sorted(self.world.teams[ask.place["org"]])]
        return self.listed(ask, rows, "per_page", 100, link=False)

    @route("GET", _REPO, REPO)
    def read_repo(self, ask: Ask) -> Any:
        """Read a project."""
        return self._repo(self.seen(ask))

    @route("GET", _REPO + "/compare/{range}", shape(merge_base_commit=shape(sha=SHA)))
    def compare(self, ask: Ask) -> Any:
        """Say the newest commit that two share: the first of them, here."""
        self.seen(ask)
        return {"merge_base_commit": {"sha": ask.place["range"].partition("...")[0]}}

    @route("GET", _REPO + "/pulls", many(PULL))
    def list_pulls(self, ask: Ask) -> Any:
        """List the open changes, the oldest update first."""
        path, since = self.seen(ask).path, self._instant(ask.query.get("since", ""))
        owner = path.partition("/")[0]
        found = [one for one in self.forge(ask).changes_since(owner, since) if self._path(one.project) == path]
        return self.listed(ask, map(self._pull, found), "per_page", _MOST, link=False)

    @route("GET", _REPO + "/pulls/{number}", PULL)
    def read_pull(self, ask: Ask) -> Any:
        """Read a change."""
        return self._pull(self._change(ask))

    @route("GET", _REPO + "/pulls/{number}/commits", many(COMMIT))
    def list_commits(self, ask: Ask) -> Any:
        """List the first 250 commits, one for each address."""
        return [commit(mail) for mail in self._change(ask).authors[:250]]

    @route("GET", _REPO + "/pulls/{number}/files", many(FILE))
    def list_files(self, ask: Ask) -> Any:
        """List the files with their diffs."""
        change = self._change(ask)
        lines = self.world.lines.get((change.project, change.number), {})
        return [{"filename": path, "status": None, "patch": {"diff": hunks(at)}} for path, at in lines.items()]

    @route("GET", _REPO + "/pulls/{number}/comments", many(COMMENT))
    def list_pull_comments(self, ask: Ask) -> Any:
        """List the comments of a change."""
        return self._comments(ask, self._change(ask).conversation)

    @route("POST", _REPO + "/pulls/{number}/comments", COMMENT, given(
        "body", body=TEXT, path=TEXT, position=NUMBER, commit_id=SHA
    ))  # fmt: skip
    def write_pull_comment(self, ask: Ask) -> Any:
        """Write a comment, on a line by its position."""
        change, said = self._change(ask), ask.said
        if "path" not in said:
            return self._commented(ask, change.conversation)
        diff = hunks(self.world.lines.get((change.project, change.number), {}).get(said["path"], frozenset()))
        line = next((line for line, at in shown(diff).items() if at == said["position"]), 0)
        note = self.forge(ask).say_on_line(change, said["path"], line, said["body"])
        return Reply(self._comment(change.conversation, note), 201)

    @route("GET", _REPO + "/issues", many(ISSUE_SHAPE))
    def list_issues(self, ask: Ask) -> Any:
        """List the issues, the oldest update first."""
        found = self.forge(ask).issues_since(self.seen(ask).id, self._instant(ask.query.get("since", "")))
        state = ask.query.get("state", OPEN)
        found = (one for one in found if state in ("all", one.state))
        return self.listed(ask, map(self._issue, found), "per_page", _MOST, link=False)

    @route("GET", _REPO + "/issues/{number}", ISSUE_SHAPE)
    def read_issue(self, ask: Ask) -> Any:
        """Read an issue."""
        at = self._talk(ask)
        return self._issue(self.forge(ask).issue(at.project, at.number))

    @route(
        "POST",
        "/repos/{owner}/issues",
        ISSUE_SHAPE,
        given("repo", "title", repo=TEXT, title=TEXT, body=TEXT, labels=TEXT),
    )
    def write_issue(self, ask: Ask) -> Any:
        """Open an issue."""
        said = ask.said
        labels = [name for name in said.get("labels", "").split(",") if name]
        return self._issue(self.forge(ask).open_issue(self._named(ask).id, said["title"], said.get("body", ""), labels))

    @route("PATCH", "/repos/{owner}/issues/{number}", ISSUE_SHAPE, given(
        "repo", repo=TEXT, body=TEXT, labels=TEXT, state={"enum": ["open", "progressing", "closed"]}
    ))  # fmt: skip
    def change_issue(self, ask: Ask) -> Any:
        """Change an issue."""
        project, number, said = self._named(ask).id, self._number(ask), ask.said
        labels = [name for name in said["labels"].split(",") if name] if "labels" in said else None
        self.forge(ask).change_issue(
            project, number, body=said.get("body", ""), labels=labels, state=said.get("state", "")
        )
        return self._issue(self.world.issues[project, number])

    @route("GET", _REPO + "/issues/{number}/comments", many(COMMENT))
    def list_issue_comments(self, ask: Ask) -> Any:
        """List the comments of an issue."""
        return self._comments(ask, self._talk(ask))

    @route("POST", _REPO + "/issues/{number}/comments", COMMENT, SAID)
    def write_issue_comment(self, ask: Ask) -> Any:
        """Write a comment on an issue."""
        return self._commented(ask, self._talk(ask))

    @route("GET", _REPO + "/{kind}/comments/{id}", COMMENT)
    def read_comment(self, ask: Ask) -> Any:
        """Read a comment of a change or an issue."""
        return self._comment(*self._found(ask))

    @route("PATCH", _REPO + "/{kind}/comments/{id}", COMMENT, SAID)
    def edit_comment(self, ask: Ask) -> Any:
        """Edit a comment."""
        at, note = self._found(ask)
        return self._comment(at, self.forge(ask).edit(at, note.id, ask.said["body"]))

    @route("DELETE", _REPO + "/{kind}/comments/{id}")
    def delete_comment(self, ask: Ask) -> Any:
        """Delete a comment."""
        at, note = self._found(ask)
        self.forge(ask).remove(at, note.id)
        return Reply(None, 204)

    @route("GET", _REPO + "/commits/{ref}/check-runs", shape(total_count=NUMBER, check_runs=many(RUN)))
    def list_runs(self, ask: Ask) -> Any:
        """List the check runs of a commit."""
        self._checks(ask)
        found = [run for run in self.runs.values() if run["head_sha"] == ask.place["ref"]]
        return {"total_count": len(found), "check_runs": found}

    @route("POST", _REPO + "/check-runs", RUN, RUN_SAID)
    def write_run(self, ask: Ask) -> Any:
        """Make a check run."""
        return Reply(self._ran(ask, next(self._run_ids)), 201)

    @route("PATCH", _REPO + "/check-runs/{run}", RUN, RUN_SAID)
    def change_run(self, ask: Ask) -> Any:
        """Change a check run."""
        return self._ran(ask, int(ask.place["run"]))

    def _checks(self, ask: Ask) -> Project:
        if not self.checks:
            raise Halt(404)
        return self.seen(ask)

    def _ran(self, ask: Ask, number: int) -> dict[str, Any]:
        project, said = self._checks(ask), ask.said
        state = said["conclusion"] if said["status"] == "completed" else "pending"
        text, url = said["output"]["summary"], said.get("details_url", "")
        self.forge(ask).set_status(project.id, said["head_sha"], said["name"], state, text, url)
        self.runs[number] = {"id": number, **said}
        return self.runs[number]

    def _change(self, ask: Ask) -> Change:
        return self.forge(ask).change(self.seen(ask).id, int(ask.place["number"]))

    def _number(self, ask: Ask) -> int:
        try:
            return numbered(ask.place["number"]) - _BEFORE
        except ValueError:
            raise Halt(404) from None

    def _talk(self, ask: Ask) -> Conversation:
        return Conversation(self.seen(ask).id, self._number(ask), ISSUE)

    def _named(self, ask: Ask) -> Project:
        """The project of a call that names it in its body."""
        return self.seen(Ask(ask.who, ask.query, ask.said, {**ask.place, "repo": ask.said["repo"]}))

    def _found(self, ask: Ask) -> tuple[Conversation, Note]:
        project, kind = self.seen(ask).id, CHANGE if ask.place["kind"] == "pulls" else ISSUE
        for at in self.world.talks:
            for note in self.world.notes(at) if (at.project, at.kind) == (project, kind) else ():
                if note.id == ask.place["id"] and not note.system:
                    return at, note
        raise Halt(404)

    def _comments(self, ask: Ask, at: Conversation) -> Reply:
        found = [note for note in self.forge(ask).notes(at) if not note.system]
        return self.listed(ask, [self._comment(at, note) for note in found], "per_page", _MOST, link=False)

    def _commented(self, ask: Ask, at: Conversation) -> Reply:
        return Reply(self._comment(at, self.forge(ask).say(at, ask.said["body"])), 201)

    def _repos(self, ask: Ask, owner: str) -> Reply:
        hidden = self.world.hidden
        found = [one for one in self.world.projects.values() if (one.id, ask.who.id) not in hidden]
        kept = [self._repo(one) for one in found if not owner or one.path.startswith(owner + "/")]
        if owner and not kept:
            raise Halt(404)
        return self.listed(ask, kept, "per_page", _MOST, link=False)

    def _path(self, project: str) -> str:
        return self.world.projects[project].path

    def _repo(self, project: Project) -> dict[str, Any]:
        page = f"{project.url}.git"
        return {"id": int(project.id), "full_name": project.path, "html_url": page, "default_branch": project.branch}

    def _user(self, account: Account) -> dict[str, Any]:
        kind = "Bot" if account.bot else "User"
        return {"id": int(account.id), "login": account.login, "name": account.name, "type": kind}

    def _pull(self, change: Change) -> dict[str, Any]:
        base, head = {"full_name": self._path(change.project)}, {"full_name": self._path(change.source)}
        return {
            "id": change.number, "number": change.number, "title": change.title, "state": change.state,
            "draft": change.draft, "user": self._user(change.author), "html_url": self._page(change.conversation),
            "base": {"label": change.target, "ref": change.target, "sha": self._base(change), "repo": base},
            "head": {"label": change.branch, "ref": change.branch, "sha": change.head, "repo": head},
            "updated_at": _china(change.updated),
        }  # fmt: skip

    def _base(self, change: Change) -> str:
        return self.world.changes[change.project, change.number].base

    def _issue(self, issue: Issue) -> dict[str, Any]:
        return {
            "id": issue.number, "number": ident(_BEFORE + issue.number), "title": issue.title, "body": issue.body,
            "state": issue.state, "user": self._user(issue.author),
            "html_url": self._page(issue.conversation), "created_at": _china(issue.created),
            "updated_at": _china(issue.updated), "labels": [{"id": 1, "name": name} for name in issue.labels],
        }  # fmt: skip

    def _comment(self, at: Conversation, note: Note) -> dict[str, Any]:
        about = {"pull_request_url": self._page(at)}
        if at.kind == ISSUE:
            about = {"target": {"issue": {"number": ident(_BEFORE + at.number)}, "pull_request": None}}  # type: ignore[dict-item]
        line = {"path": note.path, "new_line": note.line} if note.path else {}
        return {
            "id": int(note.id), "user": self._user(note.author), "body": note.body,
            "created_at": _china(note.created), "updated_at": _china(note.updated),
            "html_url": f"{self._page(at)}#note_{note.id}", **about, **line,
        }  # fmt: skip

    def _page(self, at: Conversation) -> str:
        place = f"pulls/{at.number}" if at.kind == CHANGE else f"issues/{ident(_BEFORE + at.number)}"
        return f"{self.world.projects[at.project].url}/{place}"

    @staticmethod
    def _instant(text: str) -> str:
        return datetime.fromisoformat(text).astimezone(tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if text else ""


def _china(instant: str) -> str:
    return datetime.fromisoformat(instant).astimezone(_CHINA).isoformat()
