"""Curated licences of exact revisions, as ClearlyDefined publishes them (CC0): JSON lines or YAML.

A line is `[type, namespace or null, name, revision, declared licence]`, or an object with those names; a YAML file has
`coordinates` (type, namespace, name) and `revisions`, each with `licensed.declared`.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from osgate import purl as purls
from osgate.facts.imported import MAX_FACTS, Imported, Tally, answer, component, unpacked
from osgate.facts.registries.answers import is_page, licence, mapping, version_text
from osgate.licences import names
from osgate.model.fact import Fact, Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from osgate.facts.registries.answers import Value

    Row = tuple[object, object, object, object, object]

NAME = "licence"
# ClearlyDefined's types that are called otherwise in purls; the others are the same.
_TYPES = {"crate": "cargo", "go": "golang", "git": "github", "pod": "cocoapods", "sourcearchive": "maven"}
_TYPES |= {type: type for type in ("npm", "pypi", "maven", "nuget", "gem", "composer", "conda", "deb", "github")}
_NOTHING = (None, "", "-", "null")
_FIELDS = ("type", "namespace", "name", "revision", "declared")
_LINE = 10_000


def read(data: bytes, source: str, now: str) -> Imported:
    """Return a `licence` fact for each revision that is curated. now: UTC instant; curations tell no day of their own.

    Raises UsageError where the libraries of the extra `licences` are not installed.
    """
    whole = unpacked(data)
    if isinstance(whole, Unknown):
        return Imported(problem=whole)
    if is_page(whole):
        return Imported(problem=Unknown("html"))
    digest, tally, facts = answer(data).digest, Tally(), dict[str, Fact]()
    rows = _lines(whole, tally) if whole.lstrip()[:1] in (b"[", b"{") else _yaml(whole, tally)
    for row in rows:
        purl = _purl(row)
        if not purl or not isinstance(row[4], str):
            tally.add("no-purl" if not purl else "licence.empty", row[2])
            continue
        if len(facts) >= MAX_FACTS:
            return Imported(tuple(facts.values()), len(facts), now[:10], tally.told(), Unknown("too-large"))
        facts[purl] = Fact(purl, NAME, _licence(row[4]), source, now, digest)
    if not facts:
        return Imported(refused=tally.told(), problem=Unknown("malformed", (("detail", "no curation"),)))
    return Imported(tuple(facts.values()), len(facts), now[:10], tally.told())


@lru_cache(maxsize=4096)
def _licence(declared: str) -> Value:
    return licence(names.read(declared))


def _purl(row: Row) -> str:
    """The purl of a revision; empty for what names none."""
    type, namespace, name, revision, _ = row
    version = version_text(revision)
    if not isinstance(type, str) or type not in _TYPES or not isinstance(name, str) or not version:
        return ""
    inside = "" if namespace in _NOTHING or not isinstance(namespace, str) else purls.unquote(namespace)
    if _TYPES[type] == "npm" and inside:
        found = component("npm", f"{inside}/{name}")
    else:
        found = component(_TYPES[type], purls.unquote(name), inside)
    return purls.versioned(found, version) if found else ""


def _lines(data: bytes, tally: Tally) -> Iterator[Row]:
    """The rows of JSON lines."""
    for line in data.splitlines():
        if not line.strip():
            continue
        try:
            if len(line) > _LINE:
                raise ValueError
            value = json.loads(line)
        except (ValueError, RecursionError):
            tally.add("malformed", line[:100].decode("utf-8", "replace"))
            continue
        if isinstance(value, dict):
            value = [value.get(field) for field in _FIELDS]
        if isinstance(value, list) and len(value) == len(_FIELDS):
            yield (value[0], value[1], value[2], value[3], value[4])
        else:
            tally.add("malformed", line[:100].decode("utf-8", "replace"))


def _yaml(data: bytes, tally: Tally) -> Iterator[Row]:
    """The rows of a YAML file."""
    found = mapping(_loaded(data))
    about = mapping(found.get("coordinates"))
    for revision, curated in mapping(found.get("revisions")).items():
        declared = mapping(mapping(curated).get("licensed")).get("declared")
        if declared is None:
            tally.add("licence.empty", str(revision))
        else:
            yield about.get("type"), about.get("namespace"), about.get("name"), revision, declared


def _loaded(data: bytes) -> Any:
    """The value of a YAML text, its scalars as they are written (`1.10` is a version); None where it is none."""
    import yaml

    try:
        return yaml.load(data, Loader=yaml.BaseLoader)  # noqa: S506 - this loader makes texts only
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
