"""`osgate enforce gitlab`: set every project of a group so that the gate holds. A dry run unless `--write` says so."""

from __future__ import annotations

from osgate.cli import console, flags, fleet
from osgate.errors import PASS


def run(argv: list[str]) -> int:
    """Show what differs in each project, and write it with `--write`. Exits 1 where something is left to do."""
    asked = flags.read("enforce", argv, ("help", "write"), fleet.OPTIONS)
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.enforce"))
        return PASS
    fleet.asked_of("enforce", asked)
    _, settings = fleet.opened(asked)
    projects = fleet.chosen(settings, asked)
    write = "write" in asked
    return fleet.tell(fleet.looked(settings, projects, fleet.gate_of(asked), write=write), asked, wrote=write)
