"""How the index lies on disk: one SQLite file that is never changed once it has its name.

A writer fills a draft and renames it; whoever reads keeps the file it opened. So there are no locks to wait for, and
nothing half-written is ever read.
"""

from __future__ import annotations

import os
import sqlite3
from sqlite3 import Connection as Connection
from sqlite3 import Error as SqlError

import osgate
from osgate.errors import Undecided

# Whoever reads or fills an index has these from here: no other module of this room knows SQLite.
__all__ = ["Connection", "SqlError", "create", "damaged", "maker", "open_for_reading", "reopen"]

# Raised when what is kept, or how a version is packed, changes; an index of another format is made anew.
FORMAT = 1
APPLICATION = 0x6F73_6761
SCHEMA = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE archive(
  id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, ecosystem TEXT NOT NULL, stamp TEXT NOT NULL, digest TEXT NOT NULL,
  newest TEXT NOT NULL, records INTEGER NOT NULL, problem TEXT NOT NULL, refused TEXT NOT NULL);
CREATE TABLE record(
  id INTEGER PRIMARY KEY, archive INTEGER NOT NULL, digest BLOB NOT NULL, name TEXT NOT NULL, modified TEXT NOT NULL,
  kind TEXT NOT NULL, severity TEXT NOT NULL, score TEXT NOT NULL, aliases TEXT NOT NULL, summary TEXT NOT NULL);
CREATE TABLE span(
  component TEXT NOT NULL, record INTEGER NOT NULL, number INTEGER NOT NULL, release TEXT NOT NULL, lo BLOB, hi BLOB,
  closed INTEGER NOT NULL, fixed TEXT NOT NULL, doubt TEXT NOT NULL, PRIMARY KEY(component, record, number)
  ) WITHOUT ROWID;
"""
MAKER = "maker"


def maker() -> str:
    """Return what an index must have been made by: packed versions of another release may compare otherwise."""
    return f"osgate {osgate.__version__} format {FORMAT}"


def open_for_reading(path: str) -> Connection:
    """Open the index at `path`, which nobody changes any more.

    Raises Undecided: `advisories.none` without a file, `advisories.damaged`, `advisories.older` for one that another
    release made; each names the command that mends it.
    """
    if not os.path.isfile(path):
        raise Undecided("advisories.none", path=path)
    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    try:
        connection = sqlite3.connect(f"file:{quoted}?mode=ro&immutable=1", uri=True, isolation_level=None)
        made = _maker(connection, path)
    except SqlError as error:
        raise damaged(path, error) from None
    if made != maker():
        connection.close()
        raise Undecided("advisories.older", path=path, made=made, known=maker())
    return connection


def _maker(connection: Connection, path: str) -> str:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (pages,), (size,) = connection.execute("PRAGMA page_count").fetchone(), _page_size(connection)
    if application != APPLICATION or pages * size != os.path.getsize(path):
        raise sqlite3.DatabaseError("not an index, or not all of one")
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (MAKER,)).fetchone()
    return str(row[0]) if row else ""


def _page_size(connection: Connection) -> tuple[int]:
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    return (int(size),)


def damaged(path: str, error: object) -> Undecided:
    """Return the error for an index that cannot be read."""
    return Undecided("advisories.damaged", path=path, cause=str(error)[:200])


def create(path: str) -> Connection:
    """Open a new, empty index at `path` for writing; what is committed is on the disk."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(f"PRAGMA journal_mode=OFF; PRAGMA application_id={APPLICATION};{SCHEMA}")
    connection.execute("INSERT INTO meta VALUES(?, ?)", (MAKER, maker()))
    return connection


def reopen(path: str) -> Connection:
    """Open a draft, a copy of an index, for writing."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=OFF")
    return connection
