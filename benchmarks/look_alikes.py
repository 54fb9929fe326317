"""How many malicious names look like a popular one, and how many good ones: why OSG504 warns and does not block.

    python benchmarks/look_alikes.py MIRROR --popular TYPE=FILE [--popular ...] [--top N ...] [--sample N]

MIRROR: advisories in OSV's bulk layout; the names of its malicious records are the bad ones, by source (the first part
of their ids). FILE: a list of popular names (see `popular_names.py`); its ranks above `--top` are what names are held
against, those in the middle and at the end are the good ones. A name that is bad and in the list as well is a package
that somebody took over for a while: it is neither.

Each row: of the bad and of the good names the share that is flagged, and the microseconds a name costs. Recall is the
first share; precision depends on how many of the names that come in are bad, so it is given for one bad name in a
hundred, which is more than anybody meets.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path

import popular_names
from popular_names import Names

from osgate.facts.lookalikes import Popular
from osgate.facts.osv import ecosystems

SEED = 20261122
TOPS = (500, 1_000, 2_000, 8_000)
# Ranks of good names that are well used, yet not popular.
MIDDLE = (8_000, 15_000)
BAD_SHARE = 0.01
# What the ids of malicious records begin with.
BAD = ("MAL-", "x_LWA-")


def malicious(mirror: Path, type: str) -> dict[str, set[str]]:
    """Components of malicious records, by the first part of the record's id."""
    found: dict[str, set[str]] = {}
    for archive in sorted(mirror.glob("*/all.zip")):
        ecosystem = ecosystems.known(archive.parent.name)
        if ecosystem is None or ecosystem.type != type:
            continue
        with zipfile.ZipFile(archive) as zipped:
            for name in zipped.namelist():
                if name.startswith(BAD):
                    affected = json.loads(zipped.read(name)).get("affected", ())
                    keys = {ecosystems.component(ecosystem, one["package"]["name"]) for one in affected}
                    found.setdefault(name.partition("-")[0], set()).update(keys)
    return found


def flagged(popular: Popular, names: Iterable[str]) -> tuple[int, int, float]:
    """How many of the names are flagged, how many there are, and the seconds it took."""
    names = list(names)
    start = time.perf_counter()
    hits = sum(bool(popular.near(name)) for name in names)
    return hits, len(names), time.perf_counter() - start


def share(hits: int, whole: int) -> str:
    """A share in percent, a dash of nothing."""
    return f"{hits / whole:.1%}" if whole else "-"


def table(names: Names, bad: dict[str, set[str]], tops: list[int], most: int) -> None:
    """Print the rows of one type."""
    draw = random.Random(SEED)
    listed = {*names.ranked, *names.tail}
    middle = names.ranked[MIDDLE[0] : MIDDLE[1]]
    tail = names.tail or names.ranked[MIDDLE[1] :]
    good = [draw.sample(part, min(most, len(part))) for part in (middle, tail)]
    for source, every in sorted(bad.items()):
        wanted = draw.sample(sorted(every - listed), min(most, len(every - listed)))
        for top in tops:
            if top > len(names.ranked):
                continue
            popular = Popular([(name, at) for at, name in enumerate(names.ranked, 1)], top)
            hits, whole, spent = flagged(popular, wanted)
            (mid, mids, more), (end, ends, _) = (flagged(popular, part) for part in good)
            recall, false = hits / (whole or 1), (mid + end) / ((mids + ends) or 1)
            told = BAD_SHARE * recall + (1 - BAD_SHARE) * false
            precision = f"{BAD_SHARE * recall / told:.1%}" if told else "-"
            print(
                f"{names.type:6} {source:6}{top:7}{f'{share(hits, whole)} of {whole}':>18}"
                f"{share(mid, mids):>10}{share(end, ends):>10}{precision:>11}"
                f"{(spent + more) / ((whole + mids) or 1) * 1e6:9.0f}"
            )


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mirror", type=Path)
    parser.add_argument("--popular", type=popular_names.option, action="append", required=True, metavar="TYPE=FILE")
    parser.add_argument("--top", type=int, nargs="*", default=list(TOPS))
    parser.add_argument("--sample", type=int, default=5_000)
    asked = parser.parse_args()
    print(f"{'names held against':19}{'malicious':>18}{'good, mid':>10}{'tail':>10}{'precision':>11}{'us each':>9}")
    for type, path in asked.popular:
        bad = malicious(asked.mirror, type)
        table(popular_names.read(type, path), bad, asked.top, asked.sample)
    return 0


if __name__ == "__main__":
    sys.exit(main())
