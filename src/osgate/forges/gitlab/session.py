"""The way to one GitLab."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from osgate.forges import session
from osgate.forges.session import Limits

# GitLab sends readers of an old path on to the id, and nobody anywhere else.
_MOVED = re.compile(r"(?:projects|groups)/[0-9]+(?:/[0-9a-z_]+)*")


class Session(session.Session):
    """A session with one GitLab. address: of its pages, no slash at the end."""

    def __init__(
        self,
        address: str,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(f"{address}/api/v4/", _MOVED, limits, clock, sleep)
