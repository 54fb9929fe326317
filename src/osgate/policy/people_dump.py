"""A table of persons as a directory gives it out: which column says what, and what each row tells. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from osgate.errors import Mistake, Mistakes
from osgate.model.record import record
from osgate.policy import toml_document
from osgate.policy.schema import person_id
from osgate.policy.shape import Field, complaints

FIELDS = ("id", "name", "employee", "mail", "departed")
# Headings that are understood without a map: attributes of LDAP (RFC 2798, RFC 4519) and Active Directory, then ours.
USUAL: Mapping[str, tuple[str, ...]] = {
    "id": ("uid", "samaccountname", "login", "username", "账号", "帐号", "登录名", "用户名"),
    "name": ("cn", "displayname", "name", "姓名", "名字"),
    "employee": ("employeenumber", "employeeid", "employee", "工号", "员工号", "员工编号"),
    "mail": ("mail", "email", "e-mail", "邮箱", "电子邮箱", "邮件"),
    "departed": ("departed", "departuredate", "离职日期", "离职时间"),
}
_COLUMN = Field("text", empty=False)
_SHAPE = {
    "columns": Field("table", of=dict.fromkeys(FIELDS, _COLUMN)),
    "accounts": Field("map", of=_COLUMN),
}
_DATE = re.compile(r"(\d{4})[-/.年 ]*(\d{1,2})[-/.月 ]*(\d{1,2})日?(?:\D.*|\d{6}(?:\.\d+)?Z?)?\Z", re.ASCII)
_BETWEEN = re.compile(r"[\s;,|，；]+")


@record
class Columns:
    """Which heading says what. fields: field of FIELDS -> heading; forges: forge -> heading of its numeric ids."""

    fields: Mapping[str, str]
    forges: Mapping[str, str]


@record
class Entry:
    """A person as the dump has them. line: where; mails: lower case; accounts: (forge, numeric id).

    departed: ISO date, empty where none is told.
    """

    line: int
    id: str
    name: str
    employee: str
    mails: tuple[str, ...]
    accounts: tuple[tuple[str, str], ...]
    departed: str


@record
class Unread:
    """A row that cannot be used. code: key below `people.row-`."""

    line: int
    code: str
    params: Mapping[str, object]


def columns(data: bytes, path: str) -> Columns:
    """Read the file that maps columns: `[columns]` field = heading, `[accounts]` forge = heading.

    Raises Mistakes with everything that is wrong, by line.
    """
    document = toml_document.read(path, data)
    if isinstance(document, Mistake):
        raise Mistakes((document,))
    found = complaints(document.values, _SHAPE)
    mistakes = tuple(Mistake(path, document.line(place), code, params) for place, code, params in found)
    if mistakes:
        raise Mistakes(mistakes)
    return Columns(document.values.get("columns", {}), document.values.get("accounts", {}))


def understood(headings: Sequence[str], given: Columns) -> Columns:
    """Return which of `headings` says what: what the map says, else the usual ones. Case does not matter."""
    by_case = {heading.lower(): heading for heading in reversed(headings)}
    fields: dict[str, str] = {}
    for field in FIELDS:
        wanted = (given.fields[field].lower(),) if field in given.fields else USUAL[field]
        found = next((by_case[word] for word in wanted if word in by_case), "")
        if found:
            fields[field] = found
    forges = {forge: by_case[word.lower()] for forge, word in given.forges.items() if word.lower() in by_case}
    return Columns(fields, forges)


def lacking(read: Columns, given: Columns) -> Iterator[str]:
    """Yield what the table has no column for: headings that the map names, and one by which persons are known."""
    yield from (word for field, word in given.fields.items() if field not in read.fields)
    yield from (word for forge, word in given.forges.items() if forge not in read.forges)
    if "id" not in read.fields and "id" not in given.fields:
        yield "id"


def entries(rows: Iterable[tuple[int, Mapping[str, str]]], read: Columns) -> tuple[list[Entry], list[Unread]]:
    """Return what the rows (line, heading -> text) tell, and those that tell nothing that can be used, with why."""
    found: list[Entry] = []
    unread: list[Unread] = []
    first: dict[str, int] = {}
    for line, cells in rows:
        entry = _entry(line, cells, read)
        if isinstance(entry, Entry) and entry.id in first:
            entry = Unread(line, "twice", {"person": entry.id, "line": first[entry.id]})
        if isinstance(entry, Unread):
            unread.append(entry)
            continue
        first[entry.id] = line
        found.append(entry)
    return found, unread


def _entry(line: int, cells: Mapping[str, str], read: Columns) -> Entry | Unread:
    said = {field: cells.get(heading, "").strip() for field, heading in read.fields.items()}
    id = said.get("id", "").lower()
    if not id:
        return Unread(line, "id-empty", {})
    if person_id(id) is not None:
        return Unread(line, "no-id", {"found": said.get("id", "")[:60]})
    departed = _day(said.get("departed", ""))
    if departed is None:
        return Unread(line, "no-date", {"found": said["departed"][:60]})
    mails = tuple(dict.fromkeys(word.lower() for word in _BETWEEN.split(said.get("mail", "")) if word))
    bad = next((mail for mail in mails if not 0 < mail.find("@") < len(mail) - 1), "")
    if bad:
        return Unread(line, "no-mail", {"found": bad[:60]})
    accounts = tuple((forge, cells.get(heading, "").strip()) for forge, heading in sorted(read.forges.items()))
    wrong = next(((forge, number) for forge, number in accounts if number and not number.isdecimal()), None)
    if wrong:
        return Unread(line, "no-number", {"forge": wrong[0], "found": wrong[1][:60]})
    numbered = tuple((forge, number) for forge, number in accounts if number)
    return Entry(line, id, said.get("name", ""), said.get("employee", ""), mails, numbered, departed)


def _day(text: str) -> str | None:
    """An ISO date from the forms directories use (2026-11-21, 2026/11/21, 2026年11月21日, 20261121000000Z); None for
    what is none, empty for nothing."""
    if not text:
        return ""
    found = _DATE.match(text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])).isoformat() if found else None
    except ValueError:
        return None
