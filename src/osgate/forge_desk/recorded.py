"""Which records were made of which command of a note, when a round comes back to a note that it could not answer. Pure.

A record does not say which command it came from; what it says of itself tells. What was recorded once is answered with
that, whatever would become of the same words now.
"""

from __future__ import annotations

from osgate.errors import UsageError
from osgate.forges.commands import Command, Mistake
from osgate.ledger import codec
from osgate.ledger.families import decided
from osgate.ledger.fold import Sealed
from osgate.purl import parse

# Fields of a record that name another one.
_NAMING = ("request", "revokes", "confirms")


def taken(command: Command | Mistake, known: list[Sealed]) -> tuple[str, ...]:
    """Return the ids of what `command` became, and take these records out of `known`, what its note became."""
    if isinstance(command, Mistake):
        return ()
    found = [item for item in known if _fits(command, item)]
    # One command asks by several records, if it joins several requests; it decides by one.
    found = found if command.verb == "request" else found[:1]
    for item in found:
        known.remove(item)
    return tuple(item.id for item in found)


def _fits(command: Command, item: Sealed) -> bool:
    body = item.body
    if (body["verb"], body["reason"]) != (command.verb, command.reason):
        return False
    if command.fields.get("role", body.get("role")) != body.get("role"):
        return False
    named = [codec.short(str(body[key])) for key in _NAMING if key in body]
    if command.id and command.verb != "request" and named and not any(command.id.startswith(id) for id in named):
        return False
    return not command.purls or bool(_components(command) & {str(one["purl"]) for one in body.get("subjects", ())})


def _components(command: Command) -> set[str]:
    """What its purls name, as subjects of records do; none of them where one is no purl."""
    try:
        return {decided(parse(purl)) for purl in command.purls}
    except UsageError:
        return set()
