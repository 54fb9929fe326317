"""Not a benchmark but a test by chance: pushes at a loaded server, none of which may wait beyond the deadline.

`hook_load.py --python PATH [--pushes 1000]`: four people push at once to a repository of 20,000 files while twice as
many processes as there are processors do nothing but work. Then one push of 20,000 commits. What the hooks wrote down
tells how long each took; it ends with 1 where one was late.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import locks

from server_hook import PACKAGES, Place

DEADLINE, PEOPLE, COMMITS = 4.0, 4, 20_000
# Seconds after the deadline in which a hook that was cut off has answered.
ANSWER = 0.5


def main() -> int:
    """Push, print what came of it, and return 0 where no push was late."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", required=True, help="interpreter of the environment with osgate in it")
    parser.add_argument("--pushes", type=int, default=40, help="pushes under load; 1000 to be thorough")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="osgate-load-") as name:
        place = Place(Path(name), asked.python, "--deadline", str(DEADLINE))
        with Load(2 * (os.cpu_count() or 1)):
            waited = _push_all(place, asked.pushes)
        late = _told(place, f"{asked.pushes} pushes under load", waited)
        return 1 if late + _history(place) else 0


class Load:
    """Processes that keep every processor busy; they end with us, at the latest after an hour."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __enter__(self) -> Load:
        work = "import time\nends = time.monotonic() + 3600\nwhile time.monotonic() < ends: pass"
        self._children = [subprocess.Popen([sys.executable, "-c", work]) for _ in range(self._count)]
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children:
            child.kill()
            child.wait()


def _push_all(place: Place, pushes: int) -> list[float]:
    """Push from several clones at once, each to a branch of its own; returns how long each push took."""
    waited: list[float] = []

    def one(person: int) -> None:
        clone = place.folder / f"person-{person}"
        place.git("clone", "--quiet", "--shared", str(place.work), str(clone))
        for turn in range(pushes // PEOPLE):
            (clone / "part-0/module-0/package-lock.json").write_text(locks.npm(PACKAGES + 1 + turn % 500))
            (clone / f"new-{turn}.py").write_text(f"print({turn})\n")
            place.git("add", "--all", at=clone)
            place.git("commit", "--quiet", "-m", "change", at=clone)
            start = time.perf_counter()
            # One that is cut off is refused; the next push brings its commit along.
            with contextlib.suppress(subprocess.CalledProcessError):
                place.git("push", "--quiet", str(place.gated), f"HEAD:refs/heads/release/{person}", at=clone)
            waited.append(time.perf_counter() - start)

    people = [threading.Thread(target=one, args=(person,)) for person in range(PEOPLE)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    return waited


def _history(place: Place) -> int:
    """One push of many commits, each of which changes a lock."""
    old = place.git("rev-parse", "HEAD")
    stream = []
    for n in range(COMMITS):
        data = locks.npm(3 + n % 5).encode()
        head = "reset refs/heads/long\n" if not n else ""
        parent = f"from {old}\n" if not n else ""
        stream.append(f"{head}commit refs/heads/long\ncommitter Bench <bench@example.com> {1795240800 + n} +0000\n")
        stream.append(f"data 1\n.\n{parent}M 100644 inline part-{n % 20}/long/package-lock.json\ndata {len(data)}\n")
        stream.append(data.decode() + "\n")
    place.git("fast-import", "--quiet", input="".join(stream).encode())
    for file in (place.folder / "spool").glob("*.jsonl"):
        file.unlink()
    start = time.perf_counter()
    place.git("push", "--quiet", str(place.gated), "long:main")
    return _told(place, f"one push of {COMMITS:,} commits", [time.perf_counter() - start])


def _told(place: Place, what: str, waited: list[float]) -> int:
    """Print how long hooks and pushes took; returns how many were late or not recorded."""
    files = sorted((place.folder / "spool").glob("*.jsonl"))
    events = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    judged = [event for event in events if event["outcome"] != "not-judged"]
    cut = [event for event in judged if event["outcome"] == "unchecked"]
    late = [event for event in judged if event["seconds"] > DEADLINE + ANSWER]
    longest = max((event["seconds"] for event in judged), default=0.0)
    print(f"-- {what}: {len(judged)} judged in at most {longest:.2f} s of {DEADLINE} s; ", end="")
    print(f"{len(cut)} cut off and refused in time, {len(late)} late", flush=True)
    print(f"   whole pushes: median {sorted(waited)[len(waited) // 2]:.2f} s, longest {max(waited):.2f} s", flush=True)
    # The first pushes find no word from a post-receive hook, so they are recorded without their verdicts.
    return len(late) + (len(events) < len(waited))


if __name__ == "__main__":
    sys.exit(main())
