"""What is offered instead, and builds of one family, on every surface for people and in JSON."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import osgate
from osgate.ledger.families import keys, spread
from osgate.ledger.offers import with_offers
from osgate.ledger.standing import judge
from osgate.model.decision import Standing
from osgate.model.policy import Project
from osgate.model.verdict import Verdict
from osgate.reports import detail, json_report, markdown, terminal
from osgate.reports.context import Context
from osgate.reports.instead import offers
from osgate.reports.markdown.rows import rows
from osgate.text.translator import Translator
from rules import making

SCHEMA = Path(osgate.__file__).parent / "reports/schemas/verdict-1.schema.json"
HERE = Project("payments/app")
PAD = "pkg:npm/left-pad"
APPROVED = making.standing(PAD, range="vers:npm/>=1.0.0|<2.0.0", versions=("1.3.0",), expires="2027-04-09")
EN = Translator("en")


def verdict(*purls: str, stands: tuple[Standing, ...] = ()) -> Verdict:
    """The verdict on these, each on a line of its own, with its offers."""
    items = [making.introduced(purl, line=at) for at, purl in enumerate(purls, 1)]
    view = making.view(stands)
    view = spread(view, keys([item.dependency.component for item in items]))
    made = making.decided(making.intake(items), view)
    return with_offers(made, view, lambda wanted: view, lambda d, s: judge(d, s, making.TODAY, HERE))


def test_the_nearest_approved_version_is_told_on_every_surface_beside_the_decision_it_rests_on() -> None:
    told = verdict(f"{PAD}@2.0.1", stands=(APPROVED,))
    said = "left-pad 1.3.0 is approved until 2027-04-09"
    shown = terminal.render(told, EN, Context())
    assert f"= instead: {said}" in shown
    assert "= decided: vers:npm/>=1.0.0|<2.0.0 is approved until 2027-04-09" in shown
    assert said in markdown.render(told, EN, Context())
    assert "left-pad 1.3.0" in terminal.render(told, Translator("zh_CN"), Context())
    found = json.loads(json_report.render(told))
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_bytes())).validate(found)
    (finding,) = found["findings"]
    assert finding["params"]["instead"] == [{"purl": f"{PAD}@1.3.0", "approved": True, "until": "2027-04-09"}]


def test_a_range_that_would_not_pass_is_no_longer_offered() -> None:
    block = making.standing(PAD, "block", range="vers:npm/<2.0.0")
    told = verdict(f"{PAD}@2.0.1", stands=(APPROVED, block))
    assert told.findings[0].rule == "OSG102"
    assert "= instead:" not in terminal.render(told, EN, Context())
    assert detail.instead(told.findings[0], told.introduced[0], EN) == ""


@pytest.mark.parametrize(
    ("offer", "said"),
    [
        ({"purl": f"{PAD}@1.3.0", "approved": True, "until": ""}, "left-pad 1.3.0 is approved until"),
        (
            {"purl": PAD, "range": "vers:npm/*", "approved": True, "until": "2027-01-01"},
            "left-pad is approved in vers:npm/* until 2027-01-01",
        ),
        ({"purl": PAD, "approved": False}, "left-pad is named in its place"),
    ],
)
def test_each_kind_of_offer_has_its_sentence(offer: dict[str, object], said: str) -> None:
    assert offers({"instead": [offer]}, EN).startswith(said)
    assert offers({"instead": [offer, offer]}, EN).count(said) == 2
    assert offers({}, EN) == ""


BUILDS = [f"pkg:npm/%40img/sharp-{platform}@0.33.5" for platform in ("darwin-arm64", "linux-x64", "win32-x64")]


def test_builds_of_one_family_share_a_row_and_are_counted_each() -> None:
    told = verdict(*BUILDS, "pkg:npm/%40img/sharp-linux-arm64@0.34.0", f"{PAD}@1.3.0")
    found = rows(told)
    assert [(row.name, row.size) for row in found] == [
        ("@img/sharp-* 0.33.5", 3),
        ("@img/sharp-linux-arm64 0.34.0", 1),
        ("left-pad 1.3.0", 1),
    ]
    shown = markdown.render(told, EN, Context())
    assert "5 of 5" in shown
    assert "3 platform builds" in shown
    assert len([line for line in shown.splitlines() if line.startswith("| **blocked**")]) == 3
