"""`osgate request`: ask for approval of what a change brings in, a whole closure at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from osgate import wiring
from osgate.cli import console, flags, records, request_fields, stuck
from osgate.cli.identity import OPTIONS, Identity, identity, policy_repository
from osgate.cli.intake_text import subject_line
from osgate.cli.request_wanted import names, wanted
from osgate.cli.standings import record_lines
from osgate.errors import PASS, Refused
from osgate.intake_desk import joining
from osgate.intake_desk.composing import subjects
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.ledger import codec
from osgate.ledger.fold import State, fold
from osgate.ledger.fold.requests import components
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
    named = names(asked[""])
    if not named and "staged" not in asked and "base" not in asked:
        raise console.usage("request", t("usage.missing-one", choices="PURL, --staged, --base"))
    who = identity(asked, "request")
    chosen, origin = wanted(asked, named, found)
    for dependency in chosen if fields["kind"] not in request_fields.WHOLE else ():
        if not (dependency.version or dependency.path or asked.get("range")):
            raise console.usage("request", t("usage.no-version", purl=dependency.purl))
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
    scope = records.listed(asked, "scope")
    state = fold(clone.history.sealed)
    named = {**fields, "scope": scope, **({"range": asked["range"]} if "range" in asked else {})}
    # Who replaces a decision asks anew, whatever waits.
    waits: list[joining.Joining] = []
    rest = chosen
    if not fields["supersedes"]:
        waits, rest = joining.joinings(chosen, named, state.requests.values(), clone.valid.policy)
    here = str(fields["origin"].get("repository", ""))
    mine = {j.target.request.id for j in waits if _asked_by(who.person, here, j.target.request.id, state)}
    for joined in waits:
        _tell_waiting(joined, state, asked)
    if rest:
        sealed = {item.id: item for item in clone.history.sealed}
        apart = {purl for id in fields["supersedes"] if id in sealed for purl in components(sealed[id], sealed)}
        made = subjects(rest, asked.get("range", ""), scope, apart)
        yield records.make("request", who, {**fields, "subjects": made}, moment, clone)
        return
    fresh = [joined for joined in waits if joined.target.request.id not in mine]
    if not fresh:
        raise Refused("request.nothing")
    own = [{**fields, "subjects": joining.subjects(one), "joins": one.target.request.id} for one in fresh]
    for joined, said in zip(fresh, own, strict=True):
        stuck.must_stay_open(joined.target, {**said, "person": who.person}, state, clone.valid, moment.instant)
    for said in own:
        yield records.make("request", who, said, moment, clone)


def _asked_by(person: str, repository: str, id: str, state: State) -> bool:
    """True if `person` made the request `id`, or joined it, for the same repository."""
    told = state.requests
    asked = [told[id].request, *joining.asked_by(told.values(), id)]
    return any(
        item.body["person"] == person and item.body.get("origin", {}).get("repository", "") == repository
        for item in asked
    )


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
