"""The few flags of the commands on the commit path, read without argparse."""

from __future__ import annotations

from osgate.cli import console

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def read(command: str, argv: Sequence[str], switches: Sequence[str], options: Sequence[str]) -> dict[str, str]:
    """Return flag -> value (`yes` for a switch) and, under the empty key, the other words joined by NUL.

    switches, options: names without dashes. Raises UsageError("usage") for an unknown flag (with the nearest one), a
    missing value, or a flag given twice.
    """
    found: dict[str, str] = {}
    rest: list[str] = []
    words = list(argv)
    while words:
        word = words.pop(0)
        if word == "--":
            rest += words
            break
        if not word.startswith("--"):
            rest.append(word)
            continue
        name, equals, value = word[2:].partition("=")
        if name in found:
            raise console.usage(command, f"--{name} x2")
        if name in switches and not equals:
            found[name] = "yes"
        elif name in options:
            if not equals and not words:
                raise console.usage(command, f"--{name} ...?")
            found[name] = value if equals else words.pop(0)
        else:
            raise console.usage(command, _unknown(name, (*switches, *options)))
    found[""] = "\0".join(rest)
    return found


def _unknown(name: str, known: Sequence[str]) -> str:
    import difflib

    close = difflib.get_close_matches(name, known, 1)
    return f"--{name}? (--{close[0]})" if close else f"--{name}?"
