"""One comment of ours on a change, kept up to date, whatever happens to it in between.

It is found by its marker and our own authorship: others may write the marker, too. Comments can be deleted by
maintainers, edited by them, and written twice by two runs at once; a call whose answer is lost may have been carried
out. After every call here there is one comment, and it tells what was asked for; where two runs disagree, what one of
them told, until the next.

Where both the desk and jobs of an application tell, the desk speaks: a job leaves the comment to it, and what a job has
written before is folded away. Who speaks is known by accounts alone; anybody can copy a marker.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable

from osgate.forge_desk import line_notes
from osgate.forges.protocol import Folding, Forbidden, Forge, Missing, Unreachable
from osgate.model.forge import Account, Conversation, Note
from osgate.model.record import record, replace
from osgate.reports.markdown.marker import intact, read_marker

# What is left of a comment that may not be deleted: no marker, so that it is not found again.
GONE = "<!-- osgate:superseded -->"
# Who writes for jobs of GitHub's own: nobody else can have a name in brackets, so that it is known without its number.
JOBS = "github-actions[bot]"
# Most notes that are folded away at once, the newest: any job could have written any number.
FOLDED = 20


@record
class Kept:
    """What became of the comment. did: `said`, `edited`, `untouched`, `silent` (there is none and none is needed), or
    `left` to the desk.

    note: None where there is none, the desk's where it is left to that. earlier: the outcome it told before, empty for
    none. removed: others of ours. jobs: what jobs of the forge have written like it, or beside lines.
    """

    did: str
    note: Note | None = None
    earlier: str = ""
    removed: int = 0
    jobs: tuple[Note, ...] = ()


def ours(notes: Iterable[Note], me: Account, known: str = "") -> list[Note]:
    """Return the notes that are the comment, in the order they were made: one, or several after two runs at once.

    known: id of one that is, whatever stands in it by now.
    """
    found = (note for note in notes if me.id and note.author.id == me.id and not note.system and not note.path)
    return [note for note in found if read_marker(note.body) is not None or (note.id == known and known)]


def keep(
    forge: Forge,
    at: Conversation,
    render: Callable[[str], str],
    *,
    needed: bool = True,
    superseded: str = "",
    known: str = "",
    desk: str = "",
) -> Kept:
    """Bring the comment up to date, or leave it to the desk and put away what we have said here ourselves.

    render: what it is to say, marker first, by the outcome that it told before (empty for none). needed: write one
    where there is none. superseded: what a second comment says that may not be deleted. known: id of the note that was
    the comment when last kept (`Kept.note`), empty for none: whoever takes its marker out leaves no word of theirs
    under our name. desk: id of the desk's account, empty where we are the desk or there is none. Raises what the forge
    raises.
    """
    notes = list(forge.notes(at))
    me = forge.me()
    there = ours(notes, me, known)
    spoken = [note for note in notes if desk not in ("", me.id) and note.author.id == desk and _speaks(note)]
    if spoken:
        mine = [note for note in notes if note.author.id == me.id and line_notes.is_one(note.body)]
        return Kept("left", spoken[-1], removed=put_away(forge, at, [*there, *mine], superseded))
    kept = _kept(forge, at, there, me, render, superseded) if there or needed else Kept("silent")
    return replace(kept, jobs=tuple(_of_jobs(notes, me)))


def put_away(forge: Forge, at: Conversation, notes: Iterable[Note], superseded: str) -> int:
    """Fold notes away, or remove ours where the forge does not fold; return how many, of the newest FOLDED.

    superseded: as in `keep`. Raises what the forge raises.
    """
    newest = list(notes)[-FOLDED:]
    if not isinstance(forge, Folding):
        return _cleared(forge, at, newest, superseded)
    for note in newest:
        with contextlib.suppress(Missing):
            forge.fold(at, note.id)
    return len(newest)


def _of_jobs(notes: Iterable[Note], me: Account) -> list[Note]:
    """What jobs have written as we would. What it says is not believed: it is looked at for being folded away."""
    theirs = (note for note in notes if note.author.bot and note.author.login == JOBS and note.author.id != me.id)
    return [note for note in theirs if _speaks(note) or line_notes.is_one(note.body)]


def _speaks(note: Note) -> bool:
    return not note.system and not note.path and intact(note.body)


def _kept(
    forge: Forge, at: Conversation, there: list[Note], me: Account, render: Callable[[str], str], superseded: str
) -> Kept:
    earlier = _outcome(there[-1]) if there else ""
    text = render(earlier)
    if not there:
        return _said(forge, at, text, me, superseded)
    note, removed = there[-1], _cleared(forge, at, there[:-1], superseded)
    if _tells(note, text):
        return Kept("untouched", note, earlier, removed)
    try:
        return Kept("edited", forge.edit(at, note.id, text), earlier, removed)
    except Missing:  # Deleted since we looked.
        return _said(forge, at, text, me, superseded, earlier)


def _said(forge: Forge, at: Conversation, text: str, me: Account, superseded: str, earlier: str = "") -> Kept:
    """Write the comment, and look what is there afterwards: another run may have written one meanwhile."""
    lost: Unreachable | None = None
    try:
        forge.say(at, text)
    except Unreachable as error:
        lost = error
    there = ours(forge.notes(at), me)
    if not there and lost is not None:
        raise lost
    # None there: another run has removed ours for one of its own, and somebody that one. The next round writes it.
    removed = _cleared(forge, at, there[:-1], superseded)
    return Kept("said", there[-1] if there else None, earlier, removed)


def _cleared(forge: Forge, at: Conversation, notes: Iterable[Note], superseded: str) -> int:
    """Remove comments of ours that have a newer one; where that is not allowed, leave a word in their place."""
    removed = 0
    for note in notes:
        try:
            forge.remove(at, note.id)
        except Forbidden:
            forge.edit(at, note.id, f"{GONE}\n{superseded}")
        removed += 1
    return removed


def _tells(note: Note, text: str) -> bool:
    """True if the comment says the same already, and nobody has changed it."""
    there, new = read_marker(note.body), read_marker(text)
    if there is None or new is None:
        return False
    return (there.digest, there.outcome) == (new.digest, new.outcome) and intact(note.body)


def _outcome(note: Note) -> str:
    marker = read_marker(note.body)
    return marker.outcome if marker else ""
