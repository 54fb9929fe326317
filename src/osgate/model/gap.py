"""What osgate could not see or know: a value of its own, never an absence."""

from __future__ import annotations

from osgate.model.record import record


@record
class Gap:
    """Something osgate could not see or know.

    subject: a path, purl or data source. reason: key of the catalogue's `gap.*`. params: what its words name.
    """

    subject: str
    reason: str
    params: tuple[tuple[str, str], ...] = ()
