"""What a verified manifest tells of the desk's keys, and a lock brought up to it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from osgate.ledger import signatures
from osgate.ledger.lock import Lock, parse_key
from osgate.model.policy import Key
from osgate.model.record import record, replace


@record
class Told:
    """The desk's keys as a manifest tells them. keys: in use; next_keys: announced for later; both with their dates."""

    keys: tuple[Key, ...]
    next_keys: tuple[Key, ...]

    def revoked(self, now: str, signer: str) -> tuple[str, ...]:
        """The public keys that are revoked at `now` (UTC instant). What a key says of itself (`signer`) is no news."""
        both = (*self.keys, *self.next_keys)
        return tuple(key.key for key in both if key.revoked and now >= key.revoked and key.key != signer)

    def news(self, lock: Lock, now: str) -> tuple[Key, ...]:
        """The keys that count at `now` or will, and that `lock` does not have."""
        known = {key.key for key in (*lock.keys, *lock.next_keys)}
        return tuple(key for key in (*self.keys, *self.next_keys) if key.key not in known and _living(key, now))


def told(manifest: dict[str, Any]) -> Told:
    """Return what a manifest tells; nothing where an older desk wrote it. Raises what `lock.parse_key` raises."""
    keys, next_keys = (tuple(map(_key, manifest.get(name, ()))) for name in ("keys", "next_keys"))
    return Told(keys, next_keys)


def _key(item: dict[str, Any]) -> Key:
    key = parse_key(item)
    signatures.fingerprint(key.key)  # Raises ValueError for what is no base64: it will be shown to people.
    return key


def brought_up(lock: Lock, found: Told, serial: int, now: str) -> Lock:
    """Return `lock` as a manifest it trusts would have it: its keys that count at `now` or will, its serial as floor.

    The serial only rises. Where nothing is told of keys, or nothing that would be left of them, the lock's own stay.
    """
    raised = replace(lock, serial=max(lock.serial, serial))
    keys, next_keys = (tuple(key for key in keys if _living(key, now)) for keys in (found.keys, found.next_keys))
    return replace(raised, keys=keys, next_keys=next_keys) if keys else raised


def changes(old: Lock, new: Lock) -> Iterator[tuple[str, Key]]:
    """Yield (`added`, `removed` or `dated`, key) for each key that differs; `dated`: only in its dates."""
    before = {key.key: key for key in (*old.keys, *old.next_keys)}
    after = {key.key: key for key in (*new.keys, *new.next_keys)}
    yield from (("removed", key) for name, key in before.items() if name not in after)
    for name, key in after.items():
        if key != before.get(name):
            yield ("dated" if name in before else "added"), key


def _living(key: Key, now: str) -> bool:
    return not (key.end and now >= key.end) and not (key.revoked and now >= key.revoked)
