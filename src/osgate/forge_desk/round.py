"""One round of the desk at a forge: hear, make records, have the desk weigh and seal, tell, check what waits anew.

The desk alone judges records, and its sealing waits for nothing that is told. What fails at the forge fails for itself,
and is come back to in the next round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from osgate.errors import OsgateError
from osgate.forge_desk import asking, deciding, telling, waiting
from osgate.forge_desk.answers import Answer, answered
from osgate.forge_desk.hearing import PATIENCE, Ears, Failed, Heard, Said, before, lasting
from osgate.forge_desk.memory import Memory
from osgate.forge_desk.recheck import Checked, Recheck, Shown
from osgate.forge_desk.station import Ledger, Station, Unclear
from osgate.forge_desk.telling import Place, Teller
from osgate.forges.commands import Command
from osgate.intake_desk.books import Books
from osgate.intake_desk.desk import Run
from osgate.intake_desk.weigh import Candidate
from osgate.ledger import codec
from osgate.ledger.fold import Sealed
from osgate.model.forge import Change, Conversation
from osgate.model.record import record, replace
from osgate.model.verdict import Verdict
from osgate.reports.context import Asked
from osgate.text.translator import Translator

# Verbs that may stop what had passed.
_TAKING = ("block", "suspend", "reject", "revoke", "restrict", "retire")
# (change, verdict, what is known of requests that wait): tells the verdict at the forge.
Publish = Callable[[Change, Verdict, tuple[Asked, ...]], Shown]


@record
class Hands:
    """What a round does its work with, and a test hands in.

    books: reads the ledger anew; work: has the desk run with what was heard; publish: tells a verdict; t: the
    institution's words; progress: takes a key of words and its params, for whoever watches; served: asks for the serial
    of the snapshot that readers find now, 0 where they find none.
    """

    books: Callable[[], Books]
    work: Callable[[tuple[Candidate, ...]], Run]
    publish: Publish
    t: Translator
    progress: Callable[[str, dict[str, object]], None]
    served: Callable[[], int]


@record
class Round:
    """What a round did. heard: notes with commands; recorded: records they became; checked: changes judged anew, with
    what became of them; failed: what could not be heard or told; memory: to be kept for the next."""

    run: Run
    heard: int
    recorded: int
    checked: tuple[Checked, ...]
    failed: tuple[Failed, ...]
    memory: Memory


def run(station: Station, remembered: Memory, rung: Iterable[Conversation], hands: Hands) -> Round:
    """Make one round. remembered: of the last one; rung: what a bell named. Raises what the desk's run raises."""
    return _Round(station, remembered, hands).made(rung)


class _Round:
    def __init__(self, station: Station, remembered: Memory, hands: Hands) -> None:
        self.station, self.hands, self.t = station, hands, hands.t
        self.memory = remembered
        self.failed: list[Failed] = []
        self.again: list[Conversation] = []
        self.before: frozenset[str] = frozenset()
        self._after: Ledger | None = None

    def made(self, rung: Iterable[Conversation]) -> Round:
        station, named = self.station, list(rung)
        ears = Ears(station.forge, station.me, station.home, station.group, station.now)
        heard = ears.hear(self.memory, named)
        self.failed += heard.failed
        self._progress("round.heard", n=len(heard.said), changes=len(heard.changes), issues=len(heard.issues))
        answers = self._made_of(heard)
        candidates = [(answer, body) for answer in answers for body in answer.records]
        done = self.hands.work(tuple(Candidate(a.place, codec.printed(dict(body))) for a, body in candidates))
        self._progress("round.sealed", n=len(done.sealed), refused=len(done.refused), serial=done.serial)
        if done.sealed or answers or self.memory.untold:
            self._tell(self._ledger(), done, answers)
        check = Recheck(station, self.memory, self._publish, self._fail, done.published, self.hands.served)
        taken = done.applied or any(one.body["verb"] in _TAKING for one in done.sealed)
        checked = check.run(self._moved(heard.changes, named), bool(done.sealed) or done.applied, taken)
        again = dict.fromkeys((*heard.memory.again, *self.again, *check.later))
        kept = replace(
            self.memory,
            issues=heard.memory.issues,
            changes=heard.memory.changes,
            again=tuple(again),
            waiting=check.waiting,
            passed=check.passed,
            due=check.due,
        )
        return Round(done, len(heard.said), len(candidates), checked, tuple(self.failed), kept)

    def _moved(self, changes: Iterable[Change], named: Iterable[Conversation]) -> list[Change]:
        """Those that were not judged as they are now: looks overlap, and most of what one sees twice is the same."""
        wanted, known = {*named, *self.memory.again}, {**self.memory.waiting, **self.memory.passed}
        return [
            one
            for one in changes
            if one.updated > self.memory.changes
            or known.get((one.project, one.number)) != one.head
            or one.conversation in wanted
        ]

    # -- making records

    def _made_of(self, heard: Heard) -> list[Answer]:
        """An answer for each command that was heard, with the records it became."""
        if not heard.said:
            return []
        ledger = Ledger(self.hands.books(), self.station.forge.kind)
        self.before = frozenset(ledger.sealed)
        return [answer for said in heard.said for answer in self._commands(said, ledger)]

    def _commands(self, said: Said, ledger: Ledger) -> list[Answer]:
        known = [item for item in ledger.heard(said.at, said.note.id) if item.id in self.before]
        if known:  # Sealed in a round that could not answer any more.
            return [Answer(said, 0, sealed=tuple(item.id for item in known))]
        try:
            return [self._command(said, number, one, ledger) for number, one in enumerate(said.commands)]
        except OsgateError as error:
            self._fail(Failed(_named(said.at), error, said.at))
            return []

    def _command(self, said: Said, number: int, command: Any, ledger: Ledger) -> Answer:
        """Raises OsgateError for what may work in the next round."""
        if not isinstance(command, Command):
            return Answer(said, number, mistake=command)
        try:
            if command.verb in ("status", "help"):
                return Answer(
                    said, number, status=self._asked_about(command, said, ledger), help=command.verb == "help"
                )
            if command.verb == "request":
                made = tuple(asking.requests(command, said, self.station, ledger))
                ledger.expect(made, self.station.now)
            else:
                made = (deciding.decision(command, said, self.station, ledger),)
            return Answer(said, number, records=made)
        except Unclear as error:
            return Answer(said, number, unclear=error)
        except OsgateError as error:
            if lasting(error) and said.note.created > before(self.station.now, PATIENCE):
                raise
            return Answer(said, number, unclear=Unclear("error", error=error))

    def _asked_about(self, command: Command, said: Said, ledger: Ledger) -> tuple[str, ...]:
        if command.verb == "help":
            return ()
        if command.id:
            return (ledger.find(command.id).id,)
        here = [ledger.answering(item).id for item in ledger.asked_at(said.at)]
        return tuple(dict.fromkeys(here)) or (deciding.implied("status", said, self.station, ledger).id,)

    # -- telling

    def _ledger(self) -> Ledger:
        """The ledger after the desk's run, read when it is first asked for."""
        if self._after is None:
            self._after = Ledger(self.hands.books(), self.station.forge.kind)
        return self._after

    def _publish(self, change: Change, verdict: Verdict) -> Shown:
        """Tell a verdict, with what is known of the requests it waits for."""
        if not any(finding.params.get("waiting") for finding in verdict.findings):
            return self.hands.publish(change, verdict, ())
        pages = telling.pages(self.station, self._ledger(), self.memory.places)
        return self.hands.publish(change, verdict, waiting.asked(verdict, self._ledger().state, pages))

    def _tell(self, ledger: Ledger, done: Run, answers: list[Answer]) -> None:
        """Answer what was said, and bring the issues of requests up to date."""
        places = dict(self.memory.places)
        teller = Teller(self.station, ledger, places, self.t)
        there: dict[str, Place] = {}
        untold: list[str] = []
        wanted = [*self.memory.untold, *_touched(ledger, (*done.sealed, *_sealed_before(ledger, answers)))]
        for id in dict.fromkeys(id for id in wanted if id in ledger.state.requests):
            try:
                there[id] = teller.request(id)
            except OsgateError as error:
                self.failed.append(Failed(codec.short(id), error))
                untold += [id] if lasting(error) else []
        by_note: dict[tuple[Conversation, str], list[Answer]] = {}
        for answer in answers:
            by_note.setdefault((answer.said.at, answer.said.note.id), []).append(answer)
        for (at, _), found in by_note.items():
            blocks, good = answered(found, ledger, done, there, self.t)
            try:
                teller.answer(found[0].said, blocks, good)
            except OsgateError as error:
                self._fail(Failed(_named(at), error, at))
        self.memory = replace(self.memory, places=places, untold=tuple(untold))

    def _fail(self, failed: Failed) -> None:
        self.failed.append(failed)
        if failed.at is not None and lasting(failed.error):
            self.again.append(failed.at)

    def _progress(self, key: str, **params: object) -> None:
        self.hands.progress(key, params)


def _named(at: Conversation) -> str:
    return f"{at.project}{'!' if at.kind == 'change' else '#'}{at.number}"


def _sealed_before(ledger: Ledger, answers: Iterable[Answer]) -> list[Sealed]:
    return [ledger.sealed[id] for answer in answers for id in answer.sealed if id in ledger.sealed]


def _touched(ledger: Ledger, items: Iterable[Sealed]) -> Iterator[str]:
    """The requests that records are about: each by the one that answers it."""
    for item in items:
        named = (item.id, item.body.get("request"), item.body.get("revokes"), *item.body.get("supersedes", ()))
        for id in named:
            request = ledger.sealed.get(str(id))
            if request is not None and request.body["verb"] == "reject":
                request = ledger.sealed.get(str(request.body["request"]))
            if request is not None and request.id in ledger.state.requests:
                yield ledger.answering(request).id
