"""Making records: from what a person says to the signed file. Pure, but for the signer it is handed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from osgate import versions
from osgate.errors import Mistake, Mistakes
from osgate.ledger import codec, records
from osgate.model.dependency import Dependency
from osgate.purl import parse

# sign(message) -> SSHSIG blob in base64, namespace osgate-decision.
Signer = Callable[[bytes], str]


def compose(verb: str, person: str, stated_at: str, fields: Mapping[str, Any], sign: Signer) -> dict[str, Any]:
    """Return a complete, signed record. fields: what the verb needs beside the common fields; empty ones are left out.

    Raises Mistakes naming every field that is wrong.
    """
    body: dict[str, Any] = {"schema": codec.RECORD_SCHEMA, "id": "", "verb": verb}
    body.update({key: value for key, value in fields.items() if value not in ("", [], {}, None)})
    body.update({"person": person, "stated_at": stated_at, "signature": {"alg": "sshsig", "value": "-"}})
    body = codec.identify(body)
    found = [c for c in records.problems(body) if c[0] not in (("id",), ("signature", "value"))]
    if found:
        raise Mistakes(tuple(Mistake(verb, 0, code, {"at": ".".join(map(str, at)), **p}) for at, code, p in found))
    body["signature"] = {"alg": "sshsig", "value": sign(codec.signed_bytes(body))}
    return body


def subjects(dependencies: Iterable[Dependency], range: str = "") -> list[dict[str, Any]]:
    """Return the subjects of a request: one a component and range, with what the lockfile tells of each version.

    range: VERS text for all of them; empty takes each version's default (up to the next major version).
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for dependency in dependencies:
        type = parse(dependency.component).type
        wanted = range or _range(type, dependency)
        subject = found.setdefault((dependency.component, wanted), {"purl": dependency.component, "range": wanted})
        if dependency.version and dependency.version not in subject.setdefault("versions", []):
            subject["versions"].append(dependency.version)
        if dependency.source.url and dependency.source.url not in subject.setdefault("sources", []):
            subject["sources"].append(dependency.source.url)
        if dependency.install_code:
            subject["install_code"] = True
    return [_tidy(found[key]) for key in sorted(found)]


def _range(type: str, dependency: Dependency) -> str:
    return versions.default_range(type, dependency.version) if dependency.version else f"vers:{type}/*"


def _tidy(subject: dict[str, Any]) -> dict[str, Any]:
    return {key: sorted(value) if isinstance(value, list) else value for key, value in subject.items() if value != []}


def default_expiry(day: str, days: int) -> str:
    """Return the ISO date `days` after `day`."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
