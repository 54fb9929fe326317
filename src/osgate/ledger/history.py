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
from osgate.model.policy import Key
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
class History:
    """sealed: every record a seal names, by seal and id. waiting: path -> bytes of records no seal names yet."""

    seals: tuple[Seal, ...]
    sealed: tuple[Sealed, ...]
    waiting: dict[str, bytes]
    problems: tuple[Problem, ...]

    @property
    def serial(self) -> int:
        """The newest seal's serial; 0 before the first."""
        return self.seals[-1].serial if self.seals else 0

    @property
    def anchor(self) -> str:
        """The newest seal's digest; empty before the first."""
        return self.seals[-1].digest if self.seals else ""

    @property
    def refused(self) -> frozenset[str]:
        """Ids and branch names that a seal already tells were refused."""
        return frozenset(str(item["subject"]) for seal in self.seals for item in seal.body.get("refused", ()))


def read(records: Mapping[str, bytes], seals: Mapping[str, bytes], keys: Iterable[Key]) -> History:
    """Read and check the whole history. records, seals: path -> bytes; keys: the desk's public keys with validity."""
    problems: list[Problem] = []
    by_id: dict[str, tuple[str, dict[str, Any]]] = {}
    waiting: dict[str, bytes] = {}
    for path in sorted(records):
        body = _object(records[path])
        if body is None or _place(body) != path:
            waiting[path] = records[path]
            continue
        by_id[body["id"]] = (path, body)
    chain = list(_chain(seals, tuple(keys), problems))
    sealed = tuple(_sealed(chain, by_id, waiting, problems))
    named = {id for seal in chain for id in seal.body["ids"]}
    waiting.update({path: records[path] for id, (path, _) in by_id.items() if id not in named})
    return History(tuple(chain), sealed, waiting, tuple(problems))


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _place(body: dict[str, Any]) -> str:
    """Where a record belongs; empty where it lacks what that is made from."""
    try:
        return codec.record_path(body)
    except (KeyError, TypeError, AttributeError):
        return ""


def _chain(seals: Mapping[str, bytes], keys: tuple[Key, ...], problems: list[Problem]) -> Iterator[Seal]:
    """Yield the seals that can be read, in order; what is wrong with the chain goes to `problems`."""
    previous = ""
    expected = 1
    for path in sorted(seals):
        body = _object(seals[path])
        if body is None or not _well_formed(body) or codec.seal_path(body["serial"]) != path:
            problems.append(Problem("seal-unreadable", expected, {"path": path}))
            continue
        serial = body["serial"]
        if serial != expected:
            problems.append(Problem("seal-missing", expected, {"path": codec.seal_path(expected)}))
        elif body["previous"] != previous:
            problems.append(Problem("seal-not-chained", serial, {"path": path}))
        problems.extend(_seal_signature(body, keys, path))
        found = codec.digest(codec.signed_bytes(body))
        yield Seal(serial, body["sealed_at"], found, body)
        previous = found
        expected = serial + 1


def _well_formed(body: Mapping[str, Any]) -> bool:
    kinds = {"serial": int, "previous": str, "sealed_at": str, "ids": list, "witness": dict, "signature": dict}
    return body.get("schema") == codec.SEAL_SCHEMA and all(type(body.get(k)) is kind for k, kind in kinds.items())


def _seal_signature(body: dict[str, Any], keys: tuple[Key, ...], path: str) -> Iterator[Problem]:
    try:
        value = str(body["signature"].get("value", ""))
        key = signatures.verify(value, codec.signed_bytes(body), signatures.SNAPSHOT)
    except Refused:
        yield Problem("seal-edited", body["serial"], {"path": path})
        return
    if not any(known.key == key and known.valid(body["sealed_at"]) for known in keys):
        params: dict[str, object] = {"path": path, "key": signatures.fingerprint(key)}
        yield Problem("seal-by-stranger", body["serial"], params)


def _sealed(
    chain: Iterable[Seal],
    by_id: Mapping[str, tuple[str, dict[str, Any]]],
    misplaced: Mapping[str, bytes],
    problems: list[Problem],
) -> Iterator[Sealed]:
    seen: set[str] = set()
    for seal in chain:
        for id in seal.body["ids"]:
            if id in seen:
                problems.append(Problem("sealed-twice", seal.serial, {"id": id}))
                continue
            seen.add(id)
            if id not in by_id:
                lying = next((path for path in misplaced if codec.short(id) in path), "")
                code = "record-edited" if lying else "record-missing"
                problems.append(Problem(code, seal.serial, {"path": lying, "id": id}))
                continue
            path, body = by_id[id]
            if not _unchanged(body):
                problems.append(Problem("record-edited", seal.serial, {"path": path, "id": id}))
                continue
            yield Sealed(body, seal.serial, seal.sealed_at, seal.body["witness"].get(id, {}))


def _unchanged(body: dict[str, Any]) -> bool:
    try:
        return codec.id_matches(body)
    except Refused:
        return False


def check_signatures(sealed: Iterable[Sealed]) -> Iterator[Problem]:
    """Yield a problem for every sealed record whose signature does not verify, or is not by the key its seal names."""
    for item in sealed:
        try:
            value = str(item.body["signature"]["value"])
            key = signatures.verify(value, codec.signed_bytes(dict(item.body)), signatures.DECISION)
            if signatures.fingerprint(key) == item.witness.get("key"):
                continue
        except (Refused, KeyError, TypeError):
            pass
        yield Problem("signature-wrong", item.serial, {"id": item.id, "person": item.body.get("person", "")})


def check_anchors(history: History, anchors: Iterable[str]) -> Iterator[Problem]:
    """Yield a problem for every anchor (digest, or its first 12 or more hex digits) that no seal of the chain has."""
    digests = [seal.digest for seal in history.seals]
    for anchor in anchors:
        digits = anchor.removeprefix("sha256:")
        if len(digits) < 12 or not any(digest.partition(":")[2].startswith(digits) for digest in digests):
            yield Problem("anchor-missing", history.serial, {"anchor": anchor})
