"""What was said to osgate at the forge since the last round: issues of the policy project, and notes on changes.

Words count as their author wrote them: a note or issue that was changed afterwards, by whomever, is answered and not
heard. Everything is fetched again right before it is acted on; accounts that are blocked, and machines, are not heard.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import TypeVar

from osgate.errors import OsgateError, Undecided
from osgate.forge_desk.memory import Memory
from osgate.forges import commands
from osgate.forges.commands import Command, Mistake
from osgate.forges.protocol import Forge
from osgate.model.forge import CHANGE, CLOSED, ISSUE, Account, Change, Conversation, Issue, Note, Project
from osgate.model.record import record, replace

T = TypeVar("T", Issue, Change)
# How far back a round looks that remembers nothing, and by how much two looks overlap: lists at a forge lag behind.
LOOK_BACK, OVERLAP = timedelta(days=30), timedelta(minutes=10)
# For how long what cannot be acted on now is tried again before its author is told.
PATIENCE = timedelta(days=1)
# The text of an issue is heard like a note; this stands for it where notes are named.
TEXT = "text"
_ANSWER = re.compile(r"<!-- osgate:answer note=([0-9A-Za-z_.-]{1,64}) -->")
# Conversations that a bell names at once.
MOST_RUNG = 20


def answer_mark(note: str) -> str:
    """Return the line that an answer to a note begins with. note: its id, empty for an issue's own text."""
    return f"<!-- osgate:answer note={note or TEXT} -->"


@record
class Said:
    """What one note says. note: as it is now, its id empty for an issue's own text; commands: of its body.

    answered: when we answered notes here, by note id (TEXT for the issue's own), empty where our answer was touched
    since; issue, change: what it is about.
    """

    at: Conversation
    note: Note
    commands: tuple[Command | Mistake, ...]
    answered: dict[str, str]
    issue: Issue | None = None
    change: Change | None = None


@record
class Failed:
    """Something that could not be looked at or told. at: None for a list."""

    what: str
    error: OsgateError
    at: Conversation | None = None


@record
class Heard:
    """said: what is not answered yet. changes, issues: seen since. memory: with how far we looked; failed: what not."""

    said: tuple[Said, ...]
    changes: tuple[Change, ...]
    issues: tuple[Issue, ...]
    memory: Memory
    failed: tuple[Failed, ...]


def lasting(error: OsgateError) -> bool:
    """True of a failure that may be over by the next round."""
    return isinstance(error, Undecided)


def instant(told: str) -> str:
    """Return a forge's instant in whole seconds, `Z`."""
    return f"{told[:19]}Z"


class Ears:
    """One look around. home: the policy project; group: path below which changes are heard; now: UTC instant."""

    def __init__(self, forge: Forge, me: Account, home: Project, group: str, now: str) -> None:
        self.forge, self.me, self.home, self.group = forge, me, home, group
        self.oldest = before(now, LOOK_BACK)
        self.failed: list[Failed] = []
        self._accounts: dict[str, Account | None] = {}

    def hear(self, memory: Memory, rung: Iterable[Conversation] = ()) -> Heard:
        """Look at everything since `memory`, and at what a bell named (`rung`)."""
        issues, newest_issue = self._since(
            "issues", memory.issues, lambda since: self.forge.issues_since(self.home.id, since)
        )
        changes, newest_change = self._since(
            "changes", memory.changes, lambda since: self.forge.changes_since(self.group, since)
        )
        places = {issue.conversation: issue for issue in issues}
        spots: dict[Conversation, Issue | Change] = {**places, **{one.conversation: one for one in changes}}
        for at in dict.fromkeys((*memory.again, *list(rung)[:MOST_RUNG])):
            if at not in spots:
                found = self._one(at)
                spots.update({at: found} if found is not None else {})
        said = [one for at, about in spots.items() for one in self._conversation(at, about)]
        again = tuple(f.at for f in self.failed if f.at is not None and lasting(f.error))
        seen = spots.values()
        return Heard(
            tuple(sorted(said, key=lambda one: (one.note.created, one.note.id))),
            tuple(one for one in seen if isinstance(one, Change)),
            tuple(one for one in seen if isinstance(one, Issue)),
            replace(memory, issues=newest_issue, changes=newest_change, again=again),
            tuple(self.failed),
        )

    def _since(self, what: str, cursor: str, ask: Callable[[str], Iterator[T]]) -> tuple[list[T], str]:
        """The list since `cursor`, and how far it goes; what breaks off in between goes on there the next time."""
        found: list[T] = []
        try:
            for one in ask(before(cursor, OVERLAP) if cursor else self.oldest):
                found.append(one)
        except OsgateError as error:
            self.failed.append(Failed(what, error))
        return found, max([cursor, *(one.updated for one in found)])

    def _one(self, at: Conversation) -> Issue | Change | None:
        """What stands at `at`, if it is ours to hear."""
        try:
            if at.kind == ISSUE:
                return self.forge.issue(at.project, at.number) if at.project == self.home.id else None
            return self.forge.change(at.project, at.number) if self.below(at.project) else None
        except OsgateError as error:
            self._fail(at, error)
            return None

    def below(self, project: str) -> bool:
        """True if a project lies below the group we hear. project: id or path."""
        return not self.group or f"{self.forge.project(project).path}/".startswith(f"{self.group}/")

    def _fail(self, at: Conversation, error: OsgateError) -> None:
        self.failed.append(Failed(f"{at.project}{'!' if at.kind == CHANGE else '#'}{at.number}", error, at))

    def _conversation(self, at: Conversation, about: Issue | Change) -> list[Said]:
        try:
            return list(self._said(at, about))
        except OsgateError as error:
            self._fail(at, error)
            return []

    def _said(self, at: Conversation, about: Issue | Change) -> Iterator[Said]:
        notes = list(self.forge.notes(at))
        answered: dict[str, str] = {}
        for note in notes:
            mark = _ANSWER.match(note.body) if note.author.id == self.me.id else None
            if mark:
                # Who only reacts to a note moves its time at some forges: it still answers, and no longer shows when.
                answered[mark[1]] = answered.get(mark[1], "") or ("" if note.edited else note.created)
        issue, change = (about, None) if isinstance(about, Issue) else (None, about)
        for note in (*([_text(issue)] if issue and issue.state != CLOSED else []), *notes):
            if self._worth(note) and (note.id or TEXT) not in answered and commands.parse(note.body):
                fresh = self._again(at, note, issue)
                if fresh is not None:
                    yield Said(at, fresh, _commands(fresh), answered, issue, change)

    def _worth(self, note: Note) -> bool:
        """True of a note that somebody wrote who may speak, and not too long ago."""
        author = note.author
        by_us = author.id == self.me.id
        return not (note.system or by_us or author.bot or not author.active or note.created < self.oldest)

    def _again(self, at: Conversation, note: Note, issue: Issue | None) -> Note | None:
        """The note as it is now; None where it is gone, or its author may not speak."""
        if note.id:
            fresh = self.forge.note(at, note.id)
        else:
            fresh = _text(self.forge.issue(at.project, at.number)) if issue else None
        if fresh is None or fresh.author.id != note.author.id:
            return None
        if fresh.author.id not in self._accounts:
            self._accounts[fresh.author.id] = self.forge.account(fresh.author.id)
        account = self._accounts[fresh.author.id]
        speaks = account is not None and account.active and not account.bot
        return replace(fresh, edited=fresh.edited or fresh.body != note.body) if speaks else None


def _text(issue: Issue) -> Note:
    """The text of an issue as a note without an id."""
    return Note("", issue.author, issue.body, issue.created, issue.updated, issue.edited, url=issue.url)


def _commands(note: Note) -> tuple[Command | Mistake, ...]:
    """What it says, if its author said it so from the beginning."""
    found = commands.parse(note.body)
    return (Mistake(found[0].line if found else 1, "edited", {}),) if note.edited else found


def before(told: str, by: timedelta) -> str:
    """Return the instant that lies `by` before another one."""
    return (datetime.fromisoformat(instant(told)) - by).strftime("%Y-%m-%dT%H:%M:%SZ")
