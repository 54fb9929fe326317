"""people.toml as text: what a person wrote stays as it is, and only the lines that change are written anew. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date

from osgate.policy import toml_document
from osgate.policy.toml_document import Document, Place

PATH = "people.toml"
Value = str | date | tuple[tuple[str, str], ...]


class PeopleText:
    """The text of people.toml, to be changed entry by entry. Its persons are tables, `[[person]]`.

    document: the same, read.
    """

    def __init__(self, text: str, document: Document) -> None:
        self._ends = "\r\n" if "\r\n" in text else "\n"
        self._lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
        self._document = document
        # Line (from 1) -> what stands there instead, and what comes after it.
        self._instead: dict[int, tuple[int, list[str]]] = {}
        self._after: dict[int, list[str]] = {}
        self._new: list[str] = []

    def can(self, index: int, key: str) -> bool:
        """True if `key` of the person at `index` can be set: it stands on lines of its own, or does not stand yet."""
        header = self._document.lines.get(("person", index), 0)
        place: Place = ("person", index, key)
        line = self._document.lines.get(place, 0)
        table = self._lines[line - 1].lstrip().startswith("[") if line else False
        return bool(header) and line != header and not table and self._lines[header - 1].lstrip().startswith("[[")

    def set(self, index: int, key: str, value: Value) -> None:
        """Write `key` of the person at `index`; what stood there and had a comment is kept as one."""
        written = f"{key} = {written_value(value)}"
        line = self._document.lines.get(("person", index, key), 0)
        if line:
            last = toml_document.extent("\n".join(self._lines), line)
            old = self._lines[line - 1 : last]
            kept = [f"# {text}" for text in old] if any("#" in text for text in old) else []
            self._instead[line] = (last, [*kept, written])
            return
        after = self._document.lines.get(("person", index, "id"), self._document.line(("person", index)))
        self._after.setdefault(after, []).append(written)

    def add(self, id: str, name: str, employee: str, accounts: Iterable[tuple[str, str]], end: str = "") -> None:
        """Write one more person, after all others. end: ISO date, empty for none."""
        listed = tuple(accounts)
        self._new += ["", "[[person]]", f"id = {quoted(id)}", f"name = {quoted(name)}"]
        self._new += [f"employee = {quoted(employee)}"] if employee else []
        self._new += [f"to = {end}"] if end else []
        self._new += [f"accounts = {written_value(listed)}"] if listed else []

    def text(self) -> str:
        """Return the text with everything that was set and added."""
        found: list[str] = []
        number = 1
        while number <= len(self._lines):
            last, lines = self._instead.get(number, (number, [self._lines[number - 1]]))
            found += lines
            for line in range(number, last + 1):
                found += self._after.get(line, [])
            number = last + 1
        while found and not found[-1].strip():
            found.pop()
        return self._ends.join([*found, *self._new, ""])


def quoted(text: str) -> str:
    """Return `text` as a TOML basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def written_value(value: Value) -> str:
    """Return a value as TOML: a text, a date, or accounts as (forge, id)."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return quoted(value)
    tables = (f"{{forge = {quoted(forge)}, id = {quoted(id)}}}" for forge, id in value)
    return f"[{', '.join(tables)}]"
