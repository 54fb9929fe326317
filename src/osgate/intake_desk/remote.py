"""The policy repository at a forge, as the desk works on it: a bare copy, brought up to the forge and back.

The forge's main is the ledger. What a run sealed counts once the forge has taken it, and only then is it published: a
seal that readers saw must never go missing. Where main moved meanwhile the run is made again on what is there now.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from osgate.errors import Undecided
from osgate.intake_desk import leftovers
from osgate.intake_desk.policy_clone import default_branch
from osgate.io.git import GitFailed, text
from osgate.io.git_write import RefMoved, Repository, init_bare

# What of the repository the desk reads and writes. Tags are its anchors.
MIRRORED = ("refs/heads/", "refs/osgate/", "refs/tags/anchor/")
_SHADOWING = ("refs/heads/refs/", "refs/tags/refs/")


class Remote:
    """url: of the policy repository; folder: of the bare copy, made if need be; access: variables that let git in.

    Raises UsageError (`git.*`, `policy.empty`) where it cannot be fetched.
    """

    def __init__(self, url: str, folder: str, access: Mapping[str, str], now: str) -> None:
        if not os.path.isfile(os.path.join(folder, "config")):
            os.makedirs(folder, exist_ok=True)
            init_bare(folder).close()
        leftovers.remove(folder, now)
        self.repository = Repository(folder)
        self._url, self._access = url, access
        self._there: dict[str, str] = {}
        self.branch = default_branch(self.repository, url, access)
        self.main = f"refs/heads/{self.branch}"

    def __enter__(self) -> Remote:
        self.fetch()
        return self

    def __exit__(self, *_: object) -> None:
        self.repository.close()

    def fetch(self) -> None:
        """Make the copy what the forge has now; whatever a run left here that never got there is gone.

        Raises Undecided("desk.ambiguous") for a branch or tag that stands in main's way and cannot be removed.
        """
        self._clear_the_way()
        specs = [f"+{prefix}*:{prefix}*" for prefix in MIRRORED]
        self.repository.fetch(self._url, *specs, prune=True, env=self._access)
        self._there = self._refs()

    def _clear_the_way(self) -> None:
        """Remove branches and tags called like a whole reference (`refs/heads/main` as a branch's name): git refuses to
        push to what two references could mean, and anybody may make the second one."""
        said = self.repository.run("ls-remote", "--refs", "--", self._url, env=self._access)
        for line in text(said).split("\n"):
            oid, _, name = line.partition("\t")
            if not name.startswith(_SHADOWING):
                continue
            try:
                self.repository.push(self._url, f":{name}", leases={name: oid}, env=self._access)
            except (RefMoved, GitFailed) as error:
                raise Undecided("desk.ambiguous", ref=name) from error

    def deliver(self) -> None:
        """Have the forge take main as it stands here. Raises Undecided("desk.moved") where it has moved meanwhile."""
        self._push([self.main])

    def settle(self) -> None:
        """Have the forge take all else that the run did: branches that are done, what was refused, anchors.

        Raises Undecided("desk.moved") where somebody pushed to one of them meanwhile: the next run sees to it.
        """
        failed: list[Undecided] = []
        names = sorted({*self._refs(), *self._there})
        for prefix in MIRRORED:
            try:
                self._push([name for name in names if name.startswith(prefix)])
            except Undecided as error:
                failed.append(error)
        if failed:
            raise failed[0]

    def _push(self, names: list[str]) -> None:
        here = self._refs()
        moved = [name for name in names if here.get(name) != self._there.get(name)]
        if not moved:
            return
        leases = {name: self._there.get(name, "") for name in moved}
        specs = [f"{name}:{name}" if name in here else f":{name}" for name in moved]
        try:
            self.repository.push(self._url, *specs, leases=leases, env=self._access)
        except RefMoved as error:
            raise Undecided("desk.moved", ref=error.params["ref"], reason=error.params["reason"]) from error
        for name in moved:
            if name in here:
                self._there[name] = here[name]
            else:
                self._there.pop(name, None)

    def _refs(self) -> dict[str, str]:
        return {name: oid for prefix in MIRRORED for name, oid in self.repository.refs(prefix)}
