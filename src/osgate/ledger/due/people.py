"""What ends of people and keys: who leaves, which role nobody goes on holding, which key has no successor. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from osgate.ledger import signatures
from osgate.ledger.due.asked import Asked
from osgate.model.agenda import Item
from osgate.model.policy import Key, Person

# (from, to), ISO days, empty where open; `to` is the first day after it.
Period = tuple[str, str]


def runs_until(periods: Iterable[Period], today: str) -> str:
    """Return the first day that none of `periods` covers any more, going on from today without a gap.

    Empty where that never comes; `today` itself where none covers it.
    """
    known, day = list(periods), today
    while True:
        ends = [end for start, end in known if (not start or start <= day) and (not end or end > day)]
        if not ends:
            return day
        if "" in ends:
            return ""
        day = max(ends)


def items(asked: Asked) -> Iterator[Item]:
    """Yield what of people.toml and of the desk's keys ends soon. What people had once has ended and is no news."""
    yield from _desk_keys(asked)
    for person in asked.valid.people.values():
        yield from _of_person(person, asked)


def _desk_keys(asked: Asked) -> Iterator[Item]:
    keys = asked.valid.keys
    until = runs_until(map(_period, keys), asked.today)
    if until and asked.soon(until):
        last = max(keys, key=lambda key: _period(key)[1] or "9999")
        yield asked.ends("desk-key", "osgate.toml", until, name=signatures.fingerprint(last.key))


def _of_person(person: Person, asked: Asked) -> Iterator[Item]:
    if not person.here(asked.today):
        return
    if person.end and asked.soon(person.end):
        yield _item("person", person, person.end, "", asked)
    for role in dict.fromkeys(role for role, _, _ in person.roles):
        periods = [(start, end) for name, start, end in person.roles if name == role]
        yield from _part("role", person, periods, role, asked)
    valid = [key for key in person.keys if key.valid(asked.today)]
    shown = signatures.fingerprint(valid[0].key) if valid else ""
    yield from _part("key", person, [_period(key) for key in person.keys], shown, asked)


def _part(kind: str, person: Person, periods: list[Period], name: str, asked: Asked) -> Iterator[Item]:
    until = runs_until(periods, asked.today)
    # With the person everything of theirs ends; that is told once.
    if until > asked.today and asked.soon(until) and not (person.end and person.end <= until):
        yield _item(kind, person, until, name, asked)


def _item(kind: str, person: Person, until: str, name: str, asked: Asked) -> Item:
    return asked.ends(kind, person.id, until, name=name, person=person.id)


def _period(key: Key) -> Period:
    ends = [day for day in (key.end, key.revoked) if day]
    return key.start, min(ends, default="")
