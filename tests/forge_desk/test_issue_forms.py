"""The forms of the examples: valid, and what a forge makes of them is a request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import check_jsonschema
import jsonschema
import pytest
import yaml

from forge_desk.bench import Bench
from forge_desk.hall import HEAD
from osgate.forges import commands
from osgate.forges.command_words import VERBS, key
from osgate.forges.commands import Command, Mistake
from osgate.ledger.records import CHANNELS

EXAMPLES = Path(__file__).parents[2] / "examples"
FORM = yaml.safe_load((EXAMPLES / "github/policy/.github/ISSUE_TEMPLATE/osgate-request.yml").read_text("utf-8"))
TEMPLATE = (EXAMPLES / "gitlab/policy/.gitlab/issue_templates/osgate-request.md").read_text("utf-8")
SCHEMA = Path(check_jsonschema.__file__).parent / "builtin_schemas/vendor/github-issue-forms.json"
FIELDS: Mapping[str, Any] = {field["id"]: field for field in FORM["body"]}


def filled(**answers: str) -> str:
    """The text of the issue that GitHub makes of the form: a heading a field, and `_No response_` where it is empty."""
    given = {id: answers.get(id, field["attributes"].get("value", "")) for id, field in FIELDS.items()}
    return "\n\n".join(
        f"### {FIELDS[id]['attributes']['label']}\n\n{said or '_No response_'}" for id, said in given.items()
    )


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_the_form_is_one_by_githubs_schema() -> None:
    found = json.loads(SCHEMA.read_text(encoding="utf-8"))
    check = jsonschema.validators.validator_for(found)(found)
    assert [error.message for error in check.iter_errors(FORM)] == []
    assert [*check.iter_errors({**FORM, "body": [{"type": "textaera"}]})], "the schema says what is wrong"


def test_each_field_but_the_command_is_a_key_of_a_request() -> None:
    keys = {id: key(field["attributes"]["label"], "request") for id, field in FIELDS.items() if id != "request"}
    assert keys == {id: id for id in keys}
    assert set(keys) <= {"reason", *VERBS["request"]}
    assert tuple(FIELDS["channel"]["attributes"]["options"]) == CHANNELS


def test_a_form_that_names_a_change_asks_for_it(bench: Bench) -> None:
    text = filled(
        request="/osgate request bank/till#1",
        reason="对账需要固定列宽\nand nothing else does it",
        alternatives="lodash, pkg:npm/Pad",
        projects="till",
    )
    found = bench.record(text, "wang.wu")
    assert found["origin"]["change"] == HEAD
    assert found["reason"] == "对账需要固定列宽 and nothing else does it"
    assert (found["alternatives"], found["projects"]) == (["lodash", "pkg:npm/Pad"], ["till"])
    assert "purpose" not in found, "what was left empty is not said"
    assert bench.counts(found)


def test_a_form_that_names_packages_asks_for_them(bench: Bench) -> None:
    packages = "/osgate request \npkg:npm/left-pad@1.3.0\n- pkg:npm/is-odd@3.0.1"
    found = bench.record(filled(request=packages, reason="x", channel="community", owner="zhang.san"))
    assert [one["purl"] for one in found["subjects"]] == ["pkg:npm/is-odd", "pkg:npm/left-pad"]
    assert (found["channel"], found["owner"]) == ("community", "zhang.san")


def test_a_form_sent_as_it_is_says_what_is_missing(bench: Bench) -> None:
    assert bench.unclear(filled(reason="x")).code == "no-package"


def test_the_template_of_gitlab_is_a_request_once_it_is_filled_in(bench: Bench) -> None:
    (bare,) = commands.parse(TEMPLATE)
    assert isinstance(bare, Mistake), "a change nobody named is none"
    text = TEMPLATE.replace("GROUP/PROJECT!NUMBER", "bank/till!1").replace("purpose: ", "purpose: pads\n", 1)
    text = text.replace("reason: ", "reason: needed")
    (command,) = commands.parse(text)
    assert isinstance(command, Command)
    assert (command.change, command.fields) == ("bank/till!1", {"purpose": "pads"})
    assert bench.counts(bench.record(text, "wang.wu"))
