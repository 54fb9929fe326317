"""The commands that answer a record by its id: assess, approve, reject, revoke, unblock."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from osgate import wiring
from osgate.cli import console, flags, records
from osgate.cli.identity import OPTIONS, identity, policy_repository
from osgate.errors import PASS, UsageError
from osgate.intake_desk.composing import default_expiry
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.io import files
from osgate.ledger import codec
from osgate.ledger.records import ASSESSMENTS

# The role that an assessment of each type is recorded in where none is named.
_ASSESSING = {"technical": "tech", "security": "security"}
# Which field of the record holds the id the command names.
_TARGET = {"assess": "request", "approve": "request", "reject": "request", "revoke": "revokes", "unblock": "revokes"}
# The flags that one verb alone takes.
_OWN = {"assess": ("type",), "approve": ("expires",)}


def run(verb: str, argv: list[str]) -> int:
    """Make the record `verb` about the id named, sign it, send it."""
    options = (*OPTIONS, "role", "reason", "evidence", "incident", *_OWN.get(verb, ()))
    asked = flags.read(verb, argv, ("help", "print"), options)
    t = console.words()
    if "help" in asked:
        console.say(t("help.deciding", command=verb) + "\n" + t(f"help.deciding-{verb}"))
        return PASS
    moment = wiring.now()
    found = records.configured(moment)
    named = asked[""].split("\0") if asked[""] else []
    role = _checked(verb, asked, named)
    expires = records.day_ahead(verb, "expires", asked, moment) if "expires" in asked else ""
    evidence = [_evidence(path) for path in records.listed(asked, "evidence")]
    who = identity(asked, verb)
    with PolicyClone(
        policy_repository(asked, found.config.policy_repository, verb), wiring.cache_folder(), moment.instant
    ) as clone:
        target = clone.find(named[0])
        records.show(target, clone)
        fields: dict[str, Any] = {_TARGET[verb]: target, "role": role, "reason": asked["reason"]}
        if verb == "approve":
            days = clone.valid.policy.approval_days
            fields["expires"] = expires or default_expiry(moment.day, days)
        fields.update(type=asked.get("type", ""), evidence=evidence, incident=asked.get("incident", ""))
        record = records.make(verb, who, fields, moment, clone)
        return records.hand_in(record, clone, who, moment, print_only="print" in asked)


def _checked(verb: str, asked: Mapping[str, str], named: list[str]) -> str:
    """Return the role to act in. Raises UsageError("usage") for what is missing or too much."""
    t = console.words()
    if len(named) != 1:
        extra = t("usage.extra", words=" ".join(named[1:]))
        raise console.usage(verb, extra if named else t("usage.missing", what="ID"))
    if "type" in asked and asked["type"] not in ASSESSMENTS:
        choices = ", ".join(ASSESSMENTS)
        raise console.usage(verb, t("usage.choice", flag="type", choices=choices, found=asked["type"]))
    role = asked.get("role") or _ASSESSING.get(asked.get("type", ""), "")
    if not role:
        wanted = t("usage.missing-one", choices="--type, --role") if verb == "assess" else ""
        raise console.usage(verb, wanted or t("usage.missing", what="--role"))
    if not asked.get("reason"):
        raise console.usage(verb, t("usage.missing", what="--reason"))
    return role


def _evidence(path: str) -> dict[str, Any]:
    """A file a decision rests on: name, size and digest; the file itself stays where the institution keeps such."""
    try:
        data = files.read(path)
    except OSError as error:
        raise UsageError("path.unreadable", path=path, detail=error.strerror or str(error)) from error
    if data is None:
        raise UsageError("path.missing", path=path)
    return {"name": os.path.basename(path), "size": len(data), "digest": codec.digest(data)}
