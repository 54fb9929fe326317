"""`osgate facts show`: the sources behind the facts on this machine, how much each tells, and how old that is."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from osgate import patterns, wiring
from osgate.cli import console, facts_bundle, facts_place, facts_told, flags
from osgate.errors import PASS, UNDECIDED, OsgateError
from osgate.facts.osv.index import Index
from osgate.facts.store import Store
from osgate.model.fact import Unknown
from osgate.model.fact_policy import AGES
from osgate.text.translator import Translator
from osgate.text.width import printable

COMMAND = "facts show"
FORMATS = ("terminal", "json")
# What the names of such sources begin with.
_PREFIXED = ("artefacts", "curations", "popular", "scorecard")


def run(words: list[str]) -> int:
    """List the sources. Exits 4 where there is neither store nor index, or one cannot be read."""
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
        _say(folder, rows, _ages(), t)
        for error in errors:
            console.complain(error)
    return UNDECIDED if errors or not _is_filled(folder) else PASS


def _is_filled(folder: str) -> bool:
    """Whether somebody ever synced here."""
    return any(os.path.isfile(os.path.join(folder, name)) for name in (facts_place.STORE, facts_place.INDEX))


def _ages() -> Mapping[str, int]:
    """The days after which each kind is stale: the policy's at hand, else the usual ones."""
    try:
        return facts_place.policy("", wiring.now(), offline=True).ages
    except OsgateError:
        return AGES


def _rows(folder: str) -> tuple[list[dict[str, Any]], list[OsgateError]]:
    """A row a source; and why the store or the index, where there is one, cannot be read."""
    rows: list[dict[str, Any]] = []
    errors: list[OsgateError] = []
    for name, read in ((facts_place.INDEX, _of_index), (facts_place.STORE, _of_store)):
        path = os.path.join(folder, name)
        try:
            rows += read(path) if os.path.isfile(path) else ()
        except OsgateError as error:
            errors.append(error)
    return rows, errors


def _of_index(path: str) -> list[dict[str, Any]]:
    with closing(Index(path)) as index:
        return [
            {
                "kind": "advisories",
                "source": one.path,
                "records": one.records,
                "newest": one.newest,
                "problem": f"archive.{one.problem}" if one.problem else "",
            }
            for one in index.sources
        ]


def _of_store(path: str) -> list[dict[str, Any]]:
    with closing(Store(path)) as store:
        return [
            {"kind": kind_of(source), "source": source, "records": count, "newest": newest[:10], "problem": ""}
            for source, count, newest in store.sources()
        ]


def kind_of(source: str) -> str:
    """Return the kind of a source of the store, as `facts sync` calls it."""
    first, blank, _ = source.partition(" ")
    if blank and first in _PREFIXED:
        return first
    return "registry" if patterns.fullmatch(r"\S+ \([a-z][a-z0-9.+-]*\)", source) else "lifecycle"


def _say(folder: str, rows: list[dict[str, Any]], ages: Mapping[str, int], t: Translator) -> None:
    console.say(t("facts.folder" if rows else "facts.empty", folder=folder))
    today = wiring.now().day
    for line, row in zip(facts_told.table([_cells(row, today, ages, t) for row in rows]), rows, strict=True):
        console.say(line)
        if row["problem"]:
            params = (("path", row["source"]), ("ecosystem", os.path.basename(os.path.dirname(row["source"]))))
            console.say("    " + printable(facts_told.why(Unknown(row["problem"], params), t)))
    if rows and not any(row["kind"] == "advisories" for row in rows):
        console.say(t("facts.no-advisories"))
    bundle = facts_bundle.kept(folder)
    if bundle:
        console.say(t("facts.bundle-kept", serial=bundle["serial"], day=str(bundle["issued"])[:10]))


def _cells(row: dict[str, Any], today: str, ages: Mapping[str, int], t: Translator) -> tuple[str, ...]:
    kind, newest = row["kind"], row["newest"]
    age = facts_told.days(newest, today)
    return (
        t(f"facts.kind-{kind}"),
        printable(row["source"]),
        t.count("facts.records", row["records"]),
        newest or "-",
        t.count("facts.days-old", age) if age >= 0 else t("facts.no-date"),
        facts_told.too_old(kind, newest, today, ages, t),
    )
