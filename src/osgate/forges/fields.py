"""Reading the fields of a forge's JSON by the types they should have. Pure. Raises LookupError, TypeError or ValueError
on any other shape.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

_CO_AUTHOR = re.compile(r"(?im)^co-authored-by:[^<>\n]*<([^<>\n]*)>")
# Co-authors of one commit that are read.
ADDRESSES = 1000


def text(row: Any, name: str, *, default: str | None = None) -> str:
    """Return a text. default: for a missing or null one."""
    found = row.get(name)
    if found is None and default is not None:
        return default
    if not isinstance(found, str):
        raise TypeError(f"{name} is no text")
    found.encode()  # half a character: nothing could be written of it, nor a digest made
    return found


def number(row: Any, name: str) -> int:
    """Return a whole number that is not negative."""
    found = row[name]
    if isinstance(found, bool) or not isinstance(found, int) or found < 0:
        raise TypeError(f"{name} is no number")
    return found


def ident(row: Any, name: str = "id") -> str:
    """Return an id as text, empty for none: the id of what is gone may be null."""
    return "" if row.get(name) is None else str(number(row, name))


def moment(row: Any, name: str) -> datetime:
    """Return an instant as precisely as it is told, in UTC."""
    found = datetime.fromisoformat(text(row, name))
    if found.tzinfo is None:
        raise ValueError(f"{name} has no time zone")
    return found.astimezone(UTC)


def instant(row: Any, name: str) -> str:
    """Return an instant in UTC with `Z`, its fraction of a second cut off."""
    return moment(row, name).strftime("%Y-%m-%dT%H:%M:%SZ")


def co_authors(message: str) -> set[str]:
    """Return the mail addresses of who a commit's message says wrote with its author."""
    return set(_CO_AUTHOR.findall(message)[:ADDRESSES])
