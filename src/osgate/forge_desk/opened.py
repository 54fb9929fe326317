"""Issues that we open ourselves, as the place where a request is decided; found again by a mark in their text."""

from __future__ import annotations

import re

from osgate.model.forge import Account, Issue

_MARK = re.compile(r"<!-- osgate:request id=(sha256:[0-9a-f]{64}) -->")


def mark(id: str) -> str:
    """Return the line that the text of an issue begins with which is for the request `id`."""
    return f"<!-- osgate:request id={id} -->"


def stands_for(issue: Issue, me: Account, id: str) -> bool:
    """True if an issue is the one that we opened for the request `id`; its text below the mark may have changed."""
    found = _MARK.match(issue.body)
    return issue.author.id == me.id and found is not None and found[1] == id


def request_of(issue: Issue | None, me: Account) -> str:
    """Return the request an issue is for: one of ours whose text nobody changed since; empty for any other."""
    if issue is None or issue.author.id != me.id or issue.edited:
        return ""
    found = _MARK.match(issue.body)
    return found[1] if found else ""
