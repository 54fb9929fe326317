"""What `osgate ledger import` tells: how the columns were understood, each row that is not taken over, the counts."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from osgate import versions
from osgate.cli import console
from osgate.intake_desk.old_columns import Columns
from osgate.intake_desk.taking_over import Reading, Told
from osgate.ledger import codec
from osgate.ledger.fold import Sealed
from osgate.ledger.fold.effects import NOTHING
from osgate.ledger.fold.jointly import classes
from osgate.text.translator import Translator
from osgate.text.width import printable

# Rows of one sort that are listed; a file that is read with the wrong map would fill the screen.
LISTED = 200
# Subjects of a proposal that are shown before somebody confirms it.
SHOWN = 10


def table(path: str, reading: Reading, columns: Columns) -> None:
    """Tell what the columns mean, which rows are not taken over and why, and the counts, which add up."""
    t = console.words()
    console.say(printable(t("import.columns", path=path)))
    for field, heading in columns.fields.items():
        console.say(printable("  " + t("import.column", field=t(f"import.field-{field}"), heading=heading)))
    if columns.unused:
        console.say(printable("  " + t("import.unused", headings=t("join.items").join(columns.unused))))
    for heading, told in (
        ("rejected", reading.rejected),
        ("same", reading.same),
        ("there", reading.there),
        ("notes", reading.notes),
    ):
        _listed(heading, told, t)
    console.say(
        t(
            "import.counts",
            rows=reading.rows,
            taken=len(reading.taken),
            rejected=len(reading.rejected),
            same=len(reading.same),
            there=len(reading.there),
        )
    )


def _listed(heading: str, told: Sequence[Told], t: Translator) -> None:
    """Rows of one sort, the first LISTED of them."""
    if not told:
        return
    console.say(t.count(f"import.{heading}", len(told)), sys.stderr)
    for one in told[:LISTED]:
        console.say("  " + t("import.row", line=one.line, said=why(one, t)), sys.stderr)
    if len(told) > LISTED:
        console.say("  " + t("import.more", n=len(told) - LISTED), sys.stderr)


def why(told: Told, t: Translator) -> str:
    """The sentence on one row."""
    params = dict(told.params)
    if "id" in params:
        params["id"] = codec.short(str(params["id"]))
    if "effect" in params:
        params["effect"] = t(f"verb.{params['effect']}")
    return printable(t(f"import.why-{told.code}", **params))


def proposal(first: Sealed) -> None:
    """Tell, before it is confirmed, what an import takes over: how much, from which file, until when.

    What is more than one exact version, and families, comes first and counted, so that none hides among thousands.
    """
    t = console.words()
    body = first.body
    subjects = body.get("subjects", ())
    said = t.count(
        "import.proposal",
        len(subjects),
        id=codec.short(first.id),
        person=body["person"],
        reason=body["reason"],
        day=body.get("review_by", ""),
    )
    console.say(printable(said), sys.stderr)
    for file in body.get("evidence", ()):
        shown = t("import.file", name=file.get("name", ""), digest=file.get("digest", file.get("reference", "")))
        console.say(printable("  " + shown), sys.stderr)
    limits = classes(first)
    if limits == NOTHING:
        console.say("  " + t("import.classes-none"), sys.stderr)
    elif limits:
        console.say(printable("  " + t("import.classes", names=t("join.items").join(limits))), sys.stderr)
    wide = [subject for subject in subjects if not exact(subject)]
    if wide:
        console.say("  " + t.count("import.wide", len(wide)), sys.stderr)
        _subjects(wide, LISTED, first, t)
    _subjects([subject for subject in subjects if exact(subject)], SHOWN, first, t)


def exact(subject: Mapping[str, Any]) -> bool:
    """True for one version of one component."""
    constraints = versions.parse_vers(subject["range"]).constraints if subject.get("range") else ()
    return not subject["purl"].endswith("*") and [comparator for comparator, _ in constraints] == ["="]


def _subjects(subjects: Sequence[Mapping[str, Any]], limit: int, first: Sealed, t: Translator) -> None:
    """The first `limit` of them, and how many more there are."""
    for subject in subjects[:limit]:
        console.say(printable(f"  {subject['purl']}  {subject.get('range', '')}"), sys.stderr)
    if len(subjects) > limit:
        console.say("  " + t("import.more-subjects", n=len(subjects) - limit, id=codec.short(first.id)), sys.stderr)
