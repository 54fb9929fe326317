"""Talking to the person at the terminal: language, encoding, colour, errors."""

from __future__ import annotations

import os
import sys

from osgate import errors
from osgate.text.translator import Translator, choose
from osgate.text.width import encodable, printable

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
    try:
        out.write(encodable(text, encoding))
        out.write("" if text.endswith("\n") else "\n")
        out.flush()
    except BrokenPipeError:
        _leave_quietly(out)


def _leave_quietly(stream: TextIO) -> None:
    """The reader of our output is gone; the rest goes nowhere, and the exit code stays what it would have been."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


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


def report_bug(error: Exception) -> None:
    """Keep the traceback of `error` in a file, and say where; print it where no file can be written."""
    import tempfile
    import traceback

    told = "".join(traceback.format_exception(error))
    try:
        with tempfile.NamedTemporaryFile("wb", prefix="osgate-bug-", suffix=".txt", delete=False) as file:
            file.write(told.encode("utf-8", "backslashreplace"))
        path = file.name
    except OSError:
        path = "stderr"
        say("\n".join(map(printable, told.splitlines())), sys.stderr)
    say(words()("bug", kind=type(error).__name__, path=path), sys.stderr)


def usage(command: str, detail: str) -> errors.UsageError:
    """The error of a command that was called wrongly."""
    return errors.UsageError("usage", command=command, detail=detail)
