"""What the actions' scripts do, run by bash: osgate only says how it was called, the server is a folder."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from osgate.surfaces_github import ACTIONS, Action, scripts

PEM = "-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----"
# In place of the Python that has osgate: its path, a token for git, files that were asked for, and how it was called.
STAND_IN = """\
#!/bin/sh
case "$*" in
*ready.py*) echo "$0"; exit ;;
*credential.py*) echo ghs_of_an_hour; exit ;;
"-I -c "*) exec python3 "$@" ;;
esac
echo "called $*" >> "$CALLED"
env | grep -E '^(OSGATE_(TOKEN|APP_ID|APP_KEY_FILE)|IN_APP_KEY)=' | sort >> "$CALLED"
if [ -n "${OSGATE_APP_KEY_FILE-}" ]; then cp -p "$OSGATE_APP_KEY_FILE" "$CALLED.pem"; fi
verb=$4
while [ $# -gt 0 ]; do
  case $1 in
  --publish)
    mkdir -p "$2"
    printf '{"issued": "%s"}' "${ISSUED-$(date -u +%Y-%m-%dT%H:%M:%SZ)}" > "$2/manifest.json"
    ;;
  --output) echo '# due' > "$2" ;;
  --state) cat "$2"/* >> "$CALLED" 2> "/dev/null"; echo "told $ROUND" > "$2/event-$ROUND"; touch "$2/lock" ;;
  esac
  shift
done
case " $FAILING " in *" $verb "*) exit 4 ;; esac
"""


class Runner:
    """A runner's job. called: how osgate was called, with the words of its identity; done: the script's end."""

    def __init__(self, root: Path) -> None:
        self.root, self.log, self.summary = root, root / "called", root / "summary.md"
        self.python = root / "python"
        self.python.write_text(STAND_IN, encoding="utf-8")
        self.python.chmod(0o755)
        (root / "temp").mkdir()
        self.policy = root / "bank/policy.git"
        # Of the stand-in: the commands that end with 4, the manifest's time, what is told.
        self.stands_in: dict[str, str] = {"FAILING": "", "ROUND": "1"}

    def serve(self) -> None:
        """Have a policy repository at the server."""
        work = str(self.root / "theirs")
        for argv in (
            ["git", "init", "--quiet", "--bare", str(self.policy)],
            ["git", "init", "--quiet", work],
            ["git", "-C", work, "commit", "--quiet", "--allow-empty", "-m", "x"],
            ["git", "-C", work, "push", "--quiet", str(self.policy), "HEAD:refs/heads/main"],
        ):
            subprocess.run(argv, check=True)

    def run(self, name: str, **inputs: str) -> subprocess.CompletedProcess[str]:
        """Run an action with these inputs, and its defaults for the rest."""
        (action,) = [one for one in ACTIONS if one.name == name]
        given = {one.name: one.default or "" for one in action.inputs}
        told = {
            "GITHUB_ACTION_PATH": "/nowhere",
            "GITHUB_SERVER_URL": f"file://{self.root}",
            "GITHUB_REPOSITORY": "bank/policy",
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "RUNNER_TEMP": str(self.root / "temp"),
            "CALLED": str(self.log),
            **self.stands_in,
            **{f"IN_{key.upper()}": value for key, value in {**given, "python": str(self.python), **inputs}.items()},
        }
        return subprocess.run(
            ["bash", "-c", action.script.replace(" @extra@", "")],
            env={**os.environ, **told},
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )

    def pushed(self, branch: str) -> list[str]:
        """The files of a branch of the policy repository; none where there is no such branch."""
        show = ["git", "--git-dir", str(self.policy), "ls-tree", "--name-only", branch]
        done = subprocess.run(show, capture_output=True, text=True, check=False)
        return done.stdout.split()

    @property
    def called(self) -> list[str]:
        """The lines that were logged."""
        return self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


NEEDED = {"organization": "bank", "desk_key": "desk", "witness_key": "witness"}


@pytest.mark.parametrize("action", ["desk", "due", "enforce"])
@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"token": "t", "app_id": "12", "app_key": PEM},
        {"token": "t", "app_id": "12"},
        {"app_id": "12"},
        {"app_key": PEM},
    ],
    ids=["none", "both", "token and half an app", "no key", "no id"],
)
def test_who_acts_is_a_token_or_a_whole_app_and_nothing_is_run_before_that_is_clear(
    runner: Runner, action: str, inputs: dict[str, str]
) -> None:
    known = {"desk": NEEDED, "due": {}, "enforce": {"organization": "bank"}}[action]
    done = runner.run(action, **known, **inputs)
    assert (done.returncode, runner.called) == (2, [])
    assert done.stdout.count("::error::") == 2
    assert "app_id" in done.stdout
    assert PEM.splitlines()[1] not in done.stdout + done.stderr


def test_an_apps_key_is_in_a_file_for_nobody_else_and_gone_at_the_end(runner: Runner) -> None:
    done = runner.run("desk", **NEEDED, app_id="12", app_key=PEM)
    assert done.returncode == 0, done.stderr
    call, *identity = runner.called
    assert call.startswith("called -I -m osgate desk --forge github")
    assert [line.partition("=")[0] for line in identity] == ["OSGATE_APP_ID", "OSGATE_APP_KEY_FILE"]
    kept = runner.log.with_name("called.pem")
    assert (kept.read_text(encoding="utf-8"), stat.S_IMODE(kept.stat().st_mode)) == (f"{PEM}\n", 0o600)
    assert list((runner.root / "temp").iterdir()) == []


def test_a_token_is_enough_as_ever(runner: Runner) -> None:
    done = runner.run("desk", **NEEDED, token="a-token")
    assert done.returncode == 0, done.stderr
    assert runner.called[1:] == ["OSGATE_TOKEN=a-token"]
    assert "--check" not in runner.called[0].split()


def test_pages_are_pushed_with_an_apps_own_token_which_is_masked_before_it_is_used(runner: Runner) -> None:
    runner.serve()
    done = runner.run("desk", **NEEDED, app_id="12", app_key=PEM, pages="gh-pages", publish="public", check="a / b")
    assert done.returncode == 0, done.stderr
    assert "--check a / b" in runner.called[0]
    assert runner.pushed("gh-pages") == [".nojekyll", "manifest.json"]
    masked = [line for line in done.stdout.splitlines() if line.startswith("::add-mask::")]
    assert masked[0] == "::add-mask::ghs_of_an_hour"
    assert len(masked) == 2
    assert "ghs_of_an_hour" not in done.stdout.replace(masked[0], "") + done.stderr + "".join(runner.called)


def test_what_was_published_is_served_although_the_desk_could_not_be_heard(runner: Runner) -> None:
    runner.serve()
    runner.stands_in["FAILING"] = "desk"
    done = runner.run("desk", **NEEDED, token="t", pages="gh-pages")
    assert done.returncode == 4, done.stderr
    assert runner.pushed("gh-pages") == [".nojekyll", "manifest.json"]


def test_what_an_earlier_run_published_does_not_take_the_place_of_what_is_served(runner: Runner) -> None:
    runner.serve()
    runner.stands_in |= {"FAILING": "desk", "ISSUED": "2026-01-02T03:04:05Z"}
    assert runner.run("desk", **NEEDED, token="t", pages="gh-pages").returncode == 4
    assert runner.pushed("gh-pages") == []


def test_a_desk_that_published_nothing_ends_as_it_ended(runner: Runner) -> None:
    runner.serve()
    runner.python.write_text(STAND_IN.replace("--publish)", "--none)"), encoding="utf-8")
    runner.stands_in["FAILING"] = "desk"
    assert runner.run("desk", **NEEDED, token="t", pages="gh-pages").returncode == 4
    assert runner.pushed("gh-pages") == []


def test_what_is_due_goes_into_the_summary_and_an_issue(runner: Runner) -> None:
    done = runner.run("due", token="t")
    assert done.returncode == 0, done.stderr
    (due,) = (line.split() for line in runner.called if line.startswith("called"))
    words = dict(zip(due[5::2], due[6::2], strict=True))
    url = f"file://{runner.root}/bank/policy.git"
    assert (due[4], words["--forge"], words["--project"], words["--policy-repo"]) == (
        "due",
        "github",
        "bank/policy",
        url,
    )
    assert runner.summary.read_text(encoding="utf-8") == "# due\n"


def test_a_due_list_whose_issue_failed_is_shown_and_the_job_fails(runner: Runner) -> None:
    runner.stands_in["FAILING"] = "due"
    assert runner.run("due", token="t").returncode == 4
    assert runner.summary.read_text(encoding="utf-8") == "# due\n"


def test_what_was_told_is_known_to_the_next_runner_also_where_telling_failed_in_part(runner: Runner) -> None:
    runner.serve()
    runner.stands_in["FAILING"] = "notify"
    assert runner.run("due", token="t", notify="true").returncode == 4
    assert runner.pushed("osgate-told") == ["event-1"]
    runner.stands_in |= {"FAILING": "", "ROUND": "2"}
    done = runner.run("due", token="t", notify="true")
    assert done.returncode == 0, done.stderr
    assert "told 1" in runner.called
    assert runner.pushed("osgate-told") == ["event-1", "event-2"]


def outputs(tmp_path: Path, verdict: dict[str, object]) -> dict[str, str]:
    """What the check hands on of a verdict."""
    file = tmp_path / "osgate.json"
    file.write_text(json.dumps(verdict), encoding="utf-8")
    argv = [sys.executable, "-I", "-c", scripts.OUTPUTS, str(file)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return dict(line.partition("=")[::2] for line in done.stdout.splitlines())


def test_a_verdict_is_handed_on_as_one_line_that_can_start_no_other(tmp_path: Path) -> None:
    verdict = {"outcome": "block", "findings": [{"purl": "pkg:npm/a\noutcome=pass\u2028outcome=pass\r\n"}]}
    told = outputs(tmp_path, verdict)
    assert told.keys() == {"outcome", "verdict"}
    assert told["outcome"] == "block"
    assert json.loads(told["verdict"]) == verdict
    assert told["verdict"].isascii()


def test_a_verdict_too_long_for_an_output_is_left_out(tmp_path: Path) -> None:
    assert outputs(tmp_path, {"outcome": "block", "more": "x" * 500_000}) == {"outcome": "block", "verdict": ""}


def test_everything_enforce_takes_is_an_input(runner: Runner) -> None:
    inputs = {
        "workflow": "gate.yml@v1",
        "check": "osgate / report",
        "expected_app": "7",
        "branches": "release/*,hotfix/*",
        "reviewers": "bank/security",
        "only": "shop-*",
        "except": "shop-old",
    }
    more = {"merge_queue": "true", "merged_since": "2026-11-01", "policy": "true", "write": "true"}
    runner.serve()
    done = runner.run("enforce", organization="bank", token="t", **inputs, **more)
    assert done.returncode == 0, done.stderr
    enforce, doctor = (line for line in runner.called if line.startswith("called"))
    for line in (enforce, doctor):
        for name, value in inputs.items():
            flag = "--app" if name == "expected_app" else f"--{name}"
            assert f"{flag} {value}" in line, line
        assert "--merge-queue" in line.split()
    assert ("--write" in enforce.split(), "--write" in doctor.split()) == (True, False)
    assert ("--merged-since 2026-11-01" in enforce, "--merged-since 2026-11-01" in doctor) == (False, True)
    assert ("--policy " in enforce, "/policy" in doctor.rpartition("--policy ")[2]) == (False, True)


def test_nothing_that_was_not_given_is_handed_on(runner: Runner) -> None:
    assert runner.run("enforce", organization="bank", token="t").returncode == 0
    enforce, doctor = (line.split()[4:] for line in runner.called if line.startswith("called"))
    words = ["github", "--org", "bank", "--policy-project", "bank/policy"]
    assert (enforce, doctor) == (["enforce", *words], ["doctor", *words])


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_secrets_stand_in_no_command_line(action: Action) -> None:
    """`printf` and `echo` are the shell's own: no process list shows what they are given."""
    secrets = ("IN_TOKEN", "IN_APP_KEY", "IN_DESK_KEY", "IN_WITNESS_KEY")
    for line in action.script.splitlines():
        if any(f"${name}" in line for name in secrets):
            assert line.strip().startswith(
                ("printf ", "basic=$(printf ", "export OSGATE_TOKEN=", "echo ", ': "', "if [ ")
            )
