"""`osgate block`: stop a component everywhere at once, by one person; a second confirms."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from osgate import wiring
from osgate.cli import console, flags, records
from osgate.cli.identity import OPTIONS, identity, policy_repository
from osgate.errors import PASS
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.purl import parse


def run(argv: list[str]) -> int:
    """Make one signed `block` record for the purls named and send it."""
    asked = flags.read("block", argv, ("help", "print"), (*OPTIONS, "role", "reason", "incident", "range", "confirms"))
    if "help" in asked:
        console.say(console.words()("help.block"))
        return PASS
    moment = wiring.now()
    found = records.configured(moment)
    purls = [parse(word) for word in asked[""].split("\0")] if asked[""] else []
    if not purls or not asked.get("reason"):
        raise console.usage("block", console.words()("usage.missing", what="--reason" if purls else "PURL"))
    who = identity(asked, "block")
    with PolicyClone(
        policy_repository(asked, found.config.policy_repository, "block"), wiring.cache_folder(), moment.instant
    ) as clone:
        fields: dict[str, Any] = {
            "role": asked.get("role") or next(iter(clone.valid.policy.incident_roles), ""),
            "reason": asked["reason"],
            "incident": asked.get("incident", ""),
            "confirms": clone.find(asked["confirms"]) if "confirms" in asked else "",
            "subjects": [_subject(purl.component, purl.type, purl.version, asked.get("range", "")) for purl in purls],
        }
        record = records.make("block", who, fields, moment, clone)
        then = _confirming(asked, record["id"])
        return records.hand_in(record, clone, who, moment, print_only="print" in asked, then=then)


def _confirming(asked: Mapping[str, str], id: str) -> str:
    """The whole command by which a second person confirms the block `id`; the whole id counts before the desk ran."""
    words = ["osgate", "block", *asked[""].split("\0")]
    words += ["--range", asked["range"]] if asked.get("range") else []
    return f'{shlex.join(words)} --reason "..." --confirms {id}'


def _subject(component: str, type: str, version: str, range: str) -> dict[str, str]:
    """One component: the range asked for, else the one version named, else every version."""
    from osgate.versions.vers import write

    wanted = range or (write(type, (("=", version),)) if version else "")
    return {"purl": component, **({"range": wanted} if wanted else {})}
