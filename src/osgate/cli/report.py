"""`osgate report bypass`: what got in past the gate: merges without a verdict that passed, waivers, broken glass."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping

from osgate import wiring, wiring_forges
from osgate.cli import console, error_text, flags, fleet
from osgate.errors import BLOCKED, PASS, UNDECIDED
from osgate.fleet.work import Looked
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.ledger import codec
from osgate.ledger.excused import Row, excused
from osgate.ledger.fold import fold
from osgate.text.names import namer
from osgate.text.translator import Translator
from osgate.text.width import printable

ACTIONS = ("bypass",)
COMMAND = "report bypass"
# Beside the fleet's own.
OWN = ("forge", "since", "policy-repo")
JOB = "job"


def run(argv: list[str]) -> int:
    """List what got in past the gate. Exits 0 where no merge did, 1 where one did, 4 where a project could not be
    looked at; waivers and broken glass are told and change nothing of that."""
    asked = flags.read("report", argv, ("help", *fleet.switches()), (*fleet.flags_of(doctor=False), *OWN, JOB))
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.report"))
        return PASS
    found, since = _opened(asked)
    plain = asked.get("format") != "json"
    # Asked for first: where it cannot be read, nobody waits for the merges.
    rows, name = _excused(asked) if "policy-repo" in asked else ([], str)
    if plain:
        console.say(t("report.bypass-head", forge=found.heading(t), since=since))
    code = _merges(found.bypassed(since), t, plain=plain)
    for row in rows:
        for line in _lines(row, t, name) if plain else [json.dumps(row, ensure_ascii=False)]:
            console.say(line)
    if "policy-repo" not in asked:
        console.say(t("report.bypass-no-ledger"), sys.stderr)
    elif plain:
        console.say(t.count("report.bypass-excused", len(rows)))
    return code


def _opened(asked: Mapping[str, str]) -> tuple[fleet.Fleet, str]:
    """The projects that are meant, and the day. Raises UsageError for what is missing, too much or not there."""
    t = console.words()
    words = asked[""].split("\0") if asked[""] else []
    if words[:1] != [*ACTIONS] or words[1:]:
        said = t("usage.extra", words=" ".join(words)) if words else t("usage.missing-one", choices=ACTIONS[0])
        raise console.usage("report", said)
    for flag in ("forge", "since"):
        if flag not in asked:
            raise console.usage("report", t("usage.missing", what=f"--{flag}"))
    given = {name: value for name, value in asked.items() if name not in OWN}
    kind = fleet.kind_of("report", {**given, "": asked["forge"]})
    since = fleet.day(COMMAND, asked, "since")
    return fleet.opened(COMMAND, kind, given), since


def _excused(asked: Mapping[str, str]) -> tuple[list[Row], Callable[[str], str]]:
    moment, url = wiring.now(), asked["policy-repo"]
    with PolicyClone(url, wiring.cache_folder(), moment.instant, wiring_forges.way_in(url, os.environ)) as clone:
        rows = excused(fold(clone.history.sealed), moment.instant)
        return rows, namer(clone.valid.people, clone.valid.names, "terminal")


def _merges(found: Iterable[Looked], t: Translator, *, plain: bool) -> int:
    """Tell the merges as they are found, and their sum; return the exit code."""
    places = merged = failed = 0
    for one in found:
        places, merged, failed = places + 1, merged + len(one.left), failed + (one.failed is not None)
        for line in fleet.lines(one, t) if plain else _json(one, t):
            console.say(line)
    if plain:
        console.say(t.count("report.bypass-merged", merged, places=places, failed=failed))
    return UNDECIDED if failed else BLOCKED if merged else PASS


def _json(one: Looked, t: Translator) -> Iterator[str]:
    if one.failed is not None:
        failed = {"kind": "failed", "project": one.path, "why": error_text.sentence(one.failed, t)}
        yield json.dumps(failed, ensure_ascii=False)
    for found in one.left:
        yield json.dumps({"kind": "merge", "project": one.path, "code": found.code, **dict(found.params)})


def _lines(row: Row, t: Translator, name: Callable[[str], str]) -> Iterator[str]:
    items = t("join.items")
    about = {**row, "id": codec.short(row["id"]), "rules": items.join(row["rules"]), "on": items.join(row["on"])}
    yield printable(t(f"report.{row['kind']}", **{**about, "state": t(f"stage.{row['state']}")}))
    people = items.join(
        t("report.approver", person=name(one["person"]), role=one["role"], on=one["on"]) for one in row["approvers"]
    )
    yield "  " + printable(t("report.why", people=people, reason=row["reason"], incident=row["incident"] or "-"))
