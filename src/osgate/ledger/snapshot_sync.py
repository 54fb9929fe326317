"""Fetching the newest snapshot and keeping it only when all of it holds.

Order: manifest, taking-away file, snapshot. Everything is verified before the note of it (`state.json`) is replaced in
one step, so that whatever goes wrong leaves the last good one in force.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from osgate.errors import OsgateError, Undecided
from osgate.ledger import codec, manifest, snapshot_cache
from osgate.ledger.lock import Lock
from osgate.ledger.snapshot_read import Snapshot
from osgate.model.record import record

# fetch(address, name, etag, limit) -> (data, etag, unchanged); raises Undecided.
Fetch = Callable[[str, str, str, int], tuple[bytes, str, bool]]
Write = Callable[[str, bytes], None]
# Most bytes of a manifest and of a taking-away file; a snapshot's own size stands in its manifest.
SMALL = 8_000_000
LARGEST = 2_000_000_000


@record
class Synced:
    """What a sync did. changed: a newer snapshot was taken. failures: addresses that gave nothing good, with reasons."""

    serial: int
    changed: bool
    address: str
    failures: tuple[OsgateError, ...] = ()


def sync(folder: str, lock: Lock, fetch: Fetch, write: Write, now: str, now_seconds: int) -> Synced:
    """Bring `folder` up to the newest good snapshot among the lock's addresses, tried in order.

    Raises Undecided: the only address's own reason, `sync.failed` where there are several, `sync.no-address`. Nothing
    that was good before is touched then.
    """
    if not lock.addresses:
        raise Undecided("sync.no-address")
    failures: list[OsgateError] = []
    for address in lock.addresses:
        try:
            serial, changed = _from(address, folder, lock, fetch, write, now, now_seconds)
        except Undecided as error:
            failures.append(error)
            continue
        return Synced(serial, changed, address, tuple(failures))
    if len(failures) == 1:
        raise failures[0]
    raise Undecided("sync.failed", count=len(failures), failures=tuple(failures))


def _from(
    address: str, folder: str, lock: Lock, fetch: Fetch, write: Write, now: str, now_seconds: int
) -> tuple[int, bool]:
    kept = snapshot_cache.state(folder)
    seen = max(lock.serial, kept["serial"] if kept else 0)
    etag = str(kept.get("etag", "")) if kept and kept.get("address") == address else ""
    data, etag = _manifest(address, folder, fetch, etag)
    found = manifest.verify(data, manifest.MANIFEST, lock, now, seen, address)
    taken_data, _, _ = fetch(address, manifest.TAKEAWAY_FILE, "", SMALL)
    least = kept.get("takeaway_serial", 0) if kept else 0
    taken = manifest.verify(taken_data, manifest.TAKEAWAY, lock, now, max(least, lock.serial), address)
    have = kept is not None and kept.get("digest") == found["digest"] and _holds(folder, kept, found)
    if not have:
        _take(address, folder, fetch, write, found)
    write(os.path.join(folder, manifest.MANIFEST_FILE), data)
    write(os.path.join(folder, manifest.TAKEAWAY_FILE), taken_data)
    write(os.path.join(folder, snapshot_cache.STATE), _note(folder, found, taken, address, etag, now_seconds))
    _tidy(folder, keep=_name(found))
    return found["serial"], not have


def _manifest(address: str, folder: str, fetch: Fetch, etag: str) -> tuple[bytes, str]:
    """The newest manifest; the one we have where the server says it is unchanged and ours is still there."""
    data, newer, unchanged = fetch(address, manifest.MANIFEST_FILE, etag, SMALL)
    if not unchanged:
        return data, newer
    try:
        return _stored(folder, manifest.MANIFEST_FILE), newer
    except Undecided:
        data, newer, _ = fetch(address, manifest.MANIFEST_FILE, "", SMALL)
        return data, newer


def _stored(folder: str, name: str) -> bytes:
    try:
        with open(os.path.join(folder, name), "rb") as file:
            return file.read()
    except OSError as error:
        raise Undecided("snapshot.damaged", path=folder) from error


def _name(found: dict[str, Any]) -> str:
    return f"{found['serial']}-{codec.short(found['digest'])}.sqlite"


def _holds(folder: str, kept: dict[str, Any], found: dict[str, Any]) -> bool:
    """True if the file we have is, byte for byte, the one the manifest names."""
    try:
        return bool(codec.digest(_stored(folder, os.path.basename(str(kept["file"])))) == found["digest"])
    except (Undecided, KeyError):
        return False


def _take(address: str, folder: str, fetch: Fetch, write: Write, found: dict[str, Any]) -> None:
    if not 0 < found["size"] <= LARGEST or "/" in found["file"] or found["file"].startswith("."):
        raise Undecided("snapshot.malformed", address=address)
    content, _, _ = fetch(address, found["file"], "", found["size"])
    if len(content) != found["size"]:
        raise Undecided("snapshot.truncated", address=address, size=len(content), wanted=found["size"])
    if codec.digest(content) != found["digest"]:
        raise Undecided("snapshot.wrong-digest", address=address)
    path = os.path.join(folder, _name(found))
    write(path, content)
    snapshot = Snapshot(path)
    serial = snapshot.serial
    snapshot.close()
    if serial != found["serial"]:
        raise Undecided("snapshot.malformed", address=address)


def _note(
    folder: str, found: dict[str, Any], taken: dict[str, Any], address: str, etag: str, now_seconds: int
) -> bytes:
    name = _name(found)
    status = os.stat(os.path.join(folder, name))
    note = {
        "serial": found["serial"],
        "file": name,
        "size": status.st_size,
        "mtime_ns": status.st_mtime_ns,
        "digest": found["digest"],
        "anchor": found["anchor"],
        "issued": found["issued"],
        "expires": found["expires"],
        "key": found["key"],
        "fetched_at": now_seconds,
        "address": address,
        "etag": etag,
        "takeaway_serial": taken["serial"],
        "takeaway_expires": taken["expires"],
        "takeaway_issued_at": _seconds(taken["issued"]),
    }
    return (json.dumps(note, indent=1) + "\n").encode()


def _seconds(instant: str) -> int:
    from datetime import datetime

    try:
        return int(datetime.fromisoformat(instant).timestamp())
    except ValueError as error:
        raise Undecided("snapshot.malformed", address=instant) from error


def _tidy(folder: str, keep: str) -> None:
    """Remove snapshots that no note names any more."""
    for name in os.listdir(folder):
        if name.endswith(".sqlite") and name != keep:
            os.unlink(os.path.join(folder, name))


def recheck(folder: str, lock: Lock, now: str) -> None:
    """Verify what is kept from the signature up, as CI does; a commit hook trusts what `sync` verified.

    Raises Undecided as `sync` does.
    """
    kept = snapshot_cache.state(folder)
    if kept is None:
        raise Undecided("snapshot.none", addresses=", ".join(lock.addresses))
    data = _stored(folder, manifest.MANIFEST_FILE)
    found = manifest.verify(data, manifest.MANIFEST, lock, now, lock.serial, folder)
    taken = _stored(folder, manifest.TAKEAWAY_FILE)
    manifest.verify(taken, manifest.TAKEAWAY, lock, now, lock.serial, folder)
    if not _holds(folder, kept, found):
        raise Undecided("snapshot.wrong-digest", address=folder)
