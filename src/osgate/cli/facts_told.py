"""What became of each source of facts, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from osgate.cli import error_text
from osgate.errors import OsgateError
from osgate.facts.sync import Told
from osgate.model.fact import Unknown
from osgate.text.columns import aligned
from osgate.text.translator import Translator
from osgate.text.width import printable

SCHEMA = "osgate.facts-sync/1"


def lines(told: Sequence[Told], t: Translator) -> Iterator[str]:
    """Yield a line a source: kind, name, how many, newest day, what changed; below it what is missing and why."""
    cells = [_cells(row, t) for row in told]
    for row, line in zip(told, aligned(cells) if cells else (), strict=True):
        yield line
        if row.problem is not None:
            yield "    " + printable(t("facts.problem", why=why(row.problem, t)))
        for reason, count, names in row.refused:
            named = t("join.items").join(name for name in names if name)
            yield "    " + printable(t.count("facts.refused", count, why=_lack(reason, t), names=named)).rstrip()


def _cells(row: Told, t: Translator) -> tuple[str, ...]:
    state = t("facts.same") if not row.changed else t.count("facts.changed", row.changed)
    return (
        t(f"facts.kind-{row.kind}"),
        printable(row.source),
        t.count("facts.records", row.records) if row.records else "-",
        row.newest or "-",
        t("facts.failed") if row.failed and not row.records else state,
    )


def why(problem: OsgateError | Unknown, t: Translator) -> str:
    """Return a problem as a sentence."""
    if isinstance(problem, OsgateError):
        return error_text.sentence(problem, t)
    return t(f"unknown.{problem.reason}", **{"path": "", "detail": "", "component": "", **dict(problem.params)})


def _lack(reason: str, t: Translator) -> str:
    """Why several were not used: in words that name none of them."""
    try:
        return t(f"facts.lack-{reason}")
    except KeyError:
        pass
    try:
        return t(f"unknown.{reason}")
    except KeyError:
        return reason


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
