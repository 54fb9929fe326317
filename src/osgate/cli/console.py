"""Talking to the person at the terminal: language, encoding, colour, errors."""

from __future__ import annotations

import os
import sys

from osgate import errors
from osgate.text.translator import Translator, choose
from osgate.text.width import encodable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from osgate.errors import OsgateError

_language = ""


def speak(language: str) -> Translator:
    """Return the words of `language` (a locale, or empty for the reader's own); errors use them from now on."""
    global _language
    _language = language
    return Translator(choose(language or None, os.environ))


def words() -> Translator:
    """Return the words in use."""
    return Translator(choose(_language or None, os.environ))


def say(text: str, stream: TextIO | None = None) -> None:
    """Write `text` as far as the stream's encoding can carry it; the rest is written as readable stand-ins."""
    out = stream or sys.stdout
    encoding = out.encoding or "utf-8"
    out.write(encodable(text, encoding))
    out.write("" if text.endswith("\n") else "\n")
    out.flush()


def colour(stream: TextIO | None = None) -> bool:
    """True where ANSI colours may be used: on a terminal, or where FORCE_COLOR asks; NO_COLOR wins."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    out = stream or sys.stdout
    return out.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"


def complain(error: OsgateError) -> None:
    """Print an error for a person, on standard error."""
    from osgate.cli.error_text import lines

    for line in lines(error, words()):
        say(line, sys.stderr)


def report_bug() -> None:
    """Keep the traceback of the exception being handled in a file, and say where."""
    import tempfile
    import traceback

    t = words()
    with tempfile.NamedTemporaryFile(
        "w", prefix="osgate-bug-", suffix=".txt", delete=False, encoding="utf-8", errors="backslashreplace"
    ) as file:
        traceback.print_exc(file=file)
    kind = sys.exc_info()[0]
    say(t("bug", kind=kind.__name__ if kind else "", path=file.name), sys.stderr)


def usage(command: str, detail: str) -> errors.UsageError:
    """The error of a command that was called wrongly."""
    return errors.UsageError("usage", command=command, detail=detail)
