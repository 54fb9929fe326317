"""A publishing desk and the machine that fetches from it, on temporary folders, with faults to order."""

from __future__ import annotations

import os
from typing import Any

from osgate.errors import Undecided
from osgate.intake_desk import publishing, sealing
from osgate.io import files
from osgate.ledger import manifest, snapshot_cache, snapshot_sync
from osgate.ledger.lock import Lock
from osgate.model.policy import Key
from osgate.testing.clock import Clock
from osgate.testing.keys import SigningKey
from osgate.testing.ledger import Ledger
from osgate.testing.policies import valid_policy

POLICY = valid_policy()


class Site:
    """Publishes a ledger at addresses (folders) and fetches it into a cache folder.

    keys, next_keys: what the manifest tells of the desk's keys.
    """

    def __init__(self, base: str, *names: str) -> None:
        self.addresses = [os.path.join(base, name) for name in names or ("published",)]
        self.folder = os.path.join(base, "cache")
        self.clock = Clock()
        self.ledger = Ledger(clock=self.clock)
        self.desk = self.ledger.desk
        self.lock = Lock(tuple(self.addresses), (Key(self.desk.public),))
        self.keys: tuple[Key, ...] = ()
        self.next_keys: tuple[Key, ...] = ()
        self.asked: list[tuple[str, str]] = []
        self.etags = False
        self.spoil: dict[str, Any] = {}

    def publish(self, *records, at: str = "", key: SigningKey | None = None, takeaway_only: bool = False) -> None:
        """Seal `records` and publish the ledger at one address (the first)."""
        if records:
            self.ledger.seal(*records)
        past, state = self.ledger.history(), self.ledger.state()
        sign = (key or self.desk).snapshot
        address = at or self.addresses[0]
        taken = manifest.takeaway(past.serial, self.clock.now, self.later(7), state.standings)
        if takeaway_only:
            self.put("takeaway.json", sealing.signed(taken, sign), address)
            return

        def told(name: str, content: bytes) -> dict[str, Any]:
            about = (past.serial, self.clock.now, self.later(30), past.anchor, name, content)
            return sealing.signed(manifest.manifest(*about, self.keys, self.next_keys), sign)

        serial, anchor = past.serial, past.anchor
        publishing.publish(address, state, POLICY, serial, anchor, told, lambda: sealing.signed(taken, sign))

    def later(self, days: int) -> str:
        moved = Clock(self.clock.now)
        return moved.forward(days=days)

    def put(self, name: str, body: dict[str, Any], address: str = "") -> None:
        from osgate.ledger import codec

        files.write(os.path.join(address or self.addresses[0], name), codec.printed(body))

    def fetch(self, address: str, name: str, etag: str, limit: int) -> tuple[bytes, str, bool]:
        """As io.http.fetch: `spoil` may hold a function from content to content, by name."""
        self.asked.append((name, etag))
        data = files.read(os.path.join(address, name))
        if data is None:
            raise Undecided("fetch.failed", address=address, detail="not there")
        newest = f'"{len(data)}-{data[-40:].hex()}"' if self.etags else ""
        if etag and etag == newest:
            return b"", newest, True
        kind = name.partition("-")[0]
        return self.spoil.get(kind, lambda content: content)(data), newest, False

    def sync(self) -> snapshot_sync.Synced:
        return snapshot_sync.sync(self.folder, self.lock, self.fetch, files.write, self.clock.now, self.clock.seconds)

    def open(self) -> snapshot_cache.Opened:
        return snapshot_cache.open_cached(self.folder, self.lock, self.clock.now, self.clock.seconds)

    def recheck(self) -> None:
        snapshot_sync.recheck(self.folder, self.lock, self.clock.now)

    def cached(self, beginning: str) -> str:
        """The one file in the cache whose name begins (or ends) so."""
        (name,) = [n for n in os.listdir(self.folder) if n.startswith(beginning) or n.endswith(beginning)]
        return os.path.join(self.folder, name)
