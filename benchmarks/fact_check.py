"""What facts cost a check: 1,000 introduced components against a whole mirror of advisories and the licence rules.

`python benchmarks/fact_check.py FOLDER [COUNT]`: FOLDER is a mirror in OSV's bulk layout. The index is built cold
(told), a store gets a licence, a date and a publisher for every component, and COUNT (1,000) components of the index
are judged: gathering alone, every rule without facts, every rule with them; each beside the bare SQL look-ups of the
same names in the same index, in turn. The libraries are loaded before; what is kept from one round to the next in a
process is dropped, so every round is a check's own.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from osgate import purl as purls
from osgate.decide import Law, decide
from osgate.facts import store as stores
from osgate.facts.gather import Gathered
from osgate.facts.osv import build
from osgate.facts.osv import record as osv_records
from osgate.facts.osv.index import Index
from osgate.facts.store import Store
from osgate.model.change import Intake, Introduced
from osgate.model.decision import LedgerView
from osgate.model.dependency import Dependency
from osgate.model.fact import Fact
from osgate.model.finding import SLUGS
from osgate.model.policy import Project
from osgate.model.record import replace
from osgate.policy.default import default_policy
from osgate.required import aged

NOW, DAY, COUNT, ROUNDS, SEED = "2026-11-22T00:00:00Z", "2026-11-22", 1_000, 9, 20261122
LICENCES = ("MIT", "Apache-2.0", "BSD-3-Clause", "ISC", "MIT OR Apache-2.0", "GPL-3.0-or-later", "MPL-2.0", "0BSD")


def chosen(index: Index, count: int) -> list[Dependency]:
    """Components of the index, each in the middle of one of its spans' versions, as far as there is one."""
    draw = random.Random(SEED)
    rows = index._sql.execute("SELECT DISTINCT component FROM span ORDER BY component").fetchall()
    names = [str(row[0]) for row in draw.sample(rows, min(count, len(rows)))]
    version = [f"{draw.randint(0, 9)}.{draw.randint(0, 20)}.{draw.randint(0, 9)}" for _ in names]
    return [
        Dependency(name, v, purls.versioned(name, v), "package-lock.json", line)
        for line, (name, v) in enumerate(zip(names, version, strict=True), 1)
    ]


def filled(path: str, found: list[Dependency], *, usual: bool) -> None:
    """Make a store in which the licence of every component is told, and with `usual` six more facts of a registry."""
    stores.create(path)
    kept = Store(path, write=True)
    draw = random.Random(SEED)
    known = {"yanked": "", "deprecated": "", "install-code": "no", "present": "yes"}
    more = {"published": "2025-01-01T00:00:00Z", "publisher": "p", **known} if usual else {}
    for dependency in found:
        told = {**more, "licence": draw.choice(LICENCES)}
        facts = [Fact(dependency.purl, name, value, "packages.example.com", NOW) for name, value in told.items()]
        kept.put(facts, NOW)
    kept.close()


def median(run: Callable[[Gathered], Any], files: tuple[str, str]) -> float:
    """Seconds, the median of several rounds, each with the files opened anew before the clock starts."""
    times = []
    for _ in range(ROUNDS):
        osv_records._orders.clear()
        fresh = Gathered(Store(files[0]), Index(files[1]))
        start = time.perf_counter()
        run(fresh)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main(argv: list[str]) -> int:
    """Build, judge, print."""
    count = int(argv[1]) if len(argv) > 1 else COUNT
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "advisories.sqlite")
        start = time.process_time()
        build.sync([argv[0]], path, NOW)
        print(f"cold index: {time.process_time() - start:.1f} s of the processor")
        index = Index(path)
        found = chosen(index, count)
        few, many = ((str(Path(folder) / f"{name}.sqlite"), path) for name in ("few", "many"))
        filled(few[0], found, usual=False)
        filled(many[0], found, usual=True)
        intake = Intake(tuple(Introduced("added", one) for one in found), files=("package-lock.json",))
        policy, project = default_policy(SLUGS), Project("payments/app", distribution="internal")

        def bare(fresh: Gathered) -> None:
            assert fresh._index is not None
            sql = fresh._index._sql
            for one in found:
                sql.execute("SELECT * FROM span WHERE component = ?", (one.component,)).fetchall()

        def gathered(fresh: Gathered) -> None:
            fresh.sources(found)
            for one in found:
                fresh.of(one, one.version)

        def without(fresh: Gathered) -> Any:
            return decide(intake, Law(LedgerView({}, {}), policy, project, NOW, "enforce-new", {}))

        def judged(fresh: Gathered) -> Any:
            sources = aged(fresh.sources(found), DAY)
            law = Law(LedgerView({}, {}), policy, project, NOW, "enforce-new", {}, fresh.known, fresh.of, sources)
            return decide(intake, replace(law, held=lambda path: found))

        said = judged(Gathered(Store(many[0]), Index(many[1])))
        print(f"{len(found)} components, {len(said.findings)} findings")
        base = median(bare, few)
        print(f"{'':42}{'ms':>9}{'ratio':>8}")
        for what, run, files in (
            ("bare SQL look-ups of the same names", bare, few),
            ("every rule, without facts", without, few),
            ("advisories and licences, gathered", gathered, few),
            ("advisories and licences, every rule", judged, few),
            ("six more facts of each, gathered", gathered, many),
            ("six more facts of each, every rule", judged, many),
        ):
            took = base if run is bare else median(run, files)
            print(f"{what:42}{took * 1000:9.1f}{took / base:8.1f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
