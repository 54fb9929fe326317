"""What `queue`, `due` and `notify` share: the ledger read, and a list of items written in the format asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping

from osgate import wiring, wiring_forges
from osgate.cli import console, records
from osgate.cli.identity import policy_repository
from osgate.errors import UsageError
from osgate.intake_desk import digest
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.io import files, tables
from osgate.ledger import due
from osgate.ledger.fold import State, fold
from osgate.model.agenda import Agenda, Item
from osgate.model.record import record
from osgate.policy.build import ValidPolicy
from osgate.reports import agenda
from osgate.text.names import namer
from osgate.text.translator import Translator
from osgate.wiring import Moment

FORMATS = ("terminal", "json", "digest", "xlsx", "csv")
TABLES = ("xlsx", "csv")
OPTIONS = ("role", "policy-repo", "format", "output", "language")
# How persons are named on each format's surface.
_SURFACES = {"terminal": "terminal", "digest": "digest", "xlsx": "export", "csv": "export"}


@record
class Found:
    """What was read. where: the policy repository; state: of all records; agenda: everything to do."""

    where: str
    valid: ValidPolicy
    state: State
    agenda: Agenda
    moment: Moment
    t: Translator


def checked(command: str, asked: Mapping[str, str]) -> None:
    """Raise UsageError("usage") for words too many, a format there is not, or a table that would go to a terminal."""
    t = console.words()
    if asked[""]:
        raise console.usage(command, t("usage.extra", words=asked[""].replace("\0", " ")))
    format = asked.get("format", "terminal")
    if format not in FORMATS:
        raise console.usage(command, t("usage.choice", flag="format", choices=", ".join(FORMATS), found=format))
    if format in TABLES and "output" not in asked:
        raise console.usage(command, t("usage.missing", what="--output"))


def days(command: str, asked: Mapping[str, str]) -> int | None:
    """Return how far `--days` looks ahead; None where it is not given. Raises UsageError("usage")."""
    if "days" not in asked:
        return None
    given = asked["days"]
    if not (given.isascii() and given.isdecimal() and len(given) <= 4):
        raise console.usage(command, console.words()("usage.days", found=given))
    return int(given)


def read(command: str, asked: Mapping[str, str], ahead: int | None = None) -> Found:
    """Fetch the policy repository and return what is to be done. ahead: days; None for what the policy says.

    Raises UsageError("usage") for a role that nobody holds.
    """
    moment = wiring.now()
    trusted = records.configured(moment)
    t = console.speak(asked.get("language") or trusted.config.language)
    where = policy_repository(asked, trusted.config.policy_repository, command)
    # What a configuration found here names is given no token: anybody may have written it.
    access = wiring_forges.way_in(where, os.environ) if "policy-repo" in asked else {}
    with PolicyClone(where, wiring.cache_folder(), moment.instant, access) as clone:
        valid, state = clone.valid, fold(clone.history.sealed)
    if "forge" in asked:
        # What stands there is for all.
        t = console.speak(asked.get("language") or next(iter(valid.policy.languages), ""))
    role = asked.get("role", "")
    held = {name for person in valid.people.values() for name, _, _ in person.roles}
    if role and role not in held:
        raise console.usage(command, t("usage.choice", flag="role", choices=", ".join(sorted(held)), found=role))
    looked = due.horizon(valid) if ahead is None else ahead
    return Found(where, valid, state, due.agenda(state, valid, moment.instant, looked), moment, t)


def write(found: Found, items: Iterable[Item], asked: Mapping[str, str], lines: str) -> None:
    """Print the items, or write them to `--output`. lines: the whole text of the format `terminal`.

    Raises UsageError("output.unwritable").
    """
    format = asked.get("format", "terminal")
    data = _rendered(found, items, format, asked.get("role", ""), lines)
    path = asked.get("output")
    if path is None:
        if data:
            console.say(data.decode("utf-8"))
        return
    try:
        files.write(path, data)
    except OSError as error:
        raise UsageError("output.unwritable", path=path, detail=error.strerror or str(error)) from error


def digest_of(found: Found, items: Iterable[Item], there: Callable[[Item], digest.There] = digest.nowhere) -> str:
    """Return the weekly list, as Markdown. there: where an item is decided at a forge."""
    name = namer(found.valid.people, found.valid.names, _SURFACES["digest"])
    institution, day = found.valid.policy.institution, found.moment.day
    return digest.render(items, found.agenda.unused, found.t, name, institution, day, there)


def _rendered(found: Found, items: Iterable[Item], format: str, role: str, lines: str) -> bytes:
    if format == "terminal":
        return (lines + "\n").encode("utf-8", "backslashreplace")
    if format == "json":
        return "".join(agenda.json_line(item, role) + "\n" for item in items).encode("ascii")
    if format == "digest":
        return digest_of(found, items).encode("utf-8", "backslashreplace")
    name = namer(found.valid.people, found.valid.names, _SURFACES[format])
    rows = agenda.table(items, found.t, name, role)
    return tables.csv(rows) if format == "csv" else tables.xlsx({found.t("due.sheet"): rows})
