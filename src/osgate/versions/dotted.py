"""Versions that are numbers with dots between, as nearly all releases are: they need no regular expression."""

from __future__ import annotations


def dotted(version: str) -> list[int] | None:
    """Return the numbers of `1.2.3`; None for every other text."""
    if not version.isascii():
        return None
    parts = version.split(".")
    return [int(part) for part in parts] if all(map(str.isdigit, parts)) else None
