"""What a desk keeps of the ledger beside its snapshots, so that the next run reads only what is new.

One SQLite file in a folder of its own, named by the digest of its content and written in one step: what was cut short,
or changed by a dying disk, is no file of ours. It says which commit and seal it belongs to; whether that is true of the
repository at hand, and everything since was only added, is for `incremental` to see. Nothing depends on it: without it
the desk reads everything.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

from osgate import __version__
from osgate.io import files
from osgate.ledger import codec, snapshot_write
from osgate.ledger.fold import Sealed
from osgate.ledger.groups import Group
from osgate.model.record import record

FORMAT = 1
# Who may build on it: the same osgate with the same snapshots. A newer one may fold, weigh or compile otherwise.
MAKER = f"{__version__}/{FORMAT}/{snapshot_write.FORMAT}/{codec.digest(snapshot_write.SCHEMA.encode())}"
_NAME = re.compile(r"([0-9a-f]{64})\.sqlite\Z")
_SCHEMA = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE seal(digest TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE refused(subject TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE waiting(path BLOB PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE circle(id INTEGER PRIMARY KEY, members TEXT NOT NULL);
CREATE TABLE name(id TEXT PRIMARY KEY, circle INTEGER NOT NULL, sealed INTEGER NOT NULL) WITHOUT ROWID;
"""


class Stale(Exception):
    """What was kept cannot be built on. why: key below `desk.whole-`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@record
class Mark:
    """What the kept belongs to.

    commit: of the policy repository; serial, anchor, origin: of its newest and first seal; policy: the policy digest in
    the newest seal; snapshot: digest of the snapshot that was compiled then; keys: digest of the desk's public keys,
    by which the seals were checked; maker: the osgate that wrote it.
    """

    commit: str = ""
    serial: int = 0
    anchor: str = ""
    origin: str = ""
    policy: str = ""
    snapshot: str = ""
    keys: str = ""
    maker: str = MAKER


_MARK = ("commit", "serial", "anchor", "origin", "policy", "snapshot", "keys", "maker")


@record
class News:
    """What a run adds to the kept. dropped: groups that `groups` take the place of; waiting: all that waits now."""

    dropped: frozenset[int]
    groups: tuple[Group, ...]
    seals: tuple[str, ...]
    refused: frozenset[str]
    waiting: Mapping[str, bytes]


def only_read(path: str) -> str:
    """Return the URI by which SQLite opens the file at `path` as it is: no lock, no journal, no change."""
    return f"file:{quote(os.fsencode(path))}?mode=ro&immutable=1"


class Kept:
    """What was kept in the file at `path`; an empty path is nothing at all.

    Every question raises Stale("damaged") where the file is not what this module writes.
    """

    def __init__(self, path: str = "") -> None:
        self.mark = Mark()
        self._connection = sqlite3.connect(only_read(path) if path else ":memory:", isolation_level=None, uri=True)
        if not path:
            self._connection.executescript(_SCHEMA)
            return
        try:
            with _as_written():
                self.mark = Mark(**dict(self._connection.execute("SELECT key, value FROM meta")))
        except Stale:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def circles(self, ids: Iterable[str], beginnings: Iterable[str] = ()) -> frozenset[int]:
        """Return the groups with a record that has or names one of `ids`, or whose id has one of `beginnings`."""
        spans = [*((id, id) for id in ids), *((start, f"{start}\x7f") for start in beginnings)]
        query = "SELECT circle FROM name WHERE id BETWEEN ? AND ?"
        with _as_written():
            return frozenset(row[0] for span in spans for row in self._connection.execute(query, span))

    def members(self, circles: Iterable[int]) -> list[Sealed]:
        """Return the records of these groups, by seal and id; their bodies without signature."""
        found: list[Sealed] = []
        with _as_written():
            for circle in circles:
                (text,) = self._connection.execute("SELECT members FROM circle WHERE id = ?", (circle,)).fetchone()
                found += [Sealed(body, serial, at, witness) for serial, at, witness, body in json.loads(text)]
            return sorted(found, key=lambda item: (item.serial, item.id))

    def has_sealed(self, ids: Iterable[str]) -> bool:
        """True if one of `ids` is that of a record that was sealed."""
        return self._has("SELECT 1 FROM name WHERE id = ? AND sealed", ids)

    def has_seals(self, digests: Iterable[str]) -> bool:
        """True if each of `digests` is that of a seal."""
        return all(self._has("SELECT 1 FROM seal WHERE digest = ?", [digest]) for digest in digests)

    def refused(self, subject: str) -> bool:
        """True if a seal told already that `subject` was refused."""
        return self._has("SELECT 1 FROM refused WHERE subject = ?", [subject])

    def _has(self, query: str, values: Iterable[str]) -> bool:
        with _as_written():
            return any(self._connection.execute(query, (value,)).fetchone() for value in values)

    def waiting(self) -> dict[str, bytes]:
        """Return path -> bytes of the records on main that no seal named yet."""
        with _as_written():
            rows = self._connection.execute("SELECT path, data FROM waiting ORDER BY path")
            return {bytes(path).decode("utf-8", "surrogateescape"): bytes(data) for path, data in rows}

    def write(self, folder: str, mark: Mark, news: News) -> None:
        """Write what was kept and `news` to a new file in `folder`, which replaces every other one. Raises OSError."""
        os.makedirs(folder, exist_ok=True)
        files.remove_drafts(folder)
        draft = os.path.join(folder, "kept.sqlite.tmp")
        files.write(draft, b"")  # A folder nobody may write to says so as a file does, not as a database does.
        try:
            with contextlib.closing(sqlite3.connect(draft, isolation_level=None)) as target:
                self._connection.backup(target)
                _add(target, mark, news)
        except sqlite3.OperationalError as error:
            raise OSError(f"{draft}: {error}") from error
        content = files.read(draft) or b""
        name = f"{hashlib.sha256(content).hexdigest()}.sqlite"
        files.write(os.path.join(folder, name), content)
        for other in os.listdir(folder):
            if other != name:
                os.unlink(os.path.join(folder, other))


def _add(target: sqlite3.Connection, mark: Mark, news: News) -> None:
    for statement in ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "BEGIN"):
        target.execute(statement)
    for table in ("meta", "waiting"):  # Both are written anew.
        target.execute(f"DELETE FROM {table}")  # noqa: S608 - one of the two above
    for circle in news.dropped:
        target.execute("DELETE FROM circle WHERE id = ?", (circle,))
    for group in news.groups:
        added = target.execute("INSERT INTO circle(members) VALUES(?)", (_members(group),)).lastrowid
        sealed = {item.id for item in group.members}
        rows = ((id, added, id in sealed) for id in group.names)
        target.executemany("INSERT OR REPLACE INTO name VALUES(?,?,?)", rows)
    target.executemany("INSERT INTO meta VALUES(?,?)", ((key, getattr(mark, key)) for key in _MARK))
    target.executemany("INSERT OR IGNORE INTO seal VALUES(?)", ((digest,) for digest in news.seals))
    target.executemany("INSERT OR IGNORE INTO refused VALUES(?)", ((subject,) for subject in news.refused))
    waiting = ((path.encode("utf-8", "surrogateescape"), data) for path, data in news.waiting.items())
    target.executemany("INSERT INTO waiting VALUES(?,?)", waiting)
    target.execute("COMMIT")


def _members(group: Group) -> str:
    # The signature was checked when the record was sealed; neither folding nor weighing looks at it again.
    bodies = ({key: value for key, value in item.body.items() if key != "signature"} for item in group.members)
    told = [
        [item.serial, item.sealed_at, dict(item.witness), body]
        for item, body in zip(group.members, bodies, strict=True)
    ]
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


@contextlib.contextmanager
def _as_written() -> Iterator[None]:
    """What a file that is not ours can raise, as Stale."""
    try:
        yield
    except (sqlite3.DatabaseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Stale("damaged") from error


def opened(folder: str) -> Kept:
    """Open what was kept in `folder`.

    Raises Stale: `first` where there is nothing, `damaged`, `version` where another osgate wrote it.
    """
    names = [name for name in (os.listdir(folder) if os.path.isdir(folder) else ()) if _NAME.match(name)]
    whole = [path for path in (os.path.join(folder, name) for name in names) if _whole(path)]
    if not whole:
        raise Stale("damaged" if names else "first")
    kept = Kept(whole[0])  # Of two, which only a power cut leaves, either will do.
    if kept.mark.maker != MAKER:
        kept.close()
        raise Stale("version")
    return kept


def _whole(path: str) -> bool:
    """Whether the content is the one that the name tells."""
    try:
        content = files.read(path) or b""
    except OSError:
        return False
    return f"{hashlib.sha256(content).hexdigest()}.sqlite" == os.path.basename(path)
