"""What advisories say of one component version, as facts: for the store, the fence of an approval, and `explain`."""

from __future__ import annotations

from collections.abc import Iterable

from osgate.facts.osv.merge import rank
from osgate.model.fact import Advisories, Advisory, Fact, Unknown

# Facts by kind of advisory; the first two make the severity as well.
NAMES = {
    "malicious": "malicious",
    "vulnerability": "advisory",
    "unsound": "lifecycle",
    "unmaintained": "lifecycle",
    "notice": "lifecycle",
}
_GRAVE = ("malicious", "vulnerability")


def facts(purl: str, found: Advisories | Unknown, source: str, date: str) -> tuple[Fact, ...]:
    """Return `severity`, `malicious`, `advisory` and `lifecycle` facts of `purl`, as `Index.match` found them.

    Values are ids, of a lifecycle fact with its kind before it, empty where nothing is told; the severity is the worst
    of what is told, `none` where nothing is. Where there may be more than is told, severity and whatever is not told
    are Unknown. source, date: of the mirror, for answers that no advisory stands behind.
    """
    lack = found if isinstance(found, Unknown) else found.unknown
    advisories = () if isinstance(found, Unknown) else tuple(found)
    told = [Fact(purl, NAMES[one.kind], _value(one), one.source, one.date) for one in advisories]
    silent = sorted(set(NAMES.values()).difference([fact.name for fact in told]))
    nothing = [Fact(purl, name, lack or "", source, date) for name in silent]
    return (Fact(purl, "severity", lack or severity(advisories), source, date), *told, *nothing)


def _value(one: Advisory) -> str:
    return one.id if one.kind in _GRAVE else f"{one.kind} {one.id}"


def severity(found: Iterable[Advisory]) -> str:
    """Return the worst severity of what is malicious or vulnerable: `none` for nothing, `unknown` above all."""
    told = ["critical" if one.kind == "malicious" else one.severity for one in found if one.kind in _GRAVE]
    return max(told, key=rank, default="none")
