"""The commands by which one person stops or limits a component at once: block, suspend, restrict, retire."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from osgate import wiring
from osgate.cli import console, evidence, flags, records
from osgate.cli.identity import OPTIONS, identity, policy_repository
from osgate.errors import PASS
from osgate.intake_desk.composing import limits, subject
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.purl import parse


def run(verb: str, argv: list[str], *extra: str, needs: tuple[str, ...] = ("reason",)) -> int:
    """Make one signed record of `verb` for the purls named and send it.

    extra: options of this verb alone; needs: those that must be given.
    """
    options = (*OPTIONS, "role", "reason", "incident", "range", "evidence", "reference", "alternatives", *extra)
    asked = flags.read(verb, argv, ("help", "print"), options)
    t = console.words()
    if "help" in asked:
        console.say(t(f"help.{verb}"))
        return PASS
    moment = wiring.now()
    found = records.configured(moment)
    purls = [parse(word) for word in asked[""].split("\0")] if asked[""] else []
    missing = ["PURL"] if not purls else [f"--{name}" for name in needs if not asked.get(name)]
    if missing:
        raise console.usage(verb, t("usage.missing", what=missing[0]))
    if "by" in asked:
        records.day_ahead(verb, "by", asked, moment)
    left = limits(asked["allow"]) if "allow" in asked else {}
    scope = left.pop("scope", [])
    who = identity(asked, verb)
    with PolicyClone(
        policy_repository(asked, found.config.policy_repository, verb), wiring.cache_folder(), moment.instant
    ) as clone:
        fields: dict[str, Any] = {
            "role": asked.get("role") or next(iter(clone.valid.policy.incident_roles), ""),
            "reason": asked["reason"],
            "incident": asked.get("incident", ""),
            "confirms": clone.find(asked["confirms"]) if "confirms" in asked else "",
            "by": asked.get("by", ""),
            "alternatives": records.listed(asked, "alternatives"),
            "evidence": evidence.given(asked, verb),
            "subjects": [subject(purl, asked.get("range", ""), scope) for purl in purls],
            **left,
        }
        record = records.make(verb, who, fields, moment, clone)
        then = _confirming(asked, record["id"])
        return records.hand_in(record, clone, who, moment, print_only="print" in asked, then=then)


def _confirming(asked: Mapping[str, str], id: str) -> str:
    """The whole command by which a second person confirms the block `id`; the whole id counts before the desk ran."""
    words = ["osgate", "block", *asked[""].split("\0")]
    words += ["--range", asked["range"]] if asked.get("range") else []
    return f'{shlex.join(words)} --reason "..." --confirms {id}'
