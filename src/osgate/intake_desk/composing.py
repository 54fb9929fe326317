"""Making records: from what a person says to the signed file. Pure, but for the signer it is handed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from osgate import versions
from osgate.errors import Mistake, Mistakes, UsageError
from osgate.ledger import codec, records
from osgate.model.dependency import Dependency
from osgate.purl import Purl, parse
from osgate.versions.vers import write

# sign(message) -> SSHSIG blob in base64, namespace osgate-decision.
Signer = Callable[[bytes], str]
# What limits a decision, by the word people use; a system is what the policy calls a project.
LIMITS: Mapping[str, str] = {
    "project": "projects",
    "system": "projects",
    "class": "classes",
    "environment": "environments",
    "scope": "scope",
}


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


def subjects(dependencies: Iterable[Dependency], range: str = "", scope: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Return the subjects of a request: one a component and range, with what the lockfile tells of each version.

    range: VERS text for all of them; empty takes each version's default (up to the next major version). scope: the only
    scopes of use asked for; empty for any.
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
    return [_tidy({**found[key], "scope": list(scope)}) for key in sorted(found)]


def subject(purl: Purl, range: str = "", scope: Iterable[str] = ()) -> dict[str, Any]:
    """Return the subject that a purl names: `range`, else what stands behind its `@`, else every version.

    Behind the `@` stands a version, or constraints as VERS writes them: `<2.0.0`, `>=1.0|<2.0`, `*`.
    """
    bounds = purl.version[:1] in ("<", ">", "!", "*", "=") or "|" in purl.version
    exact = write(purl.type, (("=", purl.version),)) if purl.version and not bounds else ""
    wanted = range or (f"vers:{purl.type}/{purl.version}" if bounds else exact)
    return _tidy({"purl": purl.component, **({"range": wanted} if wanted else {}), "scope": list(scope)})


def limits(text: str) -> dict[str, list[str]]:
    """Return what `project:a,project:b,scope:dev` names, by field of a record; `scope` is a field of its subjects.

    Raises UsageError("limit.malformed") for anything that is not WORD:NAME with a WORD of LIMITS.
    """
    found: dict[str, list[str]] = {}
    for part in text.split(","):
        word, colon, name = part.strip().partition(":")
        if word not in LIMITS or not colon or not name:
            raise UsageError("limit.malformed", found=part, words=", ".join(LIMITS))
        found.setdefault(LIMITS[word], []).append(name)
    return found


def _range(type: str, dependency: Dependency) -> str:
    return versions.default_range(type, dependency.version) if dependency.version else f"vers:{type}/*"


def _tidy(subject: dict[str, Any]) -> dict[str, Any]:
    return {key: sorted(value) if isinstance(value, list) else value for key, value in subject.items() if value != []}


def default_expiry(day: str, days: int) -> str:
    """Return the ISO date `days` after `day`."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
