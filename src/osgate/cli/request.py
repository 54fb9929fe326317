"""`osgate request`: ask for approval of what a change brings in, a whole closure at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from osgate import wiring
from osgate.cli import console, flags, records, request_fields
from osgate.cli.identity import OPTIONS, Identity, identity, policy_repository
from osgate.cli.request_wanted import wanted
from osgate.cli.standings import record_lines
from osgate.errors import PASS
from osgate.intake_desk import intake_fields, joining, stuck
from osgate.intake_desk.intake_text import subject_line
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.intake_desk.requesting import Plan
from osgate.intake_desk.wanted import names
from osgate.ledger import codec
from osgate.ledger.fold import State
from osgate.model.dependency import Dependency
from osgate.reports.detail import given
from osgate.text.translator import Translator
from osgate.text.width import printable

_CHANGE = ("base", "head", "lock")
# Names of a list that a line shows.
_NAMED = 3


def run(argv: list[str]) -> int:
    """Make one signed `request` record and send it; one for each request that waits for the same, which it joins."""
    options = (*OPTIONS, *_CHANGE, *request_fields.OPTIONS, "scope", "range", "supersedes", "language")
    asked = flags.read("request", argv, ("help", "print", "staged", "offline"), options)
    if "help" in asked:
        console.say(console.words()("help.request"))
        return PASS
    moment = wiring.now()
    found = records.configured(moment)
    t = console.speak(asked.get("language") or found.config.language)
    fields = request_fields.read(asked)
    named = names(asked[""].split("\0") if asked[""] else ())
    if not named and "staged" not in asked and "base" not in asked:
        raise console.usage("request", t("usage.missing-one", choices="PURL, --staged, --base"))
    who = identity(asked, "request")
    chosen, origin = wanted(asked, named, found)
    bare = intake_fields.unversioned(chosen, fields, asked.get("range", ""))
    if bare:
        raise console.usage("request", t("usage.no-version", purl=bare))
    fields["channel"] = request_fields.channel(fields["channel"], chosen)
    with PolicyClone(
        policy_repository(asked, found.config.policy_repository, "request"), wiring.cache_folder(), moment.instant
    ) as clone:
        request_fields.check(fields, clone.valid, moment.instant)
        fields["origin"] = origin
        fields["supersedes"] = [clone.find(word) for word in records.listed(asked, "supersedes")]
        code = PASS
        for record in _records(asked, chosen, fields, who, moment, clone):
            stream = sys.stderr if "print" in asked else sys.stdout
            _tell(record, stream)
            for line in stuck.lines(record, clone.valid, moment.instant, t):
                console.say(line, stream)
            code = max(code, records.hand_in(record, clone, who, moment, print_only="print" in asked))
        return code


def _records(
    asked: Mapping[str, str],
    chosen: list[Dependency],
    fields: dict[str, Any],
    who: Identity,
    moment: wiring.Moment,
    clone: PolicyClone,
) -> Iterator[dict[str, Any]]:
    """The records to send: one for what nobody asked for yet; where others asked for all of it, one to join each."""
    plan = Plan(chosen, fields, asked.get("range", ""), records.listed(asked, "scope"), clone)
    for joined in plan.waits:
        _tell_waiting(joined, plan.state, asked)
    for said in plan.drafts(who.person, moment.instant):
        yield records.make("request", who, said, moment, clone)


def _tell_waiting(joined: joining.Joining, state: State, asked: Mapping[str, str]) -> None:
    """Who asked before, which roles are to come, since when."""
    t = console.words()
    target = joined.target
    others = joining.asked_by(state.requests.values(), target.request.id)
    names = dict.fromkeys([str(target.request.body["person"]), *(str(item.body["person"]) for item in others)])
    purls = list(dict.fromkeys(dependency.purl for dependency, _ in joined.found))
    shown = t("join.items").join(purls[:_NAMED])
    said = t(
        "request.waits",
        purls=f"{shown} {t('queue.more', n=len(purls) - _NAMED)}" if len(purls) > _NAMED else shown,
        persons=t("join.names").join(names),
        id=codec.short(target.request.id),
        since=target.request.sealed_at[:10],
        roles=_open(joined, t),
    )
    console.say(printable(said), sys.stderr if "print" in asked else sys.stdout)


def _open(joined: joining.Joining, t: Translator) -> str:
    target = joined.target
    waits = [given([role for role in target.roles if role[1] < role[2]], t)]
    waits += [t("need.assessment", role=role) for role in target.missing]
    return t("join.items").join(filter(None, waits))


def _tell(record: Mapping[str, Any], stream: TextIO) -> None:
    t = console.words()
    told = record["subjects"]
    key = "request.joins" if "joins" in record else "request.covers"
    console.say(t.count(key, len(told), id=codec.short(record.get("joins", ""))), stream)
    packages = sum(len(subject.get("members", ())) or 1 for subject in told)
    if packages > len(told):
        console.say("  " + t("request.packages", n=packages), stream)
    for subject in told:
        console.say(f"  {subject_line(subject, t)}", stream)
    for line in record_lines(record, t):
        console.say(f"  {line}", stream)
