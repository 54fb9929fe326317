"""A clock that stands still until it is told to move."""

from __future__ import annotations

from datetime import datetime, timedelta

START = "2026-11-21T06:00:00Z"


class Clock:
    """A moment in UTC that only `forward` changes. start: instant with `Z`."""

    def __init__(self, start: str = START) -> None:
        self._moment = datetime.fromisoformat(start)

    @property
    def now(self) -> str:
        """The moment as osgate writes instants: ISO, whole seconds, `Z`."""
        return self._moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def seconds(self) -> int:
        """The moment in seconds since the epoch."""
        return int(self._moment.timestamp())

    @property
    def today(self) -> str:
        """The ISO date in UTC."""
        return self.now[:10]

    def forward(self, *, days: int = 0, hours: int = 0, seconds: int = 0) -> str:
        """Move on (or back, by negative numbers) and return the new moment."""
        self._moment += timedelta(days=days, hours=hours, seconds=seconds)
        return self.now
