"""OSG509: the version leaps further than its component has ever walked.

Whoever wants to win against an internal package gives theirs a number that no version of it will ever reach: `9999.0.0`
or `99.99.99`. The least leap was measured on the versions that OSV's records list (2026, eight ecosystems, nearly all
of them in PYSEC's): of 85 leaps over ten majors and more none but those of calendars and of `salt` (2019.2.8 to 3000,
981 majors) went over more than 72 (`pywin32`, 228 to 300), while every tenth version on the lists of malicious packages
(949 of 9,853 in npm and PyPI) has a major of 80 or more.
"""

from __future__ import annotations

import re

from osgate.rules.case import Case
from osgate.rules.told import of_fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.model.fact import Fact, Facts
    from osgate.rules.case import Params

# Majors above the one before.
LEAP = 80
# The major as text, behind an epoch (PEP 440, Debian) or a `v`.
_MAJOR = re.compile(r"v?(?:[0-9]{1,9}[!:])?0*([0-9]+)(?![0-9A-Za-z])", re.ASCII)
# Digits of a number; of a longer one the first are read, which is far enough.
_LONGEST = 18
_FIRST_YEAR = "1990"
# A calendar's days, months and, in stamps, hours and more behind a year.
_DATE = re.compile(r"(?:(?:0\d|1[0-2])(?:(?:[0-2]\d|3[01])(?:\d\d){0,3})?)?\Z", re.ASCII)


def check(case: Case) -> Params | None:
    """Complain of LEAP majors and more, unless they are a calendar's, where the registry's own numbers speak against.

    They do where the component has fewer releases than majors were leapt over, and where its highest release is as far
    below. Where the registry tells neither, nothing is said.
    """
    dependency = case.item.dependency
    if case.facts is None or not case.item.previous or dependency.mutable:
        return None
    before, now = (_MAJOR.match(version) for version in (case.item.previous[-1], dependency.version))
    if before is None or now is None or _dated(now[1], case.now):
        return None
    leap = _number(now[1]) - _number(before[1])
    against = _against(case.facts, leap, _number(now[1])) if leap >= LEAP else None
    return {**of_fact(against), "before": case.item.previous[-1], "leap": leap} if against is not None else None


def _against(facts: Facts, leap: int, major: int) -> Fact | None:
    """The fact that makes the leap absurd; None where none does."""
    releases, latest = facts.one("releases"), facts.one("latest")
    if releases is not None and isinstance(releases.value, str):
        count = re.fullmatch(r"[0-9]{1,18}", releases.value)
        if count is not None and int(count[0]) < leap:
            return releases
    if latest is not None and isinstance(latest.value, str):
        highest = _MAJOR.match(latest.value)
        if highest is not None and major - _number(highest[1]) >= LEAP:
            return latest
    return None


def _number(digits: str) -> int:
    return int(digits[:_LONGEST])


def _dated(digits: str, now: str) -> bool:
    """True for a year from 1990 to the next one, and for such a year with month, day and time behind it."""
    year = digits[:4]
    return len(year) == 4 and _FIRST_YEAR <= year <= str(int(now[:4]) + 1) and bool(_DATE.match(digits[4:]))
