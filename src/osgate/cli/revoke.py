"""`osgate revoke`: take back an approved request or a rejection; needs its own quorum."""

from __future__ import annotations

from osgate.cli import deciding


def run(argv: list[str]) -> int:
    """Make one signed `revoke` record and send it."""
    return deciding.run("revoke", argv)
