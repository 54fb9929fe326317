"""`osgate ledger export`: the whole ledger as CSV, workbook or JSON; all of them hold the same rows."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from osgate import wiring
from osgate.cli import console, export_cells, flags, ledger_read
from osgate.errors import PASS, UsageError
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.io import files, tables
from osgate.ledger import rows
from osgate.ledger.fold import fold
from osgate.policy.schema import KINDS
from osgate.text.names import namer
from osgate.text.translator import Translator

COMMAND = "ledger export"
FORMATS = ("csv", "xlsx", "json")
OPTIONS = ("format", "output", "as-of", "kind", "policy-repo", "language")


def run(words: list[str]) -> int:
    """Write the rows to standard output or a file. words: behind `export`."""
    asked = flags.read(COMMAND, words, ("help",), OPTIONS)
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.ledger-export"))
        return PASS
    if asked[""]:
        raise console.usage(COMMAND, t("usage.extra", words=asked[""].replace("\0", " ")))
    for flag, choices in (("format", FORMATS), ("kind", KINDS)):
        if asked.get(flag, choices[0]) not in choices:
            said = t("usage.choice", flag=flag, choices=", ".join(choices), found=asked[flag])
            raise console.usage(COMMAND, said)
    format, output = asked.get("format", "csv"), asked.get("output", "")
    if format == "xlsx" and not output:
        raise UsageError("export.terminal")
    until = ledger_read.until(asked.get("as-of", ""))
    with ledger_read.opened(asked) as (clone, t):
        about, found = _read(clone, until, asked.get("kind", ""))
        name = namer(clone.valid.people, clone.valid.names, "export")
    data = {"csv": _csv, "xlsx": _xlsx, "json": _json}[format](about, found, name, t)
    _write(data, output)
    if output:
        console.say(t.count("export.written", len(found), path=output), sys.stderr)
    return PASS


def _read(clone: PolicyClone, until: str, kind: str) -> tuple[dict[str, Any], list[rows.Row]]:
    """What the export says of itself, and its rows, as of the instant `until`."""
    moment = wiring.now()
    sealed = [item for item in clone.history.sealed if item.sealed_at <= until]
    seals = [seal for seal in clone.history.seals if seal.sealed_at <= until]
    anchor = f"{seals[-1].serial}:{seals[-1].digest}" if seals else ""
    about = {
        "schema": rows.SCHEMA,
        "institution": clone.valid.policy.institution,
        "ledger": clone.history.origin or None,
        "as_of": min(until, moment.instant),
        "anchor": anchor or None,
    }
    today = min(until, moment.instant)[:10]
    return about, rows.exported(sealed, fold(sealed), today, anchor, kind)


def _csv(about: Mapping[str, Any], found: Sequence[rows.Row], name: Callable[[str], str], t: Translator) -> bytes:
    return tables.csv(export_cells.table(found, name, t))


def _xlsx(about: Mapping[str, Any], found: Sequence[rows.Row], name: Callable[[str], str], t: Translator) -> bytes:
    said = [[t(f"export.about-{key}"), value or ""] for key, value in about.items()]
    heading = [t("export.about"), ""]
    return tables.xlsx(
        {
            t("export.sheet"): export_cells.table(found, name, t),
            t("export.about"): [heading, *said, [t("export.about-rows"), len(found)]],
        }
    )


def _json(about: Mapping[str, Any], found: Sequence[rows.Row], name: Callable[[str], str], t: Translator) -> bytes:
    """ASCII, as all JSON that osgate prints; a person is id and name as the policy has exports show it."""
    told = {**about, "rows": [export_cells.with_names(row, name) for row in found]}
    return (json.dumps(told, indent=1) + "\n").encode("ascii")


def _write(data: bytes, output: str) -> None:
    if not output:
        sys.stdout.flush()
        out = getattr(sys.stdout, "buffer", None)
        if out is None:
            sys.stdout.write(data.decode("utf-8"))
        else:
            out.write(data)
            out.flush()
        return
    try:
        files.write(output, data)
    except OSError as error:
        raise UsageError("table.unwritable", path=output, detail=error.strerror or str(error)) from error
