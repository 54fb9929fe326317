"""Records and seals as bytes: the canonical form, the id made from it, the printed form.

The canonical form is RFC 8785 (JSON Canonicalization Scheme) without floating-point numbers, which no record has.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from osgate.errors import Refused

RECORD_SCHEMA = "osgate.record/1"
SEAL_SCHEMA = "osgate.seal/1"
# What the id and the signature are made over leaves these two out.
_OUTSIDE = ("id", "signature")


def canonical(value: object) -> bytes:
    """Return the RFC 8785 bytes of a JSON value.

    Raises Refused("record.not-canonical") for floats, lone surrogates and what is nested too deeply.
    """
    try:
        return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError as error:
        raise Refused("record.not-canonical", detail="surrogate") from error
    except RecursionError as error:
        raise Refused("record.not-canonical", detail="nesting") from error


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _ordered(value[key]) for key in sorted(value, key=lambda k: k.encode("utf-16-be", "surrogatepass"))
        }
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    if isinstance(value, float):
        raise Refused("record.not-canonical", detail="float")
    return value


def signed_bytes(record: dict[str, Any]) -> bytes:
    """Return what a record's (or seal's) id and signature are made over: all of it but `id` and `signature`."""
    return canonical({key: value for key, value in record.items() if key not in _OUTSIDE})


def digest(data: bytes) -> str:
    """Return `sha256:` and the lowercase hex digest of `data`."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def identify(record: dict[str, Any]) -> dict[str, Any]:
    """Return `record` with the `id` that its content demands."""
    return {**record, "id": digest(signed_bytes(record))}


def id_matches(record: dict[str, Any]) -> bool:
    """True if nothing in the record was changed since its id was made."""
    return bool(record.get("id") == digest(signed_bytes(record)))


def printed(value: dict[str, Any]) -> bytes:
    """Return the form that is stored: two-space indent, keys as they come, one newline at the end."""
    return (json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode("utf-8")


def record_path(record: dict[str, Any]) -> str:
    """Return where a record lies in the policy repository.

    One folder a request; a record that answers no request has a folder of its own.
    """
    folder = short(record.get("request") or record["id"])
    day = record["stated_at"][:10]
    return f"records/{day[:7]}/{folder}/{day}-{record['verb']}-{short(record['id'])}.json"


def seal_path(serial: int) -> str:
    """Return where the seal with `serial` lies in the policy repository."""
    return f"seals/{serial:06d}.json"


def short(id: str) -> str:
    """Return the first 12 hex digits of an id: enough for people, never for deciding."""
    return id.partition(":")[2][:12] or id[:12]
