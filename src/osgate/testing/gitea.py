"""A Gitea on a loopback port: the part of `/api/v1` that osgate uses, over a `World`.

    with FakeGitea() as fake:
        bot = fake.world.add_account("osgate", bot=True)
        forge = Gitea(fake.address, fake.as_user(bot))

Like Gitea, it numbers issues and changes together, gives all comments of one in one piece, takes a comment on any line
for a review, tells `active` and `prohibit_login` to administrators only, and sends old paths on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from osgate.model.forge import CHANGE, ISSUE, MERGED, OPEN, Account, Change, Conversation, Issue, Note, Project
from osgate.testing.clock import Clock
from osgate.testing.forge_world import World
from osgate.testing.gitlab.router import Reply
from osgate.testing.rest_server import Ask, Halt, RestServer, route
from osgate.testing.shapes import FLAG, INSTANT, NUMBER, NUMBERS, SHA, TEXT, given, many, maybe, shape

_MOST = 50
_ISSUES, _PULLS = "/repos/{owner}/{repo}/issues", "/repos/{owner}/{repo}/pulls"
_RUNS = "/repos/{owner}/{repo}/actions/runs"
USER = shape(id=NUMBER, login=TEXT, full_name=TEXT)
REPO = shape(id=NUMBER, full_name=TEXT, default_branch=TEXT, html_url=TEXT, clone_url=TEXT, archived=FLAG)
SIDE = shape(label=TEXT, ref=TEXT, sha=SHA, repo_id=NUMBER)
PULL = shape(
    number=NUMBER, title=TEXT, body=TEXT, user=USER, state=TEXT, merged=FLAG, draft=FLAG, html_url=TEXT, base=SIDE,
    head=SIDE, merge_base=TEXT, updated_at=INSTANT,
)  # fmt: skip
ISSUE_SHAPE = shape(
    number=NUMBER, title=TEXT, body=TEXT, user=USER, state=TEXT, created_at=INSTANT, updated_at=INSTANT, html_url=TEXT,
    labels=many(shape(id=NUMBER, name=TEXT)), repository=shape(full_name=TEXT), pull_request=maybe(shape()),
)  # fmt: skip
COMMENT = shape(
    id=NUMBER, user=USER, body=TEXT, created_at=INSTANT, updated_at=INSTANT, html_url=TEXT, issue_url=TEXT,
    pull_request_url=TEXT, original_author=TEXT,
)  # fmt: skip
LINE_COMMENT = shape(
    id=NUMBER, user=USER, body=TEXT, created_at=INSTANT, updated_at=INSTANT, html_url=TEXT, path=TEXT, position=NUMBER,
    pull_request_review_id=NUMBER, resolver=maybe(USER),
)  # fmt: skip
REVIEW = shape(id=NUMBER, user=USER, body=TEXT, state=TEXT, comments_count=NUMBER)
COMMIT = shape(sha=TEXT, commit=shape(author=shape(email=TEXT), committer=shape(email=TEXT)))
RUN = shape(id=NUMBER, head_sha=SHA, status=TEXT, conclusion=TEXT, html_url=TEXT)
STATUS = given("context", "state", context=TEXT, description=TEXT, target_url=TEXT, state={
    "enum": ["pending", "success", "error", "failure", "warning"]
})  # fmt: skip
LINE = given("path", "body", path=TEXT, body=TEXT, new_position=NUMBER, old_position=NUMBER)
SAID = given("body", body=TEXT)


class FakeGitea(RestServer):
    """The fake. version: what `/version` says, by which calls come and go; administrators: ids; labels: id -> name."""

    prefix = "/api/v1"

    def __init__(self, clock: Clock | None = None, *, below: str = "", version: str = "1.26.1") -> None:
        super().__init__(clock, below=below)
        self.world = World(self.clock, self.address, shared=True)
        self.version = version
        self.administrators, self.runs = set[str](), list[dict[str, Any]]()
        self.labels = {1: "osgate::waiting", 2: "osgate::approved"}
        self.foreign: dict[str, str] = {}

    def secret_in(self, headers: Mapping[str, str], query: dict[str, str], said: dict[str, Any]) -> tuple[str, str]:
        """Return the token of the header."""
        kind, _, token = headers.get("Authorization", "").partition(" ")
        return (token, "header") if kind.lower() in ("token", "bearer") else ("", "")

    @route("GET", "/version", shape(version=TEXT))
    def read_version(self, ask: Ask) -> Any:
        """Say the version."""
        return {"version": self.version}

    @route("GET", "/user", USER)
    def read_me(self, ask: Ask) -> Any:
        """Say who asks."""
        return self._user(self.forge(ask).me(), ask.who, own=True)

    @route("GET", "/users/search", shape(ok=FLAG, data=many(USER)))
    def find_users(self, ask: Ask) -> Any:
        """Find an account by number."""
        found = self.forge(ask).account(ask.query["uid"])
        return {"ok": True, "data": [self._user(found, ask.who)] if found else []}

    @route("GET", "/repositories/{id}", REPO)
    def read_repository(self, ask: Ask) -> Any:
        """Read a project by number."""
        return self._repo(self.forge(ask).project(ask.place["id"]))

    @route("GET", "/repos/{owner}/{repo}", REPO)
    def read_repo(self, ask: Ask) -> Any:
        """Read a project by path."""
        return self._repo(self.seen(ask))

    @route("GET", "/repos/issues/search", many(ISSUE_SHAPE))
    def search(self, ask: Ask) -> Any:
        """Search the open changes, the newest first."""
        found = list(self.forge(ask).changes_since(ask.query.get("owner", ""), ask.query.get("since", "")))
        rows = [self._pull_as_issue(change, ask) for change in reversed(found)]
        return self.listed(ask, rows, "limit", _MOST, link=True)

    @route("GET", "/orgs/{org}/teams", many(shape(id=NUMBER, name=TEXT)))
    def list_teams(self, ask: Ask) -> Any:
        """List an organisation's teams."""
        paths = [path for path in self.world.teams if path.partition("/")[0] == ask.place["org"]]
        if not paths:
            raise Halt(404)
        numbers = {path: 1 + n for n, path in enumerate(self.world.teams)}
        rows = [{"id": numbers[path], "name": path.partition("/")[2]} for path in paths]
        return self.listed(ask, rows, "limit", _MOST, link=True)

    @route("GET", "/teams/{id}/members", many(USER))
    def list_members(self, ask: Ask) -> Any:
        """List who is in a team, to who may ask."""
        path = list(self.world.teams)[int(ask.place["id"]) - 1]
        self.forge(ask).in_team(ask.who.id, path)
        rows = [self._user(self.world.accounts[id], ask.who) for id in sorted(self.world.teams[path])]
        return self.listed(ask, rows, "limit", _MOST, link=True)

    @route("GET", _PULLS, many(PULL))
    def list_pulls(self, ask: Ask) -> Any:
        """List open changes."""
        found = (one for one in self.world.changes.values() if (one.project, one.state) == (self.seen(ask).id, OPEN))
        return self.listed(ask, [self._pull(one, ask) for one in found], "limit", _MOST, link=True)

    @route("GET", _PULLS + "/{number}", PULL)
    def read_pull(self, ask: Ask) -> Any:
        """Read a change."""
        return self._pull(self.forge(ask).change(self.seen(ask).id, int(ask.place["number"])), ask)

    @route("GET", _PULLS + "/{number}.diff")
    def read_diff(self, ask: Ask) -> Any:
        """Read a change's diff as text."""
        lines = self.world.lines.get((self.seen(ask).id, int(ask.place["number"])), {})
        parts = [f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n{hunks(at)}" for path, at in lines.items()]
        return Reply("".join(parts).encode(), 200, content_type="text/plain")

    @route("GET", _PULLS + "/{number}/commits", many(COMMIT))
    def list_commits(self, ask: Ask) -> Any:
        """List the commits, one for each address."""
        change = self.forge(ask).change(self.seen(ask).id, int(ask.place["number"]))
        rows = [commit(mail) for mail in change.authors]
        return self.listed(ask, rows, "limit", _MOST, link=True)

    @route("GET", _PULLS + "/{number}/reviews", many(REVIEW))
    def list_reviews(self, ask: Ask) -> Any:
        """List the reviews: here, each is one comment on a line."""
        return self.listed(ask, [self._review(n, ask) for n in self._on_lines(ask)], "limit", _MOST, link=True)

    @route("POST", _PULLS + "/{number}/reviews", REVIEW, given(
        "event", event={"enum": ["COMMENT"]}, commit_id=SHA, body=TEXT, comments=many(LINE)
    ))  # fmt: skip
    def write_review(self, ask: Ask) -> Any:
        """Write a review. Any line is taken, as Gitea does."""
        said = ask.said["comments"][0]
        at = Conversation(self.seen(ask).id, int(ask.place["number"]))
        self.forge(ask).change(at.project, at.number)
        self.forge(ask).me()
        made = self.world.add_note(at, ask.who, said["body"], path=said["path"], line=said["new_position"])
        return self._review(made, ask)

    @route("GET", _PULLS + "/{number}/reviews/{review}/comments", many(LINE_COMMENT))
    def list_review(self, ask: Ask) -> Any:
        """List the comments of a review."""
        return [self._line(note, ask) for note in self._on_lines(ask) if note.id == ask.place["review"]]

    @route("POST", _PULLS + "/comments/{id}/resolve")
    def resolve(self, ask: Ask) -> Any:
        """Mark a thread as resolved."""
        return self._settled(ask, True)

    @route("POST", _PULLS + "/comments/{id}/unresolve")
    def unresolve(self, ask: Ask) -> Any:
        """Mark a thread as open."""
        return self._settled(ask, False)

    @route("GET", _ISSUES, many(ISSUE_SHAPE))
    def list_issues(self, ask: Ask) -> Any:
        """List the issues, the newest first."""
        found = list(self.forge(ask).issues_since(self.seen(ask).id, ask.query.get("since", "")))
        state = ask.query.get("state", OPEN)
        found = [one for one in found if state in ("all", one.state)]
        return self.listed(ask, [self._issue(one, ask) for one in reversed(found)], "limit", _MOST, link=True)

    @route("POST", _ISSUES, ISSUE_SHAPE, given("title", title=TEXT, body=TEXT, labels=NUMBERS))
    def write_issue(self, ask: Ask) -> Any:
        """Open an issue."""
        names = [self.labels[number] for number in ask.said.get("labels", [])]
        made = self.forge(ask).open_issue(self.seen(ask).id, ask.said["title"], ask.said.get("body", ""), names)
        return self._issue(made, ask)

    @route("GET", _ISSUES + "/{number}", ISSUE_SHAPE)
    def read_issue(self, ask: Ask) -> Any:
        """Read an issue, or a change as one."""
        at = self._talk(ask)
        if at.kind == CHANGE:
            return self._pull_as_issue(self.forge(ask).change(at.project, at.number), ask)
        return self._issue(self.forge(ask).issue(at.project, at.number), ask)

    @route(
        "PATCH", _ISSUES + "/{number}", ISSUE_SHAPE, given(body=TEXT, title=TEXT, state={"enum": ["open", "closed"]})
    )
    def change_issue(self, ask: Ask) -> Any:
        """Change an issue."""
        at, said = self._talk(ask), ask.said
        self.forge(ask).change_issue(at.project, at.number, body=said.get("body", ""), state=said.get("state", ""))
        return self._issue(self.world.issues[at.project, at.number], ask)

    @route("PUT", _ISSUES + "/{number}/labels", many(shape(id=NUMBER, name=TEXT)), given(labels=NUMBERS))
    def set_labels(self, ask: Ask) -> Any:
        """Replace the labels."""
        at, names = self._talk(ask), [self.labels[number] for number in ask.said["labels"]]
        self.forge(ask).change_issue(at.project, at.number, labels=names)
        return self._named(names)

    @route("GET", "/repos/{owner}/{repo}/labels", many(shape(id=NUMBER, name=TEXT)))
    def list_labels(self, ask: Ask) -> Any:
        """List the labels there are."""
        self.seen(ask)
        return self.listed(ask, self._named(self.labels.values()), "limit", _MOST, link=True)

    @route("GET", _ISSUES + "/{number}/comments", many(COMMENT))
    def list_comments(self, ask: Ask) -> Any:
        """List all comments in one piece."""
        at = self._talk(ask)
        return [self._comment(at, note, ask) for note in self.forge(ask).notes(at) if not note.path and not note.system]

    @route("POST", _ISSUES + "/{number}/comments", COMMENT, SAID)
    def write_comment(self, ask: Ask) -> Any:
        """Write a comment."""
        at = self._talk(ask)
        return Reply(self._comment(at, self.forge(ask).say(at, ask.said["body"]), ask), 201)

    @route("GET", _ISSUES + "/comments/{id}", COMMENT)
    def read_comment(self, ask: Ask) -> Any:
        """Read a comment; of another kind of comment, nothing is said."""
        at, note = self._found(ask)
        return Reply(None, 204) if note.path or note.system else self._comment(at, note, ask)

    @route("PATCH", _ISSUES + "/comments/{id}", COMMENT, SAID)
    def edit_comment(self, ask: Ask) -> Any:
        """Edit a comment."""
        at, note = self._found(ask)
        return self._comment(at, self.forge(ask).edit(at, note.id, ask.said["body"]), ask)

    @route("DELETE", _ISSUES + "/comments/{id}")
    def delete_comment(self, ask: Ask) -> Any:
        """Delete a comment."""
        at, note = self._found(ask)
        self.forge(ask).remove(at, note.id)
        return Reply(None, 204)

    @route("POST", _ISSUES + "/comments/{id}/reactions", takes=given("content", content=TEXT))
    def write_reaction(self, ask: Ask) -> Any:
        """React to a comment, by one of the reactions that are allowed."""
        if ask.said["content"] not in ("+1", "-1", "eyes"):
            raise Halt(403, "not an allowed reaction")
        at, note = self._found(ask)
        self.forge(ask).react(at, note.id, ask.said["content"])
        return Reply({"content": ask.said["content"]}, 201)

    @route("POST", "/repos/{owner}/{repo}/statuses/{sha}", shape(id=NUMBER), STATUS)
    def write_status(self, ask: Ask) -> Any:
        """Set a commit status."""
        said, project = ask.said, self.seen(ask).id
        text, url = said.get("description", ""), said.get("target_url", "")
        self.forge(ask).set_status(project, ask.place["sha"], said["context"], said["state"], text, url)
        return Reply({"id": 1}, 201)

    @route("GET", _RUNS, shape(total_count=NUMBER, workflow_runs=many(RUN)))
    def list_runs(self, ask: Ask) -> Any:
        """List the runs of a commit; those that a test put into `runs`."""
        self.seen(ask)
        found = [run for run in self.runs if run["head_sha"] == ask.query["head_sha"]]
        return {"total_count": len(found), "workflow_runs": found}

    @route("POST", _RUNS + "/{run}/rerun")
    def rerun(self, ask: Ask) -> Any:
        """Run again."""
        self._since(1, 26)
        run = next((run for run in self.runs if str(run["id"]) == ask.place["run"]), None)
        changes = [one for one in self.world.changes.values() if run and one.head == run["head_sha"]]
        if not changes:
            raise Halt(404)
        self.forge(ask).rerun(changes[0])
        return Reply(run, 201)

    def _since(self, *version: int) -> None:
        if tuple(map(int, self.version.split("+")[0].split(".")[:2])) < version or "+gitea" in self.version:
            raise Halt(405)

    def _settled(self, ask: Ask, resolved: bool) -> Reply:
        self._since(1, 26)
        at, note = self._found(ask)
        self.forge(ask).settle(at, note.thread, resolved)
        return Reply(None, 204)

    def _talk(self, ask: Ask) -> Conversation:
        project, number = self.seen(ask).id, int(ask.place["number"])
        return Conversation(project, number, CHANGE if (project, number) in self.world.changes else ISSUE)

    def _found(self, ask: Ask) -> tuple[Conversation, Note]:
        project = self.seen(ask).id
        for at in self.world.talks:
            for note in self.world.notes(at) if at.project == project else ():
                if note.id == ask.place["id"]:
                    return at, note
        raise Halt(404)

    def _on_lines(self, ask: Ask) -> list[Note]:
        at = Conversation(self.seen(ask).id, int(ask.place["number"]))
        return [note for note in self.forge(ask).notes(at) if note.path]

    def _user(self, account: Account, asker: Account, own: bool = False) -> dict[str, Any]:
        known = account.id in self.world.accounts
        told = own or asker.id in self.administrators
        return {
            "id": int(account.id) if known else -1,
            "login": account.login if known else "Ghost",
            "full_name": account.name,
            "is_admin": told and account.id in self.administrators,
            "active": told and account.active,
            "prohibit_login": told and not account.active,
        }

    def _repo(self, project: Project) -> dict[str, Any]:
        return {
            "id": int(project.id), "full_name": project.path, "default_branch": project.branch, "html_url": project.url,
            "clone_url": project.git_url, "archived": project.archived,
            "permissions": {"admin": False, "push": True, "pull": True},
        }  # fmt: skip

    def _pull(self, change: Change, ask: Ask) -> dict[str, Any]:
        sides = {
            "base": {"label": change.target, "ref": change.target, "sha": change.base, "repo_id": int(change.project)},
            "head": {"label": change.branch, "ref": change.branch, "sha": change.head, "repo_id": int(change.source)},
        }
        return {
            "number": change.number, "title": change.title, "body": "", "user": self._user(change.author, ask.who),
            "state": "open" if change.state == OPEN else "closed", "merged": change.state == MERGED,
            "draft": change.draft, "html_url": self._page(change.conversation), "merge_base": change.base,
            "updated_at": change.updated, **sides,
        }  # fmt: skip

    def _pull_as_issue(self, change: Change, ask: Ask) -> dict[str, Any]:
        return {
            **self._pull(change, ask), "created_at": change.updated, "labels": [], "pull_request": {"merged": False},
            "repository": {"full_name": self.world.projects[change.project].path},
        }  # fmt: skip

    def _issue(self, issue: Issue, ask: Ask) -> dict[str, Any]:
        return {
            "number": issue.number, "title": issue.title, "body": issue.body, "state": issue.state,
            "user": self._user(issue.author, ask.who), "created_at": issue.created, "updated_at": issue.updated,
            "html_url": self._page(issue.conversation), "labels": self._named(issue.labels), "pull_request": None,
            "repository": {"full_name": self.world.projects[issue.project].path},
        }  # fmt: skip

    def _comment(self, at: Conversation, note: Note, ask: Ask) -> dict[str, Any]:
        page = self._page(at)
        return {
            "id": int(note.id), "user": self._user(note.author, ask.who), "body": note.body, "created_at": note.created,
            "updated_at": note.updated, "html_url": f"{page}#issuecomment-{note.id}",
            "issue_url": page if at.kind == ISSUE else "", "pull_request_url": page if at.kind == CHANGE else "",
            "original_author": self.foreign.get(note.id, ""),
        }  # fmt: skip

    def _line(self, note: Note, ask: Ask) -> dict[str, Any]:
        at = Conversation(self.seen(ask).id, int(ask.place["number"]))
        return {
            **self._comment(at, note, ask), "path": note.path, "position": note.line,
            "pull_request_review_id": int(note.id),
            "resolver": self._user(ask.who, ask.who) if note.resolved else None,
        }  # fmt: skip

    def _review(self, note: Note, ask: Ask) -> dict[str, Any]:
        user = self._user(note.author, ask.who)
        return {"id": int(note.id), "user": user, "body": "", "state": "COMMENT", "comments_count": 1}

    def _named(self, names: Any) -> list[dict[str, Any]]:
        return [{"id": number, "name": name} for number, name in self.labels.items() if name in set(names)]

    def _page(self, at: Conversation) -> str:
        return f"{self.world.projects[at.project].url}/{'pulls' if at.kind == CHANGE else 'issues'}/{at.number}"


def hunks(lines: frozenset[int]) -> str:
    """Return hunks that add these lines, one each."""
    return "".join(f"@@ -0,0 +{line},1 @@\n+line {line}\n" for line in sorted(lines))


def commit(mail: str) -> dict[str, Any]:
    """Return a commit by an address."""
    who = {"name": "", "email": mail, "date": "2026-11-21T06:00:00Z"}
    return {"sha": "5" * 40, "commit": {"author": who, "committer": who, "message": ""}}
