"""What a case of the institution's own is to take as told: facts, advisories, and what the policy itself says. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.model.dependency import Dependency
from osgate.model.fact import ADVISORY_KINDS, SEVERITIES, Advisories, Advisory, Fact, Facts, Unknown
from osgate.model.fact_policy import FactPolicy
from osgate.policy.shape import Complaint, Field, iso
from osgate.purl import versioned

# Facts of one version; the others are told of the component as a whole.
OF_VERSION = (
    *("licence", "licence-declared", "licence-text", "published", "yanked", "deprecated", "install-code", "publisher"),
    *("trust", "digest", "repository", "present", "pth", "notice", "copyright", "sdist"),
)
OF_COMPONENT = (
    *("status", "latest", "released", "begun", "releases", "maintainer", "replaced-by", "cycle", "scorecard"),
    *("maintained", "archived", "rank", "looks-like"),
)
SOURCE = "case"
_TEXT = Field("text", empty=False)
_FACT: Mapping[str, Field] = {
    "name": Field("text", required=True, choices=(*OF_VERSION, *OF_COMPONENT)),
    "value": Field("text"),
    "unknown": _TEXT,
    "source": _TEXT,
    "date": Field("date"),
    "component": Field("boolean"),
}
_ADVISORY: Mapping[str, Field] = {
    "id": Field("text", required=True, empty=False),
    "severity": Field("text", choices=(*SEVERITIES, "unknown")),
    "kind": Field("text", choices=ADVISORY_KINDS),
    "fixed": Field("list", of=_TEXT),
    "before": Field("boolean"),
}
SHAPE: Mapping[str, Field] = {
    "facts": Field("list", of=Field("table", of=_FACT)),
    "before": Field("list", of=Field("table", of=_FACT)),
    "advisories": Field("list", of=Field("table", of=_ADVISORY)),
    "published": Field("date"),
    "first_seen": Field("date"),
    "previous": Field("list", of=_TEXT),
}
# A component that a case tells the first sight of was watched before.
_EVER = "1970-01-01"
_ASKED = ("facts", "before", "advisories", "published", "first_seen")


def unfit(case: Mapping[str, Any], index: int) -> Iterator[Complaint]:
    """Yield what no shape tells: a fact has either a value or the reason why it is unknown."""
    for key in ("facts", "before"):
        for at, fact in enumerate(case.get(key, ())):
            if ("value" in fact) == ("unknown" in fact):
                yield ("case", index, key, at), "value-or-unknown", {"name": fact["name"]}


def told(case: Mapping[str, Any], dependency: Dependency, version: str, policy: FactPolicy, today: str) -> Facts | None:
    """Return what is taken as told of `version` of the dependency; None where the case names no fact at all, as at a
    place without a store of facts.

    today: ISO date; the policy's own word counts until it ends.
    """
    if not any(key in case for key in _ASKED):
        return None
    component, now = dependency.component, version == dependency.version
    purl = versioned(component, version) if version else component
    said = [_fact(one, purl, component, today) for one in case.get("facts" if now else "before", ())]
    if now and "published" in case:
        said.append(Fact(purl, "published", iso(case["published"]), SOURCE, today))
    advisories = [_advisory(one, today) for one in case.get("advisories", ()) if now != one.get("before", False)]
    seen = iso(case["first_seen"]) if now and "first_seen" in case else ""
    told = (*_own(policy, (purl, component), today), *said)
    return Facts(purl, component, told, Advisories(advisories), seen, _EVER if seen else "")


def _own(policy: FactPolicy, purls: tuple[str, str], today: str) -> Iterable[Fact]:
    """What the institution itself says comes first, of the version before the component."""
    said = [one for purl in dict.fromkeys(purls) for one in policy.overrides if one.purl == purl]
    return [Fact(one.purl, one.name, one.value, f"policy {one.origin}", "") for one in said if today < one.expires]


def _fact(said: Mapping[str, Any], purl: str, component: str, today: str) -> Fact:
    of_component = said.get("component", said["name"] in OF_COMPONENT)
    value = Unknown(said["unknown"]) if "unknown" in said else said["value"]
    day = iso(said["date"]) if "date" in said else today
    return Fact(component if of_component else purl, said["name"], value, said.get("source", SOURCE), day)


def _advisory(said: Mapping[str, Any], today: str) -> Advisory:
    kind, severity = said.get("kind", "vulnerability"), said.get("severity", "unknown")
    return Advisory(said["id"], kind, severity, SOURCE, today, fixed=tuple(said.get("fixed", ())))
