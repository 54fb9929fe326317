"""`osgate due`: what ends, what is overdue, what must be looked at again; at a forge also one issue that tells it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from osgate import wiring_forges
from osgate.cli import agenda, console, flags
from osgate.errors import BLOCKED, PASS
from osgate.forge_desk import due_issue
from osgate.model.agenda import Item
from osgate.reports.agenda import due_lines
from osgate.text.names import namer

# The forge at which the issue is kept, and in which project.
AT_FORGE = ("forge", "project", "address")


def run(argv: list[str]) -> int:
    """List what is due. Exit 1 with `--exit-code` where something is overdue."""
    asked = flags.read("due", argv, ("help", "exit-code"), (*agenda.OPTIONS, "days", *AT_FORGE))
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.due"))
        return PASS
    agenda.checked("due", asked)
    _checked(asked)
    found = agenda.read("due", asked, agenda.days("due", asked))
    role = asked.get("role", "")
    whole = [item for item in found.agenda.items if not role or role in item.asks]
    items = whole
    if asked.get("format") != "digest":
        items = [item for item in whole if item.kind != "waiting" or item.overdue]
    agenda.write(found, items, asked, _lines(found, items, role))
    if "forge" in asked:
        _keep(found, whole, asked)
    return BLOCKED if "exit-code" in asked and any(item.overdue for item in items) else PASS


def _checked(asked: Mapping[str, str]) -> None:
    """Raise UsageError("usage") where a flag lacks its like; there is one issue, and no role has its own."""
    t = console.words()
    if "forge" in asked:
        if "project" not in asked:
            raise console.usage("due", t("usage.missing", what="--project"))
        if "role" in asked:
            raise console.usage("due", t("usage.not-with", flag="role", action="--forge"))
        return
    for flag in AT_FORGE:
        if flag in asked:
            raise console.usage("due", t("usage.missing", what="--forge"))


def _keep(found: agenda.Found, items: list[Item], asked: Mapping[str, str]) -> None:
    """Bring the issue up to date and say so, apart from the list."""
    t = found.t
    forge = wiring_forges.forge(asked["forge"], asked.get("address", ""), os.environ)
    home = forge.project(asked["project"])
    told = agenda.digest_of(found, items, due_issue.there(forge, home, found.state)) if items else ""
    text = due_issue.body(told, t("due.issue-cut")) if items else ""
    kept = due_issue.keep(forge, home.id, t("due.issue-title"), text)
    console.say(t(f"due.issue-{kept.did}", url=kept.url), sys.stderr)
    if kept.folded:
        console.say(t.count("due.issue-folded", kept.folded), sys.stderr)


def _lines(found: agenda.Found, items: list[Item], role: str) -> str:
    """The lines for a terminal, with how much there is, and what nobody is asked about."""
    t = found.t
    name = namer(found.valid.people, found.valid.names, "terminal")
    lines = [due_lines(item, t, name, role) for item in items]
    over = sum(item.overdue for item in items)
    lines.append(t.count("due.total", len(items), over=over) if items else t("due.empty"))
    if found.agenda.unused:
        lines.append(t.count("due.unused", found.agenda.unused))
    return "\n".join(lines)
