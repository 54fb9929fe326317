"""A ledger that was kept elsewhere, row by row: what is taken over, what is not and why. Pure; nothing is dropped.

Its approvals were given before the gate came. They are taken over for exactly the versions they name, by the quorum of
the default tier, and are looked at again by a day; the file itself is the evidence.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from osgate import versions
from osgate.intake_desk.old_columns import Columns, meaning
from osgate.intake_desk.old_components import Named, NotUnderstood, component, day, ranges
from osgate.io.tables import Row
from osgate.ledger.calendar import after_freeze
from osgate.ledger.fold import State
from osgate.model.decision import Standing
from osgate.model.policy import Person, Terms
from osgate.model.record import record
from osgate.versions import schemes

# Characters of a text that go into a record; the file keeps the rest.
LONGEST_TEXT = 1000
# Subjects and bytes (as stored) of one record, which stays well below what the desk reads.
MOST_SUBJECTS, MOST_BYTES = 5000, 3_000_000
# One record a review day: this many subjects call for one more, a week earlier, up to so many weeks.
PER_DAY, WEEKS = 200, 13
# What may stand against a component although its old ledger says that it was approved.
AGAINST = ("block", "suspend", "reject", "retire", "revoke")
# (component, range)
Key = tuple[str, str]


@record
class Told:
    """Something to tell about a row. line: its place in the file; code: below `import.why-`, for a note `import.note-`.

    `same` names the other row, `there` the record that has it.
    """

    line: int
    code: str
    params: Mapping[str, object]


@record
class Reading:
    """What became of the rows. Each is in one of taken (their lines), rejected, same (as another row) and there (in the
    ledger already). notes: what else there is to know. subjects: of the record, in the order of the file.
    """

    rows: int
    taken: tuple[int, ...]
    rejected: tuple[Told, ...]
    same: tuple[Told, ...]
    there: tuple[Told, ...]
    notes: tuple[Told, ...]
    subjects: tuple[dict[str, Any], ...]


@record
class Ledger:
    """What the ledger has. there: what was approved or is being taken over -> id; against: component -> what stands
    against it."""

    there: Mapping[Key, str]
    against: Mapping[str, Sequence[Standing]]


def known(state: State, waiting: Iterable[Mapping[str, Any]], today: str) -> Ledger:
    """Return what the ledger has already. waiting: records that are not sealed yet; today: ISO date, UTC."""
    there: dict[Key, str] = {}
    against: dict[str, list[Standing]] = {}
    for one in state.standings:
        if one.effect == "approve" and one.expires > today:
            there[(one.component, one.range)] = one.request
        elif one.effect in AGAINST:
            against.setdefault(one.component, []).append(one)
    proposed = [joint.first.body for joint in state.joint.values() if joint.status == "waiting" and joint.ends > today]
    for body in [*proposed, *waiting]:
        for subject in body.get("subjects", ()) if body.get("verb") == "import" else ():
            there.setdefault((str(subject["purl"]), str(subject.get("range", ""))), str(body["id"]))
    return Ledger(there, against)


def read(
    rows: Sequence[Row],
    columns: Columns,
    people: Mapping[str, Person],
    ledger: Ledger,
    *,
    major: bool = False,
    today: str = "",
    step: Callable[[], None] = lambda: None,
) -> Reading:
    """Return what the rows of an old ledger come to.

    people: by id; a text that is the name, id or employee number of exactly one person becomes the id. major: what is
    approved reaches to the next major version. today: ISO date, UTC; an approval of a later day gets a note, empty for
    none. step: called after each row.
    """
    names = _names(people)
    seen: dict[Key, int] = {}
    taken: list[int] = []
    subjects: list[dict[str, Any]] = []
    rejected: list[Told] = []
    again: list[Told] = []
    notes: list[Told] = []
    for row in rows:
        step()
        try:
            found, said = _understood(row, columns, names, major)
        except NotUnderstood as why:
            rejected.append(Told(row.line, why.code, why.params))
            continue
        notes += said
        notes += (Told(row.line, "date-ahead", {"found": on}) for on in _ahead(found, today))
        new = [one for one in found if _key(one) not in seen and _key(one) not in ledger.there]
        if not new:
            again.append(_again(row.line, _key(found[0]), seen, ledger))
            continue
        taken.append(row.line)
        subjects += new
        seen.update({_key(one): row.line for one in new})
        notes += (note for one in new for note in _against(row.line, one, ledger))
    same, there = (tuple(one for one in again if one.code == code) for code in ("same", "there"))
    return Reading(len(rows), tuple(taken), tuple(rejected), same, there, tuple(notes), tuple(subjects))


def _ahead(found: Sequence[Mapping[str, Any]], today: str) -> list[str]:
    """The day on which a row says it was approved, where that is still to come."""
    on = str(found[0].get("approved_on", ""))
    return [on] if today and on > today else []


def _key(subject: Mapping[str, Any]) -> Key:
    return str(subject["purl"]), str(subject["range"])


def _again(line: int, key: Key, seen: Mapping[Key, int], ledger: Ledger) -> Told:
    what = {"component": key[0], "range": key[1]}
    if key in seen:
        return Told(line, "same", {**what, "other": seen[key]})
    return Told(line, "there", {**what, "id": ledger.there[key]})


def _against(line: int, subject: Mapping[str, Any], ledger: Ledger) -> Iterator[Told]:
    """What stands against a version that is taken over: it stays in force, but for what was once taken back."""
    for one in ledger.against.get(subject["purl"], ()):
        lowest = versions.parse_vers(subject["range"]).constraints[0][1]
        if not one.range or not lowest or versions.covers(one.range, lowest, prereleases=True):
            yield Told(line, "against", {"component": subject["purl"], "effect": one.effect, "id": one.record})
            return


def _names(people: Mapping[str, Person]) -> dict[str, str]:
    """What tells exactly one person: text -> id."""
    found: dict[str, set[str]] = {}
    for person in people.values():
        for text in {person.id, person.name, person.employee} - {""}:
            found.setdefault(text.lower(), set()).add(person.id)
    return {text: next(iter(ids)) for text, ids in found.items() if len(ids) == 1}


def _understood(
    row: Row, columns: Columns, names: Mapping[str, str], major: bool
) -> tuple[list[dict[str, Any]], list[Told]]:
    """The subjects that one row comes to, and what there is to tell of it. Raises NotUnderstood."""
    said = {field: row.cells[heading] for field, heading in columns.fields.items()}
    typed = {field: row.typed.get(heading, "") for field, heading in columns.fields.items()}
    _readable(said, typed)
    kind = _meant(said.get("kind", ""), columns.kinds, "kind") or "component"
    type = said.get("type", "").lower()
    type = type if schemes.known(type) else _meant(said.get("type", ""), columns.types, "type")
    named = component(
        said.get("purl") or said.get("component", ""), said.get("group", ""), type, columns.default_type, kind
    )
    written = _version(named, said.get("version", ""))
    found = ranges(written, named.purl.type, kind, major=major)
    more, notes = _more(row, said, names)
    if typed.get("version") == "number" and said["version"]:
        notes.append(Told(row.line, "number", {"found": said["version"]}))
    base = {"row": row.line, "kind": kind, **more}
    return [{"purl": named.purl.component, "range": range, **base} for range in found], notes


def _readable(said: Mapping[str, str], typed: Mapping[str, str]) -> None:
    """Raise NotUnderstood for a cell that is no longer what somebody typed: an error, or a version made a date."""
    for field in ("purl", "component", "group", "version"):
        if typed.get(field) == "error":
            raise NotUnderstood("cell-error", found=said[field])
    if typed.get("version") == "date":
        raise NotUnderstood("version-is-date", found=said["version"])


def _meant(text: str, words: Mapping[str, str], code: str) -> str:
    found = meaning(text, words) if text else ""
    if text and not found:
        raise NotUnderstood(f"{code}-unknown", found=text)
    return found


def _version(named: Named, written: str) -> str:
    """The version of a row: of its own column, or of the name; the two must say the same."""
    if named.version and written and named.version != written.strip():
        raise NotUnderstood("versions-differ", found=named.version, other=written)
    return written or named.version


def _more(row: Row, said: Mapping[str, str], names: Mapping[str, str]) -> tuple[dict[str, Any], list[Told]]:
    """What a row says beside component and version; a date that is none stays, with the remarks."""
    notes = []
    found: dict[str, Any] = {}
    for field in ("owner", "approver"):
        text = said.get(field, "")
        found[field] = names.get(text.lower(), text)[:LONGEST_TEXT]
    remarks = said.get("remarks", "")
    written = said.get("date", "")
    found["approved_on"] = day(written)
    if written and not found["approved_on"]:
        notes.append(Told(row.line, "date", {"found": written[:120]}))
        remarks = f"{remarks} [{written}]".strip()
    if len(remarks) > LONGEST_TEXT:
        notes.append(Told(row.line, "cut", {"length": len(remarks), "limit": LONGEST_TEXT}))
    found["remarks"] = remarks[:LONGEST_TEXT]
    return {key: value for key, value in found.items() if value}, notes


def spread(
    subjects: Sequence[dict[str, Any]], today: str, limit: str, terms: Terms, *, weeks: int = WEEKS
) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return (day to be looked at again by, subjects) of each record to make.

    limit: the last such day (ISO); where there are many subjects, others fall on the same day of the weeks before, but
    on none before half of the time is over, and on none of a freeze. All versions of a component share a day, which is
    told by the digest of its purl, so that a second file has the same. weeks: 1 puts all on the last day.
    """
    span = (date.fromisoformat(limit) - date.fromisoformat(today)).days // 2
    days = max(1, min(weeks, -(-len(subjects) // PER_DAY), span // 7 + 1))
    parts: list[list[dict[str, Any]]] = [[] for _ in range(days)]
    for subject in subjects:
        drawn = int.from_bytes(hashlib.sha256(subject["purl"].encode()).digest()[:8], "big")
        parts[drawn % days].append(subject)
    found = []
    for at, part in enumerate(parts):
        due = (date.fromisoformat(limit) - timedelta(weeks=at)).isoformat()
        found += [(after_freeze(due, terms.freeze), chunk) for chunk in _chunks(part)]
    return found


def _chunks(subjects: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield parts that fit into one record."""
    part: list[dict[str, Any]] = []
    size = 0
    for subject in subjects:
        # As it is stored: indented, a line a key.
        needs = len(json.dumps(subject, ensure_ascii=False, indent=2).encode()) + 4 * (len(subject) + 3)
        if part and (len(part) == MOST_SUBJECTS or size + needs > MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(subject)
        size += needs
    if part:
        yield part
