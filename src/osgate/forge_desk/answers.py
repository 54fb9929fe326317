"""What a note is answered: for each of its commands what became of it, and the line that would do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.forge_desk import texts
from osgate.forge_desk.hearing import Said
from osgate.forge_desk.station import Ledger, Unclear
from osgate.forge_desk.telling import Place
from osgate.forges.commands import Mistake
from osgate.intake_desk import anchors
from osgate.intake_desk.desk import Run
from osgate.intake_desk.weigh import Refusal
from osgate.ledger import codec
from osgate.ledger.fold import Sealed
from osgate.model.record import record
from osgate.reports.markdown.text import code
from osgate.text.translator import Translator


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
        """Where its records came from, for messages and seals."""
        at, note = self.said.at, self.said.note.id or "text"
        return f"forge {at.kind} {at.project} {at.number} {note} {self.number}"


def answered(
    answers: Iterable[Answer], ledger: Ledger, done: Run, places: Mapping[str, Place], t: Translator
) -> tuple[list[str], bool]:
    """Return the blocks of an answer to a note, and whether all it asked for was done. ledger: after the desk's run."""
    blocks: list[str] = []
    good, recorded = True, False
    for answer in answers:
        told = _Telling(answer, ledger, done, places, t)
        blocks += told.blocks()
        good, recorded = good and told.good, recorded or told.recorded
    if recorded:
        anchor = code(anchors.said(done.serial, codec.short(done.anchor)))
        blocks.append(f"<sub>{t('heard.anchor', anchor=anchor)}</sub>")
    return blocks, good


class _Telling:
    """Telling one command's answer. good: it was done; recorded: something is in the ledger by it."""

    def __init__(self, answer: Answer, ledger: Ledger, done: Run, places: Mapping[str, Place], t: Translator) -> None:
        self.answer, self.ledger, self.done, self.places, self.t = answer, ledger, done, places, t
        self.good = answer.unclear is None and answer.mistake is None
        self.recorded = False

    def blocks(self) -> Iterator[str]:
        answer, t = self.answer, self.t
        if answer.mistake is not None:
            yield t("heard.line", line=answer.mistake.line, said=texts.mistaken(answer.mistake, t))
        elif answer.unclear is not None:
            yield texts.unclear(answer.unclear, t)
            if answer.unclear.paste and any(answer.unclear.paste):
                yield texts.pasted(filter(None, answer.unclear.paste))
        elif answer.help:
            yield texts.help_text(t)
        elif answer.status:
            found = (texts.stands(id, self.ledger.state, t) for id in answer.status)
            yield "\n".join(f"- {line}" for line in found if line) or t("heard.no-status")
        else:
            for id in (*answer.sealed, *(str(body["id"]) for body in answer.records)):
                yield from self._record(id)

    def _record(self, id: str) -> Iterator[str]:
        item = self.ledger.sealed.get(id)
        if item is not None:
            self.recorded = True
            yield from self._accepted(item)
            return
        self.good = False
        found = next((one for one in (*self.done.refused, *self.done.held) if self._means(one, id)), None)
        yield self.t("heard.refused", why=texts.refused(found, self.t)) if found else self.t("heard.lost")

    def _means(self, refusal: Refusal, id: str) -> bool:
        return refusal.subject == id or refusal.place == self.answer.place

    def _accepted(self, item: Sealed) -> Iterator[str]:
        about = self.ledger.sealed.get(str(item.body.get("request") or item.body.get("revokes") or item.id), item)
        answering = self.ledger.answering(about)
        place = self.places.get(answering.id)
        yield texts.accepted(item, answering, place.url if place else "", self.t)
        line = texts.stands(answering.id, self.ledger.state, self.t)
        if line:
            yield line
