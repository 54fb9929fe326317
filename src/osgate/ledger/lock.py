"""`.osgate/osgate.lock`: the trust root of a repository. A floor, never a pin: the snapshot floats above it."""

from __future__ import annotations

import json

from osgate.errors import UsageError
from osgate.model.policy import Key
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PATH = ".osgate/osgate.lock"
SCHEMA = "osgate.lock/1"


@record
class Lock:
    """addresses: where snapshots are published, tried in order. keys, next_keys: who may sign them.

    serial: the least snapshot serial that is accepted.
    """

    addresses: tuple[str, ...]
    keys: tuple[Key, ...]
    next_keys: tuple[Key, ...] = ()
    serial: int = 0

    def trusted(self, moment: str) -> tuple[str, ...]:
        """The public keys that may sign at `moment` (UTC instant)."""
        return tuple(key.key for key in (*self.keys, *self.next_keys) if key.valid(moment))


def parse(data: bytes, path: str = PATH) -> Lock:
    """Read a lock. Raises UsageError("lock.malformed") naming the path and what is wrong."""
    try:
        found = json.loads(data.decode("utf-8-sig"))
        if found["schema"] != SCHEMA:
            raise ValueError(f"schema {found['schema']!r}")
        unknown = set(found) - {"schema", "addresses", "keys", "next_keys", "serial"}
        if unknown:
            raise ValueError(f"unknown key {sorted(unknown)[0]!r}")
        keys = tuple(_key(item) for item in found["keys"])
        next_keys = tuple(_key(item) for item in found.get("next_keys", ()))
        addresses = tuple(str(address) for address in found["addresses"])
        serial = int(found["serial"])
    except KeyError as error:
        raise UsageError("lock.malformed", path=path, detail=f"no {error}") from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError("lock.malformed", path=path, detail=str(error)[:200]) from error
    if not keys:
        raise UsageError("lock.malformed", path=path, detail="keys is empty")
    return Lock(addresses, keys, next_keys, serial)


def _key(item: dict[str, Any]) -> Key:
    return Key(" ".join(item["key"].split()[:2]), item.get("from", ""), item.get("to", ""))


def printed(lock: Lock) -> bytes:
    """Return the lock as it is stored."""
    value = {
        "schema": SCHEMA,
        "addresses": list(lock.addresses),
        "keys": [_shown(key) for key in lock.keys],
        "next_keys": [_shown(key) for key in lock.next_keys],
        "serial": lock.serial,
    }
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def _shown(key: Key) -> dict[str, str]:
    return {name: value for name, value in (("key", key.key), ("from", key.start), ("to", key.end)) if value}
