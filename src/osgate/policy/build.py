"""From checked policy files to the records everybody else uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from osgate.model.policy import (
    SEVERITIES,
    ApprovedSource,
    Key,
    NotifyChannel,
    Person,
    Policy,
    PreApproval,
    Project,
    RuleSetting,
    Terms,
    Tier,
    Witness,
    default_outcome,
)
from osgate.model.record import record
from osgate.policy import conditions, fact_rules
from osgate.policy.shape import iso
from osgate.policy.toml_document import Document, entries, rule_files

_NO_NAMES: dict[str, str] = {}
# What a request for these kinds says, where the policy does not say otherwise (Article 6: how it is run and by whom).
_INTAKE = {"software": ("operating_model",), "cloud-service": ("operating_model",)}


@record
class ValidPolicy:
    """The policy repository's written half, checked.

    people by id; keys: the desk's own; addresses: of the snapshot; next_keys: the desk's later ones, announced. names:
    surface -> how persons are named there, one of NAMINGS; notify: how people are told.
    """

    policy: Policy
    people: dict[str, Person]
    keys: tuple[Key, ...]
    addresses: tuple[str, ...]
    next_keys: tuple[Key, ...] = ()
    names: dict[str, str] = _NO_NAMES
    notify: tuple[NotifyChannel, ...] = ()


def built(documents: Mapping[str, Document], rule_ids: Mapping[str, str]) -> ValidPolicy:
    """Return what the checked files say. rule_ids: rule id -> slug, the rules there are."""
    main = documents["osgate.toml"].values
    rules = {id: RuleSetting(id, slug, default_outcome(id)) for id, slug in rule_ids.items()}
    merged: dict[str, Any] = {}
    for document in rule_files(documents):
        for id, setting in document.values.get("rule", {}).items():
            origin = f"{document.path}:{document.line(('rule', id))}"
            rules[id] = RuleSetting(id, setting["name"], setting["outcome"], origin)
        for key, value in document.values.items():
            merged[key] = {**merged.get(key, {}), **value} if isinstance(value, dict) else value
    policy = Policy(
        institution=main["institution"],
        default_tier=main["default_tier"],
        tiers={name: _tier(name, tier) for name, tier in main["tier"].items()},
        incident_roles=tuple(main.get("incident", {}).get("roles", ())),
        rules=rules,
        projects=_project_records(documents),
        mode=merged.get("mode", "enforce-new"),
        languages=tuple(main.get("languages", ("en",))),
        approval_days=merged.get("approval", {}).get("days", 365),
        contact=main.get("contact", ""),
        waiver_days=merged.get("waiver", {}).get("days", 90),
        sources=tuple(_source_records(documents)),
        class_tiers={name: entry["tier"] for name, entry in main.get("class", {}).items()},
        governance=tuple(main.get("governance", {}).get("roles", ())),
        terms=_terms(main, merged),
        intake={**_INTAKE, **{kind: tuple(entry["needs"]) for kind, entry in merged.get("intake", {}).items()}},
        pre_approvals=tuple(_pre_approvals(documents, merged.get("licence", {}).get("categories", {}))),
        retention_years=main.get("retention", {}).get("years", 5),
        witness=_witness(main["witness"]) if "witness" in main else None,
        teams=_teams(documents["people.toml"].values.get("teams", {})),
        facts=fact_rules.built(rule_files(documents), merged),
    )
    people = {p["id"]: person(p) for p in documents["people.toml"].values.get("person", [])}
    snapshot = main["snapshot"]
    return ValidPolicy(
        policy,
        people,
        tuple(map(_key, snapshot["key"])),
        tuple(snapshot.get("addresses", ())),
        tuple(map(_key, snapshot.get("next_key", ()))),
        dict(main.get("names", {})),
        tuple(map(_channel, main.get("notify", ()))),
    )


def _terms(main: Mapping[str, Any], merged: Mapping[str, Any]) -> Terms:
    usual = Terms()
    approval, waiver, emergency = (merged.get(name, {}) for name in ("approval", "waiver", "emergency"))
    days = waiver.get("days", max(dict(usual.caps).values()))
    return Terms(
        approval.get("jitter", usual.jitter),
        approval.get("grace", usual.grace),
        tuple(sorted(approval.get("warn", usual.warn), reverse=True)),
        tuple((iso(f["from"]), iso(f["to"])) for f in main.get("calendar", {}).get("freeze", ())),
        emergency.get("hours", usual.break_glass_hours),
        emergency.get("review_days", usual.review),
        tuple((name, min(days, waiver.get(name, dict(usual.caps)[name]))) for name in SEVERITIES),
    )


def _pre_approvals(documents: Mapping[str, Document], categories: Mapping[str, str]) -> Iterator[PreApproval]:
    for document in rule_files(documents):
        for index, entry in entries(document, "pre_approval"):
            yield PreApproval(
                entry["purl"],
                entry.get("range", ""),
                iso(entry["expires"]),
                entry["reason"],
                tuple(entry.get("scope", ())),
                tuple(entry.get("environments", ())),
                tuple(entry.get("projects", ())),
                tuple(entry.get("classes", ())),
                f"{document.path}:{document.line(('pre_approval', index))}",
                conditions.built(entry, categories),
            )


def _channel(item: Mapping[str, Any]) -> NotifyChannel:
    return NotifyChannel(
        item["channel"],
        item["address"],
        item.get("secret", ""),
        item.get("from", ""),
        tuple(item.get("to", ())),
        tuple(item.get("roles", ())),
        item.get("language", "zh_CN"),
    )


def _witness(item: Mapping[str, Any]) -> Witness:
    return Witness(item["forge"], tuple(map(_key, item["key"])), tuple(item.get("tiers", ())))


def _teams(item: Mapping[str, str | list[str]]) -> dict[str, tuple[str, ...]]:
    """Role -> its teams, each once."""
    listed = {role: [named] if isinstance(named, str) else named for role, named in item.items()}
    return {role: tuple(dict.fromkeys(teams)) for role, teams in listed.items()}


def _tier(name: str, tier: Mapping[str, Any]) -> Tier:
    return Tier(
        name,
        tuple(tier["roles"]),
        tuple(tier.get("assessments", ())),
        tier.get("days", 2),
        tier.get("group", ""),
        tier.get("term", 0),
    )


def _project_records(documents: Mapping[str, Document]) -> dict[str, Project]:
    return {
        p["id"]: Project(
            p["id"],
            p.get("owner", ""),
            p.get("class", "normal"),
            tuple(p.get("environments", ())),
            p.get("distribution", ""),
            p.get("mode", ""),
            p.get("licence", ""),
        )
        for p in _project_list(documents)
    }


def _source_records(documents: Mapping[str, Document]) -> Iterator[ApprovedSource]:
    for document in rule_files(documents):
        for index, source in entries(document, "source"):
            origin = f"{document.path}:{document.line(('source', index))}"
            yield ApprovedSource(source["type"], source["address"], source.get("confirmed_by", ""), origin)


def _key(item: Mapping[str, Any]) -> Key:
    return Key(
        " ".join(item["key"].split()[:2]),
        iso(item.get("from", "")),
        iso(item.get("to", "")),
        iso(item.get("revoked", "")),
    )


def person(item: Mapping[str, Any]) -> Person:
    """Return the person that an entry of people.toml tells of. Raises KeyError, TypeError or AttributeError for an
    entry that has not the right form."""
    return Person(
        item["id"],
        item["name"],
        item.get("employee", ""),
        tuple((a["forge"], a["id"]) for a in item.get("accounts", ())),
        tuple(_key(k) for k in item.get("keys", ())),
        tuple((r["role"], iso(r.get("from", "")), iso(r.get("to", ""))) for r in item.get("roles", ())),
        iso(item.get("from", "")),
        iso(item.get("to", "")),
    )


def _project_list(documents: Mapping[str, Document]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if "projects.toml" in documents:
        found = documents["projects.toml"].values.get("project", found)
    return found
