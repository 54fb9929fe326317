"""One comment of ours on a change, kept up to date, whatever happens to it in between.

It is found by its marker and our own authorship: others may write the marker, too. Comments can be deleted by
maintainers, edited by them, and written twice by two runs at once; a call whose answer is lost may have been carried
out. After every call here there is one comment, and it tells what was asked for; where two runs disagree, what one of
them told, until the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from osgate.forges.protocol import Forbidden, Forge, Missing, Unreachable
from osgate.model.forge import Account, Conversation, Note
from osgate.model.record import record
from osgate.reports.markdown.marker import intact, read_marker

# What is left of a comment that may not be deleted: no marker, so that it is not found again.
GONE = "<!-- osgate:superseded -->"


@record
class Kept:
    """What became of the comment. did: `said`, `edited`, `untouched`, or `silent` (there is none and none is needed).

    note: None where there is none. earlier: the outcome it told before, empty for none. removed: others of ours.
    """

    did: str
    note: Note | None = None
    earlier: str = ""
    removed: int = 0


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
) -> Kept:
    """Bring the comment up to date.

    render: what it is to say, marker first, by the outcome that it told before (empty for none). needed: write one
    where there is none. superseded: what a second comment says that may not be deleted. known: id of the note that was
    the comment when last kept (`Kept.note`), empty for none: whoever takes its marker out leaves no word of theirs
    under our name. Raises what the forge raises.
    """
    me = forge.me()
    there = ours(forge.notes(at), me, known)
    earlier = _outcome(there[-1]) if there else ""
    text = render(earlier)
    if not there:
        if not needed:
            return Kept("silent")
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
