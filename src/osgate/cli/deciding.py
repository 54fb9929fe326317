"""The commands that answer a record by its id: assess, approve, reject, revoke, unblock."""

from __future__ import annotations

import os
from typing import Any

from osgate import wiring
from osgate.cli import console, flags, records
from osgate.cli.identity import OPTIONS, identity, policy_repository
from osgate.errors import PASS, UsageError
from osgate.intake_desk.composing import default_expiry
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.io import files
from osgate.ledger import codec

# Which field of the record holds the id the command names.
_TARGET = {"assess": "request", "approve": "request", "reject": "request", "revoke": "revokes", "unblock": "revokes"}


def run(verb: str, argv: list[str]) -> int:
    """Make the record `verb` about the id named, sign it, send it."""
    asked = flags.read(verb, argv, ("help", "print"), (*OPTIONS, "role", "reason", "expires", "evidence", "incident"))
    if "help" in asked:
        console.say(console.words()("help.deciding", command=verb))
        return PASS
    moment = wiring.now()
    found = records.configured(moment)
    named = asked[""].split("\0") if asked[""] else []
    t = console.words()
    if len(named) != 1:
        raise console.usage(
            verb, t("usage.extra", words=" ".join(named[1:])) if named else t("usage.missing", what="ID")
        )
    for flag in ("role", "reason"):
        if not asked.get(flag):
            raise console.usage(verb, t("usage.missing", what=f"--{flag}"))
    who = identity(asked, verb)
    with PolicyClone(
        policy_repository(asked, found.config.policy_repository, verb), wiring.cache_folder(), moment.instant
    ) as clone:
        target = clone.find(named[0])
        records.show(target, clone)
        fields: dict[str, Any] = {_TARGET[verb]: target, "role": asked["role"], "reason": asked["reason"]}
        if verb == "approve":
            days = clone.valid.policy.approval_days
            fields["expires"] = asked.get("expires") or default_expiry(moment.day, days)
        fields["evidence"] = [_evidence(path) for path in asked.get("evidence", "").split(",") if path]
        fields["incident"] = asked.get("incident", "")
        record = records.make(verb, who, fields, moment, clone)
        return records.hand_in(record, clone, who, moment, print_only="print" in asked)


def _evidence(path: str) -> dict[str, str]:
    """A file a decision rests on: its name and digest; the file itself stays where the institution keeps such."""
    data = files.read(path)
    if data is None:
        raise UsageError("path.missing", path=path)
    return {"name": os.path.basename(path), "digest": codec.digest(data)}
