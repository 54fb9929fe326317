"""End of life: what endoflife.date tells of release cycles (MIT), as facts; `versions.cycles` says what they mean.

A file is a list of products with `id`, `identifiers` (purls among them) and `releases`, or the answer of that site's
API, version 1 (`{"result": [{"name", "identifiers": [{"id"}], "releases": [{"name", "eolFrom", ...}]}]}`).
"""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

from osgate import purl as purls
from osgate.errors import UsageError
from osgate.facts.imported import MAX_FACTS, Imported, Tally, answer
from osgate.facts.registries.answers import json_in, line, listing, mapping
from osgate.model.fact import Fact, Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    # An ISO day, whether or not without saying when, or nobody knows.
    When = str | bool | None

NAME = "cycle"
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)
_TRUTH = {"true": True, "false": False, True: True, False: False}
# Characters of a product's or cycle's name, cycles of a product.
_LONGEST, _CYCLES = 100, 1_000
# What each is called in the files and, as day and as truth, in the API.
_FIELDS = {
    "eol": ("eol", "eolFrom", "isEol"),
    "support": ("eoas", "support", "eoasFrom", "isEoas"),
    "lts": ("lts", "ltsFrom", "isLts"),
    "extended": ("eoes", "extendedSupport", "eoesFrom", "isEoes"),
}


def read(data: bytes, source: str, now: str) -> Imported:
    """Return `cycle` facts, one a cycle, of every component that a product names. now: UTC instant."""
    found, tally = answer(data), Tally()
    value = json_in(found)
    if isinstance(value, Unknown):
        return Imported(problem=value)
    products = value.get("result") if isinstance(value, dict) else value
    if not isinstance(products, list):
        return Imported(problem=Unknown("malformed", (("detail", "no list of products"),)))
    newest = max((day for product in products for day in _days(mapping(product)) if day <= now[:10]), default="")
    facts: list[Fact] = []
    records = 0
    for product in products:
        cycles = list(_cycles(mapping(product), tally))
        components = list(_components(mapping(product), tally))
        records += bool(cycles and components)
        if len(facts) + len(cycles) * len(components) > MAX_FACTS:
            return Imported(tuple(facts), records, newest, tally.told(), Unknown("too-large"))
        facts += [
            Fact(one, NAME, cycle, source, newest or now[:10], found.digest) for one in components for cycle in cycles
        ]
    return Imported(tuple(facts), records, newest, tally.told())


def _components(product: dict[str, Any], tally: Tally) -> Iterator[str]:
    """The components that a product names, each once; identifiers of other kinds are passed over."""
    seen = set()
    for one in listing(product.get("identifiers"), _CYCLES):
        text = mapping(one).get("id") if isinstance(one, dict) else one
        if not isinstance(text, str) or not text.startswith("pkg:"):
            continue
        try:
            component = purls.parse(text[: 10 * _LONGEST]).component
        except UsageError:
            tally.add("no-purl", text)
            continue
        if component not in seen:
            seen.add(component)
            yield component


def _cycles(product: dict[str, Any], tally: Tally) -> Iterator[str]:
    """The cycles of a product, as values of facts."""
    name = line(product.get("id") or product.get("name"), _LONGEST)
    releases = product.get("releases")
    if not name or not isinstance(releases, list):
        tally.add("no-cycles", name or product)
        return
    for release in releases[:_CYCLES]:
        found = mapping(release)
        cycle = line(found.get("releaseCycle") or found.get("name"), _LONGEST)
        if cycle:
            ends = {field: _when(found, names) for field, names in _FIELDS.items()}
            yield json.dumps({"product": name, "cycle": cycle, **ends}, ensure_ascii=False)
        else:
            tally.add("no-cycles", name)


def _when(release: dict[str, Any], names: tuple[str, ...]) -> When:
    """The first of the fields that says something."""
    for name in names:
        value = release.get(name)
        if isinstance(value, str) and _is_day(value):
            return value
        if isinstance(value, (str, bool)) and value in _TRUTH:
            return _TRUTH[value]
    return None


def _is_day(text: str) -> bool:
    if not _DAY.match(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _days(product: dict[str, Any]) -> Iterator[str]:
    """The days of releases that a product tells."""
    for release in listing(product.get("releases"), _CYCLES):
        found = mapping(release)
        for day in (found.get("latestReleaseDate"), found.get("releaseDate"), mapping(found.get("latest")).get("date")):
            if isinstance(day, str) and _is_day(day):
                yield day
