"""GitHub actions and workflows as text: valid by GitHub's schemas, nothing put into scripts, nothing third-party."""

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
from osgate.surfaces_github import ACTIONS, WORKFLOWS, Action

ROOT = Path(__file__).resolve().parents[2]
VENDORED = Path(check_jsonschema.__file__).parent / "builtin_schemas/vendor"
FLOWS = sorted([*ROOT.glob("actions/workflows/*.yml"), *ROOT.glob("examples/github/*/.github/workflows/*.yml")])
PLACE = re.compile(r"\$\{\{(.*?)\}\}")
PINNED = re.compile(r"(?:oss/osgate/actions/[a-z]+|bank/policy/\.github/workflows/osgate-[a-z]+\.yml)@[0-9a-f]{40}")
CALL, FLAG = re.compile(r"-m osgate ([a-z]+)"), re.compile(r"(?<= )--([a-z][a-z-]*)")


def read(path: Path) -> dict[str, Any]:
    """A document. To YAML 1.1, which this reader knows, the key `on` is a truth value."""
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {"on" if key is True else key: value for key, value in found.items()}


def of(action: Action) -> dict[str, Any]:
    return read(ROOT / "actions" / action.name / "action.yml")


def faults(document: Any, schema: str) -> list[str]:
    found = json.loads((VENDORED / f"{schema}.json").read_text(encoding="utf-8"))
    return [error.message for error in jsonschema.validators.validator_for(found)(found).iter_errors(document)]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
class TestEach:
    def test_it_is_valid(self, action):
        assert faults(of(action), "github-actions") == []

    def test_it_uses_no_other_action(self, action):
        assert [step for step in of(action)["runs"]["steps"] if "uses" in step] == []

    def test_what_comes_from_outside_reaches_the_shell_as_variables_alone(self, action):
        (step,) = of(action)["runs"]["steps"]
        assert PLACE.findall(step["run"]) == []
        wanted = {f"inputs.{given.name}" for given in action.inputs} | {value for _, value in action.event}
        assert {found.strip() for value in step["env"].values() for found in PLACE.findall(value)} == wanted

    def test_every_variable_is_used_in_quotes(self, action):
        (step,) = of(action)["runs"]["steps"]
        for name in step["env"]:
            assert re.search(rf"\b{name}\b", step["run"]), name
        bare = re.sub(
            r'"[^"]*"|\$\{\w+:\+[^}]*\}|^case \$\w+ in.*|^\w+=\S+$|^\s*export \w+=\S+$', "", step["run"], flags=re.M
        )
        assert re.findall(r"\$\{?IN_\w+", re.sub(r"case \$IN_BEFORE in", "", bare)) == []

    def test_the_script_is_bash(self, action):
        (step,) = of(action)["runs"]["steps"]
        assert step["shell"] == "bash"
        done = subprocess.run(["bash", "-n"], input=step["run"], capture_output=True, text=True, check=False)
        assert done.stderr == ""


@pytest.mark.parametrize("action", [one for one in ACTIONS if one.name != "enforce"], ids=lambda action: action.name)
def test_osgate_is_called_with_flags_that_it_has(action):
    """`--help` among them stops a command after it has read its flags, and all of them have to be known by then."""
    lines = action.script.replace("\\\n", " ").splitlines()
    for line in [line for line in lines if CALL.search(line)]:
        rest = line[CALL.search(line).end() :]
        words = [word for flag in dict.fromkeys(FLAG.findall(rest)) for word in _given(flag)]
        done = call(CALL.search(line)[1], *words, "--help")
        assert (done.code, done.err) == (0, ""), line


def _given(flag: str) -> list[str]:
    return [f"--{flag}"] if flag in ("ci", "write") else [f"--{flag}", {"forge": "github"}.get(flag, "en")]


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: f"{path.parts[-4]}-{path.stem}")
class TestWorkflows:
    def test_it_is_valid_and_its_jobs_get_only_what_they_say(self, path):
        found = read(path)
        assert faults(found, "github-workflows") == []
        assert found["permissions"] == {}
        for job in found["jobs"].values():
            assert "permissions" in job
            assert "write-all" not in str(job["permissions"])

    def test_all_it_uses_is_pinned(self, path):
        used = re.findall(r"(?m)^ +(?:- )?uses: (\S+)", path.read_text(encoding="utf-8"))
        assert used
        assert [name for name in used if not PINNED.fullmatch(name)] == []

    def test_nothing_of_an_event_is_put_into_a_script_and_no_path_leaves_a_check_pending(self, path):
        found = read(path)
        assert [step for job in found["jobs"].values() for step in job.get("steps", ()) if "run" in step] == []
        for event in found["on"].values():
            assert not isinstance(event, dict) or not {"paths", "paths-ignore"} & set(event)
        assert "pull_request_target" not in found["on"]

    def test_what_it_hands_over_is_an_input_there(self, path):
        for job in read(path)["jobs"].values():
            for called in (job, *job.get("steps", ())):
                if "uses" in called:
                    known = _inputs(called["uses"].partition("@")[0])
                    assert set(called.get("with", {})) <= set(known)
                    needed = {name for name, given in known.items() if given.get("required")}
                    assert needed <= set(called.get("with", {}))


def _inputs(used: str) -> dict[str, Any]:
    name = used.rpartition("/")[2]
    if name.endswith(".yml"):
        return read(ROOT / "actions/workflows" / name.removeprefix("osgate-"))["on"]["workflow_call"]["inputs"]
    return read(ROOT / "actions" / name / "action.yml")["inputs"]


def test_the_gate_reads_one_repository_and_holds_no_secret():
    for path in [path for path in FLOWS if path.stem in ("check", "osgate", "osgate-gate")]:
        for job in read(path)["jobs"].values():
            assert job["permissions"] == {"contents": "read"}
        assert "secrets" not in path.read_text(encoding="utf-8")
    assert set(WORKFLOWS) == {"check", "comment", "bell"}


def test_the_gate_has_the_name_that_is_required():
    required = read(ROOT / "examples/github/policy/.github/workflows/osgate-gate.yml")["jobs"]["osgate"]["name"]
    calling = read(ROOT / "examples/github/application/.github/workflows/osgate.yml")["jobs"]["osgate"]["name"]
    called = read(ROOT / "actions/workflows/check.yml")["jobs"]["intake"]["name"]
    assert required == f"{calling} / {called}" == "osgate / intake"


def test_one_desk_at_a_time_with_keys_that_an_environment_guards():
    found = read(ROOT / "examples/github/policy/.github/workflows/osgate-desk.yml")
    assert found["concurrency"] == {"group": "osgate-desk", "cancel-in-progress": False}
    assert (found["jobs"]["desk"]["environment"], found["jobs"]["desk"]["permissions"]) == ("osgate-desk", {})
    assert "pull_request" not in found["on"]
