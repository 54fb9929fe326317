"""Locks and the manifests that people write: where a change leaves the two out of step."""

from __future__ import annotations

from osgate.model.change import FileProblem
from osgate.model.dependency import Unreadable
from osgate.model.gap import Gap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from osgate.model.change import ChangeSet, Disagreement, Siblings

    # formats.table.disagreements, locks_of and manifests_of.
    Compare = Callable[[str, bytes, Siblings], tuple[Disagreement, ...]]
    Places = Callable[[str], tuple[str, ...]]
    SameRecord = Callable[[str, bytes, bytes], bool]


def nowhere(path: str) -> tuple[str, ...]:
    """Where the locks of a manifest stand where nobody knows."""
    return ()


def never(path: str, before: bytes, after: bytes) -> bool:
    """Whether a lock records what it recorded before, where nobody knows."""
    return False


def out_of_step(
    change: ChangeSet,
    compare: Compare,
    locks_of: Places = nowhere,
    manifests_of: Places = nowhere,
    same_record: SameRecord = never,
) -> Iterator[FileProblem | Gap]:
    """Yield every disagreement of a lock and its manifests that was not there before.

    Nothing is compared where no manifest stands beside the lock (every workspace has one at its root), nor where
    neither a manifest changed nor what the lock records of them.

    A manifest that cannot be read is a gap: what it holds is not what gets installed.
    """
    touched = {lock for manifest in change.manifests for lock in locks_of(manifest)}
    for lock in change.locks:
        if lock not in touched and not _answers(lock, change, manifests_of):
            continue
        data = change.after(lock)
        old = change.before(lock) if lock not in touched else None
        if data is None or (old is not None and same_record(lock, old, data)):
            continue
        try:
            new = compare(lock, data, change.after)
        except Unreadable as why:
            yield Gap(lock, "not-compared", (("reason", why.reason),))
            continue
        had = {_mark(found) for found in _before(lock, change, compare)}
        for found in new:
            if _mark(found) not in had:
                yield _problem(lock, found)


def _answers(lock: str, change: ChangeSet, manifests_of: Places) -> bool:
    beside = manifests_of(lock)
    return not beside or any(change.after(manifest) is not None for manifest in beside)


def _before(lock: str, change: ChangeSet, compare: Compare) -> tuple[Disagreement, ...]:
    data = change.before(lock)
    try:
        return compare(lock, data, change.before) if data is not None else ()
    except Unreadable:
        return ()


def _mark(found: Disagreement) -> tuple[str, str, str, str]:
    return found.manifest, found.name, found.declared, found.locked


def _problem(lock: str, found: Disagreement) -> FileProblem:
    params = (("declared", found.declared), ("lock", lock), ("locked", found.locked), ("requirement", found.name))
    return FileProblem(found.manifest, found.line, "out-of-step", False, params, "step", f"{lock} {found.name}")


def unlocked(change: ChangeSet, compare: Compare, locks_of: Places, manifests_of: Places) -> Iterator[FileProblem]:
    """Yield each lock that is gone from beside a manifest that stays, with no other lock for it.

    That is any lock beside it, or one in a folder above that answers to it.
    """
    for lock in [file.path for file in change.files if file.after is None]:
        for manifest in manifests_of(lock):
            left = change.after(manifest) is not None
            if left and not any(_stands_in(other, manifest, change, compare) for other in locks_of(manifest)):
                yield FileProblem(lock, 0, "lock-deleted", False, (("manifest", manifest),), "lock", manifest)


def _stands_in(lock: str, manifest: str, change: ChangeSet, compare: Compare) -> bool:
    """Tell whether the lock is there and made for the manifest; one further up is, if comparing it asks for that."""
    data = change.after(lock)
    if data is None or _folder(lock) == _folder(manifest):
        return data is not None
    asked: set[str] = set()

    def siblings(path: str) -> bytes | None:
        asked.add(path)
        return change.after(path)

    try:
        compare(lock, data, siblings)
    except Unreadable:
        pass
    return manifest in asked


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
