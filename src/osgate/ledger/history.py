"""The sealed history: the chain of seals, every record it names, and everything that does not hold about it. Pure.

Content addresses show an edited record, the chain shows a removed one, signatures show who sealed and in which order
time went. A truncation or a rewrite by whoever holds the desk's key shows only against an anchor kept elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.errors import Refused
from osgate.ledger import archive, codec, signatures
from osgate.ledger.fold import Sealed
from osgate.model.policy import Key, Person
from osgate.model.record import record

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z", re.ASCII)
_ANCHOR = re.compile(r"(?:sha256:|([1-9]\d{0,9}):(?:sha256:)?)?([0-9a-fA-F]{12,64})\Z", re.ASCII)
# How many edited seals are looked at closer, and how many records one of them may name.
_CLOSER, _SMALL = 20, 200


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
    sealed_at: str = ""


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
    def sealed_at(self) -> str:
        """The newest seal's time, UTC instant; empty before the first, and where nobody knows it any more."""
        return self.seals[-1].sealed_at if self.seals else self.before.sealed_at

    @property
    def refused(self) -> frozenset[str]:
        """Ids and branch names that a seal already tells were refused."""
        return frozenset(str(item["subject"]) for seal in self.seals for item in seal.body.get("refused", ()))


def read(
    records: Mapping[str, bytes], seals: Mapping[str, bytes], keys: Iterable[Key], before: Point = START
) -> History:
    """Read and check the whole history, or what came after the place `before` in it.

    records, seals: path -> bytes, of what came after, the broken lines of archives among the seals (`archive.is_flaw`);
    keys: the desk's public keys with validity. Whether a record was sealed `before` already is for the caller to know.
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
    here = Point(past.serial, past.anchor, past.origin, past.sealed_at)
    more = read({**past.waiting, **records}, seals, keys, here)
    return History(
        (*past.seals, *more.seals),
        (*past.sealed, *more.sealed),
        more.waiting,
        (*past.problems, *more.problems),
        past.before,
    )


def point(data: bytes, origin: str = "") -> Point:
    """Return the place in the chain after a seal as it is stored; the beginning for what is no seal in its stored form.

    origin: the first seal's digest. Signature and chain are not checked.
    """
    body = _object(data)
    if body is None or not _well_formed(body):
        return START
    return Point(body["serial"], _digest(body), origin, body["sealed_at"])


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
    """Yield the seals that can be read, in order; what is wrong with the chain goes to `problems`.

    One deed is told once: the seal after an edited one cannot name it, and a time that nobody signed says nothing.
    """
    last = Seal(before.serial, before.sealed_at, before.anchor, {})
    genuine = True
    for path in sorted(seals, key=lambda path: (len(path), path)):
        if archive.is_flaw(path):
            where, line, first = archive.place_of(path)
            problems.append(Problem("archive-line", first, {"path": where, "line": line}))
            continue
        body = _object(seals[path])
        found = _digest(body) if body is not None and _well_formed(body) else ""
        if body is None or not found or codec.seal_path(body["serial"]) != path:
            problems.append(Problem("seal-unreadable", last.serial + 1, {"path": path}))
            continue
        seal = Seal(body["serial"], body["sealed_at"], found, body)
        wrong = list(_seal_signature(seal, keys, path))
        problems += [*_link(seal, last, path, genuine, seals), *wrong]
        genuine = not any(problem.code == "seal-edited" for problem in wrong)
        if genuine and seal.sealed_at < last.sealed_at:
            problems.append(Problem("time-backwards", seal.serial, {"at": seal.sealed_at, "before": last.sealed_at}))
        yield seal
        last = seal if genuine else Seal(seal.serial, last.sealed_at, found, {})


def _link(seal: Seal, last: Seal, path: str, genuine: bool, seals: Mapping[str, bytes]) -> Iterator[Problem]:
    """What is wrong between a seal and the `last` one. genuine: the last one is as it was signed."""
    expected = codec.seal_path(last.serial + 1)
    if seal.serial != last.serial + 1:
        if expected not in seals:
            yield Problem("seal-missing", last.serial + 1, {"path": expected})
    elif seal.body["previous"] != last.digest and genuine:
        yield Problem("seal-not-chained", seal.serial, {"path": path})


def _well_formed(body: Mapping[str, Any]) -> bool:
    kinds = {"serial": int, "previous": str, "sealed_at": str, "ids": list, "witness": dict, "signature": dict}
    refused = body.get("refused", [])
    return (
        body.get("schema") == codec.SEAL_SCHEMA
        and all(type(body.get(key)) is kind for key, kind in kinds.items())
        and _INSTANT.match(body["sealed_at"]) is not None
        and all(isinstance(id, str) for id in body["ids"])
        and all(isinstance(witness, dict) for witness in body["witness"].values())
        and isinstance(refused, list)
        and all(isinstance(item, dict) and "subject" in item for item in refused)
    )


def _seal_signature(seal: Seal, keys: tuple[Key, ...], path: str) -> Iterator[Problem]:
    try:
        key = signatures.verify(
            signature_value(seal.body["signature"]), codec.signed_bytes(seal.body), signatures.SNAPSHOT
        )
    except Refused:
        yield Problem("seal-edited", seal.serial, {"path": path})
        return
    why = key_problem([known for known in keys if known.key == key], seal.sealed_at)
    if why:
        code = {"unknown": "seal-by-stranger", "ended": "seal-key-ended", "revoked": "seal-key-revoked"}[why]
        params: dict[str, object] = {"path": path, "key": signatures.fingerprint(key), "at": seal.sealed_at}
        yield Problem(code, seal.serial, params)


def key_problem(own: Iterable[Key], moment: str) -> str:
    """Return why none of `own` counts at `moment` (UTC instant): `unknown` where there is none, `revoked`, or `ended`
    (also: not valid yet); empty where one counts."""
    listed = tuple(own)
    if any(key.valid(moment) for key in listed):
        return ""
    if any(key.revoked and moment >= key.revoked for key in listed):
        return "revoked"
    return "ended" if listed else "unknown"


def signature_value(signature: object) -> str:
    """Return the blob of a signature that is written as osgate writes it; nothing else vouches for the words around it.

    Raises Refused("signature.malformed") for anything else.
    """
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
            value = signature_value(item.body.get("signature"))
            key = signatures.verify(value, codec.signed_bytes(dict(item.body)), signatures.DECISION)
            if signatures.fingerprint(key) == item.witness.get("key"):
                continue
        except Refused:
            pass
        yield Problem("signature-wrong", item.serial, {"id": item.id, "person": item.body.get("person", "")})


def check_signers(
    sealed: Iterable[Sealed], people: Mapping[str, Person], witness: Iterable[Key] = ()
) -> Iterator[Problem]:
    """Yield a problem for every record that is signed with a key which was not the named person's when it was sealed.

    What a forge vouches for is signed with one of the keys `witness`, for whomever it names.

    This is what whoever holds the desk's key alone cannot forge. Keys are ended or revoked in people.toml by date,
    never deleted, so that old records keep their signer. A key of somebody else is told with that person's name.
    """
    listed = [(person, signatures.fingerprint(key.key), key) for person in people.values() for key in person.keys]
    owners = {print: person.id for person, print, _ in listed}
    known: dict[tuple[str, str], list[Key]] = {}
    for person, print, key in listed:
        known.setdefault((person.id, print), []).append(key)
    machine: dict[str, list[Key]] = {}
    for key in witness:
        machine.setdefault(signatures.fingerprint(key.key), []).append(key)
    for item in sealed:
        named, person_id = str(item.witness.get("key", "")), str(item.body.get("person", ""))
        own = machine.get(named, ()) if "witnessed" in item.body else known.get((person_id, named), ())
        why = key_problem(own, item.sealed_at)
        if not why:
            continue
        params: dict[str, object] = {"id": item.id, "person": person_id, "key": named, "at": item.sealed_at}
        other = owners.get(named, "") if why == "unknown" else ""
        code = "signer-other" if other else f"signer-{'not-listed' if why == 'unknown' else why}"
        yield Problem(code, item.serial, {**params, "other": other} if other else params)


def is_anchor(text: str) -> bool:
    """True for `SERIAL:digits` or digits alone: the first 12 or more of a seal's digest."""
    return _ANCHOR.match(text) is not None


def check_anchors(history: History, anchors: Iterable[str]) -> Iterator[Problem]:
    """Yield a problem for every anchor that the chain does not have.

    An anchor is `SERIAL:digits`, the first 12 or more hex digits of that seal's digest: then a chain that ends before
    it is told from one that was written again. Digits alone, with or without `sha256:`, are some seal's.
    """
    digests = {seal.serial: seal.digest.partition(":")[2] for seal in history.seals}
    for anchor in anchors:
        read = _ANCHOR.match(anchor)
        if read is None:
            yield Problem("anchor-malformed", history.serial, {"anchor": anchor})
            continue
        serial, digits = int(read[1] or 0), read[2].lower()
        wanted = [digests.get(serial, "")] if serial else list(digests.values())
        if any(digest.startswith(digits) for digest in wanted):
            continue
        if serial > history.serial:
            yield Problem("truncated", history.serial, {"anchor": anchor, "wanted": serial})
        else:
            code = "rewritten" if serial in digests else "anchor-missing"
            yield Problem(code, serial or history.serial, {"anchor": anchor})


def look_closer(history: History, problems: Iterable[Problem]) -> Iterator[Problem]:
    """Yield `problems`, edited seals with what was done to them where that can be told: one record was put in.

    Only small seals and not many of them are looked at: what can be told of the others is told already.
    """
    bodies = {seal.serial: seal.body for seal in history.seals}
    left = _CLOSER
    for problem in problems:
        body = bodies.get(problem.serial, {})
        if problem.code != "seal-edited" or not left or len(body.get("ids", ())) > _SMALL:
            yield problem
            continue
        left -= 1
        inserted = [id for id in body["ids"] if _signed_without(body, id)]
        yield Problem("record-inserted", problem.serial, {**problem.params, "id": inserted[0]}) if inserted else problem


def _signed_without(seal: Mapping[str, Any], id: str) -> bool:
    """True if the seal's signature holds once the record `id` is taken out of it."""
    body = dict(seal)
    body["ids"] = [other for other in seal["ids"] if other != id]
    body["witness"] = {other: witness for other, witness in seal["witness"].items() if other != id}
    if isinstance(seal.get("assessments"), list):
        body["assessments"] = [a for a in seal["assessments"] if not isinstance(a, dict) or a.get("request") != id]
    try:
        signatures.verify(signature_value(body["signature"]), codec.signed_bytes(body), signatures.SNAPSHOT)
    except Refused:
        return False
    return True
