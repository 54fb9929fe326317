"""The shape of a record, and everything that is wrong with one, all at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from osgate import versions
from osgate.errors import UsageError
from osgate.ledger import codec
from osgate.model.dependency import SCOPES
from osgate.model.finding import NEVER_EXCUSED, SLUGS
from osgate.policy.schema import CLASSES
from osgate.policy.shape import Complaint, Field, complaints, near
from osgate.purl import parse

KINDS = ("code", "component", "software", "cloud-service")
# What an assessment looked at (Article 5 of the requirements: technical assessment, security assessment).
ASSESSMENTS = ("technical", "security")
# The verbs of this release with the fields each of them needs beyond the common ones.
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "request": ("subjects", "kind", "reason"),
    "assess": ("request", "role", "reason"),
    "approve": ("request", "role", "reason", "expires"),
    "reject": ("request", "role", "reason"),
    "revoke": ("revokes", "role", "reason"),
    "block": ("subjects", "role", "reason"),
    "unblock": ("revokes", "role", "reason"),
    "suspend": ("subjects", "role", "reason"),
    "restrict": ("subjects", "role", "reason"),
    "waive": ("role", "reason"),
}
# Fields that only some verbs heed; elsewhere they would promise what nothing keeps.
_ONLY_FOR: Mapping[str, tuple[str, ...]] = {
    "projects": ("request", "restrict", "waive"),
    "classes": ("request", "restrict", "waive"),
    "environments": ("request", "restrict"),
    "rules": ("waive",),
    "type": ("assess",),
    "confirms": ("block", "waive"),
}
_LIMITS = ("projects", "classes", "environments")
# What a waiver says itself, and so a record that confirms it does not.
_TERMS = ("subjects", "rules", "expires", "projects", "classes")
_COMMON = ("schema", "id", "verb", "person", "stated_at", "signature")
# Characters of a range. People write a few constraints; thousands would only cost every reader time.
LONGEST_RANGE = 1000
_ID = re.compile(r"sha256:[0-9a-f]{64}\Z")
_DIGEST = re.compile(r"[a-z0-9]+:[0-9a-f]{32,128}\Z")


def _check_id(value: str) -> tuple[str, dict[str, object]] | None:
    return None if _ID.match(value) else ("not-an-id", {"found": value[:80]})


def _check_digest(value: str) -> tuple[str, dict[str, object]] | None:
    return None if _DIGEST.match(value) else ("not-a-digest", {"found": value[:80]})


def _check_component(value: str) -> tuple[str, dict[str, object]] | None:
    """Subjects name components by canonical purl without version, so that a look-up can never miss one."""
    try:
        purl = parse(value)
    except UsageError as error:
        return "not-a-purl", {"found": value[:200], "detail": error.code}
    if purl.component != value:
        return "not-canonical", {"found": value[:200], "canonical": purl.component}
    return None


def _check_range(value: str) -> tuple[str, dict[str, object]] | None:
    if len(value) > LONGEST_RANGE:
        return "too-long", {"length": len(value), "limit": LONGEST_RANGE}
    try:
        versions.parse_vers(value)
    except UsageError as error:
        return "not-a-range", {"found": value[:200], "detail": error}
    return None


def _check_rule(value: str) -> tuple[str, dict[str, object]] | None:
    """A waiver names rules that exist, and none that tells what was taken away."""
    if value not in SLUGS:
        return "no-such-rule", {"rule": value[:80], **near(value, SLUGS)}
    return ("never-excused", {"rule": value}) if value in NEVER_EXCUSED else None


_TEXT = Field("text", empty=False)
_WORDS = Field("list", of=_TEXT)
_IDS = Field("list", of=Field("text", check=_check_id))
_FILE = {
    "name": _TEXT,
    "size": Field("integer", least=0),
    "digest": Field("text", check=_check_digest),
}
_SUBJECT = {
    "purl": Field("text", required=True, check=_check_component),
    "range": Field("text", check=_check_range),
    "digests": Field("list", of=Field("text", check=_check_digest)),
    "scope": Field("list", of=Field("text", choices=tuple(SCOPES))),
    "sources": _WORDS,
    "install_code": Field("boolean"),
    "versions": _WORDS,
}
SHAPE: Mapping[str, Field] = {
    "schema": Field("text", required=True, choices=(codec.RECORD_SCHEMA,)),
    "id": Field("text", required=True, check=_check_id),
    "verb": Field("text", required=True, choices=tuple(REQUIRED)),
    "person": Field("text", required=True, empty=False),
    "stated_at": Field("instant", required=True),
    "signature": Field(
        "table",
        required=True,
        of={
            "alg": Field("text", required=True, choices=("sshsig",)),
            "value": Field("text", required=True, empty=False),
        },
    ),
    "subjects": Field("list", of=Field("table", of=_SUBJECT), empty=False),
    "request": Field("text", check=_check_id),
    "role": _TEXT,
    "reason": _TEXT,
    "kind": Field("text", choices=KINDS),
    "channel": _TEXT,
    "purpose": _TEXT,
    "alternatives": _WORDS,
    "usage": _TEXT,
    "distribution": _TEXT,
    "operating_model": _TEXT,
    "owner": _TEXT,
    "backup": _TEXT,
    "supplier": _TEXT,
    "contract": _TEXT,
    "conditions": _WORDS,
    "obligations": _WORDS,
    "environments": _WORDS,
    "projects": _WORDS,
    "classes": Field("list", of=Field("text", choices=CLASSES)),
    "rules": Field("list", of=Field("text", check=_check_rule), empty=False),
    "type": Field("text", choices=ASSESSMENTS),
    "sources": _WORDS,
    "digests": Field("list", of=Field("text", check=_check_digest)),
    "evidence": Field("list", of=Field("table", of=_FILE)),
    "origin": Field("table", of={"repository": _TEXT, "change": _TEXT, "comment": _TEXT, "authors": _WORDS}),
    "expires": Field("date"),
    "review_by": Field("date"),
    "policy": Field("text", check=_check_digest),
    "supersedes": _IDS,
    "revokes": Field("text", check=_check_id),
    "ledger": Field("text", check=_check_digest),
    "confirms": Field("text", check=_check_id),
    "incident": _TEXT,
}


def problems(record: object) -> list[Complaint]:
    """Return everything that is wrong with a record as read from JSON, as (place, code, params); empty if nothing is.

    Raises Refused("record.not-canonical") where the texts in it have no canonical form.
    """
    found = list(complaints(record, SHAPE))
    if found or not isinstance(record, dict):
        return found
    return [*_verb_problems(record), *_subject_problems(record), *_identity_problems(record)]


def _verb_problems(record: Mapping[str, Any]) -> Iterator[Complaint]:
    for key in REQUIRED[record["verb"]]:
        if key not in record:
            yield (), "missing-for-verb", {"key": key, "verb": record["verb"]}
    for key, verbs in _ONLY_FOR.items():
        if key in record and record["verb"] not in verbs:
            yield (key,), "not-for-verb", {"key": key, "verb": record["verb"]}
    if record["verb"] == "waive":
        yield from _waiver_problems(record)
    if record["verb"] == "restrict" and not _restricts(record):
        yield (), "restricts-nothing", {}
    if "expires" in record and record["expires"] <= record["stated_at"][:10]:
        yield ("expires",), "expires-before-stated", {"expires": record["expires"], "stated": record["stated_at"][:10]}


def _restricts(record: Mapping[str, Any]) -> bool:
    """True if a restriction leaves less than everything to each of its subjects."""
    everywhere = any(record.get(key) for key in _LIMITS)
    return everywhere or all(subject.get("scope") for subject in record.get("subjects", ()))


def _waiver_problems(record: Mapping[str, Any]) -> Iterator[Complaint]:
    """A waiver lifts rules about packages for its subjects, or rules about files for its projects, and says until when.

    A record that confirms one says none of that again.
    """
    if "confirms" in record:
        for key in (key for key in _TERMS if key in record):
            yield (key,), "not-with-confirms", {"key": key}
        return
    wanted = (
        ("rules", "expires") if record.get("subjects") or record.get("projects") else ("rules", "expires", "subjects")
    )
    for key in (key for key in wanted if key not in record):
        yield (), "missing-for-verb", {"key": key, "verb": "waive"}
    for index, rule in enumerate(record.get("rules", ())):
        if about_files(rule) == ("subjects" in record):
            yield ("rules", index), "rule-of-files" if about_files(rule) else "rule-of-packages", {"rule": rule}
    for index, subject in enumerate(record.get("subjects", ())):
        for key in (key for key in subject if key not in ("purl", "range")):
            yield ("subjects", index, key), "not-for-verb", {"key": key, "verb": "waive"}


def about_files(rule: str) -> bool:
    """True for a rule that speaks of files (3xx) or of our own ones (4xx), not of a package."""
    return rule[3:4] in ("3", "4")


def _subject_problems(record: Mapping[str, Any]) -> Iterator[Complaint]:
    """A range speaks of the same kind of package as its purl; one subject a component and range."""
    seen: set[tuple[str, str]] = set()
    for index, subject in enumerate(record.get("subjects", ())):
        place = ("subjects", index)
        range = subject.get("range", "")
        type = parse(subject["purl"]).type
        scheme = versions.parse_vers(range).scheme if range else ""
        if scheme and scheme != type:
            yield (*place, "range"), "range-of-other-type", {"range": range, "type": type}
        if (subject["purl"], range) in seen:
            yield place, "subject-twice", {"purl": subject["purl"]}
        seen.add((subject["purl"], range))
        if record["verb"] == "request" and not range:
            yield place, "missing-for-verb", {"key": "range", "verb": "request"}


def _identity_problems(record: dict[str, Any]) -> Iterator[Complaint]:
    if not codec.id_matches(record):
        yield ("id",), "edited", {"id": record["id"]}
