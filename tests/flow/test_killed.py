"""A desk that is killed between its first write and its last loses nothing, and the next run completes it.

`benchmarks/kill_desk.py` tries many more points.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from flow.killing import Case

pytestmark = pytest.mark.real

SEED, POINTS = 20261121, 8


def test_a_killed_desk_loses_nothing_and_the_next_run_completes_it(tmp_path: Path) -> None:
    case = Case(tmp_path)
    first, last = case.span
    assert last - first > 20, "there is something to die between"
    points = list(case.points(SEED, POINTS))
    assert len({point.event for point in points}) == POINTS
    seen = [case.die_at(point) for point in points]
    assert sum(outcome.killed for outcome in seen) >= POINTS - 2
    assert not seen[0].sealed, "the first points lie before the seal"
    assert any(outcome.sealed and not outcome.published for outcome in seen), "some lie between seal and snapshot"
