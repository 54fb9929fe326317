"""Reading the policy repository: policy files, records and seals as bytes, at one revision."""

from __future__ import annotations

from osgate.io.git_write import Repository
from osgate.model.record import record
from osgate.policy.schema import shape_of


@record
class Stored:
    """What a policy repository holds at a revision, by path. oid: the commit; empty where there is none yet."""

    oid: str
    policy: dict[str, bytes]
    records: dict[str, bytes]
    seals: dict[str, bytes]


def load(repository: Repository, rev: str) -> Stored:
    """Read everything the ledger is made of at `rev`. Raises UsageError (`git.*`) where git cannot."""
    policy: dict[str, str] = {}
    records: dict[str, str] = {}
    seals: dict[str, str] = {}
    for path, mode, oid in repository.tree(rev):
        if mode not in ("100644", "100755"):
            continue
        if shape_of(path) is not None:
            policy[path] = oid
        elif path.startswith("records/") and path.endswith(".json"):
            records[path] = oid
        elif path.startswith("seals/") and path.endswith(".json"):
            seals[path] = oid
    data = repository.blobs([*policy.values(), *records.values(), *seals.values()])

    def content(oids: dict[str, str]) -> dict[str, bytes]:
        return {path: data[oid] or b"" for path, oid in oids.items()}

    return Stored(repository.resolve(rev), content(policy), content(records), content(seals))
