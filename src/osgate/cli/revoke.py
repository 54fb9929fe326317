"""`osgate revoke`: take back an approval, rejection, suspension, restriction or waiver; each has its own quorum."""

from __future__ import annotations

from osgate.cli import deciding


def run(argv: list[str]) -> int:
    """Make one signed `revoke` record and send it."""
    return deciding.run("revoke", argv)
