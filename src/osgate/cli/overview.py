"""`osgate`, `osgate --help`, `osgate --version`, and what a misspelt command gets."""

from __future__ import annotations

import difflib

import osgate
from osgate.cli import console
from osgate.errors import UsageError
from osgate.surfaces import COMMANDS
from osgate.text.width import pad


def run(word: str) -> int:
    """Print the overview or the version. Raises UsageError("command.unknown") with the nearest command."""
    if word in ("--version", "-V", "version"):
        console.say(f"osgate {osgate.__version__}")
        return 0
    if word not in ("--help", "-h", "help"):
        close = difflib.get_close_matches(word, [command.name for command in COMMANDS], 1)
        raise UsageError("command.unknown", command=word, close=close[0] if close else "--help")
    t = console.words()
    lines = [t("help.overview"), ""]
    columns = max(len(command.name) for command in COMMANDS) + 1
    lines += [f"  {pad(command.name, columns)}{t(f'command.{command.name}')}" for command in COMMANDS]
    console.say("\n".join([*lines, "", t("help.more")]))
    return 0
