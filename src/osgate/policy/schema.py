"""The shapes of the four kinds of written policy files."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Mapping

from osgate import versions
from osgate.errors import UsageError
from osgate.model.dependency import SCOPES
from osgate.model.policy import BREAK_GLASS_HOURS, MODES, OUTCOMES, SEVERITIES
from osgate.policy import fact_shapes
from osgate.policy.shape import Field
from osgate.purl import parse

SCHEMA = "osgate.policy/1"
CLASSES = ("normal", "tool", "critical", "strict")
DISTRIBUTIONS = ("internal", "service", "external")
LANGUAGES = ("en", "zh_CN")
# How a person is named where people read: `zhang.san`, `张三` or `张三(zhang.san, E00123)`.
NAMINGS = ("id", "name", "full")
# How people are told what waits and what ends.
CHANNELS = ("webhook", "wecom", "dingtalk", "smtp")
# Kinds of what comes in, and what the policy may ask of a request for it (Articles 1, 2 and 6 of the requirements).
KINDS = ("code", "component", "software", "cloud-service")
INTAKE_FIELDS = (
    "channel",
    "purpose",
    "alternatives",
    "usage",
    "distribution",
    "operating_model",
    "owner",
    "backup",
    "supplier",
    "contract",
)

_KEY = re.compile(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9@.-]+) [A-Za-z0-9+/]+={0,3}( .*)?\Z")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*\Z")
_TEAM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*\Z")


def _public_key(value: str) -> tuple[str, dict[str, object]] | None:
    """An SSH public key: fields with their lengths, the first of which is the algorithm written in front (RFC 4253)."""
    found = _KEY.match(value)
    try:
        token = value.split()[1] if found else ""
        data = binascii.a2b_base64(token)
    except binascii.Error:
        data = b""
    fields = list(_fields(data))
    whole = found and len(fields) > 1 and fields[0] == found[1].encode() and None not in fields
    spelled = whole and binascii.b2a_base64(data, newline=False).decode() == token
    return None if spelled else ("not-a-key", {"found": value[:40]})


def _fields(data: bytes) -> Iterator[bytes | None]:
    """The fields of a key's bytes; None in the place of one that is cut."""
    while data:
        size = int.from_bytes(data[:4], "big")
        yield data[4 : 4 + size] if len(data) >= 4 + size else None
        data = data[4 + size :]


def person_id(value: str) -> tuple[str, dict[str, object]] | None:
    """Say what is wrong with the id of a person, or with another plain name: (code, params), or None."""
    return None if _NAME.match(value) else ("not-a-name", {"found": value})


def _team(value: str) -> tuple[str, dict[str, object]] | None:
    """The path of a team or group at a forge, without address and without `@`."""
    return None if _TEAM.match(value) else ("not-a-team", {"found": value[:80]})


def _address(value: str) -> tuple[str, dict[str, object]] | None:
    """An address that others can be compared with: absolute, no credentials, no query."""
    scheme, mark, rest = value.partition("://")
    host = rest.partition("/")[0]
    good = bool(mark and host) and scheme.isalnum() and not set("@?# ") & set(value) and value.isprintable()
    return None if good else ("not-an-address", {"found": value[:80]})


def _component(value: str) -> tuple[str, dict[str, object]] | None:
    """A canonical purl without version, or the beginning of some with a `*` for what follows the last `/` or a part."""
    open_end = value.endswith("*")
    try:
        purl = parse(value[:-1] + "x" if open_end else value)
    except UsageError as error:
        return "not-a-purl", {"found": value[:200], "detail": error.code}
    wanted = purl.component[:-1] + "*" if open_end else purl.component
    return None if wanted == value else ("not-canonical", {"found": value[:200], "canonical": wanted})


def _range(value: str) -> tuple[str, dict[str, object]] | None:
    try:
        versions.parse_vers(value)
    except UsageError as error:
        return "not-a-range", {"found": value[:200], "detail": error}
    return None


TEXT = Field("text")
NAME = Field("text", required=True, check=person_id)
ROLES = Field("list", required=True, of=Field("text", check=person_id), empty=False)
DATE = Field("date")

SIGNING_KEY = {
    "key": Field("text", required=True, check=_public_key),
    "from": DATE,
    "to": DATE,
    "revoked": DATE,
}

OSGATE: Mapping[str, Field] = {
    "schema": Field("text", required=True, choices=(SCHEMA,)),
    "institution": Field("text", required=True, empty=False),
    "default_tier": Field("text", required=True),
    "languages": Field("list", of=Field("text", choices=LANGUAGES), empty=False),
    "contact": TEXT,
    "tier": Field(
        "map",
        required=True,
        empty=False,
        of=Field(
            "table",
            of={
                "roles": ROLES,
                "assessments": Field("list", of=Field("text", check=person_id)),
                "days": Field("integer", least=1),
                "group": TEXT,
                "term": Field("integer", least=1),
            },
        ),
    ),
    "class": Field("map", of=Field("table", of={"tier": Field("text", required=True)})),
    "incident": Field("table", of={"roles": ROLES}),
    "governance": Field("table", of={"roles": ROLES}),
    "retention": Field("table", of={"years": Field("integer", required=True, least=1)}),
    "witness": Field(
        "table",
        of={
            "forge": NAME,
            "tiers": Field("list", of=Field("text"), empty=False),
            "key": Field("list", required=True, of=Field("table", of=SIGNING_KEY), empty=False),
        },
    ),
    "names": Field(
        "table", of={surface: Field("text", choices=NAMINGS) for surface in ("terminal", "export", "digest")}
    ),
    "calendar": Field(
        "table",
        of={
            "freeze": Field(
                "list",
                of=Field(
                    "table",
                    of={"from": Field("date", required=True), "to": Field("date", required=True), "name": TEXT},
                ),
            )
        },
    ),
    "notify": Field(
        "list",
        of=Field(
            "table",
            of={
                "channel": Field("text", required=True, choices=CHANNELS),
                "address": Field("text", required=True, empty=False),
                "secret": TEXT,
                "from": TEXT,
                "to": Field("list", of=Field("text", empty=False)),
                "roles": Field("list", of=Field("text", check=person_id)),
                "language": Field("text", choices=LANGUAGES),
            },
        ),
    ),
    "snapshot": Field(
        "table",
        required=True,
        of={
            "addresses": Field("list", of=Field("text", empty=False)),
            "key": Field("list", required=True, of=Field("table", of=SIGNING_KEY), empty=False),
            "next_key": Field("list", of=Field("table", of=SIGNING_KEY)),
        },
    ),
}

RULES: Mapping[str, Field] = {
    **fact_shapes.shapes(_component, _address),
    "mode": Field("text", choices=MODES),
    "approval": Field(
        "table",
        of={
            "days": Field("integer", least=1),
            "jitter": Field("integer", least=0),
            "grace": Field("integer", least=0),
            "warn": Field("list", of=Field("integer", least=1)),
        },
    ),
    "waiver": Field("table", of={name: Field("integer", least=1) for name in ("days", *SEVERITIES)}),
    "emergency": Field(
        "table",
        of={
            "hours": Field("integer", least=1, most=BREAK_GLASS_HOURS),
            "review_days": Field("integer", least=1),
        },
    ),
    "intake": Field(
        "map", of=Field("table", of={"needs": Field("list", required=True, of=Field("text", choices=INTAKE_FIELDS))})
    ),
    "pre_approval": Field(
        "list",
        of=Field(
            "table",
            of={
                "purl": Field("text", required=True, check=_component),
                "range": Field("text", check=_range),
                "expires": Field("date", required=True),
                "reason": Field("text", required=True, empty=False),
                "scope": Field("list", of=Field("text", choices=tuple(SCOPES))),
                "environments": Field("list", of=Field("text", empty=False)),
                "projects": Field("list", of=Field("text", empty=False)),
                "classes": Field("list", of=Field("text", choices=CLASSES)),
                **fact_shapes.conditions(),
            },
        ),
    ),
    "source": Field(
        "list",
        of=Field(
            "table",
            of={
                "type": NAME,
                "address": Field("text", required=True, check=_address),
                "found": TEXT,
                "confirmed_by": TEXT,
            },
        ),
    ),
    "rule": Field(
        "map",
        of=Field(
            "table",
            of={
                "name": Field("text", required=True, check=person_id),
                "outcome": Field("text", required=True, choices=OUTCOMES),
            },
        ),
    ),
}

PEOPLE: Mapping[str, Field] = {
    "person": Field(
        "list",
        of=Field(
            "table",
            of={
                "id": NAME,
                "name": Field("text", required=True, empty=False),
                "employee": TEXT,
                "from": DATE,
                "to": DATE,
                "accounts": Field(
                    "list",
                    of=Field("table", of={"forge": NAME, "id": Field("text", required=True, empty=False)}),
                ),
                "keys": Field("list", of=Field("table", of=SIGNING_KEY)),
                "roles": Field("list", of=Field("table", of={"role": NAME, "from": DATE, "to": DATE})),
            },
        ),
    ),
    "teams": Field("map", of=Field("texts", of=Field("text", check=_team), empty=False)),
}

PROJECTS: Mapping[str, Field] = {
    "project": Field(
        "list",
        of=Field(
            "table",
            of={
                "id": Field("text", required=True, empty=False),
                "owner": TEXT,
                "class": Field("text", choices=CLASSES),
                "environments": Field("list", of=Field("text", empty=False)),
                "distribution": Field("text", choices=DISTRIBUTIONS),
                "mode": Field("text", choices=MODES),
                "licence": Field("text", empty=False),
            },
        ),
    ),
}


def shape_of(path: str) -> Mapping[str, Field] | None:
    """The shape of the policy file at `path` in the policy repository; None for a file that is no policy file."""
    if path in _FIXED:
        return _FIXED[path]
    return RULES if path.startswith("policy/") and path.endswith(".toml") else None


_FIXED = {"osgate.toml": OSGATE, "people.toml": PEOPLE, "projects.toml": PROJECTS}
