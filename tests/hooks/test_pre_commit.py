"""Our hook definition under the real pre-commit and the real prek: a field of it closes each trap of the frameworks."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from hooks.kit import Repository, empty
from osgate import surfaces
from osgate.formats.table import MANIFESTS, match

pytestmark = pytest.mark.real

ROOT = Path(__file__).resolve().parents[2]
FRAMEWORKS = {
    "pre-commit": (sys.executable, "-m", "pre_commit"),
    "prek": (str(Path(sys.executable).with_name("prek")),),
}


@pytest.fixture(params=FRAMEWORKS)
def framework(request):
    """The words that start a framework."""
    return FRAMEWORKS[request.param]


@pytest.fixture
def definition():
    (only,) = yaml.safe_load(surfaces.hook_definitions())
    return only


@pytest.fixture(scope="session", params=FRAMEWORKS)
def installed(request, recording, tmp_path_factory):
    """A repository with our definition under a framework, the recorder in osgate's place."""
    (local,) = yaml.safe_load(surfaces.hook_definitions())
    program, *arguments = shlex.split(local["entry"])
    assert program == "osgate"
    local |= {"entry": shlex.join([str(recording), *arguments]), "language": "system"}
    repository = empty(tmp_path_factory.mktemp("installed") / request.param)
    repository.write(".pre-commit-config.yaml", json.dumps({"repos": [{"repo": "local", "hooks": [local]}]}))
    repository.git("commit", "--quiet", "--no-verify", "-m", "set up")
    done = repository.run(*FRAMEWORKS[request.param], "install", "-t", "pre-commit", "-t", "pre-merge-commit")
    assert done.returncode == 0, done.stderr
    return repository.path


@pytest.fixture
def hooked(installed, recorder, tmp_path):
    """A copy of it."""
    return Repository(shutil.copytree(installed, tmp_path / "repository", symlinks=True))


def test_the_manifest_is_valid_and_nothing_in_it_is_deprecated(repository, framework, tmp_path):
    manifest = tmp_path / "hooks.yaml"
    manifest.write_text(surfaces.hook_definitions(), encoding="utf-8")
    done = repository.run(*framework, "validate-manifest", str(manifest))
    said = (done.stdout + done.stderr).strip()
    assert (done.returncode, said.removeprefix("success: All manifests are valid")) == (0, "")


def test_a_commit_without_a_manifest_starts_nothing(hooked, recorder):
    hooked.write("src/main.py", "print()\n")
    assert hooked.commit().returncode == 0
    assert recorder.calls == []


@pytest.mark.parametrize("name", ["package-lock.json", "a/b/package.json", ".osgate/config.toml"])
def test_a_commit_with_a_file_of_interest_starts_it_without_file_names(hooked, recorder, name):
    hooked.write(name)
    assert hooked.commit().returncode == 0
    assert recorder.calls == [{"args": ["check", "--staged"], "staged": [name]}]


def test_a_lockfile_that_is_a_symbolic_link_is_not_skipped(hooked, recorder):
    (hooked.path / "package-lock.json").symlink_to("elsewhere.json")
    hooked.git("add", "package-lock.json")
    assert hooked.commit().returncode == 0
    assert [call["staged"] for call in recorder.calls] == [["package-lock.json"]]


def test_many_lockfiles_are_one_process_that_sees_them_all(hooked, recorder):
    names = sorted(f"service-{n:02}/package-lock.json" for n in range(60))
    for name in names:
        (hooked.path / name).parent.mkdir()
        (hooked.path / name).write_text("{}\n", encoding="utf-8")
    hooked.git("add", ".")
    assert hooked.commit().returncode == 0
    assert recorder.calls == [{"args": ["check", "--staged"], "staged": names}]


def test_what_a_passing_hook_says_is_shown(hooked):
    hooked.write("package-lock.json")
    done = hooked.commit()
    assert done.returncode == 0
    assert "warning: seen by the recorder" in done.stdout + done.stderr


@pytest.mark.parametrize("code", ["1", "4"])
def test_every_exit_code_but_zero_stops_the_commit(hooked, code):
    hooked.write("package-lock.json")
    assert hooked.commit(RECORDER_EXIT=code).returncode != 0
    assert hooked.git("log", "--format=%s").split("\n")[0] == "set up"


def test_a_merge_that_brings_a_lockfile_is_checked(hooked, recorder):
    hooked.git("checkout", "--quiet", "-b", "side")
    hooked.write("package-lock.json")
    hooked.git("commit", "--quiet", "--no-verify", "-m", "lock")
    hooked.git("checkout", "--quiet", "main")
    hooked.write("readme", "text\n")
    hooked.git("commit", "--quiet", "--no-verify", "-m", "other")
    assert hooked.run("git", "merge", "--quiet", "--no-edit", "side", RECORDER_EXIT="1").returncode != 0
    assert [call["staged"] for call in recorder.calls] == [["package-lock.json"]]


def test_what_is_not_staged_is_not_part_of_the_commit(hooked, recorder):
    hooked.write("package-lock.json")
    (hooked.path / "package-lock.json").write_text('{"later": 1}\n', encoding="utf-8")
    (hooked.path / "requirements.txt").write_text("x\n", encoding="utf-8")
    assert hooked.commit().returncode == 0
    assert [call["staged"] for call in recorder.calls] == [["package-lock.json"]]
    assert "later" in (hooked.path / "package-lock.json").read_text(encoding="utf-8")


def test_pre_push_is_left_to_our_own_hook(definition):
    """The framework hands pre-push only the first of several pushed refs."""
    assert set(definition["stages"]) == {"pre-commit", "pre-merge-commit", "manual"}


def test_the_installed_program_observes_where_nothing_is_set_up(hooked, definition):
    """The same definition with the real osgate: without `.osgate/` it says what it would block, and lets it through."""
    program = Path(sys.executable).with_name("osgate")
    local = {**definition, "entry": f"{shlex.quote(str(program))} check --staged", "language": "system"}
    hooked.write(".pre-commit-config.yaml", json.dumps({"repos": [{"repo": "local", "hooks": [local]}]}))
    lock = {"lockfileVersion": 3, "packages": {"": {}, "node_modules/left-pad": {"version": "1.3.0"}}}
    hooked.write("package-lock.json", json.dumps(lock))
    done = hooked.commit()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "OSG101" in done.stdout + done.stderr


def test_the_pattern_is_the_table_of_formats(definition):
    names = SAMPLES + [f"deep/er/{name}" for name in SAMPLES] + [f"x{name}" for name in SAMPLES]
    seen = {name for name in names if re.search(definition["files"], name)}
    written = {name for name in names if name.rpartition("/")[2] in MANIFESTS}
    assert seen == {name for name in names if match(name) or name.startswith(".osgate/")} | written
    assert "deep/er/package.json" in written
    assert {name for name in SAMPLES if name in seen} not in (set(), set(SAMPLES))


def test_git_pathspecs_name_the_same_files_as_the_pattern(repository, definition):
    """The native hook asks git, the framework asks a regular expression, from wherever git is started."""
    names = SAMPLES + [f"deep/er/{name}" for name in SAMPLES] + [f"x{name}" for name in SAMPLES]
    blob = repository.git("hash-object", "-w", "--stdin").strip()
    entries = "".join(f"100644 {blob}\t{name}\0" for name in names)
    subprocess.run(
        ["git", "update-index", "-z", "--index-info"], input=entries.encode(), cwd=repository.path, check=True
    )
    (repository.path / "deep").mkdir()
    for start in (repository.path, repository.path / "deep"):
        listed = subprocess.run(
            ["git", "ls-files", "--full-name", "-z", "--", *surfaces.pathspecs()],
            cwd=start,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert set(listed.split("\0")) - {""} == {name for name in names if re.search(definition["files"], name)}


SAMPLES = [
    ".osgate/config.toml",
    ".osgate/policy/own.toml",
    ".github/workflows/ci.yml",
    ".github/workflows/ci.yaml",
    ".github/workflows/deeper/ci.yml",
    "Package-Lock.json",
    "action.yml",
    "action.yaml",
    "actions.yml",
    "base-requirements.in",
    "constraints-3.11.txt",
    "constraints.txt",
    "dev-requirements.txt",
    "my.constraints.in",
    "npm-shrinkwrap.json",
    "package-lock.json",
    "package-lock.json.bak",
    "package-lock.json.d/inside",
    "package.json",
    "requirements.txt.d/x",
    "requirements-dev.txt",
    "requirements.md",
    "requirements.txt",
    "requirements/deeper/base.txt",
    "requirements/base.in",
    "requirements/base.txt",
    "requirements_总.txt",
    "src/main.py",
]
