"""Keeping the snapshot of a packed hook fresh: what cron runs, and what tells how things stand.

Everything is verified from the signature up, by the trust root that was packed; what does not hold is not taken, and
the last good snapshot stays. A serial that was seen once is the least from then on.
"""

from __future__ import annotations

import os
import time

from osgate.errors import Undecided
from osgate.io import files
from osgate.io.http import fetch
from osgate.ledger import snapshot_cache, snapshot_sync
from osgate.model.record import record, replace
from osgate.server_hook import trusting
from osgate.server_hook.remembered import Remembered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.errors import OsgateError
    from osgate.ledger.snapshot_sync import Fetch, Synced
    from osgate.server_hook.settings import Settings

# Seconds for all that one sync fetches.
SECONDS = 60.0
_LOCK = "sync.lock"


@record
class Standing:
    """How things stand with the snapshot of a hook.

    serial: 0 where nothing was ever taken. age: seconds since it was fetched. wrong: why it does not hold now, None
    where it does.
    """

    serial: int = 0
    age: int = 0
    issued: str = ""
    expires: str = ""
    takeaway_expires: str = ""
    wrong: OsgateError | None = None


def sync(settings: Settings, source: str, now: str, now_seconds: int, get: Fetch | None = None) -> Synced:
    """Bring the settings' snapshot folder up to the newest good one, and verify what then lies there.

    source: an address (a folder, `file:`, `http(s):`) instead of those of the lock; empty for these. now: UTC instant;
    now_seconds: the same since the epoch. get: how files are fetched, for tests. Raises Undecided: what
    `snapshot_sync.sync` raises, `hook.sync-running`, `hook.unwritable`.
    """
    folder = settings.snapshot
    lock = replace(settings.lock, addresses=(source,)) if source else settings.lock
    try:
        # Whatever the umask of cron's shell is: what others can write is not believed at a push.
        os.makedirs(folder, 0o755, exist_ok=True)
        with files.FolderLock(os.path.join(folder, _LOCK)):
            done = snapshot_sync.sync(folder, lock, get or getter(SECONDS), _write, now, now_seconds)
            snapshot_sync.recheck(folder, lock, now)
            Remembered(folder).clear(now_seconds)
            return done
    except BlockingIOError as error:
        raise Undecided("hook.sync-running", path=folder) from error
    except OSError as error:
        raise Undecided("hook.unwritable", path=folder, detail=error.strerror or str(error)) from error


def getter(seconds: float) -> Fetch:
    """Return what fetches files, all of them together within `seconds` from now."""
    ends = time.monotonic() + seconds

    def get(address: str, name: str, etag: str, limit: int) -> tuple[bytes, str, bool]:
        answer = fetch(address, name, etag=etag, limit=limit, seconds=round(max(0.1, ends - time.monotonic()), 1))
        return answer.data, answer.etag, answer.unchanged

    return get


def _write(path: str, data: bytes) -> None:
    """Write a file whose time is a whole second. What was verified is known again by size and time, and of a time
    packed into a tar (the environment of a GitHub Enterprise Server is one) only the seconds may come out again."""
    files.write(path, data)
    moment = os.stat(path).st_mtime_ns // 10**9 * 10**9
    os.utime(path, ns=(moment, moment))


def standing(settings: Settings, now: str, now_seconds: int) -> Standing:
    """Return how the snapshot stands, verified from the signature up. now, now_seconds: as for `sync`."""
    folder, wrong = settings.snapshot, None
    try:
        trusting.check_own(folder, settings.lock)
        snapshot_sync.recheck(folder, settings.lock, now)
        snapshot_cache.open_cached(folder, settings.lock, now, now_seconds).snapshot.close()
    except Undecided as error:
        wrong = error
    kept = snapshot_cache.state(folder)
    if kept is None:
        return Standing(wrong=wrong)
    age = now_seconds - kept["fetched_at"]
    return Standing(kept["serial"], age, kept["issued"], kept["expires"], kept["takeaway_expires"], wrong)


def looks_like(path: str) -> str:
    """Return the platform that a hook seems to be installed on, by where it lies; empty where that tells nothing."""
    folders = path.split("/")[:-1]
    if "custom_hooks" in folders:
        return "gitlab"
    if folders[-1:] and folders[-1] in ("pre-receive.d", "post-receive.d"):
        return "gitea"
    return "git" if folders[-1:] == ["hooks"] else ""
