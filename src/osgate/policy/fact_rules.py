"""From checked policy files to what they say of facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.model.fact_policy import (
    AGES,
    DEFAULT,
    LICENCES,
    FactPolicy,
    InternalName,
    LicencePair,
    LicenceUse,
    Override,
    TierWhen,
)
from osgate.policy import conditions
from osgate.policy.shape import iso
from osgate.policy.toml_document import Document, entries


def built(documents: Iterable[Document], merged: Mapping[str, Any]) -> FactPolicy:
    """Return what the rule files say. merged: their tables by name, joined over all files."""
    found = list(documents)
    licence, facts = merged.get("licence", {}), merged.get("facts", {})
    cooldown, life, harm = (merged.get(name, {}) for name in ("cooldown", "lifecycle", "vulnerability"))
    return FactPolicy(
        cooldown=cooldown.get("days", DEFAULT.cooldown),
        cooldown_free=tuple(cooldown.get("free", ())),
        vulnerable_from=harm.get("from", DEFAULT.vulnerable_from),
        minor_scopes=tuple(harm.get("minor_scopes", ())),
        horizon=life.get("horizon", DEFAULT.horizon),
        unmaintained=life.get("unmaintained", DEFAULT.unmaintained),
        ages={**AGES, **facts.get("max_age", {})},
        must=tuple(facts.get("must", ())),
        require=tuple(facts.get("require", ())),
        internal=tuple(InternalName(e["purl"], e["address"], origin) for e, origin in _each(found, "internal")),
        overrides=tuple(
            Override(e["purl"], e["name"], e["value"], e["reason"], iso(e["expires"]), origin)
            for e, origin in _each(found, "fact")
        ),
        licences={reach: {**usual, **licence.get(reach, {})} for reach, usual in LICENCES.items()},
        licence_ids=dict(licence.get("ids", {})),
        licence_names=dict(licence.get("names", {})),
        licence_categories=dict(licence.get("categories", {})),
        licence_pairs=tuple(
            LicencePair(e["one"], e["other"], e["verdict"], e["reason"], origin)
            for e, origin in _each(found, "licence_pair")
        ),
        licence_uses=tuple(
            LicenceUse(
                e["purl"], e.get("linked", True), e.get("modified", False), tuple(e.get("projects", ())), e["reason"], o
            )
            for e, o in _each(found, "licence_use")
        ),
        tiers=tuple(
            TierWhen(e["tier"], conditions.built(e, licence.get("categories", {})), origin)
            for e, origin in _each(found, "tier_when")
        ),
        integrity=merged.get("integrity", {}).get("required", False),
        patent_review=licence.get("patent_review", False),
        sources=tuple((one["kind"], one["address"]) for one in facts.get("source", ())),
    )


def _each(documents: Iterable[Document], key: str) -> Iterator[tuple[Any, str]]:
    """Every entry of a list, with the policy file and line it stands in."""
    for document in documents:
        for index, entry in entries(document, key):
            yield entry, f"{document.path}:{document.line((key, index))}"
