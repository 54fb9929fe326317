"""The ledger and the policy in force at one revision of a policy repository: to look up, and to weigh beforehand."""

from __future__ import annotations

import json
from typing import Any

from osgate.errors import UsageError
from osgate.intake_desk import governed
from osgate.intake_desk.governed import InForce
from osgate.intake_desk.verbs import Outside
from osgate.intake_desk.weigh import Candidate, Weighed, weigh
from osgate.io.git_write import Repository
from osgate.ledger import codec, history, store_git
from osgate.ledger.history import History
from osgate.policy.valid import ValidPolicy


class Books:
    """What `rev` of the policy repository says. now: UTC instant.

    stored: its files; force: the policy in force, as the desk would find it now, and what main says beyond it; valid:
    the one in force, read. Raises Mistakes where that is not valid, Refused("desk.policy-lost") where it is not there
    any more.
    """

    def __init__(self, repository: Repository, rev: str, now: str) -> None:
        self.stored = store_git.load(repository, rev)
        self.force: InForce = self._in_force(repository, now)
        self.valid: ValidPolicy = self.force.valid
        self.history: History = history.read(self.stored.records, self.stored.seals, self.valid.keys)

    def _in_force(self, repository: Repository, now: str) -> InForce:
        """What the desk's next run would work with: only where main's policy is not what the newest seal names does it
        take more than a look."""
        force = governed.in_force(repository, self.stored, governed.newest_named(self.stored.seals))
        if not force.newer:
            return force
        past = history.read(self.stored.records, self.stored.seals, force.valid.keys)
        sealed = governed.of_policy(past.sealed)
        return governed.settled(repository, self.stored, force, sealed, past.serial, now)

    def find(self, prefix: str) -> str:
        """Return the full id of the one record whose id begins with `prefix` (6 or more hex digits, or a whole id).

        One that is not sealed yet must be named by its whole id. Raises UsageError: `id.none`, `id.several`,
        `id.malformed`, `id.not-sealed`.
        """
        digits = prefix.removeprefix("sha256:").lower()
        if len(digits) < 6 or any(c not in "0123456789abcdef" for c in digits):
            raise UsageError("id.malformed", found=prefix)
        matching = sorted(item.id for item in self.history.sealed if item.id.partition(":")[2].startswith(digits))
        if not matching and len(digits) == len("0" * 64):
            # What is not sealed yet may still be swapped for another record whose id begins alike.
            matching = [id for id in map(_id, self.unsealed().values()) if id == f"sha256:{digits}"][:1]
        if not matching and any(_id(data).partition(":")[2].startswith(digits) for data in self.unsealed().values()):
            raise UsageError("id.not-sealed", found=prefix)
        if not matching:
            raise UsageError("id.none", found=prefix)
        if len(matching) > 1:
            raise UsageError("id.several", found=prefix, count=len(matching))
        return matching[0]

    def unsealed(self) -> dict[str, bytes]:
        """Records that no seal names yet: path -> content."""
        return self.history.waiting

    def preview(self, record: dict[str, Any], now: str) -> Weighed:
        """Weigh `record` as the desk would now, after everything that is on its way already."""
        waiting = [Candidate(path, data) for path, data in self.unsealed().items()]
        past, policy, people = self.history, self.valid.policy, self.valid.people
        outside = Outside(policy=self.force.digest)
        first = weigh(waiting, past.sealed, policy, people, now, past.serial + 1, past.origin, outside)
        sealed = (*self.history.sealed, *first.accepted)
        own = [Candidate("", codec.printed(record))]
        return weigh(own, sealed, policy, people, now, past.serial + 2, past.origin, outside)


def _id(data: bytes) -> str:
    try:
        return str(json.loads(data)["id"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
