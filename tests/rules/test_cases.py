"""Every case in `cases/<RULE>.toml` is a test: what is introduced, what the ledger says, and which rules complain."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

import audit
from osgate.model.fact import Unknown
from osgate.model.finding import SLUGS, WARNING
from osgate.model.policy import ApprovedSource, Project
from osgate.purl import parse, versioned
from rules import making

CASES = Path(__file__).parent / "cases"
FILES = {path.stem: tomllib.loads(path.read_text("utf-8"))["case"] for path in sorted(CASES.glob("*.toml"))}
ALL = [pytest.param(rule, case, id=f"{rule}-{case['name']}") for rule, cases in FILES.items() for case in cases]
# What the words for unknown advisories name.
ABOUT = (("component", "pkg:npm/left-pad"), ("ecosystem", "npm"), ("path", "npm/all.zip"))
KEYS = {
    "name",
    "introduced",
    "problem",
    "standings",
    "waiting",
    "environments",
    "class",
    "distribution",
    "pre_approvals",
    "assessments",
    "contact",
    "sources",
    "rules",
    "params",
    "facts",
    "before",
    "advisories",
    "unadvised",
    "first_seen",
    "watched",
    "fact_policy",
    "held",
    "licence",
}


def judged(case: dict[str, Any]) -> Any:
    """Return the verdict on a case; deciding touches nothing outside."""
    assert set(case) <= KEYS, "a key that no test reads"
    items = [making.introduced(**case["introduced"])] if "introduced" in case else []
    component = parse(case["introduced"]["purl"]).component if items else ""
    said = making.view(
        [making.standing(component, **fields) for fields in case.get("standings", ())],
        tuple(making.waiting(component, **fields) for fields in case.get("waiting", ())),
    )
    told = stored(case) if {"facts", "advisories", "unadvised"} & set(case) else {}
    problems = (making.problem(**case["problem"]),) if "problem" in case else ()
    with audit.no_io():
        return making.decided(
            making.intake(items, problems=problems),
            said,
            project=Project(
                "payments/app",
                environments=tuple(case.get("environments", ())),
                class_=case.get("class", "normal"),
                distribution=case.get("distribution", ""),
                licence=case.get("licence", ""),
            ),
            policy=making.policy(
                contact=case.get("contact", ""),
                sources=tuple(ApprovedSource(**s) for s in case.get("sources", ())),
                pre_approvals=tuple(making.pre_approval(**one) for one in case.get("pre_approvals", ())),
                facts=making.fact_policy(**case.get("fact_policy", {})),
            ),
            **told,
        )


def stored(case: dict[str, Any]) -> dict[str, Any]:
    """The store of facts of a case: what is told of the version, of the one before, and of what else the file holds.

    held: other dependencies of the same manifest, each `{purl, facts, ...}`.
    """
    purl = case["introduced"]["purl"]
    now = making.facts(
        purl,
        case.get("facts", []),
        case.get("advisories", []),
        Unknown(case["unadvised"], ABOUT) if "unadvised" in case else "",
        case.get("first_seen", "2026-01-01T00:00:00Z"),
        case.get("watched", "2026-01-01T00:00:00Z"),
    )
    known = {(now.component, parse(purl).version): now}
    for version in case["introduced"].get("previous", ()):
        before = versioned(now.component, version)
        known[now.component, version] = making.facts(before, case.get("before", []))
    own = making.introduced(**case["introduced"]).dependency
    held = [own]
    for other in case.get("held", ()):
        fields = {key: value for key, value in other.items() if key != "facts"}
        made = making.introduced(**fields).dependency
        held.append(made)
        known[made.component, made.version] = making.facts(made.purl, other.get("facts", []))
    return {
        "facts": lambda dependency, version: known.get((dependency.component, version)),
        "held": lambda path: [one for one in held if one.path == path],
    }


@pytest.mark.parametrize(("rule", "case"), ALL)
def test_case(rule: str, case: dict[str, Any]) -> None:
    verdict = judged(case)
    said = {finding.rule: dict(finding.params) for finding in verdict.findings}
    assert set(said) == set(case["rules"])
    if "params" in case:
        own = {key: value for key, value in said[rule].items() if key not in ("origin", "rule_name")}
        assert own == case["params"]
    for finding in verdict.findings:
        assert finding.params["origin"].startswith("policy/base.toml:")
        assert finding.params["rule_name"] == SLUGS[finding.rule]
        assert finding.severity == ("warning" if finding.rule in WARNING else "error")
    assert verdict.outcome == ("block" if set(said) - WARNING else "warn" if said else "pass")


def test_every_rule_has_cases_that_complain_and_cases_that_do_not() -> None:
    assert set(FILES) == set(SLUGS)
    for rule, cases in FILES.items():
        speaks = {rule in case["rules"] for case in cases}
        assert speaks == {True, False}, rule
        names = [case["name"] for case in cases]
        assert len(set(names)) == len(names)
        assert any("params" in case for case in cases if rule in case["rules"]), rule
