"""GitLab templates as text: valid by GitLab's schema once filled in, nothing left open, nothing that breaks out."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import check_jsonschema
import jsonschema
import pytest
import yaml

from cli.kit import call
from osgate import __version__
from osgate.surfaces_gitlab import TEMPLATES, Template, jobs

ROOT = Path(__file__).resolve().parents[2] / "gitlab-templates/templates"
VENDORED = Path(check_jsonschema.__file__).parent / "builtin_schemas/vendor/gitlab-ci.json"
SCHEMA = json.loads(VENDORED.read_text(encoding="utf-8"))
PLACE = re.compile(r"\$\[\[ inputs\.([a-z_]+) \]\]")
# What GitLab would take from elsewhere where a job does not say it: from `default:`, or from a job of the same name.
KEYS = {
    "stage",
    "tags",
    "timeout",
    "inherit",
    "allow_failure",
    "retry",
    "before_script",
    "after_script",
    "services",
    "image",
    "interruptible",
    "hooks",
    "rules",
    "needs",
    "dependencies",
    "cache",
    "variables",
    "script",
}
BREAKING = ("'", "x'y", "$(id)", "`id`", "a\nb", "a b; id", "a\\b", '"', "&", "|")


def documents(template: Template) -> tuple[dict[str, Any], dict[str, Any]]:
    head, body = yaml.safe_load_all((ROOT / f"{template.name}.yml").read_text(encoding="utf-8"))
    return head["spec"]["inputs"], body


def filled(node: Any, values: dict[str, Any]) -> Any:
    """The jobs as GitLab reads them: a place that is all of a text becomes the value, any other is put into it."""
    if isinstance(node, dict):
        return {filled(key, values): filled(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [filled(item, values) for item in node]
    if not isinstance(node, str):
        return node
    whole = PLACE.fullmatch(node)
    if whole:
        return values[whole[1]]
    return PLACE.sub(lambda found: _text(values[found[1]]), node)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def defaults(template: Template) -> dict[str, Any]:
    return {given.name: "oss/x" if given.default is None else given.default for given in template.inputs}


def validator(schema: dict[str, Any]) -> Any:
    return jsonschema.validators.validator_for(SCHEMA)(schema)


def shell(template: Template) -> list[str]:
    """The scripts as they are written, with their places."""
    _, body = documents(template)
    return [line for job in body.values() for line in job.get("script", [])]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
class TestEach:
    def test_it_is_valid_once_filled_in(self, template):
        inputs, body = documents(template)
        head = {**SCHEMA, "$ref": "#/definitions/configInputs"}
        head.pop("properties"), head.pop("patternProperties", None), head.pop("additionalProperties", None)
        assert [error.message for error in validator(head).iter_errors(inputs)] == []
        found = filled(body, defaults(template))
        assert [error.message for error in validator(SCHEMA).iter_errors(found)] == []
        assert "$[[" not in json.dumps(found)

    def test_every_input_is_used_and_every_place_has_its_input(self, template):
        inputs, body = documents(template)
        assert set(PLACE.findall(json.dumps(body))) == set(inputs)
        assert len(inputs) <= 20

    def test_every_job_says_what_it_could_be_told_elsewhere(self, template):
        _, body = documents(template)
        for name, job in body.items():
            if not name.startswith("."):
                assert KEYS - set(job) == set(), name
                assert job["inherit"] == {"default": False, "variables": False}
                assert (job["before_script"], job["after_script"], job["services"]) == ([], [], [])
                assert job["allow_failure"] is False

    def test_no_value_breaks_out_of_its_quotes(self, template):
        by_name = {given.name: given for given in template.inputs}
        for script in shell(template):
            for found in PLACE.finditer(script):
                given = by_name[found[1]]
                inside = script[: found.start()].rsplit("\n", 1)[-1].count("'") % 2 == 1
                assert inside, f"{found[0]} stands without quotes"
                closed = given.kind == "boolean" or given.options or given.regex
                assert closed, f"{given.name} takes anything"
                for hostile in BREAKING if given.regex else ():
                    value = hostile if given.name != "lock" else f"{{{hostile}}}"
                    if given.name == "lock" and not set(hostile) & {"'", "\\", "\n"}:
                        continue  # Between single quotes these are text.
                    assert not re.search(given.regex, value), (given.name, value)

    def test_defaults_are_values_that_are_taken(self, template):
        for given in template.inputs:
            if given.default is not None:
                assert not given.options or given.default in given.options
                assert not given.regex or re.search(given.regex, given.default)

    def test_the_scripts_are_sh(self, template):
        for script in filled(shell(template), defaults(template)):
            done = subprocess.run(["sh", "-n"], input=script, capture_output=True, text=True, check=False)
            assert done.stderr == ""


def test_the_version_is_pinned_to_this_one():
    for template in TEMPLATES:
        inputs, _ = documents(template)
        assert inputs["version"]["default"] == __version__


def test_the_gate_needs_nothing_from_other_jobs_and_no_secret():
    _, body = documents(TEMPLATES[0])
    gate = filled(body, defaults(TEMPLATES[0]))["osgate"]
    assert (gate["needs"], gate["dependencies"], gate["cache"]) == ([], [], [])
    assert not {"id_tokens", "secrets", "environment"} & set(gate)
    assert not re.search(r"TOKEN|OSGATE_.*KEY", gate["script"][0])
    assert [name for name in jobs.TOLD if "TOKEN" in name or "PASSWORD" in name] == []


@pytest.mark.parametrize("name", ["desk", "enforce"])
def test_what_holds_keys_runs_on_the_protected_default_branch_alone(name):
    (template,) = [template for template in TEMPLATES if template.name == name]
    _, body = documents(template)
    for job in body.values():
        for rule in job["rules"]:
            assert '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $CI_COMMIT_REF_PROTECTED == "true"' in rule["if"]
            assert "merge_request" not in rule["if"]


# What GitLab says of a pipeline on the policy project's protected main branch.
HERE = {"CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main", "CI_COMMIT_REF_PROTECTED": "true"}
OPERATORS = {"&&": " and ", "||": " or "}


def holds(condition: str, variables: dict[str, str | None]) -> bool:
    """A rule's `if` as GitLab reads it: a variable that is not set is null, and equal to no text."""
    said = re.sub(r"(\$[A-Z_]+) =~ /(.*?)/", r're.search(r"\2", \1 or "")', condition)
    said = re.sub(r"\$([A-Z_]+)", lambda found: repr(variables.get(found[1])), said)
    for one, other in OPERATORS.items():
        said = said.replace(one, other)
    return bool(eval(said, {"re": re}))


def started(source: str, description: str | None = None, **inputs: Any) -> set[str]:
    """The jobs of a policy project that includes both `desk` and `enforce`."""
    told = {**HERE, "CI_PIPELINE_SOURCE": source, "CI_PIPELINE_SCHEDULE_DESCRIPTION": description}
    found: dict[str, Any] = {}
    for name in ("desk", "enforce"):
        (template,) = [template for template in TEMPLATES if template.name == name]
        values = {key: value for key, value in inputs.items() if key in {given.name for given in template.inputs}}
        found |= filled(documents(template)[1], {**defaults(template), **values})
    return {name for name, job in found.items() if any(holds(rule["if"], told) for rule in job["rules"])}


def test_enforce_has_a_schedule_of_its_own_and_the_desk_all_others():
    desk = {"osgate-desk", "pages"}
    assert started("schedule", "osgate-enforce") == {"osgate-enforce"}
    assert started("schedule", "osgate-desk") == {*desk, "osgate-desk-due"}
    assert started("schedule", "fleet", schedule="fleet", skip_schedule="fleet") == {"osgate-enforce"}
    for source in ("push", "web", "api", "trigger", "pipeline"):
        assert started(source) == desk


def test_a_server_that_does_not_name_schedules_runs_the_desk_in_all_of_them():
    assert started("schedule") == {"osgate-desk", "pages", "osgate-desk-due"}
    assert started("schedule", schedule="") == {"osgate-desk", "pages", "osgate-desk-due", "osgate-enforce"}


def test_what_may_set_projects_is_read_by_enforce_alone():
    """Its token may more than the desk's, so the desk's jobs do not even name it."""
    for template in TEMPLATES:
        text = "".join(shell(template))
        assert ("OSGATE_ENFORCE_TOKEN" in text) == (template.name == "enforce")


def test_one_desk_at_a_time():
    _, body = documents(TEMPLATES[1])
    desk = filled(body, defaults(TEMPLATES[1]))["osgate-desk"]
    assert (desk["resource_group"], desk["interruptible"]) == ("osgate-desk", False)


# What is written elsewhere about them

FLAG = re.compile(r"(?<= )--([a-z][a-z-]*)")
CALL = re.compile(r"-m osgate ([a-z]+)")
SWITCHES = ("ci", "write")
DOCS = ("docs/gitlab.md", "docs/gitlab.zh-CN.md", "docs/ci.md", "docs/ci.zh-CN.md")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_the_jobs_call_osgate_with_flags_that_it_has(template):
    """`--help` among them stops a command after it has read its flags, and all of them have to be known by then."""
    scripts = [script.replace("\\\n", " ") for script in shell(template)]
    assert CALL.search("".join(scripts))
    for text in scripts:
        calls = [line for line in text.splitlines() if CALL.search(line)]
        given = next((line for line in text.splitlines() if "set -- gitlab" in line), "")
        for line in calls:
            rest = line[CALL.search(line).end() :] + (given if '"$@"' in line[CALL.search(line).end() :] else "")
            flags = list(dict.fromkeys(FLAG.findall(rest)))
            words = [word for flag in flags for word in ([f"--{flag}"] if flag in SWITCHES else [f"--{flag}", "en"])]
            done = call(CALL.search(line)[1], *words, "--help")
            assert (done.code, done.err) == (0, ""), line


def included(text: str) -> list[dict[str, Any]]:
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    files = [yaml.safe_load(block) for block in blocks]
    return [entry for file in files if isinstance(file, dict) for entry in file.get("include", [])]


@pytest.mark.parametrize("name", DOCS)
def test_what_the_docs_include_is_what_the_templates_take(name):
    found = included((ROOT.parents[1] / name).read_text(encoding="utf-8"))
    assert found
    for entry in found:
        (template,) = [one for one in TEMPLATES if entry["file"] == f"templates/{one.name}.yml"]
        known = {given.name: given for given in template.inputs}
        required = {given.name for given in template.inputs if given.default is None}
        assert entry["ref"] == __version__
        assert required <= set(entry["inputs"]) <= set(known)
        for key, value in entry["inputs"].items():
            written = value.replace("…", "0") if isinstance(value, str) else value
            assert not known[key].options or written in known[key].options
            assert not known[key].regex or re.search(known[key].regex, written), (key, value)
