"""From a command and the account that gave it to the record of a decision. Whether it counts, the desk alone weighs.

The same note gives the same record: nothing of it comes from our clock. Where a role wants a team, the forge is asked,
and the record says which one the account was found in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from osgate.errors import Mistakes, UsageError
from osgate.forge_desk import opened, teams
from osgate.forge_desk.hearing import TEXT, Said, instant
from osgate.forge_desk.station import Ledger, Station, Unclear
from osgate.forges.command_words import LISTS, STOPS
from osgate.forges.commands import Command
from osgate.intake_desk import composing, obligations
from osgate.intake_desk.verbs.context import deciding_roles
from osgate.intake_desk.verbs.jointly import joint_roles
from osgate.intake_desk.witnessed import name_of
from osgate.ledger import codec
from osgate.ledger.fold import Sealed, quorum
from osgate.model.finding import SLUGS
from osgate.model.policy import Person
from osgate.purl import parse

# Verbs that answer a request, and the field of the record that names what a verb is about.
_OF_REQUEST = ("assess", "approve", "reject", "renew")
_NAMES = {**dict.fromkeys(_OF_REQUEST, "request"), "revoke": "revokes", "unblock": "revokes", "waive": "confirms",
          "block": "confirms"}  # fmt: skip
# The role that an assessment of each type is recorded in where none is named.
_ASSESSING = {"technical": "tech", "security": "security", "legal-opinion": "legal"}
# What stands where somebody was to write why.
_UNFILLED = ("…", "...")
# Packages that stand in a line to paste.
_PASTED = 5


def witnessed(said: Said, forge: str, joined: Iterable[str] = ()) -> dict[str, Any]:
    """Return what a record says of the words it is made of. forge: as people.toml names it; joined: the team, of those
    that the role wants, which the account was in when it was asked."""
    found = {
        "forge": forge,
        "project": said.at.project,
        "kind": said.at.kind,
        "number": said.at.number,
        "account": said.note.author.id,
        "body": codec.digest(said.note.body.encode("utf-8", "surrogatepass")),
        "at": instant(said.note.created),
    }
    more = {"comment": said.note.id, "teams": list(joined)}
    return {**found, **{key: told for key, told in more.items() if told}}


def reason(command: Command) -> str:
    """Return why, as it was said. Raises Unclear("no-reason")."""
    if not command.reason or command.reason.strip() in _UNFILLED:
        raise Unclear("no-reason", verb=command.verb)
    return command.reason


def made(
    verb: str,
    person: str,
    fields: Mapping[str, Any],
    said: Said,
    station: Station,
    ledger: Ledger,
    joined: Iterable[str] = (),
) -> dict[str, Any]:
    """Return the record, signed by the witness. joined: as in `witnessed`. Raises Unclear("mistakes") where a field is
    wrong."""
    heard = {"ledger": ledger.books.history.origin, "witnessed": witnessed(said, ledger.forge, joined)}
    try:
        return composing.compose(verb, person, instant(said.note.created), {**fields, **heard}, station.sign)
    except Mistakes as error:
        raise Unclear("mistakes", mistakes=error.mistakes) from error


def speaker(said: Said, ledger: Ledger) -> Person:
    """Return who speaks. Raises Unclear: `no-witness`, `not-listed`."""
    if ledger.policy.witness is None:
        raise Unclear("no-witness")
    person = ledger.person(said.note.author.id)
    if person is None:
        raise Unclear("not-listed", account=name_of(ledger.forge, said.note.author.id))
    return person


def decision(command: Command, said: Said, station: Station, ledger: Ledger) -> dict[str, Any]:
    """Return the record of what `command` decides. Raises Unclear for what cannot be made one, and teams.Untold where
    the forge cannot be asked now whether it counts."""
    person = speaker(said, ledger)
    target = _target(command, said, station, ledger)
    fields: dict[str, Any] = {"reason": reason(command)}
    fields.update({key: value(key, text) for key, text in command.fields.items() if key not in ("role", "range")})
    fields["role"] = _role(command, target, person, station, ledger)
    if target is not None:
        fields[_NAMES[command.verb]] = target.id
    if command.verb in (*_OF_REQUEST, "revoke", "unblock"):
        fields["policy"] = ledger.books.force.digest
    if command.verb in ("approve", "renew") and "expires" not in fields:
        fields["expires"] = composing.default_end(target, said.note.created[:10], ledger.policy)
    if "obligations" in fields:
        fields["obligations"] = _accepted(fields, target, ledger)
    if command.verb in (*STOPS, "waive"):
        fields.update(_subjects(command, target))
    joined = _joined(fields["role"], person, said, station, ledger)
    return made(command.verb, person.id, fields, said, station, ledger, joined)


def _accepted(fields: Mapping[str, Any], target: Sealed | None, ledger: Ledger) -> list[str]:
    """The obligations of licences that are accepted, by their codes. Raises Unclear for a word that is none of them."""
    state = ledger.state.requests.get(target.id) if target is not None else None
    said = [*(one.body for one in (state.counted if state else ())), fields]
    try:
        return obligations.ticked(fields["obligations"], target, said, ledger.policy)
    except UsageError as error:
        raise Unclear("error", error=error) from error


def _joined(role: str, person: Person, said: Said, station: Station, ledger: Ledger) -> tuple[str, ...]:
    """The team that lets a word count in `role`. About who does not hold it nobody is asked: the desk says so."""
    wanted = ledger.policy.teams.get(role, ()) if role in person.holds(station.now) else ()
    return teams.joined(station.forge, said.note.author.id, role, wanted)


def value(key: str, text: str) -> Any:
    """Return what a field of a record holds for what was written: a list for some keys, rules by their id."""
    if key not in LISTS:
        return text
    words = text.replace("，", ",").replace("、", ",").split(",")
    listed = list(dict.fromkeys(word.strip() for word in words if word.strip()))
    slugs = {slug: id for id, slug in SLUGS.items()}
    return [slugs.get(word.lower(), word.upper()) for word in listed] if key == "rules" else listed


def _subjects(command: Command, target: Sealed | None) -> dict[str, Any]:
    """The packages it is about. Who confirms a block names the same; who confirms a waiver names none."""
    if target is not None:
        return {"subjects": list(target.body["subjects"])} if command.verb == "block" else {}
    scope = value("scope", command.fields.get("scope", ""))
    try:
        subjects = [composing.subject(parse(purl), command.fields.get("range", ""), scope) for purl in command.purls]
    except UsageError as error:
        raise Unclear("error", error=error) from error
    if not subjects and "projects" not in command.fields:
        raise Unclear("no-package", verb=command.verb)
    return {"subjects": subjects, "scope": []}


# -- what it is about


def _target(command: Command, said: Said, station: Station, ledger: Ledger) -> Sealed | None:
    """The record it answers; None for what is about packages. Raises Unclear: `id-none`, `id-several`, `not-by-id`,
    `which`, `not-told-yet`, `nothing-here`."""
    id = command.id or _id(command)
    if id:
        return _answered(command, ledger.find(id), ledger)
    if command.verb in (*STOPS, "waive"):
        return None
    if command.verb == "unblock":
        raise Unclear("no-id", verb=command.verb)
    return implied(command.verb, said, station, ledger)


def _id(command: Command) -> str:
    return command.fields.get("confirms", "").removeprefix("#").removeprefix("sha256:").lower()


def _answered(command: Command, item: Sealed, ledger: Ledger) -> Sealed:
    """What is answered by naming `item`. Who stops names packages; only a block is confirmed by its id."""
    if command.verb in STOPS and (command.verb, item.body["verb"]) != ("block", "block"):
        purls = [str(one["purl"]) for one in item.body.get("subjects", ())][:_PASTED] or ["pkg:…"]
        line = f"/osgate {command.verb} {' '.join(purls)} reason: …"
        raise Unclear("not-by-id", line, verb=command.verb, id=codec.short(item.id))
    return ledger.answering(item) if command.verb in _OF_REQUEST else item


def implied(verb: str, said: Said, station: Station, ledger: Ledger) -> Sealed:
    """Return the one request that a note without an id can mean: the issue's own, or the only one of a change.

    What a request asks for must have been shown there before the note was written. Raises Unclear as `_target`.
    """
    asked = {item.id: item for item in (*ledger.asked_at(said.at), *_for_change(said, ledger))}
    here = [item for item in asked.values() if ledger.state.requests[item.id].status in ("waiting", "joined")]
    here = here or ledger.asked_at(said.at)[-1:]
    told = {ledger.answering(item).id: ledger.answering(item) for item in here if _told(item, said)}
    own = opened.request_of(said.issue, station.me)
    if own in ledger.sealed:
        told[own] = ledger.answering(ledger.sealed[own])
    if len(told) == 1:
        return next(iter(told.values()))
    lines = [f"/osgate {verb} {codec.short(id)} reason: …" for id in told]
    if told:
        raise Unclear("which", *lines, n=len(told))
    if here:
        raise Unclear("not-told-yet", *(f"/osgate {verb} {codec.short(i.id)} reason: …" for i in here))
    raise Unclear("nothing-here", verb=verb)


def _for_change(said: Said, ledger: Ledger) -> list[Sealed]:
    """The requests for the change that is talked about here, wherever they were made."""
    if said.change is None:
        return []
    return ledger.asked_for(f"{name_of(ledger.forge, said.at.project)}!{said.at.number}")


def _told(item: Sealed, said: Said) -> bool:
    """True if we had answered the note here that made a request, or shown it here, before this note was written."""
    heard = item.body.get("witnessed", {})
    place = (heard.get("project"), heard.get("number"), heard.get("kind"))
    if place == (said.at.project, said.at.number, said.at.kind):
        when = said.answered.get(str(heard.get("comment", "")) or TEXT, "")
    else:
        when = said.shown.get(codec.short(item.id), "")
    return bool(when) and when <= said.note.created


# -- in which role


def _role(command: Command, target: Sealed | None, person: Person, station: Station, ledger: Ledger) -> str:
    """The role that was named, else the one open role that the person holds. Raises Unclear: `role-unknown`,
    `no-role`, `which-role`."""
    wanted = list(dict.fromkeys(_roles(command, target, ledger)))
    named = command.fields.get("role", "")
    if named:
        people = ledger.books.valid.people.values()
        known = {*deciding_roles(ledger.policy), *(role for one in people for role, _, _ in one.roles)}
        if named not in known:
            raise Unclear("role-unknown", role=named, roles=", ".join(wanted) or "-")
        return named
    held = [role for role in wanted if role in person.holds(station.now)]
    if len(held) == 1:
        return held[0]
    if not held:
        holds = ", ".join(person.holds(station.now)) or "-"
        raise Unclear("no-role", person=person.id, needed=", ".join(wanted) or "-", held=holds)
    about = codec.short(target.id) if target else " ".join(command.purls[:1])
    lines = [f"/osgate {command.verb} {about} role={role} reason: …" for role in held]
    raise Unclear("which-role", *lines, person=person.id, roles=", ".join(held))


def _roles(command: Command, target: Sealed | None, ledger: Ledger) -> list[str]:
    """The roles in which `command` could be said now."""
    verb, policy = command.verb, ledger.policy
    if target is None:
        if verb == "block":
            return list(policy.incident_roles)
        return joint_roles(policy.tiers[policy.default_tier]) if verb == "waive" else sorted(deciding_roles(policy))
    if target.id in ledger.state.requests:
        return _of_request(command, target, ledger)
    if target.id in ledger.state.blocks:
        return list(policy.incident_roles)
    if target.id in ledger.state.joint:
        roles = ledger.state.joint[target.id].roles
        return [role for role, given, needed in roles if given < needed] or sorted(deciding_roles(policy))
    request = ledger.sealed.get(str(target.body.get("request", "")))
    return quorum.revocation_needs(target, request)


def _of_request(command: Command, target: Sealed, ledger: Ledger) -> list[str]:
    state = ledger.state.requests[target.id]
    roles = [role for role, _, _ in state.roles]
    if command.verb == "assess":
        named = _ASSESSING.get(command.fields.get("type", ""), "")
        return [named] if named else list(state.missing) or sorted(deciding_roles(ledger.policy))
    if command.verb == "approve":
        return [role for role, given, needed in state.roles if given < needed] or roles
    if command.verb == "renew" and state.renewed is not None:
        return [role for role, given, needed in state.renewed.roles if given < needed] or roles
    if command.verb == "reject":
        return [*roles, *map(str, target.witness.get("assessments", ()))]
    return roles
