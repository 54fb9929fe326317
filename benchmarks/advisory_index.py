"""An index of advisories: what it costs to build and to ask, and whether it says what the records say.

`python benchmarks/advisory_index.py FOLDER [NAMES]`: FOLDER is a mirror in OSV's bulk layout. Built cold, again as it
is, and again with one record in a hundred changed. Then NAMES (1,000) names of the index are asked for, one version
each, beside the bare SQL look-ups of the same names in the same index, in turn. In the end the records themselves are
held against the index: listed versions against ranges and the reverse, and every answer against a plain reading of the
schema's own evaluation that shares no code with the index.
"""

from __future__ import annotations

import functools
import gc
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from osgate import versions
from osgate.facts.osv import build, ecosystems, record
from osgate.facts.osv.ecosystems import Ecosystem
from osgate.facts.osv.index import Index
from osgate.model.fact import Unknown

NOW = "2100-01-01T00:00:00Z"
NAMES, ROUNDS, CHANGED, PER_PACKAGE = 1_000, 9, 100, 12
SEED = 20261122
# (component, version) -> what is asked for.
Asked = list[tuple[str, str]]


def timed(what: str, run: Callable[[], Any]) -> Any:
    """Run and print seconds of the clock and of the processor."""
    wall, cpu = time.perf_counter(), time.process_time()
    done = run()
    print(f"{what:58}{time.perf_counter() - wall:9.2f}{time.process_time() - cpu:9.2f}")
    return done


def changed(source: Path, target: Path) -> int:
    """Write the mirror again with one record in a hundred changed; return how many."""
    count = touched = 0
    for archive in sorted(source.glob("*/all.zip")):
        (target / archive.parent.name).mkdir(parents=True)
        with (
            zipfile.ZipFile(archive) as old,
            zipfile.ZipFile(target / archive.parent.name / "all.zip", "w", zipfile.ZIP_DEFLATED) as new,
        ):
            for info in old.infolist():
                data, count = old.read(info), count + 1
                if count % CHANGED == 0:
                    data, touched = json.dumps(json.loads(data) | {"summary": f"changed {count}"}).encode(), touched + 1
                new.writestr(info.filename, data)
    return touched


def building(source: Path, folder: Path) -> Path:
    """Time cold, unchanged and slightly changed builds; return the index."""
    index = folder / "index.sqlite"
    print(f"{'building':58}{'wall s':>9}{'cpu s':>9}")
    done = timed("cold", lambda: build.sync([str(source)], str(index), NOW))
    print(f"  {sum(r.records for r in done.archives)} records, {index.stat().st_size / 1e6:.1f} MB")
    for read in done.archives:
        if read.problem or read.refused:
            print(f"  {read.path}: {read.problem} {read.refused}")
    timed("again, nothing changed", lambda: build.sync([str(source)], str(index), NOW))
    timed("again, every byte compared", lambda: build.sync([str(source)], str(index), NOW, thorough=True))
    mirror, second = folder / "mirror", folder / "second.sqlite"
    shutil.copytree(source, mirror)
    build.sync([str(mirror)], str(second), NOW)
    shutil.rmtree(mirror)
    touched = changed(source, mirror)
    done = timed("again, 1 % of the records changed", lambda: build.sync([str(mirror)], str(second), NOW))
    parsed = sum(read.parsed for read in done.archives)
    print(f"  changed {touched}, parsed {parsed}, forgotten {sum(read.gone for read in done.archives)}")
    return index


def records(source: Path) -> Iterator[tuple[Ecosystem, dict[str, Any]]]:
    """Every record of the mirror with its ecosystem."""
    for archive in sorted(source.glob("*/all.zip")):
        ecosystem = ecosystems.known(archive.parent.name)
        if ecosystem:
            with zipfile.ZipFile(archive) as zipped:
                for name in zipped.namelist():
                    yield ecosystem, json.loads(zipped.read(name))


def universe(source: Path) -> dict[tuple[Ecosystem, str], list[str]]:
    """Every version that any record names, by ecosystem and component."""
    found: dict[tuple[Ecosystem, str], set[str]] = {}
    for ecosystem, body in records(source):
        for one in body["affected"]:
            named = found.setdefault((ecosystem, ecosystems.component(ecosystem, one["package"]["name"])), set())
            named.update(one.get("versions", ()))
            for events in (r["events"] for r in one.get("ranges", ())):
                named.update(v for event in events for v in event.values() if v != "0")
    return {key: sorted(named) for key, named in found.items()}


def looking(index: Path, asked: Asked, what: str) -> None:
    """Time the look-ups beside bare ones, in turn; versions are parsed anew each round."""
    opened = Index(str(index))
    bare: list[float] = []
    ours: list[float] = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for component, _version in asked:
            opened._sql.execute("SELECT * FROM span WHERE component = ?", (component,)).fetchall()
        bare.append(time.perf_counter() - start)
        record._orders.clear()
        start = time.perf_counter()
        hits = sum(bool(opened.of(component, version)) for component, version in asked)
        ours.append(time.perf_counter() - start)
    ratio = statistics.median(ours) / statistics.median(bare)
    each = [statistics.median(times) / len(asked) * 1e6 for times in (bare, ours)]
    print(f"{what:42}{len(asked):7}{hits:7}{each[0]:10.1f}{each[1]:10.1f}{ratio:8.1f}")


def lookups(index: Path, known: dict[tuple[Ecosystem, str], list[str]], names: int) -> None:
    """Time look-ups of names in the index, by ecosystem, and of names that are not in it."""
    draw = random.Random(SEED)
    head = f"look-ups, warm, medians of {ROUNDS}"
    print(f"\n{head:42}{'names':>7}{'hits':>7}{'bare us':>10}{'ours us':>10}{'ratio':>8}")

    def pairs(of: list[tuple[Ecosystem, str]]) -> Asked:
        chosen = draw.sample(of, min(names, len(of)))
        return [(key[1], draw.choice(known[key] or ["1.0.0"])) for key in chosen]

    everything = sorted(known, key=lambda key: (key[0].name, key[1]))
    looking(index, pairs(everything), "names of the index, all ecosystems")
    looking(index, [(f"{c}-is-not-there", v) for c, v in pairs(everything)], "names that are not in it")
    for name in sorted({key[0].name for key in known}):
        looking(index, pairs([key for key in everything if key[0].name == name]), f"names of the index, {name}")


class Plain:
    """Some ranges as the schema evaluates them: their events in order, and the last that counts decides."""

    def __init__(self, kind: str, ranges: list[Any]) -> None:
        self._key = KEYS[kind]
        self._ranges = [
            sorted([self._event(*pair) for event in one["events"] for pair in event.items()], key=lambda e: e[:2])
            for one in ranges
            if one["type"] != "GIT"
        ]

    def _event(self, kind: str, version: str) -> tuple[Any, int, str]:
        first = kind == "introduced" and version == "0"
        turn = ("fixed", "introduced", "last_affected").index(kind)
        return ((0,) if first else (1, self._key(version))), turn, kind

    def __contains__(self, version: str) -> bool:
        return any(self._holds(events, (1, self._key(version))) for events in self._ranges)

    def _holds(self, events: list[tuple[Any, int, str]], place: Any) -> bool:
        state = False
        for at, _, kind in events:
            # Maven's keys know "less" and "equal" alone.
            if kind == "introduced" and not place < at:
                state = True
            elif (kind == "fixed" and not place < at) or (kind == "last_affected" and at < place):
                state = False
        return state


class Keys(dict[str, Callable[[str], Any]]):
    """By type, versions as osgate.versions orders them, each parsed once."""

    def __missing__(self, kind: str) -> Callable[[str], Any]:
        self[kind] = functools.cache(versions.sort_key(kind))
        return self[kind]


KEYS = Keys()


class Tally:
    """Counts of one ecosystem; see the tables' heads."""

    def __init__(self) -> None:
        self.both = self.listed = self.outside = self.inside = self.unlisted = 0
        self.asked = self.found = self.missed = self.extra = self.doubted = 0
        self.bad = self.bad_found = self.other = self.other_found = 0


def counted(index: Path, source: Path, known: dict[tuple[Ecosystem, str], list[str]]) -> dict[str, Tally]:
    """Hold listed versions against ranges, and the index against both; return the counts by ecosystem."""
    draw = random.Random(SEED)
    samples = {key: draw.sample(every, min(PER_PACKAGE, len(every))) for key, every in known.items()}
    ask = functools.cache(Index(str(index)).of)
    tallies: dict[str, Tally] = {}
    for ecosystem, body in records(source):
        tally = tallies.setdefault(ecosystem.name, Tally())
        wanted: dict[str, list[dict[str, Any]]] = {}
        for one in body["affected"]:
            component = ecosystems.component(ecosystem, one["package"]["name"])
            wanted.setdefault(component, []).append(one)
        for component, ones in wanted.items():
            sides(tally, ecosystem, ones, known[ecosystem, component])
            for version in samples[ecosystem, component]:
                answer(tally, ask, ecosystem.order or ecosystem.type, body, component, version, ones)
    return tallies


def sides(tally: Tally, ecosystem: Ecosystem, ones: list[dict[str, Any]], every: list[str]) -> None:
    """Count listed versions outside of the record's own ranges, and known versions inside that are not listed."""
    for one in ones:
        ranges, listed = one.get("ranges", []), set(one.get("versions", ()))
        if not ranges or not listed:
            continue
        kind = ecosystem.order or ecosystem.type
        plain = Plain(kind, ranges)
        within = {version for version in {*every, *listed} if version in plain}
        tally.both += 1
        tally.listed += len(listed)
        tally.outside += len(listed - within)
        tally.inside += len(within)
        tally.unlisted += len(within - listed)


def answer(
    tally: Tally,
    ask: Callable[..., Any],
    kind: str,
    body: dict[str, Any],
    component: str,
    version: str,
    ones: list[Any],
) -> None:
    """Ask the index for one version, and count what it says of this record against what the record says."""
    meant = not body.get("withdrawn") and any(
        version in one.get("versions", ()) or version in Plain(kind, one.get("ranges", [])) for one in ones
    )
    found = ask(component, version)
    named = () if isinstance(found, Unknown) else tuple(a for a in found if body["id"] in (a.id, *a.aliases))
    # Others of the same name, or joined by an alias, may mean a version that this record does not.
    alone = all(not a.aliases or set(a.aliases) <= set(body.get("aliases", ())) for a in named)
    tally.asked += 1
    tally.found += meant and bool(named)
    tally.missed += meant and not named
    tally.doubted += any(a.doubt for a in named)
    tally.extra += not meant and alone and any(a.id == body["id"] and not a.doubt for a in named)
    if record._kind(body["id"], body, body["affected"]) == "malicious":
        told = any(a.kind == "malicious" for a in named)
        tally.bad += meant
        tally.bad_found += meant and told
        tally.other += not meant
        tally.other_found += not meant and told and alone


def show(tallies: dict[str, Tally]) -> None:
    """Print the three tables."""
    heads = f"{'records':>9}{'listed':>10}{'outside':>9}{'recall':>10}{'known in':>10}{'unlisted':>10}{'precision':>11}"
    print(f"\n{'listed against ranges':21}{heads}")
    for name, t in sorted(tallies.items()):
        recall = f"{1 - t.outside / t.listed:.5f}" if t.listed else "-"
        precision = f"{1 - t.unlisted / t.inside:.5f}" if t.inside else "-"
        print(f"{name:21}{t.both:9}{t.listed:10}{t.outside:9}{recall:>10}{t.inside:10}{t.unlisted:10}{precision:>11}")
    heads = f"{'asked':>9}{'meant':>9}{'found':>9}{'missed':>9}{'extra':>8}{'in doubt':>10}"
    print(f"\n{'index against records':21}{heads}")
    for name, t in sorted(tallies.items()):
        print(f"{name:21}{t.asked:9}{t.found + t.missed:9}{t.found:9}{t.missed:9}{t.extra:8}{t.doubted:10}")
    print(f"\n{'malicious, by version':21}{'meant':>9}{'found':>9}{'other':>9}{'flagged':>9}")
    for name, t in sorted(tallies.items()):
        if t.bad or t.other:
            print(f"{name:21}{t.bad:9}{t.bad_found:9}{t.other:9}{t.other_found:9}")


def main(folder: str, names: int = NAMES) -> int:
    """Run everything over the mirror at `folder`."""
    gc.disable()  # as every command does
    source = Path(folder)
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as made:
        index = building(source, Path(made))
        known = universe(source)
        lookups(index, known, names)
        show(counted(index, source, known))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:3])))
