"""The GitHub actions and workflows, run by act against a fake GitHub whose tokens may what the workflows say.

What act cannot show (rules for environments, limits of a log) no test here claims.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cli.kit import lockfile
from flow.house import FROM, PEOPLE, people_toml
from forges.test_github_transport import pem
from github_contract.contract import documents, rest
from osgate import wiring
from osgate.testing.github import FakeGitHub, running
from osgate.testing.keys import SigningKey
from osgate.testing.policies import policy_files
from real import github_runner
from real.github_runner import PIN, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from osgate.testing.github.state import Repo
    from real.conftest import Trust
    from real.github_runner import Instance, Ran

pytestmark = pytest.mark.real

GATE = "osgate / intake"
HERE = {"install": "none", "python": sys.executable}
APPROVED, UNKNOWN = lockfile("left-pad@1.3.0").encode(), lockfile("left-pad@1.3.0", "is-odd@3.0.1").encode()


class Shop:
    """A fake GitHub with an application whose gate is its own file, calling the policy repository's workflows."""

    def __init__(self, fake: FakeGitHub, act: github_runner.Runner, trust: Trust, folder: Path) -> None:
        self.fake, self.trust = fake, trust
        self.instance: Instance = github_runner.Instance(fake, act, folder)
        self.dev = fake.user("wang.wu")
        self.org = fake.org("bank", {self.dev: "member"})
        called = folder / "called"
        for path, data in github_runner.reusable().items():
            (called / path).parent.mkdir(parents=True, exist_ok=True)
            (called / path).write_bytes(data)
        self.instance.repositories["bank/policy"] = called
        self.policy = fake.repo("bank/policy", {"README": b"x"}, private=False)
        fake.on_workflow(self.instance)

    def app(self, workflows: dict[str, bytes], **files: bytes) -> Repo:
        """An application with workflow files, all of them entered."""
        written = {f".github/workflows/{name}.yml": data for name, data in workflows.items()}
        made = self.fake.repo("bank/app", {"README": b"x", **written, **files}, roles={self.dev: "write"})
        for name in workflows:
            self.instance.workflow(made, name)
        return made

    def example(self, name: str, **inputs: str) -> bytes:
        page = f"{self.fake.web_url}/bank/policy"
        given = {"lock": self.trust.lock, "policy_url": page} if name.endswith(("osgate", "osgate-comment")) else {}
        return github_runner.example(f"application/{name}", **HERE, **given, **inputs)

    def settled(self, workflow: str = "osgate") -> list[Ran]:
        """What ran of a workflow since the last time, newest last."""
        before = len(self.instance.ran)
        self.fake.settle()
        return [ran for run, ran in self.instance.ran[before:] if run.workflow.name == workflow]


@pytest.fixture(params=["", "3.19.0"], ids=["plain", "ghes"])
def server(request: Any) -> Iterator[FakeGitHub]:
    with FakeGitHub(contract=rest, graphql=documents, ghes=request.param) as fake:
        yield fake
        assert fake.violations == []


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub(contract=rest, graphql=documents) as made:
        yield made
        assert made.violations == []


@pytest.fixture
def shop(fake, act, trust, tmp_path) -> Shop:
    return Shop(fake, act, trust, tmp_path)


def direct(trust: Trust, *steps: dict[str, Any], **inputs: str) -> bytes:
    """A workflow that uses the action itself, with steps after it."""
    gate = {"id": "gate", "uses": f"oss/osgate/actions/check@{PIN}", "with": {**HERE, "lock": trust.lock, **inputs}}
    job = {"name": GATE, "runs-on": "ubuntu-latest", "permissions": {"contents": "read"}}
    file = {"name": "osgate", "on": ["pull_request"], "jobs": {"osgate": {**job, "steps": [gate, *steps]}}}
    return json.dumps(file).encode()


WHEEL = "demo-1.0-py3-none-any.whl"
SHOWN_OUTPUTS = ("outcome", "verdict", "sarif", "json", "markdown")
SHOW = """\
echo "outcome=$OUTCOME"
echo "${VERDICT:0:60}"
grep -o "OSG[0-9]*" "$SARIF" | sort -u
grep -c "" "$JSON" "$MARKDOWN"
"""
SHOWN = {
    "if": "always()",
    "run": SHOW,
    "env": {name.upper(): f"${{{{ steps.gate.outputs.{name} }}}}" for name in SHOWN_OUTPUTS},
}


def test_the_check_blocks_with_outputs_and_a_summary_and_passes_once_approved(server, act, trust, tmp_path):
    shop = Shop(server, act, trust, tmp_path)
    app = shop.app({"osgate": direct(trust, SHOWN, branches="main")})
    head = server.push(app, "fix", {"package-lock.json": UNKNOWN}, author=shop.dev)
    change = server.pull(app, "fix", author=shop.dev)
    (blocked,) = shop.settled()[-1:]
    assert blocked.jobs == {GATE: "failed"}, blocked.said
    assert "::error file=package-lock.json" in blocked.log
    assert "outcome=block" in blocked.log
    assert "OSG101" in blocked.log.splitlines()
    assert '{"schema":' in blocked.log
    assert "Summary - ### osgate: blocked" in blocked.said
    trust.approve("pkg:npm/is-odd")
    run = next(run for run, ran in shop.instance.ran if ran is blocked)
    running.again(server.world, run)
    (passed,) = shop.settled()
    assert passed.jobs == {GATE: "succeeded"}, passed.said
    assert "outcome=pass" in passed.log
    assert change.head == head
    # A verdict takes no call of the interface, and writes nothing.
    assert {call.method for call in server.calls if call.path.startswith("/repos")} == set()


@pytest.mark.parametrize(
    "files", [{"package-lock.json": UNKNOWN}, {"package-lock.json": APPROVED}], ids=["block", "pass"]
)
def test_pull_request_queue_and_push_by_the_reusable_workflow(shop, files):
    fake = shop.fake
    app = shop.app({"osgate": shop.example("osgate", branches="main")})
    wanted = {"required_status_checks": [{"context": GATE}], "strict_required_status_checks_policy": False}
    fake.ruleset(app, [{"type": "required_status_checks", "parameters": wanted}])
    shop.settled()
    fake.push(app, "fix", files, author=shop.dev)
    change = fake.pull(app, "fix", author=shop.dev)
    how = "failed" if files["package-lock.json"] == UNKNOWN else "succeeded"
    ran = {run.event: found for run, found in _ran(shop)}
    assert set(ran["pull_request"].jobs.values()) == {how}, ran["pull_request"].said
    fake.enqueue(change, shop.dev)
    ran = {run.event: found for run, found in _ran(shop)}
    assert set(ran["merge_group"].jobs.values()) == {how}, ran["merge_group"].said
    assert change.state == ("open" if how == "failed" else "closed")
    if how == "failed":
        fake.push(app, "main", files, author=shop.dev)
        ran = {run.event: found for run, found in _ran(shop)}
        assert set(ran["push"].jobs.values()) == {"failed"}, ran["push"].said
        # What a guarded branch has already is held against what was there before the push.
        assert "is-odd 3.0.1" in ran["push"].log


def _ran(shop: Shop) -> list[Any]:
    before = len(shop.instance.ran)
    shop.fake.settle()
    return shop.instance.ran[before:]


def test_X01_a_forks_pull_request_is_judged_without_a_permission_and_commented_by_the_second_stage(shop):
    fake = shop.fake
    app = shop.app({name: shop.example(name) for name in ("osgate", "osgate-comment")})
    shop.settled()
    outsider = fake.user("qian.ba")
    fork = fake.fork(app, outsider)
    fake.push(fork, "fix", {"package-lock.json": UNKNOWN}, author=outsider)
    change = fake.pull(app, "fix", author=outsider, fork=fork)
    ran = {run.workflow.name: (run, found) for run, found in _ran(shop)}
    run, blocked = ran["osgate"]
    assert run.forked
    assert set(blocked.jobs.values()) == {"failed"}, blocked.said
    told = ran["osgate comment"][1]
    assert told.passed, told.said
    (comment,) = change.comments
    assert comment.author is fake.world.actions.bot
    assert "is-odd 3.0.1" in comment.body
    assert "/osgate request" in comment.body
    assert "/bank/policy/issues/new?" in comment.body

    shop.trust.approve("pkg:npm/is-odd")
    fake.push(fork, "fix", {"README": b"y"}, author=outsider)
    ran = {run.workflow.name: found for run, found in _ran(shop)}
    assert ran["osgate comment"].passed, ran["osgate comment"].said
    assert change.comments == [comment]
    assert "osgate: settled: " in comment.body
    assert "/osgate request" not in comment.body


def test_a_run_whose_branch_has_moved_on_is_told_of_nobody(shop):
    fake = shop.fake
    app = shop.app({"osgate-comment": shop.example("osgate-comment")})
    flow = fake.workflow(app, ".github/workflows/gone.yml", on=("pull_request",), name="gone")
    flow.state = "disabled_manually"
    shop.settled()
    fake.push(app, "fix", {"package-lock.json": UNKNOWN}, author=shop.dev)
    change = fake.pull(app, "fix", author=shop.dev)
    run = running.start(fake.world, app, flow, "pull_request", {}, shop.dev, change=change)
    fake.push(app, "fix", {"README": b"y"}, author=shop.dev)
    fake.world.waiting.clear()
    fake.finish(run, "failure")
    (told,) = shop.settled("osgate comment")
    assert told.passed, told.said
    assert change.comments == []


def test_a_command_on_a_pull_request_rings_the_desk_with_numbers_alone(shop):
    """The token that the application has starts what hands on, and cannot even see the policy repository."""
    fake = shop.fake
    woken = {
        "name": "woken",
        "on": {"workflow_dispatch": {"inputs": {"rung": {"type": "string"}}}},
        "jobs": {"desk": {"runs-on": "ubuntu-latest", "permissions": {}, "steps": [
            {"run": "echo \"rung=$RUNG\"", "env": {"RUNG": "${{ inputs.rung }}"}}]}},
    }  # fmt: skip
    fake.push(shop.policy, "main", {".github/workflows/osgate-desk.yml": json.dumps(woken).encode()})
    shop.instance.workflow(shop.policy, "osgate-desk")
    ring = github_runner.example("bell/osgate-ring", **HERE)
    between = fake.repo("bank/osgate-bell", {".github/workflows/osgate-ring.yml": ring})
    shop.instance.workflow(between, "osgate-ring", "ring")
    app = shop.app({"osgate-bell": shop.example("osgate-bell")})
    outer, inner = fake.user("osgate-bell"), fake.user("osgate-ring")
    for repo, bot, name, where in (
        (between, outer, "OSGATE_BELL_TOKEN", "bank/app"),
        (shop.policy, inner, "OSGATE_RING_TOKEN", "bank/osgate-bell"),
    ):
        repo.collaborators[bot.id] = "write"
        shop.instance.secrets[where] = {name: fake.as_fine(bot, (repo,), actions="write")}
    fake.push(app, "fix", {"b": b"x"}, author=shop.dev)
    change = fake.pull(app, "fix", author=shop.dev)
    fake.comment(change, shop.dev, "looks fine to me")
    assert [ran.jobs for ran in shop.settled("osgate bell")] == [{}]
    fake.comment(change, shop.dev, "／osgate request\nreason: `$(id)` ${{ github.token }}\n::error::x")
    ran = {run.workflow.name: found for run, found in _ran(shop)}
    assert ran["osgate bell"].passed, ran["osgate bell"].said
    assert ran["osgate ring"].passed, ran["osgate ring"].said
    assert f"rung={app.id}!{change.number}" in ran["woken"].log


def test_enforce_shows_unless_it_is_told_to_write_and_then_nothing_is_left_to_do(shop):
    fake, policy = shop.fake, shop.policy
    owner = fake.user("chen.ba")
    bank = fake.org("bank", {owner: "admin"})
    policy.private = True
    fake.ruleset(policy, [{"type": "non_fast_forward"}, {"type": "deletion"}])
    fake.repo("bank/app", {"README": b"x"})
    flows = {name: github_runner.example(f"policy/{name}") for name in ("osgate-gate", "osgate-enforce")}
    flows["osgate-enforce"] = github_runner.example("policy/osgate-enforce", **HERE)
    written = policy_files(address="https://bank.pages.example.com/policy")
    fake.push(policy, "main", {**written, **{f".github/workflows/{name}.yml": text for name, text in flows.items()}})
    shop.instance.workflow(policy, "osgate-gate")
    flow = shop.instance.workflow(policy, "osgate-enforce", "enforce")
    shop.instance.secrets["bank/policy"] = {"OSGATE_ADMIN_TOKEN": fake.as_user(owner, ("repo", "admin:org"))}
    shop.settled()

    def run(**inputs: str) -> Ran:
        running.start(fake.world, policy, flow, "workflow_dispatch", {"inputs": inputs}, owner)
        (ran,) = shop.settled("osgate enforce")
        return ran

    shown = run()
    assert not shown.passed
    assert shown.log.count('there is no ruleset "osgate"') == 1, "the whole list is in the summary"
    assert "Summary - ## osgate" in shown.log
    assert bank.rulesets == {}
    ran = run(write="true")
    assert ran.passed, ran.said
    (ruleset,) = bank.rulesets.values()
    rules = {rule["type"]: rule.get("parameters") for rule in ruleset.given["rules"]}
    assert rules["workflows"]["workflows"][0]["path"] == ".github/workflows/osgate-gate.yml"
    assert set(ruleset.given["conditions"]["ref_name"]["include"]) == {"~DEFAULT_BRANCH", "refs/heads/release/*"}
    assert "holes 0" in ran.log


def test_the_desk_acts_as_an_app_which_pushes_publishes_and_keeps_the_issue_of_what_is_due(shop, tmp_path):
    fake = shop.fake
    may = dict.fromkeys(("contents", "issues", "pull_requests", "checks", "statuses", "actions"), "write")
    app, key = fake.app("osgate-desk", {**may, "metadata": "read"}), SigningKey("desk")
    fake.install(app, shop.org)
    soon = (date.fromisoformat(wiring.now().day) + timedelta(days=10)).isoformat()
    ending = {**PEOPLE, "sun.qi": (("tech", FROM, soon),)}
    written = policy_files(address=str(tmp_path / "out"))
    given = {**HERE, "app_id": str(app.id)}
    flows = {
        "osgate-desk": github_runner.example("policy/osgate-desk", **given, publish=str(tmp_path / "out")),
        "osgate-due": github_runner.example("policy/osgate-due", **given),
    }
    files = {f".github/workflows/{name}.yml": text for name, text in flows.items()}
    fake.push(shop.policy, "main", {**written, "people.toml": people_toml(ending), **files})
    desk = shop.instance.workflow(shop.policy, "osgate-desk", "desk")
    due = shop.instance.workflow(shop.policy, "osgate-due", "due")
    private = pem()
    shop.instance.secrets["bank/policy"] = {
        "OSGATE_APP_KEY": private,
        "OSGATE_DESK_KEY": key.private.decode(),
        "OSGATE_WITNESS_KEY": SigningKey("machine").private.decode(),
    }
    running.start(fake.world, shop.policy, desk, "workflow_dispatch", {"inputs": {}}, shop.dev)
    (ran, *more) = shop.settled("osgate desk")
    assert ran.passed, ran.said
    assert [again.jobs for again in more] == [{}], "its own push to main starts a run, and no job"
    assert b"manifest.json" in shop.policy.git.run("ls-tree", "--name-only", "gh-pages").split()
    assert shop.policy.git.run("ls-tree", "-r", "--name-only", "main", "seals/").split()
    assert not any(line in ran.said for line in private.splitlines()[1:-1])
    running.start(fake.world, shop.policy, due, "workflow_dispatch", {"inputs": {}}, shop.dev)
    (ran,) = shop.settled("osgate due")
    assert ran.passed, ran.said
    (issue,) = shop.policy.issues.values()
    assert (issue.author, issue.state) == (app.bot, "open")
    assert "sun.qi" in issue.body
    assert "Summary - # " in ran.said, "act shows its first line"
    assert not any(line in ran.said for line in private.splitlines()[1:-1])
    assert not re.search(r"ghs_\w", ran.log)


def test_osgate_is_installed_once_and_found_again(tmp_path):
    copy = tmp_path / "checkout"
    shutil.copytree(ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "actions", copy / "actions")
    shutil.copy(ROOT / "pyproject.toml", copy)
    argv = [sys.executable, "-I", str(copy / "actions/ready.py"), "--folder", str(tmp_path)]

    def ready(*more: str, **environ: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, **environ}
        return subprocess.run([*argv, *more], env=env, capture_output=True, text=True, check=False)

    first = ready("github")
    assert first.returncode == 0, first.stderr
    (kept,) = (tmp_path / "osgate").iterdir()
    assert ready("github").stdout == first.stdout
    assert [*(tmp_path / "osgate").iterdir()] == [kept]
    help = [first.stdout.strip(), "-I", "-m", "osgate", "check", "--help"]
    assert "osgate check" in subprocess.run(help, capture_output=True, text=True, check=True).stdout
    subprocess.run([first.stdout.strip(), "-I", "-c", "import github, cryptography.fernet, nacl.public"], check=True)
    # Another index is another environment; one that cannot be made is none, and undecided.
    nowhere = (tmp_path / "nothing").as_uri()
    other = ready("github", "--index", nowhere, PIP_CONFIG_FILE=os.devnull)
    assert (other.returncode, other.stdout) == (4, "")
    assert [*(tmp_path / "osgate").iterdir()] == [kept]


def test_an_index_that_is_named_is_the_only_one(tmp_path, monkeypatch):
    """Whatever else the runner's pip is set to: a folder and a second index, which both have the package."""
    spec = importlib.util.spec_from_file_location("ready", ROOT / "actions/ready.py")
    ready = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(ready)
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "env")], check=True)
    python = ready.python_of(tmp_path / "env")
    elsewhere, empty = tmp_path / "elsewhere/demo", tmp_path / "empty/demo"
    for folder in (elsewhere, empty):
        folder.mkdir(parents=True)
        (folder / "index.html").write_text(f'<a href="{WHEEL}">{WHEEL}</a>' if folder == elsewhere else "")
    with zipfile.ZipFile(elsewhere / WHEEL, "w") as file:
        file.writestr("demo.py", "")
        file.writestr("demo-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n")
        file.writestr("demo-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr("demo-1.0.dist-info/RECORD", "demo.py,,\n")
    (tmp_path / "pip.conf").write_text(
        f"[global]\nindex-url = {empty.parent.as_uri()}\nextra-index-url = {elsewhere.parent.as_uri()}\n"
        f"[install]\nfind-links = {elsewhere}\n"
    )
    pins = tmp_path / "pins.txt"
    digest = hashlib.sha256((elsewhere / WHEEL).read_bytes()).hexdigest()
    pins.write_text(f"demo==1.0 --hash=sha256:{digest}\n")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    with pytest.raises(SystemExit) as ended:
        ready.fetch(python, pins, empty.parent.as_uri())
    assert ended.value.code == 4
    ready.fetch(python, pins, "")
    subprocess.run([str(python), "-I", "-c", "import demo"], check=True)


# What is written, as the linters see it

WRITTEN = sorted([*ROOT.glob("actions/workflows/*.yml"), *ROOT.glob("examples/github/*/.github/workflows/*.yml")])
ACTIONS = sorted(ROOT.glob("actions/*/action.yml"))
# zizmor's finding, by file: why it stays. Neither checks anything out, nor runs what somebody else wrote.
REASONED = {
    ("dangerous-triggers", "osgate-bell.yml"): "hands on two numbers, to a repository that holds nothing else",
    ("dangerous-triggers", "osgate-comment.yml"): "takes a run's number, asks GitHub for the rest, reads git as data",
    ("dangerous-triggers", "osgate-desk.yml"): "reads comments by the interface, as the desk does on every schedule",
}


def test_zizmor_has_nothing_to_say_but_what_has_its_reason(act):
    argv = [act.program("zizmor"), "--offline", "--pedantic", "--no-exit-codes", "--format", "json"]
    done = subprocess.run([*argv, *map(str, (*WRITTEN, *ACTIONS))], capture_output=True, text=True, check=True)
    found = {
        (one["ident"], Path(next(iter(place["symbolic"]["key"].values()))["verbatim_path"]).name)
        for one in json.loads(done.stdout)
        for place in one["locations"]
    }
    assert found == set(REASONED)


def test_actionlint_knows_no_fault(act):
    # No workflow of ours uses the cache of actions, so none needs to say that it may not.
    argv = [act.program("actionlint"), "-ignore", "has no explicit cache access limit", *map(str, WRITTEN)]
    env = {**os.environ, "PYTHONPATH": str(act.folder / "python")}
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(("schema", "paths"), [("github-workflows", WRITTEN), ("github-actions", ACTIONS)])
def test_github_knows_every_key(schema, paths):
    argv = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *map(str, paths)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert all(yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths)
