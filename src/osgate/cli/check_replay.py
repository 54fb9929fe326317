"""`osgate check --record FILE` and `--replay FILE`: a check with all that went into it, and the same verdict again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

import osgate
from osgate import runs
from osgate.cli import console, replay_told
from osgate.errors import UsageError
from osgate.io import files
from osgate.model.verdict import Verdict
from osgate.reports import words
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


def _check_words(verdict: Verdict) -> None:
    """Raise UsageError("run.senseless") where a verdict says what there are no words for: a code that nobody has."""
    t = console.words()
    try:
        for gap in (*verdict.gaps, *verdict.missing):
            words.gap(gap, t)
        for finding in verdict.findings:
            words.sentence(finding, t)
        for item in verdict.introduced:
            t(f"change.{item.change}")
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise UsageError("run.senseless") from error


def replayed(path: str, language: str) -> tuple[Run, Verdict, bool]:
    """Return the run in the file `path`, the verdict on it decided anew, and whether that is the one it came to then.

    language: the one asked for, empty for the run's own. What differs is told on standard error. No git, no network and
    no clock is asked. Raises UsageError `run.unreadable`, `run.too-large`, `run.senseless`, and what `runs` raises.
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
    _check_words(verdict)
    now = to_json(verdict)
    if now == before:
        return run, verdict, True
    t = console.words()
    code = "replay.altered" if version == osgate.__version__ else "replay.differs"
    console.say(t(code, version=printable(version), now=osgate.__version__), sys.stderr)
    told = list(replay_told.lines(before, now, t))
    for line in islice(told, _SHOWN):
        console.say("  " + printable(line), sys.stderr)
    if len(told) > _SHOWN:
        console.say("  " + t("replay.more", count=len(told) - _SHOWN), sys.stderr)
    return run, verdict, False
