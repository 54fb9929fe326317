"""`osgate trace`: one change end to end, from what was asked for it to the seals of what was decided."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from functools import cache

from osgate import wiring, wiring_forges
from osgate.cli import attachments, console, flags, records
from osgate.cli.identity import policy_repository
from osgate.errors import BLOCKED, PASS, Refused, Undecided
from osgate.forges import links
from osgate.forges.protocol import Forge, Missing
from osgate.intake_desk.anchors import said
from osgate.intake_desk.intake_text import intake_lines, subject_line
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.intake_desk.states import state_line
from osgate.intake_desk.witnessed import name_of
from osgate.ledger import codec, tracing
from osgate.ledger.fold import Sealed, State, fold
from osgate.ledger.tracing import Case, Origin
from osgate.model.forge import Conversation
from osgate.text.names import namer
from osgate.text.translator import Translator
from osgate.text.width import printable

OPTIONS = ("forge", "address", "policy-repo", "format", "language")
FORMATS = ("terminal", "json")


def run(argv: list[str]) -> int:
    """Tell what the ledger holds on a change; exit 1 where that is nothing."""
    asked = flags.read("trace", argv, ("help",), OPTIONS)
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.trace"))
        return PASS
    moment = wiring.now()
    trusted = records.configured(moment)
    at = wiring_forges.forge(asked["forge"], asked.get("address", ""), os.environ) if "forge" in asked else None
    means = _meant(asked, at)
    t = console.speak(asked.get("language") or trusted.config.language)
    where = policy_repository(asked, trusted.config.policy_repository, "trace")
    # What a configuration found here names is given no token: anybody may have written it.
    access = wiring_forges.way_in(where, os.environ) if "policy-repo" in asked else {}
    with PolicyClone(where, wiring.cache_folder(), moment.instant, access) as clone:
        return _told(clone, means, asked, at, t)


def _meant(asked: Mapping[str, str], forge: Forge | None) -> Callable[[Origin], bool]:
    """What tells the change that is named. Raises UsageError for no change, and what the forge raises: Missing
    `trace.no-repository` where it has none by that name."""
    t = console.words()
    named, *rest = asked[""].split("\0")
    if rest:
        raise console.usage("trace", t("usage.extra", words=" ".join(rest)))
    if asked.get("format", FORMATS[0]) not in FORMATS:
        choices = ", ".join(FORMATS)
        raise console.usage("trace", t("usage.choice", flag="format", choices=choices, found=asked["format"]))
    path, place = tracing.place_of(named), ""
    if path and forge is not None:
        try:
            place = name_of(forge.kind, forge.project(path).id)
        except Missing as error:
            raise error if error.code == "forge.moved" else Missing("trace.no-repository", path=path) from None
    means = tracing.meaning(named, place)
    if means is None:
        raise console.usage("trace", t("usage.missing-one", choices="PATH#NUMBER, FORGE:ID!NUMBER, COMMIT"))
    return means


def _told(
    clone: PolicyClone, means: Callable[[Origin], bool], asked: Mapping[str, str], forge: Forge | None, t: Translator
) -> int:
    history = clone.history
    state = fold(history.sealed)
    found = tracing.cases(history.sealed, state, history.seals, means)
    if asked.get("format") == "json":
        for case in found:
            anchor = f"{history.serial}:{history.anchor}"
            console.say(json.dumps({**case, "change": asked[""], "anchor": anchor}, ensure_ascii=False))
        return PASS if found else BLOCKED
    if not found:
        bare = tracing.place_of(asked[""]) and "forge" not in asked
        console.say(t("trace.none-by-path" if bare else "trace.none", change=printable(asked[""])))
        return BLOCKED
    console.say(t.count("trace.head", len(found), change=printable(asked[""])))
    sealed = {item.id: item for item in history.sealed}
    name, page = namer(clone.valid.people, clone.valid.names, "terminal"), _pages(forge)
    for case in found:
        for line in _lines(case, sealed, state, t, name, page):
            console.say(line)
    console.say(t("trace.anchor", anchor=said(history.serial, codec.short(history.anchor))))
    return PASS


def _lines(
    case: Case,
    sealed: Mapping[str, Sealed],
    state: State,
    t: Translator,
    name: Callable[[str], str],
    page: Callable[[Case], str],
) -> Iterator[str]:
    items = t("join.items")
    yield ""
    yield state_line(case["request"], state, t)
    origin = {"comment": "-", "change": "-", "repository": "-", **case["origin"]}
    origin["comment"] = _as_written(origin["comment"])
    authors = items.join(map(name, origin.get("authors", ()))) or "-"
    yield "  " + printable(t("trace.origin", **{**origin, "authors": authors}))
    for subject in case["subjects"]:
        yield f"  {subject_line(subject, t)}"
    for line in intake_lines(sealed[case["request"]].body, t):
        yield "  " + printable(line)
    needs = items.join([*case["roles"], *(t("need.assessment", role=role) for role in case["assessments"])])
    yield "  " + t("trace.needs", tier=case["tier"] or "-", needs=needs or "-")
    for step in case["steps"]:
        yield from _step(step, sealed[step["id"]], t, name, page)


def _as_written(change: str) -> str:
    """A change with the sign that its forge writes."""
    place, _, number = change.rpartition("!")
    return f"{place}{links.sign(place.partition(':')[0])}{number}" if place else change


def _pages(forge: Forge | None) -> Callable[[Case], str]:
    """What tells the address of where something was said; empty where nobody was asked, or nobody tells."""

    @cache
    def project(id: str) -> str:
        try:
            return forge.project(id).url if forge is not None else ""
        except (Refused, Undecided):
            return ""

    def page(said: Case) -> str:
        if forge is None or said["forge"] != forge.kind:
            return ""
        at = Conversation(str(said["project"]), int(said["number"]), said["kind"])
        return links.conversation(forge.kind, project(at.project), at, str(said.get("comment", "")))

    return page


def _step(
    step: Case, item: Sealed, t: Translator, name: Callable[[str], str], page: Callable[[Case], str]
) -> Iterator[str]:
    verb, type = t(f"verb.{step['verb']}"), f" [{step['type']}]" if step["type"] else ""
    role = f" ({step['role']})" if step["role"] else ""
    who, seal = f"{name(step['person'])}{role}", said(step["serial"], codec.short(step["seal"] or "-"))
    seal_of = {"seal": seal, "stated": step["stated_at"] or "-", "policy": codec.short(step["policy"] or "-")}
    about = {"at": step["sealed_at"], "verb": f"{verb}{type}", "who": who, "id": step["id"], "reason": step["reason"]}
    yield "  " + printable(t("trace.step", **about))
    key = "trace.sealed-until" if step["expires"] else "trace.sealed"
    yield "      " + t(key, **seal_of, until=step["expires"])
    if step["witnessed"]:
        # An issue's own text has no number.
        yield "      " + printable(t("trace.heard", **{"comment": "-", **step["witnessed"]}))
        address = page(step["witnessed"])
        if address:
            yield "      " + printable(t("trace.there", url=address))
    for file in attachments.attached([item]):
        yield "      " + attachments.line(file, t)
    for other in (file for file in step["evidence"] if "digest" not in file):
        kept = ":".join(filter(None, (other.get("system"), other["reference"])))
        yield "      " + printable(t("trace.reference", reference=kept))
