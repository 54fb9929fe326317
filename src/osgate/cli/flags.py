"""The flags of every command, read without argparse: it is on the commit path."""

from __future__ import annotations

from osgate.cli import console

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 64


def read(command: str, argv: Sequence[str], switches: Sequence[str], options: Sequence[str]) -> dict[str, str]:
    """Return flag -> value (`yes` for a switch) and, under the empty key, the other words joined by NUL.

    switches, options: names without dashes. Raises UsageError("usage") for an unknown flag (with the nearest one), a
    missing or empty value (an unset variable of a pipeline must not mean another check), or a flag given twice.
    """
    found: dict[str, str] = {}
    rest: list[str] = []
    words = list(argv)
    t = console.words()
    while words:
        word = words.pop(0)
        if word == "--":
            rest += words
            break
        if not word.startswith("--") and word != "-h":
            rest.append(word)
            continue
        name, equals, value = ("help" if word == "-h" else word[2:]).partition("=")
        if name in found:
            raise console.usage(command, t("usage.twice", flag=name))
        if name in switches and not equals:
            found[name] = "yes"
        elif name in options:
            found[name] = value if equals or not words else words.pop(0)
            if not found[name]:
                raise console.usage(command, t("usage.no-value", flag=name))
        elif name in switches:
            raise console.usage(command, t("usage.switch", flag=name))
        else:
            raise console.usage(command, _unknown(name, (*switches, *options)))
    found[""] = "\0".join(rest)
    return found


def _unknown(name: str, known: Sequence[str]) -> str:
    import difflib

    t = console.words()
    close = difflib.get_close_matches(name[:LONGEST], known, 1)
    return t("usage.flag-close", flag=name, close=close[0]) if close else t("usage.flag", flag=name)
