"""The ledger as a desk run needs it: what an earlier run kept, and what came since.

Read whole, everything came since and nothing was kept: one way for both. Whatever does not follow from the kept by
adding is not understood here but read whole, which tells exactly what is wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from osgate.io.git_write import Repository
from osgate.ledger import codec, groups, history, store_git
from osgate.ledger.fold import Sealed
from osgate.ledger.history import History, Point
from osgate.ledger.snapshot_kept import Kept, Mark, News, Stale
from osgate.model.policy import Key
from osgate.model.record import record, replace

_ID = re.compile(r"[a-z0-9]+:[0-9a-f]{32,128}\Z")


@record
class Touched:
    """The groups that what came since belongs to, whole. old: their records that were kept; items: all their records.

    circles: their names in the kept.
    """

    circles: frozenset[int]
    old: tuple[Sealed, ...]
    items: tuple[Sealed, ...]


@record
class Past:
    """kept: what an earlier run knew; since: what came after it. files: how many record files were read."""

    kept: Kept
    since: History
    files: int

    @property
    def policy(self) -> str:
        """The policy digest in the newest seal; empty before the first."""
        return str(self.since.seals[-1].body.get("policy", "")) if self.since.seals else self.kept.mark.policy

    def told(self, subject: str) -> bool:
        """True if a seal tells already that `subject` was refused."""
        return subject in self.since.refused or self.kept.refused(subject)

    def about(self, candidates: Iterable[bytes]) -> tuple[Sealed, ...]:
        """Return every sealed record that bears on `candidates` (as they wait, nothing of them checked).

        Those whose groups they name, those that have their ids already, and those that could lie where they would.
        """
        ids: set[str] = set()
        paths: set[str] = set()
        for data in candidates:
            own, names = _names(data)
            ids.update(names)
            paths.update(_beginning(id) for id in own)
        return (*self.kept.members(self.kept.circles(ids, paths)), *self.since.sealed)

    def touched(self) -> Touched:
        """Return the groups that are not any more as they were kept."""
        ids = {id for item in self.since.sealed for id in (item.id, *groups.named(item.body))}
        circles = self.kept.circles(ids)
        old = tuple(self.kept.members(circles))
        return Touched(circles, old, (*old, *self.since.sealed))

    def extended(self, records: Mapping[str, bytes], seals: Mapping[str, bytes], keys: Iterable[Key]) -> Past:
        """Return it with records and seals that were just written. Arguments as for `history.read`."""
        return replace(self, since=history.extended(self.since, records, seals, keys))

    def mark(self, commit: str, snapshot: str, keys: Iterable[Key]) -> Mark:
        """Return what there is to keep belongs to. commit: where main stands; snapshot: digest of what was compiled."""
        now = self.since
        return Mark(commit, now.serial, now.anchor, now.origin, self.policy, snapshot, keys_digest(keys))

    def keep(self, folder: str, mark: Mark, touched: Touched) -> None:
        """Keep everything in `folder`, if that is any news. Raises OSError where it cannot be written."""
        if mark == self.kept.mark and self.since.waiting == self.kept.waiting():
            return
        news = News(
            touched.circles,
            tuple(groups.split(touched.items)),
            tuple(seal.digest for seal in self.since.seals),
            self.since.refused,
            self.since.waiting,
        )
        self.kept.write(folder, mark, news)


def _names(data: bytes) -> tuple[list[str], list[str]]:
    """The id a candidate gives itself, and that one with all it names; none where it cannot be read anyway."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return [], []
    if not isinstance(body, dict):
        return [], []
    own = [id for id in (body.get("id"),) if isinstance(id, str) and _ID.match(id)]
    return own, [*own, *(id for id in groups.named(body) if _ID.match(id))]


def _beginning(id: str) -> str:
    """What ids have in common whose records may share a file (`codec.record_path`)."""
    return id[: id.index(":") + 1] + codec.short(id)


def keys_digest(keys: Iterable[Key]) -> str:
    """Return the digest of public keys with the days they are valid."""
    return codec.digest(codec.canonical([[key.key, key.start, key.end, key.revoked] for key in keys]))


def whole(stored: store_git.Stored, keys: Iterable[Key]) -> Past:
    """Read and check the whole ledger; `since.problems` tells what does not hold."""
    return Past(Kept(), history.read(stored.records, stored.seals, keys), len(stored.records))


def resume(repository: Repository, commit: str, kept: Kept, keys: Iterable[Key], anchors: Iterable[str]) -> Past:
    """Read and check what was added between the commit that was kept and `commit`.

    Raises Stale as `continued` does, and `changed` where the one does not follow from the other by adding, or what was
    kept is of another ledger.
    """
    mark = kept.mark
    added = store_git.added(repository, mark.commit, commit)
    newest = codec.seal_path(mark.serial)
    sealed = repository.paths_at(commit, [newest]).get(newest, ("", "", None))[2]
    here = history.point(sealed or b"", mark.origin)
    if added is None or here.anchor != mark.anchor:
        raise Stale("changed")
    return continued(kept, added, keys, anchors, here.sealed_at)


def continued(
    kept: Kept, added: store_git.Stored, keys: Iterable[Key], anchors: Iterable[str] = (), sealed_at: str = ""
) -> Past:
    """Check what was added to what was kept. anchors: digests of seals that must be there; sealed_at: the kept one's.

    Raises Stale: `keys` where the desk's keys are not those of then, `irregular` where anything does not hold.
    """
    mark, known = kept.mark, tuple(keys)
    if mark.keys != keys_digest(known):
        raise Stale("keys")
    start = History((), (), kept.waiting(), (), Point(mark.serial, mark.anchor, mark.origin, sealed_at))
    since = history.extended(start, added.records, added.seals, known)
    missing = [anchor for anchor in anchors if any(history.check_anchors(since, [anchor]))]
    if since.problems or kept.has_sealed(item.id for item in since.sealed) or not kept.has_seals(missing):
        raise Stale("irregular")
    return Past(kept, since, len(added.records))
