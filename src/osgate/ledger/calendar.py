"""Days that count: freezes, in which nothing ends, and working days, which people have for what waits. Pure.

Days are ISO dates. Where the calendar ends (year 9999) a day stays what it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

# (from, to), both inclusive.
Freeze = Iterable[tuple[str, str]]
# `date.weekday()` of the first day that is no working day.
_SATURDAY = 5


def later(day: str, days: int) -> str:
    """Return the day `days` after `day`."""
    try:
        return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
    except OverflowError:
        return date.max.isoformat()


def days_between(start: str, end: str) -> int:
    """Return how many days `end` is after `start`; of instants, their days count."""
    return (date.fromisoformat(end[:10]) - date.fromisoformat(start[:10])).days


def after_freeze(day: str, freeze: Freeze) -> str:
    """Return `day`, or the first day after the freeze that it falls into."""
    for start, end in sorted(freeze):
        if start <= day <= end:
            day = later(end, 1)
    return day


def working_days_later(day: str, days: int, freeze: Freeze) -> str:
    """Return the last of the `days` working days after `day`: Monday to Friday, but for freezes.

    Public holidays count only where the institution wrote them down as freezes; a weekend that is worked instead does
    not count.
    """
    frozen = sorted(freeze)
    for _ in range(days):
        day = after_freeze(_workday(later(day, 1)), frozen)
        while (next_one := after_freeze(_workday(day), frozen)) != day:
            day = next_one
    return day


def _workday(day: str) -> str:
    """`day`, or the Monday after the weekend it falls on."""
    weekday = date.fromisoformat(day).weekday()
    return later(day, 7 - weekday) if weekday >= _SATURDAY else day
