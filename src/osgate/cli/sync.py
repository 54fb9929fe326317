"""`osgate sync`: fetch the newest snapshot now; with `--update-lock` also bring the lock up to what it tells."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from osgate import wiring
from osgate.cli import console, error_text, flags
from osgate.errors import PASS, Undecided
from osgate.io import files
from osgate.io.git import Git
from osgate.ledger import lock as locks
from osgate.ledger import lock_update, signatures
from osgate.ledger.lock import Lock
from osgate.ledger.snapshot_sync import Synced
from osgate.model.policy import Key
from osgate.text.translator import Translator


def run(argv: list[str]) -> int:
    """Fetch and verify the newest snapshot; the last good one stays where that fails (exit 4, with the reason)."""
    asked = flags.read("sync", argv, ("help", "update-lock"), ("lock", "language"))
    if "help" in asked:
        console.say(console.words()("help.sync"))
        return PASS
    with Git() as git:
        trusted = wiring.trusted(git, "HEAD", asked.get("lock", ""))
        path = _lock_path(git, asked) if "update-lock" in asked else ""
    t = console.speak(asked.get("language") or trusted.config.language)
    if trusted.lock is None:
        raise Undecided("sync.not-committed" if trusted.gaps else "sync.no-lock")
    moment = wiring.now()
    done = wiring.sync(trusted.lock, moment, wiring.SYNC_SECONDS)
    for failure in done.failures:
        console.say(f"osgate: {error_text.sentence(failure, t)}", sys.stderr)
    console.say(t("sync.newer" if done.changed else "sync.same", serial=done.serial, address=done.address))
    if path:
        _update(path, trusted.lock, done, moment.instant, t)
        return PASS
    for key in done.told.news(trusted.lock, moment.instant):
        console.say(t("sync.announced", key=_shown(key, t)))
    return PASS


def _lock_path(git: Git, asked: Mapping[str, str]) -> str:
    """Where the lock is that is to be written. Raises UsageError where it was handed in as text."""
    if asked.get("lock", "").lstrip().startswith("{"):
        raise console.usage("sync", console.words()("usage.not-with", flag="update-lock", action="--lock {…}"))
    return asked.get("lock") or os.path.join(git.root(), locks.PATH)


def _update(path: str, lock: Lock, done: Synced, now: str, t: Translator) -> None:
    """Write the lock as the verified manifest would have it, and tell what that changes."""
    new = lock_update.brought_up(lock, done.told, done.serial, now)
    if new == lock:
        console.say(t("sync.lock-same", path=path))
        return
    files.write(path, locks.printed(new))
    for what, key in lock_update.changes(lock, new):
        console.say("  " + t(f"sync.lock-{what}", key=_shown(key, t)))
    if new.serial != lock.serial:
        console.say("  " + t("sync.lock-serial", before=lock.serial, after=new.serial))
    console.say(t("sync.lock-written", path=path))


def _shown(key: Key, t: Translator) -> str:
    """A key's fingerprint and the days it counts."""
    days = [t(f"sync.key-{name}", day=day) for name, day in (("from", key.start), ("to", key.end)) if day]
    return t("join.items").join([signatures.fingerprint(key.key), *days])
