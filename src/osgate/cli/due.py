"""`osgate due`: what ends, what is overdue, what must be looked at again."""

from __future__ import annotations

from osgate.cli import agenda, console, flags
from osgate.errors import BLOCKED, PASS
from osgate.model.agenda import Item
from osgate.reports.agenda import due_lines
from osgate.text.names import namer


def run(argv: list[str]) -> int:
    """List what is due. Exit 1 with `--exit-code` where something is overdue."""
    asked = flags.read("due", argv, ("help", "exit-code"), (*agenda.OPTIONS, "days"))
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.due"))
        return PASS
    agenda.checked("due", asked)
    found = agenda.read("due", asked, agenda.days("due", asked))
    t, role = found.t, asked.get("role", "")
    items = [item for item in found.agenda.items if not role or role in item.asks]
    if asked.get("format") != "digest":
        items = [item for item in items if item.kind != "waiting" or item.overdue]
    agenda.write(found, items, asked, _lines(found, items, role))
    return BLOCKED if "exit-code" in asked and any(item.overdue for item in items) else PASS


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
