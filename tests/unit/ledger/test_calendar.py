"""Days that count: freezes and working days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.ledger import calendar

# 2026-11-21 is a Saturday.
DAYS = st.dates(date(2026, 1, 1), date(2030, 12, 31)).map(date.isoformat)
FREEZES = st.lists(
    st.tuples(st.dates(date(2026, 1, 1), date(2031, 1, 1)), st.integers(0, 60)).map(
        lambda pair: (pair[0].isoformat(), (pair[0] + timedelta(days=pair[1])).isoformat())
    ),
    max_size=6,
)


@pytest.mark.parametrize(
    ("day", "days", "freeze", "expected"),
    [
        ("2026-11-20", 1, [], "2026-11-23"),
        ("2026-11-21", 1, [], "2026-11-23"),
        ("2026-11-23", 2, [], "2026-11-25"),
        ("2026-11-19", 2, [], "2026-11-23"),
        ("2026-11-23", 0, [], "2026-11-23"),
        ("2026-11-20", 1, [("2026-11-23", "2026-11-27")], "2026-11-30"),
        ("2026-11-20", 1, [("2026-11-23", "2026-11-24"), ("2026-11-25", "2026-11-25")], "2026-11-26"),
        ("9999-12-30", 3, [("9999-01-01", "9999-12-31")], "9999-12-31"),
    ],
)
def test_working_days_are_monday_to_friday_outside_of_freezes(
    day: str, days: int, freeze: list[tuple[str, str]], expected: str
) -> None:
    assert calendar.working_days_later(day, days, freeze) == expected


@settings(max_examples=60)
@given(DAYS, st.integers(1, 12), FREEZES)
def test_as_many_working_days_lie_between_as_were_asked_for(day: str, days: int, freeze: list[tuple[str, str]]) -> None:
    found = calendar.working_days_later(day, days, freeze)
    passed = [calendar.later(day, n) for n in range(1, calendar.days_between(day, found) + 1)]
    working = [
        one for one in passed if date.fromisoformat(one).weekday() < 5 and not any(a <= one <= b for a, b in freeze)
    ]
    assert len(working) == days
    assert working[-1] == found


@settings(max_examples=60)
@given(DAYS, DAYS, FREEZES)
def test_what_falls_into_a_freeze_moves_to_the_first_day_after_it(
    day: str, other: str, freeze: list[tuple[str, str]]
) -> None:
    found = calendar.after_freeze(day, freeze)
    assert not any(start <= found <= end for start, end in freeze)
    skipped = [calendar.later(day, n) for n in range(calendar.days_between(day, found))]
    assert all(any(start <= one <= end for start, end in freeze) for one in skipped)
    # No end overtakes another one.
    assert (day <= other) <= (found <= calendar.after_freeze(other, freeze))


def test_days_between_instants_are_those_of_their_dates() -> None:
    assert calendar.days_between("2026-11-21T23:59:00Z", "2026-11-22T00:01:00Z") == 1
    assert calendar.days_between("2026-11-22", "2026-11-20") == -2
