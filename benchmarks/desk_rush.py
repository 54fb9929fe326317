"""A rush at the desk: 64 signed decisions that arrive at once, and 1,000 in a minute, each on a branch of its own.

Eight processes push with git from clones of their own, as people and pipelines do; whoever is turned down pushes again.
In the first case the desk runs when all of them have arrived, in the second it runs over and over while they do. In the
end the ledger itself is read and counted: every decision sealed once, none refused, nothing left, every request
approved in the published snapshot, every signature good. Signing by ssh-keygen is left out: keys sign in process.
"""

from __future__ import annotations

import collections
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from osgate.intake_desk import desk
from osgate.io.git_write import Repository, init_bare
from osgate.ledger import codec, history, store_git
from osgate.ledger.snapshot_read import Snapshot
from osgate.model.policy import Key
from osgate.testing.clock import Clock
from osgate.testing.keys import SigningKey
from osgate.testing.policies import policy_files
from osgate.testing.records import approve, request, subject

PUSHERS = 8
# Decisions, waves they come in, seconds between two waves.
AT_ONCE, IN_A_MINUTE = (64, 1, 0.0), (1000, 12, 5.0)
# Requests sealed by one run before the rush.
SEALED_BEFORE = 250
TRIES = 20
Record = Mapping[str, Any]


class Office:
    """A policy repository with its desk. records: what was pushed, by id."""

    def __init__(self, root: Path) -> None:
        self.root, self.bare, self.publish = root, str(root / "policy.git"), str(root / "published")
        self.key, self.clock, self.records = SigningKey("desk"), Clock(), dict[str, Record]()
        with init_bare(self.bare) as bare:
            commit = bare.commit(dict(policy_files()), [], "policy", DESK, self.clock.now)
            bare.update_ref("refs/heads/main", commit, None)

    def run(self) -> int:
        """The desk once, a second after the last time; returns how many records it sealed."""
        self.clock.forward(seconds=1)
        with Repository(self.bare) as bare:
            key = self.key
            done = desk.run(
                bare, "refs/heads/main", self.publish, key.snapshot, key.public, self.clock.now, keeping=True
            )
        assert (done.refused, done.held) == ((), ()), done
        return len(done.sealed)

    def open_requests(self, count: int) -> list[Record]:
        """Return `count` sealed requests that wait for two approvals each."""
        made: list[Record] = [request("wang.wu", [subject(f"pkg:npm/package-{n}", "vers:npm/*")]) for n in range(count)]
        for start in range(0, count, SEALED_BEFORE):
            files = {codec.record_path(dict(r)): codec.printed(dict(r)) for r in made[start : start + SEALED_BEFORE]}
            with Repository(self.bare) as bare:
                tip = bare.resolve("main")
                commit = bare.commit(files, [tip], "requests", DESK, self.clock.now)
                bare.update_ref("refs/heads/osgate/requests", commit, None)
            assert self.run() == len(files)
        self.records.update({r["id"]: r for r in made})
        return made

    def check(self) -> None:
        """Raise AssertionError unless the ledger holds everything that was pushed, once, and says so to readers."""
        with Repository(self.bare) as bare:
            stored, left = store_git.load(bare, "refs/heads/main"), bare.refs("refs/heads/osgate/")
        past = history.read(stored.records, stored.seals, (Key(self.key.public),))
        assert [*past.problems, *history.check_signatures(past.sealed)] == []
        sealed = collections.Counter(id for seal in past.seals for id in seal.body["ids"])
        assert sealed == collections.Counter([*self.records]), "a record is lost, or sealed twice"
        assert [*left, *(refused for seal in past.seals for refused in seal.body["refused"])] == []
        with open(f"{self.publish}/manifest.json", "rb") as file:
            snapshot = Snapshot(f"{self.publish}/{json.load(file)['file']}")
        for record in self.records.values():
            for one in record.get("subjects", ()):
                (standing,) = snapshot.view([one["purl"]]).standings[one["purl"]]
                assert (standing.effect, standing.request) == ("approve", record["id"])
        snapshot.close()


DESK = ("bench", "bench@example.com")


def decisions(requests: Sequence[Record]) -> Iterator[Record]:
    """Both approvals of each request."""
    for asked in requests:
        yield approve(asked, "zhang.san", "tech")
        yield approve(asked, "li.si", "legal")


def rush(count: int, waves: int, pause: float) -> None:
    """Let `count` decisions arrive in `waves`, `pause` seconds apart, and print what it took."""
    with tempfile.TemporaryDirectory(prefix="osgate-rush-") as folder:
        office = Office(Path(folder))
        made = list(decisions(office.open_requests(count // 2)))
        office.records.update({record["id"]: record for record in made})
        pushers = [_pusher(office, number, made[number::PUSHERS], waves, pause) for number in range(PUSHERS)]
        while len(list(office.root.glob("ready-*"))) < PUSHERS:
            time.sleep(0.01)
        start = time.perf_counter()
        (office.root / "go").touch()
        runs, sealed, busy, arrived = _sealing(office, pushers, count, waves, start)
        total = time.perf_counter() - start
        again = sum(int(pusher.communicate()[0]) for pusher in pushers)
        assert [pusher.returncode for pusher in pushers] == [0] * PUSHERS
        assert sealed == count
        office.check()
        print(f"-- {count:,} decisions in {waves} wave(s): all sealed, none lost, none twice")
        print(f"pushed within {arrived:.1f} s by {PUSHERS} processes ({again} pushes tried again)")
        print(f"{runs} runs of the desk, {busy:.1f} s of work; the last was sealed and published after {total:.1f} s")
        print(f"seconds of the desk per hundred decisions: {busy / count * 100:.2f}", flush=True)


def _sealing(
    office: Office, pushers: Sequence[subprocess.Popen[str]], count: int, waves: int, start: float
) -> tuple[int, int, float, float]:
    """Run the desk until all is sealed: from the beginning, or with one wave when it has arrived.

    Returns runs, records sealed, seconds the desk worked, and seconds after which all was pushed.
    """
    runs, sealed, busy, arrived = 0, 0, 0.0, 0.0
    while sealed < count:
        over = all(pusher.poll() is not None for pusher in pushers)
        arrived = arrived or (time.perf_counter() - start if over else 0.0)
        if waves == 1 and not over:
            time.sleep(0.01)
            continue
        began = time.perf_counter()
        found = office.run()
        busy, runs, sealed = busy + time.perf_counter() - began, runs + 1, sealed + found
        assert found or not over, "the desk finds nothing more, and not all is sealed"
    return runs, sealed, busy, arrived or time.perf_counter() - start


def _pusher(office: Office, number: int, made: Sequence[Record], waves: int, pause: float) -> subprocess.Popen[str]:
    """A process that pushes `made` from a clone of its own as soon as the file `go` appears."""
    clone = str(office.root / f"clone-{number}")
    subprocess.run(["git", "clone", "--quiet", "--bare", office.bare, clone], check=True)
    stream = []
    for record in made:
        path, data = codec.record_path(dict(record)), codec.printed(dict(record))
        stream.append(
            b"commit %s\ncommitter bench <bench@example.com> 0 +0000\ndata 0\nfrom refs/heads/main^0\n"
            b"M 100644 inline %s\ndata %d\n%s\n" % (_branch(record).encode(), path.encode(), len(data), data)
        )
    subprocess.run(["git", "-C", clone, "fast-import", "--quiet"], input=b"".join(stream), check=True)
    words = [sys.executable, __file__, "push", clone, str(waves), str(pause), *map(_branch, made)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def _branch(record: Record) -> str:
    return f"refs/heads/osgate/{record['verb']}-{codec.short(record['id'])}"


def push(clone: str, waves: int, pause: float, branches: Sequence[str]) -> int:
    """Say that it is ready, wait, and push branches wave by wave; return how many pushes had to be tried again."""
    here = Path(clone)
    here.with_name(f"ready-{here.name}").touch()
    while not here.with_name("go").exists():
        time.sleep(0.005)
    start, again = time.monotonic(), 0
    for wave in range(waves):
        time.sleep(max(0.0, start + wave * pause - time.monotonic()))
        mine = branches[wave::waves]
        # Alone, each comes with a push of its own; in a minute's rush a pipeline brings several.
        for some in [[branch] for branch in mine] if waves == 1 else [mine]:
            words = ["git", "-C", clone, "push", "--quiet", "origin", *(f"{branch}:{branch}" for branch in some)]
            tries = 0
            while subprocess.run(words, stderr=subprocess.DEVNULL).returncode:
                tries += 1
                assert tries < TRIES, words
            again += tries
    return again


def main(python: str, runs: int) -> None:
    """Print how long each rush takes; an AssertionError ends it where a decision is lost or sealed twice."""
    for numbers in (AT_ONCE, IN_A_MINUTE):
        subprocess.run([python, __file__, "rush", *map(str, numbers)], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["push"]:
        print(push(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), sys.argv[5:]))
    elif sys.argv[1:2] == ["rush"]:
        rush(int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
    else:
        main(sys.executable, 1)
