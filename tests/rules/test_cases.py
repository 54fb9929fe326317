"""Every case in `cases/<RULE>.toml` is a test: what is introduced, what the ledger says, and which rules complain."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

import audit
from osgate.model.finding import SLUGS, WARNING
from osgate.model.policy import ApprovedSource, Project
from osgate.purl import parse
from rules import making

CASES = Path(__file__).parent / "cases"
FILES = {path.stem: tomllib.loads(path.read_text("utf-8"))["case"] for path in sorted(CASES.glob("*.toml"))}
ALL = [pytest.param(rule, case, id=f"{rule}-{case['name']}") for rule, cases in FILES.items() for case in cases]
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
            ),
            policy=making.policy(
                contact=case.get("contact", ""),
                sources=tuple(ApprovedSource(**s) for s in case.get("sources", ())),
                pre_approvals=tuple(making.pre_approval(**one) for one in case.get("pre_approvals", ())),
            ),
        )


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
