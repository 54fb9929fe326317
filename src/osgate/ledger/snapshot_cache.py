"""The verified snapshot kept on this machine. On the commit path: what was verified once is trusted by size and time.

A folder for each trust root holds the snapshot, the manifest and the taking-away file, each named by what it holds, and
`state.json`, which says which of them were verified. The newest good ones stay until better ones have been verified.
`revoked.json` lists the keys that were once seen revoked; nothing they sign is believed again, whatever comes later.
"""

from __future__ import annotations

import os

from osgate import light_json
from osgate.errors import Undecided
from osgate.ledger.snapshot_read import Snapshot
from osgate.model.policy import Key
from osgate.model.record import record, replace
from osgate.model.verdict import Stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from osgate.ledger.lock import Lock

STATE = "state.json"
REVOKED = "revoked.json"
# Before every moment.
_EVER = "0001-01-01"
_NOTED = {
    "serial": int,
    "file": str,
    "size": int,
    "mtime_ns": int,
    "digest": str,
    "anchor": str,
    "issued": str,
    "expires": str,
    "key": str,
    "fetched_at": int,
    "address": str,
    "etag": str,
    "manifest_file": str,
    "takeaway_file": str,
    "takeaway_size": int,
    "takeaway_mtime_ns": int,
    "takeaway_serial": int,
    "takeaway_expires": str,
    "takeaway_issued_at": int,
}


@record
class Opened:
    """A snapshot that may be used. takeaway: newer than the snapshot itself, to be laid over it.

    announced: fingerprints of keys that the desk has or will have, and that the lock does not know.
    """

    snapshot: Snapshot
    stamp: Stamp
    takeaway: dict[str, Any] | None
    takeaway_age: int
    announced: tuple[str, ...] = ()


def folder_of(cache: str, lock: Lock) -> str:
    """Return the cache folder of a trust root, named by the ends of all its keys.

    A lock that trusts one key more is another trust root: what it fetches must not reach readers of the first.
    """
    ends = sorted({key.key.split()[1].rstrip("=")[-24:] for key in (*lock.keys, *lock.next_keys)})
    name = "-".join(ends)[:200].replace("/", "_").replace("+", "-")
    return os.path.join(cache, "snapshots", name)


def state(folder: str) -> dict[str, Any] | None:
    """Return what was verified last, or None where nothing was or where the note of it is damaged."""
    try:
        with open(os.path.join(folder, STATE), "rb") as file:
            found = light_json.loads(file.read())
    except (OSError, ValueError, RecursionError):
        return None
    whole = isinstance(found, dict) and all(type(found.get(key)) is kind for key, kind in _NOTED.items())
    return found if whole else None


def revoked(folder: str) -> tuple[str, ...]:
    """Return the public keys that were once seen revoked. Raises Undecided("snapshot.damaged") for a damaged list."""
    path = os.path.join(folder, REVOKED)
    try:
        with open(path, "rb") as file:
            found = light_json.loads(file.read())
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (OSError, ValueError, RecursionError) as error:
        raise Undecided("snapshot.damaged", path=path) from error
    if not isinstance(found, list) or not all(isinstance(key, str) for key in found):
        raise Undecided("snapshot.damaged", path=path)
    return tuple(found)


def believed(folder: str, lock: Lock) -> Lock:
    """Return `lock` with the keys revoked that were once seen revoked. Raises Undecided("snapshot.damaged")."""
    gone = revoked(folder)
    if not gone:
        return lock

    def marked(keys: tuple[Key, ...]) -> tuple[Key, ...]:
        return tuple([replace(key, revoked=_EVER) if key.key in gone else key for key in keys])

    return replace(lock, keys=marked(lock.keys), next_keys=marked(lock.next_keys))


def open_cached(folder: str, lock: Lock, now: str, now_seconds: int) -> Opened:
    """Open the verified snapshot in `folder`. now: UTC instant; now_seconds: the same since the epoch.

    Raises Undecided: `snapshot.none`, `snapshot.untrusted-key`, `snapshot.revoked-key`, `snapshot.older`,
    `snapshot.expired`, `snapshot.damaged`, `takeaway.expired`.
    """
    kept = state(folder)
    if kept is None:
        raise Undecided("snapshot.none", addresses=", ".join(lock.addresses))
    lock = believed(folder, lock)
    if kept["key"] not in lock.trusted(now):
        code = "snapshot.revoked-key" if lock.revoked(kept["key"], now) else "snapshot.untrusted-key"
        raise Undecided(code, address=folder, key=kept["key"][-16:])
    if kept["serial"] < lock.serial:
        raise Undecided("snapshot.older", address=folder, serial=kept["serial"], least=lock.serial)
    if kept["expires"] <= now:
        raise Undecided("snapshot.expired", address=folder, expires=kept["expires"], serial=kept["serial"])
    if kept["takeaway_expires"] <= now:
        raise Undecided("takeaway.expired", address=folder, expires=kept["takeaway_expires"])
    path = _untouched(folder, kept, "")
    takeaway = _newer_takeaway(folder, kept)
    snapshot = Snapshot(path)
    if snapshot.serial != kept["serial"]:
        snapshot.close()
        raise Undecided("snapshot.damaged", path=path)
    stamp = Stamp(
        kept["serial"],
        kept["digest"],
        kept["anchor"],
        kept["issued"],
        kept["expires"],
        now_seconds - kept["fetched_at"],
        snapshot.policy_digest,
    )
    return Opened(snapshot, stamp, takeaway, now_seconds - kept["takeaway_issued_at"], _announced(kept))


def _announced(kept: dict[str, Any]) -> tuple[str, ...]:
    """What the note tells of keys to come; an older one tells nothing."""
    found = kept.get("announced")
    return tuple([str(key) for key in found]) if isinstance(found, list) else ()


def _untouched(folder: str, kept: dict[str, Any], prefix: str) -> str:
    """The path of a verified file. Raises Undecided where it is gone, or has another size or time than it had then."""
    path = os.path.join(folder, os.path.basename(kept[f"{prefix}file"]))
    try:
        found = os.stat(path)
    except (OSError, ValueError) as error:
        raise Undecided("snapshot.damaged", path=path) from error
    if (found.st_size, found.st_mtime_ns) != (kept[f"{prefix}size"], kept[f"{prefix}mtime_ns"]):
        raise Undecided("snapshot.damaged", path=path)
    return path


def _newer_takeaway(folder: str, kept: dict[str, Any]) -> dict[str, Any] | None:
    """The taking-away file where it knows more than the snapshot; else the snapshot holds everything it says."""
    if kept["takeaway_serial"] <= kept["serial"]:
        return None
    path = _untouched(folder, kept, "takeaway_")
    try:
        with open(path, "rb") as file:
            found: dict[str, Any] = light_json.loads(file.read())
    except (OSError, ValueError, RecursionError) as error:
        raise Undecided("snapshot.damaged", path=path) from error
    return found
