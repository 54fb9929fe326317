"""Tables that people keep in files: CSV as it comes out of Excel, OA systems and scripts, and .xlsx workbooks.

Read is what people wrote, however it was saved; written is what a spreadsheet shows as text and never runs.
"""

from __future__ import annotations

import csv as _csv
import io
import re
from itertools import chain, islice

from osgate.errors import UsageError
from osgate.io.files import read_limited
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

# Bytes of a file, rows with something in them, and columns. A ledger that is larger is cut up by who keeps it.
LARGEST, MOST_ROWS, MOST_COLUMNS = 32_000_000, 200_000, 256
# Lines above the headings (a title, who made it, an empty one) that are looked through.
ABOVE = 20
DELIMITERS = ",\t;"
# What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection), with the full-width forms of them.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_BLANKS = " \u00a0\u3000"
_WITHIN = re.compile(rf"([;\t\r\n][{_BLANKS}]*)([=+\-@\uff1d\uff0b\uff0d\uff20])")
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
# By their byte order mark; without one it is UTF-8, and what is no UTF-8 is GB 18030 (which has GBK and GB 2312 in it).
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@record
class Row:
    """A row below the headings. line: where it begins: the line of a CSV file, the row of a sheet, from 1.

    cells: heading -> text, without blanks around it; every heading of the table, in its order. Cells beyond the
    headings are named `#` and the number of their column. typed: of a workbook, headings whose cell held no text but a
    `number`, a `date` or an `error`, which may not look as it was once typed (1.10 becomes 1.1).
    """

    line: int
    cells: Mapping[str, str]
    typed: Mapping[str, str] = {}


@record
class Line:
    """A row as it is found, headings or not. depth: of headings in merged cells, how many rows they take."""

    number: int
    texts: list[str]
    typed: Mapping[int, str] = {}
    depth: int = 1


def read(path: str, sheet: str = "", heads: Callable[[Sequence[str]], bool] | None = None) -> list[Row]:
    """Return the rows of the table in the file `path`; empty rows are none.

    What is above the headings is left out. They are the first row that `heads` says yes to, and where there is none
    among the first ABOVE rows, or nobody asks, the first row that has two different cells. sheet: of a workbook;
    empty for the first one that can be seen. Raises UsageError with a code below `table.`: a file that cannot be read,
    or is too large, of no known encoding, with an open quote, an old or locked workbook, no table at all; and
    `table.extra` where .xlsx needs the libraries of the extra [xlsx].
    """
    try:
        data = read_limited(path, LARGEST)
    except OSError as error:
        raise UsageError("table.unreadable", path=path, detail=error.strerror or type(error).__name__) from error
    if data is None:
        raise too_large(path, "bytes", LARGEST)
    return parse(data, path, sheet, heads)


def parse(data: bytes, path: str, sheet: str = "", heads: Callable[[Sequence[str]], bool] | None = None) -> list[Row]:
    """Return the rows of a table from its bytes, as `read` does. path: for what an error says."""
    if data.startswith(_OLE):
        raise UsageError("table.old-excel", path=path)
    if data.startswith(_ZIP):
        from osgate.io import workbooks

        return _rows(workbooks.lines(data, path, sheet), path, heads)
    return _rows(_csv_lines(_text(data, path), path), path, heads)


def too_large(path: str, what: str, limit: int) -> UsageError:
    """The error of a table that is too large. what: `bytes`, `unpacked`, `rows`, `columns` or `cells`."""
    return UsageError(f"table.too-large-{what}", path=path, limit=limit)


def _text(data: bytes, path: str) -> str:
    marked = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "")
    for encoding in (marked,) if marked else ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise UsageError("table.binary", path=path, line=text.count("\n", 0, text.index("\0")) + 1)
        return text
    raise UsageError("table.encoding", path=path)


def _csv_lines(text: str, path: str) -> Iterator[Line]:
    """Yield every record of a CSV text that has something in it, with the line it begins on."""
    delimiter, at = _delimiter(text)
    lines = io.StringIO(text, newline="")
    if at:
        lines.readline()
    reader = _csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        begins = reader.line_num + 1 + at
        try:
            found = next(reader, None)
        except _csv.Error as error:
            raise UsageError("table.quotes", path=path, line=begins) from error
        if found is None:
            return
        if any(cell.strip() for cell in found):
            yield Line(begins, found)


def _delimiter(text: str) -> tuple[str, int]:
    """The character between cells, and how many lines to pass over: Excel heeds a first line `sep=;`."""
    first = text[:10].splitlines()[0] if text else ""
    if first.startswith("sep=") and first[4:] in tuple(DELIMITERS):
        return first[4:], 1
    return max(DELIMITERS, key=lambda mark: _split(text, mark)), 0


def _split(text: str, delimiter: str) -> tuple[int, int]:
    """How many of the first records have two cells, were `delimiter` the one between them, and how many the first."""
    reader = _csv.reader(io.StringIO(text[:100_000], newline=""), delimiter=delimiter)
    try:
        widths = [len(found) for found in islice(reader, ABOVE)]
    except _csv.Error:
        return 0, 0
    return sum(width > 1 for width in widths), max(widths[:1], default=0)


def _two(texts: Sequence[str]) -> bool:
    """True for a row that can be the headings: it has two different texts, as no title in merged cells has."""
    return len({text.strip() for text in texts} - {""}) > 1


def _rows(lines: Iterator[Line], path: str, heads: Callable[[Sequence[str]], bool] | None) -> list[Row]:
    first = list(islice(lines, ABOVE))
    if not first:
        raise UsageError("table.empty", path=path)
    tests = [heads, _two] if heads else [_two]
    at = next((at for test in tests for at, line in enumerate(first) if test(line.texts)), 0)
    found = first[at]
    parts: list[list[str]] = [found.texts]
    below: list[Line] = []
    for line in chain(first[at + 1 :], lines):
        _bounded(line, len(below), path)
        if line.number < found.number + found.depth:
            parts.append(line.texts)
        else:
            below.append(line)
    headings = _headings(parts, max([len(found.texts), *(len(line.texts) for line in below)]))
    return [_row(line, headings) for line in below]


def _bounded(line: Line, before: int, path: str) -> None:
    if before >= MOST_ROWS:
        raise too_large(path, "rows", MOST_ROWS)
    if len(line.texts) > MOST_COLUMNS:
        raise too_large(path, "columns", MOST_COLUMNS)


def _headings(parts: Sequence[Sequence[str]], width: int) -> list[str]:
    """The name of each column: the lowest of its headings, with those above it where that alone would not tell."""
    columns = [[" ".join(part[at].split()) if at < len(part) else "" for part in parts] for at in range(width)]
    columns = [[text for text in dict.fromkeys(column) if text] or [f"#{at}"] for at, column in enumerate(columns, 1)]
    last = [column[-1] for column in columns]
    names: dict[str, None] = {}
    for column in columns:
        name = column[-1] if last.count(column[-1]) == 1 else " ".join(column)
        number = 1
        while (name if number == 1 else f"{name} ({number})") in names:
            number += 1
        names[name if number == 1 else f"{name} ({number})"] = None
    return list(names)


def _row(line: Line, headings: Sequence[str]) -> Row:
    texts = [text.strip() for text in line.texts]
    texts += [""] * (len(headings) - len(texts))
    return Row(
        line.number, dict(zip(headings, texts, strict=True)), {headings[at]: kind for at, kind in line.typed.items()}
    )


def xlsx(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """Return a workbook with these sheets; the first row of each is its headings. The same rows give the same bytes.

    Texts are texts: nothing is taken for a formula, a link or a number. Raises UsageError("table.extra") where the
    library is missing, UsageError("table.too-large-rows") for more rows than a sheet can have.
    """
    from osgate.io import workbooks

    return workbooks.written(sheets)


def csv(rows: Iterable[Sequence[object]], encoding: str = "utf-8-sig") -> bytes:
    """Return a CSV file (RFC 4180, CRLF, texts in quotes).

    What a spreadsheet would take for a formula gets an apostrophe before it: at the beginning of a text, and behind a
    semicolon, tab or line end, where a program that is set to another delimiter begins a cell.
    """
    out = io.StringIO(newline="")
    writer = _csv.writer(out, quoting=_csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return out.getvalue().encode(encoding, "backslashreplace")


def _plain(cell: object) -> object:
    if cell is None or isinstance(cell, (int, float)):
        return "" if cell is None else cell
    text = str(cell)
    text = _WITHIN.sub(r"\1'\2", text)
    runs = text.startswith(FORMULA) or text.lstrip(_BLANKS).startswith(FORMULA)
    return f"'{text}" if runs else text
