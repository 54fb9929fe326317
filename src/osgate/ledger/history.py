"""The sealed history: the chain of seals, every record it names, and everything that does not hold about it. Pure.

Content addresses show an edited record, the chain shows a removed one, signatures show who sealed. A truncation or a
rewrite by whoever holds the desk's key shows only against an anchor kept elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.errors import Refused
from osgate.ledger import codec, signatures
from osgate.ledger.fold import Sealed
from osgate.model.policy import Key, Person
from osgate.model.record import record


@record
class Problem:
    """Something that does not hold. code: key below `history.`; serial: the seal it shows at, 0 for none."""

    code: str
    serial: int
    params: dict[str, object]


@record
class Seal:
    """A seal as read. digest: what the next one names and what an anchor is compared with."""

    serial: int
    sealed_at: str
    digest: str
    body: dict[str, Any]


@record
class Point:
    """A place in the chain of seals, by default the one before the first. Fields as in History."""

    serial: int = 0
    anchor: str = ""
    origin: str = ""


# Where a ledger begins.
START = Point()


@record
class History:
    """sealed: every record a seal names, by seal and id. waiting: path -> bytes of records no seal names yet.

    before: where it begins; `seals` and `sealed` hold what came after.
    """

    seals: tuple[Seal, ...]
    sealed: tuple[Sealed, ...]
    waiting: dict[str, bytes]
    problems: tuple[Problem, ...]
    before: Point = START

    @property
    def serial(self) -> int:
        """The newest seal's serial; 0 before the first."""
        return self.seals[-1].serial if self.seals else self.before.serial

    @property
    def origin(self) -> str:
        """The first seal's digest: what tells this ledger from every other one; empty before there is a seal."""
        return self.seals[0].digest if self.seals and self.seals[0].serial == 1 else self.before.origin

    @property
    def anchor(self) -> str:
        """The newest seal's digest; empty before the first."""
        return self.seals[-1].digest if self.seals else self.before.anchor

    @property
    def refused(self) -> frozenset[str]:
        """Ids and branch names that a seal already tells were refused."""
        return frozenset(str(item["subject"]) for seal in self.seals for item in seal.body.get("refused", ()))


def read(
    records: Mapping[str, bytes], seals: Mapping[str, bytes], keys: Iterable[Key], before: Point = START
) -> History:
    """Read and check the whole history, or what came after the place `before` in it.

    records, seals: path -> bytes, of what came after; keys: the desk's public keys with validity. Whether a record was
    sealed `before` already is for the caller to know.
    """
    problems: list[Problem] = []
    intact: dict[str, dict[str, Any]] = {}
    others: dict[str, bytes] = {}
    for path in sorted(records):
        body = _object(records[path])
        if body is not None and _place(body) == path and _intact(body):
            intact[body["id"]] = body
        else:
            others[path] = records[path]
    chain = tuple(_chain(seals, tuple(keys), before, problems))
    sealed = tuple(_sealed(chain, intact, others, problems))
    named = {item.id for item in sealed}
    unsealed = [codec.record_path(body) for id, body in intact.items() if id not in named]
    waiting = {path: records[path] for path in sorted([*others, *unsealed])}
    return History(chain, sealed, waiting, tuple(problems), before)


def extended(past: History, records: Mapping[str, bytes], seals: Mapping[str, bytes], keys: Iterable[Key]) -> History:
    """Return `past` with more records and seals, and nothing that it holds read again. Arguments as for `read`."""
    here = Point(past.serial, past.anchor, past.origin)
    more = read({**past.waiting, **records}, seals, keys, here)
    return History(
        (*past.seals, *more.seals),
        (*past.sealed, *more.sealed),
        more.waiting,
        (*past.problems, *more.problems),
        past.before,
    )


def seal_digest(data: bytes) -> str:
    """Return the digest of a seal as it is stored; empty for what is no seal in its stored form."""
    body = _object(data)
    return _digest(body) if body is not None and _well_formed(body) else ""


def _object(data: bytes) -> dict[str, Any] | None:
    """The object that `data` prints, None where it is none, or another spelling of one: all that is sealed is stored in
    the printed form, so that a key given twice or a changed space is a change like any other."""
    try:
        found = json.loads(data)
        return found if isinstance(found, dict) and codec.printed(found) == data else None
    except (ValueError, RecursionError):
        return None


def _intact(record: dict[str, Any]) -> bool:
    try:
        return codec.id_matches(record)
    except Refused:
        return False


def _digest(seal: dict[str, Any]) -> str:
    """What the next seal names; empty for a seal that has no canonical form."""
    try:
        return codec.digest(codec.signed_bytes(seal))
    except Refused:
        return ""


def _place(body: dict[str, Any]) -> str:
    """Where a record belongs; empty where it lacks what that is made from."""
    try:
        return codec.record_path(body)
    except (KeyError, TypeError, AttributeError):
        return ""


def _chain(seals: Mapping[str, bytes], keys: tuple[Key, ...], before: Point, problems: list[Problem]) -> Iterator[Seal]:
    """Yield the seals that can be read, in order; what is wrong with the chain goes to `problems`."""
    previous = before.anchor
    expected = before.serial + 1
    for path in sorted(seals, key=lambda path: (len(path), path)):
        body = _object(seals[path])
        found = _digest(body) if body is not None and _well_formed(body) else ""
        if body is None or not found or codec.seal_path(body["serial"]) != path:
            problems.append(Problem("seal-unreadable", expected, {"path": path}))
            continue
        serial = body["serial"]
        if serial != expected:
            problems.append(Problem("seal-missing", expected, {"path": codec.seal_path(expected)}))
        elif body["previous"] != previous:
            problems.append(Problem("seal-not-chained", serial, {"path": path}))
        problems.extend(_seal_signature(body, keys, path))
        yield Seal(serial, body["sealed_at"], found, body)
        previous = found
        expected = serial + 1


def _well_formed(body: Mapping[str, Any]) -> bool:
    kinds = {"serial": int, "previous": str, "sealed_at": str, "ids": list, "witness": dict, "signature": dict}
    refused = body.get("refused", [])
    return (
        body.get("schema") == codec.SEAL_SCHEMA
        and all(type(body.get(key)) is kind for key, kind in kinds.items())
        and all(isinstance(id, str) for id in body["ids"])
        and all(isinstance(witness, dict) for witness in body["witness"].values())
        and isinstance(refused, list)
        and all(isinstance(item, dict) and "subject" in item for item in refused)
    )


def _seal_signature(body: dict[str, Any], keys: tuple[Key, ...], path: str) -> Iterator[Problem]:
    try:
        key = signatures.verify(_value(body["signature"]), codec.signed_bytes(body), signatures.SNAPSHOT)
    except Refused:
        yield Problem("seal-edited", body["serial"], {"path": path})
        return
    if not any(known.key == key and known.valid(body["sealed_at"]) for known in keys):
        params: dict[str, object] = {"path": path, "key": signatures.fingerprint(key)}
        yield Problem("seal-by-stranger", body["serial"], params)


def _value(signature: object) -> str:
    """The blob of a signature that is written as osgate writes it; nothing else vouches for the words around it."""
    value = signature.get("value") if isinstance(signature, dict) else None
    if not isinstance(value, str) or signature != {"alg": "sshsig", "value": value}:
        raise Refused("signature.malformed")
    return value


def _sealed(
    chain: Iterable[Seal],
    intact: Mapping[str, dict[str, Any]],
    others: Iterable[str],
    problems: list[Problem],
) -> Iterator[Sealed]:
    """Yield the records that the seals name. others: paths of what is no record, or not as it was sealed."""
    seen: set[str] = set()
    for seal in chain:
        for id in seal.body["ids"]:
            if id in seen:
                problems.append(Problem("sealed-twice", seal.serial, {"id": id}))
            elif id in intact:
                yield Sealed(intact[id], seal.serial, seal.sealed_at, seal.body["witness"].get(id, {}))
            else:
                edited = next((path for path in others if path.endswith(f"-{codec.short(id)}.json")), "")
                code = "record-edited" if edited else "record-missing"
                problems.append(Problem(code, seal.serial, {"path": edited, "id": id}))
            seen.add(id)


def check_signatures(sealed: Iterable[Sealed]) -> Iterator[Problem]:
    """Yield a problem for every sealed record whose signature does not verify, or is not by the key its seal names."""
    for item in sealed:
        try:
            value = _value(item.body.get("signature"))
            key = signatures.verify(value, codec.signed_bytes(dict(item.body)), signatures.DECISION)
            if signatures.fingerprint(key) == item.witness.get("key"):
                continue
        except Refused:
            pass
        yield Problem("signature-wrong", item.serial, {"id": item.id, "person": item.body.get("person", "")})


def check_signers(sealed: Iterable[Sealed], people: Mapping[str, Person]) -> Iterator[Problem]:
    """Yield a problem for every record that is signed with a key `people.toml` does not list for the person it names.

    This is what whoever holds the desk's key alone cannot forge. Keys are ended there by date, never deleted, so that
    old records keep their signer; whether a key was valid is judged at the time of the seal.
    """
    for item in sealed:
        person = people.get(str(item.body.get("person", "")))
        named = str(item.witness.get("key", ""))
        own = [key for key in (person.keys if person else ()) if signatures.fingerprint(key.key) == named]
        if not any(key.valid(item.sealed_at) for key in own):
            yield Problem("signer-not-listed", item.serial, {"id": item.id, "person": item.body.get("person", "")})


def check_anchors(history: History, anchors: Iterable[str]) -> Iterator[Problem]:
    """Yield a problem for every anchor (digest, or its first 12 or more hex digits) that no seal of the chain has."""
    digests = [seal.digest for seal in history.seals]
    for anchor in anchors:
        digits = anchor.removeprefix("sha256:")
        if len(digits) < 12 or not any(digest.partition(":")[2].startswith(digits) for digest in digests):
            yield Problem("anchor-missing", history.serial, {"anchor": anchor})
