"""`osgate doctor`: where the gate can be passed by, over a whole group or organisation, or on this machine. Changes
nothing."""

from __future__ import annotations

from osgate.cli import console, flags, fleet
from osgate.errors import PASS


def run(argv: list[str]) -> int:
    """Tell what is missing, what has drifted and what is only advice. Exits 0 where nothing but advice is left, 1 where
    something is, 4 where a project could not be looked at."""
    if argv[:1] == ["mirror"]:
        from osgate.cli import doctor_mirror

        return doctor_mirror.reported(argv[1:])
    asked = flags.read("doctor", argv, ("help", *fleet.switches()), fleet.flags_of(doctor=True))
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.doctor"))
        return PASS
    kind = fleet.kind_of("doctor", asked)
    found = fleet.opened("doctor", kind, asked)
    examined = found.examined()
    words = asked.get("format", "terminal") == "terminal"
    if words:
        console.say(found.heading(t))
    hint = t(f"doctor.write-{kind}", command=f"osgate enforce {kind} … --write")
    code = fleet.tell(examined, asked, hint, overview=True)
    if words:
        console.say(t(f"doctor.advice-{kind}"))
    return code
