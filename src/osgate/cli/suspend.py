"""`osgate suspend`: let no approval of a component count for now; another person in the same role lifts it."""

from __future__ import annotations

from osgate.cli import stopping


def run(argv: list[str]) -> int:
    """Make one signed `suspend` record for the purls named and send it."""
    return stopping.run("suspend", argv, needs=("role", "reason"))
