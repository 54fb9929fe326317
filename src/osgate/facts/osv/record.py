"""One advisory record: bytes of JSON to what the index keeps of it. Pure, and bounded for whatever the bytes hold.

Source of the fields: the OSV schema, version 1.7.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, TypeGuard

from osgate.facts.osv import cvss, ecosystems
from osgate.facts.osv.ecosystems import Ecosystem
from osgate.facts.osv.order import Order
from osgate.facts.osv.spans import Span, spans
from osgate.model.fact import SEVERITIES
from osgate.model.record import record

# Deeper JSON is no advisory; counted in bytes before it is parsed, so that every Python says the same.
DEPTH = 64
# Characters of an id, and of the summary that is kept; ids that a record may be an alias of; packages of a record.
ID, SUMMARY, ALIASES, PACKAGES = 100, 200, 200, 20_000
# Every quote matches to some end, and nothing is tried twice: time is linear whatever the bytes are.
_STRING = re.compile(rb'"(?:[^"\\]+|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z\Z", re.ASCII)
# The words that databases use, as ours.
_WORDS = {word: word for word in SEVERITIES} | {"moderate": "medium", "important": "high"}
_INFORMATIONAL = ("unmaintained", "unsound", "notice")
# CWE-506, embedded malicious code: how databases without ids of their own for malware mark it.
_MALICIOUS_CWE = "CWE-506"
_orders: dict[str, Order] = {}
_MALICIOUS_CATEGORIES = frozenset({"malware", "dependency_confusion", "typosquat", "protestware", "research_poc"})


class Malformed(Exception):
    """A record that cannot be read. reason: a key of the catalogue's `unknown.record.*`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Elsewhere(Exception):
    """A record that says nothing of any package of this ecosystem."""


@record
class Placed:
    """Versions of one package that a record means. release: of a distribution, empty for any."""

    component: str
    release: str
    span: Span


@record
class Entry:
    """One record, as the index keeps it; see `Advisory` for its fields. places: none where it was withdrawn."""

    id: str
    modified: str
    kind: str
    severity: str
    score: str
    aliases: tuple[str, ...]
    summary: str
    withdrawn: bool
    places: tuple[Placed, ...]


def order_of(ecosystem: Ecosystem) -> Order:
    """Return the order of an ecosystem's versions, made once."""
    order = _orders.get(ecosystem.name)
    if order is None:
        order = _orders[ecosystem.name] = Order(ecosystem.order or ecosystem.type)
    return order


def decode(data: bytes, ecosystem: Ecosystem) -> Entry:
    """Return what the record `data` says of packages of `ecosystem`.

    Raises Malformed where it is no advisory record, Elsewhere where it speaks of other ecosystems only.
    """
    body = _json(data)
    if not isinstance(body, dict):
        raise Malformed("not-a-record")
    id, modified = body.get("id"), body.get("modified")
    if not isinstance(id, str) or not 0 < len(id) <= ID or not id.isprintable() or " " in id:
        raise Malformed("no-id")
    if not isinstance(modified, str) or not _INSTANT.match(modified):
        raise Malformed("no-time")
    affected = _affected(body, ecosystem)
    withdrawn = bool(body.get("withdrawn"))
    severity, score = _severity([body, *affected])
    return Entry(
        id,
        f"{modified[:19]}Z",
        _kind(id, body, affected),
        severity,
        score,
        _aliases(id, body.get("aliases")),
        _summary(body),
        withdrawn,
        () if withdrawn else tuple(_places(affected, ecosystem)),
    )


def _json(data: bytes) -> Any:
    if data.count(b"[") + data.count(b"{") > DEPTH and _depth(data) > DEPTH:
        raise Malformed("too-deep")
    try:
        return json.loads(data.decode())
    except (ValueError, RecursionError):
        raise Malformed("not-json") from None


def _depth(data: bytes) -> int:
    deepest = depth = 0
    for found in _BRACKETS.finditer(_STRING.sub(b"", data)):
        depth += 1 if found[0] in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _affected(body: dict[str, Any], ecosystem: Ecosystem) -> list[dict[str, Any]]:
    """What the record says of packages of one ecosystem."""
    affected = body.get("affected", [])
    if not isinstance(affected, list) or len(affected) > PACKAGES or not all(isinstance(one, dict) for one in affected):
        raise Malformed("no-packages")
    found = [one for one in affected if _ecosystem(one.get("package")) is ecosystem]
    if not found:
        raise Elsewhere
    return found


def _ecosystem(package: object) -> Ecosystem | None:
    """The ecosystem a package is said to be of; None without one, as for ranges of commits in a source repository."""
    if not isinstance(package, dict):
        return None
    name = package.get("ecosystem")
    return ecosystems.known(name) if isinstance(name, str) else None


def _places(affected: Iterable[dict[str, Any]], ecosystem: Ecosystem) -> Iterable[Placed]:
    order = order_of(ecosystem)
    for one in affected:
        package = one["package"]
        name, suffix = package.get("name"), package["ecosystem"].partition(":")[2]
        try:
            component = ecosystems.component(ecosystem, name if isinstance(name, str) else "")
        except ValueError:
            raise Malformed("no-name") from None
        release = ecosystems.release(suffix) if suffix else ""
        for span in spans(order, one.get("ranges"), one.get("versions")):
            yield Placed(component, release, span)


def _kind(id: str, body: dict[str, Any], affected: list[dict[str, Any]]) -> str:
    own = _dict(body.get("database_specific"))
    cwes = own.get("cwe_ids")
    if id.startswith("MAL-") or own.get("category") in _MALICIOUS_CATEGORIES or "malicious-packages-origins" in own:
        return "malicious"
    if isinstance(cwes, list) and _MALICIOUS_CWE in cwes:
        return "malicious"
    told = {_dict(one.get("database_specific")).get("informational") or own.get("informational") for one in affected}
    word = told.pop() if len(told) == 1 else None
    return word if word in _INFORMATIONAL else "vulnerability"


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _severity(places: Iterable[dict[str, Any]]) -> tuple[str, str]:
    """The worst severity that is told: by scores where there are any, else by a database's own word."""
    scores, words = set[int](), set[str]()
    for place in places:
        told = place.get("severity")
        vectors = [_dict(one).get("score") for one in told[:20]] if isinstance(told, list) else []
        scores |= {-1 if tenths is None else tenths for tenths in map(cvss.score, filter(_is_text, vectors))}
        for field in ("database_specific", "ecosystem_specific"):
            word = _dict(place.get(field)).get("severity")
            if _is_text(word):
                words.add(word[:20].lower())
    best = max(scores, default=-1)
    if best >= 0:
        return cvss.word(best), f"{best // 10}.{best % 10}"
    known = {_WORDS[word] for word in words if word in _WORDS}
    return max(known, key=SEVERITIES.index, default="unknown"), ""


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str)


def _aliases(id: str, told: object) -> tuple[str, ...]:
    names = told[:ALIASES] if isinstance(told, list) else []
    good = {name for name in names if isinstance(name, str) and 0 < len(name) <= ID and name.isprintable()}
    return tuple(sorted(name for name in good - {id} if " " not in name))


def _summary(body: dict[str, Any]) -> str:
    """The summary, or the beginning of the details: one line of printable characters."""
    for field in ("summary", "details"):
        text = body.get(field)
        if isinstance(text, str) and text.strip():
            line = " ".join(text[: 4 * SUMMARY].split())[:SUMMARY]
            return line if line.isprintable() else "".join([c for c in line if c.isprintable()])
    return ""
