"""A forge in memory, for tests of what stands on `osgate.forges.protocol`: stateful, with many accounts, no network.

forge = MemoryForge(clock)                          # acts as a bot, `osgate`
app = forge.world.add_project("shop/till")
zhang = forge.world.add_account("zhang.san")
change = forge.world.add_change(app, zhang)
forge.as_user(zhang).say(change.conversation, "/osgate request")
forge.fail_next("say", Unreachable("forge.unreachable", address="", detail=""), after=True)   # done, answer lost
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Concatenate, ParamSpec, TypeVar

from osgate.forges.protocol import Expired, Forbidden, Missing, NotInDiff
from osgate.model.forge import CHANGE, ISSUE, OPEN, STATUSES, Able, Account, Change, Conversation, Issue, Note, Project
from osgate.model.record import replace
from osgate.testing.clock import Clock
from osgate.testing.forge_world import Fault, Rerun, Status, World

P = ParamSpec("P")
T = TypeVar("T")
_TEXT = 255  # characters of a status


def _asked(
    method: Callable[Concatenate[MemoryForge, P], T],
) -> Callable[Concatenate[MemoryForge, P], T]:
    """Let what tests arranged happen around a call."""

    def call(self: MemoryForge, /, *args: P.args, **named: P.kwargs) -> T:
        where = _project_of(args)
        self._before(method.__name__, where)
        result = method(self, *args, **named)
        self._after(method.__name__, where)
        return result

    call.__doc__ = method.__doc__
    return call


def _listed(
    method: Callable[Concatenate[MemoryForge, P], list[T]],
) -> Callable[Concatenate[MemoryForge, P], Iterator[T]]:
    """The same for a list, which is asked for at its first item, as from a server."""

    def call(self: MemoryForge, /, *args: P.args, **named: P.kwargs) -> Iterator[T]:
        where = _project_of(args)
        self._before(method.__name__, where)
        yield from method(self, *args, **named)
        self._after(method.__name__, where)

    call.__doc__ = method.__doc__
    return call


def _project_of(args: tuple[object, ...]) -> str:
    first = args[0] if args else ""
    return first.project if isinstance(first, (Conversation, Change)) else str(first)


class MemoryForge:
    """`osgate.forges.protocol.Forge` over a World, with the identity of one account; `as_user` gives the others'."""

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        kind: str = "gitlab",
        address: str = "https://forge.example.test",
        world: World | None = None,
        account: Account | None = None,
    ) -> None:
        self.kind, self.address = kind, address
        self.overlooked: list[str] = []
        self.world = world or World(clock or Clock(), address)
        self._who = account or self.world.add_account("osgate", bot=True)

    def as_user(self, account: Account) -> MemoryForge:
        """Return the same forge as `account` sees it."""
        return MemoryForge(kind=self.kind, address=self.address, world=self.world, account=account)

    def expire(self) -> None:
        """Make this identity's token worth nothing."""
        self.world.expired.add(self._who.id)

    def forbid(self, method: str, project: str = "", needs: str = "Developer") -> None:
        """Let this identity's calls of `method` be refused, in one project (its id) or in all."""
        self.world.forbidden[self._who.id, method, project] = needs

    def allow(self, method: str, project: str = "") -> None:
        """Take back `forbid`."""
        self.world.forbidden.pop((self._who.id, method, project), None)

    def fail_next(
        self, method: str, error: Exception, *, after: bool = False, times: int = 1, project: str = ""
    ) -> None:
        """Let the next calls of `method`, by whomever, raise `error`. after: they are carried out, the answer is lost.

        project: id; only calls that name it, by id.
        """
        self.world.faults.extend([Fault(method, error, after, project)] * times)

    def before_next(self, method: str, action: Callable[[], object]) -> None:
        """Do something right before the next call of `method` is carried out: what happens between two calls."""
        self.world.actions.append((method, action))

    def _before(self, method: str, project: str) -> None:
        world, who = self.world, self._who
        world.calls.append((who.login, method))
        due = [action for named, action in world.actions if named == method][:1]
        world.actions[:] = [pair for pair in world.actions if pair[1] not in due]
        for action in due:
            action()
        if who.id in world.expired or not world.present(who).active:
            raise Expired("forge.token", address=self.address, detail="401")
        for place in ("", project):
            if (who.id, method, place) in world.forbidden:
                needs = world.forbidden[who.id, method, place]
                raise Forbidden("forge.forbidden", what=method, needs=needs, detail="403")
        self._fault(method, project, after=False)

    def _after(self, method: str, project: str) -> None:
        self._fault(method, project, after=True)

    def _fault(self, method: str, project: str, *, after: bool) -> None:
        faults = self.world.faults
        for n, fault in enumerate(faults):
            if fault.method == method and fault.project in ("", project):
                if fault.after == after:
                    raise faults.pop(n).error
                return

    def _project(self, named: str) -> Project:
        found = self.world.owner(named)
        if (found.id, self._who.id) in self.world.hidden:
            raise Missing("forge.missing", what=named)
        return found

    def _there(self, at: Conversation) -> Conversation:
        self._project(at.project)
        known = self.world.changes if at.kind == CHANGE else self.world.issues
        if (at.project, at.number) not in known:
            raise Missing("forge.missing", what=f"{at.project}{'!' if at.kind == CHANGE else '#'}{at.number}")
        return at

    def _present(self, item: T) -> T:
        return replace(item, author=self.world.present(item.author))  # type: ignore[attr-defined]

    def _ours(self, at: Conversation, note: str) -> Note:
        self._there(at)
        found = self.world.talks.get(at, {}).get(note)
        if found is None:
            raise Missing("forge.missing", what=f"note {note}")
        if found.system or (found.author.id != self._who.id and self._who.id not in self.world.maintainers):
            raise Forbidden("forge.forbidden", what=f"note {note}", needs="Maintainer", detail="403")
        return found

    @_asked
    def me(self) -> Account:
        """Return who this identity is."""
        return self.world.present(self._who)

    @_asked
    def account(self, id: str) -> Account | None:
        """Return an account by id."""
        return self.world.accounts.get(id)

    @_asked
    def project(self, named: str) -> Project:
        """Return a project by id or path."""
        return self._project(named)

    @_asked
    def may_read(self, project: str, account: str) -> bool | None:
        """Return whether a project is hidden from an account."""
        return (self._project(project).id, account) not in self.world.hidden

    @_asked
    def in_team(self, account: str, team: str) -> bool:
        """Return whether an account is in a team."""
        if team not in self.world.teams:
            raise Missing("forge.missing", what=team)
        found = self.world.accounts.get(account)
        return found is not None and found.active and not found.bot and account in self.world.teams[team]

    @_asked
    def change(self, project: str, number: int) -> Change:
        """Return a change."""
        self._there(Conversation(project, number))
        return self._present(self.world.changes[project, number])

    @_listed
    def changes_since(self, group: str, since: str) -> list[Change]:
        """Return the open changes below a group."""
        world, who = self.world, self._who
        found = [
            self._present(replace(change, base="", authors=()))
            for change in world.changes.values()
            if change.state == OPEN
            and change.updated >= since
            and (change.project, who.id) not in world.hidden
            and (not group or world.projects[change.project].path.startswith(group + "/"))
        ]
        return sorted(found, key=lambda change: change.updated)

    @_listed
    def changes_with(self, project: str, head: str) -> list[Change]:
        """Return the open changes of a project with a head."""
        id = self._project(project).id
        found = [one for one in self.world.changes.values() if (one.project, one.head, one.state) == (id, head, OPEN)]
        return [self._present(replace(change, base="", authors=())) for change in found]

    @_asked
    def issue(self, project: str, number: int) -> Issue:
        """Return an issue."""
        self._there(Conversation(project, number, ISSUE))
        return self._present(self.world.issues[project, number])

    @_listed
    def issues_since(self, project: str, since: str) -> list[Issue]:
        """Return the issues of a project."""
        id = self._project(project).id
        found = [issue for issue in self.world.issues.values() if issue.project == id and issue.updated >= since]
        return sorted(map(self._present, found), key=lambda issue: issue.updated)

    @_listed
    def open_issues(self, project: str) -> list[Issue]:
        """Return the open issues of a project."""
        id = self._project(project).id
        found = [issue for issue in self.world.issues.values() if issue.project == id and issue.state == OPEN]
        return sorted(map(self._present, found), key=lambda issue: (issue.created, issue.number))

    @_listed
    def notes(self, at: Conversation) -> list[Note]:
        """Return every note."""
        return self.world.notes(self._there(at))

    @_asked
    def note(self, at: Conversation, id: str) -> Note | None:
        """Return a note as it is now."""
        return next((note for note in self.world.notes(self._there(at)) if note.id == id), None)

    @_asked
    def say(self, at: Conversation, body: str) -> Note:
        """Write a note."""
        return self.world.add_note(self._there(at), self._who, body)

    @_asked
    def say_on_line(self, change: Change, path: str, line: int, body: str) -> Note:
        """Write a note on a line of the new side."""
        at = self._there(change.conversation)
        lines = self.world.lines.get((at.project, at.number))
        if lines is not None and line not in lines.get(path, ()):
            raise NotInDiff("forge.line", path=path, line=line)
        return self.world.add_note(at, self._who, body, path=path, line=line)

    @_asked
    def edit(self, at: Conversation, note: str, body: str) -> Note:
        """Replace the text of a note of ours, or of anybody's by a maintainer."""
        found = replace(self._ours(at, note), body=body, updated=self.world.clock.now, edited=True)
        self.world.rewrite(at, found)
        return self._present(found)

    @_asked
    def remove(self, at: Conversation, note: str) -> None:
        """Delete a note of ours, or anybody's by a maintainer."""
        if note in self.world.talks.get(self._there(at), {}):
            self._ours(at, note)
            self.world.drop(at, note)

    @_asked
    def settle(self, at: Conversation, thread: str, resolved: bool) -> None:
        """Mark a thread."""
        found = [note for note in self.world.talks.get(self._there(at), {}).values() if note.thread == thread]
        if not found:
            raise Missing("forge.missing", what=f"thread {thread}")
        for note in found:
            self.world.rewrite(at, replace(note, resolved=resolved))

    @_asked
    def react(self, at: Conversation, note: str, reaction: str) -> None:
        """Put a reaction on a note."""
        if note not in self.world.talks.get(self._there(at), {}):
            raise Missing("forge.missing", what=f"note {note}")
        self.world.reactions.add((note, self._who.id, reaction))

    @_asked
    def set_status(self, project: str, commit: str, name: str, state: str, text: str, url: str = "") -> None:
        """Set a commit status."""
        if state not in STATUSES:
            raise ValueError(state)
        self.world.statuses.setdefault((self._project(project).id, commit), {})[name] = Status(state, text[:_TEXT], url)

    @_asked
    def open_issue(self, project: str, title: str, body: str, labels: Iterable[str] = ()) -> Issue:
        """Open an issue."""
        return self.world.add_issue(self._project(project), self._who, title, body, labels)

    @_asked
    def change_issue(
        self, project: str, number: int, *, body: str = "", labels: Iterable[str] | None = None, state: str = ""
    ) -> None:
        """Change what is given of an issue."""
        self._there(Conversation(project, number, ISSUE))
        old = self.world.issues[project, number]
        self.world.issues[project, number] = replace(
            old,
            body=body or old.body,
            labels=old.labels if labels is None else tuple(labels),
            state=state or old.state,
            updated=self.world.clock.now,
            edited=old.edited or body not in ("", old.body),
        )

    @_asked
    def rerun(self, change: Change) -> str:
        """Note that the checks were to run again."""
        self._there(change.conversation)
        head = self.world.changes[change.project, change.number].head
        self.world.reruns.append(Rerun(change.project, change.number, head))
        return f"{change.url}/pipelines"

    @_asked
    def able(self, project: str) -> Able:
        """Return what the test said of the project."""
        return self.world.able.get(self._project(project).id, Able())
