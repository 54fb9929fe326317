"""The flags about how a verdict is told at a forge, the same for `osgate comment` and `osgate desk`."""

from __future__ import annotations

from collections.abc import Mapping

from osgate.cli import console
from osgate.forges.check_runs import Checks
from osgate.forges.protocol import Forge
from osgate.text.translator import LOCALES, Translator

# Most notes on lines that may be asked for: forges take many at once for abuse.
MOST_LINES = 30


def check(command: str, forge: Forge, name: str) -> str:
    """Return the name of the check run to publish, empty for none. Raises UsageError where the forge has none."""
    if name and not isinstance(forge, Checks):
        raise console.usage(command, console.words()("usage.not-with", flag="check", action=f"--forge {forge.kind}"))
    return name


def account(command: str, asked: Mapping[str, str]) -> str:
    """Return the id of the desk's account as `--desk` gives it, empty where it does not. Raises UsageError."""
    given = asked.get("desk", "")
    if given and not (given.isascii() and given.isdigit()):
        raise console.usage(command, console.words()("usage.number", flag="desk", found=given))
    return given


def also(command: str, asked: Mapping[str, str]) -> Translator | None:
    """Return the words of the second language of `--language zh_CN+en`, None for one alone. Raises UsageError."""
    given = asked.get("language", "")
    first, plus, second = given.partition("+")
    if not plus:
        return None
    if first not in LOCALES or second not in LOCALES or first == second:
        choices = ", ".join((*LOCALES, "+".join(LOCALES), "+".join(reversed(LOCALES))))
        raise console.usage(command, console.words()("usage.choice", flag="language", choices=choices, found=given))
    return Translator(second)


def lines(command: str, asked: Mapping[str, str]) -> int | None:
    """Return how many notes on lines `--lines` asks for, None where it does not. Raises UsageError."""
    given = asked.get("lines")
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 4 and int(given) <= MOST_LINES):
        choices = f"0-{MOST_LINES}"
        raise console.usage(command, console.words()("usage.choice", flag="lines", choices=choices, found=given))
    return int(given)
