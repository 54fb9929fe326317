"""`osgate check --record FILE` and `--replay FILE`: a check with all that went into it, and the same verdict again."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from osgate import runs
from osgate.cli import console
from osgate.errors import UsageError
from osgate.io import files
from osgate.model.verdict import Verdict
from osgate.reports.json_report import to_json
from osgate.runs import Run
from osgate.text.width import printable

if TYPE_CHECKING:
    from osgate.pipeline import Keep

# Lines of difference that are shown.
_SHOWN = 40


def kept(path: str, form: str, judge: Callable[[Keep], Verdict]) -> Verdict:
    """Return what `judge` comes to, and write to `path` all that went into it.

    Raises UsageError("output.unwritable") where that cannot be done, and what `judge` raises.
    """
    keeper = runs.Keeper()
    verdict = judge(keeper)
    try:
        files.write(path, keeper.data(form, console.words().locale, verdict))
    except OSError as error:
        raise UsageError("output.unwritable", path=path, detail=error.strerror or str(error)) from error
    return verdict


def replayed(path: str, language: str) -> tuple[Run, Verdict, bool]:
    """Return the run in the file `path`, the verdict on it decided anew, and whether that is the one it came to then.

    language: the one asked for, empty for the run's own. What differs is told on standard error. No git, no network and
    no clock is asked. Raises UsageError `run.unreadable`, `run.too-large`, `run.malformed`.
    """
    try:
        data = files.read_limited(path, runs.CAP)
    except OSError as error:
        raise UsageError("run.unreadable", path=path, detail=error.strerror or str(error)) from error
    if data is None:
        raise UsageError("run.too-large", path=path, limit=runs.CAP)
    run, version, before = runs.read(data)
    console.speak(language or run.language)
    verdict = runs.again(run)
    now = to_json(verdict)
    if now == before:
        return run, verdict, True
    console.say(console.words()("replay.differs", version=printable(version)), sys.stderr)
    for line in _differences(before, now):
        console.say(printable(line), sys.stderr)
    return run, verdict, False


def _differences(before: object, now: object) -> Iterator[str]:
    """The first lines in which two verdicts differ."""
    old, new = (json.dumps(each, indent=2).splitlines() for each in (before, now))
    shown = list(difflib.unified_diff(old, new, "recorded", "now", lineterm="", n=2))
    yield from shown[:_SHOWN]
    if len(shown) > _SHOWN:
        yield "..."
