"""An institution with a desk, and one application with a change at a forge in memory, its repository in real git."""

from __future__ import annotations

import subprocess
from pathlib import Path

from flow.house import House
from osgate import wiring
from osgate.forge_desk import judged
from osgate.forge_desk.judged import Means
from osgate.ledger import lock as locks
from osgate.model.forge import Change, Project
from osgate.model.record import replace
from osgate.model.verdict import Verdict
from osgate.testing.forge import MemoryForge


def git(at: Path, *args: str) -> str:
    done = subprocess.run(["git", *args], cwd=at, check=True, capture_output=True, text=True)
    return done.stdout.strip()


class Shop:
    """An institution, one application with a change at a forge, and how the desk looks at it."""

    def __init__(self, root: Path, house: House) -> None:
        self.house, self.work, self.bare = house, house.application("till"), root / "git/shop/till.git"
        git(self.work, "branch", "-M", "main")
        git(self.work, "stash", "--quiet")
        self.base = git(self.work, "rev-parse", "main")
        git(self.work, "checkout", "--quiet", "-b", "topic")
        git(self.work, "stash", "pop", "--quiet", "--index")
        git(self.work, "commit", "--quiet", "-m", "after")
        self.head = git(self.work, "rev-parse", "topic")
        git(root, "init", "--quiet", "--bare", str(self.bare))
        self.push("main:refs/heads/main", "topic:refs/merge-requests/1/head", "topic:refs/pull/1/head")
        lock = locks.parse((self.work / ".osgate/osgate.lock").read_bytes())
        self.lock = lock

    def push(self, *refs: str) -> None:
        git(self.work, "push", "--quiet", "--force", str(self.bare), *refs)

    def means(self, cache: Path, **fields: object) -> Means:
        moment = wiring.now()
        ledger = lambda found: wiring.ledger(self.lock, moment, offline=False, eager=True)  # noqa: E731
        return Means(**{"kind": "gitlab", "cache": str(cache), "now": moment.instant, "ledger": ledger, **fields})

    def change(self, head: str = "", **fields: object) -> tuple[Change, Project]:
        forge = MemoryForge()
        project = forge.world.add_project("shop/till", git_url=str(fields.pop("git_url", self.bare)))
        change = forge.world.add_change(project, forge.me(), head=head or self.head)
        return replace(change, **fields), project

    def verdict(self, cache: Path, **fields: object) -> Verdict:
        change, project = self.change()
        return judged.verdict_on(change, project, self.means(cache, **fields))
