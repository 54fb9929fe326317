"""`osgate request`: ask for approval of what a change brings in, a whole closure at once."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, TextIO

from osgate import wiring
from osgate.cli import console, flags, records
from osgate.cli.identity import OPTIONS, identity, policy_repository
from osgate.cli.judging import judge
from osgate.cli.standings import record_lines
from osgate.errors import PASS, Refused
from osgate.intake_desk.composing import subjects
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.io.git import Git
from osgate.model.dependency import Dependency
from osgate.model.verdict import Verdict
from osgate.purl import parse, versioned
from osgate.reports.detail import BEFORE_APPROVAL, held, requestable

_WORDS = ("purpose", "usage", "distribution", "channel", "owner", "backup", "supplier", "contract")
_CHANGE = ("base", "head", "lock")
# Where it may be used, by flag, and the field of the record that says so.
_LIMITS = {"project": "projects", "environment": "environments", "class": "classes"}


def run(argv: list[str]) -> int:
    """Make one signed `request` record and send it."""
    options = (*OPTIONS, *_CHANGE, *_WORDS, *_LIMITS, "scope", "reason", "range", "kind", "supersedes", "language")
    asked = flags.read("request", argv, ("help", "print", "staged", "offline"), options)
    if "help" in asked:
        console.say(console.words()("help.request"))
        return PASS
    if not asked.get("reason"):
        raise console.usage("request", console.words()("usage.missing", what="--reason"))
    moment = wiring.now()
    named = [str(parse(word)) for word in asked[""].split("\0")] if asked[""] else []
    if not named and "staged" not in asked and "base" not in asked:
        raise console.usage("request", console.words()("usage.missing-one", choices="PURL, --staged, --base"))
    found = records.configured(moment)
    who = identity(asked, "request")
    wanted, origin = _wanted(asked, named, found)
    for dependency in wanted:
        if not (dependency.version or dependency.path or asked.get("range")):
            raise console.usage("request", console.words()("usage.no-version", purl=dependency.purl))
    with PolicyClone(
        policy_repository(asked, found.config.policy_repository, "request"), wiring.cache_folder(), moment.instant
    ) as clone:
        fields: dict[str, Any] = {
            "subjects": subjects(wanted, asked.get("range", ""), records.listed(asked, "scope")),
            "kind": asked.get("kind", "component"),
            "reason": asked["reason"],
            "origin": origin,
            "supersedes": [clone.find(word) for word in asked.get("supersedes", "").split(",") if word],
            **{word: asked.get(word, "") for word in _WORDS},
            **{field: records.listed(asked, flag) for flag, field in _LIMITS.items()},
        }
        record = records.make("request", who, fields, moment, clone)
        _tell(record, sys.stderr if "print" in asked else sys.stdout)
        return records.hand_in(record, clone, who, moment, print_only="print" in asked)


def _wanted(
    asked: Mapping[str, str], named: list[str], found: wiring.Trusted
) -> tuple[list[Dependency], dict[str, Any]]:
    """The dependencies to ask for, and where they come from."""
    with Git() as git:
        inside = git.ask("rev-parse", "--git-dir")[0] == 0
        if not inside:
            return [_bare(purl) for purl in named], {}
        verdict = judge(git, asked)
        authors = git.authors(verdict.base, verdict.head) if "base" in asked else git.identity()
    origin = {"repository": found.config.project, "change": _change(verdict), "authors": list(authors)}
    chosen = closure(verdict, named)
    if not chosen and not named:
        raise Refused("request.nothing")
    return chosen, {key: value for key, value in origin.items() if value}


def _change(verdict: Verdict) -> str:
    return verdict.head if verdict.head != "index" else ""


def closure(verdict: Verdict, named: list[str]) -> list[Dependency]:
    """What to ask for: everything undecided, or the purls named with all undecided ones that come in through them.

    A purl that the change does not introduce is asked for on its own. Without a snapshot nothing counts as approved.
    Left out is what no request would clear, as it comes from the wrong place; Refused where such a purl is named.
    """
    held_back = held(verdict)
    open_ones = {(f.purl, f.path, f.line) for f in requestable(verdict)}
    if verdict.missing:
        open_ones = {_place(item.dependency) for item in verdict.introduced} - set(held_back)
    items = [item for item in verdict.introduced if _place(item.dependency) in open_ones]
    free = {item.dependency.purl for item in verdict.introduced if _place(item.dependency) not in held_back}
    for (purl, _, _), rule in held_back.items():
        if purl in named and purl not in free:
            raise Refused(f"request.{BEFORE_APPROVAL[rule]}", purl=purl, rule=rule)
    if not named:
        return [item.dependency for item in items]
    chosen = [i.dependency for i in items if i.dependency.purl in named or set(i.via) & set(named)]
    there = {dependency.purl for dependency in chosen}
    introduced = {item.dependency.purl: item.dependency for item in verdict.introduced}
    return [*chosen, *(introduced.get(purl) or _bare(purl) for purl in named if purl not in there)]


def _place(dependency: Dependency) -> tuple[str, str, int]:
    return (dependency.purl, dependency.path, dependency.line)


def _bare(text: str) -> Dependency:
    purl = parse(text)
    return Dependency(purl.component, purl.version, versioned(purl.component, purl.version), "")


def _tell(record: Mapping[str, Any], stream: TextIO) -> None:
    t = console.words()
    console.say(t.count("request.covers", len(record["subjects"])), stream)
    for subject in record["subjects"]:
        console.say(f"  {subject['purl']}  {subject['range']}", stream)
    for line in record_lines(record, t):
        console.say(f"  {line}", stream)
