"""GitLab behind the protocol that all forges share. Docstrings here say only what is GitLab's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TypeVar

from osgate.forges import fields
from osgate.forges.asking import Rejected
from osgate.forges.gitlab import answers, extras
from osgate.forges.gitlab.client import PER_PAGE, Client, Json
from osgate.forges.gitlab.lines import position
from osgate.forges.gitlab.session import Session
from osgate.forges.protocol import Forbidden, Missing, NotInDiff, Unreachable
from osgate.forges.session import Limits
from osgate.model.forge import CHANGE, CLOSED, OPEN, Able, Account, Change, Conversation, Issue, Note, Project
from osgate.model.record import replace

T = TypeVar("T", Change, Issue)
_KINDS = {CHANGE: "merge_requests"}
_STATUSES = {"pending": "pending", "success": "success", "failure": "failed"}
# What GitLab takes: characters of a status, and of an issue's title.
_STATUS_TEXT, _TITLE = 255, 255
# More questions than this for one list is a server that never ends one.
_QUESTIONS = 5000
_REWRITTEN = ("changed the description", "marked the checklist item", "marked the task")


class GitLab:
    """`Forge` for one GitLab. Arguments are Client's; a job's own token may read and nothing else.

    Projects are ids; a path is taken too and looked up once.
    """

    kind = "gitlab"

    def __init__(
        self,
        address: str,
        token: str = "",
        job_token: str = "",
        *,
        ca: str = "",
        limits: Limits = Limits(),  # noqa: B008 (immutable)
        session: Callable[[str, Limits], Session] = Session,
    ) -> None:
        self.address = address.rstrip("/")
        self.client = Client(self.address, token, job_token, ca=ca, limits=limits, session=session)
        self.overlooked = self.client.overlooked
        self._seen: dict[str, Project] = {}

    def me(self) -> Account:
        """Return who we are; a job's token has no account, and is not asked for one."""
        if self.client.reads_only:
            return Account("", "")
        return self.client.read(answers.account, self.client.get("user"), "user")

    def account(self, id: str) -> Account | None:
        """Return an account as its own page tells it, which alone says for sure what is a bot."""
        if not (id.isascii() and id.isdigit()):
            return None
        try:
            return self.client.read(answers.account, self.client.get("users", id), "users", id)
        except Missing:
            return None

    def project(self, named: str) -> Project:
        """Return a project. GitLab sends readers of an old path on to the new place; here that is `forge.moved`."""
        found = self.client.read(answers.project, self.client.get("projects", named), "projects", named)
        if named != found.id and named.casefold() != found.path.casefold():
            raise Missing("forge.moved", what=named, to=found.path)
        self._seen[found.id] = self._seen[named] = found
        return found

    def may_read(self, project: str, account: str) -> bool | None:
        """Return whether an account may read the code; None where members are hidden from us."""
        return extras.may_read(self.client, self._id(project), account)

    def in_team(self, account: str, team: str) -> bool:
        """Return whether an account is a member of a group (its path): see `extras.in_group`."""
        return extras.in_group(self.client, account, team)

    def change(self, project: str, number: int) -> Change:
        """Return a merge request; `authors` are the authors, committers and co-authors of all its commits."""
        place = ("projects", self._id(project), "merge_requests", number)
        row, authors = self.client.get(*place), set[str]()
        for commit in self.client.each(*place, "commits"):
            authors |= self.client.read(answers.addresses, commit, *place, "commits")
        return self.client.read(lambda row: answers.change(row, tuple(sorted(authors))), row, *place)

    def changes_since(self, group: str, since: str) -> Iterator[Change]:
        """Yield open merge requests, those of subgroups too; GitLab leaves out archived projects."""
        place = ("groups", group, "merge_requests") if group else ("merge_requests",)
        return self._since(place, since, answers.change, state="opened")

    def changes_with(self, project: str, head: str) -> Iterator[Change]:
        """Yield open merge requests with a head."""
        place = ("projects", self._id(project), "merge_requests")
        rows = self.client.each(*place, state="opened", scope="all")
        found = {one.number: one for one in (self.client.read(answers.change, row, *place) for row in rows)}
        return (one for one in found.values() if one.head == head)

    def issue(self, project: str, number: int) -> Issue:
        """Return an issue; `edited` as its history tells: any note moves `updated_at`."""
        place = ("projects", self._id(project), "issues", number)
        found = self.client.read(answers.issue, self.client.get(*place), *place)
        return replace(found, edited=self._rewritten(found))

    def issues_since(self, project: str, since: str) -> Iterator[Issue]:
        """Yield issues, one more call for each that was touched after it was made."""
        place = ("projects", self._id(project), "issues")
        for found in self._since(place, since, answers.issue, state="all"):
            yield replace(found, edited=self._rewritten(found))

    def open_issues(self, project: str) -> Iterator[Issue]:
        """Yield open issues by number; `edited` says only that one was touched."""
        place = ("projects", self._id(project), "issues")
        rows = self.client.each(*place, state="opened", scope="all", order_by="created_at", sort="asc")
        # What is closed while we read moves all behind it one place forward; what is opened comes at the end.
        found = (self.client.read(answers.issue, row, *place) for row in rows)
        return iter(sorted({one.number: one for one in found}.values(), key=lambda issue: issue.number))

    def notes(self, at: Conversation) -> Iterator[Note]:
        """Yield every note. `author.bot` is by its login here, `note` asks; a job's token is not shown the threads."""
        place = self._place(at)
        if self.client.reads_only:
            rows = self.client.each(*place, "notes", sort="asc", order_by="created_at")
            found = [self._note(at, row) for row in rows]
        else:
            found = self._talk(at)
        return iter(sorted(found, key=lambda note: int(note.id)))

    def note(self, at: Conversation, id: str) -> Note | None:
        """Return a note as it is now, and its author as they are now."""
        place = self._place(at)
        try:
            row = self.client.get(*place, "notes", id)
        except Missing:
            # Where all of it is gone, or hidden from us, nobody deleted a note.
            self.client.get(*place)
            return None
        thread = ""
        if answers.threaded(row) and not self.client.reads_only:
            thread = next((thread for thread, row in self._threads(at) if str(row.get("id")) == id), "")
        found = self._note(at, row, thread)
        if self.client.reads_only:
            return found
        return replace(found, author=self.account(found.author.id) or replace(found.author, active=False))

    def say(self, at: Conversation, body: str) -> Note:
        """Write a note."""
        return self._note(at, self.client.post(*self._place(at), "notes", body={"body": body}))

    def say_on_line(self, change: Change, path: str, line: int, body: str) -> Note:
        """Write a note that starts a thread, on the version of the diff that ends in the change's head."""
        place = self._place(change.conversation)
        at = self._position(change, path, line)
        try:
            row = self.client.post(*place, "discussions", body={"body": body, "position": at})
        except Rejected as error:
            if "line_code" in error.detail or "position" in error.detail:
                raise NotInDiff("forge.line", path=path, line=line) from error
            raise
        thread, (first, *_) = self.client.read(_opened, row, *place)
        return self._note(change.conversation, first, thread)

    def edit(self, at: Conversation, note: str, body: str) -> Note:
        """Replace the text of a note."""
        return self._note(at, self.client.put(*self._place(at), "notes", note, body={"body": body}))

    def remove(self, at: Conversation, note: str) -> None:
        """Delete a note."""
        try:
            self.client.delete(*self._place(at), "notes", note)
        except Missing:
            pass

    def settle(self, at: Conversation, thread: str, resolved: bool) -> None:
        """Mark a thread. Raises Forbidden `forge.lacking` for an issue's: nobody resolves those."""
        if at.kind != CHANGE:
            raise Forbidden("forge.lacking", what="threads", needs="-", detail="")
        self.client.put(*self._place(at), "discussions", thread, body={"resolved": resolved})

    def react(self, at: Conversation, note: str, reaction: str) -> None:
        """Put an emoji on a note; GitLab answers 404 to one that stands there already."""
        try:
            self.client.post(*self._place(at), "notes", note, "award_emoji", body={"name": reaction})
        except Missing as error:
            if "already been taken" not in str(error.params.get("detail")):
                raise

    def set_status(self, project: str, commit: str, name: str, state: str, text: str, url: str = "") -> None:
        """Set a commit status. GitLab refuses to set a running one to what it is: then it stands as it was."""
        wanted = _STATUSES[state]
        place = ("projects", self._id(project))
        body = {"state": wanted, "name": name, "description": _shortened(text, _STATUS_TEXT)}
        try:
            self.client.post(*place, "statuses", commit, body=body | ({"target_url": url} if url else {}))
        except Rejected as error:
            if "Cannot transition status" not in error.detail:
                raise
            rows = self.client.each(*place, "repository", "commits", commit, "statuses", name=name)
            if not any(row.get("name") == name and _same(wanted, row.get("status")) for row in rows):
                raise

    def open_issue(self, project: str, title: str, body: str, labels: Iterable[str] = ()) -> Issue:
        """Open an issue; a title is shortened to what GitLab takes."""
        place = ("projects", self._id(project), "issues")
        said = {"title": _shortened(title, _TITLE), "description": body, **_labelled(labels)}
        return self.client.read(answers.issue, self.client.post(*place, body=said), *place)

    def change_issue(
        self, project: str, number: int, *, body: str = "", labels: Iterable[str] | None = None, state: str = ""
    ) -> None:
        """Change what is given of an issue."""
        said = {**({"description": body} if body else {}), **({} if labels is None else _labelled(labels))}
        said |= {"state_event": {OPEN: "reopen", CLOSED: "close"}[state]} if state else {}
        if said:
            self.client.put("projects", self._id(project), "issues", number, body=said)

    def rerun(self, change: Change) -> str:
        """Start a merge request pipeline; where that is refused, retry what failed in the newest one of this head."""
        place = self._place(change.conversation)
        try:
            return str(self.client.post(*place, "pipelines").get("web_url") or "")
        except (Rejected, Forbidden, Missing):
            newest = None if self.client.reads_only else self._pipeline(place, change.head)
            if newest is None:
                raise
        return str(self.client.post("projects", *newest, "retry").get("web_url") or "")

    def able(self, project: str) -> Able:
        """Find out what a project lets us do."""
        return extras.able(self.client, self._id(project))

    def _pipeline(self, place: tuple[str | int, ...], head: str) -> tuple[str | int, ...] | None:
        """Return the address of a head's newest pipeline, None where there is none or nothing in it to retry."""
        rows = [row for row in self.client.each(*place, "pipelines") if row.get("sha") == head]
        ids = [self.client.read(lambda row: fields.number(row, "id"), row, *place) for row in rows]
        _, newest = max(zip(ids, rows, strict=True), key=lambda pair: pair[0], default=(0, None))
        if newest is None or newest.get("status") in ("success", "skipped"):
            return None
        return self.client.read(lambda row: (fields.ident(row, "project_id"), "pipelines", row["id"]), newest, *place)

    def _since(
        self,
        place: tuple[str | int, ...],
        since: str,
        convert: Callable[[Json], T],
        **query: str,
    ) -> Iterator[T]:
        """Yield the rows updated since then, the oldest update first.

        A row that is updated meanwhile moves to the end and all behind it one place forward, so the second page of what
        was asked for would lack one. Each further question is therefore for what was updated since the last row seen.
        """
        query |= {"scope": "all", "order_by": "updated_at", "sort": "asc"}
        seen: set[tuple[str, int, str]] = set()
        for _ in range(_QUESTIONS):
            last, after = since, {"updated_after": since} if since else {}
            for n, row in enumerate(self.client.each(*place, **query, **after), 1):
                found = self.client.read(convert, row, *place)
                last = str(row["updated_at"])
                if (found.project, found.number, last) not in seen:
                    seen.add((found.project, found.number, last))
                    yield found
                if n >= PER_PAGE and _later(last, since):
                    break
            else:
                return
            since = last
        raise Unreachable("forge.strange", address=self.address, detail=f"over {_QUESTIONS} pages")

    def _talk(self, at: Conversation) -> list[Note]:
        """Return every note; of a thread that is too large to be read each for itself, as if it stood in none."""
        known = len(self.overlooked)
        found = [self._note(at, row, thread) for thread, row in self._threads(at)]
        if len(self.overlooked) > known:
            del self.overlooked[known:]
            there = {note.id for note in found}
            rows = self.client.each(*self._place(at), "notes", sort="asc", order_by="created_at")
            found += [note for note in (self._note(at, row) for row in rows) if note.id not in there]
        return found

    def _threads(self, at: Conversation) -> Iterator[tuple[str, Json]]:
        """Yield every note with the id of its discussion."""
        place = self._place(at)
        for discussion in self.client.each(*place, "discussions"):
            thread, rows = self.client.read(_opened, discussion, *place, "discussions")
            yield from ((thread, row) for row in rows)

    def _note(self, at: Conversation, row: Json, thread: str = "") -> Note:
        found = self.client.read(lambda row: answers.note(row, thread), row, *self._place(at), "notes")
        if self.client.reads_only:
            return found
        where = self._seen.get(at.project) or self.project(at.project)
        return replace(found, url=f"{where.url}/-/{_KINDS.get(at.kind, 'issues')}/{at.number}#note_{found.id}")

    def _rewritten(self, issue: Issue) -> bool:
        """Whether its text was changed: GitLab writes that into a note of its own, in English everywhere."""
        if not issue.edited:
            return False
        place = ("projects", issue.project, "issues", issue.number, "notes")
        rows = self.client.each(*place, activity_filter="only_activity")
        said = (str(row.get("body")) for row in rows if row.get("system") is True)
        return any(body.startswith(_REWRITTEN) for body in said)

    def _position(self, change: Change, path: str, line: int) -> dict[str, str | int]:
        place = (*self._place(change.conversation), "versions")
        for row in self.client.each(*place):
            if row.get("head_commit_sha") == change.head:
                version = self.client.get(*place, self.client.read(fields.ident, row, *place))
                return self.client.read(lambda version: position(version, path, line), version, *place)
        raise NotInDiff("forge.line", path=path, line=line)

    def _id(self, project: str) -> str:
        if project.isascii() and project.isdigit():
            return project
        return (self._seen.get(project) or self.project(project)).id

    def _place(self, at: Conversation) -> tuple[str | int, ...]:
        return ("projects", self._id(at.project), _KINDS.get(at.kind, "issues"), at.number)


def _opened(discussion: Json) -> tuple[str, list[Json]]:
    """Return a discussion's id and its notes, of which there is at least one."""
    rows = [dict(row) for row in discussion["notes"]]
    if not rows:
        raise ValueError("a discussion without notes")
    return fields.text(discussion, "id"), rows


def _later(one: str, other: str) -> bool:
    return not other or datetime.fromisoformat(one) > datetime.fromisoformat(other)


def _labelled(labels: Iterable[str]) -> dict[str, list[str] | str]:
    """Return labels as the API takes them; an empty text takes all away."""
    return {"labels": list(labels) or ""}


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _same(wanted: str, found: object) -> bool:
    return found == wanted or (wanted == "pending" and found == "running")
