"""`.osgate/osgate.lock`: the trust root of a repository. A floor, never a pin: the snapshot floats above it."""

from __future__ import annotations

from osgate import light_json
from osgate.errors import UsageError
from osgate.model.policy import Key
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PATH = ".osgate/osgate.lock"
SCHEMA = "osgate.lock/1"
# What `from`, `to` and `revoked` look like: nothing, a day, an instant.
_MOMENTS = ("", "0000-00-00", "0000-00-00T00:00:00Z")


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

    def revoked(self, public: str, moment: str) -> bool:
        """True if the public key is one that is known to be revoked at `moment` (UTC instant)."""
        both = (*self.keys, *self.next_keys)
        return any(key.key == public and key.revoked and moment >= key.revoked for key in both)


def parse(data: bytes, path: str = PATH) -> Lock:
    """Read a lock. Raises UsageError `lock.malformed` or `lock.incomplete` naming the path and what is
    wrong.

    Unknown keys are wrong, because one that is misspelt would be one that does not count. Without a serial any
    snapshot is new enough, as with 0.
    """
    try:
        found = light_json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UsageError("lock.malformed", path=path, detail=str(error)[:200]) from error
    return of_json(found, path)


def of_json(found: Any, path: str = PATH) -> Lock:
    """Return the lock that a JSON value holds. Raises UsageError as `parse` does."""
    try:
        if found["schema"] != SCHEMA:
            raise ValueError(f"schema {found['schema']!r}")
        unknown = set(found) - {"schema", "addresses", "keys", "next_keys", "serial"}
        if unknown:
            raise ValueError(f"unknown key {min(unknown)!r}")
        keys = tuple([parse_key(item) for item in found["keys"]])
        next_keys = tuple([parse_key(item) for item in found.get("next_keys", ())])
        addresses, serial = found["addresses"], found.get("serial", 0)
        if not isinstance(addresses, list) or not all(isinstance(address, str) for address in addresses):
            raise ValueError("addresses is no list of texts")
        if type(serial) is not int or serial < 0:
            raise ValueError(f"serial {serial!r}")
        if not keys:
            raise ValueError("keys is empty")
    except KeyError as error:
        raise UsageError("lock.incomplete", path=path, key=str(error.args[0])) from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError("lock.malformed", path=path, detail=str(error)[:200]) from error
    return Lock(tuple(addresses), keys, next_keys, serial)


def parse_key(item: dict[str, Any]) -> Key:
    """Read a key with its validity, as locks and manifests hold it; what else stands beside it is passed over.

    A key's validity is compared as text, so a date in another form would open it for ever. Raises ValueError,
    TypeError, KeyError and AttributeError for what is no key.
    """
    words = item["key"].split()
    if len(words) < 2:
        raise ValueError(f"key {item['key'][:40]!r}")
    start, end, revoked = item.get("from", ""), item.get("to", ""), item.get("revoked", "")
    if any(_form(moment) not in _MOMENTS for moment in (start, end, revoked)):
        raise ValueError(f"from {start!r}, to {end!r}, revoked {revoked!r}")
    return Key(" ".join(words[:2]), start, end, revoked)


def _form(moment: object) -> str:
    """What `moment` looks like, with `0` for each digit."""
    return "".join(["0" if c in "0123456789" else c for c in moment]) if isinstance(moment, str) else "?"


def printed(lock: Lock) -> bytes:
    """Return the lock as it is stored."""
    value = {
        "schema": SCHEMA,
        "addresses": list(lock.addresses),
        "keys": [printed_key(key) for key in lock.keys],
        "next_keys": [printed_key(key) for key in lock.next_keys],
        "serial": lock.serial,
    }
    import json

    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def printed_key(key: Key) -> dict[str, str]:
    """Return a key as locks and manifests hold it: `key`, and of `from`, `to`, `revoked` what it has."""
    told = (("key", key.key), ("from", key.start), ("to", key.end), ("revoked", key.revoked))
    return {name: value for name, value in told if value}
