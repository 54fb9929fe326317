"""`osgate waive`: lift a rule's finding for a time, by several persons; the first proposes, the others confirm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from osgate import wiring
from osgate.cli import console, evidence, flags, records
from osgate.cli.identity import OPTIONS, identity, policy_repository
from osgate.errors import PASS
from osgate.intake_desk.composing import subject
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.model.finding import SLUGS
from osgate.model.policy import SEVERITIES
from osgate.purl import parse

_TERMS = ("rule", "until", "range", "project", "class", "severity")


def run(argv: list[str]) -> int:
    """Make one signed `waive` record, the first of a waiver or one that confirms it, and send it."""
    asked = flags.read("waive", argv, ("help", "print"), (*OPTIONS, *_TERMS, "role", "reason", "evidence", "reference"))
    if "help" in asked:
        console.say(console.words()("help.waive"))
        return PASS
    moment = wiring.now()
    found = records.configured(moment)
    named = asked[""].split("\0") if asked[""] else []
    confirming = bool(named) and not named[0].lower().startswith("pkg:")
    _checked(asked, named, confirming)
    if not confirming:
        records.day_ahead("waive", "until", asked, moment)
    who = identity(asked, "waive")
    with PolicyClone(
        policy_repository(asked, found.config.policy_repository, "waive"), wiring.cache_folder(), moment.instant
    ) as clone:
        fields: dict[str, Any] = {"role": asked["role"], "reason": asked["reason"]}
        fields["evidence"] = evidence.given(asked, "waive")
        if confirming:
            fields["confirms"] = clone.find(named[0])
            records.show(fields["confirms"], clone)
        else:
            fields.update(_proposed(asked, named))
        record = records.make("waive", who, fields, moment, clone)
        return records.hand_in(record, clone, who, moment, print_only="print" in asked)


def _checked(asked: Mapping[str, str], named: list[str], confirming: bool) -> None:
    """Raise UsageError("usage") for what is missing, or does not belong to a confirmation."""
    t = console.words()
    if confirming and len(named) > 1:
        raise console.usage("waive", t("usage.extra", words=" ".join(named[1:])))
    for flag in _TERMS if confirming else ():
        if flag in asked:
            raise console.usage("waive", t("usage.not-with", flag=flag, action="ID"))
    if not named and "project" not in asked:
        raise console.usage("waive", t("usage.missing-one", choices="PURL, --project, ID"))
    if "severity" in asked and asked["severity"] not in SEVERITIES:
        said = t("usage.choice", flag="severity", choices=", ".join(SEVERITIES), found=asked["severity"])
        raise console.usage("waive", said)
    for flag in ("role", "reason") if confirming else ("rule", "until", "role", "reason"):
        if not asked.get(flag):
            raise console.usage("waive", t("usage.missing", what=f"--{flag}"))


def _proposed(asked: Mapping[str, str], named: list[str]) -> dict[str, Any]:
    """What the first record of a waiver says. A rule is named by its id or slug."""
    ids = {slug: id for id, slug in SLUGS.items()}
    return {
        "subjects": [subject(parse(word), asked.get("range", "")) for word in named],
        "rules": [ids.get(word.lower(), word.upper()) for word in records.listed(asked, "rule")],
        "expires": asked["until"],
        "projects": records.listed(asked, "project"),
        "classes": records.listed(asked, "class"),
        "severity": asked.get("severity", ""),
    }
