"""The thirty changes of licence that people met as an update: each one is a finding, and both licences are named."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from osgate.licences.expression import canonical
from osgate.licences.reading import read
from osgate.model.fact import Facts, Unknown
from osgate.purl import parse, versioned
from rules import making

EVENTS = tomllib.loads(Path(__file__).with_name("relicensing.toml").read_text("utf-8"))["event"]
# A text that nobody recognised, as the fact store holds it.
UNRECOGNISED = {"name": "licence-text", "unknown": "licence-text.nothing"}


def told(purl: str, declared: str, text: str, name: str) -> Facts:
    """What a registry and an artefact tell of one version."""
    facts: list[dict[str, Any]] = [{"name": name, "value": declared}]
    if text:
        facts.append(UNRECOGNISED if text == "nothing" else {"name": "licence-text", "value": text})
    return making.facts(purl, facts)


def findings(event: dict[str, str], name: str, *, after: str = "") -> dict[str, dict[str, Any]]:
    """Rule -> params for the update. name: of the fact that declares; after: instead of the event's licence."""
    found = parse(event["purl"])
    before = versioned(found.component, event["previous"])
    known = {
        found.version: told(event["purl"], after or event["after"], event.get("text-after", ""), name),
        event["previous"]: told(before, event["before"], event.get("text-before", ""), name),
    }
    item = making.introduced(event["purl"], change="upgraded", previous=[event["previous"]])
    ledger = making.view([making.standing(found.component, range=f"vers:{found.type}/*")])
    verdict = making.decided(making.intake([item]), ledger, facts=lambda dependency, version: known.get(version))
    return {finding.rule: dict(finding.params) for finding in verdict.findings}


def test_there_are_thirty_of_them() -> None:
    assert len(EVENTS) == 30
    assert len({event["purl"] for event in EVENTS}) == 30


@pytest.mark.parametrize("name", ["licence", "licence-declared"])
@pytest.mark.parametrize("event", EVENTS, ids=[event["purl"] for event in EVENTS])
def test_each_is_a_changed_licence_though_people_approved_every_version(event: dict[str, str], name: str) -> None:
    said = findings(event, name)["OSG605"]
    assert said["before"] != said["value"]
    for side, params in (("before", said["before"]), ("after", said["value"])):
        wanted = read(event.get(f"text-{side}", "") if event[side].startswith("SEE") else event[side], {})
        assert params == (event[side] if isinstance(wanted, Unknown) else str(wanted))


@pytest.mark.parametrize("event", EVENTS, ids=[event["purl"] for event in EVENTS])
def test_without_the_change_there_is_none(event: dict[str, str]) -> None:
    same = {**event, "text-after": event.get("text-before", ""), "after": event["before"]}
    assert "OSG605" not in findings(same, "licence")


def test_the_same_expression_written_otherwise_is_no_change() -> None:
    for event in EVENTS:
        meant = read(event["before"], {})
        if not isinstance(meant, Unknown):
            spelled = f"({str(canonical(meant)).lower()})" if " " in str(meant) else str(meant).lower()
            assert "OSG605" not in findings({**event, "text-after": ""}, "licence", after=spelled), event
