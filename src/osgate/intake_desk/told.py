"""What was told already: one small file an event and channel, written before it is sent and after.

A file says `sending`, `sent` or `uncertain`. What a killed run left at `sending` may have been sent, and so is never
sent again by itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable

from osgate.intake_desk.telling import Event
from osgate.io import files
from osgate.ledger import calendar
from osgate.model.policy import NotifyChannel

SENDING, SENT, UNCERTAIN = "sending", "sent", "uncertain"
# Days after which what is not to be told any more is forgotten.
KEPT = 90


class Told:
    """What was told to one channel. folder: where it is kept; now: UTC instant. All raise OSError.

    The name of its secret tells two robots of one address apart.
    """

    def __init__(self, folder: str, channel: NotifyChannel, now: str) -> None:
        place = "\0".join((channel.channel, channel.address, channel.secret, *channel.to))
        self.folder = os.path.join(folder, hashlib.sha256(place.encode()).hexdigest()[:16])
        self._now = now

    def state(self, event: Event) -> str:
        """Return what is known of `event`: empty where it was never told; a damaged file is `uncertain`."""
        data = files.read(self._path(event))
        if data is None:
            return ""
        try:
            state = json.loads(data)["state"]
        except (ValueError, TypeError, KeyError):
            return UNCERTAIN
        return state if state in (SENDING, SENT, UNCERTAIN) else UNCERTAIN

    def note(self, events: Iterable[Event], state: str) -> None:
        """Write down that `events` are in `state`."""
        for event in events:
            said = {"state": state, "at": self._now, "event": event.key.split("\0")}
            files.write(self._path(event), (json.dumps(said) + "\n").encode())

    def forget(self, events: Iterable[Event]) -> None:
        """Take back `sending`: it is known that they were not sent."""
        for event in events:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path(event))

    def tidy(self, events: Iterable[Event]) -> None:
        """Remove what is not among `events`, which are all there are today, and was told long ago."""
        known = {os.path.basename(self._path(event)) for event in events}
        oldest = calendar.later(self._now[:10], -KEPT)
        for name in os.listdir(self.folder) if os.path.isdir(self.folder) else ():
            path = os.path.join(self.folder, name)
            if name not in known and self._day(path) < oldest:
                os.unlink(path)

    def _day(self, path: str) -> str:
        try:
            return str(json.loads(files.read(path) or b"")["at"])[:10]
        except (ValueError, TypeError, KeyError):
            return "9999-12-31"

    def _path(self, event: Event) -> str:
        return os.path.join(self.folder, hashlib.sha256(event.key.encode()).hexdigest()[:32] + ".json")
