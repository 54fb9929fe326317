"""What was said to osgate at the forge since the last round: issues of the policy project, and notes on changes.

Words count as their author wrote them: a note or issue that was changed afterwards, by whomever, is answered and not
heard. Everything is fetched again right before it is acted on; accounts that are blocked, and machines, are not heard.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain, zip_longest
from typing import Any, TypeVar

from osgate.forge_desk.failing import Failed, apart, lasting
from osgate.forge_desk.memory import MOST, Memory
from osgate.forge_desk.turns import Turns, cost, still
from osgate.forges import commands, links, visible
from osgate.forges.command_words import OF_ANYBODY
from osgate.forges.commands import Command, Mistake
from osgate.forges.protocol import Forge
from osgate.intake_desk.weigh import AHEAD
from osgate.model.forge import CHANGE, CLOSED, ISSUE, Account, Change, Conversation, Issue, Note, Project
from osgate.model.record import record, replace

T = TypeVar("T", Issue, Change)
# How far back a round looks that remembers nothing, and by how much two looks overlap: lists at a forge lag behind.
LOOK_BACK, OVERLAP = timedelta(days=30), timedelta(minutes=10)
# For how long what cannot be acted on now is tried again before its author is told.
PATIENCE = timedelta(days=1)
# A note this young is left for the next round: an edit in the second it was made shows nowhere.
FRESH = timedelta(seconds=2)
# The text of an issue is heard like a note; this stands for it where notes are named.
TEXT = "text"
_ANSWER = re.compile(r"<!-- osgate:answer note=([0-9A-Za-z_.-]{1,64}) -->")
_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{12}(?![0-9a-f])")
# Conversations that a bell names at once.
MOST_RUNG = 20
_NOTHING: Mapping[Any, Any] = {}
# What `Able.lacking` calls a forge that does not tell whether an issue's text was edited.
EDITED_ISSUES = "edited issues"


def answer_mark(note: str) -> str:
    """Return the line that an answer to a note begins with. note: its id, empty for an issue's own text."""
    return f"<!-- osgate:answer note={note or TEXT} -->"


@record
class Said:
    """What one note says. note: as it is now, its id empty for an issue's own text; commands: of its body.

    answered: when we answered notes here, by note id (TEXT for the issue's own), empty where our answer was touched
    since; shown: when a note of ours here named a record, by its first 12 digits; issue, change: what it is about.
    """

    at: Conversation
    note: Note
    commands: tuple[Command | Mistake, ...]
    answered: Mapping[str, str]
    issue: Issue | None = None
    change: Change | None = None
    shown: Mapping[str, str] = _NOTHING


@record
class Heard:
    """said: what is not answered yet. changes, issues: seen since. memory: with how far we looked; failed: what not.

    slowed: where the first note stands of each account that has to wait for its turn, by the account's id.
    """

    said: tuple[Said, ...]
    changes: tuple[Change, ...]
    issues: tuple[Issue, ...]
    memory: Memory
    failed: tuple[Failed, ...]
    slowed: Mapping[str, Conversation] = _NOTHING


def instant(told: str) -> str:
    """Return a forge's instant in whole seconds, `Z`."""
    return f"{told[:19]}Z"


class Ears:
    """One look around. home: the policy project; group: path below which changes are heard; now: UTC instant; clock:
    seconds, from anywhere, for how long it takes."""

    def __init__(
        self, forge: Forge, me: Account, home: Project, group: str, now: str, clock: Callable[[], float] = still
    ) -> None:
        self.forge, self.me, self.home, self.group, self.now = forge, me, home, group, now
        self.oldest, self.latest = before(now, LOOK_BACK), before(now, -AHEAD)
        self.failed: list[Failed] = []
        self.turns = Turns(clock)
        self.slowed: dict[str, Conversation] = {}
        # Ids of our notes that answer -> the note that each answers: what they said before anybody touched them.
        self.answers: dict[str, str] = {}
        self._clock, self._began = clock, clock()
        self._accounts: dict[str, Account | None] = {}
        self._told: bool | None = None

    def hear(self, memory: Memory, rung: Iterable[Conversation] = ()) -> Heard:
        """Look at everything since `memory`, and at what a bell named (`rung`)."""
        self.answers = dict(memory.answers)
        issues, issues_to = self._since("issues", memory.issues, self._issues)
        changes, changes_to = self._since(
            "changes", memory.changes, lambda at: self.forge.changes_since(self.group, at)
        )
        spots: dict[Conversation, Issue | Change] = {}
        spots.update({one.conversation: one for one in issues})
        spots.update({one.conversation: one for one in changes})
        # What has waited and what is new by turns: neither keeps the other waiting.
        both = filter(None, chain.from_iterable(zip_longest(memory.again, tuple(spots))))
        said, left = self._around(dict.fromkeys((*list(rung)[:MOST_RUNG], *both)), spots)
        again = tuple(dict.fromkeys((*left, *(f.at for f in self.failed if f.at is not None and lasting(f.error)))))
        if len(again) > MOST:  # More than can be kept in mind is found again where the list was left.
            issues_to, changes_to = memory.issues, memory.changes
        return Heard(
            tuple(sorted(said, key=lambda one: (one.note.created, one.note.id))),
            tuple(one for one in spots.values() if isinstance(one, Change)),
            tuple(one for one in spots.values() if isinstance(one, Issue)),
            replace(memory, issues=issues_to, changes=changes_to, again=again, answers=self.answers),
            tuple(self.failed),
            self.slowed,
        )

    def _issues(self, since: str) -> Iterator[Issue]:
        """Issues of the policy project. Of their text only so much is kept as is looked at: thousands may come."""
        return (replace(one, body=_seen(one.body)) for one in self.forge.issues_since(self.home.id, since))

    def _since(self, what: str, cursor: str, ask: Callable[[str], Iterator[T]]) -> tuple[list[T], str]:
        """The list since `cursor`, and how far it goes; what breaks off in between goes on there the next time.

        It never goes beyond our own clock: one date in the future would hide everything that comes before it.
        """
        found: list[T] = []
        since = before(min(cursor, self.now), OVERLAP) if cursor else self.oldest
        with apart(self.failed.append, what):
            for one in ask(since):
                found.append(one)
        return found, min(max([cursor, *(one.updated for one in found)]), self.now)

    def _around(
        self, order: Iterable[Conversation], spots: dict[Conversation, Issue | Change]
    ) -> tuple[list[Said], list[Conversation]]:
        """What is said in each place, and the places that have to wait. spots: what stands there, as far as known."""
        said: list[Said] = []
        waiting: list[Conversation] = []
        later: list[Conversation] = []
        for at in order:
            if self._over(spots.get(at)) or not self.turns.look():
                waiting.append(at)
                continue
            with apart(self.failed.append, _named(at), at):
                found, whole = self._looked(at, spots)
                said += found
                later += [] if whole else [at]
        return said, [*waiting, *later]

    def _looked(self, at: Conversation, spots: dict[Conversation, Issue | Change]) -> tuple[list[Said], bool]:
        """What is said in one place, and whether nothing of it has to wait."""
        about = spots.get(at) or self._one(at)
        if about is None:
            return [], True
        spots[at] = about
        return ([], False) if self._over(about) else self._conversation(at, about)

    def _over(self, about: Issue | Change | None) -> bool:
        """True of an issue whose author has had their turn: nothing in it is looked at for now."""
        return isinstance(about, Issue) and about.author.id in self.turns.over

    def _one(self, at: Conversation) -> Issue | Change | None:
        """What stands at `at`, if it is ours to hear."""
        if at.kind == ISSUE:
            return self.forge.issue(at.project, at.number) if at.project == self.home.id else None
        return self.forge.change(at.project, at.number) if self.below(at.project) else None

    def below(self, project: str) -> bool:
        """True if a project lies below the group we hear. project: id or path."""
        path = self.forge.project(project).path.lower() if self.group else ""
        return f"{path}/".startswith(f"{self.group.lower()}/") if self.group else True

    def _conversation(self, at: Conversation, about: Issue | Change) -> tuple[list[Said], bool]:
        """What is said there, and whether nothing of it has to wait."""
        notes = list(self.forge.notes(at))
        answered, shown = self._ours(notes)
        issue, change = (about, None) if isinstance(about, Issue) else (None, about)
        found: list[Said] = []
        whole = True
        for note in (*([_text(issue)] if issue and issue.state != CLOSED else []), *notes):
            named = self._parsed(note) if self._worth(note, issue) else ()
            if not named or (note.id or TEXT) in answered:
                continue
            if self._fresh(note) or not self._turn(note, sum(map(cost, named)), at):
                whole = False
                continue
            now = self._again(at, note, issue)
            if now is not None:
                found.append(Said(at, now, self._commands(now), answered, issue, change, shown))
        return found, whole

    def _turn(self, note: Note, costs: int, at: Conversation) -> bool:
        if self.turns.speak(note.author.id, costs):
            return True
        self.slowed.setdefault(note.author.id, at)
        return False

    def _ours(self, notes: Iterable[Note]) -> tuple[dict[str, str], dict[str, str]]:
        """When we answered each note, and first named each record here.

        An answer counts as it was written. One that was touched since, if only by a reaction, answers what we saw it
        answer before, and no longer shows when: whoever may edit it could make it answer any other note.
        """
        answered: dict[str, str] = {}
        shown: dict[str, str] = {}
        for note in (note for note in notes if note.author.id == self.me.id and not note.system):
            for id in _ID.findall(_seen(note.body)):
                shown[id] = min(shown.get(id, note.updated), note.updated)
            mark = _ANSWER.match(note.body)
            if mark is None or (note.edited and self.answers.get(note.id) != mark[1]):
                continue
            answered[mark[1]] = answered.get(mark[1], "") or ("" if note.edited else note.created)
            self.answers.pop(note.id, None)
            self.answers[note.id] = mark[1]
        return answered, shown

    def _worth(self, note: Note, issue: Issue | None) -> bool:
        """True of a note that somebody wrote who may speak, not too long ago, and where it stands: notes of an issue
        that was copied are older than the issue."""
        author = note.author
        by_us = author.id == self.me.id
        if note.system or by_us or author.bot or not author.active or (issue and note.created < issue.created):
            return False
        return self.oldest <= note.created <= self.latest

    def _fresh(self, note: Note) -> bool:
        """True of a note that was made just now, by our clock as it has gone on since we began."""
        now = before(self.now, timedelta(seconds=int(self._began - self._clock())))
        return before(now, FRESH) < note.created < before(now, -FRESH)

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
        return replace(fresh, edited=fresh.edited or _seen(fresh.body) != _seen(note.body)) if speaks else None

    def _commands(self, note: Note) -> tuple[Command | Mistake, ...]:
        """What it says, if its author said it so from the beginning.

        Where the forge does not tell whether an issue's text was edited, that text asks and decides nothing; nor does
        what an app wrote in somebody's name, or may have written.
        """
        found = self._parsed(note)
        if note.edited:
            return (Mistake(found[0].line if found else 1, "edited", {}),)
        if note.author.bot:
            return tuple(_asking(one, "app-decides") for one in found)
        if note.id or all(_asking(one) is one for one in found) or self._tells():
            return found
        return tuple(_asking(one) for one in found)

    def _parsed(self, note: Note) -> tuple[Command | Mistake, ...]:
        return commands.parse(note.body, links.sign(self.forge.kind))

    def _tells(self) -> bool:
        """True where the forge tells whether the text of an issue was edited."""
        if self._told is None:
            self._told = EDITED_ISSUES not in dict(self.forge.able(self.home.id).lacking)
        return self._told


def _named(at: Conversation) -> str:
    return f"{at.project}{'!' if at.kind == CHANGE else '#'}{at.number}"


def _asking(one: Command | Mistake, why: str = "text-decides") -> Command | Mistake:
    """A command that decides nothing; of any other, why it does not count where it stands."""
    if isinstance(one, Mistake) or one.verb in OF_ANYBODY:
        return one
    return Mistake(one.line, why, {}, one.verb)


def _seen(body: str) -> str:
    return body[: visible.LONGEST]


def _text(issue: Issue) -> Note:
    """The text of an issue as a note without an id."""
    return Note("", issue.author, issue.body, issue.created, issue.updated, issue.edited, url=issue.url)


def before(told: str, by: timedelta) -> str:
    """Return the instant that lies `by` before another one; the first or last there is where the calendar ends."""
    try:
        return instant((datetime.fromisoformat(instant(told)) - by).isoformat())
    except OverflowError:
        return "9999-12-31T23:59:59Z" if by < timedelta() else "0001-01-01T00:00:00Z"
