"""A new snapshot from an earlier one and the groups of records that changed since, byte-equal to a full compile.

The rows of all other groups go from file to file inside SQLite: nothing of them is read as JSON, folded or verified.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable

from osgate.ledger import snapshot_write
from osgate.ledger.fold import State
from osgate.ledger.snapshot_kept import Stale, only_read
from osgate.ledger.snapshot_read import Snapshot
from osgate.model.decision import Standing
from osgate.policy.valid import ValidPolicy

_ROWS = """
CREATE TEMP TABLE dropped(id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP VIEW every_standing AS
  SELECT c.key AS key, s.rowid AS place, s.* FROM old.standing s JOIN old.component c ON c.id = s.component
    WHERE s.record NOT IN (SELECT id FROM dropped)
  UNION ALL SELECT c.key, s.rowid, s.* FROM part.standing s JOIN part.component c ON c.id = s.component;
CREATE TEMP VIEW every_waiting AS
  SELECT c.key AS key, w.rowid AS place, w.* FROM old.waiting w JOIN old.component c ON c.id = w.component
    WHERE w.request NOT IN (SELECT id FROM dropped)
  UNION ALL SELECT c.key, w.rowid, w.* FROM part.waiting w JOIN part.component c ON c.id = w.component;
"""
# The order of `fold.State`, in which a full compile writes. All rows of one record lie in one of the two files, so that
# their place there decides between equals.
_ORDERS = {
    "standing": ("key", "effect", "serial", "record", "range", "place"),
    "waiting": ("request", "place"),
}


def write(
    path: str, earlier: str, state: State, dropped: Iterable[str], valid: ValidPolicy, serial: int, anchor: str
) -> None:
    """Write to a new file at `path` what `snapshot_write.write` would write of the whole ledger.

    earlier: path of the snapshot that is built on, as an osgate of the same version compiled it. state: the fold of the
    groups that changed since; dropped: ids of all records that `earlier` may know in these groups. serial, anchor: of
    the newest seal. Raises OSError where the file cannot be written, Stale where `earlier` is damaged.
    """
    part = f"{path}.part.tmp"
    snapshot_write.write(part, state, valid, serial, anchor)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    try:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None, uri=True)) as connection:
            connection.execute("ATTACH ? AS part", (only_read(part),))
            connection.execute("ATTACH ? AS old", (only_read(earlier),))
            _merge(connection, dropped)
    except sqlite3.OperationalError as error:
        raise OSError(f"{path}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise Stale("published") from error
    finally:
        os.unlink(part)


def _merge(connection: sqlite3.Connection, dropped: Iterable[str]) -> None:
    """Fill the empty `main` from `old` and `part`, in one transaction and in the order of a full compile."""
    connection.executescript(
        "PRAGMA main.page_size=4096; PRAGMA main.journal_mode=OFF; PRAGMA main.synchronous=OFF;"
        f"PRAGMA temp_store=MEMORY; {_ROWS} BEGIN;"
    )
    connection.executemany("INSERT OR IGNORE INTO dropped VALUES(?)", ((id,) for id in dropped))
    schema = connection.execute("SELECT sql FROM part.sqlite_master WHERE sql IS NOT NULL ORDER BY rowid").fetchall()
    for (statement,) in schema:
        connection.execute(statement)
    connection.execute("INSERT INTO main.meta SELECT * FROM part.meta ORDER BY key")
    keys = connection.execute("SELECT key FROM every_standing UNION SELECT key FROM every_waiting ORDER BY key")
    numbered = [(number, key) for number, (key,) in enumerate(keys, 1)]
    connection.executemany("INSERT INTO main.component VALUES(?,?)", numbered)
    for table in _ORDERS:
        _copy(connection, table)
    connection.execute("INSERT INTO main.project SELECT * FROM part.project ORDER BY id")
    connection.execute("COMMIT")


def _copy(connection: sqlite3.Connection, table: str) -> None:
    """Copy the rows of `table`, whatever columns it has, with the numbers that their components have now."""
    columns = [str(name) for _, name, *_ in connection.execute(f"PRAGMA part.table_info({table})")]
    values = ", ".join(f'r."{name}"' for name in columns if name != "component")
    order = ", ".join(f'r."{name}"' for name in _ORDERS[table])
    connection.execute(
        f"INSERT INTO main.{table} SELECT n.id, {values} FROM every_{table} r"  # noqa: S608 - names of our own
        f" CROSS JOIN main.component n ON n.key = r.key ORDER BY {order}"
    )


def taking_away(path: str) -> tuple[Standing, ...]:
    """Return from the snapshot at `path` everything that stands on components on which more stands than approvals.

    What `manifest.takeaway` looks for is among it, in the same order. Raises Undecided("snapshot.damaged").
    """
    with contextlib.closing(sqlite3.connect(only_read(path), uri=True)) as connection:
        keys = connection.execute(
            "SELECT DISTINCT c.key FROM standing s JOIN component c ON c.id = s.component WHERE s.effect <> 'approve'"
            " ORDER BY c.key"
        ).fetchall()
    with contextlib.closing(Snapshot(path)) as snapshot:
        found = snapshot.view(key for (key,) in keys).standings
    return tuple(standing for standings in found.values() for standing in standings)
