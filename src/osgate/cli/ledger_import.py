"""`osgate ledger import`: take over a ledger that was kept elsewhere; one person proposes, others confirm."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from osgate import wiring
from osgate.cli import console, flags, import_told, records
from osgate.cli.identity import OPTIONS, identity, policy_repository
from osgate.cli.progress import progress
from osgate.errors import BLOCKED, PASS, UsageError
from osgate.intake_desk import old_columns, taking_over
from osgate.intake_desk.old_columns import Columns
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.intake_desk.taking_over import Reading
from osgate.io import files, tables
from osgate.io.tables import Row
from osgate.ledger import codec
from osgate.ledger.calendar import after_freeze
from osgate.ledger.fold import fold
from osgate.model.record import record
from osgate.policy.toml_document import Document
from osgate.wiring import Moment

COMMAND = "ledger import"
# What belongs to a file, and so not to a confirmation.
_OF_FILE = ("map", "sheet", "review-by", "rejected", "range", "dry-run")
_RANGES = ("exact", "major")


@record
class Table:
    """A file with an old ledger. evidence: how the record names it."""

    path: str
    rows: list[Row]
    columns: Columns
    evidence: dict[str, Any]


def run(words: list[str]) -> int:
    """Make and send the signed `import` records of a file, or those that confirm others. words: behind `import`."""
    options = (*OPTIONS, *(flag for flag in _OF_FILE if flag != "dry-run"), "confirm", "role", "reason", "language")
    asked = flags.read(COMMAND, words, ("help", "print", "dry-run"), options)
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.ledger-import"))
        return PASS
    moment = wiring.now()
    found = records.configured(moment)
    console.speak(asked.get("language") or found.config.language)
    named = asked[""].split("\0") if asked[""] else []
    _checked(asked, named)
    if "review-by" in asked:
        records.day_ahead(COMMAND, "review-by", asked, moment)
    table = None if "confirm" in asked else _table(named[0], asked)
    where = policy_repository(asked, found.config.policy_repository, COMMAND)
    with PolicyClone(where, wiring.cache_folder(), moment.instant) as clone:
        if table is None:
            return _confirm(asked, clone, moment)
        return _take(table, asked, clone, moment)


def _checked(asked: Mapping[str, str], named: list[str]) -> None:
    """Raise UsageError("usage") for what is missing, or does not belong to a confirmation."""
    t = console.words()
    confirming = "confirm" in asked
    if len(named) > (0 if confirming else 1):
        raise console.usage(COMMAND, t("usage.extra", words=" ".join(named[0 if confirming else 1 :])))
    if not named and not confirming:
        raise console.usage(COMMAND, t("usage.missing-one", choices="FILE, --confirm ID"))
    for flag in (flag for flag in _OF_FILE if confirming and flag in asked):
        raise console.usage(COMMAND, t("usage.not-with", flag=flag, action="--confirm"))
    if asked.get("range", "exact") not in _RANGES:
        said = t("usage.choice", flag="range", choices=", ".join(_RANGES), found=asked["range"])
        raise console.usage(COMMAND, said)
    for flag in () if "dry-run" in asked else ("role", "reason"):
        if not asked.get(flag, "").strip():
            raise console.usage(COMMAND, t("usage.missing", what=f"--{flag}"))
    same = named and "rejected" in asked and os.path.realpath(named[0]) == os.path.realpath(asked["rejected"])
    if same:
        raise UsageError("import.rejected-is-file", path=named[0])


def _table(path: str, asked: Mapping[str, str]) -> Table:
    """Read the file and its map. Raises UsageError and Mistakes for what is wrong with either."""
    written = _map(asked["map"]) if "map" in asked else None
    data = _bytes(path, tables.LARGEST)
    rows = tables.parse(data, path, asked.get("sheet", ""), old_columns.heads(written))
    if not rows:
        raise UsageError("table.empty", path=path)
    headings = list(rows[0].cells)
    cells = {heading: (row.cells[heading] for row in rows) for heading in headings}
    evidence = {"name": os.path.basename(path), "size": len(data), "digest": codec.digest(data)}
    return Table(path, rows, old_columns.columns(headings, cells, written), evidence)


def _map(path: str) -> Document:
    return old_columns.parse(_bytes(path, tables.LARGEST), path)


def _bytes(path: str, limit: int) -> bytes:
    try:
        data = files.read_limited(path, limit)
    except FileNotFoundError as error:
        raise UsageError("path.missing", path=path) from error
    except OSError as error:
        raise UsageError("path.unreadable", path=path, detail=error.strerror or str(error)) from error
    if data is None:
        raise tables.too_large(path, "bytes", limit)
    return data


def _take(table: Table, asked: Mapping[str, str], clone: PolicyClone, moment: Moment) -> int:
    """Tell what became of each row; make and send the records of those that are taken over."""
    t = console.words()
    reading = _read(table, asked, clone, moment)
    import_told.table(table.path, reading, table.columns)
    if "rejected" in asked:
        _write_rejected(asked["rejected"], table.rows, reading)
    policy = clone.valid.policy
    terms, days = policy.terms, policy.tiers[policy.default_tier].term or policy.approval_days
    last = (date.fromisoformat(moment.day) + timedelta(days=days)).isoformat()
    limit = asked.get("review-by") or after_freeze(last, terms.freeze)
    weeks = 1 if "review-by" in asked else taking_over.WEEKS
    parts = taking_over.spread(reading.subjects, moment.day, limit, terms, weeks=weeks)
    for due, subjects in parts:
        console.say(t.count("import.record", len(subjects), day=due))
    if not parts:
        console.say(t("import.nothing"), sys.stderr)
        return PASS if reading.there else BLOCKED
    if "dry-run" in asked:
        console.say(t("import.dry-run"))
        return PASS
    return _send(parts, table, asked, clone, moment)


def _read(table: Table, asked: Mapping[str, str], clone: PolicyClone, moment: Moment) -> Reading:
    t = console.words()
    waiting = [body for data in {**clone.history.waiting, **clone.travelling()}.values() for body in _imports(data)]
    ledger = taking_over.known(fold(clone.history.sealed), waiting, moment.day)
    major = asked.get("range") == "major"
    with progress(len(table.rows), t("import.reading")) as bar:
        people = clone.valid.people
        return taking_over.read(table.rows, table.columns, people, ledger, major=major, today=moment.day, step=bar.step)


def _imports(data: bytes) -> list[dict[str, Any]]:
    """The import that the bytes of a waiting record hold; nothing where they hold something else."""
    import json

    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return []
    subjects = body.get("subjects") if isinstance(body, dict) and body.get("verb") == "import" else None
    listed = subjects if isinstance(subjects, list) else []
    whole = all(isinstance(one, dict) and "purl" in one for one in listed)
    return [body] if listed and whole and "id" in body else []


def _write_rejected(path: str, rows: Sequence[Row], reading: Reading) -> None:
    t = console.words()
    lines = {row.line: row for row in rows}
    listed: list[list[object]] = [[t("import.row-number"), t("import.reason"), *rows[0].cells]]
    for told in reading.rejected:
        listed.append([told.line, import_told.why(told, t), *lines[told.line].cells.values()])
    try:
        files.write(path, tables.csv(listed))
    except OSError as error:
        raise UsageError("table.unwritable", path=path, detail=error.strerror or str(error)) from error
    console.say(t.count("import.rejected-written", len(reading.rejected), path=path))


def _send(
    parts: Sequence[tuple[str, list[dict[str, Any]]]],
    table: Table,
    asked: Mapping[str, str],
    clone: PolicyClone,
    moment: Moment,
) -> int:
    t = console.words()
    who = identity(asked, COMMAND)
    policy = clone.force.digest
    said = {"role": asked["role"], "reason": asked["reason"], "evidence": [table.evidence], "policy": policy}
    made = [
        records.make("import", who, {**said, "subjects": subjects, "review_by": due}, moment, clone)
        for due, subjects in parts
    ]
    for one in made:
        code = records.hand_in(one, clone, who, moment, print_only="print" in asked)
        if code != PASS:
            return code
    if "print" not in asked:
        console.say(t("import.next", ids=",".join(codec.short(one["id"]) for one in made)))
    return PASS


def _confirm(asked: Mapping[str, str], clone: PolicyClone, moment: Moment) -> int:
    """Confirm every import that is named, each with a record of its own."""
    named = [clone.find(word) for word in records.listed(asked, "confirm")]
    who = identity(asked, COMMAND)
    sealed = {item.id: item for item in clone.history.sealed}
    for id in named:
        if id in sealed and sealed[id].body["verb"] == "import":
            import_told.proposal(sealed[id])
    for id in named:
        fields = {"role": asked["role"], "reason": asked["reason"], "confirms": id}
        fields["policy"] = clone.force.digest
        record = records.make("import", who, fields, moment, clone)
        code = records.hand_in(record, clone, who, moment, print_only="print" in asked)
        if code != PASS:
            return code
    return PASS
