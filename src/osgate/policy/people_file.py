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

_TOLD = ("missing", "returned", "gone", "by-hand")
# More than one person in so many ends by a mistake rather than by leaving.
MOST_ENDING = 5


@record
class Change:
    """What the import does or notices about a person. code: key below `people.`: `new`, `name`, `employee`, `account`,
    `ends`; and only told: `missing`, `returned`, `gone`, `by-hand`."""

    person: str
    code: str
    params: Mapping[str, object]


@record
class Merged:
    """data: people.toml as it would be; changes: what is new about it, or worth telling; unread: rows left out.

    persons: how many were there, who had not ended; orphaned: (role, person) of each role held today whose last
    holder ends.
    """

    data: bytes
    changes: tuple[Change, ...]
    unread: tuple[Unread, ...]
    persons: int = 0
    orphaned: tuple[tuple[str, str], ...] = ()

    @property
    def changed(self) -> bool:
        """True if the file would not be the same."""
        return any(change.code not in _TOLD for change in self.changes)

    @property
    def ending(self) -> int:
        """How many persons come to an end by it."""
        return sum(change.code == "ends" for change in self.changes)

    @property
    def too_many(self) -> bool:
        """True if more than one in MOST_ENDING of the persons would end."""
        return self.ending * MOST_ENDING > self.persons


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
        id = entry.id
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
        """Which person is meant, by id; None for a new one, Unread where the employee number says otherwise."""
        by_id = next((n for n, person in enumerate(self.persons) if person.id == entry.id), None)
        numbered = [n for n, person in enumerate(self.persons) if entry.employee and person.employee == entry.employee]
        params = {"person": entry.id, "employee": entry.employee}
        if numbered and by_id not in numbered:
            code = "other-id" if by_id is None else "two-persons"
            return Unread(entry.line, code, {**params, "other": self.persons[numbered[0]].id})
        return None if by_id is None else self._problem(entry, self.persons[by_id]) or by_id

    def _problem(self, entry: Entry, person: Person) -> Unread | None:
        """Why a row about the id of `person` is not about them: a login goes to somebody new, years later."""
        old, new = (person.name, person.employee), (entry.name, entry.employee)
        if all(old) and all(new) and old[0] != new[0] and old[1] != new[1]:
            params = {"person": person.id, "name": old[0], "employee": old[1], "found": f"{new[0]} {new[1]}"}
            return Unread(entry.line, "other-person", params)
        first = min((start for _, start, _ in person.roles), default="")
        if entry.departed and entry.departed < first:
            params = {"person": person.id, "departed": entry.departed, "start": first}
            return Unread(entry.line, "departed-before-role", params)
        return None

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

    def orphaned(self) -> tuple[tuple[str, str], ...]:
        """Each role held today whose last holder ends, with that person."""
        ending = {change.person for change in self.changes if change.code == "ends"}
        holders: dict[str, list[str]] = {}
        for person in self.persons:
            for role in person.holds(self.today):
                holders.setdefault(role, []).append(person.id)
        return tuple((role, ids[-1]) for role, ids in sorted(holders.items()) if ending.issuperset(ids))

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
    persons = sum(not person.end or person.end > today for person in merge.persons)
    text = merge.text.text().encode("utf-8")
    return Merged(text, tuple(merge.changes), tuple(merge.unread), persons, merge.orphaned())


def _accounts(person: Person) -> Iterator[tuple[str, str]]:
    return ((forge, number.lower()) for forge, number in person.accounts)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")
