"""GitHub behind the protocol that all forges share. Docstrings here say only what is GitHub's own."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator

from osgate.forges import fields
from osgate.forges.asking import Rejected
from osgate.forges.check_runs import Annotation, Published, Said
from osgate.forges.github import answers, checks, documents, extras, listed, reruns, talk
from osgate.forges.github.answers import ON_LINE, REVIEW
from osgate.forges.github.client import Client, Json
from osgate.forges.protocol import Forbidden, Missing, NotInDiff
from osgate.model.forge import CHANGE, ISSUE, OPEN, Able, Account, Change, Conversation, Issue, Note, Project
from osgate.model.record import replace

Place = tuple[str | int, ...]
_REACTIONS = {"eyes": "eyes", "thumbsup": "+1", "thumbsdown": "-1"}
# What GitHub takes: characters of a status, and of an issue's title.
_STATUS_TEXT, _TITLE = 140, 256
# What it says of a place that the diff does not show, and of a head that is none any more.
_OFF = re.compile(r"\b(?:line|path|position|side|diff|hunk|commit_id|commit_oid|commit OID)\b")


class GitHub:
    """`Forge` for one GitHub: github.com, data residency, or an Enterprise Server.

    address: of its pages, no slash at the end. Projects are ids; a path is taken too and looked up once. Notes on lines
    are called `r` and their number, reviews `review-` and theirs: the numbers of the three overlap.
    """

    kind = "github"

    def __init__(self, address: str, client: Client) -> None:
        self.address, self.client = address, client
        self.overlooked = client.overlooked
        self._me: Account | None = None
        self._seen: dict[str, tuple[Project, str]] = {}
        # Node ids by project, number and the name of a note or thread, of what was read so far.
        self._nodes: dict[tuple[str, int, str], str] = {}
        self._threads: dict[tuple[str, int, str], str] = {}
        self._folded: set[tuple[str, int, str]] = set()

    def me(self) -> Account:
        """Return who we are, asked once; GraphQL tells it to apps and jobs as well."""
        if self._me is None:
            self._me = self._viewer(self.client.ask(documents.VIEWER).get("viewer"))
        return self._me

    def account(self, id: str) -> Account | None:
        """Return an account by its id: a login may be somebody else's by now."""
        if not _is_id(id):
            return None
        try:
            return self.client.read(answers.account, self.client.get("user", id), "user", id)
        except Missing:
            return None

    def project(self, named: str) -> Project:
        """Return a project. GitHub sends readers of an old path on to the new place; here that is `forge.moved`."""
        place = ("repositories", named) if _is_id(named) else ("repos", *_parts(named))
        row = self.client.get(*place)
        found, node = self.client.read(lambda row: (answers.project(row), fields.text(row, "node_id")), row, *place)
        if "/" in named and named.casefold() != found.path.casefold():
            raise Missing("forge.moved", what=named, to=found.path)
        self._seen[found.id] = self._seen[named] = found, node
        return found

    def may_read(self, project: str, account: str) -> bool | None:
        """Return whether an account may read the code; None where we may not see who does."""
        login = self.account(account)
        return login is not None and extras.may_read(self.client, self._repo(project), login.login)

    def change(self, project: str, number: int) -> Change:
        """Return a pull request. Its commits are those of the comparison: the list of its own ends after 250."""
        repo = self._repo(project)
        place: Place = (*repo, "pulls", number)
        row = self.client.get(*place)
        found = self.client.read(answers.change, row, *place)
        if found.project != self._id(project):
            raise Missing("forge.missing", what=f"{project}#{number}", detail="")
        since = found.target if found.state == OPEN else self.client.read(_base, row, *place)
        told = listed.compared(self.client, repo, since, found.head)
        return replace(found, base=told.base, authors=told.authors, more=not told.whole)

    def changes_since(self, group: str, since: str) -> Iterator[Change]:
        """Yield open pull requests: fifty repositories a question. The search would be one, but lags behind."""
        rows = listed.opened(self.client, group, since)
        # What is updated while we read comes to the front, and all behind it a second time.
        found = {(one.project, one.number): one for one in rows if one.updated >= since}
        yield from sorted(found.values(), key=lambda change: (change.updated, change.project, change.number))

    def changes_with(self, project: str, head: str) -> Iterator[Change]:
        """Yield open pull requests with a head."""
        place = (*self._repo(project), "pulls")
        rows = self.client.each(*place, state="open")
        found = {one.number: one for one in (self.client.read(answers.change, row, *place) for row in rows)}
        return (one for one in found.values() if one.head == head)

    def issue(self, project: str, number: int) -> Issue:
        """Return an issue; `edited` is about its text, whatever else moved `updated`. Its author is a bot where an app
        wrote it for them."""
        id, at = self._id(project), Conversation(project, number, ISSUE)
        data = self.client.ask(documents.ISSUE, project=self._node(project), number=number, bodies=True)
        row = talk.conversation(self.client, data, at)
        found = self.client.read(lambda row: answers.asked(id, row), row, "graphql")
        return replace(found, author=self._said_by(found.author, project, "issues", number))

    def issues_since(self, project: str, since: str) -> Iterator[Issue]:
        """Yield issues; pull requests are none here."""
        return listed.issues(self.client, self._id(project), self._node(project), since)

    def open_issues(self, project: str) -> Iterator[Issue]:
        """Yield open issues, by their number."""
        found = listed.issues(self.client, self._id(project), self._node(project), "", ("OPEN",))
        return iter(sorted({one.number: one for one in found}.values(), key=lambda issue: issue.number))

    def notes(self, at: Conversation) -> Iterator[Note]:
        """Yield every comment, those on lines and what reviews say included; what happened is no note here."""
        found = []
        for one in talk.said(self.client, self._node(at.project), at, self._met):
            found.append(one.note)
            key = (at.project, at.number, one.note.id)
            self._nodes[key] = one.node
            (self._folded.add if one.folded else self._folded.discard)(key)
            if one.thread:
                self._threads[at.project, at.number, one.note.thread] = one.thread
        return iter(sorted(found, key=lambda note: (note.created, int(note.id.rpartition("-")[2].lstrip(ON_LINE)))))

    def note(self, at: Conversation, id: str) -> Note | None:
        """Return a comment as it is now, and its author as they are now: a bot, if an app wrote it for them. Of reviews
        and of comments on lines GitHub does not tell, so theirs always is one."""
        found = next((note for note in self.notes(at) if note.id == id), None)
        if found is None:
            return None
        author = self.account(found.author.id) or replace(found.author, active=False)
        if not _is_id(id):
            return replace(found, author=replace(author, bot=True))
        try:
            return replace(found, author=self._said_by(author, at.project, "issues", "comments", id))
        except Missing:
            return None

    def say(self, at: Conversation, body: str) -> Note:
        """Write a comment."""
        place: Place = (*self._repo(at.project), "issues", at.number, "comments")
        return self.client.read(answers.note, self.client.post(*place, body={"body": body}), *place)

    def say_on_line(self, change: Change, path: str, line: int, body: str) -> Note:
        """Write a review comment, on the diff that ends in the change's head."""
        off = NotInDiff("forge.line", path=path, line=line)
        if not path or line < 1:
            raise off
        place: Place = (*self._repo(change.project), "pulls", change.number, "comments")
        said = {"body": body, "commit_id": change.head, "path": path, "line": line, "side": "RIGHT"}
        try:
            row = self.client.post(*place, body=said)
        except Rejected as error:
            if error.status == 422 and _OFF.search(error.detail):
                raise off from error
            raise
        return self.client.read(lambda row: answers.note(row, ON_LINE), row, *place)

    def edit(self, at: Conversation, note: str, body: str) -> Note:
        """Replace the text of a comment. One that was folded away is unfolded: what is said anew is to be seen."""
        (place, mark), key = self._comment(at, note), (at.project, at.number, note)
        row = self.client.patch(*place, body={"body": body})
        if key in self._folded:
            with contextlib.suppress(Forbidden, Missing):
                extras.unfold(self.client, self._nodes[key])
            self._folded.discard(key)
        return self.client.read(lambda row: answers.note(row, mark), row, *place)

    def remove(self, at: Conversation, note: str) -> None:
        """Delete a comment."""
        try:
            self.client.delete(*self._comment(at, note)[0])
        except Missing:
            pass

    def settle(self, at: Conversation, thread: str, resolved: bool) -> None:
        """Mark a thread. Raises Forbidden `forge.lacking` for an issue's: it has none."""
        if at.kind != CHANGE:
            raise Forbidden("forge.lacking", what="threads", needs="-", detail="")
        document = documents.RESOLVE if resolved else documents.UNRESOLVE
        extras.mutated(self.client, document, threadId=self._found(self._threads, at, thread))

    def react(self, at: Conversation, note: str, reaction: str) -> None:
        """Put an emoji on a comment; the same one stands once. REST has none for reviews."""
        if not note.startswith(REVIEW):
            said = {"content": _REACTIONS.get(reaction, reaction)}
            self.client.post(*self._comment(at, note)[0], "reactions", body=said)

    def set_status(self, project: str, commit: str, name: str, state: str, text: str, url: str = "") -> None:
        """Set a commit status. Anybody who may push can: what counts is a check, see `publish_check`."""
        said = {"state": state, "context": name, "description": _shortened(text, _STATUS_TEXT)}
        said |= {"target_url": url} if url else {}
        self.client.post(*self._repo(project), "statuses", commit, body=said)

    def open_issue(self, project: str, title: str, body: str, labels: Iterable[str] = ()) -> Issue:
        """Open an issue; GitHub makes labels it does not have, and leaves them out where we may not push."""
        place = (*self._repo(project), "issues")
        said = {"title": _shortened(title, _TITLE), "body": body, "labels": list(labels)}
        id = self._id(project)
        return self.client.read(lambda row: answers.issue(id, row), self.client.post(*place, body=said), *place)

    def change_issue(
        self, project: str, number: int, *, body: str = "", labels: Iterable[str] | None = None, state: str = ""
    ) -> None:
        """Change what is given of an issue."""
        said: Json = {name: value for name, value in (("body", body), ("state", state)) if value}
        said |= {} if labels is None else {"labels": list(labels)}
        if said:
            self.client.patch(*self._repo(project), "issues", number, body=said)

    def rerun(self, change: Change) -> str:
        """Run the head's gate again: see `reruns.rerun`."""
        return reruns.rerun(self.client, self._repo(change.project), change.head, self.me().login)

    def able(self, project: str) -> Able:
        """Find out what a project lets us do."""
        return extras.able(self.client, self._repo(project))

    def publish_check(
        self, project: str, commit: str, said: Said, annotations: Iterable[Annotation], conclusion: str
    ) -> Published:
        """Put a finished check run on a commit: see `checks.publish`."""
        try:
            repo, ours = self._repo(project), self.me().login
            return checks.publish(self.client, repo, commit, said, annotations, conclusion, ours)
        except Forbidden as error:
            raise Forbidden(error.code, **{**error.params, "needs": "checks: write"}) from error

    def in_team(self, account: str, team: str) -> bool:
        """True if an account (its id) is in a team (`organisation/slug`) now: see `extras.in_team`."""
        found = self.account(account)
        return found is not None and extras.in_team(self.client, found, team)

    def fold(self, at: Conversation, note: str) -> None:
        """Fold a comment away as outdated, one on a line too."""
        node, key = self._found(self._nodes, at, note), (at.project, at.number, note)
        if key not in self._folded:
            extras.fold(self.client, node)
            self._folded.add(key)

    def _viewer(self, row: Json | None) -> Account:
        return self.client.read(answers.viewer, row, "graphql")

    def _met(self, row: Json | None) -> None:
        if self._me is None and row is not None:
            self._me = self._viewer(row)

    def _said_by(self, author: Account, project: str, *place: str | int) -> Account:
        """Return the author of what stands at a place below a project: a bot, where an app wrote it for them."""
        row = {} if author.bot else self.client.get(*self._repo(project), *place)
        return replace(author, bot=author.bot or row.get("performed_via_github_app") is not None)

    def _found(self, among: dict[tuple[str, int, str], str], at: Conversation, named: str) -> str:
        """Return a node id; what was not read yet is read."""
        key = (at.project, at.number, named)
        if key not in among:
            list(self.notes(at))
        if key not in among:
            raise Missing("forge.missing", what=f"{at.project}#{at.number} {named}", detail="")
        return among[key]

    def _comment(self, at: Conversation, note: str) -> tuple[Place, str]:
        """Return where a comment stands, and what its name begins with. What a review says is not ours to change."""
        if note.startswith(REVIEW):
            raise Forbidden("forge.lacking", what="reviews", needs="-", detail="")
        if note.startswith(ON_LINE):
            return (*self._repo(at.project), "pulls", "comments", note.removeprefix(ON_LINE)), ON_LINE
        return (*self._repo(at.project), "issues", "comments", note), ""

    def _known(self, project: str) -> tuple[Project, str]:
        if project not in self._seen:
            self.project(project)
        return self._seen[project]

    def _id(self, project: str) -> str:
        return project if _is_id(project) else self._known(project)[0].id

    def _node(self, project: str) -> str:
        return self._known(project)[1]

    def _repo(self, project: str) -> tuple[str, ...]:
        return ("repos", *_parts(self._known(project)[0].path))


def _is_id(named: str) -> bool:
    return named.isascii() and named.isdigit()


def _parts(path: str) -> tuple[str, str]:
    owner, slash, name = path.partition("/")
    if not owner or not name or not slash or "/" in name:
        raise Missing("forge.missing", what=path, detail="")
    return owner, name


def _base(row: Json) -> str:
    return fields.text(row["base"], "sha")


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
