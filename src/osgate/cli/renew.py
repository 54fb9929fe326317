"""`osgate renew`: let an approval go on, in one role; it takes the same roles again."""

from __future__ import annotations

from osgate.cli import deciding


def run(argv: list[str]) -> int:
    """Make one signed `renew` record and send it."""
    return deciding.run("renew", argv)
