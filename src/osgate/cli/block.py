"""`osgate block`: stop a component everywhere at once, by one person; a second confirms."""

from __future__ import annotations

from osgate.cli import stopping


def run(argv: list[str]) -> int:
    """Make one signed `block` record for the purls named and send it."""
    return stopping.run("block", argv, "confirms")
