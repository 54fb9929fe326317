"""The ledger as a table: a row for everything there was, in every state, and the same rows in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import osgate
from osgate.cli import export_cells
from osgate.ledger import rows
from osgate.ledger.fold import Sealed, fold
from osgate.ledger.records import CHANNELS, OPERATING_MODELS
from osgate.model.policy import Person
from osgate.policy.schema import DISTRIBUTIONS, KINDS
from osgate.testing import records as making
from osgate.text.names import namer
from osgate.text.translator import LOCALES, Translator

SCHEMA = json.loads((Path(osgate.__file__).parent / "reports/schemas/ledger-export-1.schema.json").read_text("utf-8"))
ANCHOR = "9:sha256:" + "0" * 64
TODAY = "2026-11-21"
PEOPLE = {
    "zhang.san": Person("zhang.san", "张三", "E00123", (), (), ()),
    "li.si": Person("li.si", "李四", "", (), (), ()),
}


def sealed(*records: Mapping[str, Any]) -> list[Sealed]:
    """The records, each by a seal of its own."""
    return [making.sealed(one, serial) for serial, one in enumerate(records, 1)]


def exported(*records: Mapping[str, Any], today: str = TODAY, kind: str = "") -> list[rows.Row]:
    items = sealed(*records)
    return rows.exported(items, fold(items), today, ANCHOR, kind)


def validate(found: Iterable[rows.Row]) -> None:
    """Every row keeps to the published schema, as the export writes it."""
    told = {
        "schema": rows.SCHEMA,
        "institution": "Example Bank",
        "ledger": None,
        "as_of": "2026-11-21T06:00:00Z",
        "anchor": ANCHOR,
        "rows": [export_cells.with_names(row, namer(PEOPLE, {}, "export")) for row in found],
    }
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(told)))


def approved(**more: Any) -> list[dict[str, Any]]:
    request = making.request(**more)
    return [
        request,
        making.answer(
            "assess", request, "li.si", "legal", type="legal-opinion", issuer="Firm", valid_until="2027-05-01"
        ),
        making.approve(request, "li.si", "legal", conditions=["only behind the proxy"], policy="sha256:" + "5" * 64),
        making.approve(request, "zhang.san", "tech", environments=["dev"]),
    ]


def test_a_request_tells_who_decided_what_it_rests_on_and_how_far_it_goes() -> None:
    evidence = [
        {"name": "scan.pdf", "size": 3, "digest": "sha256:" + "a" * 64},
        {"system": "OA", "reference": "2026-1"},
    ]
    subject = making.subject(versions=["1.3.0"], install_code=True, seen_in=["package-lock.json"], scope=["dev"])
    (row,) = exported(*approved(subjects=[subject], evidence=evidence, distribution="internal", owner="li.si"))
    validate([row])
    assert (row["entry"], row["state"], row["kind"], row["channel"]) == (
        "request",
        "conditional",
        "component",
        "community",
    )
    assert [(one["person"], one["role"]) for one in row["approvers"]] == [("zhang.san", "tech"), ("li.si", "legal")]
    assert [(one["type"], one["issuer"]) for one in row["assessments"]] == [("legal-opinion", "Firm")]
    assert row["limits"] == {"environments": ["dev"], "scopes": ["dev"]}
    assert row["fence"] == [{"fact": "install-code", "value": "yes", "source": "package-lock.json"}]
    assert (row["expires"], row["approved"]) == ("2027-05-01", TODAY)
    assert [file.get("name", file.get("reference")) for file in row["evidence"]] == ["scan.pdf", "2026-1"]
    assert (row["policy"], row["conditions"]) == ("sha256:" + "5" * 64, ["only behind the proxy"])
    assert len(row["records"]) == 4
    assert (row["subject"], row["versions"], row["anchor"]) == (1, ["1.3.0"], ANCHOR)


def test_everything_there_was_has_its_rows_whatever_became_of_it() -> None:
    one, two, three = (making.request(reason=text) for text in ("waits", "rejected", "revoked"))
    block, suspend, retire = (
        making.block(),
        making.suspend(),
        making.retire(subjects=[making.subject(), making.subject("pkg:npm/b", "")]),
    )
    waiver, files = making.waive(), making.waive(projects=["app"], rules=["OSG301"])
    taken = making.take_over()
    found = exported(
        one,
        two,
        making.answer("reject", two, "li.si", "legal"),
        three,
        making.undo("revoke", three, "zhang.san", "tech"),
        making.undo("revoke", three, "li.si", "legal"),
        block,
        making.block("li.si", confirms=block["id"]),
        suspend,
        making.undo("revoke", suspend, "li.si", "security"),
        making.restrict(projects=["app"]),
        retire,
        waiver,
        making.confirm(waiver, "li.si", "legal"),
        files,
        taken,
        making.confirm(taken, "li.si", "legal"),
        making.endorse("sha256:" + "7" * 64),
    )
    validate(found)
    assert [(row["entry"], row["component"], row["state"]) for row in found] == [
        ("request", "pkg:npm/left-pad", "requested"),
        ("request", "pkg:npm/left-pad", "rejected"),
        ("request", "pkg:npm/left-pad", "revoked"),
        ("block", "pkg:npm/left-pad", "blocked"),
        ("suspend", "pkg:npm/left-pad", "lifted"),
        ("restrict", "pkg:npm/left-pad", "restricted"),
        ("retire", "pkg:npm/left-pad", "retiring"),
        ("retire", "pkg:npm/b", "retiring"),
        ("waive", "pkg:npm/left-pad", "in force"),
        ("waive", "project:app", "proposed"),
        ("import", "pkg:npm/left-pad", "in force"),
    ]
    keys = [(row["id"], row["subject"]) for row in found]
    assert len(set(keys)) == len(keys)
    waits, _, _, blocked, suspended, *_, imported = found
    assert len(waits["held_by"]) == 3, "the block, the restriction and the retirement"
    assert suspended["ended_by"] not in (None, suspended["id"])
    assert [one["person"] for one in blocked["approvers"]] == ["zhang.san", "li.si"]
    assert blocked["id"] not in blocked["held_by"]
    assert (imported["row"], imported["old_approver"], imported["old_date"]) == (2, "Li Si", "2024-03-01")
    assert imported["expires"] == "2027-06-30"


def test_a_broken_glass_is_told_with_its_incident_and_its_end() -> None:
    request = making.request()
    (row,) = exported(request, making.break_glass(request))
    validate([row])
    assert (row["incident"], row["expires"], row["approved"]) == ("INC-1", "2026-11-23T06:00:00Z", None)
    assert [one["role"] for one in row["approvers"]] == ["incident"]


def test_a_renewal_is_told_with_its_day_and_persons() -> None:
    request, *answers = approved()
    renewed = [making.renew(request, *who, expires="2027-12-01") for who in (("li.si", "legal"), ("zhang.san", "tech"))]
    (row,) = exported(request, *answers, *renewed)
    validate([row])
    assert [(one["until"], sorted(one["persons"])) for one in row["renewals"]] == [
        ("2027-12-01", ["li.si", "zhang.san"])
    ]


def test_a_hold_reaches_what_its_range_meets_and_nothing_else() -> None:
    def held(range: str, by: str) -> bool:
        records = [
            making.request(subjects=[making.subject(range=range)]),
            making.suspend(subjects=[making.subject(range=by)]),
        ]
        return bool(exported(*records)[0]["held_by"])

    assert held("vers:npm/1.3.0", "")
    assert held("vers:npm/>=1.0.0|<2.0.0", "vers:npm/1.5.0")
    assert held("vers:npm/1.5.0", "vers:npm/>=1.0.0|<2.0.0")
    assert held("vers:npm/>=1.5.0|<3.0.0", "vers:npm/>=1.0.0|<2.0.0")
    assert held("vers:npm/*", "vers:npm/1.5.0")
    assert not held("vers:npm/2.5.0", "vers:npm/>=1.0.0|<2.0.0")
    assert not held("vers:npm/>=2.0.0|<3.0.0", "vers:npm/1.5.0")


def test_one_kind_is_asked_for_and_a_row_of_an_import_has_its_own() -> None:
    subjects = [making.subject(row=2, kind="software"), making.subject("pkg:npm/b", row=3, kind="component")]
    records = [making.request(kind="cloud-service"), making.take_over(subjects=subjects), making.block()]
    assert [row["kind"] for row in exported(*records)] == ["cloud-service", "software", "component", None]
    assert [row["component"] for row in exported(*records, kind="software")] == ["pkg:npm/left-pad"]


def test_a_day_ends_what_was_due() -> None:
    taken = making.take_over()
    records = [taken, making.confirm(taken, "li.si", "legal")]
    assert [row["state"] for row in exported(*records, today="2027-06-30")] == ["expired"]


def test_the_columns_the_schema_and_the_cells_name_the_same() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    row = SCHEMA["$defs"]["row"]
    assert tuple(row["properties"]) == rows.COLUMNS == tuple(row["required"])
    assert row["additionalProperties"] is False
    assert row["properties"]["entry"]["enum"] == list(rows.ENTRIES)
    enums = {"kind": KINDS, "channel": CHANNELS, "operating_model": OPERATING_MODELS, "distribution": DISTRIBUTIONS}
    for column, values in enums.items():
        assert row["properties"][column]["enum"] == [*values, None]
    (found,) = exported(*approved())
    assert tuple(found) == rows.COLUMNS


@pytest.mark.parametrize("locale", LOCALES)
def test_every_cell_has_words_in_both_languages(locale: str) -> None:
    evidence = [{"name": "scan.pdf", "digest": "sha256:" + "a" * 64}, {"system": "OA", "reference": "2026-1"}]
    request, *answers = approved(evidence=evidence, subjects=[making.subject(install_code=True, scope=["dev"])])
    renewed = [making.renew(request, *who) for who in (("li.si", "legal"), ("zhang.san", "tech"))]
    found = exported(request, *answers, *renewed, making.waive(projects=["app"], rules=["OSG301"]), making.take_over())
    t = Translator(locale)
    heading, *cells = export_cells.table(found, namer(PEOPLE, {}, "export"), t)
    assert len(set(map(str, heading))) == len(heading) == len(rows.COLUMNS)
    assert all(isinstance(cell, str | int) for row in cells for cell in row)
    by_column = dict(zip(rows.COLUMNS, cells[0], strict=True))
    assert "张三(zhang.san, E00123)" in str(by_column["approvers"])
    assert by_column["evidence"] == t("join.facts").join([f"scan.pdf sha256:{'a' * 64}", "OA:2026-1"])
    assert by_column["fence"] == t("export.post", fact="install-code", value="yes")
    assert "OSG301" in str(dict(zip(rows.COLUMNS, cells[1], strict=True))["limits"])


def test_names_are_shown_as_the_policy_says() -> None:
    (row,) = exported(*approved())
    for how, wanted in (("id", "zhang.san"), ("name", "张三"), ("full", "张三(zhang.san, E00123)")):
        shown = export_cells.with_names(row, namer(PEOPLE, {"export": how}, "export"))
        assert shown["approvers"][0]["person"] == {"id": "zhang.san", "name": wanted}
