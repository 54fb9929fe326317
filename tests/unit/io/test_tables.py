"""Tables: what people save is read whatever its encoding; what we write runs nowhere and comes back as it was."""

from __future__ import annotations

import csv
import datetime
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.errors import UsageError
from osgate.io import tables, workbooks

ROWS = [["组件名称", "版本"], ["fastjson", "1.2.83"], ["两行\n一格", '引号"和;,\t。']]


def cells(data: bytes, **more: Any) -> list[list[str]]:
    """The table read: headings and texts."""
    rows = tables.parse(data, "f", **more)
    return [list(rows[0].cells), *(list(row.cells.values()) for row in rows)]


def book(fill: Callable[[Any], None]) -> bytes:
    """A workbook as an office program saves it."""
    made = openpyxl.Workbook()
    fill(made.active)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


@contextmanager
def refused(code: str) -> Iterator[pytest.ExceptionInfo[UsageError]]:
    """What is inside ends with this error."""
    with pytest.raises(UsageError) as found:
        yield found
    assert found.value.code == code


def written(delimiter: str, encoding: str) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(ROWS)
    return out.getvalue().encode(encoding)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_file_is_read_in_every_way_it_is_saved(delimiter: str, encoding: str) -> None:
    assert cells(written(delimiter, encoding)) == ROWS


def test_lines_are_those_of_the_file_and_empty_rows_are_none() -> None:
    found = tables.parse(b'a,b\n\n,\n"x\ny",1\nz,2\n', "f")
    assert [(row.line, row.cells) for row in found] == [(4, {"a": "x\ny", "b": "1"}), (6, {"a": "z", "b": "2"})]


@pytest.mark.parametrize("n", [1, tables.ABOVE - 1, tables.ABOVE, tables.ABOVE + 1, 500])
def test_no_row_is_lost_however_many_there_are(n: int) -> None:
    rows = [["a", "b"], *([f"x{i}", str(i)] for i in range(n))]
    assert cells(tables.csv(rows)) == rows
    assert cells(tables.xlsx({"s": rows})) == rows


def test_what_excel_is_told_about_the_delimiter_counts() -> None:
    assert cells(b"sep=;\na;b,c,d,e\n1;2\n") == [["a", "b,c,d,e"], ["1", "2"]]


def test_rows_may_be_longer_or_shorter_than_the_headings() -> None:
    assert cells(b"a,b,a\n1\n1,2,3,4\n") == [["a", "b", "a (2)", "#4"], ["1", "", "", ""], ["1", "2", "3", "4"]]


def test_a_title_above_the_headings_is_passed_over() -> None:
    text = "开源台账,,\n填表人,张三,2024\n组件名称,版本,备注\nx,1,\n".encode()
    assert cells(text)[0] == ["填表人", "张三", "2024"]
    assert cells(text, heads=lambda texts: "组件名称" in texts) == [["组件名称", "版本", "备注"], ["x", "1", ""]]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "table.empty"),
        (b"\n\n", "table.empty"),
        (b'a,b\n1,"2\n', "table.quotes"),
        (b'a,b\n1,"2"3\n', "table.quotes"),
        (b"a,b\n1,\0\n", "table.binary"),
        (b"a,b\n\xff\xff\n", "table.encoding"),
        (b"\xd0\xcf\x11\xe0rest", "table.old-excel"),
        (b"PK\x03\x04rest", "table.not-xlsx"),
        (b"a,b\n" + b"1," * 300, "table.too-large-columns"),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, code: str) -> None:
    with refused(code):
        tables.parse(data, "f")


def test_limits_hold_for_rows_and_bytes(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    assert len(tables.parse(b"a,b\n" + b"1,2\n" * 3, "f")) == 3
    with refused("table.too-large-rows"):
        tables.parse(b"a,b\n" + b"1,2\n" * 4, "f")
    (tmp_path / "f.csv").write_bytes(b"a,b\n1,2\n")
    monkeypatch.setattr(tables, "LARGEST", 8)
    assert len(tables.read(str(tmp_path / "f.csv"))) == 1
    monkeypatch.setattr(tables, "LARGEST", 7)
    with refused("table.too-large-bytes"):
        tables.read(str(tmp_path / "f.csv"))
    with refused("table.unreadable"):
        tables.read(str(tmp_path / "none.csv"))


def test_merged_cells_all_hold_their_text_and_two_rows_of_headings_are_one() -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["开源台账"])
        sheet.append(["组件", "版本", "审批", None])
        sheet.append([None, None, "审批人", "日期"])
        sheet.append(["left-pad", "1.0", "张三", datetime.datetime(2024, 3, 1)])
        sheet.append(["is-odd", "2.0", None, datetime.datetime(2024, 3, 2, 8, 30)])
        for area in ("A1:D1", "A2:A3", "B2:B3", "C2:D2", "C4:C5"):
            sheet.merge_cells(area)

    assert cells(book(fill)) == [
        ["组件", "版本", "审批人", "日期"],
        ["left-pad", "1.0", "张三", "2024-03-01"],
        ["is-odd", "2.0", "张三", "2024-03-02T08:30:00"],
    ]


def test_a_cell_that_is_no_text_says_so() -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["名称", "版本"])
        for number, value in enumerate((1.1, 1.1, 2, datetime.date(2024, 3, 1), "1.10", "#N/A", True, None), 1):
            sheet.append([f"x{number}", value])
        sheet["B3"].number_format = "0.00"

    found = {row.cells["名称"]: (row.cells["版本"], row.typed.get("版本")) for row in tables.parse(book(fill), "f")}
    assert found == {
        "x1": ("1.1", "number"),
        "x2": ("1.10", None),
        "x3": ("2", "number"),
        "x4": ("2024-03-01", "date"),
        "x5": ("1.10", None),
        "x6": ("#N/A", "error"),
        "x7": ("True", "number"),
        "x8": ("", None),
    }


def test_a_sheet_is_found_by_name_and_a_hidden_one_is_not_the_first() -> None:
    def fill(sheet: Any) -> None:
        sheet.title, sheet.sheet_state = "隐藏", "hidden"
        sheet.append(["a", "b"])
        other = sheet.parent.create_sheet("台账")
        other.append(["c", "d"])
        other.append(["1", "2"])

    data = book(fill)
    assert cells(data) == [["c", "d"], ["1", "2"]]
    with refused("table.no-sheet") as found:
        tables.parse(data, "f", "没有")
    assert found.value.params["sheets"] == "隐藏, 台账"


def packed(**parts: bytes) -> bytes:
    """A real workbook in which these parts of the first sheet's file are replaced."""
    with zipfile.ZipFile(io.BytesIO(tables.xlsx({"s": [["a", "b"], ["1", "2"]]}))) as old:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                data = old.read(name)
                if name == "xl/worksheets/sheet1.xml":
                    for before, after in parts.items():
                        data = data.replace(before.encode(), after)
                new.writestr(name, data)
        return out.getvalue()


def test_a_workbook_made_to_mislead_is_refused_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(tables.parse(packed(), "f")) == 1
    with refused("table.not-xlsx"):
        tables.parse(packed(**{"<worksheet": b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet'}), "f")
    assert workbooks.SHEET_ROWS == 1_048_576
    monkeypatch.setattr(workbooks, "SHEET_ROWS", 20_000)  # reading on until there would take seconds
    with refused("table.too-large-cells"):
        tables.parse(packed(**{'<row r="2"': b'<row r="999999999"'}), "f")
    far = packed(**{'r="B2"': b'r="ZZZ2"'})
    with refused("table.too-large-columns"):
        tables.parse(far, "f")
    wide = packed(**{"</sheetData>": b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'})
    assert [len(row.cells) for row in tables.parse(wide, "f")] == [tables.MOST_COLUMNS]
    monkeypatch.setattr(workbooks, "UNPACKED", 1000)
    with refused("table.too-large-unpacked"):
        tables.parse(packed(), "f")


@settings(max_examples=40)
@given(
    st.one_of(
        st.binary(max_size=60), st.binary(max_size=60).map(lambda b: b"PK\x03\x04" + b), st.text().map(str.encode)
    )
)
def test_no_bytes_end_in_anything_but_rows_or_a_refusal(data: bytes) -> None:
    try:
        found = tables.parse(data, "f")
    except UsageError:
        return
    assert all(isinstance(text, str) for row in found for text in row.cells.values())


TEXTS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=20)
FORMULAS = st.sampled_from(
    ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "'=1", "x;=1", "x\t =1", ";;=1"]
)


@settings(max_examples=60)
@given(st.lists(st.tuples(TEXTS | FORMULAS, TEXTS | FORMULAS), min_size=1, max_size=5))
def test_no_text_of_a_csv_file_is_a_formula_and_all_of_them_come_back(rows: list[tuple[str, str]]) -> None:
    data = tables.csv([("甲", "乙"), *rows])
    assert data.startswith(b"\xef\xbb\xbf")
    found = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))[1:]
    texts = [text for row in found for text in row]
    # Also for a program that takes something else for the end of a cell.
    parts = [part for text in texts for part in re.split(r"[;\t\r\n]", text)[1:]]
    begins = [text.lstrip(" \u00a0\u3000") for text in (*texts, *parts)]
    assert not any(text.startswith(tuple("=+-@＝＋－＠")) for text in begins)
    assert not any(text.lstrip(" \u00a0\u3000").startswith(tables.FORMULA) for text in texts)
    wanted = [text for row in rows for text in row]
    assert [text.replace("'", "") for text in texts] == [text.replace("'", "") for text in wanted]


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("x;=1+1", "x;'=1+1"),
        ("x;  @SUM(A1)", "x;  '@SUM(A1)"),
        ("x\t-2", "x\t'-2"),
        ("x\n+1", "x\n'+1"),
        ("a;b=1", "a;b=1"),
    ],
)
def test_a_formula_behind_what_others_end_cells_with_is_none(text: str, there: str) -> None:
    (row,) = csv.reader(io.StringIO(tables.csv([(text,)]).decode("utf-8-sig"), newline=""))
    assert row == [there]


@settings(max_examples=25)
@given(st.lists(st.tuples(TEXTS | FORMULAS, TEXTS | FORMULAS), min_size=1, max_size=5))
def test_texts_of_a_workbook_are_texts_and_come_back(rows: list[tuple[str, str]]) -> None:
    found = openpyxl.load_workbook(io.BytesIO(tables.xlsx({"台账": [("甲", "乙"), *rows]})))["台账"]
    for number, row in enumerate(rows, 2):
        for column, text in enumerate(row, 1):
            cell = found.cell(number, column)
            assert cell.data_type in ("s", "inlineStr", "n")
            if text.isprintable() and "_x" not in text:
                assert (cell.value or "") == text


def test_a_workbook_is_the_same_for_the_same_rows_and_fit_to_be_read() -> None:
    rows = [["组件名称", "n"], ["一" * 100, 3], ["x" * 40000, None], ["\ud800\x01", True], ["9" * 20, 10**20]]
    data = tables.xlsx({"台账": rows, "a/b": [["x"]], "A-b": []})
    assert data == tables.xlsx({"台账": rows, "a/b": [["x"]], "A-b": []})
    found = openpyxl.load_workbook(io.BytesIO(data))
    assert found.sheetnames == ["台账", "a-b", "A-b (2)"]
    sheet = found["台账"]
    assert (sheet.freeze_panes, sheet["A1"].font.bold, sheet.auto_filter.ref) == ("A2", True, "A1:B5")
    assert sheet.column_dimensions["A"].width > 50
    assert len(str(sheet["A3"].value)) == workbooks.CELL
    assert (sheet["A4"].value, sheet["B5"].value) == ("\\u{d800}\\u{1}", str(10**20))


def test_a_missing_library_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    data = tables.xlsx({"s": [["a", "b"]]})
    for name in ("openpyxl", "xlsxwriter"):
        monkeypatch.setitem(sys.modules, name, None)
    for use in (lambda: tables.parse(data, "f"), lambda: tables.xlsx({"s": []})):
        with refused("table.extra") as found:
            use()
        assert found.value.params["command"] == "pip install 'osgate[xlsx]'"
