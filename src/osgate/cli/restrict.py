"""`osgate restrict`: leave a component to some projects, classes, environments or scopes only."""

from __future__ import annotations

from osgate.cli import stopping


def run(argv: list[str]) -> int:
    """Make one signed `restrict` record for the purls named and send it."""
    return stopping.run("restrict", argv, "allow", needs=("allow", "role", "reason"))
