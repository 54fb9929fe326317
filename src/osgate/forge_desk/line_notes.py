"""Notes of ours on the lines of a change that stop it: each once, settled when it is over, never said again to people.

A note carries the fingerprint of its first finding. Whoever resolves its thread has heard: it stays resolved while the
finding is the same. One that we settled ourselves, because the finding was gone, is opened again when it comes back.
Where the words have changed, in another language or by another's hand, the note is written anew in the same place.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from osgate import patterns
from osgate.forges.protocol import Forge, Missing, NotInDiff
from osgate.model.forge import Account, Change, Note
from osgate.model.record import record
from osgate.model.verdict import Verdict
from osgate.reports import markdown
from osgate.reports.markdown import rows
from osgate.text.translator import LOCALES, Translator

_MARKER = r"<!-- osgate:line v1 finding=([0-9a-f]{16}) state=(open|settled) -->\r?\n"
# Lines tried for each note that may be written: the diff does not show every line.
TRIES = 3


@record
class Lines:
    """What became of the notes. said: new ones; settled, opened: threads; hidden: lines that the diff does not show."""

    said: int = 0
    settled: int = 0
    opened: int = 0
    hidden: int = 0


@record
class _Ours:
    note: Note
    finding: str
    state: str


@record
class Wanted:
    """What is to stand at a line. findings: fingerprints of all that is wrong there, the worst first."""

    path: str
    line: int
    text: str
    findings: tuple[str, ...]


def wanted(verdict: Verdict, t: Translator, most: int) -> list[Wanted]:
    """Return what is to stand at lines, the worst first: only what stops the change, and one note a line.

    most: places looked at.
    """
    found: list[Wanted] = []
    taken: set[tuple[str, int]] = set()
    for row in rows.rows(verdict) if verdict.mode != "observe" else ():
        first = row.findings[0]
        place = (first.path, first.line)
        if row.level != "error" or not first.line or place in taken or len(found) >= most:
            continue
        taken.add(place)
        prints = tuple([finding.fingerprint for finding in row.findings])
        found.append(Wanted(*place, markdown.on_line(row, verdict, t), prints))
    return found


def is_one(body: str) -> bool:
    """True if a text begins as our notes on lines do, whoever wrote it."""
    return patterns.match(_MARKER, body) is not None


def keep(forge: Forge, change: Change, verdict: Verdict, t: Translator, most: int) -> Lines:
    """Bring the notes on lines up to date; most: of new and old ones that stand open. Raises what the forge raises."""
    there = _ours(forge.notes(change.conversation), forge.me())
    asked = wanted(verdict, t, most * TRIES)
    still = {one.fingerprint for one in verdict.findings if not one.waived}
    settled = [one for one in there.values() if one.state == "open" and one.finding not in still]
    texts = {finding: one.text for one in reversed(asked) for finding in one.findings}
    for one in settled:
        _turn(forge, change, one, f"{t('line.settled')}\n\n{_bare(one)}", over=True)
    back = [one for one in there.values() if one.state == "settled" and one.finding in still]
    for one in back:
        _turn(forge, change, one, texts.get(one.finding, _bare(one)), over=False)
    for one in there.values():
        if one.state == "open" and one.finding in still and _differs(one, texts.get(one.finding, "")):
            _write(forge, change, one, texts[one.finding], "open")
    room = most - sum(one.finding in still and (one in back or not one.note.resolved) for one in there.values())
    said, hidden = _said(forge, change, [one for one in asked if not set(one.findings) & set(there)], room)
    return Lines(said, len(settled), len(back), hidden)


def _said(forge: Forge, change: Change, new: Iterable[Wanted], room: int) -> tuple[int, int]:
    """Write as many notes as there is room for; return how many, and how many lines the diff does not show."""
    said = hidden = 0
    for one in new:
        if said >= room:
            break
        try:
            forge.say_on_line(change, one.path, one.line, _marked(one.findings[0], "open", one.text))
            said += 1
        except NotInDiff:
            hidden += 1
    return said, hidden


def _turn(forge: Forge, change: Change, one: _Ours, text: str, *, over: bool) -> None:
    """Settle a note whose finding is gone, or open it again."""
    if one.note.thread and one.note.resolved != over:
        try:
            forge.settle(change.conversation, one.note.thread, over)
        except Missing:
            return
    _write(forge, change, one, text, "settled" if over else "open")


def _write(forge: Forge, change: Change, one: _Ours, text: str, state: str) -> None:
    """Write a note of ours anew; one that was deleted meanwhile is left alone."""
    with contextlib.suppress(Missing):
        forge.edit(change.conversation, one.note.id, _marked(one.finding, state, text))


def _bare(one: _Ours) -> str:
    """What a note says, without the word that it is settled, in whichever language."""
    text = one.note.body.partition("\n")[2]
    for note in (Translator(locale)("line.settled") for locale in LOCALES):
        text = text.removeprefix(f"{note}\n\n")
    return text


def _differs(one: _Ours, text: str) -> bool:
    """True if a note says something else than `text`, but for what forges do to the ends of lines."""
    there, wanted = ([line.rstrip() for line in said.strip().splitlines()] for said in (_bare(one), text))
    return bool(text) and there != wanted


def _ours(notes: Iterable[Note], me: Account) -> dict[str, _Ours]:
    """Our notes on lines by finding; of several the first."""
    found: dict[str, _Ours] = {}
    for note in notes:
        marker = patterns.match(_MARKER, note.body) if me.id and note.author.id == me.id else None
        if marker:
            found.setdefault(marker[1], _Ours(note, marker[1], marker[2]))
    return found


def _marked(finding: str, state: str, text: str) -> str:
    return f"<!-- osgate:line v1 finding={finding} state={state} -->\n{text.rstrip()}\n"
