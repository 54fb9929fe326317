"""From words at the forge to a request: what a change brings in, worked out by the desk itself, or packages by name.

Whoever has an account may ask. The authors of the change are kept with the request, by mail address and by account, and
have no part in deciding it.
"""

from __future__ import annotations

from typing import Any

from osgate.errors import Refused, UsageError
from osgate.forge_desk import deciding
from osgate.forge_desk.hearing import Said
from osgate.forge_desk.station import Ledger, Station, Unclear
from osgate.forges import links
from osgate.forges.command_words import LISTS
from osgate.forges.commands import Command
from osgate.forges.protocol import Forge, Missing
from osgate.intake_desk import intake_fields
from osgate.intake_desk.requesting import Plan
from osgate.intake_desk.wanted import bare, closure, names
from osgate.intake_desk.witnessed import name_of
from osgate.ledger.records import CHANNELS
from osgate.model.dependency import Dependency
from osgate.model.forge import Change, Conversation

# Fields of the subjects of a request.
_OF_SUBJECTS = ("scope", "range")


def requests(command: Command, said: Said, station: Station, ledger: Ledger) -> list[dict[str, Any]]:
    """Return the records that ask: one for what nobody asked for yet; where others asked for all of it, one to join
    each. Raises Unclear for what cannot be asked for, OsgateError where the change cannot be judged."""
    if ledger.policy.witness is None:
        raise Unclear("no-witness")
    change = _change(command, said, station)
    chosen, origin = _wanted(command, change, station, ledger)
    fields = {**_fields(command, chosen), "origin": origin, "supersedes": _superseded(command, ledger)}
    _complete(command, fields, chosen, station, ledger)
    person = ledger.person(said.note.author.id)
    name = person.id if person else name_of(ledger.forge, said.note.author.id)
    scope = deciding.value("scope", command.fields.get("scope", ""))
    try:
        plan = Plan(chosen, fields, command.fields.get("range", ""), scope, ledger.books, ledger.state)
        drafts = plan.drafts(name, station.now)
    except Refused as error:
        raise Unclear("error", error=error) from error
    return [deciding.made("request", name, draft, said, station, ledger) for draft in drafts]


def _change(command: Command, said: Said, station: Station) -> Change | None:
    """The change a request is about: the one named, else the one it was said on."""
    if command.change:
        return _named(command.change, said, station)
    return station.forge.change(said.at.project, said.at.number) if said.change is not None else None


def _named(named: str, said: Said, station: Station) -> Change:
    """The change that was named, for who may see it; others are told what they would be if it were not there.

    Where nobody can tell who may, only those ask who speak on that change. Raises Unclear: `outside`, `error`.
    """
    forge = station.forge
    path, _, number = named.rpartition(links.sign(forge.kind))
    gone = Unclear("error", error=Missing("forge.missing", what=named, detail=""))
    try:
        project = forge.project(path)
        if said.at != Conversation(project.id, int(number)) and not forge.may_read(project.id, said.note.author.id):
            raise gone
        if station.group and not f"{project.path}/".lower().startswith(f"{station.group}/".lower()):
            raise Unclear("outside", path=path, group=station.group)
        return forge.change(project.id, int(number))
    except Missing as error:
        raise (Unclear("error", error=error) if _moved(error, said, forge) else gone) from error


def _moved(error: Missing, said: Said, forge: Forge) -> bool:
    """True where a project has moved to a place that who asks may see."""
    to = str(error.params.get("to", ""))
    try:
        return bool(to) and forge.may_read(forge.project(to).id, said.note.author.id) is True
    except Missing:
        return False


def _wanted(
    command: Command, change: Change | None, station: Station, ledger: Ledger
) -> tuple[list[Dependency], dict[str, Any]]:
    """What to ask for, and where it comes from. Raises Unclear: `no-package`, `nothing-to-ask`."""
    try:
        named = names(command.purls)
        if change is None:
            if not named:
                raise Unclear("no-package", verb="request")
            return [bare(purl) for purl in named], {}
        verdict = station.judge(change)
        chosen = closure(verdict, named)
    except (UsageError, Refused) as error:
        raise Unclear("error", error=error) from error
    if not chosen:
        raise Unclear("nothing-to-ask")
    author = name_of(ledger.forge, change.author.id)
    return chosen, {
        "repository": verdict.project or station.forge.project(change.project).path,
        "change": change.head,
        "comment": f"{name_of(ledger.forge, change.project)}!{change.number}",
        "authors": sorted({*change.authors, author}),
    }


def _fields(command: Command, chosen: list[Dependency]) -> dict[str, Any]:
    """What the command says beside its packages. Raises Unclear: `choice`, `no-channel`, and `no-reason`."""
    said = {key: deciding.value(key, text) for key, text in command.fields.items() if key not in _OF_SUBJECTS}
    for key, choices in intake_fields.CHOICES.items():
        if key in said and said[key] not in choices:
            raise Unclear("choice", key=key, found=said[key], choices=", ".join(choices))
    told = said.pop("channel", "")
    channel = intake_fields.channel(told) if told else intake_fields.channel_of(chosen)
    if not channel:
        code = "choice" if told else "no-channel"
        raise Unclear(code, _pasted(command, "channel"), key="channel", found=told, choices=", ".join(CHANNELS))
    try:
        said["alternatives"] = [intake_fields.alternative(word) for word in said.get("alternatives", ())]
    except UsageError as error:
        raise Unclear("error", error=error) from error
    return {"kind": "component", **said, "channel": channel, "reason": deciding.reason(command)}


def _superseded(command: Command, ledger: Ledger) -> list[str]:
    words = deciding.value("supersedes", command.fields.get("supersedes", ""))
    return [ledger.find(word.removeprefix("#").removeprefix("sha256:").lower()).id for word in words]


def _complete(
    command: Command, fields: dict[str, Any], chosen: list[Dependency], station: Station, ledger: Ledger
) -> None:
    """Raise Unclear for what the policy asks of a request and nobody said: `no-version`, `incomplete`, `person`…"""
    purl = intake_fields.unversioned(chosen, fields, command.fields.get("range", ""))
    if purl:
        raise Unclear("no-version", purl=purl)
    for code, params in intake_fields.problems(fields, ledger.books.valid, station.now):
        if code == "intake-incomplete":
            lacking = params["fields"]
            raise Unclear("incomplete", _pasted(command, *lacking), fields=", ".join(lacking))
        raise Unclear(code, **params)


def _pasted(command: Command, *keys: str) -> str:
    """The command again, with a place for each of `keys`; words of people are left out."""
    about = f" {command.change}" if command.change else ""
    more = [key for key in command.fields if key in LISTS or key in intake_fields.CHOICES]
    lines = [f"/osgate request{about}", *(f"{key}: …" for key in dict.fromkeys((*keys, *more, "reason")))]
    return "\n".join(lines)
