"""Where in a printed record something stands, so that what is wrong with it can be told by line. Pure."""

from __future__ import annotations

from typing import Any

from osgate.ledger import codec

Place = tuple[str | int, ...]


def line(body: Any, place: Place, data: bytes) -> int:
    """Return the line, from 1, of `place` in `data`, the file that `body` was read from; of what is nearest around it.

    0 where the file is not in the printed form (codec.printed), so that no line can be told.
    """
    try:
        if codec.printed(body) != data:
            return 0
    except (ValueError, RecursionError):
        return 0
    number = 1
    for part in place:
        entries = list(body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ())
        before = [key for key, _ in entries]
        if part not in before:
            break
        at = before.index(part)
        number += 1 + sum(_height(value) for _, value in entries[:at])
        body = entries[at][1]
    return number


def _height(value: Any) -> int:
    """Lines that a value takes, printed."""
    if isinstance(value, dict | list) and value:
        return 2 + sum(map(_height, value.values() if isinstance(value, dict) else value))
    return 1
