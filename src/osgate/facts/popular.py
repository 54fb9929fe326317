"""Popular names and their place: lines of `type<TAB>name<TAB>rank`, as the institution counts them or a list has them.

A line that begins with `#` is a comment; an ISO day in one is the day of the list.
"""

from __future__ import annotations

import re

from osgate.facts.imported import Imported, Tally, answer, component, unpacked
from osgate.facts.registries.answers import is_page
from osgate.model.fact import Fact, Unknown

NAME = "rank"
# Names in a file, characters of one.
_MOST, _LONGEST = 500_000, 256
_TYPE = re.compile(r"[a-z][a-z0-9.+-]{0,30}\Z", re.ASCII)
_RANK = re.compile(r"[1-9][0-9]{0,9}\Z", re.ASCII)
_DAY = re.compile(r"#.{0,80}?\b(\d{4}-\d\d-\d\d)\b", re.ASCII)


def read(data: bytes, source: str, now: str) -> Imported:
    """Return a `rank` fact for each name; of one that is listed twice the better place counts. now: UTC instant."""
    whole = unpacked(data)
    if isinstance(whole, Unknown):
        return Imported(problem=whole)
    if is_page(whole):
        return Imported(problem=Unknown("html"))
    digest, tally = answer(data).digest, Tally()
    day, ranks = "", dict[str, int]()
    for line in whole.decode("utf-8-sig", "replace").splitlines():
        if line.startswith("#"):
            found = _DAY.match(line)
            day = found[1] if found and not day and found[1] <= now[:10] else day
            continue
        if not line.strip():
            continue
        purl, rank = _row(line)
        if not purl:
            tally.add("malformed", line)
        elif purl in ranks or len(ranks) < _MOST:
            ranks[purl] = min(rank, ranks.get(purl, rank))
        else:
            tally.add("too-large", line)
    if not ranks:
        return Imported(refused=tally.told(), problem=Unknown("malformed", (("detail", "no name with a rank"),)))
    facts = [Fact(purl, NAME, str(rank), source, day or now, digest) for purl, rank in ranks.items()]
    return Imported(tuple(facts), len(facts), day or now[:10], tally.told())


def _row(line: str) -> tuple[str, int]:
    """Component and rank of a line; an empty component for a line that is none."""
    cells = line.rstrip("\r").split("\t")
    if len(cells) != 3 or not (_TYPE.match(cells[0]) and _RANK.match(cells[2])):
        return "", 0
    name = cells[1]
    if not 0 < len(name) <= _LONGEST or not name.isprintable() or name != name.strip():
        return "", 0
    return component(cells[0], name), int(cells[2])
