"""The GitLab templates, run: included, as a component of another project, with wrong inputs, bent by an application.

gitlab-ci-local does what GitLab's parser and runner do; what it cannot show (which runner, who may change the
configuration path) no test here claims.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cli.kit import git, lockfile
from osgate.testing.git_http import serving
from real import gitlab_runner

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from real.conftest import Trust
    from real.gitlab_runner import Ran, Runner

pytestmark = pytest.mark.real

TEMPLATES = Path(__file__).resolve().parents[2] / "gitlab-templates"
POLICY = "https://git.example.com/oss/policy"
APPROVED, UNKNOWN = lockfile("left-pad@1.3.0"), lockfile("left-pad@1.3.0", "is-odd@3.0.1")
MERGE_REQUEST = {
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_PROJECT_ID": "7",
    "CI_DEFAULT_BRANCH": "main",
    "CI_SERVER_URL": "https://git.example.com",
    "CI_MERGE_REQUEST_IID": "4",
    "CI_MERGE_REQUEST_PROJECT_ID": "7",
    "CI_MERGE_REQUEST_PROJECT_PATH": "bank/app",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
}
BRANCH = {"CI_DEFAULT_BRANCH": "main", "CI_COMMIT_BRANCH": "fix", "CI_COMMIT_BEFORE_SHA": "0" * 40}


class Server:
    """Projects behind smart HTTP, and clones of them as a runner makes them."""

    def __init__(self, folder: Path, address: str, runner: Runner, inputs: Mapping[str, Any]) -> None:
        self.folder, self.address, self.runner, self.inputs = folder, address, runner, inputs
        self._clones = 0

    def project(self, path: str, *commits: Mapping[str, str], tag: str = "") -> list[str]:
        """Make a project with these commits, all but the last on `main`, the last on `fix`; return their ids."""
        work = self.folder / "work" / path
        work.mkdir(parents=True)
        git(work, "init", "--quiet")
        made = []
        for number, files in enumerate(commits):
            if number and number == len(commits) - 1:
                git(work, "checkout", "--quiet", "-b", "fix")
            for name, text in files.items():
                (work / name).parent.mkdir(parents=True, exist_ok=True)
                (work / name).write_text(text, encoding="utf-8")
            git(work, "add", "--all")
            git(work, "commit", "--quiet", "--allow-empty", "-m", "change")
            made.append(git(work, "rev-parse", "HEAD"))
        if tag:
            git(work, "tag", tag)
        bare = self.folder / "projects" / f"{path}.git"
        bare.parent.mkdir(parents=True, exist_ok=True)
        git(work, "clone", "--quiet", "--bare", str(work), str(bare))
        return made

    def run(self, path: str, commit: str, told: Mapping[str, str], file: str = ".gitlab-ci.yml") -> Ran:
        """Run a pipeline of a project for a commit."""
        self._clones += 1
        clone = self.folder / f"clone{self._clones}"
        gitlab_runner.checkout(f"{self.address}/{path}.git", commit, clone)
        return self.runner.run(clone, told, file)


@pytest.fixture
def server(tmp_path: Path, runner: Runner, trust: Trust) -> Iterator[Server]:
    inputs = {
        "install": "none",
        "path": gitlab_runner.search_path(tmp_path),
        "tags": ["gate"],
        "lock": trust.lock,
        "branches": "main",
        "policy_url": POLICY,
    }
    with serving(tmp_path / "projects") as address:
        yield Server(tmp_path, address, runner, inputs)


def config(*includes: Any, **jobs: Any) -> str:
    """A pipeline's file. JSON is YAML."""
    return json.dumps({"include": list(includes), **jobs})


def template(inputs: Mapping[str, Any], name: str = "check") -> dict[str, Any]:
    return {"local": f"templates/{name}.yml", "inputs": dict(inputs)}


def copied(name: str = "check") -> dict[str, str]:
    path = f"templates/{name}.yml"
    return {path: (TEMPLATES / path).read_text(encoding="utf-8")}


BUILD = {"stage": "test", "script": ["echo built"]}


def test_an_included_template_blocks_tells_and_passes(server):
    base = {**copied(), ".gitlab-ci.yml": config(template(server.inputs), build=BUILD)}
    _, head = server.project("bank/app", base, {"package-lock.json": UNKNOWN})
    ran = server.run("bank/app", head, MERGE_REQUEST)
    assert ran.jobs == {"osgate": "FAIL", "build": "PASS"}, ran.said
    assert "is-odd 3.0.1" in ran.log("osgate")
    assert f"{POLICY}/-/issues/new?" in ran.log("osgate")
    findings = json.loads(ran.artifact("osgate", "osgate-reports/codequality.json"))
    assert [found["location"]["path"] for found in findings] == ["package-lock.json"]
    (link,) = json.loads(ran.artifact("osgate", "osgate-reports/annotations.json"))["osgate"]
    assert link["external_link"]["url"].startswith(POLICY)
    assert "is-odd" in ran.artifact("osgate", "osgate-reports/junit.xml")
    assert not (ran.folder / ".gitlab-ci-local/artifacts/osgate/osgate-reports/osgate.sarif").exists()


KINDS = {
    "merge request": MERGE_REQUEST,
    "merge train": {**MERGE_REQUEST, "CI_MERGE_REQUEST_EVENT_TYPE": "merge_train"},
    "branch": {**BRANCH, "CI_PIPELINE_SOURCE": "push"},
    "trigger": {**BRANCH, "CI_PIPELINE_SOURCE": "trigger"},
    "schedule of a branch": {**BRANCH, "CI_PIPELINE_SOURCE": "schedule"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_pipeline_has_the_gate(server, kind):
    base = {**copied(), ".gitlab-ci.yml": config(template({**server.inputs, "sarif": True}))}
    main, head = server.project("bank/app", base, {"package-lock.json": UNKNOWN})
    told = {**KINDS[kind]}
    if "train" in kind:
        told["CI_MERGE_REQUEST_TARGET_BRANCH_SHA"] = main
    ran = server.run("bank/app", head, told)
    assert ran.jobs == {"osgate": "FAIL"}, ran.said
    assert json.loads(ran.artifact("osgate", "osgate-reports/osgate.sarif"))["version"] == "2.1.0"


def test_a_schedule_on_the_guarded_branch_reads_the_whole_tree(server):
    base = {**copied(), ".gitlab-ci.yml": config(template(server.inputs)), "package-lock.json": UNKNOWN}
    main, _ = server.project("bank/app", base, {})
    told = {"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"}
    ran = server.run("bank/app", main, told)
    assert ran.jobs == {"osgate": "PASS"}, ran.said
    assert json.loads(ran.artifact("osgate", "osgate-reports/osgate.json"))["whole"] is True


def test_a_component_of_another_project_is_fetched_by_its_version(server):
    shutil.copytree(TEMPLATES, server.folder / "component")
    files = {path.relative_to(TEMPLATES).as_posix(): path.read_text("utf-8") for path in TEMPLATES.rglob("*.yml")}
    server.project("oss/osgate", files, tag="1.2.0")
    host = server.address.removeprefix("http://")
    component = {"component": f"{host}/oss/osgate/check@1.2", "inputs": server.inputs}
    _, head = server.project(
        "bank/app", {".gitlab-ci.yml": config(component)}, {"package-lock.json": APPROVED, "README": "x"}
    )
    ran = server.run("bank/app", head, MERGE_REQUEST)
    assert ran.jobs == {"osgate": "PASS"}, ran.said
    _, bad = server.project("bank/bad", {".gitlab-ci.yml": config(component)}, {"package-lock.json": UNKNOWN})
    assert server.run("bank/bad", bad, MERGE_REQUEST).jobs == {"osgate": "FAIL"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "lenient"},
        {"branches": "main'; exit 0; '"},
        {"path": "$HOME/bin"},
        {"sarif": "perhaps"},
        {"tags": "one"},
        {"lock": "{'}"},
    ],
    ids=["option", "pattern", "variable", "type", "array", "quote"],
)
def test_a_wrong_input_starts_no_job(server, wrong):
    (head,) = server.project("bank/app", {**copied(), ".gitlab-ci.yml": config(template({**server.inputs, **wrong}))})
    ran = server.run("bank/app", head, MERGE_REQUEST)
    assert ran.jobs == {}, ran.said
    assert ran.code != 0


def evil(folder: Path) -> str:
    """A search path on which python3, git and env end well and do nothing."""
    (folder / "evil").mkdir()
    for name in ("python3", "git", "env", "mktemp"):
        (folder / "evil" / name).write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
        (folder / "evil" / name).chmod(0o755)
    # gitlab-ci-local looks for it on the job's own path, which a runner does not.
    (folder / "evil/bash").symlink_to("/bin/bash")
    return str(folder / "evil")


def bending(folder: Path) -> dict[str, Any]:
    """An application's pipeline that tries everything on the job of the gate."""
    (folder / "evil.sh").write_text("exit 0\n", encoding="utf-8")
    hostile = {
        "CI_PIPELINE_SOURCE": "schedule",
        "CI_MERGE_REQUEST_IID": "",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "fix",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": "HEAD",
        "CI_DEFAULT_BRANCH": "fix",
        "PATH": evil(folder),
        "BASH_ENV": str(folder / "evil.sh"),
        "PYTHONPATH": str(folder / "evil"),
        "GIT_DIR": str(folder / "evil"),
        "GIT_CONFIG_GLOBAL": str(folder / "evil.sh"),
        "OSGATE_CACHE": str(folder / "evil"),
        "HOME": str(folder / "evil"),
    }
    return {
        "stages": ["build", "test"],
        "default": {"before_script": ["exit 0"], "image": "evil"},
        "variables": hostile,
        "forge": {"stage": "build", "script": ["env > /dev/null; echo CI_PIPELINE_SOURCE=schedule > a.env"],
                  "artifacts": {"reports": {"dotenv": "a.env"}}},
        "osgate": {
            "stage": "build",
            "image": "evil",
            "extends": ".open",
            "before_script": ["exit 0"],
            "script": ["exit 0"],
            "after_script": ["exit 0"],
            "allow_failure": True,
            "needs": ["forge"],
            "dependencies": ["forge"],
            "variables": hostile,
            "retry": 2,
            "rules": [{"when": "never"}],
            "tags": ["mine"],
            "cache": {"paths": ["."]},
        },
        ".open": {"allow_failure": True, "script": ["exit 0"]},
        ".osgate-sarif-false": {"script": ["exit 0"], "allow_failure": True, "rules": [{"when": "never"}]},
    }  # fmt: skip


def test_an_application_that_bends_the_gates_job_is_still_blocked(server, tmp_path):
    """The configuration path names the policy project's file; it takes in the application's, then the gate."""
    gate = config({"local": ".gitlab-ci.yml"}, template(server.inputs))
    base = {**copied(), "gate.yml": gate, ".gitlab-ci.yml": json.dumps({"build": BUILD})}
    _, head = server.project(
        "bank/app", base, {".gitlab-ci.yml": json.dumps(bending(tmp_path)), "package-lock.json": UNKNOWN}
    )
    ran = server.run("bank/app", head, MERGE_REQUEST, "gate.yml")
    assert ran.jobs == {"forge": "PASS", "osgate": "FAIL"}, ran.said
    assert "is-odd 3.0.1" in ran.log("osgate")
    assert "main" in ran.log("osgate")


def test_the_same_without_the_gate_last_would_be_open(server, tmp_path):
    """The control: in the other order the application's job wins, so the test above can fail."""
    gate = config(template(server.inputs), {"local": ".gitlab-ci.yml"})
    base = {**copied(), "gate.yml": gate, ".gitlab-ci.yml": json.dumps({"build": BUILD})}
    hostile = {"osgate": {"script": ["echo open"]}, "build": BUILD}
    _, head = server.project("bank/app", base, {".gitlab-ci.yml": json.dumps(hostile), "package-lock.json": UNKNOWN})
    assert server.run("bank/app", head, MERGE_REQUEST, "gate.yml").jobs["osgate"] == "PASS"


def test_what_an_earlier_job_hands_on_does_not_reach_the_gate(server):
    forge = {
        "stage": "build",
        "script": ["printf 'CI_PIPELINE_SOURCE=schedule\\nCI_MERGE_REQUEST_IID=\\n' > a.env"],
        "artifacts": {"reports": {"dotenv": "a.env"}, "paths": ["a.env"]},
    }
    reader = {"stage": "test", "needs": ["forge"], "script": ["echo source=$CI_PIPELINE_SOURCE; test -f a.env"]}
    file = config(template({**server.inputs, "branches": ""}), stages=["build", "test"], forge=forge, reader=reader)
    _, head = server.project("bank/app", {**copied(), ".gitlab-ci.yml": file}, {"package-lock.json": UNKNOWN})
    ran = server.run("bank/app", head, MERGE_REQUEST)
    assert (ran.jobs["osgate"], ran.jobs["forge"]) == ("FAIL", "PASS"), ran.said


def test_an_application_in_a_pipeline_of_its_own_cannot_touch_the_gate(server):
    """The recipe's own form: the application's file is a child pipeline, and shares nothing with the gate."""
    child = {"stage": "test", "trigger": {"include": [{"local": ".gitlab-ci.yml"}], "strategy": "depend"}}
    base = {**copied(), "gate.yml": config(template(server.inputs), application=child)}
    hostile = {
        "variables": {"PATH": "/nowhere"},
        "osgate": {"variables": {"PATH": "/usr/bin:/bin"}, "script": ["true"]},
    }
    _, head = server.project("bank/app", base, {".gitlab-ci.yml": json.dumps(hostile), "package-lock.json": UNKNOWN})
    ran = server.run("bank/app", head, MERGE_REQUEST, "gate.yml")
    assert ran.jobs["osgate"] == "FAIL", ran.said
    assert "is-odd 3.0.1" in ran.said


ARGUMENTS = "#!/bin/sh\nprintf '%s\\n' \"$@\"\n"
# Any file will do for a key: nothing here signs.
KEYS = {"OSGATE_TOKEN": "t", "OSGATE_DESK_KEY": __file__, "OSGATE_WITNESS_KEY": __file__}
OWN_BRANCH = {"CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main", "CI_COMMIT_REF_PROTECTED": "true"}


@pytest.fixture
def told(server):
    """A policy project with the templates; osgate only says how it was called."""
    (server.folder / "programs/python3").write_text(ARGUMENTS, encoding="utf-8")
    common = {name: server.inputs[name] for name in ("install", "path", "tags")}

    def run(name: str, source: str, more: Mapping[str, str] | None = None, **inputs: Any) -> Ran:
        file = config(template({**common, **inputs}, name), never={"rules": [{"when": "never"}], "script": ["true"]})
        path = f"oss/{name}{server._clones}"
        (head,) = server.project(path, {**copied(name), ".gitlab-ci.yml": file})
        return server.run(path, head, {**OWN_BRANCH, "CI_PIPELINE_SOURCE": source, **(more or {})})

    return run


def test_the_desk_runs_on_its_protected_branch_and_nowhere_else(told):
    ran = told("desk", "trigger", KEYS, group="bank/apps", bell="12", pages=False)
    assert ran.jobs == {"osgate-desk": "PASS"}, ran.said
    said = ran.log("osgate-desk").split()
    assert said[said.index("--group") + 1] == "bank/apps"
    for flag, value in (("--key", "/desk"), ("--witness", "/witness")):
        assert said[said.index(flag) + 1].endswith(value)
    assert said[said.index("--bell") + 1] == "12"
    assert told("desk", "merge_request_event", group="bank").jobs == {}
    assert told("desk", "push", {"CI_COMMIT_REF_PROTECTED": "false"}, group="bank").jobs == {}
    assert told("desk", "push", {"CI_COMMIT_BRANCH": "mine"}, group="bank").jobs == {}


def test_a_schedule_also_tells_what_is_due(told):
    ran = told("desk", "schedule", KEYS, group="bank", pages=False, notify=True)
    # The stand-in publishes and writes nothing, so that neither job ends well: both were called.
    assert set(ran.jobs) == {"osgate-desk", "osgate-desk-due"}, ran.said
    said = ran.log("osgate-desk-due").split()
    assert said[said.index("--format") + 1] == "digest"


def test_a_desk_without_its_keys_says_so(told):
    ran = told("desk", "schedule", group="bank")
    assert ran.jobs["osgate-desk"] == "FAIL"
    assert "OSGATE_TOKEN" in ran.said


def test_a_key_that_is_no_file_is_never_printed(told):
    ran = told("desk", "schedule", {**KEYS, "OSGATE_WITNESS_KEY": "-----BEGIN SECRET"}, group="bank")
    assert ran.jobs["osgate-desk"] == "FAIL"
    assert "OSGATE_WITNESS_KEY has to be a variable of type file" in ran.said
    assert "BEGIN SECRET" not in ran.said


def test_the_bell_answers_triggers_alone(told):
    ran = told("bell", "trigger", policy_project="oss/policy", address="http://127.0.0.1:9")
    assert ran.jobs == {"osgate-bell": "PASS"}, ran.said
    assert ran.log("osgate-bell").split()[-6:] == [
        "--address",
        "http://127.0.0.1:9",
        "--policy-project",
        "oss/policy",
        "--ref",
        "main",
    ]
    assert told("bell", "push", policy_project="oss/policy", address="http://127.0.0.1:9").jobs == {}


ENFORCING = {"CI_PIPELINE_SCHEDULE_DESCRIPTION": "osgate-enforce", "OSGATE_ENFORCE_TOKEN": "t"}


def test_enforce_shows_unless_it_is_told_to_write(told):
    bell = {"OSGATE_BELL_URL": "https://git.example.com/bell"}
    ran = told("enforce", "schedule", {**ENFORCING, **bell}, group="bank", bell="oss/bell")
    assert ran.jobs == {"osgate-enforce": "PASS"}, ran.said
    said = ran.log("osgate-enforce").split()
    assert "--write" not in said
    assert [said[said.index(flag) + 1] for flag in ("--bell", "--bell-project", "--policy")] == [
        "https://git.example.com/bell",
        "oss/bell",
        ".",
    ]
    assert said.index("enforce") < said.index("doctor")
    assert "--write" in told("enforce", "schedule", ENFORCING, group="bank", write=True).log("osgate-enforce").split()


def test_enforce_runs_in_its_own_schedule_and_in_a_project_of_its_own_in_every_one(told):
    assert told("enforce", "schedule", {"OSGATE_ENFORCE_TOKEN": "t"}, group="bank").jobs == {}
    assert told("enforce", "web", ENFORCING, group="bank").jobs == {}
    assert told("desk", "schedule", {**KEYS, **ENFORCING}, group="bank").jobs == {}
    alone = {"group": "bank", "schedule": "", "policy_project": "oss/policy"}
    said = told("enforce", "schedule", {"OSGATE_ENFORCE_TOKEN": "t"}, **alone).log("osgate-enforce").split()
    assert said[said.index("--policy-project") + 1] == "oss/policy"
    assert "--policy" not in said


def test_enforce_without_its_token_says_so(told):
    ran = told("enforce", "schedule", {**KEYS, "CI_PIPELINE_SCHEDULE_DESCRIPTION": "osgate-enforce"}, group="bank")
    assert ran.jobs == {"osgate-enforce": "FAIL"}
    assert "OSGATE_ENFORCE_TOKEN" in ran.said
