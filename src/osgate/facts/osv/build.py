"""Making the index of a mirror: each archive is read once, and again only where its bytes have changed.

Of a changed archive only records whose bytes are new are parsed. What cannot be read is told with its reason; as long
as something of an archive is lost, nothing of it is forgotten, and the index answers with what it has and an Unknown.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from osgate.errors import Undecided, UsageError
from osgate.facts.osv import archives, layout
from osgate.facts.osv.archives import HARMLESS, Archive, Damaged, Limits, Member
from osgate.facts.osv.record import Elsewhere, Entry, Malformed, decode
from osgate.io.files import FolderLock
from osgate.model.record import record

_DIGEST = 16
USUAL = Limits()
# Refused members that a report names, by reason; the others are counted.
_NAMED = 5


@record
class Read:
    """What became of one archive.

    digest: of its bytes. newest: the day of its newest record, empty where none tells one. records: those it has;
    parsed: those that were new; gone: those it no longer has. problem: why it is not whole, empty where it is.
    refused: reason, how many, and the first names.
    """

    path: str
    ecosystem: str
    digest: str
    newest: str
    records: int
    parsed: int
    gone: int
    problem: str
    refused: tuple[tuple[str, int, tuple[str, ...]], ...]


@record
class Synced:
    """What a sync did. archives: those that were read; same: paths of those that had not changed.

    dropped: paths of archives of roots that are no longer named; strange: folders of ecosystems without purls.
    """

    archives: tuple[Read, ...]
    same: tuple[str, ...]
    dropped: tuple[str, ...]
    strange: tuple[str, ...]


@record
class _Known:
    """A row of the table `archive`."""

    id: int
    path: str
    stamp: str
    digest: str
    problem: str


def sync(roots: Sequence[str], path: str, now: str, limits: Limits = USUAL, thorough: bool = False) -> Synced:
    """Bring the index at `path` up to the mirrors at `roots`; returns what was done.

    now: UTC instant; records that say they are of later are not taken for fresh. thorough: archives whose size and time
    are the same are read all the same. An index that is damaged, or that another release made, is made anew.
    Raises UsageError: `advisories.root` for a mirror that cannot be read, `advisories.write` where the index cannot be
    written; Undecided("advisories.busy") while another process writes it. Then the old index is still there.
    """
    found, strange = _discovered(roots)
    draft = f"{path}.{os.getpid()}.tmp"
    try:
        with FolderLock(f"{path}.lock"), contextlib.ExitStack() as stack:
            stack.callback(_remove, draft)
            connection = stack.enter_context(contextlib.closing(_draft(path, draft)))
            done = _Sync(connection, now, limits, thorough).run(roots, found, tuple(strange))
            changed = connection.total_changes
            connection.close()
            if changed:
                os.replace(draft, path)
    except BlockingIOError:
        raise Undecided("advisories.busy", path=path) from None
    except (OSError, layout.SqlError) as error:
        raise UsageError("advisories.write", path=path, cause=str(error)[:200]) from None
    return done


def _discovered(roots: Iterable[str]) -> tuple[list[Archive], list[str]]:
    found: dict[str, Archive] = {}
    strange: list[str] = []
    for root in roots:
        here, others = archives.discover(root)
        found.update({archive.path: archive for archive in here})
        strange += others
    return list(found.values()), strange


def _draft(path: str, draft: str) -> layout.Connection:
    """A copy of the index, or an empty one where there is none to go on from; what a killed writer left is removed."""
    folder, name = os.path.split(path)
    for left in os.listdir(folder or "."):
        if left.startswith(f"{name}.") and left.endswith(".tmp"):
            _remove(os.path.join(folder, left))
    try:
        with contextlib.closing(layout.open_for_reading(path)) as old:
            (healthy,) = old.execute("PRAGMA quick_check(1)").fetchone()
        if healthy == "ok":
            shutil.copyfile(path, draft)
            return layout.reopen(draft)
    except (Undecided, layout.SqlError):
        pass
    return layout.create(draft)


def _remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


class _Sync:
    """One run over a draft, in one transaction."""

    def __init__(self, connection: layout.Connection, now: str, limits: Limits, thorough: bool) -> None:
        self._sql = connection
        self._now = now
        self._limits = limits
        self._thorough = thorough

    def run(self, roots: Sequence[str], found: list[Archive], strange: tuple[str, ...]) -> Synced:
        self._sql.execute("BEGIN")
        rows = self._sql.execute("SELECT id, path, stamp, digest, problem FROM archive").fetchall()
        known = {row[1]: _Known(*row) for row in rows}
        read: list[Read] = []
        same: list[str] = []
        for archive in found:
            before = known.get(archive.path)
            told = self._update(archive, before)
            read += [told] if told else []
            same += [] if told else [archive.path]
        dropped = self._missing({a.path for a in found}, known.values(), roots)
        self._sql.execute("COMMIT")
        return Synced(tuple(read), tuple(same), tuple(dropped), strange)

    def _missing(self, found: set[str], known: Iterable[_Known], roots: Sequence[str]) -> list[str]:
        """Forget archives of roots that are not asked for; those that went missing from one that is are kept, told."""
        dropped = []
        for old in known:
            if old.path in found:
                continue
            if any(old.path.startswith(os.path.join(root, "")) for root in roots):
                if old.problem != "gone":
                    dropped.append(old.path)
                    self._sql.execute("UPDATE archive SET problem = 'gone' WHERE id = ?", (old.id,))
            else:
                dropped.append(old.path)
                self._forget(old.id, self._digests(old.id).values())
                self._sql.execute("DELETE FROM archive WHERE id = ?", (old.id,))
        return dropped

    def _update(self, archive: Archive, before: _Known | None) -> Read | None:
        """Read one archive into the index; None where it is whole and what it was."""
        whole = before if before and not before.problem else None
        if whole and whole.stamp == archive.stamp and not self._thorough:
            return None
        digest = ""
        try:
            digest = archives.digest(archive)
            if whole and whole.digest == digest:
                self._sql.execute("UPDATE archive SET stamp = ? WHERE id = ?", (archive.stamp, whole.id))
                return None
        except Damaged as error:
            return self._told(archive, self._id(archive, before), digest, _Refused(error.reason), 0, 0)
        return self._read(archive, self._id(archive, before), digest)

    def _id(self, archive: Archive, before: _Known | None) -> int:
        if before:
            return before.id
        row = (archive.path, archive.ecosystem.name)
        self._sql.execute("INSERT INTO archive VALUES(NULL, ?, ?, '', '', '', 0, '', '[]')", row)
        (id,) = self._sql.execute("SELECT last_insert_rowid()").fetchone()
        return int(id)

    def _read(self, archive: Archive, id: int, digest: str) -> Read:
        old = self._digests(id)
        kept: set[bytes] = set()
        refused = _Refused()
        parsed = 0
        for member in self._members(archive, refused):
            content = hashlib.sha256(member.data).digest()[:_DIGEST]
            if content in kept:
                continue
            if content not in old:
                try:
                    self._insert(id, content, decode(member.data, archive.ecosystem))
                except (Malformed, Elsewhere) as error:
                    refused.add(getattr(error, "reason", "other-ecosystem"), member.name)
                    continue
                parsed += 1
            kept.add(content)
        if archives.stamp(archive.path) != archive.stamp:
            refused.problem = refused.problem or "changing"
        if not kept:
            refused.problem = refused.problem or "empty"
        gone = [number for content, number in old.items() if content not in kept] if refused.harmless else []
        self._forget(id, gone)
        return self._told(archive, id, digest, refused, parsed, len(gone))

    def _members(self, archive: Archive, refused: _Refused) -> Iterator[Member]:
        """The members of an archive that are to be parsed; of the others the reasons are kept."""
        try:
            for member in archives.members(archive, self._limits):
                if member.refused:
                    refused.add(member.refused, member.name)
                else:
                    yield member
        except Damaged as error:
            refused.problem = error.reason

    def _digests(self, id: int) -> dict[bytes, int]:
        return dict(self._sql.execute("SELECT digest, id FROM record WHERE archive = ?", (id,)).fetchall())

    def _insert(self, archive: int, content: bytes, entry: Entry) -> None:
        words = (entry.id, entry.modified, entry.kind, entry.severity, entry.score, " ".join(entry.aliases))
        self._sql.execute(
            "INSERT INTO record VALUES(NULL,?,?,?,?,?,?,?,?,?)", (archive, content, *words, entry.summary)
        )
        if not entry.places:
            return
        (id,) = self._sql.execute("SELECT last_insert_rowid()").fetchone()
        rows = [
            (p.component, id, n, p.release, p.span.lo, p.span.hi, int(p.span.closed), p.span.fixed, p.span.doubt)
            for n, p in enumerate(entry.places)
        ]
        self._sql.executemany("INSERT INTO span VALUES(?,?,?,?,?,?,?,?,?)", rows)

    def _forget(self, archive: int, records: Iterable[int]) -> None:
        gone = [(number,) for number in records]
        if not gone:
            return
        self._sql.execute("CREATE TEMP TABLE IF NOT EXISTS gone(id INTEGER PRIMARY KEY)")
        self._sql.execute("DELETE FROM gone")
        self._sql.executemany("INSERT INTO gone VALUES(?)", gone)
        self._sql.execute("DELETE FROM span WHERE record IN (SELECT id FROM gone)")
        self._sql.execute("DELETE FROM record WHERE id IN (SELECT id FROM gone)")

    def _told(self, archive: Archive, id: int, digest: str, refused: _Refused, parsed: int, gone: int) -> Read:
        newest, records = self._sql.execute(
            "SELECT coalesce(max(CASE WHEN modified <= ? THEN modified END), ''), count(*) FROM record WHERE archive=?",
            (self._now, id),
        ).fetchone()
        problem = refused.problem or ("" if refused.harmless else "records")
        told = refused.told()
        self._sql.execute(
            "UPDATE archive SET stamp=?, digest=?, newest=?, records=?, problem=?, refused=? WHERE id=?",
            (archive.stamp, digest, newest[:10], records, problem, json.dumps(told), id),
        )
        return Read(archive.path, archive.ecosystem.name, digest, newest[:10], records, parsed, gone, problem, told)


class _Refused:
    """What of one archive was not taken, by reason. problem: why it could not be read to its end."""

    def __init__(self, problem: str = "") -> None:
        self.problem = problem
        self._counts: Counter[str] = Counter()
        self._names: dict[str, list[str]] = {}

    @property
    def harmless(self) -> bool:
        """Whether nothing was lost that could have been an advisory of this ecosystem."""
        return not self.problem and HARMLESS.issuperset(self._counts)

    def add(self, reason: str, name: str) -> None:
        self._counts[reason] += 1
        named = self._names.setdefault(reason, [])
        if len(named) < _NAMED:
            named.append(ascii(name[:100])[1:-1])

    def told(self) -> tuple[tuple[str, int, tuple[str, ...]], ...]:
        return tuple((reason, count, tuple(self._names[reason])) for reason, count in sorted(self._counts.items()))
