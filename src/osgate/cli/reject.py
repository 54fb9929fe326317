"""`osgate reject`: reject a request, in one role; it stands until that role revokes it."""

from __future__ import annotations

from osgate.cli import deciding


def run(argv: list[str]) -> int:
    """Make one signed `reject` record and send it."""
    return deciding.run("reject", argv)
