"""Reading the policy repository: policy files, records and seals as bytes, at one revision or since an earlier one.

A record or seal that was moved to an archive is read from there as if it still lay where it belongs.
"""

from __future__ import annotations

from collections.abc import Iterable

from osgate.errors import UsageError
from osgate.io.git_write import Repository
from osgate.ledger import archive
from osgate.model.record import record
from osgate.policy.schema import shape_of

_PLAIN = ("100644", "100755")


@record
class Stored:
    """What a policy repository holds at a revision, by path. oid: the commit; empty where there is none yet.

    seals: also what is broken in archives (`archive.is_flaw`), for the history to tell. archived: paths of the records
    and seals that lie in archives.
    """

    oid: str
    policy: dict[str, bytes]
    records: dict[str, bytes]
    seals: dict[str, bytes]
    archived: frozenset[str] = frozenset()


def load(repository: Repository, rev: str) -> Stored:
    """Read everything the ledger is made of at `rev`. Raises UsageError (`git.*`) where git cannot."""
    oid = repository.resolve(rev)
    files = [(path, blob) for path, mode, blob in repository.tree(oid) if mode in _PLAIN]
    policy, records, seals = _read(repository, _sorted_out(files))
    archives = [(path, blob) for path, blob in files if _kind(path) == _ARCHIVE]
    return Stored(oid, policy, records, seals, _open(repository, archives, records, seals))


def _open(
    repository: Repository, archives: Iterable[tuple[str, str]], records: dict[str, bytes], seals: dict[str, bytes]
) -> frozenset[str]:
    """Add what lies in `archives` (path, object id) to `records` and `seals`; return its paths.

    A line that is no record or seal, or one that is there already, is a flaw.
    """
    archived: set[str] = set()
    for where, oid in archives:
        data = repository.blobs([oid], archive.LARGEST)[oid]
        for number, (path, content) in enumerate(archive.unpacked(where, data), 1):
            target = {_RECORD: records, _SEAL: seals}.get(_kind(path))
            if target is None or path in target:
                seals[path if archive.is_flaw(path) else archive.flaw(where, number)] = content
                continue
            target[path] = content
            archived.add(path)
    return frozenset(archived)


def policy(repository: Repository, rev: str) -> Stored:
    """Read the policy files at `rev` and nothing else. Raises UsageError (`git.*`) where git cannot."""
    oid = repository.resolve(rev)
    found = [(path, blob) for path, mode, blob in repository.tree_files(oid, "policy") if mode in _PLAIN]
    found = [(path, blob) for path, blob in found if shape_of(path) is not None]
    return Stored(oid, *_read(repository, _sorted_out(found)))


def added(repository: Repository, old: str, new: str) -> Stored | None:
    """Read the records and seals that the commit `new` has and the commit `old` had not.

    None where the one does not follow from the other by adding files: a record or seal was changed, removed, archived
    or turned into something else, or git does not know `old` any more.
    """
    try:
        entries = repository.between(old, new)
    except UsageError:
        return None
    ledger = [entry for entry in entries if _kind(entry.path) in (_RECORD, _SEAL, _ARCHIVE)]
    if any(entry.status != "A" or _kind(entry.path) == _ARCHIVE for entry in ledger):
        return None
    kinds = _sorted_out((entry.path, entry.new_oid) for entry in ledger if entry.new_mode in _PLAIN)
    return Stored(new, *_read(repository, kinds))


_POLICY, _RECORD, _SEAL = range(3)
_ARCHIVE, _OTHER = -2, -1


def _kind(path: str) -> int:
    if shape_of(path) is not None:
        return _POLICY
    if path.startswith("records/") and path.endswith(".json"):
        return _RECORD
    if path.startswith("seals/") and path.endswith(".json"):
        return _SEAL
    return _ARCHIVE if archive.is_archive(path) else _OTHER


def _sorted_out(files: Iterable[tuple[str, str]]) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Policy files, records and seals of (path, object id), each by path."""
    kinds: tuple[dict[str, str], dict[str, str], dict[str, str]] = ({}, {}, {})
    for path, oid in files:
        kind = _kind(path)
        if kind >= 0:
            kinds[kind][path] = oid
    return kinds


def _read(
    repository: Repository, kinds: tuple[dict[str, str], dict[str, str], dict[str, str]]
) -> tuple[dict[str, bytes], dict[str, bytes], dict[str, bytes]]:
    """The contents, asked for all at once."""
    data = repository.blobs([oid for kind in kinds for oid in kind.values()])
    policy, records, seals = ({path: data[oid] or b"" for path, oid in kind.items()} for kind in kinds)
    return policy, records, seals
