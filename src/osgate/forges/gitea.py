"""Gitea and Forgejo, over `/api/v1`.

What they lack, and what is done instead: their comments come without system notes; a review's own text is no note;
nobody tells whether an issue's text was edited or an account is a bot's, and administrators alone are told whether an
account may sign in; threads are resolved and runs repeated by Gitea 1.26 and later only (`forge.lacking`). Where runs
cannot be repeated, no status is set to pending for one: the desk sets its own status anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from osgate.forges.api import Api
from osgate.forges.got import Got
from osgate.forges.patches import of_file, shown
from osgate.forges.protocol import Forbidden, Missing, NotInDiff
from osgate.io.rest import Limits, Token
from osgate.model.forge import CHANGE, CLOSED, MERGED, OPEN, Able, Account, Change, Conversation, Issue, Note, Project
from osgate.model.record import replace

# What an administrator may lower but not raise: a page is never longer.
_PAGE = ("limit", 50)
_STATUS_TEXT = 255
_REACTIONS = {"thumbsup": "+1", "thumbsdown": "-1"}
_LATE = (1, 26)
_API = "API v1"
_NEEDS = "repository, issue: write"
# Who wrote what was brought along from another forge: nobody who is known here.
_FOREIGN = Account("0", "", active=False)


class Gitea:
    """`osgate.forges.protocol.Forge`. address: of the web pages, a prefix included; token: an access token."""

    kind = "gitea"

    def __init__(self, address: str, token: str, *, limits: Limits | None = None) -> None:
        self.address = address.rstrip("/")
        self._api = Api(f"{self.address}/api/v1", self.address, Token(token, before="token "), _NEEDS, limits)
        self.overlooked: list[str] = []
        self._paths: dict[str, str] = {}
        self._administrator: bool | None = None

    def me(self) -> Account:
        """Return who we are."""
        return self._account(self._api.get("user"))

    def account(self, id: str) -> Account | None:
        """Return an account by id."""
        if not id.isdecimal() or int(id) == 0:
            return None
        found = self._api.get("users", "search", uid=id).many("data")
        return next((self._account(one) for one in found if one.id() == id), None)

    def project(self, named: str) -> Project:
        """Return a project by id or path."""
        if "/" not in named:
            return self._project(self._api.get("repositories", named))
        found = self._project(self._api.get("repos", *_parts(named)))
        if found.path.lower() != named.lower():
            raise Missing("forge.moved", what=named, to=found.path)
        return found

    def may_read(self, project: str, account: str) -> bool | None:
        """Return True for what everybody sees; of who may see the rest only administrators of it are told."""
        found = self._api.get(*self._repo(project))
        return True if not (found.flag("private") or found.flag("internal")) else None

    def in_team(self, account: str, team: str) -> bool:
        """Return whether an account is in a team. Its list is shown to its members and the organisation's owners."""
        organisation, name = _parts(team)
        teams = self._api.pages("orgs", organisation, "teams", size=_PAGE)
        id = next((one.id() for one in teams if one.text("name").lower() == name.lower()), "")
        if not id:
            raise Missing("forge.missing", what=team)
        members = map(self._account, self._api.pages("teams", id, "members", size=_PAGE))
        return any(one.id == account and one.active and not one.bot for one in members)

    def change(self, project: str, number: int) -> Change:
        """Return a change with the addresses its commits name."""
        at = (*self._repo(project), "pulls", str(number))
        found = self._change(self._api.get(*at))
        commits = [one.inner("commit") for one in self._api.pages(*at, "commits", size=_PAGE)]
        said = [commit.inner(who).text("email", "") for commit in commits for who in ("author", "committer")]
        return replace(found, authors=tuple(dict.fromkeys(filter(None, said))))

    def changes_since(self, group: str, since: str) -> Iterator[Change]:
        """Yield the open changes below an owner or in one repository. The search knows numbers only: each is fetched.

        A change that went away in between is left out.
        """
        owner, _, repository = group.partition("/")
        query = {"type": "pulls", "state": "open", "since": since or None, "owner": owner or None}
        places = dict[tuple[str, int], None]()
        for one in self._api.pages("repos", "issues", "search", size=_PAGE, **query):
            place = one.inner("repository").text("full_name")
            if not repository or place.lower() == group.lower():
                places[place, one.number("number")] = None
        found = list[Change]()
        for place, number in places:
            got = self._api.find("repos", *_parts(place), "pulls", str(number))
            found += [self._change(got)] if got else []
        kept = [change for change in found if change.state == OPEN and change.updated >= since]
        yield from sorted(kept, key=lambda change: (change.updated, change.project, change.number))

    def changes_with(self, project: str, head: str) -> Iterator[Change]:
        """Yield the open changes with a head."""
        rows = self._api.pages(*self._repo(project), "pulls", size=_PAGE, state="open")
        found = {change.number: change for change in map(self._change, rows)}
        yield from (change for change in found.values() if change.head == head)

    def issue(self, project: str, number: int) -> Issue:
        """Return an issue."""
        found = self._api.get(*self._repo(project), "issues", str(number))
        if found.has("pull_request"):
            raise Missing("forge.missing", what=f"{project}#{number}")
        return self._issue(project, found)

    def issues_since(self, project: str, since: str) -> Iterator[Issue]:
        """Yield the issues of a project."""
        kept = [issue for issue in self._issues(project, state="all", since=since or None) if issue.updated >= since]
        yield from sorted(kept, key=lambda issue: (issue.updated, issue.number))

    def open_issues(self, project: str) -> Iterator[Issue]:
        """Yield the open issues of a project."""
        yield from sorted(self._issues(project, state="open"), key=lambda issue: issue.number)

    def notes(self, at: Conversation) -> Iterator[Note]:
        """Yield every comment, those on lines included."""
        said = [self._note(one) for one in self._api.whole(*self._talk(at), "comments")]
        if at.kind == CHANGE:
            said += self._on_lines(at)
        yield from sorted(said, key=lambda note: (note.created, int(note.id)))

    def note(self, at: Conversation, id: str) -> Note | None:
        """Return a comment as it is now."""
        found = self._api.find(*self._repo(at.project), "issues", "comments", id)
        if found is not None:
            page = found.text("pull_request_url", "") or found.text("issue_url", "")
            return self._note(found) if page.rpartition("/")[2] == str(at.number) else None
        # One on a line is not told by its number alone.
        return next((note for note in self._on_lines(at) if note.id == id), None) if at.kind == CHANGE else None

    def say(self, at: Conversation, body: str) -> Note:
        """Write a comment."""
        return self._note(self._api.sent("POST", *self._talk(at), "comments", body={"body": body}))

    def say_on_line(self, change: Change, path: str, line: int, body: str) -> Note:
        """Write a review of one comment on a line. Gitea takes any line, so the diff is looked at first."""
        repo, number = self._repo(change.project), str(change.number)
        if line not in shown(of_file(self._api.text(*repo, "pulls", f"{number}.diff"), path)):
            raise NotInDiff("forge.line", path=path, line=line)
        comment = {"path": path, "new_position": line, "body": body}
        review = {"event": "COMMENT", "commit_id": change.head, "comments": [comment]}
        made = self._api.sent("POST", *repo, "pulls", number, "reviews", body=review)
        return self._reviewed(change.conversation, made.id())[0]

    def edit(self, at: Conversation, note: str, body: str) -> Note:
        """Replace the text of a comment."""
        place = (*self._repo(at.project), "issues", "comments", note)
        return self._note(self._api.sent("PATCH", *place, body={"body": body}))

    def remove(self, at: Conversation, note: str) -> None:
        """Delete a comment."""
        repo = self._repo(at.project)
        try:
            self._api.send("DELETE", *repo, "issues", "comments", note)
        except Missing:
            return

    def settle(self, at: Conversation, thread: str, resolved: bool) -> None:
        """Mark a thread. Raises Forbidden `forge.lacking` where it was not found or there is no such call."""
        place = (*self._repo(at.project), "pulls", "comments", thread)
        try:
            self._api.send("POST", *place, "resolve" if resolved else "unresolve")
        except Missing:
            raise self._late("threads") from None

    def react(self, at: Conversation, note: str, reaction: str) -> None:
        """Put a reaction on a comment; does nothing where the installation does not allow this one."""
        place = (*self._repo(at.project), "issues", "comments", note, "reactions")
        try:
            self._api.send("POST", *place, body={"content": _REACTIONS.get(reaction, reaction)})
        except Forbidden:
            return

    def set_status(self, project: str, commit: str, name: str, state: str, text: str, url: str = "") -> None:
        """Set a commit status."""
        said = {"context": name, "state": state, "description": text[:_STATUS_TEXT], "target_url": url}
        self._api.send("POST", *self._repo(project), "statuses", commit, body=said, needs="repository: write")

    def open_issue(self, project: str, title: str, body: str, labels: Iterable[str] = ()) -> Issue:
        """Open an issue; labels that the project does not have are left out."""
        said = {"title": title, "body": body, "labels": self._labels(project, labels)}
        return self._issue(self._id(project), self._api.sent("POST", *self._repo(project), "issues", body=said))

    def change_issue(
        self, project: str, number: int, *, body: str = "", labels: Iterable[str] | None = None, state: str = ""
    ) -> None:
        """Change what is given of an issue."""
        place = (*self._repo(project), "issues", str(number))
        said = {name: value for name, value in (("body", body), ("state", state)) if value}
        if said:
            self._api.send("PATCH", *place, body=said)
        if labels is not None:
            self._api.send("PUT", *place, "labels", body={"labels": self._labels(project, labels)})

    def rerun(self, change: Change) -> str:
        """Repeat the runs of the head that did not succeed. Raises Forbidden `forge.lacking` where none can be."""
        place = (*self._repo(change.project), "actions", "runs")
        try:
            runs = self._api.get(*place, head_sha=change.head).many("workflow_runs")
            failed = [run for run in runs if run.text("conclusion", "") not in ("", "success")]
            for run in failed:
                self._api.send("POST", *place, run.id(), "rerun", needs="repository: write")
        except Missing:
            raise self._late("rerun") from None
        if not failed:
            raise self._late("rerun")
        return failed[0].text("html_url", "")

    def able(self, project: str) -> Able:
        """Find out what can be done in a project."""
        version = self._api.get("version").text("version", "")
        may = self._api.get(*self._repo(project)).inner("permissions")
        lacking = [("edited issues", _API), ("bot accounts", _API)]
        if not self._is_administrator():
            lacking.append(("blocked accounts", "administrator"))
        if "+gitea" in version or _numbers(version) < _LATE:
            lacking += [(what, _since()) for what in ("threads", "rerun")]
        lacking += [] if may.flag("push") else [("statuses", "repository: write")]
        return Able(version=version, lacking=tuple(lacking))

    def _repo(self, project: str) -> tuple[str, ...]:
        if "/" not in project and project not in self._paths:
            self.project(project)
        return ("repos", *_parts(self._paths.get(project, project)))

    def _id(self, project: str) -> str:
        return self.project(project).id if "/" in project else project

    def _talk(self, at: Conversation) -> tuple[str, ...]:
        return (*self._repo(at.project), "issues", str(at.number))

    def _project(self, got: Got) -> Project:
        found = Project(
            got.id(), got.text("full_name"), got.text("default_branch"), got.text("html_url"), got.text("clone_url"),
            got.flag("archived"),
        )  # fmt: skip
        self._paths[found.id] = found.path
        return found

    def _account(self, got: Got) -> Account:
        number = got.number("id")
        asleep = got.flag("prohibit_login") or (
            got.has("active") and not got.flag("active") and self._is_administrator()
        )
        # Ids below one are Gitea's own: its ghost and its actions.
        return Account(str(number), got.text("login"), got.text("full_name", ""), number < 1, number > 0 and not asleep)

    def _is_administrator(self) -> bool:
        """Whether we are told of others whether they may sign in."""
        if self._administrator is None:
            try:
                self._administrator = self._api.get("user").flag("is_admin")
            except Forbidden:
                self._administrator = False
        return self._administrator

    def _change(self, got: Got) -> Change:
        base, head = got.inner("base"), got.inner("head")
        state = MERGED if got.flag("merged") else OPEN if got.text("state") == "open" else CLOSED
        project = base.id("repo_id")
        return Change(
            project, got.number("number"), got.text("title"), self._account(got.inner("user")), state,
            got.text("merge_base", ""), head.text("sha"), base.text("ref"), head.id("repo_id"), head.text("ref"),
            got.text("html_url"), got.instant("updated_at"), got.flag("draft"),
        )  # fmt: skip

    def _issues(self, project: str, **query: str | None) -> Iterator[Issue]:
        """Yield the issues of a list, each once: what is opened meanwhile moves the others to the next page."""
        id = self._id(project)
        got = self._api.pages(*self._repo(project), "issues", size=_PAGE, type="issues", **query)
        found = {one.number("number"): self._issue(id, one) for one in got if not one.has("pull_request")}
        return iter(found.values())

    def _issue(self, project: str, got: Got) -> Issue:
        return Issue(
            project, got.number("number"), got.text("title"), got.text("body", ""), self._account(got.inner("user")),
            OPEN if got.text("state") == "open" else CLOSED, got.instant("created_at"), got.instant("updated_at"),
            got.text("html_url"), tuple(label.text("name") for label in got.many("labels")),
        )  # fmt: skip

    def _note(self, got: Got) -> Note:
        foreign = got.text("original_author", "")
        author = replace(_FOREIGN, login=foreign) if foreign else self._account(got.inner("user"))
        created, updated = got.instant("created_at"), got.instant("updated_at")
        return Note(
            str(got.number("id")), author, got.text("body"), created, updated, updated != created,
            url=got.text("html_url", ""),
        )  # fmt: skip

    def _on_lines(self, at: Conversation) -> list[Note]:
        place = (*self._repo(at.project), "pulls", str(at.number), "reviews")
        reviews = [one for one in self._api.pages(*place, size=_PAGE) if one.number("comments_count", 0)]
        return [note for review in reviews for note in self._reviewed(at, review.id())]

    def _reviewed(self, at: Conversation, review: str) -> list[Note]:
        """The comments of a review. A thread is called by the number that the call which settles it takes."""
        place = (*self._repo(at.project), "pulls", str(at.number), "reviews", review, "comments")
        return [
            replace(
                self._note(one),
                thread=one.id(),
                path=one.text("path"),
                line=one.number("position", 0),
                resolved=one.has("resolver"),
            )
            for one in self._api.whole(*place)
        ]

    def _labels(self, project: str, names: Iterable[str]) -> list[int]:
        wanted = set(names)
        if not wanted:
            return []
        known = self._api.pages(*self._repo(project), "labels", size=_PAGE)
        return [label.number("id") for label in known if label.text("name") in wanted]

    def _late(self, what: str) -> Forbidden:
        return Forbidden("forge.lacking", what=what, needs=_since(), detail="")


def _since() -> str:
    return f"Gitea ≥ {_LATE[0]}.{_LATE[1]}"


def _parts(path: str) -> tuple[str, str]:
    owner, slash, name = path.partition("/")
    if not owner or not name or not slash or "/" in name:
        raise Missing("forge.missing", what=path)
    return owner, name


def _numbers(version: str) -> tuple[int, ...]:
    first = version.lstrip("v").split("+")[0].split("-")[0].split(".")[:2]
    return tuple(int(part) for part in first if part.isdecimal())
