"""`osgate approve`: approve a request, in one role."""

from __future__ import annotations

from osgate.cli import deciding


def run(argv: list[str]) -> int:
    """Make one signed `approve` record and send it."""
    return deciding.run("approve", argv)
