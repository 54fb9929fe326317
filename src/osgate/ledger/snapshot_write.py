"""Compiling the folded ledger and the valid policy into one SQLite file, byte-equal for equal input.

Texts that decisions share are kept once and numbered by how often they are used; what stands on one component is one
row. How that is laid out, and what it saves, is told in ADR 0011.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle, groupby
from operator import attrgetter
from typing import Any

from osgate.ledger.fold import State
from osgate.ledger.snapshot_read import FENCE, KIND_BITS, KINDS, MAIN, PREFIX, TERM_FIELDS, parted, range_head
from osgate.model.decision import Standing
from osgate.model.record import record
from osgate.policy import compiled
from osgate.policy.valid import ValidPolicy

# Raised when a reader of an older format could misread the file; readers refuse a newer one.
FORMAT = 3
SCHEMA = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE text(id INTEGER PRIMARY KEY, uses INTEGER NOT NULL, text TEXT NOT NULL);
CREATE TABLE component(
  key TEXT PRIMARY KEY, number INTEGER NOT NULL, taking INTEGER NOT NULL, ids BLOB NOT NULL, numbers BLOB NOT NULL
  ) WITHOUT ROWID;
CREATE TABLE exact(component INTEGER PRIMARY KEY, ids BLOB NOT NULL, fences BLOB NOT NULL, details TEXT NOT NULL);
CREATE TABLE waiting(
  component TEXT NOT NULL, range TEXT NOT NULL, request TEXT NOT NULL, person TEXT NOT NULL, sealed_at TEXT NOT NULL,
  roles TEXT NOT NULL, missing TEXT NOT NULL, verb TEXT NOT NULL);
CREATE INDEX waiting_component ON waiting(component);
CREATE TABLE project(id TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID;
"""
_ID = re.compile(r"sha256:([0-9a-f]{64})\Z")
_ORDER = attrgetter("component", "effect", "serial", "record", "range")
_TERMS_OF = attrgetter(*TERM_FIELDS)
TextRow = tuple[int, int, str]
ComponentRow = tuple[str, int, bytes, bytes]
ExactRow = tuple[bytes | str, bytes, str]


@record
class Cell:
    """What stands on one component, packed but for the final numbers of its texts.

    taking: 1 if anything but approvals stands on it. ids: the first bytes of each decision's id; rest: those and the
    record ids in full, as JSON text where one is of another form. numbers: of the texts of MAIN; fences: of those of
    FENCE. details: the digests and versions of each decision in JSON, empty where none has any.
    """

    taking: int
    ids: bytes
    rest: bytes | str
    numbers: list[int]
    fences: list[int]
    details: str


@record
class Numbered:
    """The final numbers of shared texts. rows: of the table `text`; widths: bytes of a number, in MAIN and of FENCE.

    packed: by kind and by the number that a text had before, the bytes of the one it has now.
    """

    rows: list[TextRow]
    widths: tuple[int, ...]
    packed: list[dict[int, bytes]]

    def pack(self, kinds: Iterable[int], numbers: Iterable[int]) -> bytes:
        """Return the bytes of numbers whose kinds are `kinds` over and over."""
        return b"".join([self.packed[kind][number] for kind, number in zip(cycle(kinds), numbers, strict=False)])

    def repacked(self, kinds: Iterable[int], width: int) -> Callable[[bytes], bytes]:
        """Return what makes of numbers as they were packed before, `width` bytes each, those that they are now."""
        # Greater numbers are of texts that came since.
        known = range(256**width)
        tables = [
            {old.to_bytes(width, "big"): new for old, new in self.packed[kind].items() if old in known}
            for kind in kinds
        ]

        def repack(numbers: bytes) -> bytes:
            return b"".join(
                [table[number] for table, number in zip(cycle(tables), parted(numbers, width), strict=False)]
            )

        return repack


class Texts:
    """The texts that decisions share, with a number for each of a kind and how often it is used.

    known: rows of the table `text` of an earlier snapshot, by id.
    """

    def __init__(self, known: Iterable[TextRow] = ()) -> None:
        self._uses: list[list[int]] = [[] for _ in KINDS]
        self._numbers: list[dict[str, int]] = [{} for _ in KINDS]
        self._spelled: list[dict[object, int]] = [{} for _ in KINDS]
        for id, uses, text in known:
            kind, number = divmod(id, 1 << KIND_BITS)
            if number != len(self._uses[kind]):
                raise ValueError(number)
            self._numbers[kind][text] = number
            self._uses[kind].append(uses)

    def use(self, kind: int, value: object, spell: Callable[[Any], str]) -> int:
        """Return the number of the text that `spell` makes of `value`, and count it once more."""
        number = self._spelled[kind].get(value)
        if number is None:
            number = self._numbers[kind].setdefault(spell(value), len(self._uses[kind]))
            self._spelled[kind][value] = number
            if number == len(self._uses[kind]):
                self._uses[kind].append(0)
        self._uses[kind][number] += 1
        return number

    def release(self, kinds: Iterable[int], numbers: Iterable[bytes]) -> None:
        """Count the texts under packed `numbers` once less each; their kinds are `kinds` over and over."""
        for kind, number in zip(cycle(kinds), numbers, strict=False):
            self._uses[kind][int.from_bytes(number, "big")] -= 1

    def numbered(self) -> Numbered:
        """Number all texts that are used, those used most first; of equals the lesser text first."""
        rows: list[TextRow] = []
        places: list[dict[int, int]] = []
        for kind, (uses, numbers) in enumerate(zip(self._uses, self._numbers, strict=True)):
            order = sorted((-uses[number], text) for text, number in numbers.items() if uses[number])
            rows += [(kind << KIND_BITS | new, -count, text) for new, (count, text) in enumerate(order)]
            places.append({numbers[text]: new for new, (_, text) in enumerate(order)})
        widths = tuple(_bytes_for(max(len(places[kind]) for kind in kinds)) for kinds in (MAIN, [FENCE]))
        packed = [
            {old: new.to_bytes(widths[kind == FENCE], "big") for old, new in place.items()}
            for kind, place in enumerate(places)
        ]
        return Numbered(rows, widths, packed)


def _bytes_for(count: int) -> int:
    """How many bytes the numbers below `count` take."""
    return max(1, (max(0, count - 1).bit_length() + 7) // 8)


@record
class Content:
    """What a snapshot is filled with, its rows in the order in which they are written.

    texts: (id, uses, text); components: (key, taking, ids, numbers); exact: (ids, fences, details) of each.
    """

    meta: dict[str, str]
    texts: Iterable[TextRow]
    components: Iterable[ComponentRow]
    exact: Iterable[ExactRow]
    waiting: Iterable[tuple[str, ...]]
    projects: Iterable[tuple[str, str]]


def write(path: str, state: State, valid: ValidPolicy, serial: int, anchor: str, policy_digest: str = "") -> None:
    """Write the snapshot of `state` to a new file at `path`.

    serial, anchor: of the newest seal. policy_digest: of the policy it was compiled with. Raises OSError where the file
    cannot be written. The file holds person ids, never names.
    """
    texts = Texts()
    cells = {key: cell(key, found, texts) for key, found in by_component(state.standings)}
    final = texts.numbered()
    components = (component_row(key, made, final) for key, made in cells.items())
    exact = (exact_row(made, final) for made in cells.values())
    meta = head(valid, serial, anchor, policy_digest, final)
    store(path, Content(meta, final.rows, components, exact, waiting_rows(state), project_rows(valid)))


def by_component(standings: Iterable[Standing]) -> Iterator[tuple[str, list[Standing]]]:
    """Yield components in order with what stands on each, in the order of the fold."""
    for key, found in groupby(sorted(standings, key=_ORDER), attrgetter("component")):
        yield key, list(found)


def component_row(key: str, made: Cell, final: Numbered) -> ComponentRow:
    """Return the row of `component` for a packed component."""
    return key, made.taking, made.ids, final.pack(MAIN, made.numbers)


def exact_row(made: Cell, final: Numbered) -> ExactRow:
    """Return its row of `exact`."""
    return made.rest, final.pack([FENCE], made.fences), made.details


def cell(component: str, found: list[Standing], texts: Texts) -> Cell:
    """Pack what stands on `component`, in the order given; its texts are counted in `texts`."""
    head = range_head(component)
    numbers: list[int] = []
    for s in found:
        posts = tuple([(post.fact, post.value, post.source) for post in s.fence]) if s.fence else ()
        values = (_short(s.range, head), _TERMS_OF(s), s.reason, (s.serial, s.sealed_at), s.expires, posts)
        numbers += [texts.use(kind, value, _SPELLED[kind]) for kind, value in enumerate(values)]
    fences = numbers[FENCE :: len(KINDS)]
    del numbers[FENCE :: len(KINDS)]
    details = [(s.digests, s.versions) for s in found]
    return Cell(
        int(any(s.effect != "approve" for s in found)),
        b"".join([prefix(s.request or s.record) for s in found]),
        _rest([(s.record, s.request) for s in found]),
        numbers,
        fences,
        _text(details) if any(map(any, details)) else "",
    )


def prefix(id: str) -> bytes:
    """Return the first bytes of an id; of one of another form than usual, those of its digest."""
    usual = _ID.match(id)
    return bytes.fromhex(usual[1][: 2 * PREFIX]) if usual else hashlib.sha256(id.encode()).digest()[:PREFIX]


def _rest(ids: list[tuple[str, str]]) -> bytes | str:
    """The record ids, each with its request's id less the prefix; whole where one has another form."""
    usual = [(_ID.match(record), _ID.match(request)) for record, request in ids]
    parts = [record[1] + request[1][2 * PREFIX :] for record, request in usual if record and request]
    return bytes.fromhex("".join(parts)) if len(parts) == len(ids) else _text(ids)


def _short(span: str, head: str) -> str:
    """A range without the beginning that its component tells; whole and marked where it begins otherwise."""
    rest = span.removeprefix(head)
    return rest if span.startswith(head) and not rest.startswith("!") else f"!{span}"


def _terms(values: tuple[Any, ...]) -> str:
    """The values of TERM_FIELDS without those at the end that are empty."""
    used = max((place for place, value in enumerate(values, 1) if value), default=0)
    return _text(values[:used])


def _seal(values: tuple[int, str]) -> str:
    return f"{values[0]} {values[1]}"


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# By kind, how a value becomes a shared text.
_SPELLED: tuple[Callable[[Any], str], ...] = (str, _terms, str, _seal, str, _text)


def head(valid: ValidPolicy, serial: int, anchor: str, policy_digest: str, final: Numbered) -> dict[str, str]:
    """Return the table `meta`."""
    return {
        "format": str(FORMAT),
        "serial": str(serial),
        "anchor": anchor,
        "policy": _text(compiled.to_json(valid.policy)),
        "policy_digest": policy_digest,
        "widths": " ".join(map(str, final.widths)),
    }


def waiting_rows(state: State) -> list[tuple[str, ...]]:
    """Return requests and waivers that wait, in one order by the id of what waits."""
    both = [(w, "request") for w in state.waiting] + [(w, "waive") for w in state.proposed]
    return [
        (w.component, w.range, w.request, w.person, w.sealed_at, _text(w.roles), _text(w.missing), verb)
        for w, verb in sorted(both, key=lambda row: row[0].request)
    ]


def project_rows(valid: ValidPolicy) -> list[tuple[str, str]]:
    """Return the table `project`."""
    return sorted((p.id, _text(compiled.project_to_json(p))) for p in valid.policy.projects.values())


def store(path: str, content: Content) -> None:
    """Write a new file at `path`. Raises OSError where that cannot be done.

    Tables are filled one after the other, each in the order of its key: where pages come to lie follows from that.
    """
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    try:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.executescript(
                "PRAGMA page_size=4096; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN;" + SCHEMA
            )
            _fill(connection, content)
            connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        raise OSError(f"{path}: {error}") from error


def _fill(connection: sqlite3.Connection, content: Content) -> None:
    numbered = ((key, number, *row) for number, (key, *row) in enumerate(content.components))
    exact = ((number, *row) for number, row in enumerate(content.exact))
    connection.executemany("INSERT INTO meta VALUES(?,?)", sorted(content.meta.items()))
    connection.executemany("INSERT INTO text VALUES(?,?,?)", content.texts)
    connection.executemany("INSERT INTO component VALUES(?,?,?,?,?)", numbered)
    connection.executemany("INSERT INTO exact VALUES(?,?,?,?)", exact)
    connection.executemany(f"INSERT INTO waiting VALUES({'?,' * 7}?)", content.waiting)
    connection.executemany("INSERT INTO project VALUES(?,?)", content.projects)
