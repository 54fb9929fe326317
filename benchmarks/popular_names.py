"""Lists of popular names, as those who measure have them: what `look_alikes.py` and `precision.py` read.

A list is a file of tab-separated lines. The first names the columns: `name`; one that begins with `rank` (1 is the most
popular) or with `downloads` (more is more); and, if there is one, `version` (the newest). Names without a rank or
downloads are the tail: known, and hardly used. Lists are not osgate's, so none is kept here.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

from osgate.purl import component


class Names(NamedTuple):
    """The names of one type. ranked: components, the most popular first. tail: the others. newest: component ->
    version."""

    type: str
    ranked: list[str]
    tail: list[str]
    newest: dict[str, str]


def option(text: str) -> tuple[str, Path]:
    """Read `TYPE=FILE` of the command line."""
    type, mark, path = text.partition("=")
    if not (type and mark and path):
        raise argparse.ArgumentTypeError("expected TYPE=FILE, as in npm=names.tsv")
    return type, Path(path)


def read(type: str, path: Path) -> Names:
    """Return the names that a list holds. Raises SystemExit where a column is missing."""
    ranked: list[tuple[int, str]] = []
    tail: list[str] = []
    newest: dict[str, str] = {}
    with path.open(encoding="utf-8", errors="replace") as lines:
        heads = next(lines, "").rstrip("\n").split("\t")
        by = next((at for at, head in enumerate(heads) if head.startswith(("rank", "downloads"))), None)
        if "name" not in heads or by is None:
            raise SystemExit(f"{path}: no column `name`, or none that begins with `rank` or `downloads`")
        name, version = heads.index("name"), heads.index("version") if "version" in heads else None
        sign = 1 if heads[by].startswith("rank") else -1
        for line in lines:
            fields = line.rstrip("\n").split("\t")
            if len(fields) <= max(name, by) or not fields[name]:
                continue
            key = component(type, fields[name])
            if fields[by].isdecimal():
                ranked.append((sign * int(fields[by]), key))
            else:
                tail.append(key)
            if version is not None and fields[version]:
                newest[key] = fields[version]
    return Names(type, [key for _, key in sorted(ranked)], tail, newest)
