"""Moving old parts of the sealed history from single files into archives, in one commit on main.

Run on the desk's machine under the desk's lock, because only the desk moves main. It needs no key: nothing is signed
anew, and what was moved is held to be the same byte for byte before main moves. Nothing is ever removed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from osgate.errors import Refused
from osgate.intake_desk import governed
from osgate.intake_desk.anchors import DESK
from osgate.io.git_write import Repository
from osgate.ledger import archive, codec, history, store_git
from osgate.ledger.history import History
from osgate.ledger.store_git import Stored
from osgate.model.record import record


@record
class Archived:
    """What was moved. first, last: serials of its seals, 0 where there was nothing to move; archives: their paths."""

    first: int
    last: int
    records: int
    archives: tuple[str, ...]


def run(repository: Repository, main: str, before: str, now: str) -> Archived:
    """Move what was sealed before the day `before` (ISO date) and lies in single files; the newest seal stays.

    main: the branch (`refs/heads/main`); now: UTC instant. The policy is the one in force, not what main says beyond.
    Raises Mistakes for a policy that is not valid, Refused: `desk.policy-lost`, `archive.retention` for a day inside of
    the policy's retention, `history.broken` for a ledger that does not hold, `archive.differs` where the ledger would
    not read the same afterwards; RefMoved where somebody else moved main meanwhile. Then nothing is changed.
    """
    tip = repository.resolve(main)
    stored = store_git.load(repository, tip)
    valid = governed.in_force(repository, stored, governed.newest_named(stored.seals)).valid
    years = valid.policy.retention_years
    latest = years_before(now[:10], years)
    if before > latest:
        raise Refused("archive.retention", before=before, years=years, latest=latest)
    past = history.read(stored.records, stored.seals, valid.keys)
    if past.problems:
        raise Refused("history.broken", problems=past.problems)
    archives: dict[str, bytes | None] = {}
    moved: list[str] = []
    serials: list[int] = []
    for numbers, files in _segments(past, stored, before):
        archives[archive.path(numbers[0], numbers[-1])] = archive.packed(files)
        moved += [path for path, _ in files]
        serials += numbers
    if not serials:
        return Archived(0, 0, 0, ())
    done = Archived(serials[0], serials[-1], len(moved) - len(serials), tuple(archives))
    commit = repository.commit({**archives, **dict.fromkeys(moved)}, [tip], _message(done, before), DESK, now)
    after = store_git.load(repository, commit)
    if (after.policy, after.records, after.seals) != (stored.policy, stored.records, stored.seals):
        raise Refused("archive.differs")
    repository.update_ref(main, commit, tip)
    return done


def years_before(day: str, years: int) -> str:
    """Return the ISO date `years` years before `day`, the last of February where that year has no 29th."""
    found = date.fromisoformat(day)
    year = max(found.year - years, 1)
    try:
        return found.replace(year=year).isoformat()
    except ValueError:
        return found.replace(year=year, day=28).isoformat()


def _segments(past: History, stored: Stored, before: str) -> Iterator[tuple[list[int], list[tuple[str, bytes]]]]:
    """The seals to move by serial with all files they stand for, as much at a time as one archive holds."""
    numbers: list[int] = []
    files: list[tuple[str, bytes]] = []
    size = 0
    for serial, found in _movable(past, stored, before):
        more = sum(len(content) for _, content in found)
        if numbers and size + more > archive.LARGE:
            yield numbers, files
            numbers, files, size = [], [], 0
        numbers.append(serial)
        files += found
        size += more
    if numbers:
        yield numbers, files


def _movable(past: History, stored: Stored, before: str) -> Iterator[tuple[int, list[tuple[str, bytes]]]]:
    """Each seal's serial and files, records first, from the first one that lies by itself up to the day `before`."""
    records: dict[int, list[str]] = {}
    for item in past.sealed:
        records.setdefault(item.serial, []).append(codec.record_path(dict(item.body)))
    for seal in past.seals[:-1]:
        own = codec.seal_path(seal.serial)
        if seal.sealed_at >= before:
            return
        if own not in stored.archived:
            found = [(path, stored.records[path]) for path in records.get(seal.serial, ())]
            yield seal.serial, [*found, (own, stored.seals[own])]


def _message(done: Archived, before: str) -> str:
    told = f"sealed before {before}: {done.records} records, nothing removed"
    return f"Archive seals {done.first} to {done.last}\n\n{told}\n"
