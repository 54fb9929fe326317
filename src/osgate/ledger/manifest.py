"""The two small signed files beside a snapshot: its manifest, and the taking-away file.

Version counter and expiry are taken from TUF's snapshot and timestamp roles: an older serial is a rollback, a passed
`expires` a freeze.
"""

from __future__ import annotations

import json
from typing import Any

from osgate.errors import Refused, Undecided
from osgate.ledger import codec, signatures
from osgate.ledger.lock import Lock, printed_key
from osgate.ledger.lock_update import told
from osgate.model.decision import Standing
from osgate.model.policy import Key

MANIFEST = "osgate.snapshot/1"
TAKEAWAY = "osgate.takeaway/1"
MANIFEST_FILE = "manifest.json"
TAKEAWAY_FILE = "takeaway.json"
# Days until a manifest and a taking-away file stop being believed (design, section 4).
MANIFEST_DAYS = 30
TAKEAWAY_DAYS = 7
# The effects that take away; a restriction without its limits would take everything.
TAKING = ("block", "suspend", "reject", "retire", "revoke", "restrict")
_LIMITS = ("scopes", "environments", "projects", "classes", "rules", "alternatives")
_WANTED = {
    MANIFEST: {"serial": int, "issued": str, "expires": str, "anchor": str, "file": str, "size": int, "digest": str},
    TAKEAWAY: {"serial": int, "issued": str, "expires": str, "entries": list},
}


def manifest(
    serial: int,
    issued: str,
    expires: str,
    anchor: str,
    file: str,
    content: bytes,
    keys: tuple[Key, ...] = (),
    next_keys: tuple[Key, ...] = (),
) -> dict[str, Any]:
    """Return the unsigned manifest of a snapshot file. anchor: digest of the newest seal.

    keys, next_keys: the desk's and those announced for later, as the policy has them, for readers to bring their locks
    up to and to learn which are revoked.
    """
    return {
        "schema": MANIFEST,
        "serial": serial,
        "issued": issued,
        "expires": expires,
        "anchor": anchor,
        "file": file,
        "size": len(content),
        "digest": codec.digest(content),
        "keys": [printed_key(key) for key in keys],
        "next_keys": [printed_key(key) for key in next_keys],
    }


def takeaway(serial: int, issued: str, expires: str, standings: tuple[Standing, ...]) -> dict[str, Any]:
    """Return the unsigned taking-away file: everything in force that takes away, revoked waivers with their rules."""
    entries = [
        {
            "effect": s.effect,
            "purl": s.component,
            "range": s.range,
            "record": s.record,
            "request": s.request,
            "serial": s.serial,
            "sealed_at": s.sealed_at,
            "persons": list(s.persons),
            "digests": list(s.digests),
            "reason": s.reason,
            "incident": s.incident,
            **{name: list(getattr(s, name)) for name in _LIMITS if getattr(s, name)},
            **({"by": s.by} if s.by else {}),
        }
        for s in standings
        if s.effect in TAKING
    ]
    return {"schema": TAKEAWAY, "serial": serial, "issued": issued, "expires": expires, "entries": entries}


def taken_away(document: dict[str, Any]) -> tuple[Standing, ...]:
    """Return the standings that a verified taking-away file carries."""
    return tuple(
        Standing(
            e["effect"],
            e["purl"],
            e["range"],
            e["record"],
            e["request"],
            e["serial"],
            e["sealed_at"],
            tuple(e["persons"]),
            digests=tuple(e["digests"]),
            reason=e["reason"],
            incident=e["incident"],
            scopes=tuple(e.get("scopes", ())),
            environments=tuple(e.get("environments", ())),
            projects=tuple(e.get("projects", ())),
            classes=tuple(e.get("classes", ())),
            rules=tuple(e.get("rules", ())),
            alternatives=tuple(e.get("alternatives", ())),
            by=str(e.get("by", "")),
        )
        for e in document["entries"]
    )


def verify(data: bytes, schema: str, lock: Lock, now: str, least: int, address: str) -> dict[str, Any]:
    """Check a fetched manifest or taking-away file and return it.

    lock: as this machine believes it (`snapshot_cache.believed`). least: the lowest serial that is accepted. now: UTC
    instant. address: where it came from, for the message. Keys that it does not know of are passed over. Raises
    Undecided: `snapshot.malformed`, `snapshot.signature`, `snapshot.untrusted-key`, `snapshot.revoked-key`,
    `snapshot.older`, `snapshot.expired`.
    """
    document = _read(data, schema, address)
    signature = document.get("signature")
    if not isinstance(signature, dict) or not isinstance(signature.get("value"), str):
        raise Undecided("snapshot.signature", address=address)
    try:
        key = signatures.verify(signature["value"], codec.signed_bytes(document), signatures.SNAPSHOT)
    except Refused as error:
        raise Undecided("snapshot.signature", address=address) from error
    if key not in lock.trusted(now):
        code = "snapshot.revoked-key" if lock.revoked(key, now) else "snapshot.untrusted-key"
        raise Undecided(code, address=address, key=signatures.fingerprint(key))
    if document["serial"] < least:
        raise Undecided("snapshot.older", address=address, serial=document["serial"], least=least)
    if document["expires"] <= now:
        raise Undecided("snapshot.expired", address=address, expires=document["expires"], serial=document["serial"])
    return {**document, "key": key}


def _read(data: bytes, schema: str, address: str) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Undecided("snapshot.malformed", address=address) from error
    if not isinstance(document, dict) or document.get("schema") != schema:
        raise Undecided("snapshot.malformed", address=address)
    for key, kind in _WANTED[schema].items():
        if type(document.get(key)) is not kind:
            raise Undecided("snapshot.malformed", address=address)
    try:
        _ = taken_away(document) if schema == TAKEAWAY else told(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Undecided("snapshot.malformed", address=address) from error
    return document
