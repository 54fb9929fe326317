"""The JSON interfaces: strict schemas that are published, and verdicts of every kind that keep to them."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import audit
import osgate
from osgate.model.change import CHANGES
from osgate.model.dependency import SCOPES
from osgate.model.finding import SLUGS
from osgate.model.gap import Gap
from osgate.model.policy import MODES
from osgate.model.verdict import OUTCOMES, Stamp
from osgate.reports import json_report
from reports.scenes import SCENES
from rules import making, strategies
from rules.test_cases import judged

SCHEMAS = Path(osgate.__file__).parent / "reports/schemas"
STAMP = Stamp(3, "sha256:" + "1" * 64, "sha256:" + "2" * 64, "2026-11-20T00:00:00Z", "2026-12-20T00:00:00Z", 9)
MISSING = (Gap("snapshot", "snapshot.none", (("addresses", "x"),)),)


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SCHEMAS / f"{name}-1.schema.json").read_text("utf-8"))
    return found


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema(name))


def objects(node: Any) -> list[dict[str, Any]]:
    """Every subschema that describes an object by its properties."""
    if isinstance(node, list):
        return [found for item in node for found in objects(item)]
    if not isinstance(node, dict):
        return []
    own = [node] if "properties" in node and node.get("type") == "object" else []
    return own + [found for item in node.values() for found in objects(item)]


@pytest.mark.parametrize("name", ["verdict", "deps"])
def test_the_schemas_are_schemas_and_strict(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(name))
    found = objects(schema(name))
    assert len(found) > 2
    assert [node for node in found if "additionalProperties" not in node] == []
    assert [node for node in found if node["additionalProperties"] is True] == []


def test_the_schemas_know_the_words_of_the_model() -> None:
    verdict, defs = schema("verdict")["properties"], schema("verdict")["$defs"]
    assert verdict["outcome"]["enum"] == list(OUTCOMES)
    assert verdict["mode"]["enum"] == list(MODES)
    assert set(verdict["would"]["enum"]) == {*OUTCOMES, None}
    assert defs["introduced"]["properties"]["change"]["enum"] == list(CHANGES)
    assert set(defs["scope"]["enum"]) == set(SCOPES) == set(schema("deps")["$defs"]["scope"]["enum"])
    assert set(defs["finding"]["properties"]["rule"]["enum"]) == set(SLUGS)
    assert {name for name in defs if name.startswith("params-")} == {f"params-{rule}" for rule in SLUGS}


@settings(max_examples=80)
@given(
    strategies.intakes(),
    strategies.views(),
    strategies.policies(),
    st.sampled_from(MODES),
    st.sampled_from([None, STAMP]),
    st.sampled_from([(), MISSING]),
)
def test_every_verdict_keeps_to_the_schema(found, view, policy, mode, stamp, missing) -> None:
    verdict = making.decided(found, view, policy=policy, mode=mode, stamp=stamp, missing=missing)
    with audit.no_io():
        text = json_report.render(verdict)
    assert text.isascii()
    assert text.endswith("}\n")
    document = json.loads(text)
    validator("verdict").validate(document)
    assert document["outcome"] == verdict.outcome
    assert [item["purl"] for item in document["introduced"]] == [i.dependency.purl for i in verdict.introduced]
    assert [item["path"] for item in document["findings"]] == [f.path for f in verdict.findings]
    assert [item["params"] for item in document["findings"]] == [
        json.loads(json.dumps(dict(f.params))) for f in verdict.findings
    ]


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_every_scene_keeps_to_the_schema(scene: str) -> None:
    validator("verdict").validate(json.loads(json_report.render(SCENES[scene]())))


def test_every_rule_is_held_to_its_own_params() -> None:
    seen = set()
    for path in sorted((Path(__file__).parents[1] / "rules/cases").glob("*.toml")):
        for case in tomllib.loads(path.read_text("utf-8"))["case"]:
            document = json.loads(json_report.render(judged(case)))
            validator("verdict").validate(document)
            for at, finding in enumerate(document["findings"]):
                seen.add(finding["rule"])
                finding["params"]["surprise"] = 1
                with pytest.raises(jsonschema.ValidationError):
                    validator("verdict").validate(document)
                del document["findings"][at]["params"]["surprise"]
    assert seen == set(SLUGS)


def test_what_is_excused_says_by_whom() -> None:
    document = json_report.to_json(SCENES["excused"]())
    assert [finding["purl"] for finding in document["baselined"]] == ["pkg:npm/is-number@6.0.0"]
    (waiver,) = document["waivers"]
    (waived,) = [finding for finding in document["findings"] if finding["waived"]]
    assert waiver["fingerprint"] == waived["fingerprint"]
    assert (waiver["persons"], waiver["expires"]) == (["zhang.san", "li.si"], "2026-12-31")
    assert json_report.to_json(SCENES["whole-tree"]())["whole"] is True


def test_what_passes_without_an_approval_of_its_own_says_by_what() -> None:
    glass, advance = json_report.to_json(SCENES["without-own-approval"]())["passed"]
    assert (glass["how"], glass["purls"], glass["origin"]) == ("break-glass", ["pkg:npm/is-odd@3.0.1"], None)
    assert (glass["persons"], glass["expires"]) == (["zhang.san"], "2026-11-24T06:00:00Z")
    assert (advance["how"], len(advance["purls"]), advance["record"]) == ("pre-approval", 22, None)
    assert (advance["origin"], advance["incident"]) == ("policy/base.toml:88", None)


def example() -> dict[str, Any]:
    item = making.introduced("pkg:npm/left-pad@1.3.0")
    return json_report.to_json(making.decided(making.intake([item]), stamp=STAMP))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda v: v.update(extra=1),
        lambda v: v.pop("gaps"),
        lambda v: v.update(outcome="maybe"),
        lambda v: v["introduced"][0].update(extra=1),
        lambda v: v["introduced"][0].pop("source"),
        lambda v: v["introduced"][0]["source"].update(password="x"),
        lambda v: v["findings"][0]["params"].update(extra=1),
        lambda v: v["findings"][0]["params"].pop("roles"),
        lambda v: v["findings"][0].update(fingerprint="xyz"),
        lambda v: v["snapshot"].update(age=3),
        lambda v: v.pop("whole"),
        lambda v: v.update(baselined=[{}]),
        lambda v: v.update(waivers=[{"fingerprint": "0" * 16}]),
        lambda v: v.pop("passed"),
        lambda v: v.update(passed=[{"how": "by luck"}]),
    ],
)
def test_what_does_not_keep_to_it_is_found(spoil: Any) -> None:
    document = json.loads(json.dumps(example()))
    validator("verdict").validate(document)
    spoil(document)
    with pytest.raises(jsonschema.ValidationError):
        validator("verdict").validate(document)


@given(strategies.introduced())
def test_every_dependency_keeps_to_the_schema_of_deps(item) -> None:
    line = json.loads(json.dumps(json_report.dependency_to_json(item.dependency)))
    validator("deps").validate(line)
    with pytest.raises(jsonschema.ValidationError):
        validator("deps").validate({**line, "gap": "nul"})


def test_a_gap_of_deps_is_strict_too() -> None:
    line = {"path": "package-lock.json", "gap": "truncated", "line": 3, "detail": "it ends in the middle"}
    validator("deps").validate(line)
    for wrong in ({**line, "extra": 1}, {k: v for k, v in line.items() if k != "path"}, {**line, "gap": "Not A Key"}):
        with pytest.raises(jsonschema.ValidationError):
            validator("deps").validate(wrong)


def test_the_documentation_names_every_key_of_both() -> None:
    text = (Path(__file__).parents[2] / "docs/schemas.md").read_text("utf-8")
    keys = {*schema("verdict")["properties"], *schema("deps")["$defs"]["dependency"]["properties"]}
    keys |= {*schema("deps")["$defs"]["gap"]["properties"], *schema("verdict")["$defs"]["finding"]["properties"]}
    assert {key for key in keys if f"`{key}`" not in text and f'"{key}"' not in text} == set()
