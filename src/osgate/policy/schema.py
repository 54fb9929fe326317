"""The shapes of the four kinds of written policy files."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Mapping

from osgate.model.policy import MODES, OUTCOMES
from osgate.policy.shape import Field

SCHEMA = "osgate.policy/1"
CLASSES = ("normal", "tool", "critical", "strict")
DISTRIBUTIONS = ("internal", "service", "external")
LANGUAGES = ("en", "zh_CN")

_KEY = re.compile(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9@.-]+) [A-Za-z0-9+/]+={0,3}( .*)?\Z")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*\Z")


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


def _plain_name(value: str) -> tuple[str, dict[str, object]] | None:
    return None if _NAME.match(value) else ("not-a-name", {"found": value})


def _address(value: str) -> tuple[str, dict[str, object]] | None:
    """An address that others can be compared with: absolute, no credentials, no query."""
    scheme, mark, rest = value.partition("://")
    host = rest.partition("/")[0]
    good = bool(mark and host) and scheme.isalnum() and not set("@?# ") & set(value) and value.isprintable()
    return None if good else ("not-an-address", {"found": value[:80]})


TEXT = Field("text")
NAME = Field("text", required=True, check=_plain_name)
ROLES = Field("list", required=True, of=Field("text", check=_plain_name), empty=False)
DATE = Field("date")

SIGNING_KEY = {
    "key": Field("text", required=True, check=_public_key),
    "from": DATE,
    "to": DATE,
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
                "assessments": Field("list", of=Field("text", check=_plain_name)),
                "days": Field("integer", least=1),
                "group": TEXT,
            },
        ),
    ),
    "incident": Field("table", of={"roles": ROLES}),
    "snapshot": Field(
        "table",
        required=True,
        of={
            "addresses": Field("list", of=Field("text", empty=False)),
            "key": Field("list", required=True, of=Field("table", of=SIGNING_KEY), empty=False),
        },
    ),
}

RULES: Mapping[str, Field] = {
    "mode": Field("text", choices=MODES),
    "approval": Field("table", of={"days": Field("integer", least=1)}),
    "waiver": Field("table", of={"days": Field("integer", least=1)}),
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
                "name": Field("text", required=True, check=_plain_name),
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
                "accounts": Field(
                    "list",
                    of=Field("table", of={"forge": NAME, "id": Field("text", required=True, empty=False)}),
                ),
                "keys": Field("list", of=Field("table", of=SIGNING_KEY)),
                "roles": Field("list", of=Field("table", of={"role": NAME, "from": DATE, "to": DATE})),
            },
        ),
    ),
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
