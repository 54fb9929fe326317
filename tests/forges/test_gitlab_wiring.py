"""Which identity goes to which server, and that nobody pays for a forge who does not use one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from osgate.errors import UsageError
from osgate.forges.gitlab.adapter import GitLab
from osgate.wiring_forges import credential, forge

HERE = "https://forge.example.test/gitlab"
JOB = {"CI_SERVER_URL": HERE, "CI_API_V4_URL": f"{HERE}/api/v4", "CI_JOB_TOKEN": "job-0123456789"}
ASK = """
import sys
from osgate.errors import UsageError
from osgate.wiring_forges import credential, forge
{before}
try:
    forge("gitlab", "https://forge.example.test", {{"OSGATE_TOKEN": "x"}})
except UsageError as error:
    print(error.code, error.params["extra"])
print(" ".join(name for name in ("gitlab", "requests") if sys.modules.get(name)))
"""


def run(code: str, folder: Path) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_in_a_job_the_forge_is_the_one_that_runs_it_and_its_token_only_reads():
    found = forge("gitlab", "", JOB)
    assert isinstance(found, GitLab)
    assert (found.kind, found.address, found.client.reads_only) == ("gitlab", HERE, True)


@pytest.mark.parametrize("named", [{"CI_SERVER_URL": f"{HERE}/"}, {"CI_API_V4_URL": f"{HERE}/api/v4"}])
def test_either_of_the_two_variables_says_where_the_server_is(named: dict[str, str]):
    assert forge("gitlab", "", {**named, "OSGATE_TOKEN": "x"}).address == HERE


def test_a_token_of_its_own_comes_before_the_jobs():
    found = forge("gitlab", "", {**JOB, "OSGATE_TOKEN": " pasted-with-blanks\n"})
    assert isinstance(found, GitLab)
    assert not found.client.reads_only


def test_an_address_said_comes_before_the_environments():
    environ = {**JOB, "OSGATE_TOKEN": "x", "OSGATE_FORGE_URL": "https://other.example.test"}
    assert forge("gitlab", "", environ).address == "https://other.example.test"
    assert forge("gitlab", "https://third.example.test/", environ).address == "https://third.example.test"


@pytest.mark.parametrize(
    ("kind", "address", "environ", "code"),
    [
        ("bitbucket", "", JOB, "forge.kind"),
        ("gitlab", "", {"OSGATE_TOKEN": "x"}, "forge.no-address"),
        ("gitlab", "forge.example.test", {"OSGATE_TOKEN": "x"}, "forge.address"),
        ("gitlab", "https://me:secret@forge.example.test", {"OSGATE_TOKEN": "x"}, "forge.address"),
        ("gitlab", "https://forge.example.test?x", {"OSGATE_TOKEN": "x"}, "forge.address"),
        ("gitlab", "", {"CI_SERVER_URL": HERE}, "forge.no-token"),
        ("gitlab", "https://elsewhere.example.test", JOB, "forge.no-token"),
        ("gitlab", HERE, {"OSGATE_TOKEN": "two words"}, "forge.token-malformed"),
        ("gitlab", HERE, {"OSGATE_TOKEN": "令牌"}, "forge.token-malformed"),
        ("gitea", "", {"OSGATE_TOKEN": "x"}, "forge.no-address"),
        ("gitee", "https://forge.example.test", JOB, "forge.no-token"),
    ],
)
def test_what_is_missing_or_malformed_is_named(kind: str, address: str, environ: dict[str, str], code: str):
    with pytest.raises(UsageError) as caught:
        forge(kind, address, environ)
    assert caught.value.code == code
    assert not {"secret", "two words", "令牌"} & set(map(str, caught.value.params.values()))


def test_without_the_extra_it_says_what_to_install(tmp_path: Path):
    assert run(ASK.format(before='sys.modules["gitlab"] = None'), tmp_path) == ["forge.extra osgate[gitlab]", ""]
    assert run(ASK.format(before=""), tmp_path) == ["gitlab requests"]


@pytest.mark.parametrize(
    "code",
    [
        "import osgate.cli",
        "from osgate.cli import main; assert main(['check', '--staged']) == 0",
        "import osgate.wiring_forges, osgate.forges.protocol",
    ],
)
def test_nobody_else_loads_it(code: str, tmp_path: Path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    last = run(
        f"{code}\nimport sys\nprint([n for n in ('gitlab', 'requests', 'urllib3') if n in sys.modules])", tmp_path
    )
    assert last[-1] == "[]"


def test_git_goes_by_the_token_that_the_forge_is_asked_with():
    there = forge("gitlab", "", JOB)
    assert credential(there, JOB) == ("gitlab-ci-token", "job-0123456789")
    assert credential(there, {**JOB, "OSGATE_TOKEN": "own-0123456789"}) == ("oauth2", "own-0123456789")
    other = forge("gitea", "https://gitea.example.test", {"OSGATE_TOKEN": "own-0123456789"})
    assert credential(other, {"CI_JOB_TOKEN": "job"}) == ("", "")
    hub = {"GITHUB_SERVER_URL": "https://hub.example.test", "GITHUB_TOKEN": "run-0123456789"}
    assert credential(forge("github", "", hub), hub) == ("x-access-token", "run-0123456789")
