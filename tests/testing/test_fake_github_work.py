"""The fake GitHub at work: git, branches and their rules, workflows, the merge queue, webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import subprocess
import threading

import pytest

from github_contract.contract import documents, rest
from osgate.testing.github import FakeGitHub
from testing.github_house import House, ask, graphql

ACTIONS = 15368


def required(source=None, name="osgate"):
    """A rule that asks for a check, of one app or of anybody."""
    row = {"context": name, **({"integration_id": source} if source else {})}
    parameters = {"required_status_checks": [row], "strict_required_status_checks_policy": False}
    return {"type": "required_status_checks", "parameters": parameters}


QUEUE = {
    "type": "merge_queue",
    "parameters": {
        "check_response_timeout_minutes": 60,
        "grouping_strategy": "ALLGREEN",
        "max_entries_to_build": 5,
        "max_entries_to_merge": 5,
        "merge_method": "MERGE",
        "min_entries_to_merge": 1,
        "min_entries_to_merge_wait_minutes": 0,
    },
}


@pytest.fixture
def fake():
    with FakeGitHub(contract=rest, graphql=documents) as made:
        yield made
        assert made.violations == []


@pytest.fixture
def house(fake):
    return House(fake)


def git(fake, token, *words, cwd=None):
    """Run git with a token as its password; return its code and what it said."""
    way = [
        "-c",
        f"http.extraHeader=Authorization: Basic {base64.b64encode(f'x-access-token:{token}'.encode()).decode()}",
    ]
    done = subprocess.run(["git", *way, *words], cwd=cwd, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_git_pushes_with_a_token_and_the_pull_request_follows(fake, house, tmp_path):
    token, url = fake.as_user(house.zhang), f"{fake.web_url}/bank/app.git"
    assert git(fake, token, "clone", "-q", "-b", "feature", url, str(tmp_path / "w"))[0] == 0
    (tmp_path / "w" / "new").write_text("x")
    for words in (("add", "new"), ("commit", "-q", "-m", "more"), ("push", "-q", "origin", "HEAD:feature")):
        assert git(fake, token, *words, cwd=tmp_path / "w") == (0, "")
    assert house.pull.head == git(fake, token, "rev-parse", "HEAD", cwd=tmp_path / "w")[1].strip()
    fake.ruleset(house.repo, [{"type": "pull_request", "parameters": house.reviews(1)}, {"type": "non_fast_forward"}])
    code, said = git(fake, token, "push", "origin", "HEAD:main", cwd=tmp_path / "w")
    assert (code, "GH013: Repository rule violations" in said) == (1, True)
    assert git(fake, fake.as_user(house.wang), "push", "-q", "origin", "HEAD:other", cwd=tmp_path / "w")[0] != 0
    assert git(fake, "wrong", "ls-remote", url)[0] != 0


def test_a_file_is_written_only_on_what_the_writer_saw(fake, house):
    token, path = fake.as_user(house.zhang), "/repos/bank/app/contents/records/a%2Fb.json"
    new = {"message": "m", "content": base64.b64encode(b"{}").decode()}
    assert ask(fake, "PUT", path, token, new)[0] == 201
    assert ask(fake, "PUT", path, token, new)[0] == 422
    shown = ask(fake, "GET", path, token)[2]
    assert ask(fake, "PUT", path, token, new | {"sha": "0" * 40})[0] == 409
    assert ask(fake, "PUT", path, token, new | {"sha": shown["sha"]})[0] == 200
    assert (shown["path"], base64.b64decode(shown["content"])) == ("records/a/b.json", b"{}")


def test_a_commit_by_graphql_is_signed_and_lands_only_on_the_head_one_saw(fake, house):
    change = """mutation($head: GitObjectID!, $file: Base64String!) { createCommitOnBranch(input: {
        branch: {repositoryNameWithOwner: "bank/app", branchName: "main"}, message: {headline: "seal"},
        expectedHeadOid: $head, fileChanges: {additions: [{path: "seals/1.json", contents: $file}]}
        }) { commit { oid } } }"""
    token, head = fake.as_user(house.zhang), house.repo.git.tip("main")
    made = graphql(fake, token, change, head=head, file="e30=")["data"]["createCommitOnBranch"]["commit"]["oid"]
    assert ask(fake, "GET", f"/repos/bank/app/git/commits/{made}", token)[2]["verification"]["verified"] is True
    late = graphql(fake, token, change, head=head, file="e30=")
    assert (late["errors"][0]["type"], house.repo.git.tip("main")) == ("STALE_DATA", made)


@pytest.mark.parametrize(("source", "forged"), [(None, True), (2001, False)])
def test_a_check_that_names_no_source_can_be_posted_by_any_job(fake, house, source, forged):
    fake.app("gate", {"checks": "write"})
    fake.ruleset(house.repo, [required(source)])
    pull = house.open(house.zhang)
    assert pull.mergeable_state == "blocked"
    fake.workflow(house.repo, ".github/workflows/other.yml", on=("push",), permissions={"checks": "write"})
    fake.push(house.repo, "elsewhere", {"x": b"y"}, parent="main", author=house.zhang)
    token = fake.as_run(house.repo.runs[-1])
    said = {"name": "osgate", "head_sha": house.pull.head, "conclusion": "success"}
    assert ask(fake, "POST", "/repos/bank/app/check-runs", token, said)[0] == 201
    merged = ask(fake, "PUT", "/repos/bank/app/pulls/1/merge", fake.as_user(house.zhang), {})[0]
    assert merged == (200 if forged else 405)


def test_a_push_takes_the_check_and_the_approval_away(fake, house):
    fake.workflow(house.repo)
    fake.ruleset(house.repo, [required(ACTIONS), {"type": "pull_request", "parameters": house.reviews(1)}])
    fake.on_workflow(lambda run: "success")
    fake.push(house.repo, "feature", {"x": b"1"}, author=house.zhang)
    fake.settle()
    fake.review(house.pull, house.wang)
    assert house.open(house.zhang).mergeable_state == "blocked"
    fake.review(house.pull, house.li)
    assert house.open(house.zhang).mergeable_state == "clean"
    fake.push(house.repo, "feature", {"x": b"2"}, author=house.zhang)
    assert house.open(house.zhang).mergeable_state == "blocked"
    assert [r.state for r in house.pull.reviews] == ["DISMISSED", "DISMISSED"]


def test_a_run_is_run_again_on_the_same_commit_and_payload(fake, house):
    fake.workflow(house.repo)
    fake.push(house.repo, "feature", {"x": b"1"}, author=house.zhang)
    outcomes, seen = iter(["failure", "success"]), []

    def runner(run):
        variables = fake.run_environment(run)
        seen.append(
            (variables["GITHUB_EVENT_NAME"], run.payload["pull_request"]["head"]["sha"], run.head_sha, run.attempt)
        )
        assert ask(fake, "GET", "/repos/bank/app", variables["GITHUB_TOKEN"])[0] == 200
        return next(outcomes)

    fake.on_workflow(runner)
    assert fake.settle() == 1
    token, path = fake.as_user(house.zhang), f"/repos/bank/app/actions/runs/{house.repo.runs[0].id}"
    assert ask(fake, "GET", path, token)[2]["conclusion"] == "failure"
    assert ask(fake, "POST", f"{path}/rerun-failed-jobs", token)[0] == 201
    assert fake.settle() == 1
    head = house.pull.head
    assert seen == [("pull_request", head, head, 1), ("pull_request", head, head, 2)]
    checks = ask(fake, "GET", f"/repos/bank/app/commits/{head}/check-runs", token)[2]
    assert [(c["name"], c["conclusion"]) for c in checks["check_runs"]] == [("osgate", "success")]
    assert ask(fake, "POST", f"{path}/rerun-failed-jobs", token)[0] == 403


def test_an_organisation_runs_its_own_workflow_in_every_repository(fake, house):
    policy = fake.repo("bank/osgate-policy", {"osgate.toml": b""})
    fake.workflow(policy, ".github/workflows/gate.yml", on=("pull_request", "merge_group"))
    parameters = {"workflows": [{"repository_id": policy.id, "path": ".github/workflows/gate.yml", "ref": "main"}]}
    fake.ruleset(house.org, [{"type": "workflows", "parameters": parameters}])
    fake.workflow(house.repo, ".github/workflows/gate.yml")
    fake.push(house.repo, "feature", {"x": b"1"}, author=house.zhang)
    own, gate = house.repo.runs
    fake.finish(own, "success")
    assert ask(fake, "PUT", "/repos/bank/app/pulls/1/merge", fake.as_user(house.zhang), {})[0] == 405
    fake.finish(gate, "success")
    assert house.open(house.zhang).mergeable_state == "clean"
    shown = ask(fake, "GET", "/repos/bank/app/rules/branches/main", fake.as_user(house.zhang))[2]
    assert [(r["type"], r["ruleset_source_type"]) for r in shown] == [("workflows", "Organization")]


def test_rules_that_are_only_evaluated_are_not_in_force(fake, house):
    house.org.plan = "enterprise"
    said = {
        "name": "trial",
        "enforcement": "evaluate",
        "target": "branch",
        "conditions": {
            "ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []},
            "repository_name": {"include": ["~ALL"], "exclude": ["osgate-*"]},
        },
        "rules": [required()],
        "bypass_actors": [{"actor_id": None, "actor_type": "OrganizationAdmin", "bypass_mode": "always"}],
    }
    owner = fake.as_user(house.li, scopes=("repo", "admin:org"))
    status, _, made = ask(fake, "POST", "/orgs/bank/rulesets", owner, said)
    assert (status, made["current_user_can_bypass"]) == (201, "always")
    assert ask(fake, "GET", "/repos/bank/app/rules/branches/main", owner)[2] == []
    path = f"/orgs/bank/rulesets/{made['id']}"
    assert ask(fake, "PUT", path, owner, {"enforcement": "active"})[0] == 200
    assert len(ask(fake, "GET", "/repos/bank/app/rules/branches/main", owner)[2]) == 1
    assert ask(fake, "POST", "/orgs/bank/rulesets", fake.as_user(house.zhang), said)[0] == 403
    seen = ask(fake, "GET", f"/repos/bank/app/rulesets/{made['id']}", fake.as_user(house.zhang))[2]
    assert (seen["source"], "bypass_actors" in seen) == ("bank", False)


def test_protection_is_seen_and_set_by_administrators(fake, house):
    path = "/repos/bank/app/branches/main/protection"
    given = {
        "required_status_checks": {
            "strict": True,
            "contexts": [],
            "checks": [{"context": "osgate", "app_id": ACTIONS}],
        },
        "enforce_admins": True,
        "required_pull_request_reviews": {"required_approving_review_count": 2},
        "restrictions": None,
    }
    token = fake.as_user(house.li)
    assert ask(fake, "GET", path, token)[2]["message"] == "Branch not protected"
    assert ask(fake, "PUT", path, fake.as_user(house.zhang), given)[0] == 403
    assert ask(fake, "PUT", path, token, given)[0] == 200
    shown = ask(fake, "GET", path, token)[2]
    assert shown["required_status_checks"]["checks"] == [{"context": "osgate", "app_id": ACTIONS}]
    assert shown["required_pull_request_reviews"]["required_approving_review_count"] == 2
    refs = "/repos/bank/app/git/refs/heads/main"
    said = ask(fake, "PATCH", refs, token, {"sha": house.pull.head})
    assert (said[0], "GH006" in said[2]["message"]) == (403, True)


@pytest.mark.parametrize("outcome", ["success", "failure"])
def test_a_queue_merges_what_passed_on_its_own_commit(fake, house, outcome):
    fake.workflow(house.repo, on=("pull_request", "merge_group"))
    fake.ruleset(house.repo, [QUEUE, required(ACTIONS)])
    assert ask(fake, "PUT", "/repos/bank/app/pulls/1/merge", fake.as_user(house.zhang), {})[0] == 405
    enter = "mutation($id: ID!) { enqueuePullRequest(input: {pullRequestId: $id}) { mergeQueueEntry { state } } }"
    assert "errors" not in graphql(fake, fake.as_user(house.zhang), enter, id=f"PR_{house.pull.id}")
    run = house.repo.runs[-1]
    group = run.payload["merge_group"]
    assert (run.event, run.sha, group["base_sha"]) == ("merge_group", group["head_sha"], house.repo.git.tip("main"))
    fake.finish(run, outcome)
    merged = house.pull.merged_at is not None
    assert (merged, house.repo.git.tip("main") == group["head_sha"]) == (outcome == "success",) * 2
    assert house.repo.git.tip(group["head_ref"].removeprefix("refs/heads/")) is None


def test_what_a_jobs_token_does_starts_no_workflow_but_a_dispatch(fake, house):
    fake.workflow(house.repo, ".github/workflows/bell.yml", on=("issue_comment", "repository_dispatch"))
    fake.workflow(house.repo, permissions={"issues": "write", "contents": "write"})
    fake.push(house.repo, "feature", {"x": b"1"}, author=house.zhang)
    token = fake.as_run(house.repo.runs[-1])
    assert ask(fake, "POST", "/repos/bank/app/issues/1/comments", token, {"body": "hi"})[0] == 201
    assert len(house.repo.runs) == 1
    assert ask(fake, "POST", "/repos/bank/app/dispatches", token, {"event_type": "bell"})[0] == 204
    assert [r.event for r in house.repo.runs] == ["pull_request", "repository_dispatch"]
    fake.comment(house.pull, house.wang, "/osgate help")
    run = house.repo.runs[-1]
    assert (run.event, run.sha, run.forked) == ("issue_comment", house.repo.git.tip("main"), False)


def test_an_artifact_is_fetched_from_where_one_is_sent(fake, house):
    fake.workflow(house.repo, on=("pull_request", "workflow_run"))
    fake.push(house.repo, "feature", {"x": b"1"}, author=house.zhang)
    made = fake.artifact(house.repo.runs[0], "osgate", b"PK\x05\x06" + bytes(18))
    fake.finish(house.repo.runs[0], "failure")
    second = house.repo.runs[1]
    assert (second.event, second.payload["workflow_run"]["head_sha"]) == ("workflow_run", house.pull.head)
    token = fake.as_user(house.zhang)
    status, headers, _ = ask(fake, "GET", f"/repos/bank/app/actions/artifacts/{made.id}/zip", token)
    assert (status, ask(fake, "GET", headers["Location"])[2]) == (302, made.content)
    pulls = ask(fake, "GET", f"/repos/bank/app/commits/{house.pull.head}/pulls", token)[2]
    assert [p["number"] for p in pulls] == [1]


class Listener(http.server.BaseHTTPRequestHandler):
    """Keeps what is sent."""

    heard: list

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((dict(self.headers.items()), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


def test_a_webhook_is_signed_and_its_second_delivery_has_the_first_ones_name(fake, house):
    kind = type("Kept", (Listener,), {"heard": []})
    with http.server.HTTPServer(("127.0.0.1", 0), kind) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        hook = fake.hook(house.repo, f"http://127.0.0.1:{server.server_port}/", ("issue_comment",), secret="s")
        comment = fake.comment(house.pull, house.wang, "/osgate help")
        fake.edit(comment, "/osgate approve", house.zhang)
        assert fake.settle() == 2
        path = f"/repos/bank/app/hooks/{hook.id}/deliveries"
        rows = ask(fake, "GET", path, fake.as_user(house.li))[2]
        assert [(r["action"], r["status_code"]) for r in rows] == [("edited", 204), ("created", 204)]
        fake.redeliver(rows[1]["id"])
        assert fake.settle() == 1
        server.shutdown()
    (headers, body), _, (again, same) = kind.heard
    drawn = hmac.new(b"s", body, hashlib.sha256).hexdigest()
    assert (headers["X-Hub-Signature-256"], headers["X-GitHub-Event"]) == (f"sha256={drawn}", "issue_comment")
    assert (again["X-GitHub-Delivery"], same) == (headers["X-GitHub-Delivery"], body)
    assert b'"pull_request": {"url"' in body


def test_what_happened_past_the_rules_is_to_be_seen(fake, house):
    fake.ruleset(house.repo, [required()])
    fake.check(house.repo, house.pull.head, "osgate", "failure")
    merged = fake.merge(house.pull, house.li)
    token = fake.as_user(house.li)
    shown = ask(fake, "GET", "/repos/bank/app/pulls?state=closed", token)[2]
    assert [(p["merge_commit_sha"], p["merged_at"]) for p in shown] == [(merged, fake.clock.now)]
    checks = ask(fake, "GET", f"/repos/bank/app/commits/{house.pull.head}/check-runs", token)[2]["check_runs"]
    assert [(c["conclusion"], c["app"]["id"]) for c in checks] == [("failure", ACTIONS)]


def test_an_event_told_twice_is_two_runs_with_one_payload(fake, house):
    fake.workflow(house.repo, on=("issue_comment",))
    fake.comment(house.pull, house.li, "/osgate approve")
    first = house.repo.runs[0]
    second = fake.replay(first)
    assert (second.id != first.id, second.payload, second.sha) == (True, first.payload, first.sha)
