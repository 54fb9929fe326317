"""`osgate facts show`: the sources behind the facts on this machine, how much each tells, and how old that is."""

from __future__ import annotations

import json
import os
from contextlib import closing
from datetime import date
from typing import Any

from osgate import wiring
from osgate.cli import console, facts_bundle, facts_place, facts_told, flags
from osgate.errors import PASS, UNDECIDED, OsgateError
from osgate.facts.osv.index import Index
from osgate.facts.store import Store
from osgate.model.fact import Unknown
from osgate.text.columns import aligned
from osgate.text.translator import Translator
from osgate.text.width import printable

COMMAND = "facts show"
FORMATS = ("terminal", "json")


def run(words: list[str]) -> int:
    """List the sources. Exits 4 where there is neither store nor index, or one that cannot be read."""
    asked = flags.read(COMMAND, words, ("help",), ("facts", "format", "language"))
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.facts-show"))
        return PASS
    if asked[""] or asked.get("format", FORMATS[0]) not in FORMATS:
        extra = t("usage.extra", words=asked[""].replace("\0", " "))
        choice = t("usage.choice", flag="format", choices=", ".join(FORMATS), found=asked.get("format", ""))
        raise console.usage(COMMAND, extra if asked[""] else choice)
    folder = facts_place.folder_of(asked)
    rows, errors = _rows(folder)
    if asked.get("format") == "json":
        problems = [{"reason": error.code, "params": error.params} for error in errors]
        value = {"schema": "osgate.facts/1", "folder": folder, "sources": rows, "problems": problems}
        console.say(json.dumps({**value, "bundle": facts_bundle.kept(folder) or None}, ensure_ascii=False, indent=2))
    else:
        _say(folder, rows, t)
        for error in errors:
            console.complain(error)
    return UNDECIDED if errors else PASS


def _rows(folder: str) -> tuple[list[dict[str, Any]], list[OsgateError]]:
    """A row a source; and why the store or the index cannot be read."""
    rows: list[dict[str, Any]] = []
    errors: list[OsgateError] = []
    try:
        with closing(Index(os.path.join(folder, facts_place.INDEX))) as index:
            for one in index.sources:
                row = {"kind": "advisories", "source": one.path, "records": one.records, "newest": one.newest}
                rows.append({**row, "problem": f"archive.{one.problem}" if one.problem else ""})
    except OsgateError as error:
        errors.append(error)
    try:
        with closing(Store(os.path.join(folder, facts_place.STORE))) as store:
            for source, count, newest in store.sources():
                rows.append({"kind": "facts", "source": source, "records": count, "newest": newest[:10], "problem": ""})
    except OsgateError as error:
        errors.append(error)
    return rows, errors


def _say(folder: str, rows: list[dict[str, Any]], t: Translator) -> None:
    console.say(t("facts.folder", folder=folder))
    today = date.fromisoformat(wiring.now().day)
    cells = [_cells(row, today, t) for row in rows]
    for line, row in zip(aligned(cells) if cells else (), rows, strict=True):
        console.say(line)
        if row["problem"]:
            params = (("path", row["source"]), ("ecosystem", os.path.basename(os.path.dirname(row["source"]))))
            console.say("    " + printable(facts_told.why(Unknown(row["problem"], params), t)))
    bundle = facts_bundle.kept(folder)
    if bundle:
        console.say(t("facts.bundle-kept", serial=bundle["serial"], day=str(bundle["issued"])[:10]))


def _cells(row: dict[str, Any], today: date, t: Translator) -> tuple[str, ...]:
    records = t.count("facts.records", row["records"])
    return t(f"facts.kind-{row['kind']}"), printable(row["source"]), records, row["newest"] or "-", _age(row, today, t)


def _age(row: dict[str, Any], today: date, t: Translator) -> str:
    try:
        return t.count("facts.days-old", max(0, (today - date.fromisoformat(row["newest"])).days))
    except ValueError:
        return t("facts.no-date")
