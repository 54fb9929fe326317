"""Fetching the newest snapshot and keeping it only when all of it holds.

Order: manifest, taking-away file, snapshot. Everything is verified before the note of it (`state.json`) is replaced in
one step, so that whatever goes wrong leaves the last good one in force. Only a taking-away file counts before its
snapshot: where that cannot be had, it is laid over the last good one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from osgate.errors import OsgateError, Undecided
from osgate.ledger import codec, lock_update, manifest, signatures, snapshot_cache
from osgate.ledger.lock import Lock
from osgate.ledger.lock_update import Told
from osgate.ledger.snapshot_read import Snapshot
from osgate.model.record import record

# fetch(address, name, etag, limit) -> (data, etag, unchanged); raises Undecided.
Fetch = Callable[[str, str, str, int], tuple[bytes, str, bool]]
Write = Callable[[str, bytes], None]
# Most bytes of a manifest and of a taking-away file; a snapshot's own size stands in its manifest.
SMALL = 8_000_000
LARGEST = 2_000_000_000
# What the note takes from a verified manifest.
_NOTED = ("serial", "digest", "anchor", "issued", "expires", "key")


@record
class Synced:
    """What a sync did.

    changed: a snapshot was taken that was not here. told: what the manifest says of the desk's keys. failures: why the
    addresses before gave nothing good.
    """

    serial: int
    changed: bool
    address: str
    told: Told
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
            found, changed = _from(address, folder, lock, fetch, write, now, now_seconds)
        except Undecided as error:
            failures.append(error)
            continue
        return Synced(found["serial"], changed, address, lock_update.told(found), tuple(failures))
    if len(failures) == 1:
        raise failures[0]
    raise Undecided("sync.failed", count=len(failures), failures=tuple(failures))


def _from(
    address: str, folder: str, lock: Lock, fetch: Fetch, write: Write, now: str, now_seconds: int
) -> tuple[dict[str, Any], bool]:
    """Return the verified manifest and whether its snapshot was not here."""
    kept = snapshot_cache.state(folder)

    def checked(data: bytes) -> dict[str, Any]:
        return _manifest_checked(data, address, folder, lock, write, now)

    data, etag, found, unchanged = _manifest(address, folder, kept, fetch, checked)
    least = max(lock.serial, _seen(folder, "takeaway_serial"))

    def taken_away(data: bytes) -> dict[str, Any]:
        return manifest.verify(data, manifest.TAKEAWAY, snapshot_cache.believed(folder, lock), now, least, address)

    taken_data, taken = _takeaway(address, folder, kept if unchanged else None, fetch, taken_away)
    issued_at = _seconds(taken["issued"], address)
    name = f"{found['serial']}-{codec.short(found['digest'])}.sqlite"
    have = _holds(folder, name, found["digest"])
    if not have:
        try:
            _take(address, folder, fetch, write, found, name)
        except (Undecided, OSError):
            _lay_over(folder, write, taken_data, taken, issued_at)
            raise
    news = lock_update.told(found).news(lock, now)
    note = {
        "manifest_file": _keep(folder, write, "manifest", data),
        "fetched_at": now_seconds,
        "address": address,
        "etag": etag,
        "announced": [signatures.fingerprint(key.key) for key in news],
        **{key: found[key] for key in _NOTED},
        **_sized(folder, "", name),
        **_taken(folder, write, taken_data, taken, issued_at),
    }
    _note(folder, write, note)
    return found, not have


def _manifest_checked(data: bytes, address: str, folder: str, lock: Lock, write: Write, now: str) -> dict[str, Any]:
    """A manifest that holds. What it says of revoked keys is noted for good, before anything else is asked of it: what
    they signed, that we have from before, says no more which serial is the least."""
    trusted = snapshot_cache.believed(folder, lock)
    found = manifest.verify(data, manifest.MANIFEST, trusted, now, lock.serial, address)
    known = snapshot_cache.revoked(folder)
    gone = sorted({*known, *lock_update.told(found).revoked(now, found["key"])})
    if len(gone) > len(known):
        write(os.path.join(folder, snapshot_cache.REVOKED), (json.dumps(gone, indent=1) + "\n").encode())
    least = _seen(folder, "serial")
    if found["serial"] < least:
        raise Undecided("snapshot.older", address=address, serial=found["serial"], least=least)
    return found


def _seen(folder: str, serial: str) -> int:
    """The highest serial seen on this machine under a key that is not revoked; 0 where there is none."""
    kept = snapshot_cache.state(folder)
    return kept[serial] if kept and kept["key"] not in snapshot_cache.revoked(folder) else 0


def _lay_over(folder: str, write: Write, data: bytes, taken: dict[str, Any], issued_at: int) -> None:
    """Put a verified taking-away file in force over the snapshot that is kept, if there is one: it says no word of that
    snapshot itself, whose size and time stay those it was verified with."""
    kept = snapshot_cache.state(folder)
    if kept is not None and kept["takeaway_serial"] <= taken["serial"]:
        _note(folder, write, {**kept, **_taken(folder, write, data, taken, issued_at)})


def _taken(folder: str, write: Write, data: bytes, taken: dict[str, Any], issued_at: int) -> dict[str, Any]:
    """Store a verified taking-away file; return what the note says of it."""
    return {
        "takeaway_serial": taken["serial"],
        "takeaway_expires": taken["expires"],
        "takeaway_issued_at": issued_at,
        **_sized(folder, "takeaway_", _keep(folder, write, "takeaway", data)),
    }


def _sized(folder: str, prefix: str, name: str) -> dict[str, Any]:
    """The name of a file just verified, with the size and time by which it is known again."""
    status = os.stat(os.path.join(folder, name))
    return {f"{prefix}file": name, f"{prefix}size": status.st_size, f"{prefix}mtime_ns": status.st_mtime_ns}


def _note(folder: str, write: Write, note: dict[str, Any]) -> None:
    """Put the note of what was verified in force, in one step."""
    write(os.path.join(folder, snapshot_cache.STATE), (json.dumps(note, indent=1) + "\n").encode())
    _tidy(folder, (note["file"], note["manifest_file"], note["takeaway_file"]))


def _manifest(
    address: str,
    folder: str,
    kept: dict[str, Any] | None,
    fetch: Fetch,
    checked: Callable[[bytes], dict[str, Any]],
) -> tuple[bytes, str, dict[str, Any], bool]:
    """The newest manifest, its etag, what it says, and whether it is the one we have, as the server says."""
    if kept and kept["etag"] and kept["address"] == address:
        data, etag, unchanged = fetch(address, manifest.MANIFEST_FILE, kept["etag"], SMALL)
        if not unchanged:
            return data, etag, checked(data), False
        try:
            data = _stored(folder, kept["manifest_file"])
            return data, etag, checked(data), True
        except Undecided:
            # What we had is lost or spoiled: ask as if we never had it.
            pass
    data, etag, _ = fetch(address, manifest.MANIFEST_FILE, "", SMALL)
    return data, etag, checked(data), False


def _takeaway(
    address: str,
    folder: str,
    kept: dict[str, Any] | None,
    fetch: Fetch,
    checked: Callable[[bytes], dict[str, Any]],
) -> tuple[bytes, dict[str, Any]]:
    """The taking-away file. kept: our note where the manifest is unchanged; the desk publishes both together, so that
    ours is then the newest, and one conditional request was all."""
    if kept is not None:
        try:
            data = _stored(folder, kept["takeaway_file"])
            return data, checked(data)
        except Undecided:
            # What we had is lost, spoiled or out of date.
            pass
    data, _, _ = fetch(address, manifest.TAKEAWAY_FILE, "", SMALL)
    return data, checked(data)


def _keep(folder: str, write: Write, kind: str, data: bytes) -> str:
    """Store a verified file under a name made of its content; one that is there already is left alone."""
    name = f"{kind}-{codec.short(codec.digest(data))}.json"
    if not _holds(folder, name, codec.digest(data)):
        write(os.path.join(folder, name), data)
    return name


def _stored(folder: str, name: str) -> bytes:
    try:
        with open(os.path.join(folder, os.path.basename(name)), "rb") as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise Undecided("snapshot.damaged", path=folder) from error


def _holds(folder: str, name: str, digest: str) -> bool:
    """True if the file we have under `name` is, byte for byte, the one with this digest."""
    try:
        return codec.digest(_stored(folder, name)) == digest
    except Undecided:
        return False


def _take(address: str, folder: str, fetch: Fetch, write: Write, found: dict[str, Any], name: str) -> None:
    """Fetch the snapshot that the manifest `found` names, check it whole and store it as `name`."""
    if not 0 < found["size"] <= LARGEST or "/" in found["file"] or found["file"].startswith("."):
        raise Undecided("snapshot.malformed", address=address)
    content, _, _ = fetch(address, found["file"], "", found["size"])
    if len(content) != found["size"]:
        raise Undecided("snapshot.truncated", address=address, size=len(content), wanted=found["size"])
    if codec.digest(content) != found["digest"]:
        raise Undecided("snapshot.wrong-digest", address=address)
    path = os.path.join(folder, name)
    write(path, content)
    snapshot = Snapshot(path)
    serial = snapshot.serial
    snapshot.close()
    if serial != found["serial"]:
        raise Undecided("snapshot.malformed", address=address)


def _seconds(instant: str, address: str) -> int:
    from datetime import datetime

    try:
        return int(datetime.fromisoformat(instant).timestamp())
    except (ValueError, OverflowError) as error:
        raise Undecided("snapshot.malformed", address=address) from error


def _tidy(folder: str, keep: tuple[str, ...]) -> None:
    """Remove what a note named once and none names any more."""
    for name in os.listdir(folder):
        if name not in (*keep, snapshot_cache.STATE, snapshot_cache.REVOKED) and name.endswith((".sqlite", ".json")):
            os.unlink(os.path.join(folder, name))


def recheck(folder: str, lock: Lock, now: str) -> None:
    """Verify what is kept from the signature up, as CI does; a commit hook trusts what `sync` verified.

    Raises Undecided as `sync` does.
    """
    kept = snapshot_cache.state(folder)
    if kept is None:
        raise Undecided("snapshot.none", addresses=", ".join(lock.addresses))
    trusted = snapshot_cache.believed(folder, lock)
    data = _stored(folder, kept["manifest_file"])
    found = manifest.verify(data, manifest.MANIFEST, trusted, now, lock.serial, folder)
    taken_data = _stored(folder, kept["takeaway_file"])
    taken = manifest.verify(taken_data, manifest.TAKEAWAY, trusted, now, lock.serial, folder)
    same = all(kept[key] == found[key] for key in _NOTED) and kept["takeaway_serial"] == taken["serial"]
    if not same or not _holds(folder, kept["file"], found["digest"]):
        raise Undecided("snapshot.wrong-digest", address=folder)
