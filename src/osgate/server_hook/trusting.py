"""The snapshot on the server's disk, believed only as far as the trust root handed in with the hook vouches for it.

At a push everything is verified from the signature up, and what was verified is noted: device, inode, size and times of
every file it was made of, none of which can be had twice. The folder, and every file in it that is believed, must be
this user's own (or root's), nobody else's to write, and no link: then nobody can exchange them between one look and the
next, put an older snapshot in their place, or forget for us which serial was seen. Who can write as this user can as
well change the hook, or the repositories.
"""

from __future__ import annotations

import os
import stat

from osgate import light_json
from osgate.errors import Undecided
from osgate.io import files
from osgate.io.own import read_own
from osgate.ledger import snapshot_cache
from osgate.server_hook.json_lines import line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from osgate.ledger.lock import Lock
    from osgate.ledger.snapshot_cache import Opened

# Not `.json`: a sync removes such files when no note of its own names them.
NOTE = "verified-by-{uid}"
# A sync may put another snapshot in force while this one is looked at.
_TIMES = 3
_NOTE_CAP = 1 << 20
_NAMED = ("file", "manifest_file", "takeaway_file")


def opened(folder: str, lock: Lock, now: str, seconds: int) -> Opened:
    """Return the verified snapshot in `folder`. now: UTC instant; seconds: the same since the epoch.

    Raises Undecided: what `snapshot_cache.open_cached` and `snapshot_sync.recheck` raise, and `hook.not-own`.
    """
    # The way to it may lead over links; from here on it is the folder itself.
    folder = os.path.realpath(folder)
    for left in reversed(range(_TIMES)):
        kept = snapshot_cache.state(folder) if os.path.isdir(folder) and _own(folder) else None
        if kept is None:
            raise Undecided("snapshot.none", addresses=", ".join(lock.addresses) or folder)
        seen = _seen(folder, kept, lock)
        try:
            _verified(folder, kept, lock, now, seen)
            found = snapshot_cache.open_cached(folder, lock, now, seconds)
        except Undecided:
            if not left or _seen(folder, snapshot_cache.state(folder) or {}, lock) == seen:
                raise
            continue
        if _seen(folder, kept, lock) == seen:
            return found
        found.snapshot.close()
    raise Undecided("snapshot.damaged", path=folder)


def check_own(folder: str, lock: Lock) -> None:
    """Raise Undecided `hook.not-own` where others can write what `opened` would look at."""
    folder = os.path.realpath(folder)
    if os.path.isdir(folder) and _own(folder):
        _seen(folder, snapshot_cache.state(folder) or {}, lock)


def _seen(folder: str, kept: dict[str, Any], lock: Lock) -> list[Any]:
    """What a note is about: the trust root, and which very files there are."""
    names = [snapshot_cache.STATE, snapshot_cache.REVOKED, *(os.path.basename(kept.get(name, "")) for name in _NAMED)]
    keys = [[key.key, key.start, key.end, key.revoked] for key in (*lock.keys, *lock.next_keys)]
    return [lock.serial, keys, *(_identity(os.path.join(folder, name)) for name in names)]


def _identity(path: str) -> list[int]:
    """Which very file this is; empty for none. Raises Undecided `hook.not-own`."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return []
    if not stat.S_ISDIR(found.st_mode):
        _own(path)
    return [found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def _own(path: str) -> bool:
    """True for what only this user, or root, can write, and that is no link. Raises Undecided `hook.not-own`."""
    found = os.lstat(path)
    mine = found.st_uid in (0, os.geteuid()) and not found.st_mode & 0o022
    if not mine or stat.S_ISLNK(found.st_mode):
        raise Undecided("hook.not-own", path=path, user=os.geteuid())
    return True


def _verified(folder: str, kept: dict[str, Any], lock: Lock, now: str, seen: list[Any]) -> None:
    """Verify what is kept, unless our own note says that these very files were."""
    noted = _note(folder)
    if noted is not None and noted["seen"] == seen:
        return
    from osgate.ledger.snapshot_sync import recheck

    recheck(folder, lock, now)
    _takeaway_as_noted(folder, kept)
    if noted is not None and kept["serial"] < noted["serial"] and noted["key"] not in snapshot_cache.revoked(folder):
        raise Undecided("snapshot.older", address=folder, serial=kept["serial"], least=noted["serial"])
    if _seen(folder, kept, lock) != seen:
        raise Undecided("snapshot.damaged", path=folder)
    _keep_note(folder, {"seen": seen, "serial": kept["serial"], "key": kept["key"]})


def _takeaway_as_noted(folder: str, kept: dict[str, Any]) -> None:
    """The dates of the taking-away file, which `state.json` tells as well, must be those that were signed."""
    from datetime import datetime

    path = os.path.join(folder, os.path.basename(kept["takeaway_file"]))
    try:
        taken = light_json.loads(files.read(path) or b"")
        issued = int(datetime.fromisoformat(taken["issued"]).timestamp())
        same = (taken["expires"], issued) == (kept["takeaway_expires"], kept["takeaway_issued_at"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise Undecided("snapshot.damaged", path=path) from error
    if not same:
        raise Undecided("snapshot.wrong-digest", address=folder)


def _note(folder: str) -> dict[str, Any] | None:
    """Our own note, None where there is none that can be believed."""
    try:
        data = read_own(os.path.join(folder, NOTE.format(uid=os.geteuid())), _NOTE_CAP)
        noted = light_json.loads(data or b"")
    except (OSError, ValueError, RecursionError):
        return None
    whole = isinstance(noted, dict) and type(noted.get("serial")) is int and {"seen", "key"} <= noted.keys()
    return noted if whole else None


def _keep_note(folder: str, note: dict[str, Any]) -> None:
    try:
        files.write(os.path.join(folder, NOTE.format(uid=os.geteuid())), line(note), 0o600)
    except OSError:
        # A folder that this user may only read: then each push verifies anew.
        return
