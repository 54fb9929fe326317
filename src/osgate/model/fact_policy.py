"""What the policy says of facts: thresholds, licences, internal names, and the institution's own word."""

from __future__ import annotations

from osgate.model.record import record

# What a category of licence meets in one way of use: it may come in, people look at it first, it may not.
ALLOW, REVIEW, DENY = "allow", "review", "deny"
LICENCE_OUTCOMES = (ALLOW, REVIEW, DENY)
# Kinds of facts whose age counts, and the days after which they are stale.
AGES = {"advisories": 7, "registry": 30, "lifecycle": 90}


@record
class InternalName:
    """Names that belong to the institution. purl: a component, or the beginning of some with a `*` at its end.

    address: the only place they may come from. origin: policy file and line.
    """

    purl: str
    address: str
    origin: str = ""


@record
class Override:
    """The institution's own word on one fact. purl: canonical, with or without version. expires: ISO date, the first
    day it counts no more. origin: policy file and line."""

    purl: str
    name: str
    value: str
    reason: str
    expires: str
    origin: str = ""


@record
class LicenceUse:
    """How components are used, where it is not the usual way: linked, unmodified. purl: as in InternalName.

    projects: if any, the only ones meant.
    """

    purl: str
    linked: bool = True
    modified: bool = False
    projects: tuple[str, ...] = ()
    reason: str = ""
    origin: str = ""


@record
class LicencePair:
    """The institution's verdict on two licences: `ok`, `depends`, `unknown` or `conflict`."""

    one: str
    other: str
    verdict: str
    reason: str = ""
    origin: str = ""


@record
class TierWhen:
    """Which tier decides on what facts tell so. when: as in `policy.conditions`. origin: policy file and line."""

    tier: str
    when: tuple[tuple[str, tuple[str, ...]], ...]
    origin: str = ""


# Reach -> category -> outcome, as design section 7 has it: permissive in, weak copyleft looked at, the rest denied
# where it binds; what nobody knows is never let through.
LICENCES: dict[str, dict[str, str]] = {
    "internal": {
        "public-domain": ALLOW,
        "permissive": ALLOW,
        "weak-copyleft": ALLOW,
        "strong-copyleft": REVIEW,
        "network-copyleft": REVIEW,
        "source-available": DENY,
        "proprietary": REVIEW,
    },
    "service": {
        "public-domain": ALLOW,
        "permissive": ALLOW,
        "weak-copyleft": REVIEW,
        "strong-copyleft": REVIEW,
        "network-copyleft": DENY,
        "source-available": DENY,
        "proprietary": REVIEW,
    },
    "external": {
        "public-domain": ALLOW,
        "permissive": ALLOW,
        "weak-copyleft": REVIEW,
        "strong-copyleft": DENY,
        "network-copyleft": DENY,
        "source-available": DENY,
        "proprietary": REVIEW,
    },
}
_NO_WORDS: dict[str, str] = {}
# Categories that a policy can speak of, and verdicts on two licences (`osgate.licences` says what they mean).
LICENCE_CATEGORIES = tuple(LICENCES["internal"])
LICENCE_VERDICTS = ("ok", "depends", "unknown", "conflict")


@record
class FactPolicy:
    """The rules' thresholds and the institution's own data.

    cooldown: days that must have passed since a version was published or first seen; cooldown_free: purls, or their
    beginnings with a `*`, for which none need to. vulnerable_from: least severity that blocks; minor_scopes: scopes in
    which a vulnerability counts as minor. horizon: days before an end of life that it is told. unmaintained: days
    without a release, 0 for never. ages: kind of source -> days after which it is stale. must: rules that a pipeline
    has to evaluate; require: facts without which nothing is decided (`advisories`, or a fact's name). internal: names
    of the institution's own. licences: reach -> category -> outcome; licence_ids: SPDX id -> outcome, before the
    category's; licence_names: a name or id of the institution's own -> SPDX expression; licence_categories: id ->
    category. patent_review: a licence without a patent grant is looked at by people. sources: (kind, address) for
    `osgate facts sync`. integrity: every locked dependency of a registry must have a digest.
    tiers: the tiers that facts choose, the first that fits counts.
    """

    cooldown: int = 7
    cooldown_free: tuple[str, ...] = ()
    vulnerable_from: str = "high"
    minor_scopes: tuple[str, ...] = ()
    horizon: int = 90
    unmaintained: int = 1095
    ages: dict[str, int] = AGES
    must: tuple[str, ...] = ()
    require: tuple[str, ...] = ()
    internal: tuple[InternalName, ...] = ()
    overrides: tuple[Override, ...] = ()
    licences: dict[str, dict[str, str]] = LICENCES
    licence_ids: dict[str, str] = _NO_WORDS
    licence_names: dict[str, str] = _NO_WORDS
    licence_categories: dict[str, str] = _NO_WORDS
    licence_pairs: tuple[LicencePair, ...] = ()
    licence_uses: tuple[LicenceUse, ...] = ()
    patent_review: bool = False
    sources: tuple[tuple[str, str], ...] = ()
    integrity: bool = False
    tiers: tuple[TierWhen, ...] = ()


DEFAULT = FactPolicy()
