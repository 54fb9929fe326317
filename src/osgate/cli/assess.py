"""`osgate assess`: record an assessment of a request, apart from deciding."""

from __future__ import annotations

from osgate.cli import deciding


def run(argv: list[str]) -> int:
    """Make one signed `assess` record and send it."""
    return deciding.run("assess", argv)
