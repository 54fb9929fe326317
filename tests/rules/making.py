"""Dependencies, decisions and verdicts from a few words, for tests and for cases written as TOML."""

from __future__ import annotations

from typing import Any

from osgate.decide import Law, decide
from osgate.model.change import FileProblem, Introduced
from osgate.model.change import Intake as IntakeRecord
from osgate.model.decision import LedgerView, Post, Standing, Waiting
from osgate.model.dependency import Dependency, Source
from osgate.model.fact import Advisories, Advisory, Fact, Facts, Unknown
from osgate.model.fact_policy import DEFAULT, FactPolicy, InternalName, LicencePair, LicenceUse
from osgate.model.finding import SLUGS
from osgate.model.policy import Policy, PreApproval, Project
from osgate.model.record import replace
from osgate.model.verdict import Verdict
from osgate.policy.default import default_policy
from osgate.purl import parse, versioned

TODAY = "2026-11-21"
_TUPLES = (
    *("digests", "scopes", "environments", "projects", "classes", "rules", "persons"),
    *("parents", "via", "previous", "missing", "alternatives"),
)


def record_id(word: str) -> str:
    """A record's id made of one word of hex digits."""
    return f"sha256:{(word * 64)[:64]}"


def _tuples(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if key in _TUPLES else value for key, value in fields.items()}


def introduced(purl: str, **fields: Any) -> Introduced:
    """What a change brings in; `change`, `via` and `previous` are its own, all else is the dependency's."""
    own = {key: fields.pop(key) for key in ("change", "via", "previous") if key in fields}
    source = fields.pop("source", None)
    found = parse(purl)
    values = {"path": "package-lock.json", "line": 12, "direct": True, **_tuples(fields)}
    made = Dependency(found.component, found.version, versioned(found.component, found.version), **values)
    made = replace(made, source=Source(**source)) if source else made
    return Introduced(**{"change": "added", **_tuples(own), "dependency": made})


def standing(component: str, effect: str = "approve", **fields: Any) -> Standing:
    """A decision in force, by two persons, sealed in the spring."""
    values = {
        "range": "",
        "record": record_id("ab"),
        "request": record_id("cd"),
        "serial": 7,
        "sealed_at": "2026-04-09T10:00:00Z",
        "persons": ("zhang.san", "li.si"),
    }
    fields["fence"] = tuple(Post(*post) for post in fields.get("fence", ()))
    return Standing(effect, component, **{**values, **_tuples(fields)})


def pre_approval(purl: str, **fields: Any) -> PreApproval:
    """What the policy approves in advance, until next year."""
    values = {"range": "", "expires": "2027-11-01", "reason": "types only", "origin": "policy/base.toml:88"}
    return PreApproval(purl, **{**values, **_tuples(fields)})


def waiting(component: str, **fields: Any) -> Waiting:
    """A request that waits for its second role."""
    roles = tuple(
        (role, given, needed) for role, given, needed in fields.pop("roles", [["tech", 1, 1], ["legal", 0, 1]])
    )
    values = {
        "range": "vers:npm/*",
        "request": record_id("ef"),
        "person": "wang.wu",
        "sealed_at": "2026-11-20T08:00:00Z",
    }
    return Waiting(component, roles=roles, **{**values, **_tuples(fields)})


def view(standings: list[Standing] | tuple[Standing, ...] = (), waits: tuple[Waiting, ...] = ()) -> LedgerView:
    """What the ledger says, by component."""
    said: dict[str, tuple[Standing, ...]] = {}
    for item in standings:
        said[item.component] = (*said.get(item.component, ()), item)
    open_ones: dict[str, tuple[Waiting, ...]] = {}
    for wait in waits:
        open_ones[wait.component] = (*open_ones.get(wait.component, ()), wait)
    return LedgerView(said, open_ones)


def policy(**fields: Any) -> Policy:
    """The default policy with the places a real one has."""
    default = default_policy(SLUGS)
    rules = {
        id: replace(rule, origin=f"policy/base.toml:{8 + 4 * at}")
        for at, (id, rule) in enumerate(default.rules.items())
    }
    return replace(default, **{"rules": rules, **fields})


def facts(
    purl: str,
    told: list[dict[str, Any]],
    advisories: list[dict[str, Any]] = (),  # type: ignore[assignment]
    unadvised: str | Unknown = "",
    first_seen: str = "2026-01-01T00:00:00Z",
    watched: str = "2026-01-01T00:00:00Z",
) -> Facts:
    """What is told of a version. told: name, value or unknown, and perhaps source, date, `component = true`."""
    found = parse(purl)
    component, version = found.component, versioned(found.component, found.version)

    def made(one: dict[str, Any]) -> Fact:
        value = Unknown(one["unknown"]) if "unknown" in one else one["value"]
        of = component if one.get("component") else version
        source = one.get("source", "packages.example.com (npm)")
        return Fact(of, one["name"], value, source, one.get("date", "2026-11-20T00:00:00Z"))

    lack = Unknown(unadvised) if isinstance(unadvised, str) and unadvised else unadvised or None
    listed = Advisories([advisory(**one) for one in advisories], lack)
    return Facts(version, component, tuple(map(made, told)), listed, first_seen, watched)


def advisory(**fields: Any) -> Advisory:
    """What an advisory says."""
    values = {
        "id": "GHSA-1",
        "kind": "vulnerability",
        "severity": "high",
        "source": "npm/all.zip",
        "date": "2026-11-20",
    }
    lists = {key: tuple(fields.pop(key)) for key in ("aliases", "fixed") if key in fields}
    return Advisory(**{**values, **fields, **lists})


def fact_policy(**fields: Any) -> FactPolicy:
    """The default policy of facts with some of it otherwise."""
    records = {"internal": InternalName, "licence_pairs": LicencePair, "licence_uses": LicenceUse}
    lists = {key: tuple(made(**one) for one in fields.pop(key)) for key, made in records.items() if key in fields}
    plain = {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
    return replace(DEFAULT, **plain, **lists)


def intake(items: list[Introduced] | tuple[Introduced, ...] = (), **fields: Any) -> IntakeRecord:
    """An intake of these items."""
    return IntakeRecord(tuple(items), **fields)


def problem(path: str = "package-lock.json", reason: str = "truncated", line: int = 3, **fields: Any) -> FileProblem:
    """A manifest that cannot be taken as it stands."""
    return FileProblem(path, line, reason, **{"ambiguous": False, **fields})


def decided(found: IntakeRecord, ledger: LedgerView | None = None, **fields: Any) -> Verdict:
    """The verdict on `found`, today, enforcing, by the default policy."""
    rules = fields.pop("policy", policy())
    project = fields.pop("project", Project("payments/app"))
    today, mode = fields.pop("today", TODAY), fields.pop("mode", "enforce-new")
    known = fields.pop("view") if "view" in fields else ledger if ledger is not None else view()
    store = {name: fields.pop(name) for name in ("facts", "held", "sources", "pipeline") if name in fields}
    law = Law(known, rules, project, today, mode, fields.pop("baseline", {}), **store)
    return decide(found, law, **{"base": "HEAD", "head": "index", **fields})
