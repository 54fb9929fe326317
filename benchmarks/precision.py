"""How right the facts are, on real data, in one table: advisories, licence texts, malicious lists by version.

    python benchmarks/precision.py MIRROR [--places FOLDER ...] [--most N] [--popular TYPE=FILE ...]

MIRROR: advisories in OSV's bulk layout, as `advisory_index.py` reads it. `--places`: folders with installed packages,
as `licences.py` takes them (by default those of this interpreter). `--popular`: lists of names with their newest
versions (see `popular_names.py`): packages that are there today.

Advisories: the versions that a record lists, against its own ranges (recall), and the known versions inside of the
ranges, against the list (precision). Where they differ the record contradicts itself, lists only what was released when
it was written, or lists just what its ranges leave out; so both count. Then the index, against a plain reading of every
record. Malicious: versions that a record means, and versions of the same names that it does not mean. Today's packages
whose name is on a malicious list: how many have a newest version that is meant, and how many more a gate would stop
that goes by names alone. Licence texts: against what the package declares; where they differ either may be wrong.
"""

from __future__ import annotations

import argparse
import site
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import advisory_index as advisories
import licences
import look_alikes
import popular_names
from advisory_index import Tally

from osgate.facts.osv import build, ecosystems
from osgate.facts.osv.index import Index
from osgate.licences import mismatch
from osgate.model.fact import Advisories, Unknown


class Row(NamedTuple):
    """found: rightly; missed: wrongly not; extra: wrongly found. note: in words."""

    what: str
    found: int
    missed: int
    extra: int
    note: str = ""

    def __str__(self) -> str:
        recall = f"{self.found / (self.found + self.missed):.4f}" if self.found + self.missed else "-"
        precision = f"{self.found / (self.found + self.extra):.4f}" if self.found + self.extra else "-"
        counts = f"{self.found:9}{self.missed:8}{self.extra:8}"
        return f"{self.what:44}{counts}{recall:>9}{precision:>11}  {self.note}".rstrip()


def tallies(index: Path, source: Path) -> dict[str, Tally]:
    """What the records say of themselves, and the index of them, by ecosystem."""
    return advisories.counted(index, source, advisories.universe(source))


def of_advisories(found: dict[str, Tally]) -> Iterator[Row]:
    """The rows about advisories."""
    for name, t in sorted(found.items()):
        if t.listed:
            yield Row(f"{name}: listed in own ranges", t.listed - t.outside, t.outside, 0, f"{t.both} records")
            yield Row(f"{name}: known in ranges, listed", t.inside - t.unlisted, 0, t.unlisted)
    for name, t in sorted(found.items()):
        yield Row(
            f"{name}: index against records", t.found, t.missed, t.extra, f"{t.asked} asked, {t.doubted} in doubt"
        )
    for name, t in sorted(found.items()):
        if t.bad or t.other:
            note = f"{t.other} other versions of these names"
            yield Row(f"{name}: malicious by version", t.bad_found, t.bad - t.bad_found, t.other_found, note)


def of_texts(places: list[Path], most: int) -> Iterator[Row]:
    """The rows about licence texts, of packages that declare a licence and ship a text."""
    found = list(licences.packages(places))[:most]
    for kind in ("python", "npm"):
        counted, _ = licences.texts_of([one for one in found if one.kind == kind and one.files])
        agree = counted[mismatch.SAME] + counted[mismatch.PART]
        differ = counted[mismatch.OTHER] + counted[mismatch.EXTRA]
        silent = counted[mismatch.UNRECOGNISED]
        if agree + differ + silent:
            yield Row(f"{kind}: licence text as declared", agree, silent, differ, f"{silent} not recognised: review")


def of_lists(index: Path, source: Path, lists: Iterable[tuple[str, Path]]) -> Iterator[Row]:
    """The rows about packages of today whose name is on a malicious list: which of them are stopped, and rightly."""
    opened = Index(str(index))
    for type, path in lists:
        names = popular_names.read(type, path)
        bad = {key for keys in look_alikes.malicious(source, type).values() for key in keys}
        living = bad.intersection(names.newest)
        meant = plainly(source, type, names.newest)
        told = {(key, names.newest[key]) for key in living if stops(opened.of(key, names.newest[key]))}
        note = f"{len(living)} of {len(bad)} names on the lists are there today"
        counts = len(told & meant), len(meant - told), len(told - meant)
        yield Row(f"{type}: newest version bad, by version", *counts, note)
        yield Row(f"{type}: newest version bad, by name", len(meant), 0, len(living) - len(meant))
    opened.close()


def plainly(source: Path, type: str, newest: dict[str, str]) -> set[tuple[str, str]]:
    """Component and newest version of what malicious records mean, as the records themselves say it."""
    found = set()
    for ecosystem, body in advisories.records(source):
        if ecosystem.type != type or body.get("withdrawn") or not body["id"].startswith(look_alikes.BAD):
            continue
        for one in body["affected"]:
            key = ecosystems.component(ecosystem, one["package"]["name"])
            version = newest.get(key)
            ranges = advisories.Plain(ecosystem.order or type, one.get("ranges", []))
            if version and (version in one.get("versions", ()) or version in ranges):
                found.add((key, version))
    return found


def stops(told: Advisories | Unknown) -> bool:
    """Whether an answer of the index says that a version is malicious."""
    return not isinstance(told, Unknown) and any(one.kind == "malicious" for one in told)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mirror", type=Path)
    parser.add_argument("--places", type=Path, nargs="*", default=[Path(p) for p in site.getsitepackages()])
    parser.add_argument("--most", type=int, default=3000)
    parser.add_argument("--popular", type=popular_names.option, action="append", default=[], metavar="TYPE=FILE")
    asked = parser.parse_args()
    print(f"{'':44}{'found':>9}{'missed':>8}{'extra':>8}{'recall':>9}{'precision':>11}")
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder, "index.sqlite")
        build.sync([str(asked.mirror)], str(index), advisories.NOW)
        for row in of_advisories(tallies(index, asked.mirror)):
            print(row)
        for row in of_lists(index, asked.mirror, asked.popular):
            print(row)
    for row in of_texts(asked.places, asked.most):
        print(row)
    return 0


if __name__ == "__main__":
    sys.exit(main())
