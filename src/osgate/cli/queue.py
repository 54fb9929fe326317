"""`osgate queue`: what waits for whom, the oldest first."""

from __future__ import annotations

from osgate.cli import agenda, console, flags
from osgate.errors import PASS
from osgate.model.agenda import Item
from osgate.reports.agenda import queue_lines
from osgate.text.names import namer


def run(argv: list[str]) -> int:
    """List the requests, waivers and imports that wait, all of them or those that wait for one role."""
    asked = flags.read("queue", argv, ("help",), agenda.OPTIONS)
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.queue"))
        return PASS
    agenda.checked("queue", asked)
    found = agenda.read("queue", asked, 0)
    t, role = found.t, asked.get("role", "")
    items = [item for item in found.agenda.items if item.kind == "waiting" and (not role or role in item.asks)]
    items.sort(key=_age)
    name = namer(found.valid.people, found.valid.names, "terminal")
    lines = [queue_lines(item, t, name) for item in items]
    lines.append(t.count("queue.total", len(items)) if items else t("queue.empty"))
    agenda.write(found, items, asked, "\n".join(lines))
    return PASS


def _age(item: Item) -> tuple[str, str]:
    return item.since, item.id
