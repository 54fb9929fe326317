"""The policy as the snapshot carries it: plain JSON values, read back without any TOML or shape checking."""

from __future__ import annotations

from osgate.model.fact_policy import DEFAULT
from osgate.model.policy import ApprovedSource, Policy, PreApproval, Project, RuleSetting, Terms, Tier

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from osgate.model.fact_policy import FactPolicy

_TERMS = ("jitter", "grace", "warn", "freeze", "break_glass_hours", "review", "caps")
_PRE = ("purl", "range", "expires", "reason", "scopes", "environments", "projects", "classes", "origin", "when")


def to_json(policy: Policy) -> dict[str, Any]:
    """Return `policy` as JSON values; `from_json` gives an equal policy back, but for projects, witness and teams.

    Names of persons are not part of it; who may witness, and who is asked about, is the desk's to know.
    """
    return {
        "institution": policy.institution,
        "default_tier": policy.default_tier,
        "tiers": {n: [list(t.roles), list(t.assessments), t.days, t.group, t.term] for n, t in policy.tiers.items()},
        "incident_roles": list(policy.incident_roles),
        "rules": {r.id: [r.name, r.outcome, r.origin] for r in policy.rules.values()},
        "mode": policy.mode,
        "languages": list(policy.languages),
        "approval_days": policy.approval_days,
        "contact": policy.contact,
        "waiver_days": policy.waiver_days,
        "sources": [[s.type, s.address, s.confirmed_by, s.origin] for s in policy.sources],
        "class_tiers": dict(policy.class_tiers),
        "governance": list(policy.governance),
        "terms": [getattr(policy.terms, name) for name in _TERMS],
        "intake": {kind: list(fields) for kind, fields in policy.intake.items()},
        "pre_approvals": [[getattr(one, name) for name in _PRE] for one in policy.pre_approvals],
        "retention_years": policy.retention_years,
        **_facts(policy),
    }


def project_to_json(project: Project) -> list[Any]:
    """Return `project` as JSON values; they are kept apart from the policy, because there may be thousands."""
    own = [project.owner, project.class_, list(project.environments), project.distribution, project.mode]
    return [*own, project.licence] if project.licence else own


def project_from_json(id: str, data: list[Any]) -> Project:
    """Return the project that `project_to_json` wrote."""
    return Project(id, data[0], data[1], tuple(data[2]), *data[3:6])


def from_json(data: dict[str, Any], projects: dict[str, Project]) -> Policy:
    """Return the policy that `to_json` wrote, with the projects that were looked up beside it."""
    return Policy(
        institution=data["institution"],
        default_tier=data["default_tier"],
        tiers={n: Tier(n, tuple(t[0]), tuple(t[1]), *t[2:]) for n, t in data["tiers"].items()},
        incident_roles=tuple(data["incident_roles"]),
        rules={id: RuleSetting(id, r[0], r[1], r[2]) for id, r in data["rules"].items()},
        projects=projects,
        mode=data["mode"],
        languages=tuple(data["languages"]),
        approval_days=data["approval_days"],
        contact=data["contact"],
        waiver_days=data["waiver_days"],
        sources=tuple([ApprovedSource(*source) for source in data["sources"]]),
        class_tiers=data["class_tiers"],
        governance=tuple(data["governance"]),
        terms=Terms(*[_frozen(value) for value in data["terms"]]),
        intake={kind: tuple(fields) for kind, fields in data["intake"].items()},
        pre_approvals=tuple([PreApproval(*[_frozen(value) for value in one]) for one in data["pre_approvals"]]),
        retention_years=data["retention_years"],
        facts=_read_facts(data["facts"]) if "facts" in data else DEFAULT,
    )


def _facts(policy: Policy) -> dict[str, Any]:
    if policy.facts == DEFAULT:
        return {}
    from osgate.policy import compiled_facts

    return {"facts": compiled_facts.to_json(policy.facts)}


def _read_facts(data: dict[str, Any]) -> FactPolicy:
    from osgate.policy import compiled_facts

    return compiled_facts.from_json(data)


def _frozen(value: Any) -> Any:
    return tuple([_frozen(item) for item in value]) if isinstance(value, list) else value
