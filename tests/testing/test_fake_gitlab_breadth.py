"""The fake GitLab in its breadth: every reading route, tiers, settings, forks, groups, variables, other addresses."""

from __future__ import annotations

import io
import time
import zipfile

import gitlab
import pytest

from osgate.testing.gitlab import FakeGitLab, router
from testing.gitlab_house import House, ask

READING = sorted({r.pattern for rows in router.ROUTES.values() for _, r in rows if r.method == "GET"})


@pytest.fixture
def fake():
    with FakeGitLab(tier="ultimate") as made:
        yield made
        assert made.violations == []


def client(fake, user):
    return gitlab.Gitlab(fake.web_url, private_token=fake.as_user(user))


def furnished(fake):
    """Return variable of a path -> value, for a house in which every route finds something."""
    house = House(fake)
    project = house.project
    api = client(fake, "root").projects.get(project.id)
    change, issue = api.mergerequests.get(1), api.issues.create({"title": "a request", "labels": ["osgate"]})
    other = api.issues.create({"title": "another"})
    issue.links.create({"target_project_id": project.id, "target_issue_iid": other.iid})
    fake.pipeline(house.change)
    job = fake.job(project.pipelines[0], "osgate", artifacts={"gl-code-quality-report.json": b"[]"})
    project.pipelines[0].ref, project.pipelines[0].status = "main", "success"
    project.pipelines[0].sha = project.repo.tip("main")
    api.commits.get(project.pipelines[0].sha).statuses.create({"state": "success", "name": "osgate"})
    rule = api.approvalrules.create({"name": "security", "approvals_required": 1, "user_ids": [house.li.id]})
    hook = api.hooks.create({"url": f"{fake.web_url}/nowhere", "note_events": True})
    token = api.access_tokens.create({"name": "bot", "scopes": ["api"], "expires_at": "2027-01-01", "access_level": 30})
    api.tags.create({"tag_name": "v1", "ref": "main"})
    api.variables.create({"key": "K", "value": "v"})
    api.pipelineschedules.create({"description": "due", "ref": "main", "cron": "0 6 * * *"})
    api.protectedtags.create({"name": "v*"})
    thread = change.discussions.create({"body": "here"})
    note = change.notes.get(thread.attributes["notes"][0]["id"])
    group = client(fake, "root").groups.get("bank")
    group_hook = group.hooks.create({"url": f"{fake.web_url}/nowhere"})
    group_token = group.access_tokens.create({"name": "g", "scopes": ["api"], "access_level": 30})
    group.variables.create({"key": "K", "value": "v"})
    member = fake.member(project.namespace, fake.user("wang.wu"), 20).user
    api.pushrules.create({"deny_delete_tag": True})
    client(fake, "root").http_post(
        f"/projects/{project.id}/external_status_checks", post_data={"name": "s", "external_url": "http://127.0.0.1/"}
    )
    return {
        "projects": {"id": project.id, "rule_id": rule.id, "hook_id": hook.id, "token_id": token.id, "key": "K",
                     "user_id": house.zhang.id, "sha": project.repo.tip("main"), "branch": "main", "tag": "v1",
                     "file_path": "a.txt", "pipeline_id": 1, "job_id": job.id, "ref": "main", "iid": 1,
                     "note_id": note.id, "discussion_id": thread.id, "version_id": 1, "name": "main"},
        "groups": {"id": group.id, "hook_id": group_hook.id, "token_id": group_token.id, "key": "K",
                   "user_id": member.id},
        "users": {"id": house.zhang.id},
        "blob": project.repo.object("main", "a.txt")[2],
    }  # fmt: skip


QUERY = {"compare": "from=main&to=feature", "merge_base": "refs[]=main&refs[]=feature", "download": "job=osgate",
         ":file_path": "ref=main", "blame": "ref=main"}  # fmt: skip
# A job says what it is to its own token alone; labels have names of their own; notes of issues are others' ids.
APART = ("/job", "/projects/:id/labels/:name", "/projects/:id/members/all/:user_id")


def test_every_reading_route_answers_by_its_schema(fake):
    known = furnished(fake)
    token, asked = fake.as_user("root"), 0
    for pattern in READING:
        kind, last = pattern.split("/")[1], pattern.rsplit("/", 1)[-1]
        names = dict(known.get(kind, {}))
        if "/blobs/" in pattern:
            names["sha"] = known["blob"]
        if pattern in APART or ("/issues/" in pattern and ("note_id" in pattern or "discussion_id" in pattern)):
            continue
        path = "/".join(str(names[part[1:]]) if part[:1] == ":" else part for part in pattern.split("/"))
        status, _, said = ask(fake, "GET", f"{path}?{QUERY.get(last, '')}", token)
        assert (status, pattern) == (200, pattern), said
        asked += 1
    assert asked > 90


@pytest.mark.parametrize(("tier", "status"), [("free", 404), ("premium", 404), ("ultimate", 201)])
def test_only_ultimate_has_external_status_checks(tier, status):
    with FakeGitLab(tier=tier) as fake:
        house = House(fake)
        token, base = fake.as_user(house.li), f"/projects/{house.project.id}"
        check = {"name": "osgate", "external_url": "https://osgate.example.com"}
        made = ask(fake, "POST", f"{base}/external_status_checks", token, check)
        assert made[0] == (status if tier == "ultimate" else 403)
        if tier == "ultimate":
            answer = {"sha": "0" * 40, "external_status_check_id": made[2]["id"], "status": "passed"}
            where = f"{base}/merge_requests/1/status_check_responses"
            assert ask(fake, "POST", where, token, answer)[0] == 409
            assert ask(fake, "POST", where, token, {**answer, "sha": house.change.version.head})[0] == 201
            assert ask(fake, "GET", f"{base}/merge_requests/1/status_checks", token)[2][0]["status"] == "passed"
        assert fake.violations == []


def test_settings_are_the_maintainers_and_what_is_not_paid_for_is_ignored():
    with FakeGitLab() as fake:
        house = House(fake)
        with pytest.raises(gitlab.GitlabUpdateError) as refused:
            client(fake, house.zhang).projects.update(house.project.id, {"ci_config_path": "x"})
        assert refused.value.response_code == 403
        wanted = {"ci_config_path": "osgate.yml@bank/policy", "only_allow_merge_if_pipeline_succeeds": True}
        said = client(fake, house.li).projects.update(house.project.id, {**wanted, "merge_trains_enabled": True})
        assert {k: said[k] for k in wanted} == wanted
        assert "merge_trains_enabled" not in said
        rows = client(fake, house.li).projects.get(house.project.id).protectedbranches
        rows.delete("main")
        made = rows.create({"name": "main", "push_access_level": 0, "merge_access_level": 40})
        assert [r["access_level"] for r in made.push_access_levels] == [0]
        assert "user_id" not in made.push_access_levels[0]
        with pytest.raises(gitlab.GitlabCreateError):
            rows.create({"name": "main"})
        with pytest.raises(gitlab.GitlabError) as denied:
            client(fake, house.li).projects.get(house.project.id).files.delete("a.txt", "main", "m")
        assert denied.value.response_code == 403
        assert fake.violations == []


def test_a_fork_brings_its_commits_and_runs_without_our_variables(fake):
    house, wang = House(fake), fake.user("wang.wu")
    fork = fake.fork(house.project, "wang.wu", wang)
    head = fake.push(fork, "mine", {"z.txt": b"z"}, parent="main")
    change = fake.merge_request(house.project, "mine", author=wang, source_project=fork)
    house.project.variables["S"] = {"key": "S", "value": "secret", "protected": False, "environment_scope": "*"}
    seen = client(fake, house.li).projects.get(house.project.id).mergerequests.get(change.iid)
    assert (seen.sha, seen.source_project_id) == (head, fork.id)
    assert [row["new_path"] for row in seen.changes()["changes"]] == ["z.txt"]
    environment = fake.ci_variables(fake.pipeline(change))
    assert (environment["CI_PROJECT_ID"], environment["CI_MERGE_REQUEST_PROJECT_ID"]) == ("2", "1")
    assert "S" not in environment
    assert fake.ci_variables(fake.pipeline(house.change))["S"] == "secret"


def test_protected_variables_reach_protected_branches_alone(fake):
    house = House(fake)
    variables = client(fake, house.li).projects.get(house.project.id).variables
    variables.create({"key": "OSGATE_TOKEN", "value": "glpat", "protected": True})
    assert "OSGATE_TOKEN" in fake.ci_variables(fake.pipeline(house.project))
    assert "OSGATE_TOKEN" not in fake.ci_variables(fake.pipeline(house.project, "feature"))
    assert "OSGATE_TOKEN" not in fake.ci_variables(fake.pipeline(house.change))


def test_what_changed_since_is_found_through_a_group(fake):
    house = House(fake)
    fake.project("elsewhere/other", {"x": b""})
    fake.forward(3600)
    rows = client(fake, house.li).groups.get("bank").mergerequests
    assert rows.list(get_all=True, updated_after=fake.clock.now) == []
    fake.note(house.change, house.zhang, "news")
    assert [m.iid for m in rows.list(get_all=True, updated_after=fake.clock.now, scope="all")] == [1]
    everything = client(fake, house.li).projects.list(iterator=True, pagination="keyset", order_by="id", per_page=1)
    assert [p.id for p in everything] == [1]


def test_a_confidential_issue_is_seen_by_its_author_and_reporters(fake):
    house, wang = House(fake), fake.user("wang.wu")
    fake.member(house.project, wang, 10)
    made = client(fake, wang).projects.get(1).issues.create({"title": "secret", "confidential": True, "labels": ["x"]})
    assert made.labels == []
    stranger = fake.user("zhao.liu")
    fake.member(house.project, stranger, 10)
    assert client(fake, stranger).projects.get(1).issues.list(get_all=True) == []
    assert [i.iid for i in client(fake, house.zhang).projects.get(1).issues.list(get_all=True)] == [1]
    made.state_event = "close"
    made.save()
    assert made.attributes["closed_by"]["username"] == "wang.wu"


def test_gitlabs_own_quick_action_leaves_no_note_but_ours_stays(fake):
    house, path = House(fake), "/projects/1/merge_requests/1/notes"
    token = fake.as_user(house.li)
    assert ask(fake, "POST", path, token, {"body": "/approve"})[0] == 202
    assert client(fake, house.li).projects.get(1).mergerequests.get(1).approvals.get().approved
    body = "/osgate approve pkg:npm/left-pad@1.3.0\n/approve"
    assert ask(fake, "POST", path, token, {"body": body})[2]["body"] == body.split("\n")[0]


def test_artifacts_come_as_a_zip_archive(fake):
    house = House(fake)
    pipeline = fake.pipeline(house.change)
    fake.job(pipeline, "osgate", artifacts={"verdict.json": b"{}"})
    job = client(fake, house.li).projects.get(1).jobs.list(get_all=True)[0]
    with zipfile.ZipFile(io.BytesIO(job.artifacts())) as archive:
        assert archive.read("verdict.json") == b"{}"
    fake.finish(pipeline, "failed")
    fake.job(pipeline, "flaky", "failed")
    assert client(fake, house.li).projects.get(1).pipelines.get(pipeline.id).retry()["status"] == "pending"


def test_a_forced_push_is_refused_on_a_protected_branch_and_a_rewritten_head_is_a_new_version(fake):
    house = House(fake)
    old = house.change.version.head
    new = fake.push(house.project, "feature", {"other.txt": b"o"}, parent="main")
    assert (len(house.change.versions), house.change.version.head) == (2, new)
    change = client(fake, house.zhang).projects.get(1).mergerequests.get(1)
    position = {"base_sha": change.diff_refs["base_sha"], "start_sha": change.diff_refs["start_sha"], "head_sha": old}
    place = {**position, "position_type": "text", "new_path": "b/c.txt", "new_line": 1}
    assert change.discussions.create({"body": "on the old version", "position": place}).id
    with pytest.raises(gitlab.GitlabError):
        client(fake, house.li).projects.get(1).mergerequests.get(1).merge(sha=old)


def test_below_a_path_and_slowly():
    with FakeGitLab(relative_url="/gitlab") as fake:
        house = House(fake)
        api = client(fake, house.li)
        assert api.projects.get("bank/app").web_url == f"{fake.web_url}/bank/app"
        assert fake.web_url.endswith("/gitlab")
        fake.fail("GET", "/projects/1$", 200, how="drip", body={"id": 1}, pause=0.01)
        start = time.monotonic()
        assert ask(fake, "GET", "/projects/1", fake.as_user(house.li))[2] == {"id": 1}
        assert time.monotonic() - start >= 0.05
        assert fake.violations == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("GET", "/projects/1/merge_requests/x", None), ("GET", "/projects/1/merge_requests?page=0", None),
     ("GET", "/projects/1/repository/files/%2e%2e%2fx?ref=--help", None), ("POST", "/projects/1/issues", {"title": []}),
     ("GET", "/projects/1/repository/commits?ref_name=--all", None), ("PUT", "/projects/1", {"visibility": "secret"}),
     ("POST", "/projects/1/repository/files/.git%2Fconfig", {"branch": "x", "commit_message": "m", "content": ""}),
     ("GET", "/projects/%ff%00", None), ("GET", "/projects/1/issues?updated_after=yesterday", None),
     ("POST", "/projects/1/repository/branches", {"branch": "../../x", "ref": "main"})],
)  # fmt: skip
def test_hostile_requests_are_refused_in_order(fake, method, path, body):
    house = House(fake)
    status, _, said = ask(fake, method, path, fake.as_user(house.li), body)
    assert status in (400, 404)
    assert set(said) & {"error", "message"}
