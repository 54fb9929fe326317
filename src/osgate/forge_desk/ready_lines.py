"""Lines that are ready to be pasted: a command said again with what it lacked, and the next one that would do. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from osgate import patterns
from osgate.forge_desk.station import Unclear
from osgate.forges.commands import MOST_PURLS, Command
from osgate.ledger import codec
from osgate.ledger.fold import RequestState, State
from osgate.model.agenda import Item
from osgate.purl import versioned
from osgate.text.width import printable

# What stands where somebody is to write.
PLACE = "…"
# What waits by its verb, and the one that decides on it.
_DECIDED = {"request": "approve", "waive": "waive"}
# A value that stands in a command without quotes.
_PLAIN = r"[^\s\"“”]+"


def block(lines: str) -> str:
    """Return lines as one block of code, in which no forge sees anything but text."""
    shown = "\n".join(printable(line).replace("```", "` ` `") for line in lines.split("\n"))
    return f"```text\n{shown}\n```"


def lacking(found: Unclear) -> tuple[str, ...]:
    """Return the keys that a command said again has to fill in, where that is all that is wrong with it."""
    if found.code == "no-reason":
        return ("reason",)
    if found.code in ("no-channel", "choice"):
        return (str(found.params["key"]),)
    return tuple(str(found.params["fields"]).split(", ")) if found.code == "incomplete" else ()


def again(command: Command, lacking: Iterable[str]) -> str:
    """Return `command` with all that was said in it, and a place for each key of `lacking`."""
    wanted = list(lacking)
    reason = PLACE if "reason" in wanted else command.reason or PLACE
    fields = {**command.fields, **dict.fromkeys((key for key in wanted if key != "reason"), PLACE)}
    if command.verb == "request":
        about = [f"/osgate request {command.change}".rstrip(), *(f"- {purl}" for purl in command.purls)]
        return "\n".join([*about, *(f"{key}: {value}" for key, value in fields.items()), f"reason: {reason}"])
    words = [command.verb, command.id, *command.purls, *(_pair(key, value) for key, value in fields.items())]
    return f"/osgate {' '.join(filter(None, words))} reason: {reason}"


def _pair(key: str, value: str) -> str:
    if patterns.fullmatch(_PLAIN, value):
        return f"{key}={value}"
    return f"{key}={PLACE}" if patterns.search(r"[\"“”]", value) else f'{key}="{value}"'


def anew(told: RequestState, change: str) -> str:
    """Return how the same is asked for again after it was rejected or revoked; empty where no one command names it all.

    change: as people name the one it came from, empty where the line is said on it, or there is none.
    """
    body = told.request.body
    ended = told.ended_by if told.status == "rejected" else told.request.id
    asked = {subject["purl"]: subject.get("versions") or [""] for subject in body["subjects"]}
    purls = [versioned(purl, version) for purl, seen in asked.items() for version in seen]
    head = " ".join(filter(None, ("/osgate request", change, f"supersedes={codec.short(ended)}")))
    more = [f"channel: {body['channel']}"] if "channel" in body and not change else []
    ranges = {str(subject.get("range", "")) for subject in body["subjects"]}
    more += [f"range: {ranges.pop()}"] if len(ranges) == 1 and not any(any(seen) for seen in asked.values()) else []
    lines = [head, *(f"- {purl}" for purl in purls), *more, f"reason: {PLACE}"]
    return "\n".join(lines) if len(purls) <= MOST_PURLS else ""


def deciding(item: Item) -> tuple[str, ...]:
    """Return what people say to decide on a request or waiver that waits, a line for each open role.

    Nothing for any other item.
    """
    short, wants = codec.short(item.id), [role for role, given, needed in item.roles if given < needed]
    if item.kind != "waiting" or item.verb not in _DECIDED:
        return ()
    said = [("assess", role) for role in item.missing] + [(_DECIDED[item.verb], role) for role in wants]
    return tuple(f"/osgate {verb} {short} role={role} reason: {PLACE}" for verb, role in said)


def confirming(id: str, state: State) -> Iterator[tuple[str, str]]:
    """Yield what others still have to say of the block or waiver `id`: key of the words before it, and the line."""
    short = codec.short(id)
    if id in state.blocks and state.blocks[id].in_force:
        found = state.blocks[id]
        if found.lifting:
            yield "heard.lift-block", f"/osgate unblock {short} reason: {PLACE}"
        elif not found.confirmed:
            yield "heard.confirm-block", f"/osgate block {short} reason: {PLACE}"
    if id in state.joint and state.joint[id].status == "waiting" and state.joint[id].first.body["verb"] == "waive":
        for role, given, needed in state.joint[id].roles:
            if given < needed:
                yield "heard.confirm-waive", f"/osgate waive {short} role={role} reason: {PLACE}"
