"""Where facts are kept: what each source told of a component, when, and since when osgate has seen it say so.

One SQLite file, shared by hooks, CI and watch on a machine. Many may read and write at once: writing is a transaction
under SQLite's own locks, so that nobody reads half of one. Nothing that was once told is deleted: a value that a source
no longer tells has ended, and stays for whoever asks later.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from osgate import purl as purls
from osgate.errors import Undecided, UsageError
from osgate.model.decision import Post
from osgate.model.dependency import Dependency
from osgate.model.fact import Fact, Unknown

FORMAT = 1
APPLICATION = 0x6F73_6766
# The facts that the fence of an approval is made of; others (a date, a count) may change and nothing is broken.
FENCED = frozenset({"licence", "publisher", "trust", "severity", "install-code"})
# Seconds that a writer waits for another one, and a reader for a writer: a commit waits for whoever reads.
PATIENCE, READING = 10.0, 1.0
# Characters of a value, and of any other text of a fact; a longer one is kept as an Unknown.
LONGEST, LONGEST_NAME = 20_000, 2_000
SCHEMA = """
CREATE TABLE seen(purl TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE fact(
  purl TEXT NOT NULL, name TEXT NOT NULL, source TEXT NOT NULL, ended TEXT NOT NULL, value TEXT NOT NULL,
  unknown TEXT NOT NULL, date TEXT NOT NULL, digest TEXT NOT NULL, first_seen TEXT NOT NULL,
  PRIMARY KEY(purl, name, source, ended, unknown, value)) WITHOUT ROWID;
"""
# Ranks are few, and looked for among all facts. Made anew in files that are older than it.
_RANKS = "CREATE INDEX IF NOT EXISTS ranks ON fact(purl, value, ended, unknown, name) WHERE name = 'rank'"
_FIELDS = "purl, name, value, unknown, source, date, digest, first_seen, ended"
_SEEN = "SELECT at FROM seen WHERE purl = ?"
_TOLD_OF, _IN_ORDER = f"SELECT {_FIELDS} FROM fact WHERE ended = '' AND purl IN", "ORDER BY purl, name, source, value"  # noqa: S608
# Purls that one query asks for.
_AT_ONCE = 500
_HISTORY = f"SELECT {_FIELDS} FROM fact WHERE purl = ? ORDER BY name, source, first_seen, ended, value"  # noqa: S608
_EACH = f"SELECT {_FIELDS} FROM fact WHERE ended = '' ORDER BY purl, name, source, value"  # noqa: S608
_SOURCES = "SELECT source, count(*), max(date) FROM fact WHERE ended = '' GROUP BY source ORDER BY source"
_OF_SOURCE = "SELECT DISTINCT purl, name, source FROM fact WHERE source = ? AND ended = ''"
_TOLD = "SELECT unknown, value FROM fact WHERE purl = ? AND name = ? AND source = ? AND ended = ''"
_RANKED = "SELECT purl, value FROM fact WHERE purl >= ? AND purl < ? AND name = 'rank' AND ended = '' AND unknown = ''"
_ONE = "WHERE purl = ? AND name = ? AND source = ? AND ended = '' AND unknown = ? AND value = ?"
# What reading a row runs into that nobody wrote here.
_STRANGE = (ValueError, TypeError, RecursionError)
_Key = tuple[str, str, str]
_Values = dict[tuple[str, str], Fact]


class Store:
    """The facts in the file at `path`, which is there; see `create`.

    Raises Undecided: `facts.none` without a file, `facts.damaged`, `facts.format`, each naming what mends it; and
    `facts.busy` from any method, where another process kept it locked for PATIENCE seconds, of a reader for READING;
    and `facts.damaged` where a row is none that was written here.
    """

    def __init__(self, path: str, *, write: bool = False) -> None:
        if not os.path.isfile(path):
            raise Undecided("facts.none", path=path)
        self._path = path
        self._sql = self._opened(write)
        self._held: dict[str, list[Fact]] = {}
        self._seen: dict[str, str] = {}

    def _opened(self, write: bool) -> sqlite3.Connection:
        with self._told():
            patience = PATIENCE if write else READING
            connection = _connect(self._path, "rw" if write else "ro", patience)
            try:
                _check(connection, self._path)
                if write:
                    # Nothing is lost without it but time.
                    with contextlib.suppress(sqlite3.OperationalError):
                        connection.execute(_RANKS)
            except sqlite3.OperationalError as error:
                connection.close()
                if write or error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
                    raise
                # Somebody died while writing: only who may write can take back what was half done.
                connection = _connect(self._path, "rw", patience)
                _check(connection, self._path)
            except BaseException:
                connection.close()
                raise
        return connection

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Say in our words what SQLite says in its own."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise Undecided("facts.busy", path=self._path) from None
            if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
                raise UsageError("facts.write", path=self._path, cause=str(error)[:200]) from None
            raise Undecided("facts.damaged", path=self._path, cause=str(error)[:200]) from None

    def _rows(self, sql: str, values: tuple[object, ...]) -> list[Any]:
        with self._told():
            return self._sql.execute(sql, values).fetchall()

    def _fact(self, row: Any) -> Fact:
        try:
            return _fact(row)
        except _STRANGE as error:
            raise Undecided("facts.damaged", path=self._path, cause=f"row of {ascii(row[0])[:100]}") from error

    def facts(self, purl: str) -> tuple[Fact, ...]:
        """Return all that is told now of one component version and of its component, by name and source.

        purl: canonical, with or without version. What a source cannot tell is among it, as an Unknown.
        """
        component = purls.parse(purl).component
        self.hold((purl, component))
        return self.told(purl, component)[0]

    def told(self, purl: str, component: str) -> tuple[tuple[Fact, ...], str, str]:
        """Return the same as `facts`, and what `first_seen` tells of the purl and of its component.

        component: of the purl, without version.
        """
        if purl not in self._held or component not in self._held:
            self.hold((purl, component))
        found = self._held[purl] if component == purl else (*self._held[purl], *self._held[component])
        return tuple(found), self._seen.get(purl, ""), self._seen.get(component, "")

    def hold(self, purls: Iterable[str]) -> None:
        """Look these purls up at once; what `told` tells of them afterwards is as of now."""
        wanted = list(dict.fromkeys(purls))
        for start in range(0, len(wanted), _AT_ONCE):
            some = tuple(wanted[start : start + _AT_ONCE])
            places = ",".join("?" * len(some))
            self._held.update({purl: [] for purl in some})
            for row in self._rows(f"{_TOLD_OF} ({places}) {_IN_ORDER}", some):
                self._held[row[0]].append(self._fact(row))
            self._seen.update(self._rows(f"SELECT purl, at FROM seen WHERE purl IN ({places})", some))  # noqa: S608

    def history(self, purl: str) -> tuple[Fact, ...]:
        """Return all that was ever told of exactly this purl, the earliest of each name and source first."""
        return tuple([self._fact(row) for row in self._rows(_HISTORY, (purl,))])

    def empty(self) -> bool:
        """Return True if nothing was ever told."""
        return not self._rows("SELECT 1 FROM fact LIMIT 1", ())

    def first_seen(self, purl: str) -> str:
        """Return the UTC instant when osgate first saw this purl, empty where it never did."""
        rows = self._rows(_SEEN, (purl,))
        return str(rows[0][0]) if rows else ""

    def ranked(self, type: str) -> list[tuple[str, int]]:
        """Return the popular components of a purl type with their rank, the most popular first."""
        rows = self._rows(_RANKED, (f"pkg:{type}/", f"pkg:{type}0"))
        return sorted(((str(purl), int(rank)) for purl, rank in rows if str(rank).isdecimal()), key=lambda row: row[1])

    def of(self, component: str, versions: Iterable[str]) -> tuple[Post, ...]:
        """Return what an approval of some versions would be fenced by: what the desk asks (`Outside.facts`)."""
        found = [self.facts(purls.versioned(component, version)) for version in dict.fromkeys(versions)]
        posts = [
            Post(fact.name, fact.value, fact.source)
            for facts in found
            for fact in facts
            if fact.name in FENCED and isinstance(fact.value, str) and fact.value
        ]
        return tuple(dict.fromkeys(posts))

    def known(self, dependency: Dependency) -> tuple[Post, ...]:
        """Return the same of one dependency: what a check asks (`Asked.known`)."""
        return self.of(dependency.component, (dependency.version,))

    def each(self) -> Iterator[Fact]:
        """Yield everything that is told now, by purl, name and source."""
        with self._told():
            for row in self._sql.execute(_EACH):
                yield self._fact(row)

    def sources(self) -> tuple[tuple[str, int, str], ...]:
        """Return of each source that tells something now its name, how much it tells, and the newest date of that."""
        return tuple((str(source), int(count), str(date)) for source, count, date in self._rows(_SOURCES, ()))

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Let all that is put meanwhile be one transaction: with an exception nothing of it is kept."""
        with self._transaction():
            yield

    def put(
        self,
        facts: Iterable[Fact],
        now: str,
        whole: str = "",
        refuse: Callable[[Fact], object] | None = None,
    ) -> int:
        """Keep what sources tell now, in one transaction; returns how many values are new or have ended.

        now: UTC instant. All values that a source is given for one purl and name replace those it told before; what it
        tells again keeps the day it was first seen. A fact that says itself when it was first seen, as one of another
        store does, is believed where it is new here. whole: a source that tells here all it knows, so that the rest of
        what it told has ended. refuse: is told each fact that cannot be kept, as one of no purl or with a name without
        end; without it such a fact raises UsageError, and nothing is kept. Raises UsageError where the file cannot be
        written.
        """
        by_key: dict[_Key, _Values] = {}
        for told in facts:
            try:
                key, fact = str(purls.parse(told.purl)), _bounded(told)
            except UsageError:
                if refuse is None:
                    raise
                refuse(told)
                continue
            by_key.setdefault((key, fact.name, fact.source), {})[_columns(fact.value)] = fact
        with self._transaction():
            for key in self._sql.execute(_OF_SOURCE, (whole,)).fetchall() if whole else ():
                by_key.setdefault(key, {})
            return sum([self._replace(key, told, now) for key, told in by_key.items()])

    def see(self, seen: Iterable[str], now: str) -> None:
        """Keep that osgate has seen these purls, for those it had not seen before. Raises UsageError for no purl."""
        rows = [(str(purls.parse(purl)), now) for purl in seen]
        with self._transaction():
            self._sql.executemany("INSERT OR IGNORE INTO seen VALUES(?, ?)", rows)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        if self._sql.in_transaction:
            yield
            return
        with self._told():
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._sql.execute("COMMIT")
            except BaseException:
                # On a full disk SQLite has taken all back already, and says so of this.
                with contextlib.suppress(sqlite3.Error):
                    self._sql.execute("ROLLBACK")
                raise

    def _replace(self, key: _Key, told: _Values, now: str) -> int:
        """Let what `key` told before end where it is not told any more, and add what is new."""
        before = set(self._sql.execute(_TOLD, key).fetchall())
        for value in before - told.keys():
            # Told and ended twice within one instant: once is enough.
            self._sql.execute(f"UPDATE OR REPLACE fact SET ended = ? {_ONE}", (now, *key, *value))  # noqa: S608
        for value, fact in told.items():
            if value in before:
                row = (fact.date, fact.digest, *key, *value)
                self._sql.execute(f"UPDATE fact SET date = ?, digest = ? {_ONE}", row)  # noqa: S608
            else:
                self._sql.execute(
                    "INSERT INTO fact VALUES(?,?,?,'',?,?,?,?,?)",
                    (*key, value[1], value[0], fact.date, fact.digest, fact.first_seen or now),
                )
        first = min([fact.first_seen for fact in told.values() if fact.first_seen], default=now)
        if any(_is_there(fact) for fact in told.values()):
            self._sql.execute("INSERT OR IGNORE INTO seen VALUES(?, ?)", (key[0], first))
        return len(before.symmetric_difference(told))

    def close(self) -> None:
        """Let the file go."""
        self._sql.close()


def create(path: str) -> None:
    """Make an empty store at `path`, unless there is one; of several processes one makes it.

    Raises UsageError("facts.write") where the file cannot be written.
    """
    if os.path.exists(path):
        return
    draft = f"{path}.{os.getpid()}.tmp"
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with contextlib.closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            connection.executescript(
                f"PRAGMA application_id={APPLICATION}; PRAGMA user_version={FORMAT}; BEGIN; {SCHEMA} {_RANKS}; COMMIT;"
            )
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    except (OSError, sqlite3.Error) as error:
        raise UsageError("facts.write", path=path, cause=str(error)[:200]) from None
    finally:
        with contextlib.suppress(OSError):
            os.unlink(draft)


def mend(path: str, aside: str) -> int:
    """Set a damaged store aside and begin a new one with what can still be read of it; returns how many facts.

    aside: where the old file goes, as evidence. Raises UsageError("facts.write").
    """
    try:
        os.replace(path, aside)
        with contextlib.suppress(FileNotFoundError):
            os.replace(f"{path}-journal", f"{aside}-journal")
    except OSError as error:
        raise UsageError("facts.write", path=path, cause=error.strerror or str(error)) from None
    create(path)
    with contextlib.closing(Store(path, write=True)) as store, store._transaction():
        saved = [_salvage(aside, store._sql, table) for table in ("seen", "fact")]
    return saved[1]


def _salvage(path: str, into: sqlite3.Connection, table: str) -> int:
    """Copy the rows of a table that can be read, up to the first that cannot, from its beginning and from its end; rows
    that are no facts are left behind."""
    before = into.total_changes
    for order in ("ASC", "DESC"):
        with contextlib.suppress(sqlite3.Error), contextlib.closing(_connect(path, "rw", PATIENCE)) as old:
            fields = _FIELDS if table == "fact" else "*"
            for row in old.execute(f"SELECT {fields} FROM {table} ORDER BY purl {order}"):  # noqa: S608
                if table == "fact" and not _is_fact(row):
                    continue
                into.execute(f"INSERT OR IGNORE INTO {table}{_named(table)} VALUES({','.join('?' * len(row))})", row)
    return into.total_changes - before


def _named(table: str) -> str:
    return f"({_FIELDS})" if table == "fact" else ""


def _is_fact(row: Any) -> bool:
    try:
        _fact(row)
    except _STRANGE:
        return False
    return True


def _connect(path: str, mode: str, patience: float) -> sqlite3.Connection:
    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return sqlite3.connect(f"file:{quoted}?mode={mode}", uri=True, timeout=patience, isolation_level=None)


def _check(connection: sqlite3.Connection, path: str) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (format,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        raise sqlite3.DatabaseError("not a store of facts")
    if format != FORMAT:
        raise Undecided("facts.format", path=path, found=format, known=FORMAT)
    connection.execute("SELECT 1 FROM fact LIMIT 1").fetchone()


def _is_there(fact: Fact) -> bool:
    """Whether a fact shows that its purl exists: that nobody answers, or has it, is told of what does not exist yet."""
    return fact.value == "yes" if fact.name == "present" else isinstance(fact.value, str) and bool(fact.value)


def _columns(value: str | Unknown) -> tuple[str, str]:
    """A value as the columns `unknown` and `value`: of an Unknown the reason, and its parameters as JSON."""
    if isinstance(value, str):
        return "", value
    import json

    return value.reason, json.dumps(value.params, ensure_ascii=False)


def _bounded(fact: Fact) -> Fact:
    """The fact as it can be kept: what is too long, or no text, is known to be there and not known itself."""
    for text in (fact.name, fact.source, fact.date, fact.digest, fact.purl):
        if len(text) > LONGEST_NAME or not _storable(text):
            raise UsageError("facts.text", text=ascii(text[:80]))
    if isinstance(fact.value, str) and (len(fact.value) > LONGEST or not _storable(fact.value)):
        lost = Unknown("value", (("length", str(len(fact.value))),))
        return Fact(fact.purl, fact.name, lost, fact.source, fact.date, fact.digest, fact.first_seen)
    return fact


def _storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _fact(row: Any) -> Fact:
    """The fact of a row. Raises one of _STRANGE for a row that is none."""
    if not all(isinstance(field, str) for field in row):
        raise TypeError
    purl, name, value, unknown, source, date, digest, first_seen, ended = row
    told: str | Unknown = value
    if unknown:
        import json

        told = Unknown(unknown, tuple((str(key), str(of)) for key, of in json.loads(value)))
    return Fact(purl, name, told, source, date, digest, first_seen, ended)
