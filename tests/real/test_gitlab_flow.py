"""A merge request at the fake GitLab, tier Free, its pipelines run for real: blocked, approved, green, one head."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.kit import lockfile
from osgate.testing.gitlab import FakeGitLab
from real import gitlab_runner
from testing.gitlab_house import ask

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.real

TEMPLATES = Path(__file__).resolve().parents[2] / "gitlab-templates"
UNKNOWN = lockfile("left-pad@1.3.0", "is-odd@3.0.1").encode()


@pytest.fixture
def fake() -> Iterator[FakeGitLab]:
    with FakeGitLab() as made:
        yield made
        assert made.violations == []


@pytest.fixture
def instance(fake, runner, tmp_path):
    """Pipelines of the fake are run; the template project is there."""
    files = {path.relative_to(TEMPLATES).as_posix(): path.read_bytes() for path in TEMPLATES.rglob("*.yml")}
    fake.project("oss/osgate", files, visibility="public")
    found = gitlab_runner.Instance(fake, runner, tmp_path)
    fake.on_pipeline(found)
    return found


def including(name: str, path: str, **inputs: object) -> bytes:
    """A pipeline's file that takes in one of the templates."""
    given = {"install": "none", "path": path, "tags": ["gate"], **inputs}
    include = {"project": "oss/osgate", "ref": "main", "file": f"templates/{name}.yml", "inputs": given}
    return json.dumps({"include": [include]}).encode()


def test_x08_a_blocked_merge_request_is_green_on_the_same_head_once_it_is_approved(fake, instance, trust, tmp_path):
    path, dev = gitlab_runner.search_path(tmp_path), fake.user("wang.wu")
    gate = including("check", path, lock=trust.lock, branches="main", policy_url=f"{fake.web_url}/oss/policy")
    fake.project("oss/policy", {"application.yml": gate}, visibility="public")
    settings = {"ci_config_path": "application.yml@oss/policy", "only_allow_merge_if_pipeline_succeeds": True}
    app = fake.project("bank/app", {"README": b"x"}, members={dev: 40}, visibility="public", **settings)
    hostile = json.dumps({"osgate": {"script": ["exit 0"]}}).encode()
    head = fake.push(app, "fix", {"package-lock.json": UNKNOWN, ".gitlab-ci.yml": hostile}, author=dev)
    change = fake.merge_request(app, "fix", author=dev)
    fake.settle()
    if not app.pipelines:
        fake.pipeline(change)
        fake.settle()
    _, blocked = instance.ran[-1]
    assert blocked.jobs == {"osgate": "FAIL"}, blocked.said
    assert "oss/policy/-/issues/new?" in blocked.log("osgate")
    merge = f"/projects/{app.id}/merge_requests/{change.iid}/merge"
    token = fake.as_user(dev)
    assert ask(fake, "PUT", merge, token, {})[0] == 405

    trust.approve("pkg:npm/is-odd")
    ask(fake, "POST", f"/projects/{app.id}/merge_requests/{change.iid}/pipelines", token, {})
    fake.settle()
    pipeline, passed = instance.ran[-1]
    assert passed.jobs == {"osgate": "PASS"}, passed.said
    assert (pipeline.sha, change.version.head) == (head, head)
    assert app.variables == {}
    assert ask(fake, "PUT", merge, token, {})[0] == 200


def test_a_comment_rings_the_bell_and_the_policy_project_wakes_with_numbers_alone(fake, instance, tmp_path):
    path, bot, dev = gitlab_runner.search_path(tmp_path), fake.user("bot"), fake.user("wang.wu")
    woken = b'{"told": {"script": ["echo rang=$OSGATE_RANG"]}}'
    policy = fake.project("oss/policy", {".gitlab-ci.yml": woken}, members={bot: 40}, visibility="public")
    files = {".gitlab-ci.yml": including("bell", path, policy_project="oss/policy", address=fake.web_url)}
    bell = fake.project("oss/bell", files, members={bot: 40}, visibility="public")
    policy.admits.add(bell.id)
    app = fake.project("bank/app", {"README": b"x"}, members={dev: 30}, visibility="public")
    fake.push(app, "fix", {"b": b"x"})
    change = fake.merge_request(app, "fix", author=dev)
    fake.settle()
    url = f"{fake.api_url}/projects/{bell.id}/ref/main/trigger/pipeline?token={fake.trigger(bell, bot)}"
    hook = {"url": url, "note_events": True, "push_events": False}
    assert ask(fake, "POST", f"/projects/{app.id}/hooks", fake.as_user(fake.root_user), hook)[0] == 201
    before = len(instance.ran)
    fake.note(change, dev, "looks fine to me")
    fake.settle()
    assert [(pipeline.project.path, ran.passed) for pipeline, ran in instance.ran[before:]] == [("bell", True)]
    fake.note(change, dev, "/osgate request\nreason: `$(id)`")
    fake.settle()
    rung = instance.ran[before + 1 :]
    assert [(pipeline.project.path, ran.passed) for pipeline, ran in rung] == [("bell", True), ("policy", True)]
    assert rung[1][0].variables == {"OSGATE_RANG": f"{app.id}!{change.iid}"}
    assert f"rang={app.id}!{change.iid}" in rung[1][1].said
