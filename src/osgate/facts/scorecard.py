"""Results of OpenSSF Scorecard, made elsewhere by `scorecard --format json`: one or many in a file, line by line.

They are told of the source repository (`pkg:github/owner/name`), and of every purl among a result's `metadata`.
"""

from __future__ import annotations

import json
import re
from typing import Any

from osgate import purl as purls
from osgate.errors import UsageError
from osgate.facts.imported import Imported, Tally, answer, component, unpacked
from osgate.facts.registries.answers import NOT_SERVED, Answer, instant, json_in, listing, mapping
from osgate.model.fact import Fact, Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from osgate.facts.registries.answers import Value

# Hosts of source code that have a purl type of their own.
_HOSTS = {"github.com": "github", "gitlab.com": "gitlab", "bitbucket.org": "bitbucket"}
_ARCHIVED = re.compile(r"\barchived\b", re.I)
_LARGEST, _CHECKS, _METADATA = 4 << 20, 200, 50


def read(data: bytes, source: str, now: str) -> Imported:
    """Return the facts `scorecard`, `maintained` and `status` (`archived`, or `""`) of each result. now: UTC instant.

    A check that came to no result (-1) is Unknown("not-served").
    """
    whole = unpacked(data)
    if isinstance(whole, Unknown):
        return Imported(problem=whole)
    found, tally, facts = answer(data), Tally(), dict[tuple[str, str], Fact]()
    days, records = [], 0
    for result in _results(Answer(whole, found.digest), tally):
        components = list(_components(result, tally))
        day = _day(result.get("date"), now)
        records += bool(components)
        days += [day] if components else []
        for one in components:
            for name, value in _told(result):
                fact = Fact(one, name, value, source, day, found.digest)
                if (one, name) not in facts or facts[one, name].date <= day:
                    facts[one, name] = fact
    if not records:
        return Imported(refused=tally.told(), problem=Unknown("malformed", (("detail", "no result of Scorecard"),)))
    return Imported(tuple(facts.values()), records, max(days)[:10], tally.told())


def _results(found: Answer, tally: Tally) -> Iterator[dict[str, Any]]:
    """The results in a file: one JSON value, or one a line."""
    value = json_in(found)
    if isinstance(value, Unknown):
        lines = [line for line in found.data.splitlines() if line.strip()]
        values = [json_in(Answer(line, "")) if len(line) <= _LARGEST else Unknown("too-large") for line in lines]
    else:
        values = value if isinstance(value, list) else [value]
    for one in values:
        if isinstance(one, dict) and "score" in one:
            yield one
        else:
            reason = one.reason if isinstance(one, Unknown) else "malformed"
            tally.add(reason, json.dumps(one)[:100] if isinstance(one, dict) else "")


def _components(result: dict[str, Any], tally: Tally) -> Iterator[str]:
    repository = mapping(result.get("repo")).get("name")
    text = repository if isinstance(repository, str) and len(repository) < 1_000 else ""
    host, _, path = text.removeprefix("https://").partition("/")
    name = path.strip("/").removesuffix(".git")
    found = component(_HOSTS[host], name) if host in _HOSTS and "/" in name else ""
    own = [found] if found else []
    for one in listing(result.get("metadata"), _METADATA):
        if isinstance(one, str) and one.startswith("pkg:") and len(one) < 1_000:
            try:
                own.append(purls.parse(one).component)
            except UsageError:
                tally.add("no-purl", one)
    if not own:
        tally.add("no-purl", repository)
    yield from dict.fromkeys(own)


def _told(result: dict[str, Any]) -> Iterator[tuple[str, Value]]:
    """Name and value of each fact of a result."""
    score = result["score"]
    yield "scorecard", f"{score:.1f}" if _is_score(score) else NOT_SERVED
    checks = [mapping(check) for check in listing(result.get("checks"), _CHECKS)]
    check = next((check for check in checks if check.get("name") == "Maintained"), {})
    maintained, reason = check.get("score"), check.get("reason")
    whole = isinstance(maintained, int) and _is_score(maintained)
    yield "maintained", str(maintained) if whole else NOT_SERVED
    archived = isinstance(reason, str) and _ARCHIVED.search(reason[:1_000])
    if check:
        yield "status", "archived" if archived and maintained == 0 else ""


def _is_score(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 10


def _day(value: object, now: str) -> str:
    """When a result was made: a day or an instant, no later than now."""
    text = value[:40] if isinstance(value, str) else ""
    found = instant(text) or (text if instant(f"{text}T00:00:00Z") else "")
    return found if found and found <= now else now
