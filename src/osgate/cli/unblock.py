"""`osgate unblock`: lift an emergency block; needs two persons."""

from __future__ import annotations

from osgate.cli import deciding


def run(argv: list[str]) -> int:
    """Make one signed `unblock` record and send it."""
    return deciding.run("unblock", argv)
