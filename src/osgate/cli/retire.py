"""`osgate retire`: let nobody begin to use a component, and end its use by a day; closed once it is used nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from osgate import wiring
from osgate.cli import console, flags, records, stopping
from osgate.cli.identity import OPTIONS, identity, policy_repository
from osgate.intake_desk.policy_clone import PolicyClone


def run(argv: list[str]) -> int:
    """Make one signed `retire` record and send it: for the purls named, or with `--close` to end a retirement."""
    if not any(word == "--close" or word.startswith("--close=") for word in argv):
        return stopping.run("retire", argv, "by", needs=("by", "role", "reason"))
    asked = flags.read("retire", argv, ("print",), (*OPTIONS, "close", "role", "reason"))
    t = console.words()
    if asked[""]:
        raise console.usage("retire", t("usage.extra", words=asked[""].replace("\0", " ")))
    for flag in ("role", "reason"):
        if not asked.get(flag):
            raise console.usage("retire", t("usage.missing", what=f"--{flag}"))
    moment = wiring.now()
    found = records.configured(moment)
    who = identity(asked, "retire")
    with PolicyClone(
        policy_repository(asked, found.config.policy_repository, "retire"), wiring.cache_folder(), moment.instant
    ) as clone:
        fields: Mapping[str, Any] = {"confirms": clone.find(asked["close"]), **_said(asked)}
        records.show(str(fields["confirms"]), clone)
        record = records.make("retire", who, fields, moment, clone)
        return records.hand_in(record, clone, who, moment, print_only="print" in asked)


def _said(asked: Mapping[str, str]) -> dict[str, str]:
    return {"role": asked["role"], "reason": asked["reason"]}
