"""`osgate check --ci` in a clone such as a runner makes: detached, with the branches of its origin."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cli.kit import Done, git, lockfile
from osgate.cli import ci_job
from osgate.errors import UsageError
from osgate.forges import request_form
from osgate.io.git import Git
from osgate.text.translator import Translator

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import App

LOCK = "package-lock.json"
NEW = lockfile("left-pad@1.3.0")
POLICY = "https://git.example.com/oss/policy"
CHANGE = {
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_SERVER_URL": "https://git.example.com",
    "CI_PROJECT_ID": "7",
    "CI_DEFAULT_BRANCH": "main",
    "CI_MERGE_REQUEST_IID": "4",
    "CI_MERGE_REQUEST_PROJECT_ID": "7",
    "CI_MERGE_REQUEST_PROJECT_PATH": "bank/app",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
}


@pytest.fixture
def job(app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    """A merge request that brings left-pad, checked out as a runner does; its job's variables are set."""
    app.publish("empty")
    git(tmp_path, "clone", "--quiet", "--bare", str(app.path), "origin.git")
    app.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    app.git("fetch", "--quiet", "origin")
    app.git("checkout", "--quiet", "--detach")
    app.write(LOCK, NEW)
    set_to(monkeypatch, {**CHANGE, "CI_COMMIT_SHA": app.commit()})
    return app


def set_to(monkeypatch: pytest.MonkeyPatch, environ: dict[str, Any]) -> None:
    for name in [name for name in os.environ if name.startswith(("CI_", "GITHUB_"))]:
        monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, str(value))


def test_a_merge_request_is_blocked_with_one_next_step_and_passes_once_it_is_approved(job: App, tmp_path: Path) -> None:
    words = ("--ci", "--policy-url", POLICY, "--output", f"annotations={tmp_path}/a.json,junit={tmp_path}/j.xml")
    done = job.check(*words)
    assert done.code == 1
    assert "refs/remotes/origin/main" in done.err
    url = done.out.strip().splitlines()[-1].strip()
    assert url.startswith(f"{POLICY}/-/issues/new?")
    form = parse_qs(urlsplit(url).query)
    assert "/osgate request bank/app!4" in form["issue[description]"][0].splitlines()
    assert url == request_form.address("gitlab", POLICY, Translator("en"), "bank/app!4"), "the comment's own form"
    assert "without which it is refused" in done.out
    (link,) = json.loads((tmp_path / "a.json").read_text("utf-8"))["osgate"]
    assert link["external_link"]["url"] == url
    job.publish("approved")
    passed = job.check(*words)
    assert passed.code == 0
    assert "issues/new" not in passed.out
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == {"osgate": []}


def test_a_branch_without_a_merge_request_asks_by_package(job: App, monkeypatch: pytest.MonkeyPatch) -> None:
    set_to(monkeypatch, {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "fix", "CI_DEFAULT_BRANCH": "main"})
    done = job.check("--ci", "--policy-url", POLICY)
    assert done.code == 1
    body = parse_qs(urlsplit(done.out.split()[-1]).query)["issue[description]"][0]
    assert "pkg:npm/left-pad@1.3.0" in body.splitlines()


@pytest.mark.parametrize(
    "lie",
    [
        {"CI_PIPELINE_SOURCE": "schedule", "CI_MERGE_REQUEST_IID": ""},
        {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "mine"},
        {"CI_MERGE_REQUEST_TARGET_BRANCH_SHA": "HEAD"},
        {"CI_PROJECT_ID": "8", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "HEAD"},
        {"CI_PIPELINE_SOURCE": "", "CI_MERGE_REQUEST_IID": ""},
        {"CI_MERGE_REQUEST_IID": "", "CI_COMMIT_BRANCH": "main", "CI_COMMIT_BEFORE_SHA": "HEAD"},
    ],
)
def test_variables_that_lie_get_nothing_past_a_guarded_branch(
    job: App, monkeypatch: pytest.MonkeyPatch, lie: dict[str, str]
) -> None:
    job.git("update-ref", "refs/remotes/origin/mine", "HEAD")
    set_to(monkeypatch, {**CHANGE, **lie})
    assert job.check("--ci", "--branches", "main").code == 1


def test_the_same_lies_are_believed_where_nothing_is_guarded(job: App, monkeypatch: pytest.MonkeyPatch) -> None:
    job.git("update-ref", "refs/remotes/origin/mine", "HEAD")
    set_to(monkeypatch, {**CHANGE, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "mine"})
    assert job.check("--ci").code == 0


def test_a_clone_that_stands_elsewhere_is_judged_as_nothing(job: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """GIT_CHECKOUT=false leaves a job at whatever was there before."""
    monkeypatch.setenv("CI_COMMIT_SHA", job.git("rev-parse", "HEAD~1"))
    done = job.check("--ci", "--branches", "main")
    assert done.code == 2
    assert "GIT_CHECKOUT" in done.err


@pytest.mark.parametrize("event", ["pull_request_target", "workflow_run", "repository_dispatch"])
def test_guarded_branches_are_no_reason_to_judge_an_event_about_something_else(
    job: App, monkeypatch: pytest.MonkeyPatch, event: str
) -> None:
    """Such a job has the guarded branch itself checked out, where nothing is new."""
    job.git("update-ref", "refs/remotes/origin/main", "HEAD")
    set_to(monkeypatch, {"GITHUB_EVENT_NAME": event, "GITHUB_BASE_REF": "main", "GITHUB_REF_NAME": "main"})
    with pytest.raises(UsageError) as raised:
        ci_job.form(Git(str(job.path)), {"branches": "main"})
    assert raised.value.code == "ci.event"
    set_to(monkeypatch, {})
    assert ci_job.form(Git(str(job.path)), {"branches": "main"}).id == "guarded"


@pytest.mark.parametrize("blank", ["\u3000", "\u00a0", "\u2028", "\u0085"])
def test_a_branch_with_a_blank_of_another_script_in_its_name_is_one_branch(job: App, blank: str) -> None:
    job.git("update-ref", f"refs/remotes/origin/a{blank}release/x", "HEAD")
    found = ci_job.form(Git(str(job.path)), {"branches": "release/*,main"})
    assert (found.id, found.base) == ("guarded", "refs/remotes/origin/main")


def test_a_schedule_on_a_guarded_branch_looks_at_the_whole_tree(job: App, monkeypatch: pytest.MonkeyPatch) -> None:
    job.git("update-ref", "refs/remotes/origin/main", "HEAD")
    set_to(monkeypatch, {"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"})
    done = job.check("--ci", "--branches", "main", "--format", "json")
    assert (done.code, json.loads(done.out)["whole"]) == (0, True)
    assert job.check("--ci", "--branches", "main", "--mode", "enforce-all").code == 1


def test_the_event_of_gitea_is_read_from_its_file(job: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = job.git("rev-parse", "origin/main")
    (tmp_path / "event.json").write_text(
        json.dumps({"before": base, "repository": {"default_branch": "main"}}), encoding="utf-8"
    )
    push = {"GITHUB_EVENT_NAME": "push", "GITHUB_REF_NAME": "main", "GITHUB_EVENT_PATH": tmp_path / "event.json"}
    set_to(monkeypatch, push)
    done = job.check("--ci", "--format", "json")
    assert (done.code, json.loads(done.out)["base"]) == (1, base)
    for hostile in (b"[" * 100_000, b"\xff", b"{", b'{"before": 1e999}'):
        (tmp_path / "event.json").write_bytes(hostile)
        assert job.check("--ci").code == 2


def refused(done: Done, *said: str) -> None:
    assert done.code == 2, done
    assert "Traceback" not in done.err
    assert all(word in done.err for word in said), done.err


def test_a_clone_that_is_cut_off_says_what_to_set(job: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job.git("update-ref", "-d", "refs/remotes/origin/main")
    refused(job.check("--ci"), "GIT_DEPTH", "git fetch")
    refused(job.check("--ci", "--branches", "main"), "GIT_DEPTH", "main")
    # Main has moved on: of its own parent a commit tells even where history is cut off.
    moved = job.git("commit-tree", "-p", "HEAD~1", "-m", "more", "HEAD~1^{tree}").strip()
    job.git("push", "--quiet", "origin", "HEAD:refs/heads/fix", f"{moved}:refs/heads/main")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=fix", f"file://{tmp_path}/origin.git", str(shallow))
    git(shallow, "fetch", "--quiet", "--depth=1", "origin", "main:refs/remotes/origin/main")
    monkeypatch.chdir(shallow)
    refused(job.check("--ci"), "GIT_DEPTH", "git fetch --unshallow")


def test_it_goes_with_no_other_form_and_its_flags_with_no_other(job: App) -> None:
    refused(job.check("--ci", "--base", "HEAD~1"))
    refused(job.check("--ci", LOCK))
    refused(job.check("--base", "HEAD~1", "--branches", "main"), "--ci")
    refused(job.check("--all", "--policy-url", POLICY), "--ci")
