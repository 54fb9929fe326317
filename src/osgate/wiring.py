"""The only place that looks at the clock and the environment and picks adapters by them."""

from __future__ import annotations

import os
import time

from osgate import light_json
from osgate.errors import Undecided, UsageError
from osgate.io import files
from osgate.io.git import Git
from osgate.ledger import lock as locks
from osgate.ledger import snapshot_cache
from osgate.model.gap import Gap
from osgate.model.record import record
from osgate.pipeline import Ledger
from osgate.policy import local_config
from osgate.policy.local_config import LocalConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.facts.gather import Gathered
    from osgate.ledger.lock import Lock
    from osgate.ledger.snapshot_sync import Synced
    from osgate.policy.baseline import Baseline

# Read here without the module that parses it: most checks find nothing that it could excuse.
BASELINE = ".osgate/baseline.json"
# Seconds for the one refresh before a commit is blocked, and for a fetch that a person or a pipeline asked for.
HOOK_SECONDS = 2.0
SYNC_SECONDS = 60.0


@record
class Moment:
    """One reading of the clock. instant: UTC, ISO with `Z`; day: its date; seconds: since the epoch."""

    instant: str
    day: str
    seconds: int


def now() -> Moment:
    """Read the clock."""
    seconds = int(time.time())
    instant = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    return Moment(instant, instant[:10], seconds)


def cache_folder() -> str:
    """Where this machine keeps verified snapshots: OSGATE_CACHE, else the user's cache folder."""
    given = os.environ.get("OSGATE_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return given or os.path.join(base, "osgate")


@record
class Trusted:
    """What a repository says of itself, read from the trusted side. lock None: there is no trust root.

    written: the baseline's file, empty where there is none.
    """

    config: LocalConfig
    lock: Lock | None
    gaps: tuple[Gap, ...] = ()
    written: bytes = b""

    def baseline(self) -> Baseline:
        """Return what was there before the gate came. Raises UsageError where its file is malformed."""
        if not self.written:
            return {}
        from osgate.policy.baseline import parse

        return parse(self.written)


def trusted(git: Git, rev: str, lock_path: str = "") -> Trusted:
    """Read `.osgate/` at revision `rev`. lock_path: a lock handed in by whoever enforces; it wins.

    Raises UsageError where the lock or the configuration is malformed.
    """
    found = git.paths_at(rev, (local_config.PATH, locks.PATH, BASELINE))
    config = LocalConfig()
    if local_config.PATH in found:
        _, oid, data = found[local_config.PATH]
        config = _config(oid, data or b"")
    lock = None
    if lock_path:
        lock = handed_in(lock_path)
    elif locks.PATH in found:
        lock = locks.parse(found[locks.PATH][2] or b"")
    gaps = (Gap(".osgate", "not-committed"),) if lock is None and _on_disk(locks.PATH) else ()
    written = (found[BASELINE][2] or b"") if BASELINE in found else b""
    return Trusted(config, lock, gaps, written)


def handed_in(given: str) -> Lock:
    """Return the lock that whoever enforces hands in, as a path or as the text of it.

    Raises UsageError: `lock.missing`, `lock.malformed`, `lock.incomplete`.
    """
    if given.lstrip().startswith("{"):
        return locks.parse(given.encode("utf-8", "surrogateescape"), "lock")
    path = given
    try:
        data = files.read(path)
    except OSError as error:
        raise UsageError("lock.malformed", path=path, detail=error.strerror or str(error)) from error
    if data is None:
        raise UsageError("lock.missing", path=path)
    return locks.parse(data, path)


def _on_disk(path: str) -> bool:
    """True if `path` stands in the work tree around the current folder."""
    folder = os.getcwd()
    while not os.path.lexists(os.path.join(folder, ".git")):
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            return False
    return os.path.exists(os.path.join(folder, path))


def _config(oid: str, data: bytes) -> LocalConfig:
    """The configuration, read through a copy cached under git's digest of the file: no TOML reader is loaded."""

    path = os.path.join(cache_folder(), "config", f"{oid}.json")
    try:
        kept = files.read(path)
        if kept is not None:
            return LocalConfig(**light_json.loads(kept))
    except (OSError, ValueError, TypeError):
        pass
    config = local_config.parse(data)
    import json

    try:
        files.write(path, json.dumps(local_config.to_json(config)).encode())
    except OSError:
        pass
    return config


def facts_folder() -> str:
    """Where this machine keeps facts: OSGATE_FACTS, else a folder beside the snapshots."""
    return os.environ.get("OSGATE_FACTS") or os.path.join(cache_folder(), "facts")


def facts(folder: str = "") -> Gathered | None:
    """Return what is known of components at this place, None where nobody ever filled a store here.

    folder: by default, that of this machine. Raises Undecided (`facts.*`, `advisories.*`) where a file cannot be read.
    """
    folder = folder or facts_folder()
    store, index = (os.path.join(folder, name) for name in ("facts.sqlite", "advisories.sqlite"))
    have = [os.path.isfile(path) for path in (store, index)]
    if not any(have):
        return None
    from osgate.facts.gather import Gathered
    from osgate.facts.osv.index import Index
    from osgate.facts.store import Store

    return Gathered(Store(store) if have[0] else None, Index(index) if have[1] else None)


def ledger(lock: Lock, moment: Moment, *, offline: bool, eager: bool) -> Ledger:
    """Return how a check reaches the ledger. eager: fetch first and verify from the signature up, as CI does."""
    folder = snapshot_cache.folder_of(cache_folder(), lock)

    def opened() -> snapshot_cache.Opened:
        if eager:
            from osgate.ledger.snapshot_sync import recheck

            recheck(folder, lock, moment.instant)
        return snapshot_cache.open_cached(folder, lock, moment.instant, moment.seconds)

    def refresh() -> Synced:
        return sync(lock, moment, SYNC_SECONDS if eager else HOOK_SECONDS)

    return Ledger(opened, None if offline else refresh, eager, lock.addresses)


def sync(lock: Lock, moment: Moment, seconds: float) -> Synced:
    """Fetch the newest snapshot for `lock` within `seconds` in all.

    Raises Undecided: what `snapshot_sync.sync` does, and `cache.unwritable` where this machine cannot keep it.
    """
    from osgate.io.http import fetch
    from osgate.ledger import snapshot_sync

    ends = time.monotonic() + seconds

    def get(address: str, name: str, etag: str, limit: int) -> tuple[bytes, str, bool]:
        answer = fetch(address, name, etag=etag, limit=limit, seconds=round(max(0.1, ends - time.monotonic()), 1))
        return answer.data, answer.etag, answer.unchanged

    folder = snapshot_cache.folder_of(cache_folder(), lock)
    try:
        return snapshot_sync.sync(folder, lock, get, files.write, moment.instant, moment.seconds)
    except OSError as error:
        raise Undecided("cache.unwritable", path=folder, detail=error.strerror or str(error)) from error
