"""`osgate facts`: what is known of components: filled from its sources, shown, and carried to where none is reached."""

from __future__ import annotations

from osgate.cli import console, flags
from osgate.errors import PASS

# Modules `osgate.cli.facts_<name>` with `run(words)`, which read their flags themselves.
ACTIONS = ("sync", "show", "bundle")


def run(argv: list[str]) -> int:
    """Do what the first word says."""
    if argv and argv[0] in ACTIONS:
        module = __import__(f"osgate.cli.facts_{argv[0]}", fromlist=["run"])
        return int(module.run(argv[1:]))
    asked = flags.read("facts", argv, ("help",), ("language",))
    t = console.speak(asked.get("language", ""))
    if asked[""]:
        raise console.usage("facts", t("usage.extra", words=asked[""].replace("\0", " ")))
    console.say(t("help.facts"))
    return PASS
