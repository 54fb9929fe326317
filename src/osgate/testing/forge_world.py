"""What a forge in memory holds: accounts, projects, changes, issues, notes, and what was done to them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping

from osgate.forges.protocol import Missing
from osgate.model.forge import CHANGE, MERGED, OPEN, Able, Account, Change, Conversation, Issue, Note, Project
from osgate.model.record import record, replace
from osgate.testing.clock import Clock

# Who wrote what an account that is gone once wrote.
GHOST = Account("0", "ghost", "Ghost", active=False)


@record
class Status:
    """A commit status as it was set."""

    state: str
    text: str
    url: str = ""


@record
class Rerun:
    """A rerun somebody asked for, with the head the change had then."""

    project: str
    number: int
    head: str


@record
class Fault:
    """What happens to a call of `method` next. error: raised; after: only once the call was carried out."""

    method: str
    error: Exception
    after: bool
    project: str = ""


class World:
    """One installation, seen by nobody in particular. Tests arrange it with the methods, and look at its attributes.

    shared: issues and changes are numbered together, as Gitea does. teams: ids of who is in each, by its path.
    calls: (login, method) in order; reruns; statuses by (project, commit) and name; reactions: (note, account, name).
    """

    def __init__(self, clock: Clock, address: str, *, shared: bool = False) -> None:
        self.clock, self.address, self.shared = clock, address, shared
        self.accounts: dict[str, Account] = {}
        self.maintainers: set[str] = set()
        self.expired: set[str] = set()
        self.projects: dict[str, Project] = {}
        self.moved: dict[str, str] = {}
        self.hidden: set[tuple[str, str]] = set()
        self.teams: dict[str, set[str]] = {}
        self.changes: dict[tuple[str, int], Change] = {}
        self.lines: dict[tuple[str, int], dict[str, frozenset[int]]] = {}
        self.issues: dict[tuple[str, int], Issue] = {}
        self.talks: dict[Conversation, dict[str, Note]] = {}
        self.statuses: dict[tuple[str, str], dict[str, Status]] = {}
        self.reactions: set[tuple[str, str, str]] = set()
        self.reruns: list[Rerun] = []
        self.able: dict[str, Able] = {}
        self.calls: list[tuple[str, str]] = []
        self.forbidden: dict[tuple[str, str, str], str] = {}
        self.faults: list[Fault] = []
        self.actions: list[tuple[str, Callable[[], object]]] = []
        self._ids = itertools.count(1001)

    def new_id(self) -> str:
        """Return an id that nothing had before."""
        return str(next(self._ids))

    def add_account(
        self, login: str, *, id: str = "", name: str = "", bot: bool = False, maintainer: bool = False
    ) -> Account:
        """Register an account. maintainer: may edit and delete what others wrote, as GitLab lets them."""
        made = Account(id or self.new_id(), login, name or login, bot)
        self.accounts[made.id] = made
        if maintainer:
            self.maintainers.add(made.id)
        return made

    def change_account(self, account: Account, **changed: object) -> Account:
        """Rename, block (`active=False`) or otherwise change an account; return it as it is now."""
        self.accounts[account.id] = replace(self.accounts[account.id], **changed)
        return self.accounts[account.id]

    def remove_account(self, account: Account) -> None:
        """Delete an account: what it wrote is a ghost's, and its token is good for nothing."""
        del self.accounts[account.id]
        self.expired.add(account.id)

    def add_project(self, path: str, *, id: str = "", branch: str = "main", git_url: str = "") -> Project:
        """Make a project."""
        url = f"{self.address}/{path}"
        made = Project(id or self.new_id(), path, branch, url, git_url or f"{url}.git")
        self.projects[made.id] = made
        return made

    def move(self, project: Project, path: str) -> Project:
        """Move a project to another path; the old one says where it went."""
        self.moved[self.projects[project.id].path] = path
        self.projects[project.id] = replace(self.projects[project.id], path=path, url=f"{self.address}/{path}")
        return self.projects[project.id]

    def hide(self, project: Project, account: Account) -> None:
        """Take the sight of a project from an account, as an expired share does."""
        self.hidden.add((project.id, account.id))

    def add_team(self, path: str, *accounts: Account) -> set[str]:
        """Make a team or group; return the ids of who is in it, to be changed."""
        self.teams[path] = {account.id for account in accounts}
        return self.teams[path]

    def add_change(
        self,
        project: Project,
        author: Account,
        *,
        title: str = "Change",
        head: str = "1" * 40,
        base: str = "0" * 40,
        branch: str = "topic",
        source: Project | None = None,
        draft: bool = False,
        authors: Iterable[str] = (),
        lines: Mapping[str, Iterable[int]] | None = None,
    ) -> Change:
        """Open a change to the default branch. lines: what its diff shows of the new side; None: whatever is asked."""
        number = self._number(project, self.changes)
        url = f"{self.address}/{project.path}/-/merge_requests/{number}"
        made = Change(
            project.id, number, title, author, OPEN, base, head, project.branch, (source or project).id, branch, url,
            self.clock.now, draft, tuple(authors),
        )  # fmt: skip
        self.changes[project.id, number] = made
        if lines is not None:
            self.lines[project.id, number] = {path: frozenset(numbers) for path, numbers in lines.items()}
        return made

    def add_issue(
        self, project: Project, author: Account, title: str, body: str = "", labels: Iterable[str] = ()
    ) -> Issue:
        """Open an issue."""
        number, now = self._number(project, self.issues), self.clock.now
        url = f"{self.address}/{project.path}/-/issues/{number}"
        made = Issue(project.id, number, title, body, author, OPEN, now, now, url, tuple(labels))
        self.issues[project.id, number] = made
        return made

    def push(self, change: Change, head: str, **changed: object) -> Change:
        """Give a change another head, by force or not; `changed` sets more of it (base, authors, title, state)."""
        now = replace(self.changes[change.project, change.number], head=head, updated=self.clock.now, **changed)
        self.changes[change.project, change.number] = now
        return now

    def merge(self, change: Change) -> None:
        """Merge a change."""
        self.push(change, change.head, state=MERGED)

    def add_note(
        self, at: Conversation, author: Account, body: str, *, system: bool = False, path: str = "", line: int = 0
    ) -> Note:
        """Write a note as `author`; what it belongs to counts as updated."""
        id = self.new_id()
        thread = f"t{id}" if at.kind == CHANGE and not system else ""
        now = self.clock.now
        url = f"{self._touch(at)}#note_{id}"
        made = Note(id, author, body, now, now, system=system, thread=thread, path=path, line=line, url=url)
        self.talks.setdefault(at, {})[id] = made
        return made

    def rewrite(self, at: Conversation, note: Note) -> None:
        """Put `note` in the place of the one with its id."""
        self.talks[at][note.id] = note
        self._touch(at)

    def drop(self, at: Conversation, id: str) -> None:
        """Delete a note, if it is there."""
        self.talks.get(at, {}).pop(id, None)
        self._touch(at)

    def notes(self, at: Conversation) -> list[Note]:
        """Return the notes with their authors as they are called now."""
        return [replace(note, author=self.present(note.author)) for note in self.talks.get(at, {}).values()]

    def present(self, account: Account) -> Account:
        """Return an account as it is now."""
        return self.accounts.get(account.id, GHOST)

    def _number(self, project: Project, kind: Mapping[tuple[str, int], object]) -> int:
        counted = {**self.changes, **self.issues} if self.shared else kind
        return 1 + sum(key[0] == project.id for key in counted)

    def _touch(self, at: Conversation) -> str:
        key = (at.project, at.number)
        if at.kind == CHANGE:
            self.changes[key] = replace(self.changes[key], updated=self.clock.now)
            return self.changes[key].url
        self.issues[key] = replace(self.issues[key], updated=self.clock.now)
        return self.issues[key].url

    def called(self, method: str, login: str = "") -> int:
        """Return how often a method was called, by all or by one login."""
        return sum(done == method and login in ("", who) for who, done in self.calls)

    def owner(self, named: str) -> Project:
        """Return a project by id or path. Raises Missing: `forge.missing`, `forge.moved`."""
        for project in self.projects.values():
            if named in (project.id, project.path):
                return project
        if named in self.moved:
            raise Missing("forge.moved", what=named, to=self.moved[named])
        raise Missing("forge.missing", what=named)
