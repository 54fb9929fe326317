"""Making records: from what a person says to the signed file. Pure, but for the signer it is handed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from osgate import versions
from osgate.errors import Mistake, Mistakes, UsageError
from osgate.intake_desk import families
from osgate.ledger import calendar, codec, records
from osgate.ledger.families import decided
from osgate.ledger.fold import Sealed
from osgate.model.dependency import Dependency
from osgate.model.policy import Policy, Terms
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


def subjects(
    dependencies: Iterable[Dependency], range: str = "", scope: Iterable[str] = (), apart: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """Return the subjects of a request: one a component and range, with what the lockfile tells of each version.

    Builds of one thing for several platforms are one subject, their family. range: VERS text for all of them; empty
    takes each version's default (up to the next major version). scope: the only scopes of use asked for; empty for any.
    apart: components that are asked for by themselves, whatever family they are of.
    """
    listed = [(one, range or _range(parse(one.component).type, one)) for one in dependencies]
    joined = families.together(((one.component, wanted) for one, wanted in listed), apart)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for dependency, wanted in listed:
        purl = joined.get((dependency.component, wanted), dependency.component)
        subject = found.setdefault((purl, wanted), {"purl": purl, "range": wanted})
        if purl != dependency.component and dependency.component not in subject.setdefault("members", []):
            subject["members"].append(dependency.component)
        if dependency.version and dependency.version not in subject.setdefault("versions", []):
            subject["versions"].append(dependency.version)
        if dependency.source.url and dependency.source.url not in subject.setdefault("sources", []):
            subject["sources"].append(dependency.source.url)
        _facts(dependency, subject)
    return [_tidy({**found[key], "scope": list(scope)}) for key in sorted(found)]


def _facts(dependency: Dependency, subject: dict[str, Any]) -> None:
    """Add what the manifest tells of one version, so that an approval can be fenced by it (`ledger.fence`)."""
    for key, value in (("licences", dependency.licence), ("seen_in", dependency.path)):
        if value and value not in subject.setdefault(key, []):
            subject[key].append(value)
    if dependency.install_code is not None:
        subject["install_code"] = subject.get("install_code", False) or dependency.install_code


def subject(purl: Purl, range: str = "", scope: Iterable[str] = ()) -> dict[str, Any]:
    """Return the subject that a purl names: `range`, else what stands behind its `@`, else every version.

    Behind the `@` stands a version, or constraints as VERS writes them: `<2.0.0`, `>=1.0|<2.0`, `*`.
    """
    bounds = purl.version[:1] in ("<", ">", "!", "*", "=") or "|" in purl.version
    exact = write(purl.type, (("=", purl.version),)) if purl.version and not bounds else ""
    wanted = range or (f"vers:{purl.type}/{purl.version}" if bounds else exact)
    return _tidy({"purl": decided(purl), **({"range": wanted} if wanted else {}), "scope": list(scope)})


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


def default_end(request: Sealed | None, day: str, policy: Policy) -> str:
    """Return the ISO date on which an approval of `request` (None: one nobody knows) ends where nobody says."""
    tier = policy.tiers.get(str(request.witness.get("tier"))) if request else None
    days = (tier.term if tier else 0) or policy.approval_days
    first = str(request.body.get("subjects", [{}])[0].get("purl", "")) if request else ""
    return default_expiry(day, days, first, policy.terms)


def default_expiry(day: str, days: int, key: str, terms: Terms) -> str:
    """Return the ISO date on which an approval made on `day` ends where nobody says: at most `days` later.

    Approvals of one day end on different ones: `key` (the first component asked for) takes 0 to `terms.jitter` - 1 days
    off by its digest, never more than half of the term. In a freeze nothing ends, but on the first day after it; the
    desk adds freeze days to what it accepts in the same way (`verbs.context.within`).
    """
    spread = max(1, min(terms.jitter, days // 2 + 1))
    less = int.from_bytes(hashlib.sha256(key.encode()).digest()) % spread
    return calendar.after_freeze(calendar.later(day, days - less), terms.freeze)
