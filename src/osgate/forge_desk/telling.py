"""Telling what became of what was said: an answer to each note, once, and the issue of each request kept up to date.

Each thing that is told stands on its own: what fails is tried again in the next round, and the ledger never waits for
it. What was lost on its way is looked for before it is written again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping

from osgate.errors import OsgateError
from osgate.forge_desk import opened, publishing, texts
from osgate.forge_desk.hearing import Said, answer_mark
from osgate.forge_desk.station import Ledger, Station
from osgate.forge_desk.texts import Origin
from osgate.forges import links
from osgate.forges.protocol import Forbidden, Forge, Missing, Unreachable
from osgate.ledger.fold import Sealed
from osgate.model.forge import CLOSED, ISSUE, OPEN, Account, Conversation, Issue, Note
from osgate.model.record import record
from osgate.text.translator import Translator

# Labels of a request's issue begin so; the rest is the status of the request.
LABEL = "osgate::"


@record
class Place:
    """Where a request is decided. url: for people."""

    number: int
    url: str


class Teller:
    """t: the institution's words; ledger: as it is after the desk's run; places: Memory.places, kept up to date."""

    def __init__(self, station: Station, ledger: Ledger, places: dict[str, int], t: Translator) -> None:
        self.station, self.ledger, self.places, self.t = station, ledger, places, t
        self.forge: Forge = station.forge

    # -- requests

    def request(self, id: str) -> Place:
        """Bring the issue in which the request `id` is decided up to date, opening one where there is none."""
        told = self.ledger.state.requests[id]
        issue = self._issue(told.request)
        mine = opened.request_of(issue, self.station.me) == id
        blocks, change = [texts.STATE_MARK], self._change(told.request)
        blocks += [] if mine else [texts.request_text(told.request, change, self.t)]
        blocks.append(texts.state_text(told, self.ledger, change, self.station.now, self.t))
        keep(self.forge, self.station.me, issue.conversation, texts.STATE_MARK, "\n\n".join(blocks))
        self._settle(issue, told.status)
        return Place(issue.number, issue.url)

    def _issue(self, request: Sealed) -> Issue:
        """The issue in which a request is decided: the one it was made in, or one of ours."""
        home = self.station.home.id
        said = request.body.get("witnessed", {})
        if (said.get("kind"), said.get("project")) == (ISSUE, home):
            return self.forge.issue(home, int(said["number"]))
        with contextlib.suppress(Missing):
            known = self.forge.issue(home, self.places[request.id]) if request.id in self.places else None
            if known is not None and opened.stands_for(known, self.station.me, request.id):
                return known
        found = next(self._ours(request), None) or self._open(request)
        self.places[request.id] = found.number
        return found

    def _ours(self, request: Sealed) -> Iterator[Issue]:
        """Issues that we opened for the request; one whose opening was never confirmed is among them."""
        day = f"{request.body['stated_at'][:10]}T00:00:00Z"
        issues = self.forge.issues_since(self.station.home.id, day)
        return (one for one in issues if opened.request_of(one, self.station.me) == request.id)

    def _open(self, request: Sealed) -> Issue:
        title = texts.title(request, self.t)
        body = texts.opening(request, self._change(request), self.t)
        return self.forge.open_issue(self.station.home.id, title, body, (f"{LABEL}waiting",))

    def _change(self, request: Sealed) -> Origin:
        """The change a request came from; an empty one where there is none, or nobody tells."""
        place, _, number = str(request.body.get("origin", {}).get("comment", "")).rpartition("!")
        project = place.partition(":")[2]
        if not project or not number.isdecimal():
            return Origin()
        try:
            at, kind, found = Conversation(project, int(number)), self.forge.kind, self.forge.project(project)
            return Origin(publishing.named(kind, found.path, at.number), links.conversation(kind, found.url, at))
        except (OsgateError, ValueError):
            return Origin()

    def _settle(self, issue: Issue, status: str) -> None:
        """Label and close the issue by where the request stands, as far as we may."""
        labels = [*(one for one in issue.labels if not one.startswith(LABEL)), f"{LABEL}{status}"]
        state = OPEN if status == "waiting" else CLOSED
        if sorted(labels) != sorted(issue.labels) or state != issue.state:
            with contextlib.suppress(Forbidden):
                self.forge.change_issue(issue.project, issue.number, labels=labels, state=state)

    # -- answers

    def answer(self, said: Said, blocks: Iterable[str], good: bool) -> None:
        """Answer a note, once. good: everything it asked for was done."""
        mark = answer_mark(said.note.id)
        if not _answered(self.forge, self.station.me, said.at, mark):
            _say(self.forge, self.station.me, said.at, mark, "\n\n".join((mark, *blocks)))
        if said.note.id:
            with contextlib.suppress(Forbidden, Missing):
                self.forge.react(said.at, said.note.id, "thumbsup" if good else "thumbsdown")


def _answered(forge: Forge, me: Account, at: Conversation, mark: str) -> Note | None:
    """Our note that begins with `mark`."""
    ours = (note for note in forge.notes(at) if note.author.id == me.id)
    # One that was edited since may have been made an answer by whoever edited it.
    return next((note for note in ours if note.body.startswith(mark) and not note.edited), None)


def _say(forge: Forge, me: Account, at: Conversation, mark: str, body: str) -> None:
    """Write a note that begins with `mark`; one whose answer was lost may be there all the same."""
    try:
        forge.say(at, body)
    except Unreachable:
        if _answered(forge, me, at, mark) is None:
            raise


def keep(forge: Forge, me: Account, at: Conversation, mark: str, body: str) -> None:
    """Keep one note of ours that begins with `mark`, and says `body`."""
    ours = [note for note in forge.notes(at) if note.author.id == me.id and note.body.startswith(mark)]
    for note in ours[:-1]:
        with contextlib.suppress(Forbidden):
            forge.remove(at, note.id)
    if ours and ours[-1].body.strip() == body.strip():
        return
    try:
        if ours:
            forge.edit(at, ours[-1].id, body)
            return
    except Missing:  # Deleted since we looked.
        pass
    _say(forge, me, at, mark, body)


def pages(station: Station, ledger: Ledger, places: Mapping[str, int]) -> dict[str, str]:
    """Return the page on which each request that waits is decided, as far as it is known. places: Memory.places."""
    home, found = station.home, dict(places)
    for id, told in ledger.state.requests.items():
        said = told.request.body.get("witnessed", {})
        if (said.get("kind"), said.get("project")) == (ISSUE, home.id):
            found[id] = int(said["number"])
    kind = station.forge.kind
    return {id: links.conversation(kind, home.url, Conversation(home.id, n, ISSUE)) for id, n in found.items()}
