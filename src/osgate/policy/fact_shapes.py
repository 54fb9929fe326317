"""The shapes of what policy files say of facts: `[facts]`, `[[fact]]`, `[[internal]]`, `[licence]` and others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from osgate.errors import UsageError
from osgate.model.dependency import SCOPES
from osgate.model.fact import SEVERITIES
from osgate.model.fact_policy import AGES, LICENCE_CATEGORIES, LICENCE_OUTCOMES, LICENCE_VERDICTS
from osgate.policy.conditions import TRUST
from osgate.policy.shape import Field
from osgate.purl import parse

# Facts that people may say otherwise than every source does; what an advisory says is answered by a waiver.
OVERRIDABLE = (
    *("licence", "published", "yanked", "deprecated", "install-code", "publisher", "trust", "repository", "status"),
    *("replaced-by", "cycle", "present", "latest", "released"),
)
# What `osgate facts sync` reads, by kind.
SOURCE_KINDS = ("advisories", "lifecycle", "curations", "scorecard", "popular", "artefacts")
# Facts without which a policy may refuse to decide.
REQUIRABLE = ("advisories", "licence", "published", "yanked", "publisher", "trust", "install-code")


def _purl(value: str) -> tuple[str, dict[str, object]] | None:
    try:
        wanted = str(parse(value))
    except UsageError as error:
        return "not-a-purl", {"found": value[:200], "detail": error.code}
    return None if wanted == value else ("not-canonical", {"found": value[:200], "canonical": wanted})


def shapes(
    component: Callable[[str], tuple[str, dict[str, object]] | None],
    address: Callable[[str], tuple[str, dict[str, object]] | None],
) -> Mapping[str, Field]:
    """Return the tables by name. component, address: say what is wrong with a purl or its beginning, and an address."""
    names = Field("text", required=True, check=component)
    return {
        "facts": Field("table", of=_facts()),
        "fact": Field("list", of=Field("table", of=_OVERRIDE)),
        "tier_when": Field("list", of=Field("table", of={"tier": Field("text", required=True), **conditions()})),
        "internal": Field(
            "list", of=Field("table", of={"purl": names, "address": Field("text", required=True, check=address)})
        ),
        "cooldown": Field(
            "table", of={"days": Field("integer", least=0), "free": Field("list", of=Field("text", check=component))}
        ),
        "vulnerability": Field(
            "table",
            of={
                "from": Field("text", choices=SEVERITIES[1:]),
                "minor_scopes": Field("list", of=Field("text", choices=tuple(SCOPES))),
            },
        ),
        "integrity": Field("table", of={"required": Field("boolean", required=True)}),
        "lifecycle": Field(
            "table", of={"horizon": Field("integer", least=0), "unmaintained": Field("integer", least=0)}
        ),
        **_licences(names),
    }


def _licences(names: Field) -> Mapping[str, Field]:
    """The tables that speak of licences. names: a component, or the beginning of some."""
    said = Field("text", required=True, empty=False)
    reach = Field("map", of=Field("text", choices=LICENCE_OUTCOMES))
    pair = {
        "one": said,
        "other": said,
        "verdict": Field("text", required=True, choices=LICENCE_VERDICTS),
        "reason": said,
    }
    use = {
        "purl": names,
        "linked": Field("boolean"),
        "modified": Field("boolean"),
        "projects": Field("list", of=Field("text", empty=False)),
        "reason": said,
    }
    general = {
        **dict.fromkeys(("internal", "service", "external"), reach),
        "ids": reach,
        "names": Field("map", of=Field("text", empty=False)),
        "categories": Field("map", of=Field("text", choices=LICENCE_CATEGORIES)),
        "patent_review": Field("boolean"),
    }
    return {
        "licence": Field("table", of=general),
        "licence_pair": Field("list", of=Field("table", of=pair)),
        "licence_use": Field("list", of=Field("table", of=use)),
    }


def conditions() -> Mapping[str, Field]:
    """Return the keys by which an entry sets conditions on facts."""
    return {
        "licence": Field("list", of=Field("text", choices=LICENCE_CATEGORIES), empty=False),
        "severity": Field("text", choices=SEVERITIES),
        "install_code": Field("boolean"),
        "trust": Field("text", choices=TRUST),
    }


def _facts() -> Mapping[str, Field]:
    source = {
        "kind": Field("text", required=True, choices=SOURCE_KINDS),
        "address": Field("text", required=True, empty=False),
    }
    return {
        "must": Field("list", of=Field("text", empty=False)),
        "require": Field("list", of=Field("text", choices=REQUIRABLE)),
        "max_age": Field("table", of={kind: Field("integer", least=1) for kind in AGES}),
        "source": Field("list", of=Field("table", of=source)),
    }


_OVERRIDE: Mapping[str, Any] = {
    "purl": Field("text", required=True, check=_purl),
    "name": Field("text", required=True, choices=OVERRIDABLE),
    "value": Field("text", required=True),
    "reason": Field("text", required=True, empty=False),
    "expires": Field("date", required=True),
}
