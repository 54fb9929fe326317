"""What a note is answered: for each of its commands what became of it, and the line that would do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.forge_desk import packages, ready_lines, texts
from osgate.forge_desk.hearing import Said
from osgate.forge_desk.station import Ledger, Unclear
from osgate.forge_desk.telling import Place
from osgate.forges import visible
from osgate.forges.commands import Command, Mistake
from osgate.intake_desk import anchors
from osgate.intake_desk.desk import Run
from osgate.intake_desk.weigh import Refusal
from osgate.intake_desk.witnessed import name_of
from osgate.ledger import codec
from osgate.ledger.fold import Sealed
from osgate.model.record import record
from osgate.reports.markdown.text import code, link
from osgate.text.translator import Translator

# Fields by which a record names the one it is about.
_NAMING = ("request", "revokes", "confirms")


@record
class Answer:
    """What became of one command of a note, `number` among its commands, as far as we know before the desk's run.

    records: made of it; sealed: ids of records that were made of the note in an earlier round; unclear, mistake: why
    there are none; status: ids of records that were asked about; help: what can be said was asked for.
    """

    said: Said
    number: int
    records: tuple[Mapping[str, Any], ...] = ()
    sealed: tuple[str, ...] = ()
    unclear: Unclear | None = None
    mistake: Mistake | None = None
    status: tuple[str, ...] = ()
    help: bool = False

    @property
    def place(self) -> str:
        """Where its records came from, for messages and seals: the note's page where it has one, and which command."""
        at, note = self.said.at, self.said.note
        about = self.said.issue or self.said.change
        page = note.url or (about.url if about is not None and not note.id else "")
        return f"forge {page or f'{at.kind} {at.project} {at.number} {note.id}'} ({self.number + 1})"

    @property
    def command(self) -> Command | Mistake | None:
        """The command; None where the note holds none by that number."""
        found = self.said.commands
        return found[self.number] if self.number < len(found) else None


def answered(
    answers: Iterable[Answer],
    ledger: Ledger,
    done: Run,
    places: Mapping[str, Place],
    t: Translator,
    pages: Mapping[str, str] = {},
) -> tuple[list[str], bool]:
    """Return the blocks of an answer to a note, and whether all it asked for was done.

    ledger: after the desk's run; pages: a request's id -> the page on which it is decided, for those not in `places`.
    """
    there = {**pages, **{id: place.url for id, place in places.items()}}
    each = [_Telling(answer, ledger, done, there, t) for answer in answers]
    login = each[0].answer.said.note.author.login if each else ""
    blocks = [t("heard.to", login=code(login))] if login else []
    for told in each:
        blocks += [*([told.quoted()] if len(each) > 1 or told.answer.mistake else []), *told.blocks()]
    if any(told.recorded for told in each):
        anchor = code(anchors.said(done.serial, codec.short(done.anchor)))
        blocks.append(f"<sub>{t('heard.anchor', anchor=anchor)}</sub>")
    return list(filter(None, blocks)), all(told.good for told in each)


class _Telling:
    """Telling one command's answer. good: it was done; recorded: something is in the ledger by it; pages: where
    requests are decided."""

    def __init__(self, answer: Answer, ledger: Ledger, done: Run, pages: Mapping[str, str], t: Translator) -> None:
        self.answer, self.ledger, self.done, self.pages, self.t = answer, ledger, done, pages, t
        self.good = answer.unclear is None and answer.mistake is None
        self.recorded = False

    def quoted(self) -> str:
        """The line of the command as it was written."""
        command = self.answer.command or self.answer.mistake
        lines = visible.lines(self.answer.said.note.body) if command is not None else ()
        return code(next((line.text.strip() for line in lines if command and line.number == command.line), ""))

    def blocks(self) -> Iterator[str]:
        answer, t = self.answer, self.t
        if answer.mistake is not None:
            yield texts.mistaken(answer.mistake, t)
        elif answer.unclear is not None:
            yield from self._unclear(answer.unclear)
        elif answer.help:
            yield texts.help_text(t)
        elif answer.status:
            found = (texts.stands(id, self.ledger.state, t) for id in answer.status)
            yield "\n".join(f"- {line}" for line in found if line) or t("heard.no-status")
        else:
            for id in (*answer.sealed, *(str(body["id"]) for body in answer.records)):
                yield from self._record(id)

    def _unclear(self, found: Unclear) -> Iterator[str]:
        command, t = self.answer.command, self.t
        known = command if isinstance(command, Command) else None
        yield texts.unclear(found, t, known.change if known else "")
        if texts.nothing_new(found):
            waits = t("join.items").join(map(self._linked, self._waiting_here()))
            yield t("heard.waits-already", requests=waits) if waits else ""
        lacking = ready_lines.lacking(found)
        ready = [ready_lines.again(known, lacking)] if known and lacking else list(filter(None, found.paste))
        if ready:
            yield t("heard.anew")
            yield texts.pasted(ready)

    def _waiting_here(self) -> Iterator[str]:
        """The requests that wait and were made in this conversation, or for this change."""
        said, state = self.answer.said, self.ledger.state
        asked = [self.ledger.answering(item).id for item in self.ledger.asked_at(said.at)]
        change = said.change
        origin = f"{name_of(self.ledger.forge, change.project)}!{change.number}" if change is not None else None
        asked += [
            id for id, one in state.requests.items() if origin == one.request.body.get("origin", {}).get("comment")
        ]
        return (id for id in dict.fromkeys(asked) if id in state.requests and state.requests[id].status == "waiting")

    def _linked(self, id: str) -> str:
        return link(texts.short(id), self.pages.get(id, ""))

    def _record(self, id: str) -> Iterator[str]:
        item = self.ledger.sealed.get(id)
        if item is not None:
            self.recorded = True
            yield from self._accepted(item)
            return
        self.good = False
        found = next((one for one in (*self.done.refused, *self.done.held) if self._means(one, id)), None)
        yield self.t("heard.refused", why=texts.refused(found, self.t)) if found else self.t("heard.lost")
        yield from self._anew(found) if found else ()

    def _means(self, refusal: Refusal, id: str) -> bool:
        return refusal.subject == id or refusal.place == self.answer.place

    def _anew(self, found: Refusal) -> Iterator[str]:
        """How something that was rejected or revoked is asked for again."""
        told = self.ledger.state.requests.get(str(found.params.get("id", "")))
        if told is not None and told.status in ("rejected", "revoked") and found.code == "not-from-here":
            ready = ready_lines.anew(told, "")
            yield self.t("heard.why-ask-anew") if ready else ""
            yield texts.pasted([ready]) if ready else ""

    def _accepted(self, item: Sealed) -> Iterator[str]:
        named = next((str(item.body[key]) for key in _NAMING if item.body.get(key)), item.id)
        about = self.ledger.sealed.get(named, item)
        answering = self.ledger.answering(about)
        yield texts.accepted(item, answering, self.pages.get(answering.id, ""), self.t)
        if answering.body["verb"] == "request":
            yield packages.listed(answering.body["subjects"], self.t)
        yield texts.stands(answering.id, self.ledger.state, self.t)
        ready: dict[str, list[str]] = {}
        for key, line in ready_lines.confirming(answering.id, self.ledger.state):
            ready.setdefault(key, []).append(line)
        for key, lines in ready.items():
            yield self.t(key)
            yield texts.pasted(lines)
