"""What a bundle of facts says of itself, and facts as lines of one: for sites that reach no source.

A manifest is signed by whoever publishes; who imports refuses an older serial. The index of advisories goes along as it
is, facts as JSON lines, so that a store of any format can take them.
"""

from __future__ import annotations

import json
from typing import Any

from osgate import purl as purls
from osgate.errors import Refused, UsageError
from osgate.io.bundles import MANIFEST_CAP, Member
from osgate.model.fact import Fact, Unknown
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from osgate.facts.store import Store

SCHEMA = "osgate.facts/1"
NAMESPACE = "osgate-facts"
FACTS, ADVISORIES = "facts.jsonl", "advisories.sqlite"
NAMES = (FACTS, ADVISORIES)
_DIGEST = len("sha256:") + 64
# Facts that are written to a store at once; characters of a line of one.
_BATCH, _LINE = 5_000, 200_000
_TEXTS = ("purl", "name", "source", "date", "digest", "first_seen")


@record
class Manifest:
    """serial: grows with each bundle. issued: UTC instant. files: in their order."""

    serial: int
    issued: str
    files: tuple[Member, ...]


def manifest(serial: int, issued: str, files: Iterable[Member]) -> dict[str, Any]:
    """Return an unsigned manifest."""
    rows = [{"name": one.name, "size": one.size, "digest": one.digest} for one in files]
    return {"schema": SCHEMA, "serial": serial, "issued": issued, "files": rows}


def parse(data: bytes, path: str) -> dict[str, Any]:
    """Return the JSON object of a manifest. Raises Refused("bundle.malformed"); its fields are for `checked`."""
    try:
        found = json.loads(data.decode("utf-8")) if len(data) <= MANIFEST_CAP else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise _malformed(path, "manifest")
    return found


def checked(found: dict[str, Any], path: str) -> Manifest:
    """Return what a manifest says whose signature holds. Raises Refused("bundle.malformed")."""
    serial, issued, rows = found.get("serial"), found.get("issued"), found.get("files")
    if type(serial) is not int or serial < 1 or not isinstance(issued, str) or not isinstance(rows, list):
        raise _malformed(path, "manifest")
    files = tuple([_member(row, path) for row in rows])
    names = [one.name for one in files]
    if names != [name for name in NAMES if name in names] or not names:
        raise _malformed(path, "files")
    return Manifest(serial, issued, files)


def _member(row: Any, path: str) -> Member:
    if not isinstance(row, dict):
        raise _malformed(path, "files")
    name, size, digest = row.get("name"), row.get("size"), row.get("digest")
    good = name in NAMES and type(size) is int and size >= 0 and isinstance(digest, str) and len(digest) == _DIGEST
    if not good:
        raise _malformed(path, "files")
    return Member(str(name), int(str(size)), str(digest))


def _malformed(path: str, detail: str) -> Refused:
    return Refused("bundle.malformed", path=path, detail=detail)


def lines(facts: Iterable[Fact]) -> Iterator[bytes]:
    """Yield each fact as a line; what has ended is left out."""
    for fact in facts:
        if not fact.ended:
            row: dict[str, Any] = {name: getattr(fact, name) for name in _TEXTS}
            if isinstance(fact.value, Unknown):
                row |= {"unknown": fact.value.reason, "params": fact.value.params}
            else:
                row["value"] = fact.value
            yield json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def fact_of(line: bytes) -> Fact:
    """Return the fact that a line holds. Raises ValueError for what is none."""
    if len(line) > _LINE:
        raise ValueError("no fact")
    try:
        row: Any = json.loads(line.decode("utf-8"))
        texts = [row[field] for field in _TEXTS]
        purl, name, source, date, digest, first_seen = texts
        value = row["value"] if "value" in row else Unknown(row["unknown"], tuple((k, v) for k, v in row["params"]))
    except (LookupError, TypeError, RecursionError) as error:
        raise ValueError("no fact") from error
    unknown = [value.reason, *(text for pair in value.params for text in pair)] if isinstance(value, Unknown) else []
    if not all(isinstance(text, str) for text in (*texts, *(unknown or (value,)))):
        raise ValueError("no fact")
    return Fact(purl, name, value, source, date, digest, first_seen)


def take(lines: Iterable[bytes], store: Store, now: str) -> tuple[int, int]:
    """Put the facts of a bundle into a store; returns how many there are, and how many values are new or have ended.

    What a source has told here since the bundle was made stays. Raises Refused, and nothing is taken:
    `bundle.malformed` at a line that is no fact, `bundle.ahead` at one that is dated after today, which nothing that is
    told here could ever follow.
    """
    count = changed = 0
    batch: list[Fact] = []
    with store.together():
        for count, line in enumerate(lines, 1):
            fact = _known(line, count, now[:10])
            # A batch ends between two purls, so that all values of one name stay together.
            if len(batch) >= _BATCH and fact.purl != batch[-1].purl:
                changed += _put(batch, store, now)
                batch = []
            batch.append(fact)
        changed += _put(batch, store, now)
    return count, changed


def _known(line: bytes, number: int, today: str) -> Fact:
    try:
        fact = fact_of(line)
        purls.parse(fact.purl)
    except (ValueError, UsageError):
        raise _malformed(FACTS, f"line {number}") from None
    for day in (fact.date[:10], fact.first_seen[:10]):
        if day > today:
            raise Refused("bundle.ahead", path=FACTS, line=number, day=ascii(day)[1:-1], today=today)
    return fact


def _put(facts: list[Fact], store: Store, now: str) -> int:
    newer: dict[tuple[str, str, str], str] = {}
    for purl in dict.fromkeys(fact.purl for fact in facts):
        for one in store.facts(purl):
            key = one.purl, one.name, one.source
            newer[key] = max(newer.get(key, ""), one.date)
    return store.put([fact for fact in facts if fact.date >= newer.get((fact.purl, fact.name, fact.source), "")], now)
