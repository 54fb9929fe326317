"""A snapshot of 1,000,000 decisions: what a look-up costs, in time and memory, and how many bytes a decision takes.

A look-up is `Snapshot.view` of one component: everything that stands on it, in full. Beside it, in turn and with keys
drawn alike, one row is read by its primary key from a bare SQLite table of a million rows and as many bytes. What the
decisions are like stands in `many_decisions`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

DECISIONS = 1_000_000
LOOKS = 20_000
# Each runs in the environment that is measured and prints one line a result: name and number, or words to show.
MAKE = """
import gc, gzip, os, shutil, sqlite3, sys, time
sys.path.insert(0, sys.argv[4])
gc.disable()  # as every command does
import many_decisions
from osgate.ledger import snapshot_write
from osgate.ledger.fold import State
from osgate.ledger.snapshot_read import FENCE, KIND_BITS
from osgate.model.finding import SLUGS
from osgate.policy.default import default_policy
from osgate.policy.valid import ValidPolicy

path, bare, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
print(f"{count:,} decisions: {many_decisions.TOLD}")
standings = tuple(many_decisions.standings(count))
start = time.perf_counter()
snapshot_write.write(path, State({}, standings, ()), ValidPolicy(default_policy(SLUGS), {}, (), ()), 1, "")
print("seconds to compile it |", time.perf_counter() - start)
print("components |", len({s.component for s in standings}))

def zipped(path):
    with open(path, "rb") as file:
        return len(gzip.compress(file.read(), 9)) / count

def main_alone():
    main = path + ".main"
    shutil.copy(path, main)
    connection = sqlite3.connect(main, isolation_level=None)
    # Whole ids, digests, versions; then the fences that they count.
    connection.execute("DROP TABLE exact")
    connection.execute("DELETE FROM text WHERE id >= ?", (FENCE << KIND_BITS,))
    connection.execute("VACUUM")
    connection.close()
    return main

whole, main = zipped(path), zipped(main_alone())
print("bytes a decision, gzip -9, main tables |", main)
print("bytes a decision, gzip -9, second tables |", whole - main)
print("bytes a decision, gzip -9, whole file |", whole)
print("bytes a decision, not compressed |", os.path.getsize(path) / count)

# The key of a decision is its component's with the number it has there: as many rows, keys alike.
connection = sqlite3.connect(bare, isolation_level=None)
connection.execute("CREATE TABLE bare(key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID")
keys, last, number = [], "", 0
for standing in standings:
    number = number + 1 if standing.component == last else 0
    last = standing.component
    keys.append(f"{last}@{number}")
room = os.path.getsize(path) // count - sum(map(len, keys)) // count - 25
connection.execute("BEGIN")
connection.executemany("INSERT INTO bare VALUES(?,?)", ((key, os.urandom(room)) for key in sorted(keys)))
connection.execute("COMMIT")
print("MB of the snapshot |", os.path.getsize(path) / 1e6)
print("MB of the bare table |", os.path.getsize(bare) / 1e6)
"""
LOOK = """
import gc, random, sqlite3, statistics, sys, time
gc.disable()
from osgate.ledger.snapshot_read import Snapshot

path, bare_path, looks, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
connection = sqlite3.connect(path)
components = [key for (key,) in connection.execute("SELECT key FROM component")]
connection.close()
chance = random.Random(seed)
asked = chance.sample(components, looks)
names = [key + "@0" for key in chance.sample(components, looks)]
bare = sqlite3.connect(f"file:{bare_path}?mode=ro&immutable=1", uri=True)
snapshot = Snapshot(path)
taken = {"bare": [], "view": []}
clock, found = time.perf_counter, 0
for key, name in zip(asked, names, strict=True):
    start = clock()
    row = bare.execute("SELECT value FROM bare WHERE key = ?", (name,)).fetchone()
    taken["bare"].append(clock() - start)
    assert row
    start = clock()
    view = snapshot.view([key])
    taken["view"].append(clock() - start)
    found += len(view.standings[key])
first = looks // 20
for name, times in taken.items():
    print(f"{name}, all |", statistics.median(times) * 1e6)
    print(f"{name}, first |", statistics.median(times[:first]) * 1e6)
print("decisions found |", found / looks)
"""
# VmHWM is the most resident memory the process ever had.
MEMORY = """
import sys
{work}
with open("/proc/self/status") as status:
    (line,) = [line for line in status if line.startswith("VmHWM")]
print("resident |", int(line.split()[1]) / 1024)
"""
OPENED = """
from osgate.ledger.snapshot_read import Snapshot
snapshot = Snapshot(sys.argv[1])
assert snapshot.view([sys.argv[2]]).standings
"""


def main(python: str, runs: int) -> None:
    """Print bytes a decision, microseconds a look-up beside those of a bare table, and the memory it takes."""
    with tempfile.TemporaryDirectory(prefix="osgate-bench-") as folder:
        path, bare = str(Path(folder) / "snapshot.sqlite"), str(Path(folder) / "bare.sqlite")
        here = str(Path(__file__).parent)
        for name, value in _told(python, MAKE, path, bare, str(DECISIONS), here).items():
            print(f"{name:44}{value:14,.2f}")
        _looks(python, path, bare)
        _memory(python, path)


def _looks(python: str, path: str, bare: str) -> None:
    print(f"{'microseconds a look-up (median)':44}{'bare':>8}{'view':>8}{'ratio':>8}")
    for seed in range(3):
        told = _told(python, LOOK, path, bare, str(LOOKS), str(seed))
        for part, count in (("first", LOOKS // 20), ("all", LOOKS)):
            floor, view = told[f"bare, {part}"], told[f"view, {part}"]
            print(f"run {seed + 1}, {part:6}{count:>7,} look-ups{'':20}{floor:8.1f}{view:8.1f}{view / floor:8.2f}")
    print(f"a view gives {told['decisions found']:.2f} decisions in full, the bare table one row")


def _memory(python: str, path: str) -> None:
    import sqlite3

    connection = sqlite3.connect(path)
    (key,) = connection.execute("SELECT key FROM component ORDER BY number LIMIT 1 OFFSET 100000").fetchone()
    connection.close()
    bare = _told(python, MEMORY.format(work=""))["resident"]
    opened = _told(python, MEMORY.format(work=OPENED), path, key)["resident"]
    print(f"MB resident: bare interpreter {bare:.1f}, with the snapshot open and one look-up {opened:.1f},")
    print(f"  that is {opened - bare:.1f} over the interpreter")


def _told(python: str, program: str, *words: str) -> dict[str, float]:
    """Run `program` in the environment that is measured and return the numbers it prints; other lines are shown."""
    done = subprocess.run([python, "-c", program, *words], check=True, stdout=subprocess.PIPE, text=True)
    rows = [line.partition(" | ") for line in done.stdout.splitlines()]
    for name, mark, _ in rows:
        if not mark:
            print(name, flush=True)
    return {name: float(value) for name, mark, value in rows if mark}


if __name__ == "__main__":
    main(sys.executable, 1)
