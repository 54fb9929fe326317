"""Merging what a directory says of persons into people.toml. Pure.

The directory knows who is there; the policy knows who decides. So names, employee numbers, accounts and departures are
taken over, and roles and keys never touched: nobody comes to decide anything by an import.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from osgate.errors import Mistake, Mistakes
from osgate.model.policy import Person
from osgate.model.record import record
from osgate.policy import build, schema, toml_document
from osgate.policy.people_dump import Entry, Unread
from osgate.policy.people_text import PATH, PeopleText, Value
from osgate.policy.shape import complaints

_TOLD = ("missing", "returned", "gone", "by-hand", "other-id")


@record
class Change:
    """What the import does or notices about a person. code: key below `people.`: `new`, `name`, `employee`, `account`,
    `ends`; and only told: `missing`, `returned`, `gone`, `by-hand`, `other-id`."""

    person: str
    code: str
    params: Mapping[str, object]


@record
class Merged:
    """data: people.toml as it would be; changes: what is new about it, or worth telling; unread: rows left out."""

    data: bytes
    changes: tuple[Change, ...]
    unread: tuple[Unread, ...]

    @property
    def changed(self) -> bool:
        """True if the file would not be the same."""
        return any(change.code not in _TOLD for change in self.changes)


class _Merge:
    """One merge. persons: in the order of the file."""

    def __init__(self, data: bytes, today: str) -> None:
        document = toml_document.read(PATH, data)
        if isinstance(document, Mistake):
            raise Mistakes((document,))
        found = list(complaints(document.values, schema.PEOPLE))
        if found:
            raise Mistakes(tuple(Mistake(PATH, document.line(at), code, params) for at, code, params in found))
        self.today = today
        self.text = PeopleText(_decoded(data), document)
        self.persons: list[Person] = [build.person(entry) for entry in document.values.get("person", [])]
        self.changes: list[Change] = []
        self.unread: list[Unread] = []
        self.seen: set[int] = set()
        self.numbers = {person.employee: person.id for person in self.persons}
        self.owners = {account: person.id for person in self.persons for account in _accounts(person)}

    def take(self, entry: Entry) -> None:
        """Take one person of the dump in, or say why not."""
        index = self._index(entry)
        if isinstance(index, Unread):
            self.unread.append(index)
            return
        id = entry.id if index is None else self.persons[index].id
        accounts = (*(("git", mail) for mail in entry.mails), *entry.accounts)
        other = next((a for a in accounts if self.owners.get((a[0], a[1].lower()), id) != id), None)
        if other:
            owner = self.owners[other[0], other[1].lower()]
            params = {"account": f"{other[0]} {other[1]}", "other": owner}
            self.unread.append(Unread(entry.line, "account-of-other", params))
            return
        if self.numbers.setdefault(entry.employee, id) != id and entry.employee:
            self.unread.append(Unread(entry.line, "twice-employee", {"employee": entry.employee}))
            return
        self.owners.update({(forge, number.lower()): id for forge, number in accounts})
        if index is None:
            self._new(entry, accounts)
        else:
            self.seen.add(index)
            self._known(index, entry, accounts)

    def _index(self, entry: Entry) -> int | Unread | None:
        """Which person is meant: by id, else by employee number; None for a new one."""
        by_id = next((n for n, person in enumerate(self.persons) if person.id == entry.id), None)
        numbered = [n for n, person in enumerate(self.persons) if entry.employee and person.employee == entry.employee]
        if numbered and by_id is not None and by_id not in numbered:
            params = {"person": entry.id, "employee": entry.employee, "other": self.persons[numbered[0]].id}
            return Unread(entry.line, "two-persons", params)
        found = by_id if by_id is not None else next(iter(numbered), None)
        if found in self.seen:
            return Unread(entry.line, "twice-employee", {"employee": entry.employee})
        return found

    def _new(self, entry: Entry, accounts: tuple[tuple[str, str], ...]) -> None:
        if entry.departed and entry.departed <= self.today:
            self._tell(entry.id, "gone", end=entry.departed)
            return
        if not entry.name:
            self.unread.append(Unread(entry.line, "no-name", {"person": entry.id}))
            return
        self.text.add(entry.id, entry.name, entry.employee, accounts, entry.departed)
        self._tell(entry.id, "new", name=entry.name, employee=entry.employee)

    def _known(self, index: int, entry: Entry, accounts: tuple[tuple[str, str], ...]) -> None:
        person = self.persons[index]
        if person.id != entry.id:
            self._tell(person.id, "other-id", found=entry.id)
        for key, value, old in (("name", entry.name, person.name), ("employee", entry.employee, person.employee)):
            if value and value != old:
                self._set(index, key, value, key, old=old or "-", new=value)
        known = {(forge, number.lower()) for forge, number in person.accounts}
        more = tuple(account for account in accounts if (account[0], account[1].lower()) not in known)
        if more:
            told = ", ".join(f"{forge} {number}" for forge, number in more)
            self._set(index, "accounts", (*person.accounts, *more), "account", account=told)
        if entry.departed and (not person.end or entry.departed < person.end):
            self._set(index, "to", date.fromisoformat(entry.departed), "ends", end=entry.departed)
        elif not entry.departed and person.end and person.end <= self.today:
            self._tell(person.id, "returned", end=person.end)

    def absent(self, complete: bool) -> None:
        """What becomes of those the dump does not have. complete: the dump has everybody."""
        for index, person in enumerate(self.persons):
            if index in self.seen or (person.end and person.end <= self.today):
                continue
            if complete:
                self._set(index, "to", date.fromisoformat(self.today), "ends", end=self.today)
            else:
                self._tell(person.id, "missing")

    def _set(self, index: int, key: str, value: Value, code: str, **params: object) -> None:
        if self.text.can(index, key):
            self.text.set(index, key, value)
            self._tell(self.persons[index].id, code, **params)
        else:
            self._tell(self.persons[index].id, "by-hand", key=key)

    def _tell(self, person: str, code: str, **params: object) -> None:
        self.changes.append(Change(person, code, params))


def merged(data: bytes, entries: Iterable[Entry], today: str, complete: bool = False) -> Merged:
    """Return people.toml (`data`) with the `entries` of a dump in it.

    New persons come without roles. Nobody is deleted: who has left, or is missing in a dump that is `complete`, gets
    `to`, from which day on (UTC; today: ISO date) they decide nothing. Where a row cannot be used nobody is missing: it
    may be theirs. Raises Mistakes for a file that is not valid.
    """
    merge = _Merge(data, today)
    for entry in entries:
        merge.take(entry)
    merge.absent(complete and not merge.unread)
    return Merged(merge.text.text().encode("utf-8"), tuple(merge.changes), tuple(merge.unread))


def _accounts(person: Person) -> Iterator[tuple[str, str]]:
    return ((forge, number.lower()) for forge, number in person.accounts)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")
