"""What became of each source of facts, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from osgate.cli import error_text
from osgate.errors import OsgateError
from osgate.facts.sync import Told
from osgate.model.fact import Unknown
from osgate.text.columns import aligned
from osgate.text.translator import Translator
from osgate.text.width import display_width, pad, printable

SCHEMA = "osgate.facts-sync/1"
# What the words of `unknown.*` name.
PARAMS = (
    *("address", "candidates", "code", "component", "detail", "ecosystem", "file", "id", "length", "licences"),
    *("most", "one", "origin", "other", "path", "percent", "text", "to"),
)


def lines(told: Sequence[Told], t: Translator, today: str, ages: Mapping[str, int]) -> Iterator[str]:
    """Yield a line a source: kind, name, how many, newest day, what changed; below it what is missing and why.

    today: ISO day. ages: kind of source -> days after which it is stale.
    """
    cells = [(*_cells(row, t), too_old(row.kind, row.newest, today, ages, t)) for row in told]
    for row, line in zip(told, table(cells), strict=True):
        yield line
        if row.problem is not None:
            yield "    " + printable(t("facts.problem", why=why(row.problem, t)))
        for reason, count, names in row.refused:
            named = t("join.items").join([name for name in names if name])
            named += " …" if named and count > len(names) else ""
            yield "    " + printable(t.count("facts.refused", count, why=_lack(reason, t), names=named)).rstrip()
        if row.note is not None:
            yield "    " + printable(t(f"facts.note-{row.note.reason}", **dict(row.note.params)))


def table(cells: Sequence[Sequence[str]], number: int = 2) -> Iterator[str]:
    """Yield rows as lines with their cells under each other, those of the column `number` to the right."""
    width = max([display_width(row[number]) for row in cells], default=0)
    rows = [[pad(cell, width, right=True) if at == number else cell for at, cell in enumerate(row)] for row in cells]
    return iter(aligned(rows)) if rows else iter(())


def too_old(kind: str, newest: str, today: str, ages: Mapping[str, int], t: Translator) -> str:
    """Return words for data older than the policy has it, empty for all others. newest, today: ISO days."""
    limit = ages.get(kind, 0)
    age = days(newest, today)
    return t("facts.too-old", limit=limit) if limit and age > limit else ""


def days(day: str, today: str) -> int:
    """Return how many days lie between two ISO days, -1 where the first is none."""
    try:
        return max(0, (date.fromisoformat(today) - date.fromisoformat(day)).days)
    except ValueError:
        return -1


def minutes(before: str, now: str) -> int:
    """Return the whole minutes between two UTC instants."""
    return int((datetime.fromisoformat(now) - datetime.fromisoformat(before)).total_seconds()) // 60


def _cells(row: Told, t: Translator) -> tuple[str, ...]:
    state = t("facts.same") if not row.changed else t.count("facts.changed", row.changed)
    state = "" if row.note is not None and not row.records and not row.failed else state
    return (
        t(f"facts.kind-{row.kind}"),
        printable(row.source),
        t.count("facts.records", row.records) if row.records else "-",
        row.newest or "-",
        t("facts.failed") if row.failed and not row.records else state,
    )


def why(problem: OsgateError | Unknown, t: Translator) -> str:
    """Return a problem as a sentence; what its words name and nobody told is said to be unknown."""
    if isinstance(problem, OsgateError):
        return error_text.sentence(problem, t)
    told = {name: value for name, value in problem.params if value}
    return t(f"unknown.{problem.reason}", **{**dict.fromkeys(PARAMS, t("facts.untold")), **told})


def _lack(reason: str, t: Translator) -> str:
    """Why several were not used: in words that name none of them."""
    try:
        return t(f"facts.lack-{reason}")
    except KeyError:
        pass
    try:
        return why(Unknown(reason), t)
    except KeyError:
        return t("facts.lack-other")


def document(told: Sequence[Told], folder: str, now: str) -> dict[str, Any]:
    """Return all of it as JSON."""
    rows = [
        {
            "kind": row.kind,
            "source": row.source,
            "records": row.records,
            "changed": row.changed,
            "newest": row.newest,
            "refused": [{"reason": reason, "count": n, "names": list(names)} for reason, n, names in row.refused],
            "problem": _problem(row.problem),
            "note": _problem(row.note),
        }
        for row in told
    ]
    return {"schema": SCHEMA, "folder": folder, "at": now, "sources": rows}


def _problem(problem: OsgateError | Unknown | None) -> dict[str, Any] | None:
    if problem is None:
        return None
    if isinstance(problem, Unknown):
        return {"reason": problem.reason, "params": dict(problem.params)}
    return {"reason": problem.code, "params": {key: str(value) for key, value in problem.params.items()}}
