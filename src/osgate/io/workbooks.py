"""Workbooks (.xlsx): read within limits by openpyxl, written by XlsxWriter. Both load when they are used."""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
import zipfile
from datetime import date, datetime, time
from typing import Any

from osgate.errors import UsageError
from osgate.io.tables import LARGEST, MOST_COLUMNS, Line, too_large

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Bytes of a workbook once unpacked; cells that are looked at, most of them empty where a sheet was made to mislead;
# and merged areas.
UNPACKED, MOST_CELLS, MOST_AREAS = 4 * LARGEST, 20_000_000, 100_000
# What a sheet and a cell can hold (Excel specifications and limits).
SHEET_ROWS, CELL = 1_048_576, 32_767
# Whole numbers beyond this many digits are not kept by a spreadsheet.
DIGITS = 15
# Columns of text a column of a sheet is drawn for: from, to; and the rows looked at for it.
NARROW, WIDE, LOOKED_AT = 8, 60, 1000
# Rows that headings in merged cells take at most; what reaches further down is no heading.
DEEPEST = 3
_CHUNK = 1 << 20
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]{0,200}?ref=\"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})\"")
_DECIMALS = re.compile(r"(?:#,##)?0\.(0+)(?:_ |_\))?(?:;.*)?")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\']")
# Left, top, right, bottom; columns and rows from 1.
Area = tuple[int, int, int, int]


def lines(data: bytes, path: str, sheet: str) -> Iterator[Line]:
    """Yield the rows of a sheet that have something in them; merged cells all hold the text of the first of them.

    Raises UsageError with a code below `table.`.
    """
    openpyxl = _openpyxl()
    try:
        with warnings.catch_warnings():
            # What openpyxl does not know (a drawing, a validation) is no row of a table.
            warnings.simplefilter("ignore")
            _within_limits(data, path)
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            chosen = _sheet(book, path, sheet)
            yield from _lines(chosen, _merged(book, chosen, path), path)
    except (UsageError, MemoryError, GeneratorExit):
        raise
    except Exception as error:
        # A broken workbook can end in anything: a missing part, XML that is none, a number that is too long.
        raise UsageError("table.not-xlsx", path=path, detail=type(error).__name__) from error


def _openpyxl() -> Any:
    try:
        import openpyxl
    except ImportError as error:
        raise missing_extra() from error
    return openpyxl


def missing_extra() -> UsageError:
    """The error where a library for workbooks is not installed."""
    return UsageError("table.extra", command="pip install 'osgate[xlsx]'")


def _within_limits(data: bytes, path: str) -> None:
    """Raise UsageError for a workbook that unpacks to too much, or whose XML declares entities."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(part.file_size for part in archive.infolist()) > UNPACKED:
            raise too_large(path, "unpacked", UNPACKED)
        for part in archive.infolist():
            if part.filename.lower().endswith((".xml", ".rels")):
                with archive.open(part) as file:
                    head = file.read(_CHUNK)
                if b"<!DOCTYPE" in head or b"<!ENTITY" in head or b"\0" in head[:64]:
                    raise UsageError("table.not-xlsx", path=path, detail=part.filename[:80])


def _sheet(book: Any, path: str, name: str) -> Any:
    names = [sheet.title for sheet in book.worksheets]
    if name and name not in names:
        raise UsageError("table.no-sheet", path=path, sheet=name, sheets=", ".join(names))
    found = [s for s in book.worksheets if (s.title == name if name else s.sheet_state == "visible")]
    if not found:
        raise UsageError("table.empty", path=path)
    # What a sheet says of its own size is not believed.
    found[0].reset_dimensions()
    return found[0]


def _merged(book: Any, sheet: Any, path: str) -> dict[int, list[Area]]:
    """The merged areas of a sheet by their first row; the streaming reader of openpyxl passes over them."""
    from openpyxl.utils import column_index_from_string

    found: dict[int, list[Area]] = {}
    with book._archive.open(sheet._worksheet_path) as file:
        tail, count = b"", 0
        while chunk := file.read(_CHUNK):
            held = tail + chunk
            end = 0
            for match in _MERGED.finditer(held):
                left, top, right, bottom = (part.decode() for part in match.groups())
                area = (column_index_from_string(left), int(top), column_index_from_string(right), int(bottom))
                found.setdefault(int(top), []).append(area)
                end, count = match.end(), count + 1
            if count > MOST_AREAS:
                raise too_large(path, "cells", MOST_AREAS)
            tail = held[max(end, len(held) - 300) :]
    return found


def _lines(sheet: Any, merged: Mapping[int, list[Area]], path: str) -> Iterator[Line]:
    looked_at = 0
    # By column: the last row that a merged cell reaches to, and what it holds.
    held: dict[int, tuple[int, str, str]] = {}
    for number, cells in enumerate(sheet.iter_rows(), 1):
        looked_at += len(cells) + len(held) + 1
        if looked_at > MOST_CELLS or number > SHEET_ROWS:
            raise too_large(path, "cells", MOST_CELLS)
        texts, typed = _texts(cells)
        areas = merged.get(number, ())
        for area in areas:
            _hold(area, texts, typed, held)
        _fill(number, texts, typed, held)
        while texts and not texts[-1]:
            texts.pop()
        if len(texts) > MOST_COLUMNS:
            raise too_large(path, "columns", MOST_COLUMNS)
        if texts:
            depth = max([1, *(bottom - top + 1 for _, top, _, bottom in areas)])
            yield Line(number, texts, typed, depth if depth <= DEEPEST else 1)


def _texts(cells: Sequence[Any]) -> tuple[list[str], dict[int, str]]:
    texts, typed = [], {}
    for at, cell in enumerate(cells):
        text, kind = _shown(cell) if cell.value is not None else ("", "")
        texts.append(text.strip())
        if kind and text:
            typed[at] = kind
    return texts, typed


def _hold(area: Area, texts: list[str], typed: Mapping[int, str], held: dict[int, tuple[int, str, str]]) -> None:
    left, _, right, bottom = area
    text = texts[left - 1] if left <= len(texts) else ""
    for column in range(left, min(right, MOST_COLUMNS) + 1) if text else ():
        held[column] = (bottom, text, typed.get(left - 1, ""))


def _fill(number: int, texts: list[str], typed: dict[int, str], held: dict[int, tuple[int, str, str]]) -> None:
    for column, (bottom, text, kind) in list(held.items()):
        if bottom < number:
            del held[column]
            continue
        texts += [""] * (column - len(texts))
        if not texts[column - 1]:
            texts[column - 1] = text
            if kind:
                typed[column - 1] = kind


def _shown(cell: Any) -> tuple[str, str]:
    """A cell's text, and of what is no text its kind: a date as ISO text, a number with the decimals it is shown with.

    A whole number says itself, however it was typed.
    """
    value = cell.value
    if isinstance(value, str):
        return value, "error" if cell.data_type == "e" else ""
    if isinstance(value, datetime):
        return (value.date() if value.time() == time() else value).isoformat(), "date"
    if isinstance(value, (date, time)):
        return value.isoformat(), "date"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value), "number"
    decimals = _DECIMALS.fullmatch(str(cell.number_format))
    if decimals:
        return f"{value:.{len(decimals[1])}f}", ""
    return str(int(value) if float(value).is_integer() and abs(value) < 10**DIGITS else value), "number"


def written(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """Return a workbook; see `osgate.io.tables.xlsx`."""
    try:
        import xlsxwriter
    except ImportError as error:
        raise missing_extra() from error
    out = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book: Any = xlsxwriter.Workbook(out, options)
    book.set_properties({"created": datetime(2026, 1, 1)})
    bold = book.add_format({"bold": True, "valign": "top", "text_wrap": True})
    names: list[str] = []
    for name, rows in sheets.items():
        names.append(_name(name, names))
        _write(book.add_worksheet(names[-1]), rows, bold, name)
    book.close()
    return out.getvalue()


def _name(wanted: str, taken: Sequence[str]) -> str:
    """A name a sheet can have: at most 31 characters, some of them not, and no other one's, whatever its case."""
    name = _NOT_IN_A_NAME.sub("-", _NOT_IN_XML.sub("-", wanted))[:31] or "-"
    number = 1
    while name.lower() in {other.lower() for other in taken}:
        number += 1
        name = f"{name[:25]} ({number})"
    return name


def _write(sheet: Any, rows: Sequence[Sequence[object]], bold: Any, name: str) -> None:
    if len(rows) > SHEET_ROWS:
        raise too_large(name, "rows", SHEET_ROWS)
    width = max((len(row) for row in rows), default=0)
    for column in range(width):
        sheet.set_column(column, column, _columns(rows, column))
    sheet.freeze_panes(1, 0)
    if rows and width:
        sheet.autofilter(0, 0, len(rows) - 1, width - 1)
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            _put(sheet, number, column, value, bold if number == 0 else None)


def _put(sheet: Any, number: int, column: int, value: object, format: Any) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(number, column, value, format)
    elif isinstance(value, (int, float)) and abs(value) < 10**DIGITS:
        sheet.write_number(number, column, value, format)
    elif value is not None and value != "":
        sheet.write_string(number, column, _cell(str(value)), format)


def _cell(text: str) -> str:
    """Text that a cell can hold: what XML cannot carry is written out, and what is too long is cut."""
    shown = _NOT_IN_XML.sub(lambda found: f"\\u{{{ord(found[0]):x}}}", text)
    return shown if len(shown) <= CELL else shown[: CELL - 1] + "…"


def _columns(rows: Sequence[Sequence[object]], column: int) -> int:
    """How wide a column is drawn, in digits: as its longest line of text, a Chinese character being two wide."""
    longest = NARROW
    for row in rows[:LOOKED_AT]:
        text = str(row[column]) if column < len(row) and row[column] is not None else ""
        longest = max([longest, *(_wide(line[:WIDE]) + 2 for line in text.split("\n"))])
    return min(longest, WIDE)


def _wide(text: str) -> int:
    return len(text) if text.isascii() else sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
