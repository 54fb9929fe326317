"""`osgate sync`: fetch the newest snapshot now."""

from __future__ import annotations

import sys

from osgate import wiring
from osgate.cli import console, error_text, flags
from osgate.errors import PASS, Undecided
from osgate.io.git import Git


def run(argv: list[str]) -> int:
    """Fetch and verify the newest snapshot; the last good one stays where that fails (exit 4, with the reason)."""
    asked = flags.read("sync", argv, ("help",), ("lock", "language"))
    if "help" in asked:
        console.say(console.words()("help.sync"))
        return PASS
    with Git() as git:
        trusted = wiring.trusted(git, "HEAD", asked.get("lock", ""))
    t = console.speak(asked.get("language") or trusted.config.language)
    if trusted.lock is None:
        raise Undecided("sync.not-committed" if trusted.gaps else "sync.no-lock")
    done = wiring.sync(trusted.lock, wiring.now(), wiring.SYNC_SECONDS)
    for failure in done.failures:
        console.say(f"osgate: {error_text.sentence(failure, t)}", sys.stderr)
    console.say(t("sync.newer" if done.changed else "sync.same", serial=done.serial, address=done.address))
    return PASS
