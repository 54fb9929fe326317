"""A new snapshot from an earlier one and the groups of records that changed since, byte-equal to a full compile.

Components on which nothing changed go from file to file as they are packed, but for the numbers of the texts they
share: nothing of them is folded, verified or read as JSON.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from heapq import merge
from operator import itemgetter
from typing import TypeVar

from osgate.errors import Undecided
from osgate.ledger import snapshot_write
from osgate.ledger.fold import State
from osgate.ledger.snapshot_kept import Stale, only_read
from osgate.ledger.snapshot_read import FENCE, MAIN, PREFIX, Snapshot, parted
from osgate.ledger.snapshot_write import Cell, ComponentRow, Content, ExactRow, Numbered, Texts
from osgate.model.decision import Standing
from osgate.model.record import record
from osgate.policy.valid import ValidPolicy

_EXACT = "SELECT c.key, c.numbers, e.ids, e.fences, e.details FROM component c JOIN exact e ON e.component = c.number"
# The column of `waiting` with the id of what waits.
WAITS = 2
Cells = dict[str, Cell | None]
Row = TypeVar("Row")


@record
class _Earlier:
    """The snapshot that is built on, open twice: as rows, and as readers see it."""

    rows: sqlite3.Connection
    seen: Snapshot


def write(
    path: str,
    earlier: str,
    state: State,
    dropped: Iterable[str],
    valid: ValidPolicy,
    serial: int,
    anchor: str,
    policy_digest: str = "",
) -> None:
    """Write to a new file at `path` what `snapshot_write.write` would write of the whole ledger.

    earlier: path of the snapshot that is built on, as an osgate of the same version compiled it. state: the fold of the
    groups that changed since; dropped: ids of all records that `earlier` may know in these groups. serial, anchor: of
    the newest seal. Raises OSError where the file cannot be written, Stale where `earlier` is damaged.
    """
    gone = frozenset(dropped)
    try:
        with (
            contextlib.closing(Snapshot(earlier)) as seen,
            contextlib.closing(sqlite3.connect(only_read(earlier), uri=True)) as rows,
        ):
            old = _Earlier(rows, seen)
            texts = Texts(rows.execute("SELECT id, uses, text FROM text ORDER BY id"))
            cells = _changed(old, state, gone, texts)
            final = texts.numbered()
            meta = snapshot_write.head(valid, serial, anchor, policy_digest, final)
            components, exact = _components(old, cells, final), _exact(old, cells, final)
            projects = snapshot_write.project_rows(valid)
            content = Content(meta, final.rows, components, exact, _waiting(old, state, gone), projects)
            snapshot_write.store(path, content)
    except (sqlite3.DatabaseError, Undecided, ValueError, TypeError, LookupError) as error:
        raise Stale("published") from error


def _changed(old: _Earlier, state: State, gone: frozenset[str], texts: Texts) -> Cells:
    """Return by component, in order, what stands now where anything may have changed; None where nothing does.

    What stood there is not counted in `texts` any more.
    """
    fresh = dict(snapshot_write.by_component(state.standings))
    found: Cells = {}
    for key in sorted({*fresh, *_bearing(old, gone)}):
        for _, numbers, _, fences, _ in old.rows.execute(f"{_EXACT} WHERE c.key = ?", (key,)):
            texts.release(MAIN, parted(numbers, old.seen.widths[0]))
            texts.release([FENCE], parted(fences, old.seen.widths[1]))
        stood = [s for s in old.seen.view([key]).standings.get(key, ()) if s.record not in gone]
        # All that one record made stands on one of the two sides, so that the order of each decides between equals.
        stands = snapshot_write.by_component([*stood, *fresh.get(key, ())])
        found[key] = next((snapshot_write.cell(key, standings, texts) for _, standings in stands), None)
    return found


def _bearing(old: _Earlier, gone: frozenset[str]) -> Iterator[str]:
    """Yield the components on which anything stands that may have to do with the records `gone`."""
    beginnings = {snapshot_write.prefix(id) for id in gone}
    for key, ids in old.rows.execute("SELECT key, ids FROM component") if gone else ():
        if not beginnings.isdisjoint(parted(ids, PREFIX)):
            yield key


def _components(old: _Earlier, cells: Cells, final: Numbered) -> Iterator[ComponentRow]:
    repack = final.repacked(MAIN, old.seen.widths[0])
    rows = old.rows.execute("SELECT key, taking, ids, numbers FROM component ORDER BY key")
    kept = ((key, (key, taking, ids, repack(numbers))) for key, taking, ids, numbers in rows if key not in cells)
    return _in_order(kept, ((k, snapshot_write.component_row(k, made, final)) for k, made in cells.items() if made))


def _exact(old: _Earlier, cells: Cells, final: Numbered) -> Iterator[ExactRow]:
    repack = final.repacked([FENCE], old.seen.widths[1])
    rows = old.rows.execute(f"{_EXACT} ORDER BY c.key")
    kept = ((key, (ids, repack(fences), details)) for key, _, ids, fences, details in rows if key not in cells)
    return _in_order(kept, ((k, snapshot_write.exact_row(made, final)) for k, made in cells.items() if made))


def _in_order(kept: Iterable[tuple[str, Row]], fresh: Iterable[tuple[str, Row]]) -> Iterator[Row]:
    """Yield the rows of both by their components, which are in order on either side."""
    return (row for _, row in merge(kept, fresh, key=itemgetter(0)))


def _waiting(old: _Earlier, state: State, gone: frozenset[str]) -> list[tuple[str, ...]]:
    kept = [row for row in old.rows.execute("SELECT * FROM waiting ORDER BY rowid") if row[WAITS] not in gone]
    return sorted([*kept, *snapshot_write.waiting_rows(state)], key=itemgetter(WAITS))


def taking_away(path: str) -> tuple[Standing, ...]:
    """Return from the snapshot at `path` everything that stands on components on which more stands than approvals.

    What `manifest.takeaway` looks for is among it, in the same order. Raises Undecided("snapshot.damaged").
    """
    with contextlib.closing(sqlite3.connect(only_read(path), uri=True)) as connection:
        keys = connection.execute("SELECT key FROM component WHERE taking ORDER BY key").fetchall()
    with contextlib.closing(Snapshot(path)) as snapshot:
        found = snapshot.view(key for (key,) in keys).standings
    return tuple(standing for standings in found.values() for standing in standings)
