"""Which refs a push moves, from the lines that git writes for its hooks."""

from __future__ import annotations

from osgate.errors import UsageError
from osgate.model.record import record

# Digits of an object id: SHA-1 and SHA-256.
_DIGITS = (40, 64)
# What is read of one line in an error message.
_SHOWN = 200


@record
class Update:
    """A ref that a push moves.

    ref: its name on the receiving side. old, new: object ids as git tells them, all zeros for `there is none`.
    received: told by the receiving side (pre-receive), not by the one that sends (pre-push).
    """

    ref: str
    old: str
    new: str
    received: bool


def updates(data: bytes) -> tuple[Update, ...]:
    """Read what git writes to a hook's standard input, a line a ref; which hook it is shows in the shape of the line.

    pre-push: `<local ref> <local id> <remote ref> <remote id>`, where the local ref may be any expression, spaces and
    all (githooks(5)); pre-receive: `<old id> <new id> <ref>`. Raises UsageError `pushed.line` for anything else.
    """
    found = []
    for line in data.decode("utf-8", "surrogateescape").split("\n"):
        words = line.rsplit(" ", 3)
        if len(words) == 4 and _is_id(words[1]) and _is_id(words[3]):
            found.append(Update(words[2], words[3], words[1], False))
        elif len(words) == 3 and _is_id(words[0]) and _is_id(words[1]) and words[2]:
            found.append(Update(words[2], words[0], words[1], True))
        elif line:
            raise UsageError("pushed.line", line=line[:_SHOWN])
    return tuple(found)


def _is_id(word: str) -> bool:
    return len(word) in _DIGITS and not word.strip("0123456789abcdef")
