"""Making a seal: what it says of the records it takes in. Pure, but for the signer it is handed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from osgate.intake_desk.weigh import Weighed
from osgate.ledger import codec
from osgate.ledger.fold import Sealed

# sign(message) -> SSHSIG blob in base64, namespace osgate-snapshot.
Signer = Callable[[bytes], str]
# What the machine's assessment takes from a subject: what the lockfile told when the request was made.
_FACTS = ("purl", "range", "versions", "digests", "sources", "install_code")


def seal(serial: int, previous: str, now: str, weighed: Weighed, policy_digest: str, sign: Signer) -> dict[str, Any]:
    """Return the signed seal of what was weighed. previous: digest of the seal before; empty for the first."""
    body: dict[str, Any] = {
        "schema": codec.SEAL_SCHEMA,
        "serial": serial,
        "previous": previous,
        "sealed_at": now,
        "policy": policy_digest,
        "ids": [item.id for item in weighed.accepted],
        "witness": {item.id: dict(item.witness) for item in weighed.accepted},
        "assessments": [machine_assessment(item, now) for item in weighed.accepted if item.body["verb"] == "request"],
        "refused": [{"subject": r.subject, "place": r.place, "code": r.code} for r in weighed.refused],
    }
    return signed(body, sign)


def machine_assessment(request: Sealed, now: str) -> dict[str, Any]:
    """Return the desk's own security assessment of a request: the facts at hand, an empty list where there are none.

    Outside the strict tier it stands in for a person's (design, section 4, Assessment before use).
    """
    facts = [{key: subject[key] for key in _FACTS if key in subject} for subject in request.body["subjects"]]
    facts = [fact for fact in facts if set(fact) - {"purl", "range", "versions"}]
    return {
        "request": request.id,
        "role": "security",
        "by": "desk",
        "at": now,
        "facts": facts,
        "digest": codec.digest(codec.canonical(facts)),
    }


def signed(body: dict[str, Any], sign: Signer) -> dict[str, Any]:
    """Return `body` with the desk's signature over it."""
    return {**body, "signature": {"alg": "sshsig", "value": sign(codec.signed_bytes(body))}}


def policy_digest(files: Mapping[str, bytes]) -> str:
    """Return the digest of the written policy: of each file's path and digest."""
    return codec.digest(codec.canonical({path: codec.digest(files[path]) for path in sorted(files)}))


def messages(items: Iterable[Sealed]) -> str:
    """Return one line a sealed record, for the commit that carries the seal."""
    return "\n".join(f"{i.body['verb']} {codec.short(i.id)} by {i.body['person']}" for i in items)
