"""Kill `osgate desk` at random points from its first write to its last step, and check that nothing is lost.

    python benchmarks/kill_desk.py [--points 50] [--seed 1]

At each point the whole process group gets SIGKILL: half of the points at an exact step (a file opened, renamed or
removed, a program started), half of them up to 6 ms into it, while git is at work. Afterwards every earlier seal and
record must be there and verify, a reader must get a snapshot that verifies and is no older than what it had, and the
next run must come to the same result as one that was never disturbed. Exit code 1 where anything does not hold.
"""

from __future__ import annotations

import argparse
import collections
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from flow.killing import Case, Outcome, Point


def stage(outcome: Outcome) -> str:
    """How far the desk had come."""
    if not outcome.killed:
        return "had ended before the kill"
    if outcome.published:
        return "after the snapshot was published"
    return "between seal and snapshot" if outcome.sealed else "before the seal"


def main() -> int:
    """Run all points; print one line for each failure and a summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began = time.monotonic()
    seen: collections.Counter[str] = collections.Counter()
    failures: list[tuple[Point, str]] = []
    left = 0
    with tempfile.TemporaryDirectory(prefix="osgate-kill-") as folder:
        case = Case(Path(folder))
        first, last = case.span
        for point in case.points(asked.seed, asked.points):
            try:
                outcome = case.die_at(point)
            except Exception as error:
                failures.append((point, f"{type(error).__name__}: {error}"))
                continue
            seen[stage(outcome)] += 1
            left += outcome.left > 0
    for point, why in failures:
        print(f"FAILED at event {point.event} + {point.delay * 1000:.1f} ms: {why}")
    print(f"{asked.points} points, seed {asked.seed}, events {first} to {last} of a run of {len(case.events)}")
    for name, count in seen.most_common():
        print(f"  {count:4} {name}")
    print(f"  {left:4} left locks or temporary indexes behind, which the next run removed")
    print(f"{len(failures)} failures in {time.monotonic() - began:.0f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
