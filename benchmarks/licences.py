"""What osgate makes of real licence names and licence files: a table of how many it reads, and how many rightly.

    python benchmarks/licences.py [--curated FILE.jsonl.gz] [--places FOLDER ...] [--most N] [--all]

`--curated`: ClearlyDefined's curated declarations (CC0), `[type, namespace, name, revision, expression]` a line; their
own words for another licence and for none must be unknown. `--places`: folders that are searched for Python
distributions (`*.dist-info`), npm packages (`package.json` below `node_modules`) and Maven POMs; the folders of this
interpreter without it.

Names: how many are read; what a POM's name says is held against its address, a second statement of the same licence.
Texts: whether the licence files agree with what the package declares, families counted as equal. Precision is the share
of packages whose recognised files agree, recall the share that was recognised and agrees; where they differ either side
may be wrong, so `--all` prints each difference. Nothing here is a gate: it ends with 0, or 2 with nothing to read.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import site
import sys
import time
from collections import Counter
from collections.abc import Iterator
from email.parser import HeaderParser
from pathlib import Path
from statistics import median
from typing import NamedTuple

from osgate.licences import declared, mismatch, names, text
from osgate.licences.expression import Group, Term
from osgate.model.fact import Unknown

LICENCE_FILE = re.compile(r"(?:un)?licen[sc]e|copying", re.IGNORECASE)
POM = re.compile(r"<license>.*?</license>", re.DOTALL)
POM_NAME = re.compile(r"<name>\s*(.*?)\s*</name>", re.DOTALL)
POM_URL = re.compile(r"<url>\s*(.*?)\s*</url>", re.DOTALL)
ELSE = frozenset(("OTHER", "NONE", "NOASSERTION"))


class Package(NamedTuple):
    """A package found on disk: where it comes from, its name, what it says, and its licence files."""

    kind: str
    name: str
    declared: Term | Group | Unknown
    files: tuple[Path, ...]


def python(folder: Path) -> Package | None:
    """A Python distribution."""
    try:
        head = HeaderParser().parsestr((folder / "METADATA").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None
    said = declared.python(head.get("License-Expression", ""), head.get("License", ""), head.get_all("Classifier", []))
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and LICENCE_FILE.match(path.name)]
    return Package("python", f"{head['Name']}@{head['Version']}", said, tuple(found))


def npm(manifest: Path) -> Package | None:
    """A package of npm; None for a package.json that is no package, or only a part of one."""
    try:
        found = json.loads(manifest.read_bytes())
        name, version, said = found["name"], found["version"], found.get("license", "")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    said = said.get("type", "") if isinstance(said, dict) else said
    files = [path for path in sorted(manifest.parent.iterdir()) if path.is_file() and LICENCE_FILE.match(path.name)]
    return Package("npm", f"{name}@{version}", names.read(said if isinstance(said, str) else ""), tuple(files))


def packages(places: list[Path]) -> Iterator[Package]:
    """Every package below the folders, each name and version once."""
    seen: set[tuple[str, str]] = set()
    for place in places:
        for folder, folders, files in os.walk(place):
            here = Path(folder)
            found = [python(here / name) for name in folders if name.endswith(".dist-info")]
            if "package.json" in files and "node_modules" in here.parts:
                found.append(npm(here / "package.json"))
            for package in found:
                if package is not None and (package.kind, package.name) not in seen:
                    seen.add((package.kind, package.name))
                    yield package


def curated(path: Path) -> Counter[str]:
    """How the curated declarations are read: `read`, `else` (theirs for another licence, unknown here), `missed`,
    `wrong` (not theirs in other words)."""
    counted: Counter[str] = Counter()
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        said = Counter(json.loads(line)[4] for line in lines)
    for name, times in said.items():
        found = names.read(name)
        vague = not ELSE.isdisjoint(re.findall(r"[A-Z]+", name))
        if isinstance(found, Unknown):
            outcome = "else" if vague else "missed"
        else:
            outcome = "wrong" if vague or not isinstance(names.read(str(found)), type(found)) else "read"
        counted[outcome] += times
        if outcome in ("missed", "wrong"):
            counted[f"  {outcome}: {name.strip()}"] += times
    return counted


def poms(places: list[Path], most: int) -> Iterator[tuple[str, str]]:
    """Name and address of each licence of the POMs below the folders."""
    paths = sorted({path for place in places for path in place.rglob("*.pom")})[:most]
    for path in paths:
        for block in POM.findall(path.read_text(encoding="utf-8", errors="replace")):
            name, address = POM_NAME.search(block), POM_URL.search(block)
            yield (name[1] if name else "", address[1] if address else "")


def show(title: str, counted: Counter[str], every: bool) -> None:
    """One row: what, all, each outcome with its share; then, with `every`, what was missed."""
    totals = {key: n for key, n in counted.items() if not key.startswith("  ")}
    whole = sum(totals.values())
    parts = ", ".join(f"{key} {n} ({n / whole:.1%})" for key, n in sorted(totals.items(), key=lambda kv: -kv[1]))
    print(f"{title:<28} {whole:>6}  {parts}")
    if every:
        for key, n in sorted(counted.items(), key=lambda kv: -kv[1]):
            if key.startswith("  "):
                print(f"{n:>10} {key.strip()}")


def names_of(found: list[Package]) -> Counter[str]:
    """What the packages declare, as it was read."""
    counted: Counter[str] = Counter()
    for package in found:
        said = package.declared
        if isinstance(said, Unknown):
            counted[said.reason.removeprefix("licence.")] += 1
            counted[f"  {package.name}: {dict(said.params)}"] += 1
        else:
            counted["read"] += 1
    return counted


def texts_of(found: list[Package]) -> tuple[Counter[str], list[float]]:
    """How the files and the declarations stand to each other, and the milliseconds of each file."""
    counted: Counter[str] = Counter()
    times: list[float] = []
    for package in found:
        seen = []
        for path in package.files:
            content = path.read_bytes()
            start = time.perf_counter()
            seen.append(text.recognise(content))
            times.append((time.perf_counter() - start) * 1000)
        result = mismatch.compare(package.declared, seen)
        counted[result.state] += 1
        if result.state in (mismatch.OTHER, mismatch.EXTRA, mismatch.UNRECOGNISED):
            doubt = dict(result.doubt.params) if result.doubt else ""
            line = f"{package.name}: declared {result.declared or '-'}, in its files {result.detected or '-'} {doubt}"
            counted[f"  {result.state}: {line}"] += 1
    return counted, times


def precision(counted: Counter[str]) -> str:
    """Of what was recognised and can be compared, the share that agrees; of all that can be, what was recognised."""
    agree = counted[mismatch.SAME] + counted[mismatch.PART]
    told = agree + counted[mismatch.OTHER] + counted[mismatch.EXTRA]
    able = told + counted[mismatch.UNRECOGNISED]
    return f"precision {agree / told:.1%}, recall {agree / able:.1%}" if told else "nothing to compare"


def report_poms(places: list[Path], most: int, every: bool) -> int:
    """Names of POMs against their own addresses, which are a second statement of the same licence."""
    counted: Counter[str] = Counter()
    for name, address in poms(places, most):
        by_name, by_address = names.read(name), names.read(address)
        if isinstance(by_name, Unknown):
            counted["unknown"] += 1
            counted[f"  {name!r}: {by_name.reason}"] += 1
        elif isinstance(by_address, Unknown):
            counted["read"] += 1
        elif by_name == by_address:
            counted["read, address agrees"] += 1
        else:
            counted["read, address differs"] += 1
            counted[f"  {name!r} is {by_name}, {address} is {by_address}"] += 1
    if counted:
        show("names, Maven POMs", counted, every)
    return len(counted)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--curated", type=Path)
    parser.add_argument("--places", type=Path, nargs="*", default=[Path(p) for p in site.getsitepackages()])
    parser.add_argument("--most", type=int, default=3000)
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    if options.curated:
        show("names, curated", curated(options.curated), options.all)
    found = list(packages(options.places))[: options.most]
    done = report_poms(options.places, options.most, options.all)
    for kind in ("python", "npm"):
        mine = [package for package in found if package.kind == kind]
        if not mine:
            continue
        show(f"names, {kind} metadata", names_of(mine), options.all)
        counted, times = texts_of([package for package in mine if package.files])
        if times:
            show(f"texts, {kind} packages", counted, options.all)
            spent = f"{len(times)} files, {median(times):.1f} ms each, at most {max(times):.0f}"
            print(f"{'':<28} {precision(counted)}; {spent}")
    return 0 if found or done or options.curated else 2


if __name__ == "__main__":
    sys.exit(main())
