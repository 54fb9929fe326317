"""A desk that is killed at a chosen point, and everything that must hold afterwards."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from flow.house import House, leftovers
from osgate.intake_desk.desk import Run
from osgate.io import files, http
from osgate.ledger import history, snapshot_cache, snapshot_sync
from osgate.ledger.fold import State
from osgate.ledger.lock import Lock
from osgate.ledger.snapshot_read import Snapshot
from osgate.model.policy import Key
from osgate.testing import records
from osgate.testing.clock import Clock
from osgate.testing.keys import SigningKey

DOOMED = Path(__file__).with_name("doomed.py")
# A delay shorter than most of the programs that the desk starts.
LONGEST = 0.006


class Point(NamedTuple):
    """Where the desk dies: at the event of that number, `delay` seconds after it began."""

    event: int
    delay: float


class Outcome(NamedTuple):
    """What was seen when the desk was dead.

    sealed: the seal lay on main; published: readers had the new snapshot; left: locks and temporary indexes in the way.
    """

    killed: bool
    sealed: bool
    published: bool
    left: int


def _doomed() -> subprocess.Popen[str]:
    """The process that has everything loaded and forks a desk for each order. What desks say goes nowhere."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, str(DOOMED)], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
    )


def _end(doomed: subprocess.Popen[str]) -> None:
    doomed.communicate(timeout=60)


class Case:
    """A house with a history and a full batch waiting; a copy of it dies at each point."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._doomed = _doomed()
        weakref.finalize(self, _end, self._doomed)
        self.house = House(root / "house")
        house = self.house
        house.run()
        old = records.request(reason="sealed long ago")
        house.push(old)
        house.push(records.approve(old, "zhang.san", "tech"))
        house.push(records.approve(old, "li.si", "legal"))
        house.run()
        self._batch(house)
        self.folders = (house.bare, house.publish)
        self.before = house.past()
        for folder in self.folders:
            shutil.copytree(folder, root / "kept" / folder.name)
        self.events = self._events()
        self.expected = self._comparable(house.run())
        self.reference = {item.id for item in house.past().sealed}

    @staticmethod
    def _batch(house: House) -> None:
        new = records.request(subjects=[records.subject("pkg:npm/is-odd", "vers:npm/*")])
        house.push(new)
        house.push(records.approve(new, "zhang.san", "tech"))
        house.push(records.approve(new, "li.si", "legal"))
        house.push(records.approve(new, "wang.wu", "legal"))
        house.push(records.approve(records.request(reason="never sent"), "zhang.san", "tech"))
        house.push(records.block())
        house.push_files("osgate/wrong", {"people.toml": b""})

    def _events(self) -> list[str]:
        """The events of an undisturbed run, in order, from a copy that is thrown away."""
        self.restore()
        log = self.root / "events"
        assert self._desk(Point(-1, 0), str(log)) == 0
        found = log.read_text(encoding="utf-8").splitlines()
        self.restore()
        return found

    @property
    def span(self) -> tuple[int, int]:
        """The numbers of the first write to the repository and of the last step, past the snapshot's publication."""
        first = next(n for n, event in enumerate(self.events) if "fast-import" in event)
        assert any("manifest.json" in event for event in self.events[first:] if event.startswith("os.rename"))
        return first, len(self.events) - 1

    def points(self, seed: int, count: int) -> Iterator[Point]:
        """`count` points: the first at the first write, the others spread evenly over the span with a random place in
        each part; every other one has a delay."""
        chance = random.Random(seed)
        first, last = self.span
        step = (last - first + 1) / count
        for number in range(count):
            event = first + int((number + chance.random()) * step) if number else first
            yield Point(min(event, last), chance.uniform(0.0002, LONGEST) if number % 2 else 0.0)

    def restore(self) -> None:
        """Put the house back to where the batch waits."""
        for folder in self.folders:
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(self.root / "kept" / folder.name, folder)

    def _desk(self, point: Point, log: str = "-") -> int:
        house = self.house
        where = ("--policy-repo", house.bare, "--key", house.keys / "desk", "--publish", house.publish)
        words = [str(word) for word in ("desk", *where)]
        order = {**point._asdict(), "now": house.clock.now, "log": log, "words": words}
        assert self._doomed.stdin
        assert self._doomed.stdout
        self._doomed.stdin.write(json.dumps(order) + "\n")
        self._doomed.stdin.flush()
        return int(self._doomed.stdout.readline())

    def die_at(self, point: Point) -> Outcome:
        """Kill the desk at `point` and check everything that must hold; raises AssertionError where it does not."""
        self.restore()
        house = self.house
        reader = self.root / "reader"
        shutil.rmtree(reader, ignore_errors=True)
        earlier = self._read(reader)
        code = self._desk(point)
        left = self._age_leftovers()
        assert code in (-9, 0), code
        self._nothing_lost()
        published = self._read(reader)
        assert published >= earlier
        assert self._read(self.root / "reader-from-nothing", fresh=True) == published
        sealed = house.past().serial > self.before.serial
        moment = house.clock.now
        house.clock.forward(seconds=300)
        done = house.run()
        house.clock = Clock(moment)
        assert self._comparable(done) == self.expected
        assert {item.id for item in house.past().sealed} == self.reference
        assert self._read(reader, after=400) == done.serial
        assert leftovers(house.publish) == []
        assert leftovers(house.bare) == []
        return Outcome(code == -9, sealed, published > earlier, left)

    def _age_leftovers(self) -> int:
        """Let what lies around have been left at the house's time, not at ours; returns how many files that are."""
        found = leftovers(self.house.bare)
        for name in found:
            os.utime(self.house.bare / name, (self.house.clock.seconds,) * 2)
        return len(found)

    def _nothing_lost(self) -> None:
        """Every seal and record from before is there, and the whole of it verifies, as `osgate ledger verify` does."""
        past = self.house.past()
        assert past.problems == ()
        assert list(history.check_signatures(past.sealed)) == []
        assert past.seals[: len(self.before.seals)] == self.before.seals
        assert past.sealed[: len(self.before.sealed)] == self.before.sealed

    def _read(self, folder: Path, fresh: bool = False, after: int = 0) -> int:
        """Fetch the published snapshot as an application repository does; returns its serial."""
        if fresh:
            shutil.rmtree(folder, ignore_errors=True)
        lock = Lock((str(self.house.publish),), (Key(SigningKey("desk").public),))
        clock = Clock(self.house.clock.now)
        clock.forward(seconds=after)
        found = snapshot_sync.sync(str(folder), lock, _fetch, files.write, clock.now, clock.seconds)
        snapshot_sync.recheck(str(folder), lock, clock.now)
        kept = snapshot_cache.state(str(folder))
        assert kept is not None
        snapshot = Snapshot(os.path.join(folder, str(kept["file"])))
        snapshot.close()
        assert snapshot.serial == found.serial
        return found.serial

    @staticmethod
    def _comparable(done: Run) -> tuple[object, ...]:
        """What a run leads to, without the times and serials that differ from run to run."""
        state: State = done.state
        standings = tuple((s.effect, s.component, s.range, s.request, s.persons, s.expires) for s in state.standings)
        waiting = tuple((w.component, w.request) for w in state.waiting)
        return standings, waiting, {id: r.status for id, r in state.requests.items()}, done.serial


def _fetch(address: str, name: str, etag: str, limit: int) -> tuple[bytes, str, bool]:
    answer = http.fetch(address, name, etag=etag, limit=limit, seconds=5)
    return answer.data, answer.etag, answer.unchanged
