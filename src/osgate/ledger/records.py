"""The shape of a record, and everything that is wrong with one, all at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from osgate import versions
from osgate.errors import UsageError
from osgate.ledger import codec, families
from osgate.model.dependency import SCOPES
from osgate.model.finding import NEVER_EXCUSED, SLUGS
from osgate.model.forge import CHANGE, ISSUE
from osgate.model.policy import SEVERITIES
from osgate.policy.schema import CLASSES, DISTRIBUTIONS, KINDS
from osgate.policy.shape import Complaint, Field, complaints, near
from osgate.purl import parse

# How it comes in (Article 1 of the requirements): from a hosting platform, a community, an official site, joint
# development, or bought.
CHANNELS = ("hosting-platform", "community", "official-site", "joint-development", "procurement")
# Who runs it (Article 6), and what each way asks for.
OPERATING_MODELS: Mapping[str, tuple[str, ...]] = {
    "self": ("owner", "backup"),
    "third-party": ("supplier",),
    "commercial": ("contract",),
}
# What an assessment looked at: what Article 5 asks for, what others say of it (Articles 9 and 10), and the look at an
# approval that broke the glass, afterwards.
ASSESSMENTS = ("technical", "security", "evaluation", "legal-opinion", "post-review")
# The verbs of this release with the fields each of them needs beyond the common ones.
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "request": ("subjects", "kind", "channel", "reason"),
    "assess": ("request", "role", "reason"),
    "approve": ("request", "role", "reason"),
    "reject": ("request", "role", "reason"),
    "revoke": ("revokes", "role", "reason"),
    "block": ("subjects", "role", "reason"),
    "unblock": ("revokes", "role", "reason"),
    "suspend": ("subjects", "role", "reason"),
    "restrict": ("subjects", "role", "reason"),
    "waive": ("role", "reason"),
    "retire": ("role", "reason"),
    "renew": ("request", "role", "reason", "expires"),
    "import": ("role", "reason"),
    "endorse": ("policy", "role", "reason"),
}
# Fields that only some verbs heed; elsewhere they would promise what nothing keeps.
_ONLY_FOR: Mapping[str, tuple[str, ...]] = {
    "projects": ("request", "approve", "restrict", "waive"),
    "classes": ("request", "approve", "restrict", "waive"),
    "environments": ("request", "approve", "restrict"),
    "distribution": ("request", "approve"),
    "rules": ("waive",),
    "severity": ("waive",),
    "type": ("assess",),
    "issuer": ("assess",),
    "issued": ("assess",),
    "valid_until": ("assess",),
    "confirms": ("block", "waive", "retire", "import"),
    "by": ("retire",),
    "joins": ("request",),
    "break_glass": ("approve",),
    "expires_at": ("approve",),
    "review_by": ("import",),
    "previous": ("endorse",),
}
_LIMITS = ("projects", "classes", "environments")
# What the first record says of what several persons decide together, and so one that confirms it does not.
_TERMS: Mapping[str, tuple[str, ...]] = {
    "waive": ("subjects", "rules", "expires", "projects", "classes", "severity"),
    "import": ("subjects", "review_by", "kind"),
    "retire": ("subjects", "by", "alternatives"),
}
# What it needs itself.
_FIRST: Mapping[str, tuple[str, ...]] = {
    "waive": ("rules", "expires"),
    "import": ("subjects", "review_by"),
    "retire": ("subjects", "by"),
}
_COMMON = ("schema", "id", "verb", "person", "stated_at", "signature")
# Verbs that nobody but a person's own key can sign: they change who decides, or much at once.
_SIGNED = ("endorse", "import")
# Characters of a range. People write a few constraints; thousands would only cost every reader time.
LONGEST_RANGE = 1000
_ID = re.compile(r"sha256:[0-9a-f]{64}\Z")
_DIGEST = re.compile(r"[a-z0-9]+:[0-9a-f]{32,128}\Z")


def _check_id(value: str) -> tuple[str, dict[str, object]] | None:
    return None if _ID.match(value) else ("not-an-id", {"found": value[:80]})


def _check_digest(value: str) -> tuple[str, dict[str, object]] | None:
    return None if _DIGEST.match(value) else ("not-a-digest", {"found": value[:80]})


def _check_component(value: str) -> tuple[str, dict[str, object]] | None:
    """Subjects name components, or families of them, by canonical key, so that a look-up can never miss one."""
    if value.endswith("*"):
        return _check_family(value)
    try:
        purl = parse(value)
    except UsageError as error:
        return "not-a-purl", {"found": value[:200], "detail": error.code}
    if purl.component != value:
        return "not-canonical", {"found": value[:200], "canonical": purl.component}
    return None


def _check_family(value: str) -> tuple[str, dict[str, object]] | None:
    member = f"{value[:-1]}linux-x64"
    try:
        canonical = parse(member).component == member
    except UsageError as error:
        return "not-a-purl", {"found": value[:200], "detail": error.code}
    return None if canonical and families.is_key(value) else ("not-a-family", {"found": value[:200]})


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
# A file by its digest, or what another system (an OA, a ticket) holds under a reference; or both.
_EVIDENCE = {
    "name": _TEXT,
    "size": Field("integer", least=0),
    "digest": Field("text", check=_check_digest),
    "system": _TEXT,
    "reference": _TEXT,
}
_SUBJECT = {
    "purl": Field("text", required=True, check=_check_component),
    "range": Field("text", check=_check_range),
    "digests": Field("list", of=Field("text", check=_check_digest)),
    "scope": Field("list", of=Field("text", choices=tuple(SCOPES))),
    "sources": _WORDS,
    "install_code": Field("boolean"),
    "licences": _WORDS,
    "seen_in": _WORDS,
    "versions": _WORDS,
    "members": _WORDS,
}
# What would bind a subject further, and nothing keeps where a ledger is taken over: its file told of none of it.
_NOT_TAKEN_OVER = ("scope", "digests", "sources")
# What a row of a ledger that was kept elsewhere says beside its subject.
_ROW = {
    **_SUBJECT,
    "row": Field("integer", least=1),
    "kind": Field("text", choices=KINDS),
    "owner": _TEXT,
    "approver": _TEXT,
    "approved_on": Field("date"),
    "remarks": _TEXT,
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
    "subjects": Field("list", of=Field("table", of=_ROW), empty=False),
    "request": Field("text", check=_check_id),
    "role": _TEXT,
    "reason": _TEXT,
    "kind": Field("text", choices=KINDS),
    "channel": Field("text", choices=CHANNELS),
    "purpose": _TEXT,
    "alternatives": _WORDS,
    "usage": _TEXT,
    "distribution": Field("text", choices=DISTRIBUTIONS),
    "operating_model": Field("text", choices=tuple(OPERATING_MODELS)),
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
    "evidence": Field("list", of=Field("table", of=_EVIDENCE)),
    "issuer": _TEXT,
    "issued": Field("date"),
    "valid_until": Field("date"),
    "severity": Field("text", choices=SEVERITIES),
    "origin": Field("table", of={"repository": _TEXT, "change": _TEXT, "comment": _TEXT, "authors": _WORDS}),
    "witnessed": Field(
        "table",
        of={
            "forge": Field("text", required=True, empty=False),
            "project": Field("text", required=True, empty=False),
            "kind": Field("text", required=True, choices=(ISSUE, CHANGE)),
            "number": Field("integer", required=True, least=1),
            "comment": _TEXT,
            "account": Field("text", required=True, empty=False),
            "body": Field("text", required=True, check=_check_digest),
            "at": Field("instant", required=True),
            "teams": Field("list", of=_TEXT, empty=False),
        },
    ),
    "expires": Field("date"),
    "expires_at": Field("instant"),
    "break_glass": Field("boolean"),
    "by": Field("date"),
    "review_by": Field("date"),
    "policy": Field("text", check=_check_digest),
    "previous": Field("text", check=_check_digest),
    "joins": Field("text", check=_check_id),
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
    if record["verb"] in _FIRST:
        yield from _joint_problems(record)
    if record["verb"] == "approve":
        yield from _approval_problems(record)
    if record["verb"] == "restrict" and not _restricts(record):
        yield (), "restricts-nothing", {}
    for key in ("expires", "review_by", "valid_until"):
        if key in record and record[key] <= record["stated_at"][:10]:
            yield (key,), "expires-before-stated", {"expires": record[key], "stated": record["stated_at"][:10]}
    yield from _evidence_problems(record)
    yield from _witnessed_problems(record)


def _approval_problems(record: Mapping[str, Any]) -> Iterator[Complaint]:
    """An approval ends on a day; one that breaks the glass at an instant, and names the incident."""
    broken = record.get("break_glass")
    for key in ("expires_at", "incident") if broken else ("expires",):
        if key not in record:
            yield (), "missing-for-verb", {"key": key, "verb": "approve"}
    for key in ("expires",) if broken else ("expires_at",):
        if key in record:
            yield (key,), "not-with-break-glass" if broken else "only-with-break-glass", {"key": key}


def _witnessed_problems(record: Mapping[str, Any]) -> Iterator[Complaint]:
    """What was said at a forge was said when the forge tells."""
    if "witnessed" not in record:
        return
    if record["verb"] in _SIGNED:
        yield ("witnessed",), "not-for-verb", {"key": "witnessed", "verb": record["verb"]}
    elif record["witnessed"]["at"] != record["stated_at"]:
        yield ("witnessed", "at"), "not-when-stated", {"at": record["witnessed"]["at"], "stated": record["stated_at"]}


def _evidence_problems(record: Mapping[str, Any]) -> Iterator[Complaint]:
    """Evidence is a file with its digest, or what another system keeps under a reference."""
    for index, item in enumerate(record.get("evidence", ())):
        if "digest" not in item and "reference" not in item:
            yield ("evidence", index), "evidence-of-nothing", {}


def _restricts(record: Mapping[str, Any]) -> bool:
    """True if a restriction leaves less than everything to each of its subjects."""
    everywhere = any(record.get(key) for key in _LIMITS)
    return everywhere or all(subject.get("scope") for subject in record.get("subjects", ()))


def _joint_problems(record: Mapping[str, Any]) -> Iterator[Complaint]:
    """What several persons decide is said once, by the first of them; who confirms it says none of that again."""
    verb = record["verb"]
    if "confirms" in record:
        for key in (key for key in _TERMS[verb] if key in record):
            yield (key,), "not-with-confirms", {"key": key}
        return
    for key in (key for key in _FIRST[verb] if key not in record):
        yield (), "missing-for-verb", {"key": key, "verb": verb}
    if verb == "waive":
        yield from _waiver_problems(record)


def _waiver_problems(record: Mapping[str, Any]) -> Iterator[Complaint]:
    """A waiver lifts rules about packages for its subjects, or rules about files for its projects."""
    if not record.get("subjects") and not record.get("projects"):
        yield (), "missing-for-verb", {"key": "subjects", "verb": "waive"}
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
        if (subject["purl"], range) in seen and record["verb"] != "import":
            yield place, "subject-twice", {"purl": subject["purl"]}
        seen.add((subject["purl"], range))
        for member in subject.get("members", ()):
            if families.family(member) != subject["purl"]:
                yield (*place, "members"), "member-of-other", {"found": member[:200], "purl": subject["purl"]}
        if record["verb"] in ("request", "import") and not range:
            yield place, "missing-for-verb", {"key": "range", "verb": record["verb"]}
        yield from _taken_over_problems(place, subject, record["verb"])


def _taken_over_problems(place: tuple[str, int], subject: Mapping[str, Any], verb: str) -> Iterator[Complaint]:
    """A row of an old ledger names one component; it says what no other subject does, and not what they bind."""
    importing = verb == "import"
    for key in _NOT_TAKEN_OVER if importing else (key for key in _ROW if key not in _SUBJECT):
        if key in subject:
            yield (*place, key), "not-for-verb", {"key": key, "verb": verb}
    if importing and subject["purl"].endswith("*"):
        yield (*place, "purl"), "import-of-family", {"found": subject["purl"][:200]}


def _identity_problems(record: dict[str, Any]) -> Iterator[Complaint]:
    if not codec.id_matches(record):
        yield ("id",), "edited", {"id": record["id"]}
