"""Rows R01-1, R01-2, X05, A08 as far as exports go, and a ledger that was kept elsewhere, from its file to its end."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pytest

import osgate
from flow.house import House, Said
from osgate.io import tables

SCHEMA = Path(osgate.__file__).parent / "reports/schemas/ledger-export-1.schema.json"
HEADINGS = ("组件名称", "版本号", "语言", "责任人", "审批人", "审批日期", "备注")
OLD = (
    ("is-odd", "3.0.1", "前端", "王五", "李四", "2024年3月1日", "存量"),
    ("is-number", "6.0.0、7.0.0", "前端", "wang.wu", "li.si", "2024/3/1", ""),
    ("com.alibaba:fastjson", "", "Java", "", "", "", "没有版本"),
    ("is-odd", "3.0.1", "前端", "", "", "", "又一行"),
)


def table(path: Path, rows: Any = OLD, headings: Any = HEADINGS) -> Path:
    """An old ledger: a CSV in GB 18030 as an office program writes it, or a workbook with a title above."""
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.append(["开源组件台账"])
        sheet.merge_cells("A1:G1")
        for row in (headings, *rows):
            sheet.append(row)
        book.save(path)
    else:
        text = io.StringIO(newline="")
        csv.writer(text).writerows([headings, *rows])
        path.write_bytes(text.getvalue().encode("gb18030"))
    return path


def taken(house: House, path: Path, *more: str) -> tuple[str, Said]:
    """zhang.san takes the file over and the desk seals it; the short id of the record, and what was said."""
    said = house.act("zhang.san", "ledger", "import", str(path), "--role", "tech", "--reason", "taken over", *more)
    assert said.code == 0, said
    (id,) = re.findall(r"osgate/import-([0-9a-f]{12})", said.out)
    assert house.desk().code == 0
    return str(id), said


def confirmed(house: House, id: str) -> None:
    """li.si confirms it for legal."""
    said = house.act("li.si", "ledger", "import", "--confirm", id, "--role", "legal", "--reason", "compared")
    assert said.code == 0, said
    assert house.desk().code == 0


def exported(house: House, format: str, *more: str) -> bytes:
    """What `osgate ledger export` writes."""
    path = house.root / f"ledger.{format}"
    where = ("--policy-repo", str(house.bare), "--output", str(path))
    said = house.osgate("ledger", "export", "--format", format, *where, *more)
    assert said.code == 0, said
    return path.read_bytes()


def sheet(data: bytes) -> list[dict[str, str]]:
    """The rows of an exported workbook, as openpyxl reads them."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    found = book.worksheets[0]
    rows = [["" if cell.value is None else str(cell.value) for cell in row] for row in found.iter_rows()]
    assert {cell.data_type for row in found.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}, "no formula"
    assert (found.freeze_panes, found["A1"].font.bold) == ("A2", True)
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


@pytest.mark.parametrize("name", ["old.csv", "old.xlsx"])
def test_R07_1_an_old_ledger_is_taken_over_until_its_review(house: House, name: str) -> None:
    path = house.application("payments-app")
    rejected = house.root / "rejected.csv"
    id, said = taken(house, table(house.root / name), "--rejected", str(rejected), "--language", "zh_CN")
    assert "共读取 4 行 = 导入 2 行 + 未识别 1 行 + 重复 1 行 + 已在台账 0 行" in said.out
    (row,) = tables.read(str(rejected))
    assert row.cells["组件名称"] == "com.alibaba:fastjson"
    assert row.cells["行号"] == str(4 if name == "old.csv" else 5)
    assert house.check(path).code == 1, "one person alone approves nothing"
    confirmed(house, id)
    assert house.check(path).code == 0
    again = house.act("zhang.san", "ledger", "import", str(house.root / name), "--role", "tech", "--reason", "again")
    assert (again.code, "+ 3 in the ledger already" in again.out) == (0, True), again
    house.clock.forward(days=366)
    assert house.desk().code == 0
    after = house.check(path)
    assert (after.code, "OSG1" in after.out) == (1, True), after


def test_R01_2_X05_A08_every_export_holds_the_same_rows_and_tells_the_channel(house: House) -> None:
    words = ("--kind", "cloud-service", "--channel", "procurement", "--usage", "behind the proxy", "--contract", "C-7")
    why = ("--reason", "=cmd|'/C calc'!A0", "--operating-model", "commercial")
    request = house.made("wang.wu", "request", "pkg:generic/managed-redis@7.2", *words, *why)
    assert house.desk().code == 0
    house.both_answer("approve", request)
    id, _ = taken(house, table(house.root / "old.csv"))

    text = exported(house, "csv", "--language", "zh_CN")
    assert text.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))
    workbook = sheet(exported(house, "xlsx", "--language", "zh_CN"))
    told = json.loads(exported(house, "json"))
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(told)

    keys = [(row["id"], str(row["subject"])) for row in told["rows"]]
    assert keys == [(row["记录编号"], row["序号"]) for row in rows] == [(r["记录编号"], r["序号"]) for r in workbook]
    assert len(set(keys)) == len(keys) == 4
    assert list(rows[0]) == list(workbook[0])
    assert len(rows[0]) == len(told["rows"][0])

    (service,) = [row for row in workbook if row["组件"] == "pkg:generic/managed-redis"]
    assert (service["引入渠道"], "云服务" in service["对象类型"]) == ("商业采购", True)
    assert service["引入理由"] == "=cmd|'/C calc'!A0"
    assert service["审批人"] == "zhang.san（tech，2026-11-21）；li.si（legal，2026-11-21）"
    (same,) = [row for row in rows if row["组件"] == "pkg:generic/managed-redis"]
    assert same["引入理由"] == "'=cmd|'/C calc'!A0"
    waits = [row for row in told["rows"] if row["entry"] == "import"]
    assert {(row["state"], row["old_approver"], row["old_date"]) for row in waits} == {
        ("proposed", "李四", "2024-03-01"),
        ("proposed", "li.si", "2024-03-01"),
    }
    assert [row["row"] for row in waits] == [2, 3, 3]
    assert all(row["id"].startswith(f"sha256:{id}") for row in waits)
    assert {row["anchor"] for row in told["rows"]} == {told["anchor"]} == {house_anchor(house)}


def house_anchor(house: House) -> str:
    """Where the ledger stands: serial and digest of the newest seal."""
    past = house.past()
    return f"{past.serial}:{past.anchor}"
