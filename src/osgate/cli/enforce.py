"""`osgate enforce`: set every project of a group or organisation so that the gate holds. A dry run unless `--write`."""

from __future__ import annotations

from osgate.cli import console, flags, fleet
from osgate.errors import PASS


def run(argv: list[str]) -> int:
    """Show what differs in each project, and write it with `--write`. Exits 1 where something is left to do."""
    asked = flags.read("enforce", argv, ("help", "write", *fleet.switches()), fleet.flags_of(doctor=False))
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.enforce"))
        return PASS
    kind = fleet.kind_of("enforce", asked)
    write = "write" in asked
    found = fleet.opened("enforce", kind, asked).enforced(write=write)
    return fleet.tell(found, asked, "" if write else t("fleet.write"))
