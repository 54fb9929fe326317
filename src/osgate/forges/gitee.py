"""Gitee, and GitCode, which has the same shape: `/api/v5/repos/{owner}/{repo}/…`.

What they lack, and what is done instead: a project is known by its path alone, which is its id here; an account is
found by its login, so by id only once it has been seen; nobody tells whether an account may sign in or an issue's text
was edited; there are no reactions; threads are not resolved and checks not run again by this interface
(`forge.lacking`); a commit status is a check run. The addresses of a change's first 250 commits are told.
The token goes as a parameter: it never stands in what is said or raised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from osgate.forges.api import Api, Untaken
from osgate.forges.got import Got
from osgate.forges.links import ident, numbered
from osgate.forges.patches import shown
from osgate.forges.protocol import Forbidden, Missing, NotInDiff, Unreachable
from osgate.io.rest import Limits, Token
from osgate.model.forge import (
    CHANGE,
    CLOSED,
    ISSUE,
    MERGED,
    OPEN,
    Able,
    Account,
    Change,
    Conversation,
    Issue,
    Note,
    Project,
)
from osgate.model.record import replace

_PAGE = ("per_page", 100)
_API = "API v5"
_NEEDS = "projects, pull_requests, issues, notes"
_OPEN = ("open", "opened", "progressing")
_TEXT = 255
_RUNS = {
    "pending": {"status": "in_progress"},
    "success": {"status": "completed", "conclusion": "success"},
    "failure": {"status": "completed", "conclusion": "failure"},
}


class Gitee:
    """`osgate.forges.protocol.Forge`. address: of the web pages; token: a personal or an application's one.

    api: where the interface is, if it is not below the address (GitCode's is on a host of its own).
    """

    kind = "gitee"

    def __init__(self, address: str, token: str, *, api: str = "", limits: Limits | None = None) -> None:
        self.address = address.rstrip("/")
        base = api or f"{self.address}/api/v5"
        self._api = Api(base, self.address, Token(token, "access_token", parameter=True), _NEEDS, limits)
        self.overlooked: list[str] = []
        self._logins: dict[str, str] = {}

    def me(self) -> Account:
        """Return who we are."""
        return self._account(self._api.get("user"))

    def account(self, id: str) -> Account | None:
        """Return an account that was seen before, as the author of something."""
        found = self._api.find("users", self._logins[id]) if id in self._logins else None
        account = self._account(found) if found is not None else None
        # The login may be somebody else's by now.
        return account if account is not None and account.id == id else None

    def project(self, named: str) -> Project:
        """Return a project by path."""
        got = self._api.get(*_repo(named))
        path, page = got.text("full_name"), got.text("html_url").removesuffix(".git")
        if path.lower() != named.lower():
            raise Missing("forge.moved", what=named, to=path)
        return Project(path, path, got.text("default_branch", ""), page, f"{page}.git")

    def may_read(self, project: str, account: str) -> bool | None:
        """Return True for what everybody sees; accounts have no number there to ask for others by."""
        found = self._api.get(*_repo(project))
        return True if not (found.flag("private") or found.flag("internal")) else None

    def in_team(self, account: str, team: str) -> bool:
        """Return whether an account is in an organisation. Raises Forbidden `forge.lacking` for a team inside one."""
        if "/" in team:
            raise _lacking(f"team {team}")
        found = self._api.pages("orgs", team, "members", size=_PAGE)
        # Gitee lists accounts, GitCode what they are in the organisation.
        members = [self._account(one.inner("user") if one.has("user") else one) for one in found]
        return any(one.id == account and not one.bot for one in members)

    def change(self, project: str, number: int) -> Change:
        """Return a change with the addresses its commits name."""
        at = (*_repo(project), "pulls", str(number))
        got = self._api.get(*at)
        commits = [one.inner("commit") for one in self._api.whole(*at, "commits")]
        said = [commit.inner(who).text("email", "") for commit in commits for who in ("author", "committer")]
        found = self._change(project, got)
        base = self._base(project, got.inner("base").text("sha"), found.head)
        return replace(found, base=base, authors=tuple(dict.fromkeys(filter(None, said))))

    def changes_since(self, group: str, since: str) -> Iterator[Change]:
        """Yield the open changes of an organisation, a user or one repository, or of all we can see."""
        found = list[Change]()
        query = {"state": "open", "sort": "updated", "direction": "asc", "since": since or None}
        for project in self._projects(group):
            got = self._api.pages(*_repo(project), "pulls", size=_PAGE, **query)
            found += {one.number("number"): self._change(project, one) for one in got}.values()
        kept = [change for change in found if change.state == OPEN and change.updated >= since]
        yield from sorted(kept, key=lambda change: (change.updated, change.project, change.number))

    def changes_with(self, project: str, head: str) -> Iterator[Change]:
        """Yield the open changes with a head."""
        rows = self._api.pages(*_repo(project), "pulls", size=_PAGE, state="open")
        found = {change.number: change for change in (self._change(project, row) for row in rows)}
        yield from (change for change in found.values() if change.state == OPEN and change.head == head)

    def issue(self, project: str, number: int) -> Issue:
        """Return an issue."""
        return self._issue(project, self._api.get(*_repo(project), "issues", ident(number)))

    def issues_since(self, project: str, since: str) -> Iterator[Issue]:
        """Yield the issues of a project."""
        query = {"state": "all", "sort": "updated", "direction": "asc", "since": since or None}
        kept = [issue for issue in self._issues(project, **query) if issue.updated >= since]
        yield from sorted(kept, key=lambda issue: (issue.updated, issue.number))

    def open_issues(self, project: str) -> Iterator[Issue]:
        """Yield the open issues of a project; one that somebody works at is in a list of its own."""
        found = [issue for state in ("open", "progressing") for issue in self._issues(project, state=state)]
        kept = {issue.number: issue for issue in found if issue.state == OPEN}
        yield from sorted(kept.values(), key=lambda issue: (issue.created, issue.number))

    def notes(self, at: Conversation) -> Iterator[Note]:
        """Yield every comment, those on lines included."""
        got = self._api.pages(*_talk(at), "comments", size=_PAGE)
        found = {note.id: note for note in map(self._note, got)}
        yield from sorted(found.values(), key=lambda note: (note.created, len(note.id), note.id))

    def note(self, at: Conversation, id: str) -> Note | None:
        """Return a comment as it is now; where it does not tell what it belongs to, the list is asked."""
        got = self._api.find(*_comment(at, id))
        if got is None:
            return None
        change = got.text("pull_request_url", "").rpartition("/")[2]
        issue = got.inner("target").inner("issue")
        if not change and not issue.has("number"):
            return next((note for note in self.notes(at) if note.id == id), None)
        belongs = change == str(at.number) if at.kind == CHANGE else issue.id("number") == ident(at.number)
        return self._note(got) if belongs else None

    def say(self, at: Conversation, body: str) -> Note:
        """Write a comment."""
        return self._said(self._api.sent("POST", *_talk(at), "comments", body={"body": body}))

    def say_on_line(self, change: Change, path: str, line: int, body: str) -> Note:
        """Write a comment on a line: its place is counted in the file's diff."""
        place = (*_repo(change.project), "pulls", str(change.number))
        files = (one for one in self._api.whole(*place, "files") if one.text("filename") == path)
        position = next((shown(one.inner("patch").text("diff", "")).get(line, 0) for one in files), 0)
        if not position:
            raise NotInDiff("forge.line", path=path, line=line)
        said = {"body": body, "path": path, "position": position, "commit_id": change.head}
        return self._said(self._api.sent("POST", *place, "comments", body=said))

    def edit(self, at: Conversation, note: str, body: str) -> Note:
        """Replace the text of a comment."""
        return self._said(self._api.sent("PATCH", *_comment(at, note), body={"body": body}))

    def remove(self, at: Conversation, note: str) -> None:
        """Delete a comment."""
        try:
            self._api.send("DELETE", *_comment(at, note))
        except Missing:
            return

    def settle(self, at: Conversation, thread: str, resolved: bool) -> None:
        """Raise Forbidden `forge.lacking`."""
        raise _lacking("threads")

    def react(self, at: Conversation, note: str, reaction: str) -> None:
        """Do nothing."""

    def set_status(self, project: str, commit: str, name: str, state: str, text: str, url: str = "") -> None:
        """Set the check run `name` of a commit. Raises Forbidden `forge.lacking` where there are none."""
        said: dict[str, object] = {"name": name, "head_sha": commit, "details_url": url, **_RUNS[state]}
        said |= {"output": {"title": text[:_TEXT], "summary": text[:_TEXT]}}
        try:
            runs = self._api.get(*_repo(project), "commits", commit, "check-runs", check_name=name).many("check_runs")
            known = next((run.id() for run in runs if run.text("name") == name), "")
            place = (*_repo(project), "check-runs")
            if known:
                self._api.send("PATCH", *place, known, body=said)
            else:
                self._api.send("POST", *place, body=said)
        except Missing:
            raise _lacking("check-runs") from None

    def open_issue(self, project: str, title: str, body: str, labels: Iterable[str] = ()) -> Issue:
        """Open an issue."""
        _, owner, name = _repo(project)
        said = {"repo": name, "title": title, "body": body, "labels": ",".join(labels)}
        return self._issue(project, self._api.sent("POST", "repos", owner, "issues", body=said))

    def change_issue(
        self, project: str, number: int, *, body: str = "", labels: Iterable[str] | None = None, state: str = ""
    ) -> None:
        """Change what is given of an issue."""
        _, owner, name = _repo(project)
        said = {"repo": name, **{key: value for key, value in (("body", body), ("state", state)) if value}}
        if labels is not None:
            said["labels"] = ",".join(labels)
        self._api.send("PATCH", "repos", owner, "issues", ident(number), body=said)

    def rerun(self, change: Change) -> str:
        """Raise Forbidden `forge.lacking`."""
        raise _lacking("rerun")

    def able(self, project: str) -> Able:
        """Find out what can be done in a project."""
        branch = self.project(project).branch
        runs = self._api.find(*_repo(project), "commits", branch, "check-runs") if branch else None
        lacking = [(what, _API) for what in ("threads", "rerun", "reactions", "edited issues", "blocked accounts")]
        if runs is None:
            lacking.append(("statuses", _API))
        return Able(lacking=tuple(lacking))

    def _projects(self, group: str) -> list[str]:
        if "/" in group:
            return [group]
        if not group:
            return self._paths("user", "repos")
        try:
            return self._paths("orgs", group, "repos")
        except Missing:
            return self._paths("users", group, "repos")

    def _paths(self, *parts: str) -> list[str]:
        return [one.text("full_name") for one in self._api.pages(*parts, size=_PAGE, type="all")]

    def _base(self, project: str, base: str, head: str) -> str:
        """The newest commit both branches share, where the forge says it."""
        try:
            found = self._api.get(*_repo(project), "compare", f"{base}...{head}")
        except (Missing, Untaken):
            return ""
        return found.inner("merge_base_commit").text("sha", "")

    def _account(self, got: Got) -> Account:
        found = Account(got.id(), got.text("login"), got.text("name", ""), got.text("type", "User").lower() == "bot")
        self._logins[found.id] = found.login
        return found

    def _change(self, project: str, got: Got) -> Change:
        head, state = got.inner("head"), got.text("state")
        return Change(
            project, got.number("number"), got.text("title"), self._account(got.inner("user")),
            OPEN if state in _OPEN else MERGED if state == "merged" else CLOSED, "", head.text("sha"),
            got.inner("base").text("ref"), head.inner("repo").text("full_name", ""), head.text("ref"),
            got.text("html_url"), got.instant("updated_at"), got.flag("draft"),
        )  # fmt: skip

    def _issues(self, project: str, **query: str | None) -> Iterator[Issue]:
        """Yield the issues of a list, each once."""
        got = self._api.pages(*_repo(project), "issues", size=_PAGE, **query)
        return iter({one.id("number"): self._issue(project, one) for one in got}.values())

    def _issue(self, project: str, got: Got) -> Issue:
        try:
            number = numbered(got.id("number"))
        except ValueError:
            raise Unreachable("forge.strange", address=self.address, detail="number") from None
        return Issue(
            project, number, got.text("title"), got.text("body", ""), self._account(got.inner("user")),
            OPEN if got.text("state") in _OPEN else CLOSED, got.instant("created_at"), got.instant("updated_at"),
            got.text("html_url"), tuple(label.text("name") for label in got.many("labels")),
        )  # fmt: skip

    def _note(self, got: Got) -> Note:
        created, updated = got.instant("created_at"), got.instant("updated_at")
        path = got.text("path", "")
        return Note(
            got.id(), self._account(got.inner("user")), got.text("body"), created, updated, updated != created,
            thread=got.id("in_reply_to_id" if got.number("in_reply_to_id", 0) else "id") if path else "",
            path=path, line=got.number("new_line", 0), url=got.text("html_url", ""),
        )  # fmt: skip

    def _said(self, got: Got) -> Note:
        """A comment of ours. GitCode answers with its id and text alone."""
        return self._note(got) if got.has("user") else Note(got.id(), self.me(), got.text("body"), "", "")


def _lacking(what: str) -> Forbidden:
    return Forbidden("forge.lacking", what=what, needs=_API, detail="")


def _repo(path: str) -> tuple[str, str, str]:
    owner, _, name = path.partition("/")
    if not owner or not name or "/" in name:
        raise Missing("forge.missing", what=path)
    return "repos", owner, name


def _talk(at: Conversation) -> tuple[str, ...]:
    kind, number = ("issues", ident(at.number)) if at.kind == ISSUE else ("pulls", str(at.number))
    return (*_repo(at.project), kind, number)


def _comment(at: Conversation, id: str) -> tuple[str, ...]:
    return (*_repo(at.project), "issues" if at.kind == ISSUE else "pulls", "comments", id)
