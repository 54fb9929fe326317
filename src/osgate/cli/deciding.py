"""The commands that answer a record by its id: assess, approve, reject, renew, revoke, unblock."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from osgate import wiring
from osgate.cli import console, evidence, flags, records, signing
from osgate.cli.identity import OPTIONS, identity, policy_repository
from osgate.cli.used import used
from osgate.errors import PASS
from osgate.intake_desk import fences, obligations
from osgate.intake_desk.composing import default_end, limits
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.io.git import Git
from osgate.ledger.fold import fold
from osgate.ledger.records import ASSESSMENTS
from osgate.policy.schema import DISTRIBUTIONS
from osgate.text.width import printable
from osgate.wiring import Moment

# The role that an assessment of each type is recorded in where none is named.
_ASSESSING = {"technical": "tech", "security": "security", "legal-opinion": "legal"}
# Which field of the record holds the id the command names.
_TARGET = {
    "assess": "request",
    "approve": "request",
    "reject": "request",
    "renew": "request",
    "revoke": "revokes",
    "unblock": "revokes",
}
# The flags that one verb alone takes.
_OWN = {
    "assess": ("type", "file", "issuer", "issued", "valid-until"),
    "approve": ("expires", "allow", "distribution", "hours", "obligations"),
    "renew": ("expires",),
    "reject": ("alternatives",),
}
# Digits of a number of hours, at most.
_DIGITS = 9
_CHOICES = {"type": ASSESSMENTS, "distribution": DISTRIBUTIONS}


def run(verb: str, argv: list[str]) -> int:
    """Make the record `verb` about the id named, sign it, send it."""
    options = (*OPTIONS, "role", "reason", "evidence", "reference", "incident", *_OWN.get(verb, ()))
    switches = ("help", "print", *(["break-glass"] if verb == "approve" else []))
    asked = flags.read(verb, argv, switches, options)
    t = console.words()
    if "help" in asked:
        console.say(t("help.deciding", command=verb) + "\n" + t(f"help.deciding-{verb}"))
        return PASS
    moment = wiring.now()
    found = records.configured(moment)
    named = asked[""].split("\0") if asked[""] else []
    _checked(verb, asked, named)
    fields: dict[str, Any] = {"reason": asked["reason"], "incident": asked.get("incident", "")}
    fields["evidence"] = evidence.given(asked, verb)
    fields.update(_own(verb, asked, moment))
    who = identity(asked, verb)
    with PolicyClone(
        policy_repository(asked, found.config.policy_repository, verb), wiring.cache_folder(), moment.instant
    ) as clone:
        target = clone.find(named[0])
        records.show(target, clone, approving=verb in ("approve", "renew"))
        if verb == "renew":
            _since(target, clone)
        fields["role"] = _role(verb, asked, clone)
        fields[_TARGET[verb]] = target
        fields["policy"] = clone.force.digest
        if verb in ("approve", "renew"):
            fields.update(_end(asked, fields, target, moment, clone))
        if "obligations" in asked:
            fields["obligations"] = _accepted(asked, fields, target, clone)
        for line in signing.lines(fields, target, fold(clone.history.sealed), console.words()):
            console.say(printable(f"  {line}"), sys.stderr)
        record = records.make(verb, who, fields, moment, clone)
        return records.hand_in(record, clone, who, moment, print_only="print" in asked)


def _since(target: str, clone: PolicyClone) -> None:
    """Tell what became of the facts it was approved on, as far as the repository we stand in shows it."""
    item = next((item for item in clone.history.sealed if item.id == target), None)
    if item is None or item.body["verb"] != "request":
        return
    t = console.words()
    with Git() as git:
        here = used(git)
    for line in fences.delta_lines(item.body, item.witness, here, t):
        console.say(printable(f"  {line}"), sys.stderr)


def _checked(verb: str, asked: Mapping[str, str], named: list[str]) -> None:
    """Raise UsageError("usage") for what is missing or too much."""
    t = console.words()
    if len(named) != 1:
        extra = t("usage.extra", words=" ".join(named[1:]))
        raise console.usage(verb, extra if named else t("usage.missing", what="ID"))
    for flag, choices in _CHOICES.items():
        if flag in asked and asked[flag] not in choices:
            said = t("usage.choice", flag=flag, choices=", ".join(choices), found=asked[flag])
            raise console.usage(verb, said)
    if not _plain_role(asked):
        wanted = t("usage.missing-one", choices="--type, --role") if verb == "assess" and "type" not in asked else ""
        raise console.usage(verb, wanted or t("usage.missing", what="--role"))
    if not asked.get("reason", "").strip():
        raise console.usage(verb, t("usage.missing", what="--reason"))
    for flag in ("hours",) if "break-glass" not in asked else ("expires",):
        if flag in asked:
            raise console.usage(verb, t("usage.not-with", flag=flag, action=verb))
    if "break-glass" in asked and not asked.get("incident"):
        raise console.usage(verb, t("usage.missing", what="--incident"))


def _plain_role(asked: Mapping[str, str]) -> str:
    return asked.get("role") or _ASSESSING.get(asked.get("type", ""), "") or ("-" if "break-glass" in asked else "")


def _role(verb: str, asked: Mapping[str, str], clone: PolicyClone) -> str:
    """The role to act in; to break the glass takes the first incident role of the policy where none is named."""
    role = _plain_role(asked)
    return next(iter(clone.valid.policy.incident_roles), "") if role == "-" else role


def _own(verb: str, asked: Mapping[str, str], moment: Moment) -> dict[str, Any]:
    """What one verb alone says."""
    found: dict[str, Any] = {"type": asked.get("type", ""), "issuer": asked.get("issuer", "")}
    for flag in ("issued", "valid-until"):
        if flag in asked:
            ahead = flag == "valid-until"
            found[flag.replace("-", "_")] = records.day(verb, flag, asked, moment, ahead=ahead)
    if "expires" in asked:
        found["expires"] = records.day_ahead(verb, "expires", asked, moment)
    found["alternatives"] = records.listed(asked, "alternatives")
    found["distribution"] = asked.get("distribution", "")
    if "allow" in asked:
        left = limits(asked["allow"])
        if "scope" in left:
            raise console.usage(verb, console.words()("usage.limit-of-request", limit="scope"))
        found.update(left)
    return found


def _end(
    asked: Mapping[str, str], fields: Mapping[str, Any], target: str, moment: Moment, clone: PolicyClone
) -> dict[str, Any]:
    """When an approval or renewal ends: on the day named, or as late as the policy allows; a broken glass in hours."""
    policy = clone.valid.policy
    if "break-glass" in asked:
        most = policy.terms.break_glass_hours
        hours = _hours(asked.get("hours", str(most)), most)
        ends = datetime.fromisoformat(moment.instant) + timedelta(hours=hours)
        return {"break_glass": True, "expires_at": ends.strftime("%Y-%m-%dT%H:%M:%SZ")}
    if fields.get("expires"):
        return {}
    request = next((item for item in clone.history.sealed if item.id == target), None)
    return {"expires": default_end(request, moment.day, policy)}


def _accepted(asked: Mapping[str, str], fields: Mapping[str, Any], target: str, clone: PolicyClone) -> list[str]:
    """The obligations that are accepted, by their codes."""
    request = next((item for item in clone.history.sealed if item.id == target), None)
    state = fold(clone.history.sealed).requests.get(target)
    said = [*(one.body for one in (state.counted if state else ())), fields]
    return obligations.ticked(records.listed(asked, "obligations"), request, said, clone.valid.policy)


def _hours(text: str, most: int) -> int:
    t = console.words()
    # What has more digits than anybody means is no number to Python either.
    if not (text.isascii() and text.isdecimal() and text.strip("0")):
        raise console.usage("approve", t("usage.number", flag="hours", found=text))
    if len(text) > _DIGITS or int(text) > most:
        raise console.usage("approve", t.count("usage.hours", most, found=text))
    return int(text)
