"""One round of the desk at a forge: hear, make records, have the desk weigh and seal, tell, check what waits anew.

The desk alone judges records, and its sealing waits for nothing that is told. What fails at the forge fails for itself,
and is come back to in the next round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from osgate.errors import OsgateError, Refused
from osgate.forge_desk import asking, deciding, recorded, telling, waiting
from osgate.forge_desk.answers import Answer, answered
from osgate.forge_desk.authors import Authors
from osgate.forge_desk.failing import Failed, apart, bug, lasting
from osgate.forge_desk.hearing import LOOK_BACK, PATIENCE, Ears, Heard, Said, before
from osgate.forge_desk.memory import Memory, seen
from osgate.forge_desk.recheck import Checked, Recheck, Shown
from osgate.forge_desk.station import Ledger, Station, Unclear
from osgate.forge_desk.telling import Place, Teller
from osgate.forge_desk.turns import OF_ONE
from osgate.forges.commands import Command
from osgate.intake_desk.books import Books
from osgate.intake_desk.desk import Run
from osgate.intake_desk.verbs.context import Authors as KnownAuthors
from osgate.intake_desk.weigh import Candidate
from osgate.ledger import codec
from osgate.ledger.fold import Sealed
from osgate.model.forge import ISSUE, Change, Conversation
from osgate.model.record import record, replace
from osgate.model.verdict import Verdict
from osgate.reports.context import Asked
from osgate.text.translator import Translator

# Verbs that may stop what had passed.
_TAKING = ("block", "suspend", "reject", "revoke", "restrict", "retire")
# Seconds for bringing issues of requests up to date; what is left is told in the next round.
SECONDS = 300.0
LATER_MARK = "<!-- osgate:later -->"
# (records made of what was heard, who wrote a change by now): the desk's run.
Work = Callable[[tuple[Candidate, ...], KnownAuthors], Run]
# (change, verdict, what is known of requests that wait, id of our comment): tells the verdict at the forge.
Publish = Callable[[Change, Verdict, tuple[Asked, ...], str], Shown]


@record
class Hands:
    """What a round does its work with, and a test hands in.

    books: reads the ledger anew; work: has the desk run with what was heard; publish: tells a verdict; t: the
    institution's words; progress: takes a key of words and its params, for whoever watches; served: asks for the serial
    of the snapshot that readers find now, 0 where they find none; keep: puts what the next round begins with in safety.
    """

    books: Callable[[], Books]
    work: Work
    publish: Publish
    t: Translator
    progress: Callable[[str, dict[str, object]], None]
    served: Callable[[], int]
    keep: Callable[[Memory], None] = lambda memory: None


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
        self.authors = Authors(station.forge, station.called or station.forge.kind)
        self._after: Ledger | None = None

    def made(self, rung: Iterable[Conversation]) -> Round:
        station, named = self.station, list(rung)
        ears = Ears(station.forge, station.me, station.home, station.group, station.now, station.clock)
        heard = ears.hear(self.memory, named)
        self.failed += heard.failed
        self._progress("round.heard", n=len(heard.said), changes=len(heard.changes), issues=len(heard.issues))
        answers = self._made_of(heard)
        candidates = [(answer, body) for answer in answers for body in answer.records]
        done = self._sealed(tuple(Candidate(a.place, codec.printed(dict(body))) for a, body in candidates))
        self._progress("round.sealed", n=len(done.sealed), refused=len(done.refused), serial=done.serial)
        check = self._noted(done, self._moved(heard.changes, named))
        if answers or self.memory.untold:
            self._tell(self._ledger(), done, answers)
        self._slow(heard)
        check.remember(self.memory)
        checked = check.run(self.hands.keep)
        self.failed += [Failed(one, Refused("forge.overlooked", what=one)) for one in station.forge.overlooked]
        again = tuple(dict.fromkeys((*heard.memory.again, *self.again)))
        ends = {"issues": heard.memory.issues, "changes": heard.memory.changes, "answers": heard.memory.answers}
        kept = replace(check.memory, **ends, again=again)
        return Round(done, len(heard.said), len(candidates), checked, tuple(self.failed), kept)

    def _sealed(self, candidates: tuple[Candidate, ...]) -> Run:
        """Have the desk run. What was signed is sealed whatever was heard: should that break it, it runs without."""
        try:
            return self.hands.work(candidates, self.authors.told)
        except OsgateError:
            raise
        except Exception as error:
            if not candidates:
                raise
            self.failed.append(Failed("desk", bug(error)))
            return self.hands.work((), self.authors.told)

    def _noted(self, done: Run, moved: list[Change]) -> Recheck:
        """Remember what is to be told and judged before any of it is: a round that is killed is gone on with."""
        news, known = self._news(done), self.memory.policy
        changed = done.applied or known not in ("", done.policy.digest)
        untold = self.memory.untold
        if news:
            untold = tuple(dict.fromkeys((*untold, *_touched(self._ledger(), news))))
        self.memory = replace(self.memory, told=done.serial, policy=done.policy.digest, untold=untold)
        check = Recheck(self.station, self.memory, self._publish, self.failed.append, done.published, self.hands.served)
        taken = changed or any(one.body["verb"] in _TAKING for one in news)
        check.want(moved, bool(news) or changed, taken)
        if news or changed:
            self.hands.keep(check.memory)
        return check

    def _news(self, done: Run) -> list[Sealed]:
        """What was sealed since we last told: by this run, by one that could not tell, by another desk.

        Where nothing is remembered: by this run, and of the last days what has an issue by its own words.
        """
        told = self.memory.told
        if done.serial <= told:
            return list(done.sealed)
        if told:
            return [item for item in self._ledger().sealed.values() if item.serial > told]
        since, own = before(self.station.now, LOOK_BACK), {item.id for item in done.sealed}
        ours = (item for item in self._ledger().sealed.values() if item.sealed_at >= since)
        return [item for item in ours if item.id in own or self._asked_here(item)]

    def _asked_here(self, item: Sealed) -> bool:
        said = item.body.get("witnessed", {})
        return (said.get("kind"), said.get("project")) == (ISSUE, self.station.home.id)

    def _moved(self, changes: Iterable[Change], named: Iterable[Conversation]) -> list[Change]:
        """Those that were not judged as they are now: looks overlap, and most of what one sees twice is the same."""
        wanted, known = {*named, *self.memory.again}, {**self.memory.waiting, **self.memory.passed}
        return [
            one
            for one in changes
            if self.memory.changes < one.updated <= self.station.now
            or known.get((one.project, one.number)) != seen(one)
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
        """An answer for each command of a note; none where the forge cannot tell now what it takes to answer."""
        words = deciding.witnessed(said, ledger.forge)
        known = [item for item in ledger.recorded(words) if item.id in self.before]
        if known and said.note.edited:  # Recorded before it was edited, in a round that could not answer any more.
            return [Answer(said, 0, sealed=tuple(item.id for item in known))]
        try:
            return [self._recorded(said, number, one, known, ledger) for number, one in enumerate(said.commands)]
        except OsgateError as error:
            self._fail(Failed(_named(said.at), error, said.at))
            return []

    def _recorded(self, said: Said, number: int, command: Any, known: list[Sealed], ledger: Ledger) -> Answer:
        """The answer to a command, whatever it breaks. known: what this note was made before. Raises as `_command`."""
        sealed = recorded.taken(command, known)
        if sealed:
            return Answer(said, number, sealed=sealed)
        try:
            return self._command(said, number, command, ledger)
        except OsgateError:
            raise
        except Exception as error:
            found = bug(error)
            self.failed.append(Failed(_named(said.at), found))
            return Answer(said, number, unclear=Unclear("bug", **found.params))

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
                made = (self._decision(command, said, ledger),)
            return Answer(said, number, records=made)
        except Unclear as error:
            return Answer(said, number, unclear=error)
        except OsgateError as error:
            if lasting(error) and said.note.created > before(self.station.now, PATIENCE):
                raise
            return Answer(said, number, unclear=Unclear("error", error=error))

    def _decision(self, command: Command, said: Said, ledger: Ledger) -> dict[str, Any]:
        """The record of a decision. Raises OsgateError while nobody can tell who has written what it is about."""
        made = deciding.decision(command, said, self.station, ledger)
        if made["id"] in ledger.refused:
            raise Unclear("set-aside", id=codec.short(made["id"]))
        for item in ledger.asking(str(made.get("request", ""))):
            self.authors.of(str(item.body.get("origin", {}).get("comment", "")))
        return made

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

    def _publish(self, change: Change, verdict: Verdict, note: str) -> Shown:
        """Tell a verdict, with what is known of the requests it waits for."""
        if not any(finding.params.get("waiting") for finding in verdict.findings):
            return self.hands.publish(change, verdict, (), note)
        pages = telling.pages(self.station, self._ledger(), self.memory.places)
        return self.hands.publish(change, verdict, waiting.asked(verdict, self._ledger().state, pages), note)

    def _tell(self, ledger: Ledger, done: Run, answers: list[Answer]) -> None:
        """Answer what was said, and bring the issues of requests up to date."""
        places = dict(self.memory.places)
        teller = Teller(self.station, ledger, places, self.t)
        there = self._requests(teller, ledger, answers)
        by_note: dict[tuple[Conversation, str], list[Answer]] = {}
        for answer in answers:
            by_note.setdefault((answer.said.at, answer.said.note.id), []).append(answer)
        for (at, _), found in by_note.items():
            with apart(self._fail, _named(at), at):
                blocks, good = answered(found, ledger, done, there, self.t)
                teller.answer(found[0].said, blocks, good)
        self.memory = replace(self.memory, places=places)

    def _requests(self, teller: Teller, ledger: Ledger, answers: list[Answer]) -> dict[str, Place]:
        """Bring the issues of requests up to date, those that answers name first; return where they are decided."""
        there: dict[str, Place] = {}
        left: list[str] = []
        ends = self.station.clock() + SECONDS
        named = _touched(ledger, (ledger.sealed[id] for id in _ids(answers) if id in ledger.sealed))
        for id in dict.fromkeys(id for id in (*named, *self.memory.untold) if id in ledger.state.requests):
            if self.station.clock() > ends:
                left.append(id)
                continue
            known = len(self.failed)
            with apart(self.failed.append, codec.short(id)):
                there[id] = teller.request(id)
            left += [id] if any(lasting(one.error) for one in self.failed[known:]) else []
        self.memory = replace(self.memory, untold=tuple(left))
        return there

    def _slow(self, heard: Heard) -> None:
        """Tell whoever has to wait for their turn so, once."""
        for account, at in heard.slowed.items():
            if account not in self.memory.slowed:
                with apart(self.failed.append, _named(at)):
                    self.station.forge.say(at, f"{LATER_MARK}\n{self.t('heard.later', most=OF_ONE)}")
        self.memory = replace(self.memory, slowed=tuple(heard.slowed))

    def _fail(self, failed: Failed) -> None:
        self.failed.append(failed)
        if failed.at is not None and lasting(failed.error):
            self.again.append(failed.at)

    def _progress(self, key: str, **params: object) -> None:
        self.hands.progress(key, params)


def _named(at: Conversation) -> str:
    return f"{at.project}{'!' if at.kind == 'change' else '#'}{at.number}"


def _ids(answers: Iterable[Answer]) -> Iterator[str]:
    """The records that answers are about."""
    for answer in answers:
        yield from (*answer.sealed, *(str(body["id"]) for body in answer.records))


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
