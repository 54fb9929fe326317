"""The rules of security on what cases in TOML do not reach: hostile values, what is cut, what could not be asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.decide import Law, _case
from osgate.model.fact import SEVERITIES, Facts, Unknown
from osgate.model.gap import Gap
from osgate.model.policy import Project
from osgate.model.record import replace
from osgate.required import blind
from osgate.rules import (
    install_code_new,
    malicious,
    publisher_changed,
    trust_dropped,
    unknown_name,
    version_jump,
    vulnerable,
    vulnerable_minor,
)
from osgate.rules.case import Case
from osgate.rules.told import LONGEST, MOST, NAMED
from rules import making

RULES = (
    *(vulnerable, vulnerable_minor, malicious, unknown_name),
    *(install_code_new, publisher_changed, trust_dropped, version_jump),
)
NAMES = ("present", "status", "install-code", "pth", "publisher", "trust", "releases", "latest", "published")


def case(
    purl: str = "pkg:npm/left-pad@1.3.1", facts: Facts | None = None, before: Facts | None = None, **more: Any
) -> Case:
    """A case of an update of left-pad, approved by nobody. version: of the dependency, where no purl could hold it."""
    version = more.pop("version", None)
    item = making.introduced(purl, **{"change": "upgraded", "previous": ["1.3.0"], **more})
    if version is not None:
        item = replace(item, dependency=replace(item.dependency, version=version))
    law = Law(making.view(), making.policy(), Project("x"), "2026-11-21T08:00:00Z", "enforce-new", {})
    asked = iter((facts, before))
    return _case(item, replace(law, facts=lambda dependency, version: next(asked)))


def facts(*told: dict[str, Any], purl: str = "pkg:npm/left-pad@1.3.1", **more: Any) -> Facts:
    return making.facts(purl, list(told), **more)


def test_without_facts_no_rule_says_anything() -> None:
    assert [rule.check(case()) for rule in RULES] == [None] * len(RULES)


TEXTS = st.one_of(
    st.text(), st.sampled_from(["yes", "no", "quarantined", "attested", "none", "1.0.0", "9" * 5000, "\0", "٣" * 40])
)
TOLD = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from(NAMES), "value": TEXTS, "component": st.booleans(), "source": TEXTS})
)


@settings(max_examples=80)
@given(TOLD, TOLD, TEXTS, TEXTS)
def test_any_value_is_answered_with_words_or_silence(now: list[Any], before: list[Any], version: str, old: str) -> None:
    shown = case(facts=facts(*now), before=facts(*before), version=version, previous=[old])
    for rule in RULES:
        said = rule.check(shown)
        assert said is None or {"fact", "value", "source", "date"} <= set(said)


def test_what_is_not_known_is_no_finding_of_any_rule() -> None:
    unknown = facts(*({"name": name, "unknown": "timeout"} for name in NAMES), unadvised="no-archive")
    assert [rule.check(case(facts=unknown, before=unknown)) for rule in RULES] == [None] * len(RULES)


def test_of_many_advisories_the_gravest_are_told_and_all_are_counted() -> None:
    usual = {"summary": "x" * 5000, "aliases": [f"A-{n}" for n in range(99)]}
    many = [{"id": f"GHSA-{n:02}", "severity": SEVERITIES[1 + n % 4], **usual} for n in range(40)]
    said = vulnerable.check(case(facts=facts(advisories=many)))
    assert said is not None
    told: Any = said["advisories"]
    assert (said["count"], len(told), said["worst"]) == (40, MOST, "critical")
    assert {one["severity"] for one in told} == {"critical"}
    assert all(len(one["summary"]) == LONGEST and len(one["aliases"]) == MOST for one in told)
    ids: Any = said["ids"]
    assert (len(ids), ids[-1]) == (NAMED + 1, "...")


@pytest.mark.parametrize("least", SEVERITIES[1:])
@pytest.mark.parametrize("severity", [*SEVERITIES, "unknown"])
def test_every_vulnerability_is_told_by_exactly_one_of_two_rules(severity: str, least: str) -> None:
    shown = case(facts=facts(advisories=[{"severity": severity}]))
    policy = replace(shown.policy, facts=making.fact_policy(vulnerable_from=least))
    shown = replace(shown, policy=policy)
    grave, minor = vulnerable.check(shown), vulnerable_minor.check(shown)
    assert (grave is None) != (minor is None)
    known = severity in SEVERITIES
    assert (grave is not None) == (not known or SEVERITIES.index(severity) >= SEVERITIES.index(least))


def test_no_path_of_the_mirror_is_told() -> None:
    said = vulnerable.check(case(facts=facts(advisories=[{"source": "/home/zhang.san/mirror/npm/all.zip"}])))
    assert said is not None
    assert said["source"] == "npm/all.zip"


# The leaps that OSV's records show (PYSEC, CC-BY-4.0, 2026): component, version before, version, releases listed.
REAL = [
    ("pywin32", "228", "300", 10),
    ("django-allauth", "0.63.6", "64.0.0", 123),
    ("cryptography", "3.4.8", "35.0.0", 152),
    ("localstack", "4.14.0", "2026.3.0", 489),
    ("mcp-server-git", "0.6.2", "2025.1.14", 14),
    ("salt", "0.17.5", "2014.1.0rc1", 245),
    ("pdfminer-six", "20201018", "20211012", 35),
    ("dfir-unfurl", "20221100", "20230900", 27),
    ("homeassistant", "1.0.0b6", "2020.12.0", 1583),
]


@pytest.mark.parametrize(("name", "old", "new", "releases"), REAL)
def test_real_leaps_are_none(name: str, old: str, new: str, releases: int) -> None:
    purl = f"pkg:pypi/{name}@{new}"
    told = facts({"name": "releases", "value": str(releases), "component": True}, purl=purl)
    assert version_jump.check(case(purl, facts=told, previous=[old])) is None


@pytest.mark.parametrize(
    "new", ["9999.0.0", "99.99.99", "v9999.0.0", "1000000.0.0", "99999999999999999999.1", "2222.2.2"]
)
def test_numbers_that_attackers_use_are_leaps(new: str) -> None:
    purl = f"pkg:npm/left-pad@{new}"
    told = facts({"name": "releases", "value": "14", "component": True}, purl=purl)
    said = version_jump.check(case(purl, facts=told))
    assert said is not None
    assert said["before"] == "1.3.0"


# What could not be asked


def test_what_could_not_be_asked_is_told_once_a_type_and_reason_with_a_count() -> None:
    def about(purl: str, unadvised: Any) -> Case:
        return case(purl, facts=replace(making.facts(purl, []), advisories=unadvised))

    npm = Unknown("no-archive", (("ecosystem", "npm"),))
    partly = making.facts("pkg:pypi/x@1", [], [{}], "archive.truncated").advisories
    cases = [
        *(about(f"pkg:npm/p{n}@1", npm) for n in range(3)),
        about("pkg:npm/p1@1", npm),
        about("pkg:pypi/x@1", partly),
        about("pkg:pypi/y@1", making.facts("pkg:pypi/y@1", []).advisories),
        about("pkg:github/a/b@1", Unknown("no-advisories", (("component", "pkg:github/a/b"),))),
    ]
    assert list(blind(cases)) == [
        Gap("github", "blind", (("count", "1"), ("unknown", "no-advisories"), ("component", "pkg:github/a/b"))),
        Gap("npm", "blind", (("count", "3"), ("unknown", "no-archive"), ("ecosystem", "npm"))),
        Gap("pypi", "blind", (("count", "1"), ("unknown", "archive.truncated"))),
    ]
    assert list(blind([case()])) == []
