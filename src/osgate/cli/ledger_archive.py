"""`osgate ledger archive`: move what was sealed long ago from single files into archives. Run where the desk runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date

from osgate import wiring
from osgate.cli import console
from osgate.errors import PASS, Undecided
from osgate.intake_desk import archiving, leftovers
from osgate.intake_desk.policy_clone import default_branch
from osgate.io.files import FolderLock
from osgate.io.git_write import Repository


def run(asked: Mapping[str, str]) -> int:
    """Archive everything sealed before a day. Nothing is removed, and nothing inside of the retention time is moved."""
    t = console.speak(asked.get("language", ""))
    for name in ("policy-repo", "before"):
        if not asked.get(name):
            raise console.usage("ledger", t("usage.missing", what=f"--{name}"))
    moment = wiring.now()
    with Repository(asked["policy-repo"]) as repository:
        folder = repository.git_dir()
        main = f"refs/heads/{default_branch(repository, folder)}"
        try:
            with FolderLock(os.path.join(folder, "osgate-desk.lock")):
                leftovers.remove(folder, moment.instant)
                done = archiving.run(repository, main, _day(asked["before"]), moment.instant)
        except BlockingIOError as error:
            raise Undecided("desk.busy", folder=folder) from error
    if not done.last:
        console.say(t("archive.nothing", before=asked["before"]))
        return PASS
    console.say(t("archive.done", first=done.first, last=done.last, records=done.records))
    for path in done.archives:
        console.say(f"  {path}")
    return PASS


def _day(found: str) -> str:
    """The ISO date that was asked for. Raises UsageError("usage") for anything else."""
    try:
        if date.fromisoformat(found).isoformat() == found:
            return found
    except ValueError:
        pass
    raise console.usage("ledger", console.words()("usage.day", flag="before", found=found))
