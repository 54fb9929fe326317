"""The rows of the ledger in words: what a cell of an exported table says. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from osgate.ledger.rows import COLUMNS, Row
from osgate.text.translator import Translator

# Columns whose values are words of the catalogue, and where those stand.
_WORDS = {
    "entry": "verb",
    "kind": "object",
    "channel": "channel",
    "state": "stage",
    "distribution": "distribution",
    "operating_model": "operating-model",
}
_PERSONS = ("approvers", "assessments")
Name = Callable[[str], str]


def table(rows: Sequence[Row], name: Name, t: Translator) -> list[list[object]]:
    """Return headings and cells. name: id of a person -> how exports name them."""
    return [
        [t(f"export.{column}") for column in COLUMNS],
        *([_cell(column, row[column], name, t) for column in COLUMNS] for row in rows),
    ]


def with_names(row: Row, name: Name) -> Row:
    """Return the row as JSON has it: a person is `{"id", "name"}`."""
    found = {**row, "requester": _named(row["requester"], name)}
    for column in _PERSONS:
        found[column] = [{**one, "person": _named(one["person"], name)} for one in row[column]]
    found["renewals"] = [{**one, "persons": [_named(id, name) for id in one["persons"]]} for one in row["renewals"]]
    return found


def _named(id: str, name: Name) -> dict[str, str]:
    return {"id": id, "name": name(id)}


def _cell(column: str, value: Any, name: Name, t: Translator) -> object:
    if value is None or value in ([], {}):
        return ""
    if column in _WORDS:
        return t(f"{_WORDS[column]}.{value}")
    if column in ("requester", "owner", "backup", "old_approver"):
        return name(value)
    if column == "limits":
        return t("join.facts").join(_limit(key, names, t) for key, names in value.items())
    if isinstance(value, list):
        return t("join.facts").join(_item(column, one, name, t) for one in value)
    return value


def _limit(key: str, names: Sequence[str], t: Translator) -> str:
    return t(f"limit.{key}" if key != "rules" else "export.limit-rules", names=t("join.items").join(names))


def _item(column: str, one: Any, name: Name, t: Translator) -> str:
    """One of several things in a cell."""
    if column == "approvers":
        return t("export.person-role", person=name(one["person"]), role=one["role"], on=one["on"])
    if column == "assessments":
        return _assessment(one, name, t)
    if column == "evidence":
        return _evidence(one)
    if column == "fence":
        return t("export.post", fact=one["fact"], value=one["value"])
    if column == "renewals":
        persons = t("join.names").join(name(id) for id in one["persons"])
        return t("export.renewal", on=one["on"], until=one["until"], persons=persons)
    return str(one)


def _assessment(one: Mapping[str, Any], name: Name, t: Translator) -> str:
    type = t(f"assessment.{one['type']}") if one["type"] else one["role"]
    said = [t("export.assessment", type=type, person=name(one["person"]), on=one["on"]), one["issuer"] or ""]
    if one["valid_until"]:
        said.append(t("export.valid-until", day=one["valid_until"]))
    return t("join.items").join(filter(None, said))


def _evidence(file: Mapping[str, Any]) -> str:
    reference = f"{file['system']}:{file['reference']}" if "system" in file else str(file.get("reference", ""))
    return " ".join(filter(None, (reference if "reference" in file else "", file.get("name"), file.get("digest"))))
