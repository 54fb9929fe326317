"""Compiling the folded ledger and the valid policy into one SQLite file, byte-equal for equal input."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from osgate.ledger.fold import State
from osgate.model.decision import Standing
from osgate.policy import compiled
from osgate.policy.valid import ValidPolicy

# Raised when a reader of an older format could misread the file; readers refuse a newer one.
FORMAT = 2
SCHEMA = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE component(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);
CREATE TABLE standing(
  component INTEGER NOT NULL, effect TEXT NOT NULL, range TEXT NOT NULL, record TEXT NOT NULL, request TEXT NOT NULL,
  serial INTEGER NOT NULL, sealed_at TEXT NOT NULL, persons TEXT NOT NULL, expires TEXT NOT NULL, digests TEXT NOT NULL,
  sources TEXT NOT NULL, scopes TEXT NOT NULL, environments TEXT NOT NULL, reason TEXT NOT NULL,
  incident TEXT NOT NULL, projects TEXT NOT NULL, classes TEXT NOT NULL, rules TEXT NOT NULL);
CREATE INDEX standing_component ON standing(component);
CREATE TABLE waiting(
  component INTEGER NOT NULL, range TEXT NOT NULL, request TEXT NOT NULL, person TEXT NOT NULL, sealed_at TEXT NOT NULL,
  roles TEXT NOT NULL, missing TEXT NOT NULL, verb TEXT NOT NULL);
CREATE INDEX waiting_component ON waiting(component);
CREATE TABLE project(id TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID;
"""


def write(path: str, state: State, valid: ValidPolicy, serial: int, anchor: str) -> None:
    """Write the snapshot of `state` to a new file at `path`. serial, anchor: of the newest seal.

    Raises OSError where the file cannot be written. The file holds person ids, never names.
    """
    if os.path.exists(path):
        os.unlink(path)
    try:
        connection = sqlite3.connect(path, isolation_level=None)
    except sqlite3.OperationalError as error:
        raise OSError(f"{path}: {error}") from error
    try:
        connection.executescript(
            "PRAGMA page_size=4096; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN;" + SCHEMA
        )
        _fill(connection, state, valid, serial, anchor)
        connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        raise OSError(f"{path}: {error}") from error
    finally:
        connection.close()


def _fill(connection: sqlite3.Connection, state: State, valid: ValidPolicy, serial: int, anchor: str) -> None:
    meta = {
        "format": str(FORMAT),
        "serial": str(serial),
        "anchor": anchor,
        "policy": _text(compiled.to_json(valid.policy)),
    }
    connection.executemany("INSERT INTO meta VALUES(?,?)", sorted(meta.items()))
    named = (state.standings, state.waiting, state.proposed)
    keys = sorted({item.component for items in named for item in items})
    ids = {key: index for index, key in enumerate(keys, 1)}
    connection.executemany("INSERT INTO component VALUES(?,?)", ((index, key) for key, index in ids.items()))
    connection.executemany(f"INSERT INTO standing VALUES({'?,' * 17}?)", _rows(state.standings, ids))
    connection.executemany(f"INSERT INTO waiting VALUES({'?,' * 7}?)", _waiting(state, ids))
    projects = valid.policy.projects.values()
    connection.executemany(
        "INSERT INTO project VALUES(?,?)", sorted((p.id, _text(compiled.project_to_json(p))) for p in projects)
    )


def _rows(standings: Iterable[Standing], ids: dict[str, int]) -> Iterator[tuple[Any, ...]]:
    for s in standings:
        yield (
            ids[s.component],
            s.effect,
            s.range,
            s.record,
            s.request,
            s.serial,
            s.sealed_at,
            " ".join(s.persons),
            s.expires,
            " ".join(s.digests),
            _text(s.sources) if s.sources else "",
            " ".join(s.scopes),
            # These names are free text; all else that is joined by spaces can hold none.
            _text(s.environments) if s.environments else "",
            s.reason,
            s.incident,
            _text(s.projects) if s.projects else "",
            _text(s.classes) if s.classes else "",
            " ".join(s.rules),
        )


def _waiting(state: State, ids: dict[str, int]) -> Iterator[tuple[Any, ...]]:
    """Requests and waivers that wait, in one order by the id of what waits."""
    both = [(w, "request") for w in state.waiting] + [(w, "waive") for w in state.proposed]
    for w, verb in sorted(both, key=lambda row: row[0].request):
        yield ids[w.component], w.range, w.request, w.person, w.sealed_at, _text(w.roles), _text(w.missing), verb


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
