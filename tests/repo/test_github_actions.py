"""GitHub actions and workflows as text: valid by GitHub's schemas, nothing put into scripts, nothing third-party."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import check_jsonschema
import jsonschema
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from cli.kit import call
from osgate.surfaces_github import ACTIONS, WORKFLOWS, Action

ROOT = Path(__file__).resolve().parents[2]
VENDORED = Path(check_jsonschema.__file__).parent / "builtin_schemas/vendor"
FLOWS = sorted([*ROOT.glob("actions/workflows/*.yml"), *ROOT.glob("examples/github/*/.github/workflows/*.yml")])
PLACE = re.compile(r"\$\{\{(.*?)\}\}")
PINNED = re.compile(r"(?:oss/osgate/actions/[a-z]+|bank/policy/\.github/workflows/osgate-[a-z]+\.yml)@[0-9a-f]{40}")
CALL, FLAG = re.compile(r"-m osgate ([a-z]+)"), re.compile(r"(?<=[ +])--([a-z][a-z-]*)")
# The one file that shows how to go on with GitHub's own actions.
OTHERS = {"osgate-tree": re.compile(r"(?:github/codeql-action/upload-sarif|actions/upload-artifact)@[0-9a-f]{40}")}
PINS = sorted(ROOT.glob("actions/requirements/*.txt"))


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


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_osgate_is_called_with_flags_that_it_has(action):
    """`--help` among them stops a command after it has read its flags, and all of them have to be known by then."""
    lines = action.script.replace("\\\n", " ").splitlines()
    kept = " ".join(line for line in lines if "set -- " in line)
    for line in [line for line in lines if CALL.search(line)]:
        rest = line[CALL.search(line).end() :]
        rest += f" {kept}" if '"$@"' in rest else ""
        words = [word for flag in dict.fromkeys(FLAG.findall(rest)) for word in _given(flag)]
        assert words, line
        done = call(CALL.search(line)[1], *words, "--help")
        assert (done.code, done.err) == (0, ""), line


def _given(flag: str) -> list[str]:
    bare = flag in ("ci", "write", "merge-queue")
    return [f"--{flag}"] if bare else [f"--{flag}", {"forge": "github"}.get(flag, "en")]


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
        other = OTHERS.get(path.stem)
        foreign = [name for name in used if not PINNED.fullmatch(name)]
        assert [name for name in foreign if not (other and other.fullmatch(name))] == []

    def test_nothing_of_an_event_is_put_into_a_script_and_no_path_leaves_a_check_pending(self, path):
        found = read(path)
        assert [step for job in found["jobs"].values() for step in job.get("steps", ()) if "run" in step] == []
        for event in found["on"].values():
            assert not isinstance(event, dict) or not {"paths", "paths-ignore"} & set(event)
        assert "pull_request_target" not in found["on"]

    def test_a_pull_request_is_judged_again_when_its_target_changes(self, path):
        """Also where nothing was pushed."""
        found = read(path)["on"]
        if "pull_request" in found:
            assert set(found["pull_request"]["types"]) == {"opened", "synchronize", "reopened", "edited"}

    def test_what_it_hands_over_is_an_input_there(self, path):
        for job in read(path)["jobs"].values():
            for called in (job, *job.get("steps", ())):
                if PINNED.fullmatch(called.get("uses", "")):
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


def test_no_event_that_the_environment_of_the_keys_does_not_let_in_starts_the_desk():
    """Main alone may use it: a job of another branch, or of a pull request, would end before it began."""
    found = read(ROOT / "examples/github/policy/.github/workflows/osgate-desk.yml")["on"]
    assert found["push"] == {"branches": ["main"]}
    assert set(found) == {"schedule", "issues", "issue_comment", "push", "workflow_dispatch"}


def test_the_daily_list_waits_in_no_queue_where_another_desk_takes_its_place():
    flows = {path.stem: read(path) for path in FLOWS}
    due, desk = flows["osgate-due"], flows["osgate-desk"]
    assert due["concurrency"]["group"] != desk["concurrency"]["group"]
    assert len(desk["on"]["schedule"]) == 1


def test_what_applications_hold_starts_nothing_but_what_hands_on():
    """Whoever may push there can read it, and GitHub lets it start every workflow of its repository."""
    bell = read(ROOT / "examples/github/application/.github/workflows/osgate-bell.yml")["jobs"]["bell"]["with"]
    assert (bell["policy_repository"], bell["workflow"]) == ("bank/osgate-bell", "osgate-ring.yml")
    (there,) = [path for path in FLOWS if path.parts[-4] == "bell"]
    assert there.name == bell["workflow"]
    found = read(there)
    assert set(found["on"]) == {"workflow_dispatch"}
    assert found["jobs"]["ring"]["environment"]


def test_the_token_that_writes_everywhere_is_not_in_the_environment_of_every_day():
    job = read(ROOT / "examples/github/policy/.github/workflows/osgate-enforce.yml")["jobs"]["enforce"]
    assert job["environment"] == "${{ inputs.write && 'osgate-enforce-write' || 'osgate-enforce' }}"


# What the actions install


def pinned(path: Path) -> dict[str, tuple[str, str, int]]:
    """What a file of pins holds: name -> version, marker, number of digests."""
    found = {}
    for block in re.split(r"\n(?=[a-z])", path.read_text(encoding="utf-8"))[1:]:
        head, *digests = block.strip().split(" \\\n")
        name, version, marker = re.fullmatch(r"([a-z0-9-]+)==([0-9.]+)(?: ; (.+))?", head).groups()
        assert all(re.fullmatch(r" *--hash=sha256:[0-9a-f]{64}", one) for one in digests), name
        found[name] = (version, marker or "", len(digests))
    return found


def wanted(path: Path) -> list[Requirement]:
    """What pyproject.toml asks for, by the file's name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    more = extras[path.stem] if path.stem != "base" else []
    return [Requirement(one) for one in (*project["dependencies"], *extras["licences"], *more)]


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.stem)
def test_pins_are_what_pyproject_asks_for_by_digest_and_from_nowhere_in_particular(path):
    found = pinned(path)
    assert all(count for _, _, count in found.values())
    assert "://" not in path.read_text(encoding="utf-8")
    for need in wanted(path):
        version, marker, _ = found[canonicalize_name(need.name)]
        assert need.specifier.contains(version), need
        assert not marker


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.stem)
def test_pins_leave_out_nothing_that_those_need_in_turn(path):
    """As the packages that are installed here tell it: pip is not to look for anything more."""
    found, open_, seen = pinned(path), wanted(path), set()
    while open_:
        need = open_.pop()
        name = canonicalize_name(need.name)
        assert name in found
        if name not in seen:
            seen.add(name)
            asked = [Requirement(text) for text in metadata.requires(name) or ()]
            open_ += [one for one in asked if one.marker is None or one.marker.evaluate({"extra": ""})]
    assert found.keys() - seen <= {"typing-extensions"}, "nothing but what some Python needs"


def test_there_are_pins_for_every_action():
    assert {path.stem for path in PINS} == {action.extra or "base" for action in ACTIONS}
